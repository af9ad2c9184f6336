//! What an administrator does with tokens: issue one for a person, by name or identity, or for a program; and end those of a
//! person.

use std::time::Duration;

use super::Identities;
use super::token::Grant;
use crate::domain::id::Identity;
use crate::domain::scope::Scopes;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{IssuedToken, NewToken, RevokeTokens, TokenHolder};

impl Identities {
    /// Issues the token that is asked for. An account that has no identity yet gets one.
    ///
    /// # Errors
    /// `not_found` for nobody, `forbidden` for a disabled account, `bad_request` for a life outside of an hour to a day,
    /// for unknown scopes, and for what is neither a name nor an identity.
    pub async fn issue_as_asked(&self, new: &NewToken, now: UnixMillis) -> Result<IssuedToken, Failure> {
        if !(60..=1440).contains(&new.minutes) {
            return Err(bad("a token lasts 60 to 1440 minutes"));
        }
        let life = Duration::from_secs(60 * u64::from(new.minutes));
        match &new.holder {
            TokenHolder::App { name } => {
                let (token, expires_at) = self.issue_app_token(name, life, now)?;
                Ok(IssuedToken { token, expires_at, identity: None })
            }
            TokenHolder::User { name, scopes } => {
                let scopes = scopes.as_deref().map_or(Ok(Scopes::USER), str::parse);
                let scopes = scopes.map_err(|why| bad(&format!("{why}")))?;
                let identity = self.named(name).await?;
                let not_before = UnixMillis(0);
                let grant = Grant { identity: &identity, scopes, life, now, not_before, delegated: false };
                let (token, expires_at) = self.issue(grant).await?;
                Ok(IssuedToken { token, expires_at, identity: Some(identity) })
            }
        }
    }

    /// Ends every token of somebody, by name or identity; what is signed in is signed out.
    ///
    /// # Errors
    /// `not_found` for nobody, `bad_request` for what is neither a name nor an identity.
    pub async fn revoke_as_asked(&self, whose: &RevokeTokens, now: UnixMillis) -> Result<(), Failure> {
        let identity = self.named(&whose.user).await?;
        self.revoke_tokens(&identity, now).await
    }

    /// The identity of somebody by name, or as it is.
    async fn named(&self, name: &str) -> Result<Identity, Failure> {
        if let Ok(identity) = name.parse() {
            return Ok(identity);
        }
        let user = name.parse().map_err(|why| bad(&format!("{why}")))?;
        let person = self.find(&user).await?;
        let nobody = || Failure::new(FailureCode::NotFound, format!("there is nobody called {user}"));
        Ok(person.ok_or_else(nobody)?.identity)
    }
}

fn bad(message: &str) -> Failure {
    Failure::new(FailureCode::BadRequest, message)
}
