//! While somebody is in the call: legs, hold, mute, sockets that are lost and come back, and who speaks.

use std::time::Instant;

use super::GroupCall;
use super::effects::{Effect, News, Refusal};
use crate::domain::id::{EndpointId, LegId};

impl GroupCall {
    pub(super) fn hold(&mut self, endpoint: EndpointId, on: bool, out: &mut Vec<Effect>) {
        let stranger = self.stranger();
        out.push(match self.member_mut(endpoint) {
            None => stranger,
            Some(member) if !member.is_connected() => Effect::Refuse(Refusal::NotConnected),
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
        if self.legs.contains_key(&leg) {
            return out.push(Effect::Refuse(Refusal::LegInUse));
        }
        let Some(member) = self.member_mut(endpoint) else {
            let stranger = self.stranger();
            return out.push(stranger);
        };
        let old = member.link.rejoin(leg, now);
        member.forget_wiring();
        out.push(Effect::Accept);
        self.legs.insert(leg, endpoint);
        self.close(old, out);
    }

    pub(super) fn lost(&mut self, endpoint: EndpointId, now: Instant) {
        if let Some(member) = self.member_mut(endpoint) {
            member.link.lost(now);
        } else if let Some(ring) = self.ring_of(endpoint) {
            ring.lost(endpoint, now);
        }
    }

    pub(super) fn back(&mut self, endpoint: EndpointId, now: Instant) {
        if let Some(member) = self.member_mut(endpoint) {
            member.link.back();
        } else if let Some(ring) = self.ring_of(endpoint) {
            ring.back(endpoint, now);
        }
    }

    pub(super) fn leg_up(&mut self, leg: LegId) {
        let Some(member) = self.leg_mut(leg) else { return };
        member.link.leg_up();
        member.setup_until = None;
        let number = member.number;
        if let Some(row) = self.rows.get_mut(&number) {
            row.connected = true;
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
        let Some(member) = self.leg_mut(leg) else { return };
        let broken = member.link.leg_failed(now);
        member.forget_wiring();
        self.close(broken, out);
    }

    /// Closes a leg taken off its connection.
    pub(super) fn close(&mut self, leg: Option<LegId>, out: &mut Vec<Effect>) {
        let Some(leg) = leg else { return };
        self.legs.remove(&leg);
        out.push(Effect::CloseLeg { leg });
    }

    pub(super) fn speak(&mut self, legs: &[LegId], out: &mut Vec<Effect>) {
        let number = |leg: &LegId| Some(self.members.get(self.legs.get(leg)?)?.number);
        let mut speakers = Vec::with_capacity(legs.len());
        for number in legs.iter().filter_map(number) {
            if !speakers.contains(&number) {
                speakers.push(number);
            }
        }
        if speakers != self.speakers {
            self.speakers.clone_from(&speakers);
            out.push(Effect::TellAll(News::Speakers(speakers)));
        }
    }
}
