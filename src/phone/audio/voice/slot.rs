//! One receive slot of a leg: the jitter buffer of its sound, and the telephone events of whoever sends some.

use std::time::Instant;

use crate::domain::dtmf::Tone;
use crate::media::dtmf::Receiver;
use crate::media::jitter::{JitterBuffer, JitterStats, Pulled};
use crate::media::opus::OpusError;
use crate::media::packet::{Kind, Received};
use crate::media::tick::Tick;

/// Sources whose telephone events are told apart at a time; the one heard of longest ago is forgotten for another.
const TELLERS: usize = 8;

/// A receive slot.
pub(super) struct Slot {
    /// Counted from 0.
    pub(super) number: u8,
    jitter: JitterBuffer,
    tellers: Vec<(Option<u16>, Receiver)>,
}

impl Slot {
    pub(super) fn new(number: u8) -> Result<Self, OpusError> {
        Ok(Self { number, jitter: JitterBuffer::new()?, tellers: Vec::new() })
    }

    /// Another leg fills the slot from now on.
    pub(super) fn restart(&mut self) {
        self.jitter.restart();
        self.tellers.clear();
    }

    /// Takes a packet; returns the tone that begins with it.
    pub(super) fn receive(&mut self, packet: &Received, now: Instant) -> Option<Tone> {
        // The leg's word on when it arrived counts, unless it lies in the future.
        self.jitter.insert(packet, packet.at.min(now));
        match packet.kind {
            Kind::Opus => None,
            Kind::TelephoneEvent => self.teller(packet.mark).receive(packet.timestamp, &packet.payload),
        }
    }

    fn teller(&mut self, mark: Option<u16>) -> &mut Receiver {
        let known = self.tellers.iter().position(|(known, _)| *known == mark);
        let teller = known.map_or_else(|| (mark, Receiver::default()), |at| self.tellers.remove(at));
        if self.tellers.len() == TELLERS {
            self.tellers.remove(0);
        }
        self.tellers.push(teller);
        let last = self.tellers.len() - 1;
        &mut self.tellers[last].1
    }

    /// Overwrites `out` with 10 ms; says whose they are, unless they are silence.
    pub(super) fn pull(&mut self, out: &mut Tick, now: Instant) -> Option<u16> {
        match self.jitter.pull(out, now) {
            Pulled::Silence => None,
            Pulled::Speech | Pulled::Repaired | Pulled::Concealed => self.jitter.source(),
        }
    }

    pub(super) fn stats(&self) -> JitterStats {
        self.jitter.stats()
    }
}
