//! The calls this phone is in, in the order they came, and which of them is active: heard, and hearing. Pure.

use std::time::Instant;

use super::call::Call;
use crate::base::deadline;
use crate::domain::id::CallId;
use crate::phone::leg::LegTag;

/// The calls of a phone. One that has ended stays until its last figures are in; it counts no more then.
#[derive(Default)]
pub(super) struct Board {
    calls: Vec<Call>,
    active: Option<CallId>,
}

impl Board {
    /// A call begins; it is not active yet.
    pub(super) fn add(&mut self, call: Call) {
        self.calls.push(call);
    }

    /// The call `id`, if it has ended and its last figures are awaited.
    pub(super) fn ended_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.iter_mut().find(|call| call.id == id && call.ending.is_some())
    }

    /// All is said of a call that has ended.
    pub(super) fn take_ended(&mut self, id: CallId) -> Option<Call> {
        let index = self.calls.iter().position(|call| call.id == id && call.ending.is_some())?;
        Some(self.calls.remove(index))
    }

    /// The calls that have not ended.
    pub(super) fn live(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter().filter(|call| call.ending.is_none())
    }

    pub(super) fn live_mut(&mut self) -> impl Iterator<Item = &mut Call> {
        self.calls.iter_mut().filter(|call| call.ending.is_none())
    }

    /// Their ids.
    pub(super) fn ids(&self) -> Vec<CallId> {
        self.live().map(|call| call.id).collect()
    }

    /// The call `id`, unless it has ended.
    pub(super) fn get(&self, id: CallId) -> Option<&Call> {
        self.live().find(|call| call.id == id)
    }

    pub(super) fn get_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.live_mut().find(|call| call.id == id)
    }

    /// The call whose leg has this tag.
    pub(super) fn of_leg(&mut self, tag: LegTag) -> Option<&mut Call> {
        self.live_mut().find(|call| call.is_tag(tag))
    }

    /// The call `id`, be it one that has ended.
    pub(super) fn any_mut(&mut self, id: CallId) -> Option<&mut Call> {
        // Of a call that ended and came back here, the one that lives.
        self.calls.iter_mut().rev().find(|call| call.id == id)
    }

    /// Whether the call `id` is known here, be it one that has ended.
    pub(super) fn knows(&self, id: CallId) -> bool {
        self.calls.iter().any(|call| call.id == id)
    }

    /// The calls that have ended, and whose last figures should have come by `now`.
    pub(super) fn overdue(&self, now: Instant) -> Vec<CallId> {
        let due = |call: &&Call| call.ending.is_some_and(|ending| ending.figures_by <= now);
        self.calls.iter().filter(due).map(|call| call.id).collect()
    }

    /// Which call is active.
    pub(super) fn active(&self) -> Option<CallId> {
        self.active
    }

    /// The active call.
    pub(super) fn active_call(&self) -> Option<&Call> {
        self.get(self.active?)
    }

    /// Makes another call the active one, or none; `None` where it is so already.
    pub(super) fn activate(&mut self, id: Option<CallId>) -> Option<Switch> {
        let before = std::mem::replace(&mut self.active, id);
        (before != id).then_some(Switch { before, now: id })
    }

    /// A call goes on under another id, in its place.
    pub(super) fn rename(&mut self, id: CallId, into: CallId) {
        if let Some(call) = self.get_mut(id) {
            call.id = into;
        }
        if self.active == Some(id) {
            self.active = Some(into);
        }
        for call in self.live_mut().filter(|call| call.consult_of == Some(id)) {
            call.consult_of = Some(into);
        }
    }

    /// What the service has to be asked for: that each call is held that is connected and not active, and that the active
    /// one is not; those to be held come first. Asked for with that.
    pub(super) fn holds_to_ask(&mut self) -> Vec<(CallId, bool)> {
        let active = self.active;
        let calls = self.live_mut().filter(|call| call.may_be_held());
        let mut asks: Vec<(CallId, bool)> = calls
            .filter_map(|call| {
                let on = active != Some(call.id);
                call.hold.ask(on).then_some((call.id, on))
            })
            .collect();
        asks.sort_by_key(|(_, on)| !on);
        asks
    }

    /// The calls that were to ask somebody for `id`: it is over, and nothing waits for them any more.
    pub(super) fn forget_consults(&mut self, id: CallId) -> Vec<CallId> {
        let of_it = self.live_mut().filter(|call| call.consult_of == Some(id));
        of_it
            .map(|call| {
                call.consult_of = None;
                call.id
            })
            .collect()
    }

    /// When something is to be done for any of them.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.calls.iter().map(Call::next_deadline).fold(None, deadline::earlier)
    }
}

