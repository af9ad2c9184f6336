//! The table of routes, and what each route does.

use super::*;

/// Any GUID is a group's.
const ID: &str = "29228d3e-040e-4656-a70e-890ab4e173e5";

#[tokio::test]
async fn every_route_lets_in_whom_the_table_says() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    for route in routes() {
        let (path, access) = (route.path.replace("{user}", "zed").replace("{key}", ID), route.access);
        let token = kit.sign_in("alice").await.access_token.expose().clone();
        for (shown, lets_in) in [
            ("", matches!(access, Access::Anyone | Access::Local)),
            ("nonsense", matches!(access, Access::Anyone | Access::Local)),
            (token.as_str(), true),
            (ADMIN, access != Access::User),
        ] {
            let mut request = kit.request(route.method.clone(), &path);
            if !shown.is_empty() {
                request = request.bearer_auth(shown);
            }
            let response = request.send().await.unwrap();
            let status = response.status();
            assert_eq!(status != StatusCode::UNAUTHORIZED, lets_in, "{} {path} with {shown:.9}", route.method);
            if status == StatusCode::UNAUTHORIZED {
                assert_eq!(response.headers()["www-authenticate"], "Bearer");
            }
            if !status.is_success() {
                refusal(response).await;
            }
        }
    }
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
