//! A running service as `admin` reaches it: that of this machine by its `service.json`, or one elsewhere, by the trust and
//! the sign-ins of the phone or with an access key.

use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HOST, HeaderValue};
use reqwest::{Method, Request, RequestBuilder, Response, Url};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::time::timeout;

use super::AdminArgs;
use super::office::refused;
use crate::base::cause::innermost;
use crate::base::clock;
use crate::base::secret::Secret;
use crate::cli::exit::{Exit, Failure};
use crate::cli::globals::Globals;
use crate::cli::settings::Settings;
use crate::cli::{account, local, trust};
use crate::config::{ACCESS_KEY_VARIABLE, ServerUrl, ServiceFile};
use crate::domain::time::UnixMillis;
use crate::phone::account::{read, unreachable};
use crate::phone::connector::Connector;
use crate::protocol::rest::ErrorBody;
use crate::service::rest::acs::signature::Key;

/// How long a service may take until it begins to answer: the making of a backup takes it the longest.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// How long a service may be silent within an answer.
const PIECE_WITHIN: Duration = Duration::from_secs(60);

/// How long an answer may take in all: longer than any backup.
const ALL_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);

/// A running service, and what it is shown.
pub(super) struct Reached {
    way: Connector,
    client: reqwest::Client,
    proof: Proof,
    places: Places,
}

/// Where programs find a service, and what they have to trust there.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// Its plain address, where that is known.
    pub(super) http: Option<String>,
    /// Its encrypted one, where there is one.
    pub(super) https: Option<String>,
    /// The file of the authority that signs its certificate, where that is not of the system.
    pub(super) ca: Option<PathBuf>,
    /// Where a file with all authorities goes that its programs trust.
    pub(super) bundle: PathBuf,
    /// Whether only a fingerprint is known of its certificate, which programs can't go by.
    pub(super) only_fingerprint: bool,
}

/// What shows that one may administrate.
enum Proof {
    /// The admin secret, or an access token of somebody with the role.
    Bearer(Secret<String>),
    /// An access key, which signs.
    Key(Box<Key>),
}

impl Reached {
    /// The service of this user on this machine, if it runs.
    pub(super) async fn here(settings: &Settings) -> Option<Self> {
        let file = local::find(&settings.paths).await?;
        let (way, bundle) = (local::connector(&file)?, settings.paths.service.join(BUNDLE));
        let ca = file.ca.filter(|_| file.https.is_some());
        let places = Places { http: Some(file.http), https: file.https, ca, bundle, only_fingerprint: false };
        let client = way.client().ok()?.clone();
        Some(Self { way, client, proof: Proof::Bearer(file.admin_secret), places })
    }

    /// The service at `server`: with the access key that was handed over, or else with the sign-in of the phone.
    pub(super) async fn elsewhere(
        server: &ServerUrl,
        arguments: &AdminArgs,
        globals: &Globals,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let (way, proof) = match access_key(arguments)? {
            Some(key) => (trust::way(globals, settings, server.clone(), None, false).await?, Proof::Key(Box::new(key))),
            None => {
                let mut acting = account::acting(globals, settings, false, false).await?.account;
                let token = acting.fresh_token().await.map_err(account::failure)?;
                (acting.connector().clone(), Proof::Bearer(token))
            }
        };
        let (host, port) = server.socket();
        let bundle = settings.paths.cache.join(format!("{}-{port}-{BUNDLE}", host.replace(':', "-")));
        let (http, https) = if server.is_tls() { (None, Some(server)) } else { (Some(server), None) };
        let (http, https) = (http.map(ToString::to_string), https.map(ToString::to_string));
        let ca = settings.loaded.config.phone.ca.as_str();
        let ca = (server.is_tls() && !ca.is_empty()).then(|| PathBuf::from(ca));
        let only_fingerprint = ca.is_none() && way.trust().pinned().is_some();
        let client = way.client().map_err(|why| Failure::new(Exit::Unreachable, why.to_string()))?.clone();
        Ok(Self { way, client, proof, places: Places { http, https, ca, bundle, only_fingerprint } })
    }

