//! Who speaks on a leg inside this process.

use std::time::Instant;

use crate::media::packet::SAMPLE_RATE;
use crate::service::sfu::{Heard, LocalPacket};

/// Something that hears and speaks on a leg.
pub trait Participant: Send {
    /// Every 20 ms: hears what has come and says what is due. Must not wait for anything.
    fn tick(&mut self, tick: &mut Tick<'_>);
}

/// One tick of 20 ms.
pub struct Tick<'a> {
    /// When it is due; ticks are 20 ms apart whenever they are really run.
    pub now: Instant,
    /// The first tick of this participant.
    pub since: Instant,
    pub(super) ear: &'a mut dyn FnMut() -> Option<Heard>,
    pub(super) mouth: &'a mut dyn FnMut(LocalPacket),
}

impl<'a> Tick<'a> {
    /// A tick with any ear and mouth: how participants are tried out without an SFU.
    pub fn new(
        now: Instant,
        since: Instant,
        ear: &'a mut dyn FnMut() -> Option<Heard>,
        mouth: &'a mut dyn FnMut(LocalPacket),
    ) -> Self {
        Self { now, since, ear, mouth }
    }

    /// The next packet heard, if there is one.
    pub fn hear(&mut self) -> Option<Heard> {
        (self.ear)()
    }

    /// Sends a packet.
    pub fn say(&mut self, packet: LocalPacket) {
        (self.mouth)(packet);
    }

    /// The RTP timestamp of this moment: runs from the first tick of the participant, and wraps.
    pub fn timestamp(&self) -> u32 {
        let micros = self.now.saturating_duration_since(self.since).as_micros();
        // Truncation is meant: RTP timestamps wrap at 2^32.
        (micros * u128::from(SAMPLE_RATE) / 1_000_000) as u32
    }
}
