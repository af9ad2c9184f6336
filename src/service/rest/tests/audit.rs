//! The audit trail, and who may administrate.

use super::*;
use crate::protocol::rest::{AuditEntry, AuditPage};

impl Kit {
    pub(super) async fn audit(&self, query: &str) -> AuditPage {
        read(self.administrate(Method::GET, &format!("/api/v1/admin/audit{query}"), json!(null)).await).await
    }
}

fn told(entries: &[AuditEntry]) -> Vec<(&str, &str, Option<&str>, Option<&str>)> {
    entries
        .iter()
        .map(|one| (one.who.as_str(), one.what.as_str(), one.about.as_deref(), one.detail.as_deref()))
        .collect()
}

#[tokio::test]
async fn what_administrators_do_is_kept() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let at = |verb: &str| format!("/api/v1/admin/users/alice{verb}");
    kit.administrate(Method::POST, &at("/password"), json!({"password": "battery staple"})).await;
    kit.administrate(Method::POST, &at("/role"), json!({"role": "admin"})).await;
    let shown: Account =
        read(kit.administrate(Method::POST, &at("/display-name"), json!({"display_name": "Alice A."})).await).await;
    assert_eq!(shown.display_name.as_str(), "Alice A.");
    for path in ["/api/v1/admin/users/ALICE/disable", &at("/enable")] {
        kit.administrate(Method::POST, path, json!(null)).await;
    }
    // What was refused, and what was only looked at, was not done.
    kit.administrate(Method::POST, "/api/v1/admin/users/zed/disable", json!(null)).await;
    kit.administrate(Method::GET, &at(""), json!(null)).await;
    kit.administrate(Method::DELETE, &at(""), json!(null)).await;

    let page = kit.audit("").await;
    let by = "admin-secret";
    let alice = Some("alice");
    assert_eq!(
        told(&page.entries),
        [
            (by, "account-removed", alice, None),
            (by, "account-enabled", alice, None),
            (by, "account-disabled", alice, None),
            (by, "display-name-changed", alice, None),
            (by, "role-changed", alice, Some("admin")),
            (by, "password-reset", alice, None),
            (by, "account-added", alice, None),
        ]
    );
    assert!(page.entries.iter().all(|entry| entry.address.as_deref() == Some("127.0.0.1")));
    let text = serde_json::to_string(&page).unwrap();
    assert!(!text.contains(PASSWORD) && !text.contains("staple") && !text.contains(ADMIN), "{text}");
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn the_trail_comes_in_pages() {
    let kit = Kit::new().await;
    for name in ["alice", "bob", "carol"] {
        kit.add(name).await;
    }
    let newest = kit.audit("?limit=2").await;
    assert_eq!(newest.entries.iter().filter_map(|one| one.about.as_deref()).collect::<Vec<_>>(), ["carol", "bob"]);
    let rest = kit.audit(&format!("?limit=2&before={}", newest.next.unwrap())).await;
    assert_eq!(rest.entries.iter().filter_map(|one| one.about.as_deref()).collect::<Vec<_>>(), ["alice"]);
    assert_eq!(rest.next, None);
    let whole = kit.audit("?limit=3").await;
    assert_eq!((whole.entries.len(), whole.next), (3, None), "nothing follows a page that is just full");
    let later = rest.entries[0].at.0.max(newest.entries[0].at.0) + 1;
    assert!(kit.audit(&format!("?since={later}")).await.entries.is_empty());
    let bad = kit.administrate(Method::GET, "/api/v1/admin/audit?limit=many", json!(null)).await;
    assert_eq!(refusal(bad).await.0, 400);
}

#[tokio::test]
async fn accounts_come_in_pages() {
    let kit = Kit::new().await;
    for name in ["carol", "alice", "bob"] {
        kit.add(name).await;
    }
    let page = async |query: &str| -> Vec<String> {
        let path = format!("/api/v1/admin/users{query}");
        let page: Vec<Account> = read(kit.administrate(Method::GET, &path, json!(null)).await).await;
        page.into_iter().map(|account| account.user.to_string()).collect()
    };
    assert_eq!(page("").await, ["alice", "bob", "carol"]);
    assert_eq!(page("?limit=2").await, ["alice", "bob"]);
    assert_eq!(page("?limit=2&after=bob").await, ["carol"]);
    let bad = kit.administrate(Method::GET, "/api/v1/admin/users?after=%20", json!(null)).await;
    assert_eq!(refusal(bad).await.0, 400);
}

#[tokio::test]
async fn an_account_with_the_role_administrates_with_its_own_token() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    kit.add("bob").await;
    let token = kit.sign_in("alice").await.access_token.expose().clone();
    let disables_bob = || kit.request(Method::POST, "/api/v1/admin/users/bob/disable").bearer_auth(&token).send();
    let (status, failure) = refusal(disables_bob().await.unwrap()).await;
    assert_eq!((status, failure.code), (403, FailureCode::Forbidden));
    let role = async |role: &str| {
        kit.administrate(Method::POST, "/api/v1/admin/users/alice/role", json!({ "role": role })).await
    };
    assert_eq!(role("admin").await.status(), StatusCode::OK);
    assert_eq!(disables_bob().await.unwrap().status(), StatusCode::OK);
    let entries = kit.audit("").await.entries;
    assert_eq!(told(&entries)[0], ("user:alice", "account-disabled", Some("bob"), None));
    assert_eq!(role("user").await.status(), StatusCode::OK);
    assert_eq!(disables_bob().await.unwrap().status(), StatusCode::FORBIDDEN, "it counts at once");
    assert_eq!(refusal(role("king").await).await.0, 400);
}

#[tokio::test]
async fn somebody_kept_from_trying_passwords_is_noted_once_and_only_by_a_known_name() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let tries = async |user: &str| {
        let mut status = 0;
        while status != 429 {
            status = kit.post("/api/v1/sign-in", json!({"user": user, "password": "wrong"})).await.status().as_u16();
        }
    };
    tries("hunter2").await;
    tries("alice").await;
    let throttled: Vec<_> =
        kit.audit("").await.entries.into_iter().filter(|one| one.what == "sign-in-throttled").collect();
    assert_eq!(told(&throttled), [("nobody", "sign-in-throttled", None, None)]);
}

#[tokio::test]
async fn what_is_done_is_noted_though_its_peer_is_gone() {
    let kit = Kit::with(slow_nobody_down).await;
    let body = json!({"user": "alice", "password": PASSWORD}).to_string();
    let mut socket = TcpStream::connect(kit.address).await.unwrap();
    let request = format!(
        "POST /api/v1/admin/users HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {ADMIN}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        kit.address,
        body.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    // Hashing the password takes longer than going away.
    kit.get("/healthz").send().await.unwrap();
    drop(socket);
    let added = async {
        while kit.audit("").await.entries.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), added).await.expect("it is done, and noted");
}
