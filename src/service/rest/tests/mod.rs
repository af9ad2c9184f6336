//! A real server on a free port and a real client; the sentences by subject.

mod audit;
mod device;
mod doors;
mod exchange;
mod links;
mod mutated;
mod outside_programs;
mod programs;
mod routes;

use std::net::SocketAddr;

use aws_lc_rs::digest::{SHA256, digest};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::acs::signature::Key;
use super::*;
use crate::base::{clock, task};
use crate::config::Oidc;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{AccessKeyPair, Account, ErrorBody, Health, IssuedToken, Readiness, SignedIn};
use crate::service::calls::kit::House;
use crate::service::identity::Settings;
use crate::service::sfu::{Sfu, SfuConfig};
use crate::service::store;

const ADMIN: &str = "the admin secret";
const PASSWORD: &str = "correct horse";

/// Lets everybody ask as often as they like: how fast a test asks decides nothing.
fn slow_nobody_down(rest: &mut Rest) {
    let rate = Rate { burst: u32::MAX, every: Duration::from_nanos(1) };
    rest.peers = Arc::new(Mutex::new(Buckets::new(rate, 10)));
    rest.programs = Arc::new(Mutex::new(Buckets::new(rate, 10)));
}

/// A service, its server, and a client.
struct Kit {
    _folder: TempDir,
    address: SocketAddr,
    client: Client,
    identities: Identities,
    access_keys: AccessKeys,
    groups: Groups,
}

impl Kit {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A service whose routes are changed by `change` before they are served.
    async fn with(change: impl FnOnce(&mut Rest)) -> Self {
        Self::believing(&Oidc::default(), change).await
    }

    /// The same, that believes the issuers of `oidc`.
    async fn believing(oidc: &Oidc, change: impl FnOnce(&mut Rest)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut rest = rest(&folder, oidc).await;
        change(&mut rest);
        let (identities, access_keys, groups) =
            (rest.identities.clone(), rest.access_keys.clone(), rest.groups.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let more = Router::new().route("/signal", get(async || "a socket"));
        let router = router(rest, Names::new(&[address.port()], &[]), more);
        task::spawn("test-http", async move {
            let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
            server.await.unwrap();
        });
        Self { _folder: folder, address, client: Client::new(), identities, access_keys, groups }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    async fn post(&self, path: &str, body: impl Serialize) -> Response {
        self.request(Method::POST, path).json(&body).send().await.unwrap()
    }

    async fn administrate(&self, method: Method, path: &str, body: impl Serialize) -> Response {
        self.request(method, path).bearer_auth(ADMIN).json(&body).send().await.unwrap()
    }

    async fn add(&self, user: &str) -> Account {
        let body = json!({"user": user, "password": PASSWORD});
        let response = self.administrate(Method::POST, "/api/v1/admin/users", body).await;
        assert_eq!(response.status(), StatusCode::CREATED);
        read(response).await
    }

    async fn sign_in(&self, user: &str) -> SignedIn {
        let response = self.post("/api/v1/sign-in", json!({"user": user, "password": PASSWORD})).await;
        assert_eq!(response.status(), StatusCode::OK);
        read(response).await
    }

    /// A request a program sends, signed with the primary access key.
    fn signed(&self, method: Method, path: &str, body: &str) -> RequestBuilder {
        self.signed_with(&self.access_keys.pair().primary, clock::unix_now(), method, path, body)
    }

    fn signed_with(
        &self,
        key: &Secret<String>,
        at: UnixMillis,
        method: Method,
        path: &str,
        body: &str,
    ) -> RequestBuilder {
        let date = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap();
        let date = date.format(&Rfc2822).unwrap().replace("+0000", "GMT");
        let hash = STANDARD.encode(digest(&SHA256, body.as_bytes()));
        let text = format!("{method}\n{path}\n{date};{};{hash}", self.address);
        let signature = Key::new(&STANDARD.decode(key.expose()).unwrap()).sign(&text);
        let names = "x-ms-date;host;x-ms-content-sha256";
        self.request(method, path)
            .header("authorization", format!("HMAC-SHA256 SignedHeaders={names}&Signature={signature}"))
            .header("x-ms-date", date)
            .header("x-ms-content-sha256", hash)
            .header("content-type", "application/json")
            .body(body.to_owned())
    }

    /// Sends bytes as they are, and returns all that comes back.
    async fn raw(&self, bytes: &str) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

/// What the routes of a service in `folder` need; nobody is connected, nor in a call.
async fn rest(folder: &TempDir, oidc: &Oidc) -> Rest {
    let db = store::open(folder.path()).await.unwrap();
    let identities = Identities::start(db.clone(), Settings::default(), Vec::new()).await.unwrap();
    let access_keys = AccessKeys::load(db.clone()).await.unwrap();
    let groups = Groups::new(db.clone(), identities.clone());
    let observer = crate::service::observe::tests::observer(folder.path(), &db, &identities);
    let (events, _) = mpsc::channel(1);
    let (sfu, _) = Sfu::start(&SfuConfig::default(), &events).unwrap();
    let signalling = Signalling::new(identities.clone(), groups.clone(), House::new().calls, sfu, db);
    let issuers = Issuers::new(oidc);
    let device_sign_ins = DeviceSignIns::new(oidc, None, &issuers);
    let holders = Holders { identities, access_keys, issuers, device_sign_ins };
    Rest::new((holders, groups, signalling), observer, "instance-1".to_owned(), Secret::new(ADMIN.to_owned()))
}

async fn read<T: DeserializeOwned>(response: Response) -> T {
    response.json().await.unwrap()
}

/// Status and failure of a refusal.
async fn refusal(response: Response) -> (u16, Failure) {
    let status = response.status().as_u16();
    let text = response.text().await.unwrap();
    let body: ErrorBody = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"));
    (status, body.error)
}
