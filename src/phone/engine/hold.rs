//! How a call of this phone is held: what the service was asked, since when it is, and when that is to be remembered. Pure.

use std::time::{Duration, Instant};

use crate::domain::call::CallState;
use crate::domain::time::UnixMillis;

/// How long a call is held before its holder is reminded, and between two reminders: whoever waits hears music, and
/// begins to doubt.
const REMIND_EVERY: Duration = Duration::from_secs(60);

/// Whether a call is held by this phone.
#[derive(Debug, Default)]
pub(super) struct Hold {
    /// What the service was asked for last, or has said since.
    asked: bool,
    /// Askings that are not answered yet: until then, what the service says may be older.
    open: u32,
    since: Option<UnixMillis>,
    remind_at: Option<Instant>,
}

impl Hold {
    /// Says that the call is to be held, or not. Whether the service has to be asked for it.
    pub(super) fn ask(&mut self, on: bool) -> bool {
        let asks = self.asked != on;
        self.asked = on;
        self.open += u32::from(asks);
        asks
    }

    /// The service has answered an asking.
    pub(super) fn on_answered(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// The connection was lost before the asking for `on` was answered: it has to be asked for again.
    pub(super) fn on_lost(&mut self, on: bool) {
        self.on_answered();
        self.asked = !on;
    }

    /// The service says how the call stands.
    pub(super) fn on_state(&mut self, state: CallState, now: Instant, wall: UnixMillis) {
        let on = match state {
            CallState::LocalHold => true,
            CallState::Connected | CallState::RemoteHold => false,
            // Says nothing of holding: it may come back from this as it was.
            _ => return,
        };
        if self.open == 0 {
            self.asked = on;
        }
        if on != self.since.is_some() {
            self.since = on.then_some(wall);
            self.remind_at = on.then_some(now + REMIND_EVERY);
        }
    }

    /// Since when it is held.
    pub(super) fn since(&self) -> Option<UnixMillis> {
        self.since
    }

    /// When the next reminder is due.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.remind_at
    }

    /// Since when it is held, if a reminder of that is due.
    pub(super) fn remind(&mut self, now: Instant) -> Option<UnixMillis> {
        self.remind_at.filter(|at| *at <= now)?;
        // A machine that slept reminds once.
        self.remind_at = Some(now + REMIND_EVERY);
        self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn the_service_is_asked_once_for_what_is_wanted() {
        let mut hold = Hold::default();
        assert!(!hold.ask(false), "nothing is held at first");
        assert!(hold.ask(true));
        assert!(!hold.ask(true));
        assert!(hold.ask(false));
    }

    #[test]
    fn what_the_service_says_counts_unless_it_was_asked_for_something_since() {
        let (now, mut hold) = (clock::now(), Hold::default());
        hold.ask(true);
        hold.on_state(CallState::Connected, now, UnixMillis(1));
        assert!(!hold.ask(true), "that was said before it was asked");
        hold.on_answered();
        hold.on_state(CallState::LocalHold, now, UnixMillis(1));
        assert!(!hold.ask(true));
        hold.on_state(CallState::Ringing, now, UnixMillis(1));
        assert!(!hold.ask(true), "ringing says nothing of holding");
        hold.on_state(CallState::Connected, now, UnixMillis(1));
        assert!(hold.ask(true), "it was resumed by something else");
    }

    #[test]
    fn an_asking_that_was_lost_is_asked_again() {
        let mut hold = Hold::default();
        hold.ask(true);
        hold.on_lost(true);
        assert!(hold.ask(true));
        hold.ask(false);
        hold.on_lost(true);
        hold.on_lost(false);
        assert!(hold.ask(false), "the last word was to resume it");
    }

    #[test]
    fn who_holds_is_reminded_every_minute_until_the_call_is_resumed() {
        let (start, mut hold) = (clock::now(), Hold::default());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!((hold.since(), hold.next_deadline()), (None, None));
        hold.on_state(CallState::LocalHold, start, UnixMillis(7));
        hold.on_state(CallState::LocalHold, at(30), UnixMillis(9));
        assert_eq!((hold.since(), hold.next_deadline()), (Some(UnixMillis(7)), Some(at(60))));
        assert_eq!(hold.remind(at(59)), None);
        assert_eq!(hold.remind(at(60)), Some(UnixMillis(7)));
        assert_eq!(hold.remind(at(61)), None);
        assert_eq!(hold.remind(at(1000)), Some(UnixMillis(7)));
        assert_eq!(hold.next_deadline(), Some(at(1060)), "once, however long nobody looked");
        hold.on_state(CallState::Connected, at(1001), UnixMillis(9));
        assert_eq!((hold.since(), hold.next_deadline()), (None, None));
    }
}
