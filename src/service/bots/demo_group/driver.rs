//! Carries out when a guest comes and goes: the only part of the demo's group that touches calls, legs and the clock.

use std::future::Future;
use std::time::Instant;

use tokio::sync::{mpsc, watch};

use super::Guest;
use super::guest::{Action, Machine};
use super::script::Script;
use super::talker::{Conversation, Talker};
use crate::base::{clock, deadline, entropy};
use crate::domain::id::{CallId, LegId};
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::notice::Notice;
use crate::service::sfu::Sfu;
use crate::service::voice::{Sounds, Voice};

/// Which conversation Ada and Ben have.
const SCRIPT: u64 = 2026;

/// The verbs a guest needs of the calls, for its own endpoint.
pub trait Meeting: Send + Sync + 'static {
    /// The group's call, if somebody is in it.
    fn call(&self) -> impl Future<Output = Result<Option<CallId>, Failure>> + Send;
    /// The guest joins the call with its leg, which belongs to the call from then on.
    fn join(&self, call: CallId, leg: LegId) -> impl Future<Output = Result<(), Failure>> + Send;
    /// The guest leaves.
    fn leave(&self, call: CallId) -> impl Future<Output = Result<(), Failure>> + Send;
    /// The guest declines a call.
    fn decline(&self, call: CallId) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What guests work with.
#[derive(Clone)]
pub struct GuestParts {
    sfu: Sfu,
    voice: Voice,
    sounds: Sounds,
    conversation: Conversation,
}

impl GuestParts {
    /// The conversation begins at `began`.
    pub fn new(sfu: Sfu, voice: Voice, sounds: Sounds, began: Instant) -> Self {
        Self { sfu, voice, sounds, conversation: Conversation::new(Script::new(SCRIPT), began) }
    }
}

/// Lets a guest live until its notices end. `occupied` says whether somebody else than guests is in the group.
pub async fn attend(
    guest: Guest,
    meeting: impl Meeting,
    mut notices: mpsc::Receiver<Notice>,
    mut occupied: watch::Receiver<bool>,
    parts: GuestParts,
) {
    let seed = u64::from_le_bytes(entropy::bytes());
    let mut driver = Driver { guest, machine: Machine::new(guest, seed), meeting, parts };
    loop {
        let deadline = driver.machine.next_deadline();
        let action = tokio::select! {
            notice = notices.recv() => match notice {
                Some(notice) => driver.machine.notice(&notice, clock::now()),
                None => return,
            },
            changed = occupied.changed() => match changed {
                Ok(()) => {
                    let occupied = *occupied.borrow_and_update();
                    driver.machine.occupied(occupied, clock::now())
                }
                Err(_) => return,
            },
            () = deadline::sleep_until(deadline) => driver.machine.deadline_passed(clock::now()),
        };
        if let Some(action) = action {
            driver.carry_out(action).await;
        }
    }
}

struct Driver<M> {
    guest: Guest,
    machine: Machine,
    meeting: M,
    parts: GuestParts,
}

impl<M: Meeting> Driver<M> {
    async fn carry_out(&mut self, action: Action) {
        match action {
            Action::Join => self.join().await,
            // A call that is over by now needs no leaving, and nobody to be declined.
            Action::Leave(call) => drop(self.meeting.leave(call).await),
            Action::Decline(call) => drop(self.meeting.decline(call).await),
        }
    }

    async fn join(&mut self) {
        match self.try_to_join().await {
            Ok(Some(call)) => {
                if let Some(Action::Leave(call)) = self.machine.joined(call, clock::now()) {
                    drop(self.meeting.leave(call).await);
                }
            }
            Ok(None) => self.machine.refused(clock::now()),
            Err(failure) => {
                tracing::debug!(guest = ?self.guest, %failure, "a guest could not join");
                self.machine.refused(clock::now());
            }
        }
    }

    async fn try_to_join(&self) -> Result<Option<CallId>, Failure> {
        let GuestParts { sfu, voice, sounds, conversation } = &self.parts;
        sounds.prepare_talk();
        let Some(call) = self.meeting.call().await? else { return Ok(None) };
        let id = LegId(entropy::uuid());
        let opened = sfu.open_local_leg(call, id);
        // Dropped, the leg is closed.
        let leg = opened.map_err(|error| Failure::new(FailureCode::Unavailable, error.to_string()))?;
        self.meeting.join(call, id).await?;
        let talker = Talker::new(self.guest, conversation.clone(), sounds.clone());
        if let Err(error) = voice.add(leg, talker) {
            tracing::warn!(guest = ?self.guest, %error, "a guest stays silent");
        }
        Ok(Some(call))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::base::task;
    use crate::service::sfu::SfuConfig;

    const CALL: CallId = CallId(Uuid::from_u128(7));

    /// What a guest asked for.
    #[derive(Debug, PartialEq)]
    enum Asked {
        Join(CallId),
        Leave(CallId),
    }

    /// A group's call that says what is asked of it.
    struct Ledger {
        asked: mpsc::UnboundedSender<Asked>,
        legs: mpsc::UnboundedSender<LegId>,
    }

    impl Meeting for Ledger {
        async fn call(&self) -> Result<Option<CallId>, Failure> {
            Ok(Some(CALL))
        }

        async fn join(&self, call: CallId, leg: LegId) -> Result<(), Failure> {
            self.legs.send(leg).unwrap();
            self.asked.send(Asked::Join(call)).unwrap();
            Ok(())
        }

        async fn leave(&self, call: CallId) -> Result<(), Failure> {
            self.asked.send(Asked::Leave(call)).unwrap();
            Ok(())
        }

        async fn decline(&self, _: CallId) -> Result<(), Failure> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_guest_is_there_while_somebody_is_and_only_then() {
        let (to, _events) = mpsc::channel(64);
        let (sfu, _) = Sfu::start(&SfuConfig::default(), &to).unwrap();
        let parts = GuestParts::new(sfu.clone(), Voice::start().unwrap(), Sounds::start().unwrap(), clock::now());
        let ((asked, mut was_asked), (legs, mut opened)) = (mpsc::unbounded_channel(), mpsc::unbounded_channel());
        let ((notices, inbox), (occupied, seen)) = (mpsc::channel(8), watch::channel(false));
        let meeting = Ledger { asked, legs };
        let life = task::spawn("ada", attend(Guest::Ada, meeting, inbox, seen, parts));
        for _ in 0..2 {
            occupied.send(true).unwrap();
            assert_eq!(was_asked.recv().await, Some(Asked::Join(CALL)));
            let leg = opened.recv().await.unwrap();
            occupied.send(false).unwrap();
            assert_eq!(was_asked.recv().await, Some(Asked::Leave(CALL)));
            sfu.close(leg).unwrap();
            let until = clock::now() + Duration::from_secs(60);
            while sfu.counts().legs != 0 {
                assert!(clock::now() < until, "its leg stayed");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        drop(notices);
        life.await.unwrap();
        assert_eq!(was_asked.recv().await, None);
    }
}
