//! Each case of a direct call: events in, effects compared. Here is what the cases share.

mod forwarding;
mod handing;
mod leaving;
mod parked;
mod picking;
mod ringing;
mod talking;

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::*;
use crate::domain::call::CallState;
use crate::domain::record::Outcome;

const ALICE: EndpointId = EndpointId(Uuid::from_u128(0xa));
const BOB: EndpointId = EndpointId(Uuid::from_u128(0xb));
const BOB_TOO: EndpointId = EndpointId(Uuid::from_u128(0xb2));
const CAROL: EndpointId = EndpointId(Uuid::from_u128(0xc));
const CAROL_TOO: EndpointId = EndpointId(Uuid::from_u128(0xc2));
const STRANGER: EndpointId = EndpointId(Uuid::from_u128(0xe));
const LEG_A: LegId = LegId(Uuid::from_u128(0x1a));
const LEG_B: LegId = LegId(Uuid::from_u128(0x1b));
const LEG_C: LegId = LegId(Uuid::from_u128(0x1c));
const LEG_D: LegId = LegId(Uuid::from_u128(0x1d));

/// A call and a clock.
struct Line {
    call: Call,
    began: Vec<Effect>,
    now: Instant,
}

impl Line {
    fn new(callee: &[(EndpointId, Reach)], ring_for: Duration) -> Self {
        let callee: Vec<_> = callee.iter().map(|&(endpoint, reach)| Candidate { endpoint, reach }).collect();
        Self::leading(callee.into(), ring_for)
    }

    fn leading(callee: Onward, ring_for: Duration) -> Self {
        let now = crate::base::clock::now();
        let (call, began) = Call::start(Start { caller: ALICE, leg: LEG_A, ring_for, callee }, now);
        Self { call, began, now }
    }

    fn calling(callee: &[(EndpointId, Reach)]) -> Self {
        Self::new(callee, RING_DEFAULT)
    }

    fn ringing() -> Self {
        Self::calling(&[(BOB, Reach::Free)])
    }

    fn answered() -> Self {
        let mut line = Self::ringing();
        line.feed(Event::Answer { endpoint: BOB, leg: LEG_B });
        line
    }

    fn connected() -> Self {
        let mut line = Self::answered();
        line.feed(Event::LegUp { leg: LEG_A });
        line.feed(Event::LegUp { leg: LEG_B });
        line
    }

    /// Alice has handed Bob on to Carol, who rings.
    fn transferred() -> Self {
        let mut line = Self::connected();
        line.transfer(ALICE, &[CAROL, CAROL_TOO]);
        line
    }

    /// Alice has parked Bob.
    fn parked() -> Self {
        let mut line = Self::connected();
        line.call.park(ALICE, line.now);
        line
    }

    fn transfer(&mut self, endpoint: EndpointId, to: &[EndpointId]) -> Vec<Effect> {
        self.call.transfer(endpoint, &free(to).into(), self.now)
    }

    fn ring_back(&mut self, to: &[EndpointId]) -> Vec<Effect> {
        self.call.ring_back(&free(to), self.now)
    }

    fn feed(&mut self, event: Event) -> Vec<Effect> {
        self.call.handle(event, self.now)
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// Moves to the next deadline; how far away it was.
    fn wait_for_deadline(&mut self) -> Duration {
        let at = self.call.next_deadline().expect("something has to happen");
        let wait = at - self.now;
        self.now = at;
        wait
    }
}

fn free(endpoints: &[EndpointId]) -> Vec<Candidate> {
    endpoints.iter().map(|&endpoint| Candidate { endpoint, reach: Reach::Free }).collect()
}

/// An endpoint has left a call that goes on.
fn has_left(endpoint: EndpointId, leg: LegId, side: Side, reason: EndReason) -> Vec<Effect> {
    vec![
        Effect::Accept,
        Effect::CloseLeg { leg },
        Effect::Tell { endpoint, news: News::Ended(reason) },
        Effect::Record { side, entry: Entry::Ended { outcome: Outcome::Answered, reason } },
        Effect::Left { endpoint },
    ]
}

fn refused(why: Refusal) -> Vec<Effect> {
    vec![Effect::Refuse(why)]
}

fn state(endpoint: EndpointId, state: CallState) -> Effect {
    Effect::Tell { endpoint, news: News::State(state) }
}

fn other(endpoint: EndpointId, state: ParticipantState, muted: bool) -> Effect {
    Effect::Tell { endpoint, news: News::Other { state, muted } }
}

fn sources(leg: LegId, sources: &[LegId]) -> Effect {
    Effect::SetSources { leg, sources: sources.to_vec() }
}

/// The end of an answered call with both legs open.
fn over(reason: EndReason, outcome: Outcome) -> Vec<Effect> {
    ends(&[LEG_A, LEG_B], &[ALICE, BOB], reason, outcome, outcome)
}

fn ends(legs: &[LegId], told: &[EndpointId], reason: EndReason, caller: Outcome, callee: Outcome) -> Vec<Effect> {
    let mut effects: Vec<Effect> = legs.iter().map(|&leg| Effect::CloseLeg { leg }).collect();
    effects.extend(told.iter().map(|&endpoint| Effect::Tell { endpoint, news: News::Ended(reason) }));
    for (side, outcome) in [(Side::Caller, caller), (Side::Callee, callee)] {
        effects.push(Effect::Record { side, entry: Entry::Ended { outcome, reason } });
    }
    effects.push(Effect::Finished);
    effects
}