/// Another call is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Switch {
    pub(super) before: Option<CallId>,
    pub(super) now: Option<CallId>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::base::clock;
    use crate::domain::call::{CallState, Direction, Peer};
    use crate::domain::end_reason::EndReason;
    use crate::domain::person::Person;
    use crate::domain::time::UnixMillis;
    use crate::phone::leg;

    #[test]
    fn calls_stand_in_the_order_they_came_and_one_is_active() {
        let mut board = board();
        assert_eq!((board.ids(), board.active()), (vec![ONE, TWO, THREE], None));
        assert_eq!(board.activate(Some(TWO)), Some(Switch { before: None, now: Some(TWO) }));
        assert_eq!(board.activate(Some(TWO)), None);
        assert_eq!(board.activate(Some(ONE)), Some(Switch { before: Some(TWO), now: Some(ONE) }));
        assert_eq!(board.active_call().map(|call| call.id), Some(ONE));
    }

    #[test]
    fn all_but_the_active_call_are_held_and_it_is_resumed_last() {
        let mut board = board();
        board.activate(Some(ONE));
        assert_eq!(board.holds_to_ask(), []);
        for id in [ONE, TWO, THREE] {
            is_connected(&mut board, id);
        }
        assert_eq!(board.holds_to_ask(), [(TWO, true), (THREE, true)]);
        assert_eq!(board.holds_to_ask(), [], "asked for already");
        board.activate(Some(THREE));
        assert_eq!(board.holds_to_ask(), [(ONE, true), (THREE, false)], "held first, then resumed");
        board.activate(None);
        assert_eq!(board.holds_to_ask(), [(THREE, true)]);
    }

    #[test]
    fn what_rings_or_is_being_merged_is_not_held() {
        let mut board = board();
        is_connected(&mut board, ONE);
        is_connected(&mut board, TWO);
        board.get_mut(ONE).unwrap().merging = true;
        board.get_mut(TWO).unwrap().state = CallState::Ringing;
        assert_eq!(board.holds_to_ask(), []);
        is_connected(&mut board, TWO);
        assert_eq!(board.holds_to_ask(), [(TWO, true)]);
    }

    #[test]
    fn a_call_that_goes_on_under_another_id_keeps_its_place() {
        let mut board = board();
        board.activate(Some(TWO));
        board.get_mut(THREE).unwrap().consult_of = Some(TWO);
        board.rename(TWO, FOUR);
        assert_eq!((board.ids(), board.active()), (vec![ONE, FOUR, THREE], Some(FOUR)));
        assert_eq!(board.get(THREE).unwrap().consult_of, Some(FOUR));
        assert_eq!(board.forget_consults(FOUR), [THREE]);
        assert_eq!(board.get(THREE).unwrap().consult_of, None);
    }

    #[test]
    fn a_call_that_has_ended_counts_no_more_and_may_come_back() {
        let (now, mut board) = (clock::now(), board());
        assert!(board.take_ended(ONE).is_none(), "it lives");
        board.get_mut(ONE).unwrap().end(EndReason::TRANSFERRED, now);
        assert_eq!((board.ids(), board.knows(ONE)), (vec![TWO, THREE], true));
        assert!(board.get(ONE).is_none() && board.any_mut(ONE).is_some());
        assert!(board.next_deadline().is_some());
        board.add(call(ONE));
        assert!(board.any_mut(ONE).unwrap().ending.is_none(), "the one that lives");
        assert_eq!(board.overdue(now), []);
        assert_eq!(board.overdue(now + Duration::from_secs(60)), [ONE]);
        assert!(board.take_ended(ONE).unwrap().ending.is_some());
        assert_eq!(board.ids(), [TWO, THREE, ONE]);
    }

    const ONE: CallId = CallId(Uuid::from_u128(1));
    const TWO: CallId = CallId(Uuid::from_u128(2));
    const THREE: CallId = CallId(Uuid::from_u128(3));
    const FOUR: CallId = CallId(Uuid::from_u128(4));

    fn board() -> Board {
        let mut board = Board::default();
        [ONE, TWO, THREE].into_iter().for_each(|id| board.add(call(id)));
        board
    }

    fn call(id: CallId) -> Call {
        let name = "bob";
        let bob = Person::new("8:bob".parse().unwrap(), name.parse().unwrap(), name.into());
        let (leg, _) = leg::offer([127, 0, 0, 1].into(), leg::Reach::UdpFirst, clock::now()).unwrap();
        Call::new(id, Direction::Outgoing, Peer::Person(bob), leg, UnixMillis(0))
    }

    fn is_connected(board: &mut Board, id: CallId) {
        board.get_mut(id).unwrap().on_state(CallState::Connected, clock::now(), UnixMillis(1));
    }
}
