//! Carries out what a bot decides: the only part of the bots that touches calls, legs and the clock.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Bot;
use super::machine::{Action, Machine, Programme};
use super::programme::Speaker;
use crate::base::{clock, deadline, entropy};
use crate::domain::id::{CallId, LegId};
use crate::domain::person::Person;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::notice::Notice;
use crate::service::sfu::{LocalLeg, Sfu};
use crate::service::voice::{MusicBox, Sounds, Voice};

/// The verbs a bot needs of the calls, for its own endpoint. A leg given to [`Calling::answer`], [`Calling::start`] or
/// [`Calling::rejoin`] belongs to the call from then on.
pub trait Calling: Send + Sync + 'static {
    /// The bot rings.
    fn ringing(&self, call: CallId) -> impl Future<Output = Result<(), Failure>> + Send;
    /// The bot answers with its leg.
    fn answer(&self, call: CallId, leg: LegId) -> impl Future<Output = Result<(), Failure>> + Send;
    /// The bot declines.
    fn decline(&self, call: CallId) -> impl Future<Output = Result<(), Failure>> + Send;
    /// The bot comes into a call that another of its calls goes on as.
    fn rejoin(&self, call: CallId, leg: LegId) -> impl Future<Output = Result<(), Failure>> + Send;
    /// The bot calls somebody.
    fn start(&self, call: CallId, to: Person, leg: LegId) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What bots work with.
#[derive(Clone)]
pub struct BotParts {
    /// Where their legs are.
    pub sfu: Sfu,
    /// What ticks their legs.
    pub voice: Voice,
    /// What they play.
    pub sounds: Sounds,
    /// How long [`Bot::Callback`] waits before it calls back; [`super::CALLBACK_AFTER`] but in tests.
    pub callback_after: Duration,
}

/// Lets a bot live until its notices end.
pub async fn run(bot: Bot, calls: impl Calling, mut notices: mpsc::Receiver<Notice>, parts: BotParts) {
    let mut driver = Driver { machine: Machine::new(bot, parts.callback_after), calls, parts, legs: HashMap::new() };
    loop {
        let deadline = driver.machine.next_deadline();
        let actions = tokio::select! {
            notice = notices.recv() => match notice {
                Some(notice) => driver.machine.notice(&notice, clock::now()),
                None => return,
            },
            () = deadline::sleep_until(deadline) => driver.machine.deadline_passed(clock::now()),
        };
        for action in actions {
            driver.carry_out(action).await;
        }
    }
}

struct Driver<C> {
    machine: Machine,
    calls: C,
    parts: BotParts,
    /// Legs of calls that have not connected yet; then the voice has them.
    legs: HashMap<CallId, LocalLeg>,
}

impl<C: Calling> Driver<C> {
    async fn carry_out(&mut self, action: Action) {
        match action {
            // A courtesy: what follows does not depend on it.
            Action::Ring(call) => drop(self.calls.ringing(call).await),
            // Somebody was faster, or gave up: then there is nothing to decline.
            Action::Decline(call) => drop(self.calls.decline(call).await),
            Action::Answer(call) => {
                let answered = self.answer(call).await;
                self.settle(call, answered);
            }
            Action::Move(from, into) => {
                self.legs.remove(&from);
                let moved = self.rejoin(into).await;
                self.settle(into, moved);
            }
            Action::Call(person) => self.call(person).await,
            Action::Play(call, programme) => self.play(call, programme),
            // Dropping a leg closes it; one that was handed to the voice is closed with its call.
            Action::Release(call) => drop(self.legs.remove(&call)),
        }
    }

    /// A call that was refused is over for the bot.
    fn settle(&mut self, call: CallId, outcome: Result<(), Failure>) {
        if let Err(failure) = outcome {
            tracing::debug!(%call, %failure, "a bot's call went no further");
            self.legs.remove(&call);
            self.machine.refused(call);
        }
    }

    async fn answer(&mut self, call: CallId) -> Result<(), Failure> {
        let leg = self.open(call)?;
        self.calls.answer(call, leg).await
    }

    async fn rejoin(&mut self, call: CallId) -> Result<(), Failure> {
        let leg = self.open(call)?;
        self.calls.rejoin(call, leg).await
    }

    async fn call(&mut self, person: Person) {
        let call = CallId(entropy::uuid());
        self.machine.calling(call);
        let started = match self.open(call) {
            Ok(leg) => self.calls.start(call, person, leg).await,
            Err(failure) => Err(failure),
        };
        self.settle(call, started);
    }

    fn open(&mut self, call: CallId) -> Result<LegId, Failure> {
        let id = LegId(entropy::uuid());
        let opened = self.parts.sfu.open_local_leg(call, id);
        let leg = opened.map_err(|error| Failure::new(FailureCode::Unavailable, error.to_string()))?;
        self.legs.insert(call, leg);
        Ok(id)
    }

    fn play(&mut self, call: CallId, programme: Programme) {
        let Some(leg) = self.legs.remove(&call) else { return };
        let BotParts { voice, sounds, .. } = &self.parts;
        let sounds = sounds.clone();
        let added = match programme {
            Programme::Echo => voice.add(leg, Speaker::echo(sounds)),
            Programme::Announcement => voice.add(leg, Speaker::announcement(sounds)),
            Programme::Music => voice.add(leg, MusicBox::new(sounds)),
        };
        if let Err(error) = added {
            tracing::warn!(%call, %error, "a bot stays silent");
        }
    }
}
