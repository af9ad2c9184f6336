//! What has to happen until something that was ordered is done, or is known not to come about. Pure.

use std::time::Duration;

use super::line::{Done, Refused, Why};
use crate::domain::call::{CallState, Direction};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{CallRules, ForwardWhen, PickUpBy};
use crate::domain::id::CallId;
use crate::domain::presence::PresenceState;
use crate::phone::event::{CallView, Event, Summary};
use crate::texts::end::{self, Ending};
use crate::texts::state;

/// How long the phone may take over most things.
const SOON: Duration = Duration::from_secs(15);

/// How long a call may take to be set up: the service gives it as long.
const SETTING_UP: Duration = Duration::from_secs(40);

/// What is waited for.
#[derive(Debug, PartialEq)]
pub(super) struct Waiting {
    /// What a refusal of it is called.
    pub(super) whats: &'static [&'static str],
    /// What has to happen.
    pub(super) wish: Wish,
}

/// What has to happen.
#[derive(Debug, PartialEq)]
pub(super) enum Wish {
    /// The call is connected.
    InCall { call: CallId },
    /// The call is over, or rings no more.
    Over { call: CallId },
    /// The microphone is off, or on.
    Muted { call: CallId, on: bool },
    /// The call is held, or not.
    Held { call: CallId, on: bool },
    /// The call is the active one.
    Active { call: CallId },
    /// The call was handed on.
    HandedOn { call: CallId },
    /// The people of this call are in another.
    Merged { with: CallId },
    /// The call is parked.
    Parked { call: CallId },
    /// A call of this phone began that is none of those known, and rings at the other end; `mine` once it began.
    Begun { known: Vec<CallId>, mine: Option<CallId> },
    /// Who was to be picked up is connected; `mine` once it is known in which call.
    PickedUp { mine: Option<CallId> },
    /// A group's call was joined; `mine` once it began, as none of those known.
    Joined { known: Vec<CallId>, mine: Option<CallId> },
    /// Others see that.
    Seen { state: PresenceState },
    /// The rules were told as the service has them now.
    Ruled { rule: Rule },
    /// The service has done it.
    Answered,
}

/// What has to hold of the rules.
#[derive(Debug, PartialEq)]
pub(super) enum Rule {
    /// In these cases calls go somewhere, or nowhere.
    Forwards { when: Vec<ForwardWhen>, on: bool },
    /// Whatever they are: who is meant by a name, the phone finds out.
    Told,
    /// Others may pick up.
    PickUp(PickUpBy),
}

impl Rule {
    fn holds(&self, rules: &CallRules) -> bool {
        match self {
            Self::Forwards { when, on } => when.iter().all(|when| rules.to(*when).is_some() == *on),
            Self::Told => true,
            Self::PickUp(by) => rules.pick_up == *by,
        }
    }
}

impl Wish {
    /// The call it is about, which it knows by its id; of one that is still to begin, once that is known.
    fn call(&self) -> Option<CallId> {
        match self {
            Self::InCall { call }
            | Self::Over { call }
            | Self::Muted { call, .. }
            | Self::Held { call, .. }
            | Self::Active { call }
            | Self::HandedOn { call }
            | Self::Parked { call }
            | Self::Merged { with: call } => Some(*call),
            Self::Begun { mine, .. } | Self::PickedUp { mine } | Self::Joined { mine, .. } => *mine,
            Self::Seen { .. } | Self::Ruled { .. } | Self::Answered => None,
        }
    }

    /// Whether a call is still to come about by it.
    fn is_to_come(&self) -> bool {
        matches!(self, Self::Begun { .. } | Self::PickedUp { .. } | Self::Joined { .. })
    }

    /// The calls that one is none of.
    fn known(&mut self) -> Option<&mut Vec<CallId>> {
        match self {
            Self::Begun { known, .. } | Self::Joined { known, .. } => Some(known),
            _ => None,
        }
    }
}

/// How it turned out.
pub(super) type Outcome = Result<Done, Refused>;

impl Waiting {
    /// How long it may take.
    pub(super) fn patience(&self) -> Duration {
        let sets_up = matches!(self.wish, Wish::InCall { .. }) || self.wish.is_to_come();
        if sets_up { SETTING_UP } else { SOON }
    }

    /// A call that began belongs to what was ordered first: says which, so that the others leave it alone.
    pub(super) fn claims(&mut self, event: &Event) -> Option<CallId> {
        let began = |view: &CallView, known: &[CallId]| {
            (view.direction == Direction::Outgoing && !known.contains(&view.call)).then_some(view.call)
        };
        match (&mut self.wish, event) {
            (Wish::Begun { known, mine: mine @ None }, Event::Call(view)) if view.group.is_none() => {
                *mine = began(view, known);
                *mine
            }
            (Wish::Joined { known, mine: mine @ None }, Event::Call(view)) if view.group.is_some() => {
                *mine = began(view, known);
                *mine
            }
            (Wish::PickedUp { mine: mine @ None }, Event::PickedUp(call)) => {
                *mine = Some(*call);
                *mine
            }
            _ => None,
        }
    }