    /// Where programs find it.
    pub(super) fn places(&self) -> &Places {
        &self.places
    }

    /// A request about what is administrated, such as `users?limit=1`.
    pub(super) fn request(&self, method: Method, what: &str) -> RequestBuilder {
        self.client.request(method, self.way.server().rest(&format!("/api/v1/admin/{what}")))
    }

    /// The same, that only asks.
    pub(super) fn get(&self, what: &str) -> RequestBuilder {
        self.request(Method::GET, what)
    }

    /// The same, that has something done.
    pub(super) fn post(&self, what: &str) -> RequestBuilder {
        self.request(Method::POST, what)
    }

    /// Sends what was asked for, proven; an answer that is a refusal becomes a failure.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let mut request = request.build().map_err(|why| self.unreachable(&why))?;
        match &self.proof {
            Proof::Bearer(token) => show(&mut request, format!("Bearer {}", token.expose()))?,
            Proof::Key(key) => sign(&mut request, key, clock::unix_now())?,
        }
        // The way's own time is for answers that come at once and in one piece.
        *request.timeout_mut() = Some(ALL_WITHIN);
        let response = timeout(ANSWER_WITHIN, self.client.execute(request)).await.map_err(|_| self.silent())?;
        let response = response.map_err(|why| self.unreachable(&why))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        match response.json::<ErrorBody>().await {
            Ok(body) => Err(refused(body.error)),
            Err(_) => {
                let why = format!("{} answered {status}; is it a Switchboard service?", self.way.server());
                Err(Failure::new(Exit::Unreachable, why))
            }
        }
    }

    /// The same, and reads what was answered.
    pub(super) async fn read<A: serde::de::DeserializeOwned>(&self, request: RequestBuilder) -> Result<A, Failure> {
        let response = self.send(request).await?;
        let read = timeout(PIECE_WITHIN, read(&self.way, response)).await.map_err(|_| self.silent())?;
        read.map_err(account::failure)
    }

    /// The next piece of a long answer; none at its end, which is only where all of it came.
    pub(super) async fn next_piece(&self, response: &mut Response) -> Result<Option<Vec<u8>>, Failure> {
        let piece = timeout(PIECE_WITHIN, response.chunk()).await.map_err(|_| self.silent())?;
        let broken = |why| format!("the answer from {} broke off: {}", self.way.server(), innermost(&why));
        let piece = piece.map_err(|why| Failure::new(Exit::Unreachable, broken(why)))?;
        Ok(piece.map(|piece| piece.to_vec()))
    }

    fn unreachable(&self, why: &reqwest::Error) -> Failure {
        account::failure(unreachable(&self.way, why))
    }

    fn silent(&self) -> Failure {
        Failure::new(Exit::Unreachable, format!("{} does not answer any more", self.way.server()))
    }
}

/// The name of the file with the authorities of the system and that of a service.
const BUNDLE: &str = "ca-bundle.pem";

/// Whether `file` tells of the service at `server`.
pub(super) fn is_that(file: &ServiceFile, server: &ServerUrl) -> bool {
    let addresses = [Some(&file.http), file.https.as_ref()];
    addresses.into_iter().flatten().filter_map(|at| at.parse().ok()).any(|at: ServerUrl| at.same_service(server))
}

/// The access key of a file or of the environment, if one was handed over.
fn access_key(arguments: &AdminArgs) -> Result<Option<Key>, Failure> {
    let (text, from) = match &arguments.access_key_file {
        Some(file) => (read_key(file)?, file.display().to_string()),
        None => match std::env::var(ACCESS_KEY_VARIABLE) {
            Ok(key) => (Secret::new(key), ACCESS_KEY_VARIABLE.to_owned()),
            Err(_) => return Ok(None),
        },
    };
    let none = || Failure::usage(format!("{from} holds no access key: `switchboard admin key show` prints one"));
    let bytes = STANDARD.decode(key_in(text.expose())).ok().filter(|bytes| !bytes.is_empty());
    bytes.map(|bytes| Key::new(&bytes)).ok_or_else(none).map(Some)
}

