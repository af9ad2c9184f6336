//! Who this phone is for the service: signing in, keeping the tokens, and renewing them before they run out.
//!
//! A saved sign-in has a file only its owner can read, shared by all phones of that user on this machine: a renewal takes a
//! lock and looks first whether another phone has already renewed it, since a refresh token works once, or it was signed out.

mod claims;
mod command;
mod device;
mod kept;
mod keyring;
mod rest;
mod sign_ins;
mod who;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::claims::Claims;
pub use self::command::TokenCommand;
pub use self::device::{DeviceAnswer, every};
pub use self::kept::{Keeper, Moved, Place};
pub use self::keyring::KeyringTrouble;
use self::rest::{answered, client, post, send};
pub use self::rest::{read, unreachable};
pub use self::sign_ins::{Listed, SavedSignIn, SignIns};
pub use self::who::{NotAWho, Who};
use super::connector::Connector;
use super::trust::Distrust;
use crate::base::clock;
use crate::base::secret::Secret;
use crate::config::ServerUrl;
use crate::domain::id::UserName;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{Refresh, SignIn, SignUp, SignedIn};

/// A token with less life than this is renewed before it is used.
const MARGIN_MS: i64 = 30_000;

/// Why there is no usable token.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The service can't be reached; worth another try.
    #[error("{0}")]
    Unreachable(String),
    /// The service refused; another try is of no use before somebody signs in again.
    #[error("{0}")]
    Refused(Failure),
    /// The certificate of the service does not count here: nothing was sent.
    #[error("{0}")]
    Untrusted(Distrust),
    /// The program that hands out tokens gave none; worth another try.
    #[error("{0}")]
    Command(String),
    /// The keyring does not hand out the kept sign-in, or does not take it; worth another try.
    #[error("{0}")]
    Keyring(String),
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
    way: Connector,
    source: Source,
    /// When the token came from where it comes from; not known of one that was kept.
    had: Option<Instant>,
}

#[derive(Debug, Clone)]
enum Source {
    /// Tokens of a sign-in, renewed by the refresh token; kept where there is a place for them. What could not be kept is
    /// newer than the `spent` refresh token that is in its place.
    SignedIn { tokens: Box<SignedIn>, place: Option<Place>, spent: Option<Secret<String>> },
    /// A token handed in from outside, and the program that hands out the next one, if there is one.
    Token { token: Secret<String>, command: Option<TokenCommand> },
}

impl Source {
    fn of(tokens: Box<SignedIn>) -> Self {
        Self::SignedIn { tokens, place: None, spent: None }
    }
}

impl Account {
    /// Signs in with name and password.
    ///
    /// # Errors
    /// [`AccountError::Refused`] for a wrong name or password, [`AccountError::Unreachable`] without a service.
    pub async fn sign_in(
        way: impl Into<Connector>,
        user: UserName,
        password: Secret<String>,
    ) -> Result<Self, AccountError> {
        let way = way.into();
        let tokens = post(&way, "/api/v1/sign-in", &SignIn { user, password }).await?;
        Ok(Self::new(way, Source::of(Box::new(tokens)), Some(clock::now())))
    }

    /// Makes an account for whoever asks, and signs in with it.
    ///
    /// # Errors
    /// [`AccountError::Refused`] where people may not do so, or the name is taken, [`AccountError::Unreachable`] without a
    /// service.
    pub async fn sign_up(way: impl Into<Connector>, request: SignUp) -> Result<Self, AccountError> {
        let way = way.into();
        let tokens = post(&way, "/api/v1/sign-up", &request).await?;
        Ok(Self::new(way, Source::of(Box::new(tokens)), Some(clock::now())))
    }

    /// Goes on with a sign-in kept in `place`.
    ///
    /// # Errors
    /// [`AccountError::File`] and [`AccountError::Keyring`] when it can't be read.
    pub async fn saved(way: impl Into<Connector>, place: &Place) -> Result<Self, AccountError> {
        let tokens = Box::new(place.load().await?);
        Ok(Self::new(way.into(), Source::SignedIn { tokens, place: Some(place.clone()), spent: None }, None))
    }

    /// Uses an access token that a trusted service handed out.
    pub fn token(way: impl Into<Connector>, token: Secret<String>) -> Self {
        Self::new(way.into(), Source::Token { token, command: None }, None)
    }

    /// Uses the access tokens that a program hands out.
    ///
    /// # Errors
    /// [`AccountError::Command`] when it hands out none.
    pub async fn of_command(way: impl Into<Connector>, command: TokenCommand) -> Result<Self, AccountError> {
        let token = command.run().await?;
        Ok(Self::new(way.into(), Source::Token { token, command: Some(command) }, Some(clock::now())))
    }

    fn new(way: Connector, source: Source, had: Option<Instant>) -> Self {
        Self { way, source, had }
    }

    /// Keeps the sign-in in `place` from now on. The keyring's trouble comes back where it is in a file for that.
    ///
    /// # Errors
    /// [`AccountError::File`] and [`AccountError::Keyring`] when it can't be written.
    pub async fn keep(&mut self, at: &Place) -> Result<Option<KeyringTrouble>, AccountError> {
        let Source::SignedIn { tokens, place, spent } = &mut self.source else { return Ok(None) };
        let trouble = at.begin(self.way.server(), tokens).await?;
        (*place, *spent) = (Some(at.clone()), None);
        Ok(trouble)
    }

