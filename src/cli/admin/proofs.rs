//! What programs and people prove themselves with, at the running service or in the folder of one that does not run:
//! access keys, tokens, the key that signs these.

use super::office::{Office, note, refused};
use super::reached::Places;
use crate::base::clock;
use crate::cli::exit::{Exit, Failure};
use crate::domain::audit::Deed;
use crate::protocol::rest::{AccessKeyName, AccessKeyPair, IssuedToken, NewToken, RevokeTokens, as_kept};

impl Office {
    /// Where the running service is, which programs are to reach.
    pub(super) fn running(&self) -> Result<&Places, Failure> {
        let none = "no service runs on this machine for this user, so there is nothing to connect to: \
                    start one with `switchboard serve`, or name one elsewhere with --server URL";
        match self {
            Self::Running(service) => Ok(service.places()),
            Self::Folder { .. } => Err(Failure::new(Exit::Unreachable, none)),
        }
    }

    pub(super) async fn keys(&self) -> Result<AccessKeyPair, Failure> {
        match self {
            Self::Running(service) => service.read(service.get("keys")).await,
            Self::Folder { access_keys, db, .. } => {
                note(db, Deed::AccessKeysShown, None, None).await?;
                Ok(access_keys.pair())
            }
        }
    }

    pub(super) async fn rotate(&self, name: AccessKeyName) -> Result<(), Failure> {
        match self {
            Self::Running(service) => {
                let path = format!("keys/{}/rotate", name.word());
                service.send(service.post(&path)).await.map(drop)
            }
            Self::Folder { access_keys, db, .. } => {
                access_keys.rotate(name).await.map_err(refused)?;
                note(db, Deed::AccessKeyRotated, Some(name.word()), None).await
            }
        }
    }

    pub(super) async fn rotate_signing(&self) -> Result<(), Failure> {
        match self {
            Self::Running(service) => service.send(service.post("signing-key/rotate")).await.map(drop),
            Self::Folder { identities, db, .. } => {
                identities.rotate_signing_key(clock::unix_now()).await.map_err(refused)?;
                note(db, Deed::SigningKeyRotated, None, None).await
            }
        }
    }

    pub(super) async fn issue(&self, new: &NewToken) -> Result<IssuedToken, Failure> {
        match self {
            Self::Running(service) => service.read(service.post("tokens").json(new)).await,
            Self::Folder { identities, db, .. } => {
                let issued = identities.issue_as_asked(new, clock::unix_now()).await.map_err(refused)?;
                note(db, Deed::TokenIssued, Some(&new.holder.to_string()), None).await?;
                Ok(issued)
            }
        }
    }

    pub(super) async fn revoke(&self, whose: &RevokeTokens) -> Result<(), Failure> {
        match self {
            Self::Running(service) => service.send(service.post("tokens/revoke").json(whose)).await.map(drop),
            Self::Folder { identities, db, .. } => {
                identities.revoke_as_asked(whose, clock::unix_now()).await.map_err(refused)?;
                note(db, Deed::TokensRevoked, Some(&as_kept(&whose.user)), None).await
            }
        }
    }
}
