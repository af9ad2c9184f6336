//! After every event: what each endpoint should hear and know by now, and the effects that make it so.

use std::time::Instant;

use super::effects::{Effect, News, Side};
use super::member::{Member, View};
use super::{Call, Phase};
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
        let Some(member) = self.side_mut(side) else { return };
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

    fn wanted(&self, side: Side) -> (Option<LegId>, bool) {
        let (Some(me), Some(other)) = (self.side(side), self.side(side.other())) else { return (None, false) };
        let wired = self.is_connected() && me.link.wired_leg().is_some();
        let held = me.holding || other.holding;
        (other.link.wired_leg().filter(|_| wired && !held), wired && other.holding && !me.holding)
    }

    fn tell(&mut self, side: Side, out: &mut Vec<Effect>) {
        if self.side(side).is_none() {
            return;
        }
        let view = self.view(side);
        let Some(member) = self.side_mut(side) else { return };
        let endpoint = member.endpoint;
        let known = member.told.replace(view);
        if known.is_none_or(|known| known.state != view.state) {
            out.push(Effect::Tell { endpoint, news: News::State(view.state) });
        }
        if known.is_none_or(|known| (known.other, known.other_muted) != (view.other, view.other_muted)) {
            let news = News::Other { state: view.other, muted: view.other_muted };
            out.push(Effect::Tell { endpoint, news });
        }
    }

    /// What an endpoint on `side` should know now.
    pub(super) fn view(&self, side: Side) -> View {
        let other = self.side(side.other());
        View {
            state: self.state_for(side),
            other: other.map_or_else(|| self.state_of_callee_to_be(), |other| self.state_of(other)),
            other_muted: other.is_some_and(|other| other.muted),
        }
    }

    fn state_for(&self, side: Side) -> CallState {
        let holds = |side| self.side(side).is_some_and(|m| m.holding);
        match side {
            Side::Caller if !self.is_connected() && self.rang => CallState::Ringing,
            _ if !self.is_connected() => CallState::Connecting,
            _ if holds(side) => CallState::LocalHold,
            _ if holds(side.other()) => CallState::RemoteHold,
            _ => CallState::Connected,
        }
    }

    fn state_of_callee_to_be(&self) -> ParticipantState {
        if self.rang { ParticipantState::Ringing } else { ParticipantState::Connecting }
    }

    fn state_of(&self, member: &Member) -> ParticipantState {
        let connected = self.is_connected();
        if member.link.gone {
            ParticipantState::Disconnected
        } else if member.link.lost_at.is_some() || (connected && member.link.media != Media::Up) {
            ParticipantState::Reconnecting
        } else if !connected {
            ParticipantState::Connecting
        } else if member.holding {
            ParticipantState::Hold
        } else {
            ParticipantState::Connected
        }
    }

    fn side(&self, side: Side) -> Option<&Member> {
        match (side, &self.phase) {
            (_, Phase::Over) | (Side::Callee, Phase::Ringing(_)) => None,
            (Side::Caller, _) => Some(&self.caller),
            (Side::Callee, Phase::Talking(talking)) => Some(&talking.callee),
        }
    }

    fn side_mut(&mut self, side: Side) -> Option<&mut Member> {
        self.members_mut().find(|(s, _)| *s == side).map(|(_, m)| m)
    }
}
