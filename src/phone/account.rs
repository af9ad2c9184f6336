//! Who this phone is for the service: signing in, keeping the tokens, and renewing them before they run out.
//!
//! A saved sign-in is a file only its owner can read, shared by all phones of that user on this machine: a renewal takes a
//! lock and looks first whether another phone has already renewed it, since a refresh token works once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock;
use crate::base::secret::Secret;
use crate::config::ServerUrl;
use crate::domain::id::UserName;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{ErrorBody, Refresh, SignIn, SignedIn};

/// How long a REST request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// A token with less life than this is renewed before it is used.
const MARGIN_MS: i64 = 30_000;

/// A sign-in as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SavedSignIn {
    /// Where.
    pub server: String,
    /// Who, and the tokens.
    #[serde(flatten)]
    pub tokens: SignedIn,
}

/// Why there is no usable token.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The service can't be reached; worth another try.
    #[error("{0}")]
    Unreachable(String),
    /// The service refused; another try is of no use before somebody signs in again.
    #[error("{0}")]
    Refused(Failure),
    /// The kept sign-in can't be read or written.
    #[error("the saved sign-in {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Where the access token comes from.
#[derive(Debug, Clone)]
pub struct Account {
    server: ServerUrl,
    source: Source,
}

#[derive(Debug, Clone)]
enum Source {
    /// Tokens of a sign-in, renewed by the refresh token; kept in a file where there is one.
    SignedIn { tokens: Box<SignedIn>, file: Option<PathBuf> },
    /// A token handed in from outside; it can't be renewed.
    Token { token: Secret<String>, expires_at: Option<UnixMillis> },
}

impl Account {
    /// Signs in with name and password.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a wrong name or password, [`AccountError::Unreachable`] without a service.
    pub async fn sign_in(server: &ServerUrl, user: UserName, password: Secret<String>) -> Result<Self, AccountError> {
        let tokens = post(server, "/api/v1/sign-in", &SignIn { user, password }).await?;
        Ok(Self { server: server.clone(), source: Source::SignedIn { tokens: Box::new(tokens), file: None } })
    }

    /// Goes on with a sign-in kept in `file`.
    ///
    /// # Errors
    /// [`AccountError::File`] when it can't be read.
    pub fn saved(server: ServerUrl, file: &Path) -> Result<Self, AccountError> {
        let tokens = Box::new(load(file)?.tokens);
        Ok(Self { server, source: Source::SignedIn { tokens, file: Some(file.to_owned()) } })
    }

    /// Uses an access token that a trusted service handed out.
    pub fn token(server: ServerUrl, token: Secret<String>) -> Self {
        let expires_at = expiry(token.expose());
        Self { server, source: Source::Token { token, expires_at } }
    }

    /// Keeps the sign-in in `file` from now on, readable by its owner only.
    ///
    /// # Errors
    /// [`AccountError::File`] when it can't be written.
    pub fn keep(&mut self, path: &Path) -> Result<(), AccountError> {
        if let Source::SignedIn { tokens, file } = &mut self.source {
            save(path, &SavedSignIn { server: self.server.to_string(), tokens: (**tokens).clone() })?;
            *file = Some(path.to_owned());
        }
        Ok(())
    }

    /// Which service.
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Who signed in; unknown for a token from outside until the service has welcomed it.
    pub fn me(&self) -> Option<&Person> {
        match &self.source {
            Source::SignedIn { tokens, .. } => Some(&tokens.me),
            Source::Token { .. } => None,
        }
    }

    /// When the access token runs out, if that is known.
    pub fn expires_at(&self) -> Option<UnixMillis> {
        match &self.source {
            Source::SignedIn { tokens, .. } => Some(tokens.expires_at),
            Source::Token { expires_at, .. } => *expires_at,
        }
    }

    /// Whether there is something to renew the access token with: not for one from outside.
    pub fn renews(&self) -> bool {
        matches!(self.source, Source::SignedIn { .. })
    }

    /// An access token that is good for a while: the one there is, or a renewed one. One from outside is used to its end.
    ///
    /// # Errors
    /// When it has run out and can't be renewed.
    pub async fn fresh_token(&mut self) -> Result<Secret<String>, AccountError> {
        let margin = if self.renews() { MARGIN_MS } else { 1 };
        let spent = self.expires_at().is_some_and(|at| at.since(clock::unix_now()) < margin);
        if spent { self.renew().await } else { Ok(self.access_token()) }
    }

    /// A new access token, whatever life the present one has.
    ///
    /// # Errors
    /// When the service can't be reached, or no longer accepts the refresh token; for a token from outside.
    pub async fn renew(&mut self) -> Result<Secret<String>, AccountError> {
        let Source::SignedIn { tokens, file } = &mut self.source else { return Err(ran_out()) };
        **tokens = match file {
            Some(path) => renew_shared(&self.server, path, tokens).await?,
            None => refresh(&self.server, tokens).await?,
        };
        Ok(self.access_token())
    }

    /// Ends the sign-in at the service and forgets the kept file.
    ///
    /// # Errors
    /// When the service can't be reached or the file can't be removed; the file goes first.
    pub async fn sign_out(self) -> Result<(), AccountError> {
        let Source::SignedIn { tokens, file } = self.source else { return Ok(()) };
        if let Some(path) = file {
            fs::remove_file(&path).map_err(|source| AccountError::File { path, source })?;
        }
        let body = Refresh { refresh_token: tokens.refresh_token };
        send(&self.server, "/api/v1/sign-out", &body).await.map(|_| ())
    }

