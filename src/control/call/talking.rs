//! From the answer on: legs, hold, mute, and endpoints that leave and come back.

use std::time::Instant;

use super::Call;
use super::effects::{Effect, Refusal, Side};
use super::place::Place;
use crate::control::connection::Media;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{EndpointId, LegId};

impl Call {
    pub(super) fn hold(&mut self, endpoint: EndpointId, on: bool, out: &mut Vec<Effect>) {
        let stranger = self.stranger();
        out.push(match self.member_mut(endpoint) {
            None => stranger,
            Some(member) if !member.settled => Effect::Refuse(Refusal::NotConnected),
            Some(member) => {
                member.holding = on;
                Effect::Accept
            }
        });
    }

    pub(super) fn mute(&mut self, endpoint: EndpointId, on: bool, out: &mut Vec<Effect>) {
        let stranger = self.stranger();
        out.push(match self.member_mut(endpoint) {
            None => stranger,
            Some(member) => {
                member.muted = on;
                Effect::Accept
            }
        });
    }

    pub(super) fn rejoin(&mut self, endpoint: EndpointId, leg: LegId, now: Instant, out: &mut Vec<Effect>) {
        if self.owner_of(leg).is_some() {
            return out.push(Effect::Refuse(Refusal::LegInUse));
        }
        let stranger = self.stranger();
        match self.member_mut(endpoint) {
            None => out.push(stranger),
            Some(member) => {
                out.push(Effect::Accept);
                let old = member.link.rejoin(leg, now);
                member.close(old, out);
            }
        }
    }

    pub(super) fn lost(&mut self, endpoint: EndpointId, now: Instant) {
        match self.member_mut(endpoint) {
            Some(member) => member.link.lost(now),
            None => self.rung_lost(endpoint, now),
        }
    }

    pub(super) fn back(&mut self, endpoint: EndpointId, now: Instant) {
        match self.member_mut(endpoint) {
            Some(member) => member.link.back(),
            None => self.rung_back(endpoint, now),
        }
    }

    pub(super) fn leg_up(&mut self, leg: LegId) {
        if let Some(member) = self.leg_mut(leg) {
            member.link.leg_up();
        }
    }

    pub(super) fn leg_silent(&mut self, leg: LegId, now: Instant) {
        if let Some(member) = self.leg_mut(leg) {
            member.link.leg_silent(now);
        }
    }

    pub(super) fn leg_heard(&mut self, leg: LegId) {
        if let Some(member) = self.leg_mut(leg) {
            member.link.leg_heard();
        }
    }

    pub(super) fn leg_failed(&mut self, leg: LegId, now: Instant, out: &mut Vec<Effect>) {
        if let Some(member) = self.leg_mut(leg) {
            let leg = member.link.leg_failed(now);
            member.close(leg, out);
        }
    }

    /// Whose set-up has failed when, and why.
    pub(super) fn setup_ending(&self) -> Option<(Side, (Instant, EndReason))> {
        let setup = self.setup?;
        let reason = match self.member(setup.newcomer)?.link.media {
            Media::Starting { .. } | Media::Silent { .. } => EndReason::SETUP_TIMEOUT,
            Media::Up | Media::Failed { .. } => EndReason::NO_MEDIA_PATH,
        };
        Some((setup.newcomer, (setup.until, reason)))
    }

    /// Ends the set-up once both legs are up; of one that was connected before, it does not matter.
    pub(super) fn note_connected(&mut self) {
        let both_here = self.members().count() == 2;
        if both_here && self.members().all(|(_, m)| m.settled || m.link.media == Media::Up) {
            self.setup = None;
            self.members_mut().for_each(|(_, member)| member.settled = true);
        }
    }

    /// Whether both legs have been up: from then on the two are connected, whatever becomes of the legs.
    pub(super) fn is_connected(&self) -> bool {
        matches!((&self.caller, &self.callee), (Place::Here(_), Place::Here(_))) && self.setup.is_none()
    }
}
