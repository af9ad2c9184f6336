//! Other issuers of tokens, whom the service believes (OpenID Connect): for whom a token of theirs vouches, a person or a
//! program. What an issuer says of itself and signs with is `source`, how long its keys are believed `keys`, what a token says
//! `token`. Who a person it names is then of ours is `outsiders`.

mod keys;
mod source;
mod token;

use std::sync::Arc;

use super::device::Names;
use crate::config::{Issuer, Oidc, OidcProgram};
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;

pub(super) use self::source::{Discovery, Source, sent};
use self::token::Claims;

/// The longest issuer and subject kept, in bytes.
pub(super) const MAX_NAME: usize = 512;

/// Somebody another issuer vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outsider {
    /// Who vouches.
    pub issuer: String,
    /// For whom: the issuer's own name for this person, never used again for another.
    pub subject: String,
    /// The person's id in the issuer's directory (`oid`), where it has one.
    pub object: Option<String>,
    /// The program the token was given to (`azp` or `appid`), where it says so.
    pub program: Option<String>,
    /// Whom the token is for.
    pub audiences: Vec<String>,
}

/// A program that another issuer vouches for, and that may act here as itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideApp {
    /// Its client id there.
    pub client: String,
    /// Who vouches.
    pub issuer: String,
}

/// Why a token of another issuer is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotBelieved {
    /// No other issuer is believed here.
    #[error(
        "this service believes no other issuer of tokens: whoever runs it names issuers and audiences in [oidc] of its settings"
    )]
    NoIssuers,
    /// The token is not of one of these issuers, not for this service, or not signed by its issuer.
    #[error(
        "the presented token is not valid here: it needs an issuer, an audience and a signature this service believes"
    )]
    Invalid,
    /// The token ran out, or does not count yet.
    #[error("the presented token ran out, or does not count yet")]
    Expired,
    /// The keys of its issuer can't be had.
    #[error("the issuer of the presented token can't be reached to check it; try again later")]
    Unreachable,
    /// The token is good, but that of a person, or of a program that is not let in.
    #[error(
        "the presented token is of no program that is let in here: {0}. Whoever runs the service names those in oidc.programs"
    )]
    NoProgram(String),
}

/// The issuers that are believed. Cheap to clone; all clones share what was fetched.
#[derive(Clone)]
pub struct Issuers {
    inner: Arc<Inner>,
}

struct Inner {
    audiences: Vec<String>,
    /// Those whose people get an identity.
    of_people: Vec<Arc<Source>>,
    /// Those whose programs are let in, and which.
    of_programs: Vec<(Arc<Source>, Vec<OidcProgram>)>,
}

impl Issuers {
    /// Those of the settings. Nothing is fetched before the first token comes.
    pub fn new(settings: &Oidc) -> Self {
        let of_people: Vec<_> = settings.issuers.iter().map(Source::new).collect();
        let mut of_programs: Vec<(Arc<Source>, Vec<OidcProgram>)> = Vec::new();
        for program in &settings.programs.0 {
            match of_programs.iter_mut().find(|(source, _)| source.is(program.issuer.as_str())) {
                Some((_, programs)) => programs.push(program.clone()),
                None => of_programs.push((known_or_new(of_people.iter(), &program.issuer), vec![program.clone()])),
            }
        }
        let audiences = settings.audiences.clone();
        Self { inner: Arc::new(Inner { audiences, of_people, of_programs }) }
    }

    /// What is known of this issuer: the same as is asked for its tokens, where those are believed.
    pub(super) fn source(&self, issuer: &Issuer) -> Arc<Source> {
        let of_programs = self.inner.of_programs.iter().map(|(source, _)| source);
        known_or_new(self.inner.of_people.iter().chain(of_programs), issuer)
    }

    /// For whom `token` vouches.
    ///
    /// # Errors
    /// See [`NotBelieved`].
    pub async fn verify(&self, token: &str, now: UnixMillis) -> Result<Outsider, NotBelieved> {
        if self.inner.of_people.is_empty() || self.inner.audiences.is_empty() {
            return Err(NotBelieved::NoIssuers);
        }
        // Whose it is, the token says itself; what it says counts only after it was checked.
        let (_, claimed) = token::read(token).ok_or(NotBelieved::Invalid)?;
        let source = self.inner.of_people.iter().find(|source| source.is(&claimed.iss)).ok_or(NotBelieved::Invalid)?;
        let who = source.verify(token, now).await?.outsider();
        if self.is_for_us(&who.audiences) { Ok(who) } else { Err(NotBelieved::Invalid) }
    }

    /// Which program acts with `token`; `None` for a token that says it is of no issuer whose programs are let in.
    ///
    /// # Errors
    /// See [`NotBelieved`].
    pub async fn program(&self, token: &str, now: UnixMillis) -> Result<Option<OutsideApp>, NotBelieved> {
        if self.inner.of_programs.is_empty() {
            return Ok(None);
        }
        let Some((_, claimed)) = token::read(token) else { return Ok(None) };
        let of_it = self.inner.of_programs.iter().find(|(source, _)| source.is(&claimed.iss));
        let Some((source, programs)) = of_it else { return Ok(None) };
        let claims = source.verify(token, now).await?;
        if !self.is_for_us(claims.aud.all()) {
            return Err(NotBelieved::Invalid);
        }
        let acting = programs.iter().find(|program| claims.is_of_itself(&program.client, program.subject()));
        let acting = acting.ok_or_else(|| NotBelieved::NoProgram(told(&claims)))?;
        Ok(Some(OutsideApp { client: acting.client.clone(), issuer: claims.iss }))
    }

    fn is_for_us(&self, audiences: &[String]) -> bool {
        audiences.iter().any(|one| self.inner.audiences.contains(one))
    }
}

fn known_or_new<'a>(mut known: impl Iterator<Item = &'a Arc<Source>>, issuer: &Issuer) -> Arc<Source> {
    known.find(|source| source.is(issuer.as_str())).cloned().unwrap_or_else(|| Source::new(issuer))
}

/// Whom a token names, in words for whoever sent it.
fn told(claims: &Claims) -> String {
    let [client, subject, issuer] =
        [claims.client().unwrap_or("none"), &claims.sub, &claims.iss].map(|name| printable(name, 120));
    format!("client {client} and subject {subject} of {issuer}")
}