    /// Who the service says the access token belongs to.
    ///
    /// # Errors
    /// When the service can't be reached, or refuses the token.
    pub async fn who(&mut self) -> Result<Person, AccountError> {
        let token = self.fresh_token().await?;
        let client = client(&self.server)?;
        let request = client.get(self.server.rest("/api/v1/me")).bearer_auth(token.expose());
        let response = answered(&self.server, request).await?;
        read(&self.server, response).await
    }

    fn access_token(&self) -> Secret<String> {
        match &self.source {
            Source::SignedIn { tokens, .. } => tokens.access_token.clone(),
            Source::Token { token, .. } => token.clone(),
        }
    }
}

/// Why a token from outside can't be renewed.
fn ran_out() -> AccountError {
    let message = "the access token that was handed over ran out; get a new one, or sign in";
    AccountError::Refused(Failure::new(FailureCode::TokenExpired, message))
}

/// Reads a kept sign-in.
///
/// # Errors
/// [`AccountError::File`] when it is not there or not readable as one.
pub fn load(path: &Path) -> Result<SavedSignIn, AccountError> {
    let failed = |source| AccountError::File { path: path.to_owned(), source };
    let text = fs::read_to_string(path).map_err(failed)?;
    serde_json::from_str(&text).map_err(|e| failed(io::Error::new(io::ErrorKind::InvalidData, e)))
}

/// Renews under a lock, unless another phone of this user has done so in the meantime.
async fn renew_shared(server: &ServerUrl, path: &Path, mine: &SignedIn) -> Result<SignedIn, AccountError> {
    let _lock = lock(path).await?;
    let kept = load(path).map(|saved| saved.tokens).unwrap_or_else(|_| mine.clone());
    let renewed_by_another = kept.refresh_token != mine.refresh_token && kept.me.identity == mine.me.identity;
    if renewed_by_another && kept.expires_at.since(clock::unix_now()) >= MARGIN_MS {
        return Ok(kept);
    }
    let from = if renewed_by_another { &kept } else { mine };
    let tokens = refresh(server, from).await?;
    save(path, &SavedSignIn { server: server.to_string(), tokens: tokens.clone() })?;
    Ok(tokens)
}

async fn refresh(server: &ServerUrl, tokens: &SignedIn) -> Result<SignedIn, AccountError> {
    post(server, "/api/v1/refresh", &Refresh { refresh_token: tokens.refresh_token.clone() }).await
}

async fn lock(path: &Path) -> Result<File, AccountError> {
    let path = path.with_extension("lock");
    let failed = {
        let path = path.clone();
        move |source| AccountError::File { path, source }
    };
    let locked = tokio::task::spawn_blocking(move || {
        let file = private(&path).open(&path)?;
        file.lock()?;
        Ok(file)
    });
    locked.await.map_err(io::Error::other).and_then(|lock| lock).map_err(failed)
}

/// Writes beside the file first and renames, so that a kill in between loses neither the old nor the new sign-in.
fn save(path: &Path, saved: &SavedSignIn) -> Result<(), AccountError> {
    let failed = |source| AccountError::File { path: path.to_owned(), source };
    let text = serde_json::to_string_pretty(saved).map_err(|e| failed(e.into()))?;
    let beside = path.with_extension("new");
    let write = || {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = private(&beside).truncate(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().map_err(failed)
}

/// Options that create a file only its owner can read.
fn private(_path: &Path) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

async fn post<B: Serialize, A: for<'a> Deserialize<'a>>(
    server: &ServerUrl,
    route: &str,
    body: &B,
) -> Result<A, AccountError> {
    read(server, send(server, route, body).await?).await
}

async fn send<B: Serialize>(server: &ServerUrl, route: &str, body: &B) -> Result<reqwest::Response, AccountError> {
    answered(server, client(server)?.post(server.rest(route)).json(body)).await
}

fn client(server: &ServerUrl) -> Result<reqwest::Client, AccountError> {
    reqwest::Client::builder().timeout(REQUEST_TIMEOUT).build().map_err(|e| unreachable(server, &e))
}

fn unreachable(server: &ServerUrl, error: &reqwest::Error) -> AccountError {
    AccountError::Unreachable(format!("no answer from {server}: {}", innermost(error)))
}

async fn read<A: for<'a> Deserialize<'a>>(server: &ServerUrl, response: reqwest::Response) -> Result<A, AccountError> {
    let other = |e| {
        AccountError::Unreachable(format!("{server} answered something else than a Switchboard service would: {e}"))
    };
    response.json().await.map_err(other)
}

/// Sends a request; an answer that is a refusal becomes an error.
async fn answered(server: &ServerUrl, request: reqwest::RequestBuilder) -> Result<reqwest::Response, AccountError> {
    let response = request.send().await.map_err(|e| unreachable(server, &e))?;
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    match response.json::<ErrorBody>().await {
        Ok(body) if worth_another_try(body.error.code) => Err(AccountError::Unreachable(body.error.message)),
        Ok(body) => Err(AccountError::Refused(body.error)),
        Err(_) => Err(AccountError::Unreachable(format!("{server} answered {status}; is it a Switchboard service?"))),
    }
}

fn worth_another_try(code: FailureCode) -> bool {
    matches!(code, FailureCode::TooManyRequests | FailureCode::Unavailable | FailureCode::Internal)
}

/// The cause a person can act on sits at the end of the chain ("Connection refused").
fn innermost(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

/// The `exp` claim of a JWT, unverified: only to know when it is of no use any more.
fn expiry(token: &str) -> Option<UnixMillis> {
    use base64::Engine as _;
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    claims.get("exp")?.as_i64()?.checked_mul(1000).map(UnixMillis)
}
