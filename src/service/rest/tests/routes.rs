//! The table of routes, and what each route does.

use std::collections::BTreeSet;

use super::exchange::Provider;
use super::*;

/// Any GUID is a group's.
const ID: &str = "29228d3e-040e-4656-a70e-890ab4e173e5";

/// What somebody shows who wants to come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shows {
    Nothing,
    Nonsense,
    AccessToken,
    AppToken,
    AccessKey,
    WrongAccessKey,
    AdminSecret,
    ProgramElsewhere,
    PersonElsewhere,
}

impl Shows {
    const ALL: [Self; 9] = [
        Self::Nothing,
        Self::Nonsense,
        Self::AccessToken,
        Self::AppToken,
        Self::AccessKey,
        Self::WrongAccessKey,
        Self::AdminSecret,
        Self::ProgramElsewhere,
        Self::PersonElsewhere,
    ];

    fn comes_in(self, access: Access) -> bool {
        match access {
            Access::Anyone | Access::Local => true,
            Access::User => self == Self::AccessToken,
            Access::App => matches!(self, Self::AppToken | Self::AccessKey | Self::ProgramElsewhere),
            Access::Admin => matches!(self, Self::AdminSecret | Self::AccessKey),
        }
    }

    /// A request that shows it.
    fn request(
        self,
        (kit, elsewhere): (&Kit, &Provider),
        route: &Route,
        path: &str,
        user: &SignedIn,
    ) -> RequestBuilder {
        let (request, now) = (kit.request(route.method.clone(), path), clock::unix_now());
        let life = Duration::from_secs(3600);
        match self {
            Self::Nothing => request,
            Self::Nonsense => request.bearer_auth("nonsense"),
            Self::AccessToken => request.bearer_auth(user.access_token.expose()),
            Self::AppToken => {
                request.bearer_auth(kit.identities.issue_app_token("tester", life, now).unwrap().0.expose())
            }
            Self::AccessKey => kit.signed(route.method.clone(), path, ""),
            Self::WrongAccessKey => {
                let other = Secret::new(STANDARD.encode([7; 64]));
                kit.signed_with(&other, now, route.method.clone(), path, "")
            }
            Self::AdminSecret => request.bearer_auth(ADMIN),
            Self::ProgramElsewhere => request.bearer_auth(elsewhere.token("RS256", "r", &elsewhere.crm())),
            Self::PersonElsewhere => {
                let mut claims = elsewhere.crm();
                claims["sub"] = json!("alice");
                request.bearer_auth(elsewhere.token("RS256", "r", &claims))
            }
        }
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says_and_nobody_else() {
    let elsewhere = Provider::start().await;
    let kit = Kit::believing(&elsewhere.of_programs(), slow_nobody_down).await;
    kit.add("alice").await;
    for route in routes() {
        let mut path = route.path.replace("{user}", "zed").replace("{key}", ID).replace("{name}", "neither");
        path = path.replace("{identity}", "8:acs:nobody").replace("{group}", ID).replace("{call}", ID);
        if route.dialect == Dialect::Acs {
            path = path.replace("{id}", "8:acs:nobody") + "?api-version=2023-10-01";
        }
        let user = kit.sign_in("alice").await;
        for shows in Shows::ALL {
            let response = shows.request((&kit, &elsewhere), &route, &path, &user).send().await.unwrap();
            let (status, headers) = (response.status(), response.headers().clone());
            let text = response.text().await.unwrap();
            let its_own_door = route.path.starts_with("/access/");
            let refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            let comes_in = shows.comes_in(route.access) && !its_own_door;
            assert_eq!(!refused, comes_in, "{} {path} with {shows:?}: {status} {text}", route.method);
            if status == StatusCode::UNAUTHORIZED {
                let schemes = if route.dialect == Dialect::Acs { "HMAC-SHA256, Bearer" } else { "Bearer" };
                assert_eq!(headers["www-authenticate"], schemes, "{path}");
                assert!(!headers.contains_key("retry-after"), "{path}");
            }
            if !status.is_success() {
                let body: Value = serde_json::from_str(&text).unwrap();
                assert!(body["error"]["code"].is_string() && body["error"]["message"].is_string(), "{path}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn there_is_no_route_beside_the_table() {
    let folder = TempDir::new().unwrap();
    let rest = rest(&folder, &Oidc::default()).await;
    let served = paths(&router(rest, Names::new(&[1], &[]), Router::new()));
    let listed: BTreeSet<String> = routes().iter().map(|route| route.path.to_owned()).collect();
    assert_eq!(served, listed);
    let beside = Router::<()>::new().route("/backdoor", get(async || "")).route("/identities", get(async || ""));
    assert_eq!(paths(&beside), ["/backdoor", "/identities"].map(str::to_owned).into());
}

/// Every path a router knows: the quoted texts of its description that begin with a slash.
fn paths(router: &Router) -> BTreeSet<String> {
    let described = format!("{router:?}");
    let paths = described.split('"').filter(|text| text.starts_with('/'));
    // Where what has no route goes.
    paths.filter(|path| !["/", "/{*__private__axum_fallback}"].contains(path)).map(str::to_owned).collect()
}

#[test]
fn all_that_administrates_is_for_administrators() {
    for route in routes() {
        assert_eq!(route.path.contains("/admin/"), route.access == Access::Admin, "{}", route.path);
    }
}

#[tokio::test]
async fn other_paths_and_methods_are_refused_in_json() {
    let kit = Kit::new().await;
    let unknown = kit.get("/api/v1/nonsense").send().await.unwrap();
    assert_eq!(refusal(unknown).await.0, 404);
    for path in ["/api/v1/sign-in", "/api/v1/admin/users/zed"] {
        let response = kit.request(Method::PUT, path).send().await.unwrap();
        assert_eq!(refusal(response).await.0, 405, "{path}");
    }
}

#[tokio::test]
async fn somebody_signs_in_is_known_refreshes_and_signs_out() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let signed_in = kit.sign_in("alice").await;
    let me: Person =
        read(kit.get("/api/v1/me").bearer_auth(signed_in.access_token.expose()).send().await.unwrap()).await;
    assert_eq!(me, signed_in.me);

    let body = json!({"refresh_token": signed_in.refresh_token});
    let response = kit.post("/api/v1/refresh", &body).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    let refreshed: SignedIn = read(response).await;
    assert_eq!(refreshed.me, me);

    let body = json!({"refresh_token": refreshed.refresh_token});
    assert_eq!(kit.post("/api/v1/sign-out", &body).await.status(), StatusCode::NO_CONTENT);
    let (status, failure) = refusal(kit.post("/api/v1/refresh", &body).await).await;
    assert_eq!((status, failure.code), (401, FailureCode::Unauthenticated));
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let response = kit.post("/api/v1/sign-in", json!({"user": "alice", "password": "wrong"})).await;
    let (status, failure) = refusal(response).await;
    assert_eq!((status, failure.code), (401, FailureCode::Unauthenticated));
}

#[tokio::test]
async fn health_and_keys_are_open_to_anyone() {
    let kit = Kit::new().await;
    let health: Health = read(kit.get("/healthz").send().await.unwrap()).await;
    assert_eq!((health.status.as_str(), health.instance.as_str()), ("ok", "instance-1"));
    let keys: Value = read(kit.get("/.well-known/jwks.json").send().await.unwrap()).await;
    assert_eq!(keys["keys"][0]["alg"], "RS256");
    assert_eq!(keys["keys"][0].as_object().unwrap().len(), 6, "nothing but the public half");
}

#[tokio::test]
async fn figures_are_for_this_machine_and_for_administrators() {
    let kit = Kit::new().await;
    let here = kit.get("/metrics").send().await.unwrap();
    assert_eq!(here.headers()["content-type"], crate::service::observe::OPEN_METRICS);
    assert!(here.text().await.unwrap().ends_with("# EOF\n"));
    for (name, value) in [("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1"), ("via", "1.1 proxy")] {
        let passed_on = || kit.get("/metrics").header(name, value);
        assert_eq!(refusal(passed_on().send().await.unwrap()).await.0, 401, "{name}");
        assert_eq!(passed_on().bearer_auth(ADMIN).send().await.unwrap().status(), StatusCode::OK, "{name}");
    }
}

#[tokio::test]
async fn requests_are_counted_by_route_and_have_ids() {
    let kit = Kit::new().await;
    let made_up = kit.request(Method::from_bytes(b"BREW").unwrap(), "/pots/1").send().await.unwrap();
    let health = kit.get("/healthz").send().await.unwrap();
    let ids = [made_up, health].map(|response| response.headers()["x-request-id"].clone());
    assert_ne!(ids[0], ids[1]);
    let text = kit.get("/metrics").send().await.unwrap().text().await.unwrap();
    for counted in [
        r#"switchboard_http_requests_total{method="other",route="other",status="404"} 1"#,
        r#"switchboard_http_requests_total{method="GET",route="/healthz",status="200"} 1"#,
    ] {
        assert!(text.contains(counted), "{text}");
    }
}

#[tokio::test]
async fn a_service_that_works_is_ready() {
    let kit = Kit::new().await;
    let readiness: Readiness = read(kit.get("/readyz").send().await.unwrap()).await;
    assert!(readiness.ready && readiness.checks.len() == 4, "{readiness:?}");
}

#[tokio::test]
async fn an_administrator_keeps_the_accounts() {
    let kit = Kit::new().await;
    let alice = kit.add("alice").await;
    let list: Vec<Account> = read(kit.administrate(Method::GET, "/api/v1/admin/users", json!(null)).await).await;
    assert_eq!(list, [alice]);
    let again = json!({"user": "Alice", "password": PASSWORD});
    assert_eq!(refusal(kit.administrate(Method::POST, "/api/v1/admin/users", again).await).await.0, 409);

    let at = |verb: &str| format!("/api/v1/admin/users/alice{verb}");
    let disabled: Account = read(kit.administrate(Method::POST, &at("/disable"), json!(null)).await).await;
    assert!(disabled.disabled);
    let sign_in = json!({"user": "alice", "password": PASSWORD});
    assert_eq!(refusal(kit.post("/api/v1/sign-in", &sign_in).await).await.0, 403);
    let enabled: Account = read(kit.administrate(Method::POST, &at("/enable"), json!(null)).await).await;
    assert!(!enabled.disabled);
    let password = json!({"password": "battery staple"});
    let changed = kit.administrate(Method::POST, &at("/password"), password).await;
    assert_eq!(changed.status(), StatusCode::NO_CONTENT);
    assert_eq!(refusal(kit.post("/api/v1/sign-in", &sign_in).await).await.0, 401);

    assert_eq!(kit.administrate(Method::DELETE, &at(""), json!(null)).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(refusal(kit.administrate(Method::DELETE, &at(""), json!(null)).await).await.0, 404);
}

#[test]
fn every_failure_has_its_status() {
    for (code, status) in [
        (FailureCode::BadRequest, 400),
        (FailureCode::NotUnderstood, 400),
        (FailureCode::Unauthenticated, 401),
        (FailureCode::TokenExpired, 401),
        (FailureCode::Forbidden, 403),
        (FailureCode::NotFound, 404),
        (FailureCode::Conflict, 409),
        (FailureCode::MediaRefused, 422),
        (FailureCode::TooManyRequests, 429),
        (FailureCode::Unavailable, 503),
        (FailureCode::Internal, 500),
        (FailureCode::Unknown, 500),
    ] {
        assert_eq!(status_of(code).as_u16(), status, "{code:?}");
    }
}
