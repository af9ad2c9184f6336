//! Signing in with an account elsewhere: the service asks the issuer, the person does the rest in a browser (RFC 8628).

use std::time::Duration;

use super::rest::{answered, client, post, read};
use super::{Account, AccountError, Source};
use crate::base::clock;
use crate::base::secret::Secret;
use crate::phone::connector::Connector;
use crate::protocol::rest::{DevicePoll, DevicePolled, DeviceSignIn, SignInWays};

/// How long to wait before the service is asked again: not asked without a pause, whatever it says.
pub fn every(interval: u32) -> Duration {
    Duration::from_secs(interval.max(1).into())
}

/// How a sign-in elsewhere stands.
#[derive(Debug)]
pub enum DeviceAnswer {
    /// The person is not done; ask again after this long.
    Pending(Duration),
    /// Signed in.
    Done(Box<Account>),
}

impl Account {
    /// How people sign in at the service.
    ///
    /// # Errors
    /// [`AccountError::Unreachable`] without a service, or with one that knows nothing of this.
    pub async fn ways(way: &Connector) -> Result<SignInWays, AccountError> {
        let request = client(way)?.get(way.server().rest("/api/v1/sign-in/ways"));
        read(way, answered(way, request).await?).await
    }

    /// Begins a sign-in with an account elsewhere: what the person has to do.
    ///
    /// # Errors
    /// [`AccountError::Refused`] where the service has no such issuer, [`AccountError::Unreachable`] when one of the two
    /// can't be asked.
    pub async fn begin_elsewhere(way: &Connector) -> Result<DeviceSignIn, AccountError> {
        post(way, "/api/v1/sign-in/device", &serde_json::json!({})).await
    }

    /// How that sign-in stands.
    ///
    /// # Errors
    /// [`AccountError::Refused`] when it was denied or ran out, or there is no account for the person.
    pub async fn ask_elsewhere(way: &Connector, handle: &Secret<String>) -> Result<DeviceAnswer, AccountError> {
        let polled = post(way, "/api/v1/sign-in/device/poll", &DevicePoll { handle: handle.clone() }).await?;
        Ok(match polled {
            DevicePolled::Pending { interval } => DeviceAnswer::Pending(every(interval)),
            DevicePolled::SignedIn(tokens) => {
                let source = Source::of(tokens);
                DeviceAnswer::Done(Box::new(Self::new(way.clone(), source, Some(clock::now()))))
            }
        })
    }
}