fn read_key(file: &Path) -> Result<Secret<String>, Failure> {
    let text = std::fs::read_to_string(file);
    text.map(Secret::new).map_err(|why| Failure::usage(format!("{} can't be read: {why}", file.display())))
}

/// The key in a text, which may be a whole connection string.
fn key_in(text: &str) -> &str {
    let key = text.trim().split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("accesskey").then_some(value)
    });
    key.unwrap_or(text).trim()
}

fn show(request: &mut Request, proof: String) -> Result<(), Failure> {
    let unfit = |_| Failure::usage("what was handed over to prove oneself with can't be sent: it is no line of text");
    let mut value = HeaderValue::try_from(proof).map_err(unfit)?;
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(())
}

/// Signs a request as programs do.
fn sign(request: &mut Request, key: &Key, now: UnixMillis) -> Result<(), Failure> {
    let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
    let hash = STANDARD.encode(digest(&SHA256, body));
    let (target, host, date) = (target(request.url()), host(request.url()), date(now));
    let signature = key.sign(&format!("{}\n{target}\n{date};{host};{hash}", request.method()));
    for (name, value) in [(HOST.as_str(), &host), ("x-ms-date", &date), ("x-ms-content-sha256", &hash)] {
        let value = HeaderValue::try_from(value).map_err(|why| Failure::usage(why.to_string()))?;
        let name: reqwest::header::HeaderName = name.parse().expect("these are names of headers");
        request.headers_mut().insert(name, value);
    }
    show(request, format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"))
}

fn target(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// With its port, where that is not the one of the scheme.
fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Such as `Mon, 23 Nov 2026 11:25:09 GMT` (RFC 1123).
fn date(now: UnixMillis) -> String {
    let now = OffsetDateTime::from_unix_timestamp(now.0 / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    now.format(&Rfc2822).unwrap_or_default().replace("+0000", "GMT")
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;
    use crate::service::rest::acs::signature::Claim;

    const NOW: UnixMillis = UnixMillis(1_795_433_109_000);

    #[test]
    fn what_is_signed_here_counts_at_the_service() {
        let key = Key::new(b"a key");
        let client = reqwest::Client::new();
        for request in [
            client.get("https://calls.example:8791/api/v1/admin/users?limit=500&after=al-ice"),
            client.post("https://calls.example/api/v1/admin/users").json(&serde_json::json!({"user": "bob"})),
        ] {
            let mut request = request.build().unwrap();
            sign(&mut request, &key, NOW).unwrap();
            let headers: HeaderMap = request.headers().clone();
            let claim = Claim::read(&headers, NOW).unwrap();
            let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
            let host = headers["host"].to_str().unwrap();
            let checked = |key: Key| {
                claim.check(request.method().as_str(), &target(request.url()), host, body, std::slice::from_ref(&key))
            };
            assert_eq!(checked(key.clone()), Ok(0));
            assert!(checked(Key::new(b"another")).is_err());
        }
    }

    #[test]
    fn a_key_comes_alone_or_in_a_connection_string() {
        for text in ["a2V5Cg==", " a2V5Cg==\n", "endpoint=https://h:1/;accesskey=a2V5Cg==\n", "AccessKey=a2V5Cg=="] {
            assert_eq!(key_in(text), "a2V5Cg==", "{text}");
        }
    }

    #[test]
    fn dates_are_those_of_http() {
        assert_eq!(date(NOW), "Mon, 23 Nov 2026 11:25:09 GMT");
    }
}