    /// Which service.
    pub fn server(&self) -> &ServerUrl {
        self.way.server()
    }

    /// The way to it.
    pub fn connector(&self) -> &Connector {
        &self.way
    }

    /// Where its sign-in is kept, if it is.
    pub fn place(&self) -> Option<&Place> {
        match &self.source {
            Source::SignedIn { place, .. } => place.as_ref(),
            Source::Token { .. } => None,
        }
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
            Source::Token { token, .. } => Claims::of(token.expose()).expires_at(),
        }
    }

    /// Whether there is something to renew the access token with: not for one from outside that no program hands out.
    pub fn renews(&self) -> bool {
        match &self.source {
            Source::SignedIn { .. } => true,
            Source::Token { command, .. } => command.is_some(),
        }
    }

    /// Whether a program hands out the tokens: it may hand out a good one where the last is not taken any more.
    pub fn of_program(&self) -> bool {
        matches!(&self.source, Source::Token { command: Some(_), .. })
    }

    /// In how long the access token is to be renewed: at two thirds of its life. `None` where it can't be, or nothing is
    /// known of its life.
    pub fn renewal_in(&self) -> Option<Duration> {
        let token = self.access_token();
        let claims = Claims::of(token.expose());
        let by_clock = self.expires_at().filter(|_| self.renews())?.since(clock::unix_now());
        // One that has just been made is not judged by this machine's clock, which may differ from the service's.
        let fresh = self.had.filter(|_| matches!(self.source, Source::SignedIn { .. })).zip(claims.life_ms());
        let left = fresh.map_or(by_clock, |(had, life)| life - millis(clock::now().saturating_duration_since(had)));
        Some(claims::renewal_in(left, claims.life_ms().unwrap_or(left)))
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
        match &mut self.source {
            Source::SignedIn { tokens, place: Some(place), spent } => {
                (**tokens, *spent) = renew_shared(&self.way, place, tokens, spent.as_ref()).await?;
            }
            Source::SignedIn { tokens, place: None, .. } => **tokens = refresh(&self.way, tokens).await?,
            Source::Token { token, command: Some(command) } => *token = command.run().await?,
            Source::Token { command: None, .. } => return Err(ran_out()),
        }
        self.had = Some(clock::now());
        Ok(self.access_token())
    }

    /// The access token there is, whatever is left of its life.
    pub(super) fn present_token(&self) -> Secret<String> {
        self.access_token()
    }

    /// Forgets the sign-in kept in `place`, and ends it at the service, whoever renewed it last.
    ///
    /// # Errors
    /// [`AccountError::File`] when it can't be forgotten. Otherwise it is, and the service could not be told:
    /// [`AccountError::Keyring`] when what was kept can't be read, and whatever else keeps from reaching the service.
    pub async fn sign_out(way: &Connector, place: &Place) -> Result<(), AccountError> {
        let Some(kept) = place.forget().await? else { return Ok(()) };
        let body = Refresh { refresh_token: kept.refresh_token };
        send(way, "/api/v1/sign-out", &body).await.map(|_| ())
    }

    /// Who the service says the access token belongs to.
    ///
    /// # Errors
    /// When the service can't be reached, or refuses the token.
    pub async fn who(&mut self) -> Result<Person, AccountError> {
        let token = self.fresh_token().await?;
        let request = client(&self.way)?.get(self.server().rest("/api/v1/me")).bearer_auth(token.expose());
        let response = answered(&self.way, request).await?;
        read(&self.way, response).await
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

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Renews under a lock, unless another phone of this user has done so in the meantime, or has signed out. Where the new
/// tokens can't be kept, the refresh token comes with them that stays in their place.
async fn renew_shared(
    way: &Connector,
    place: &Place,
    mine: &SignedIn,
    spent: Option<&Secret<String>>,
) -> Result<(SignedIn, Option<Secret<String>>), AccountError> {
    let _lock = place.lock().await?;
    let held = place.latest(mine).await?;
    let newest = if spent == Some(&held.refresh_token) { mine } else { &held };
    let renewed_by_another = newest.refresh_token != mine.refresh_token;
    if renewed_by_another && held.expires_at.since(clock::unix_now()) >= MARGIN_MS {
        return Ok((held, None));
    }
    let tokens = refresh(way, newest).await?;
    match place.save(way.server().to_string(), &tokens).await {
        Ok(None) => Ok((tokens, None)),
        Ok(Some(why)) => {
            tracing::warn!(%why, "the sign-in is kept in its file");
            Ok((tokens, None))
        }
        // What there was before is of no use any more: better in memory than nowhere.
        Err(why) => {
            tracing::error!(%why, "the renewed sign-in is not kept");
            Ok((tokens, Some(held.refresh_token)))
        }
    }
}

async fn refresh(way: &Connector, tokens: &SignedIn) -> Result<SignedIn, AccountError> {
    post(way, "/api/v1/refresh", &Refresh { refresh_token: tokens.refresh_token.clone() }).await
}
