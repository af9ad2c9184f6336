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
    /// Who was heard last: the mark, or 0 where packets have none.
    whose: Option<u16>,
    bytes: u64,
    /// The figures when they were asked for last.
    told: (JitterStats, u64),
    tellers: Vec<(Option<u16>, Receiver)>,
}

impl Slot {
    pub(super) fn new(number: u8) -> Result<Self, OpusError> {
        Ok(Self {
            number,
            jitter: JitterBuffer::new()?,
            whose: None,
            bytes: 0,
            told: (JitterStats::default(), 0),
            tellers: Vec::new(),
        })
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
        self.bytes += packet.payload.len() as u64;
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
            Pulled::Speech | Pulled::Repaired | Pulled::Concealed => {
                let source = self.jitter.source();
                self.whose = Some(source.unwrap_or(0));
                source
            }
        }
    }

    /// Who was heard last: the number in the roster, 0 in a direct call.
    pub(super) fn whose(&self) -> Option<u16> {
        self.whose
    }

    /// The figures of the jitter buffer.
    pub(super) fn stats(&self) -> JitterStats {
        self.jitter.stats()
    }

    /// What was counted since the last call, and the bytes of sound that came.
    pub(super) fn since_asked(&mut self) -> (JitterStats, u64) {
        let now = (self.stats(), self.bytes);
        let before = std::mem::replace(&mut self.told, now);
        // A late packet takes back that it was lost.
        let new = |now: u64, before: u64| now.saturating_sub(before);
        let stats = JitterStats {
            received: new(now.0.received, before.0.received),
            lost: new(now.0.lost, before.0.lost),
            late: new(now.0.late, before.0.late),
            repaired: new(now.0.repaired, before.0.repaired),
            concealed_ms: new(now.0.concealed_ms, before.0.concealed_ms),
            ..now.0
        };
        (stats, now.1 - before.1)
    }
}
