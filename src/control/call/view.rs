//! After every event: what each endpoint should hear and know by now, and the effects that make it so.

use std::time::Instant;

use super::Call;
use super::effects::{Effect, News, Side};
use super::member::Member;
use super::place::{Place, Wait};
use crate::control::connection::Media;
use crate::domain::call::{CallState, ParticipantState};
use crate::domain::id::LegId;

impl Call {
    /// Brings wiring and knowledge of both endpoints up to date.
    pub(super) fn settle(&mut self, now: Instant, out: &mut Vec<Effect>) {
        self.note_connected();
        for (_, member) in self.members_mut() {
            member.link.note_gone(now);
        }
        for side in Side::BOTH {
            self.wire(side, out);
        }
        for side in Side::BOTH {
            self.tell(side, out);
        }
    }

    /// Wires one side's leg to the other's; a hold by either stops both directions, and the one that waits hears music.
    fn wire(&mut self, side: Side, out: &mut Vec<Effect>) {
        let (hears, music) = self.wanted(side);
        let Place::Here(member) = self.place_mut(side) else { return };
        let Some(leg) = member.link.leg else { return };
        if member.music && !music {
            out.push(Effect::HoldMusic { to: leg, on: false });
        }
        if member.hears != hears {
            out.push(Effect::SetSources { leg, sources: hears.into_iter().collect() });
        }
        if music && !member.music {
            out.push(Effect::HoldMusic { to: leg, on: true });
        }
        member.hears = hears;
        member.music = music;
    }

    /// Whom one side should hear, and whether music.
    fn wanted(&self, side: Side) -> (Option<LegId>, bool) {
        let Some(me) = self.member(side).filter(|me| me.link.wired_leg().is_some()) else { return (None, false) };
        match self.member(side.other()).filter(|_| self.is_connected()) {
            Some(other) => {
                let held = me.holding || other.holding;
                (other.link.wired_leg().filter(|_| !held), other.holding && !me.holding)
            }
            None => (None, self.wait == Wait::Music && me.settled && !me.holding),
        }
    }

    fn tell(&mut self, side: Side, out: &mut Vec<Effect>) {
        let Some(state) = self.state_for(side) else { return };
        let other = self.other_of(side);
        let Place::Here(member) = self.place_mut(side) else { return };
        let endpoint = member.endpoint;
        if member.told.state.replace(state) != Some(state) {
            out.push(Effect::Tell { endpoint, news: News::State(state) });
        }
        if member.told.other.replace(other) != Some(other) {
            let (state, muted) = other;
            out.push(Effect::Tell { endpoint, news: News::Other { state, muted } });
        }
    }

    /// The state of the call for one side.
    fn state_for(&self, side: Side) -> Option<CallState> {
        let me = self.member(side)?;
        let held = self.member(side.other()).is_some_and(|other| other.holding);
        let newcomer = self.setup.is_some_and(|setup| setup.newcomer == side);
        Some(match self.wait {
            _ if newcomer => CallState::Connecting,
            _ if self.is_connected() && me.holding => CallState::LocalHold,
            _ if self.is_connected() && held => CallState::RemoteHold,
            _ if self.is_connected() => CallState::Connected,
            Wait::Silence => CallState::Connecting,
            Wait::RingBack => CallState::Ringing,
            Wait::Music if me.holding => CallState::LocalHold,
            Wait::Music => CallState::RemoteHold,
        })
    }

    /// Where a side stands for the other, and whether it is muted.
    pub fn standing(&self, side: Side) -> (ParticipantState, bool) {
        self.other_of(side.other())
    }

    /// Where the other side stands for an endpoint on `side`, and whether it is muted.
    pub(super) fn other_of(&self, side: Side) -> (ParticipantState, bool) {
        match self.place(side.other()) {
            Place::Here(other) => (self.state_of(other), other.muted),
            Place::Rung(_) if self.wait == Wait::Silence => (ParticipantState::Connecting, false),
            Place::Rung(_) => (ParticipantState::Ringing, false),
            Place::Parked(_) => (ParticipantState::Hold, false),
            Place::Nobody => (ParticipantState::Disconnected, false),
        }
    }

    fn state_of(&self, member: &Member) -> ParticipantState {
        if member.link.gone {
            ParticipantState::Disconnected
        } else if member.link.lost_at.is_some() || (member.settled && member.link.media != Media::Up) {
            ParticipantState::Reconnecting
        } else if !self.is_connected() {
            ParticipantState::Connecting
        } else if member.holding {
            ParticipantState::Hold
        } else {
            ParticipantState::Connected
        }
    }
}
