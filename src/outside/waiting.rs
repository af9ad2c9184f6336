//! What has to happen until something that was ordered is done, or is known not to come about. Pure.

use std::time::Duration;

use super::line::{Done, Refused, Why};
use crate::domain::call::{CallState, Direction};
use crate::domain::end_reason::EndReason;
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
    /// A call that is none of those known is connected.
    PickedUp { known: Vec<CallId> },
    /// A group's call was joined.
    Joined { known: Vec<CallId> },
    /// Others see that.
    Seen { state: PresenceState },
}

/// How it turned out.
pub(super) type Outcome = Result<Done, Refused>;

impl Waiting {
    /// How long it may take.
    pub(super) fn patience(&self) -> Duration {
        match self.wish {
            Wish::InCall { .. } | Wish::Begun { .. } | Wish::PickedUp { .. } | Wish::Joined { .. } => SETTING_UP,
            Wish::Over { .. }
            | Wish::Muted { .. }
            | Wish::Held { .. }
            | Wish::Active { .. }
            | Wish::HandedOn { .. }
            | Wish::Merged { .. }
            | Wish::Parked { .. }
            | Wish::Seen { .. } => SOON,
        }
    }

    /// A call that began belongs to what was ordered first: says which, so that the others leave it alone.
    pub(super) fn claims(&mut self, event: &Event) -> Option<CallId> {
        let (Wish::Begun { known, mine: mine @ None }, Event::Call(view)) = (&mut self.wish, event) else {
            return None;
        };
        let is_new = view.direction == Direction::Outgoing && !known.contains(&view.call);
        *mine = is_new.then_some(view.call);
        *mine
    }

    /// Another order has claimed this call.
    pub(super) fn leaves(&mut self, call: CallId) {
        match &mut self.wish {
            Wish::Begun { known, .. } | Wish::PickedUp { known } | Wish::Joined { known } => known.push(call),
            Wish::InCall { .. }
            | Wish::Over { .. }
            | Wish::Muted { .. }
            | Wish::Held { .. }
            | Wish::Active { .. }
            | Wish::HandedOn { .. }
            | Wish::Merged { .. }
            | Wish::Parked { .. }
            | Wish::Seen { .. } => {}
        }
    }

    /// What the event means for it; `None` while it is still waited for.
    pub(super) fn hears(&self, event: &Event) -> Option<Outcome> {
        match event {
            Event::Refused(refused) if self.is_refused(refused.what, refused.call) => {
                Some(Err(Refused::of(&refused.why)))
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
                Wish::Joined { known } if !known.contains(call) => Some(done(*call)),
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
            _ => None,
        }
    }

    fn is_refused(&self, what: &str, call: Option<CallId>) -> bool {
        let same = match (&self.wish, call) {
            // A new call is refused under an id that nobody knows here, or under the one it asks somebody for.
            (Wish::Begun { .. } | Wish::PickedUp { .. } | Wish::Joined { .. } | Wish::Seen { .. }, _) | (_, None) => {
                true
            }
            (_, Some(call)) => self.is_about(call),
        };
        same && self.whats.contains(&what)
    }

    /// Whether it is about this call, which it knows by its id.
    fn is_about(&self, other: CallId) -> bool {
        match &self.wish {
            Wish::InCall { call }
            | Wish::Over { call }
            | Wish::Muted { call, .. }
            | Wish::Held { call, .. }
            | Wish::Active { call }
            | Wish::HandedOn { call }
            | Wish::Parked { call }
            | Wish::Merged { with: call } => *call == other,
            Wish::Begun { mine, .. } => *mine == Some(other),
            Wish::PickedUp { known } | Wish::Joined { known } => !known.contains(&other),
            Wish::Seen { .. } => false,
        }
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
            Wish::Over { .. }
            | Wish::Active { .. }
            | Wish::HandedOn { .. }
            | Wish::Merged { .. }
            | Wish::Parked { .. }
            | Wish::Joined { .. }
            | Wish::Seen { .. } => false,
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
