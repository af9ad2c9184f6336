//! What never reaches a handler: other names, other sites, too much, too often, too slow, not JSON.

use super::*;

#[tokio::test]
async fn requests_under_another_name_are_refused_on_every_route() {
    let kit = Kit::new().await;
    for path in routes().iter().map(|route| route.path).chain(["/signal", "/nonsense"]) {
        let response = kit.get(path).header("host", "evil.example").send().await.unwrap();
        let (status, failure) = refusal(response).await;
        assert_eq!((status, failure.code), (403, FailureCode::Forbidden), "{path}");
        assert!(failure.message.contains("Host"), "{failure}");
    }
}

#[tokio::test]
async fn requests_from_pages_of_other_sites_are_refused_on_every_route() {
    let kit = Kit::new().await;
    for path in routes().iter().map(|route| route.path).chain(["/signal", "/nonsense"]) {
        for origin in ["http://evil.example", "http://localhost:1", "null"] {
            let response = kit.get(path).header("origin", origin).send().await.unwrap();
            let (status, failure) = refusal(response).await;
            assert_eq!(status, 403, "{path} from {origin}");
            assert!(failure.message.contains("Origin"), "{failure}");
        }
    }
}

#[tokio::test]
async fn the_services_own_pages_and_programs_come_in() {
    let kit = Kit::new().await;
    let port = kit.address.port();
    for origin in [format!("http://127.0.0.1:{port}"), format!("http://localhost:{port}")] {
        for path in ["/healthz", "/signal"] {
            let response = kit.get(path).header("origin", &origin).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path} from {origin}");
        }
    }
    let by_name = kit.get("/healthz").header("host", format!("localhost:{port}")).send().await.unwrap();
    assert_eq!(by_name.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_names_no_host_or_two_is_refused() {
    let kit = Kit::new().await;
    let good = format!("Host: {}\r\n", kit.address);
    for request in [
        "GET /healthz HTTP/1.0\r\n\r\n".to_owned(),
        format!("GET /healthz HTTP/1.1\r\n{good}Host: evil.example\r\nConnection: close\r\n\r\n"),
        format!("GET http://evil.example/healthz HTTP/1.1\r\n{good}Connection: close\r\n\r\n"),
    ] {
        let answer = kit.raw(&request).await;
        assert!(answer.contains(" 403 ") && answer.contains(r#""code":"forbidden""#), "{request}{answer}");
    }
    let plain = kit.raw(&format!("GET /healthz HTTP/1.0\r\n{good}\r\n")).await;
    assert!(plain.contains(" 200 "), "{plain}");
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let kit = Kit::new().await;
    let good = json!({"user": "alice", "password": PASSWORD}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let request = kit.request(Method::POST, "/api/v1/sign-in").header("content-type", kind).body(good.clone());
        assert_eq!(refusal(request.send().await.unwrap()).await.0, 415, "{kind:?}");
    }
    let request =
        kit.request(Method::POST, "/api/v1/sign-in").header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(refusal(request.body(good).send().await.unwrap()).await.0, 401, "read, and nobody known");
}

#[tokio::test]
async fn malformed_bodies_are_refused_with_what_is_wrong() {
    let kit = Kit::new().await;
    for body in ["", "{", "[]", "null", r#"{"user":"alice"}"#, r#"{"user":"a b","password":"x"}"#, "\u{1}\u{2}"] {
        let request =
            kit.request(Method::POST, "/api/v1/sign-in").header("content-type", "application/json").body(body);
        let (status, failure) = refusal(request.send().await.unwrap()).await;
        assert_eq!((status, failure.code), (400, FailureCode::BadRequest), "{body:?}");
        assert!(failure.message.starts_with("the body can't be read: "), "{failure}");
    }
    let response = kit.administrate(Method::DELETE, "/api/v1/admin/users/a%20b%ff", json!(null)).await;
    assert_eq!(refusal(response).await.0, 400);
}

#[tokio::test]
async fn oversized_bodies_are_refused_unread() {
    let kit = Kit::new().await;
    let head = format!(
        "POST /api/v1/sign-in HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nConnection: close\r\n",
        kit.address
    );
    let announced = kit.raw(&format!("{head}Content-Length: 1000000000\r\n\r\n")).await;
    assert!(announced.contains(" 413 ") && announced.contains(r#""code":"bad_request""#), "{announced}");
    let (size, chunk) = (MAX_BODY + 1, "x".repeat(MAX_BODY + 1));
    let chunked = kit.raw(&format!("{head}Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n{chunk}")).await;
    assert!(chunked.contains(" 413 "), "{chunked}");
}

#[tokio::test]
async fn a_body_that_trickles_in_is_given_up() {
    let kit = Kit::with(|rest| rest.deadline = Duration::from_millis(20)).await;
    let head = format!("POST /api/v1/sign-in HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n", kit.address);
    let answer = kit.raw(&format!("{head}Connection: close\r\nContent-Length: 10\r\n\r\n{{")).await;
    assert!(answer.contains(" 503 ") && answer.contains(r#""code":"unavailable""#), "{answer}");
}

#[tokio::test]
async fn a_peer_that_calls_too_often_is_slowed_down() {
    let rate = Rate { burst: 3, every: Duration::from_secs(3600) };
    let kit = Kit::with(|rest| rest.peers = Arc::new(Mutex::new(Buckets::new(rate, 10)))).await;
    for _ in 0..3 {
        assert_eq!(kit.get("/healthz").send().await.unwrap().status(), StatusCode::OK);
    }
    let (status, failure) = refusal(kit.get("/healthz").send().await.unwrap()).await;
    assert_eq!((status, failure.code), (429, FailureCode::TooManyRequests));
    assert_eq!(kit.get("/signal").send().await.unwrap().status(), StatusCode::OK, "sockets have limits of their own");
}
