//! Requests that come another way than over a socket: the same right, the same verbs, the same notices to the sessions that
//! are open, as if another client had asked.

use super::Signalling;
use super::requests::{Caller, Outcome};
use crate::base::{clock, entropy, task};
use crate::domain::id::EndpointId;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::request::Request;
use crate::protocol::response::Response;
use crate::protocol::rest::CallInProgress;
use crate::service::calls::WantedCalls;
use crate::service::identity::Verified;

impl Signalling {
    /// Carries out a request of somebody whose token is `verified`, to its end, also when nobody waits for the answer any
    /// more. Whoever asks this way takes part in no call: what has to do with one's own part in a call is refused, as it is
    /// to a client that is in none.
    ///
    /// # Errors
    /// Those of the request; `forbidden` when the token is not good for it, `unauthenticated` when the identity is gone.
    pub(crate) async fn ask(&self, verified: &Verified, request: Request) -> Result<Response, Failure> {
        let (me, verified) = (self.clone(), verified.clone());
        let answer = task::to_the_end("request", async move { me.answer(&verified, request).await });
        answer.await.unwrap_or_else(|| Err(Failure::broken()))
    }

    async fn answer(&self, verified: &Verified, request: Request) -> Result<Response, Failure> {
        let gone = || Failure::new(FailureCode::Unauthenticated, "this account is gone; sign in again");
        let person = self.identities.person(&verified.identity).await?.ok_or_else(gone)?;
        // No endpoint that calls know of.
        let endpoint = EndpointId(entropy::uuid());
        let mut caller = Caller::new(self.calls.clone(), endpoint, person, verified, clock::unix_now());
        match self.carry_out(&mut caller, request).await {
            Outcome::Answer(answer) => answer,
            Outcome::Bye => Ok(Response::Done {}),
        }
    }

    /// The calls that go on now, as far as they are wanted.
    ///
    /// # Errors
    /// `unavailable` when the service stops.
    pub(crate) async fn calls_in_progress(&self, wanted: WantedCalls) -> Result<Vec<CallInProgress>, Failure> {
        self.calls.in_progress(wanted).await
    }
}