    /// Another order has claimed this call.
    pub(super) fn leaves(&mut self, call: CallId) {
        if let Some(known) = self.wish.known() {
            known.push(call);
        }
    }

    /// What the event means for it; `None` while it is still waited for.
    pub(super) fn hears(&self, event: &Event) -> Option<Outcome> {
        match event {
            Event::Refused(refused) if self.is_refused(refused.what, refused.call) => {
                Some(Err(Refused::of(&refused.why)))
            }
            Event::Done { what } => {
                (self.wish == Wish::Answered && self.whats.contains(what)).then(|| Ok(Done::default()))
            }
            Event::Ended(summary) => self.ended(summary),
            Event::IncomingEnded { call: gone, from, reason } => match &self.wish {
                Wish::Over { call } if call == gone => Some(done(*gone)),
                Wish::InCall { call } if call == gone => {
                    let name = from.display_name.as_str();
                    Some(Err(over(*reason, end::ending(*reason, Direction::Incoming, name))))
                }
                _ => None,
            },
            Event::Call(view) => self.changed(view),
            Event::Active(active) => match &self.wish {
                Wish::Active { call } if *active == Some(*call) => Some(done(*call)),
                _ => None,
            },
            Event::Parked { call, slot } if self.is_about(*call) => {
                Some(Ok(Done { call_id: Some(*call), slot: Some(*slot), ..Done::default() }))
            }
            Event::Joined { call, .. } => match &self.wish {
                Wish::Joined { mine, .. } if mine.is_none_or(|mine| mine == *call) => Some(done(*call)),
                _ => None,
            },
            Event::MyPresence(presence) => match &self.wish {
                Wish::Seen { state }
                    if [*state, PresenceState::InCall, PresenceState::Ringing].contains(&presence.state) =>
                {
                    Some(Ok(Done::default()))
                }
                _ => None,
            },
            Event::Rules(rules) => match &self.wish {
                Wish::Ruled { rule } if rule.holds(&rules.rules) => Some(Ok(Done::default())),
                _ => None,
            },
            _ => None,
        }
    }

    fn is_refused(&self, what: &str, call: Option<CallId>) -> bool {
        // A new call is refused under an id that nobody knows here, or under the one it asks somebody for.
        let same = match (self.wish.call(), call) {
            (Some(_), Some(call)) if !self.wish.is_to_come() => self.is_about(call),
            _ => true,
        };
        same && self.whats.contains(&what)
    }

    /// Whether it is about this call, which it knows by its id.
    fn is_about(&self, other: CallId) -> bool {
        self.wish.call() == Some(other)
    }

    fn ended(&self, summary: &Summary) -> Option<Outcome> {
        if !self.is_about(summary.call) {
            return None;
        }
        let failed = || {
            let (with, connected) = (state::peer(&summary.with), summary.connected_for.is_some());
            Err(over(summary.end, end::ending_of(summary.end, summary.direction, with, connected)))
        };
        match (&self.wish, summary.end) {
            (Wish::Over { .. }, _)
            | (Wish::HandedOn { .. }, EndReason::TRANSFERRED)
            | (Wish::Merged { .. }, EndReason::MERGED) => Some(done(summary.call)),
            // Where it was parked is told beside its end.
            (Wish::Parked { .. }, EndReason::PARKED) => None,
            _ => Some(failed()),
        }
    }

    fn changed(&self, view: &CallView) -> Option<Outcome> {
        if !self.is_about(view.call) {
            return None;
        }
        let connected = matches!(view.state, CallState::Connected | CallState::LocalHold | CallState::RemoteHold);
        let rings = connected || matches!(view.state, CallState::Ringing | CallState::EarlyMedia);
        let is_so = match &self.wish {
            Wish::InCall { .. } | Wish::PickedUp { .. } => connected,
            Wish::Begun { .. } => rings,
            Wish::Muted { on, .. } => view.muted == *on,
            Wish::Held { on, .. } => connected && (view.state == CallState::LocalHold) == *on,
            // Other events tell of these.
            _ => false,
        };
        is_so.then(|| done(view.call))
    }
}

fn done(call: CallId) -> Outcome {
    Ok(Done { call_id: Some(call), ..Done::default() })
}

/// A call ended that was to do something else.
fn over(reason: EndReason, ending: Ending) -> Refused {
    Refused::new(Why::Ended { reason }, format!("{} {}", ending.what, ending.advice).trim_end().to_owned())
}
