//! A real server on a free port and a real client; the sentences by subject.

mod audit;
mod doors;
mod links;
mod routes;

use std::net::SocketAddr;

use axum::routing::get;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::base::task;
use crate::domain::person::Person;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{Account, ErrorBody, Health, Readiness, SignedIn};
use crate::service::identity::Settings;
use crate::service::store;

const ADMIN: &str = "the admin secret";
const PASSWORD: &str = "correct horse";

/// A service, its server, and a client.
struct Kit {
    _folder: TempDir,
    address: SocketAddr,
    client: Client,
    groups: Groups,
}

impl Kit {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A service whose routes are changed by `change` before they are served.
    async fn with(change: impl FnOnce(&mut Rest)) -> Self {
        let folder = TempDir::new().unwrap();
        let db = store::open(folder.path()).await.unwrap();
        let identities = Identities::start(db.clone(), Settings::default(), Vec::new()).await.unwrap();
        let groups = Groups::new(db.clone(), identities.clone());
        let observer = crate::service::observe::tests::observer(folder.path(), &db, &identities);
        let (parts, secret) = ((identities, groups.clone()), Secret::new(ADMIN.to_owned()));
        let mut rest = Rest::new(parts, observer, "instance-1".to_owned(), secret);
        change(&mut rest);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let more = Router::new().route("/signal", get(async || "a socket"));
        let router = router(rest, Names::new(&[address.port()], &[]), more);
        task::spawn("test-http", async move {
            let server = axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>());
            server.await.unwrap();
        });
        Self { _folder: folder, address, client: Client::new(), groups }
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

    /// Sends bytes as they are, and returns all that comes back.
    async fn raw(&self, bytes: &str) -> String {
        let mut socket = TcpStream::connect(self.address).await.unwrap();
        socket.write_all(bytes.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }
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
