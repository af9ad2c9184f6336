//! A leg inside this process: two bounded queues of packets, for bots, prompts and hold music.
//!
//! Neither side ever waits: a full queue drops the packet. Who holds the [`LocalLeg`] ticks it; dropping it closes the leg.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::packet::LocalPacket;
use crate::domain::id::LegId;

/// Packets each queue holds: a second and a quarter of 20 ms frames.
const QUEUE: usize = 64;

/// The near end of a leg inside this process.
pub struct LocalLeg {
    id: LegId,
    heard: rtrb::Consumer<Heard>,
    speak: rtrb::Producer<LocalPacket>,
    // Last, so that the shard is woken after the queues are let go.
    bell: RingOnDrop,
}

/// A packet that came from another leg of the room.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Who sent it.
    pub source: LegId,
    /// The sender's extended sequence number: shows losses, and puts late packets in order.
    pub sequence: u64,
    /// The packet.
    pub packet: LocalPacket,
}

impl LocalLeg {
    /// Which leg this is.
    pub fn id(&self) -> LegId {
        self.id
    }

    /// The next packet heard, if there is one.
    pub fn hear(&mut self) -> Option<Heard> {
        self.heard.pop().ok()
    }

    /// Sends a packet to whoever listens to this leg; whether there was room for it.
    pub fn speak(&mut self, packet: LocalPacket) -> bool {
        let sent = self.speak.push(packet).is_ok();
        self.bell.0.ring();
        sent
    }

    /// Whether the SFU has closed this leg.
    pub fn is_closed(&self) -> bool {
        self.speak.is_abandoned()
    }
}

/// The shard's end.
pub(super) struct FarEnd {
    pub(super) to_leg: rtrb::Producer<Heard>,
    pub(super) from_leg: rtrb::Consumer<LocalPacket>,
    /// Packets so far: the leg's sequence number.
    pub(super) sequence: u64,
}

/// Both ends of a new leg.
pub(super) fn pair(id: LegId, bell: Arc<Bell>) -> (LocalLeg, FarEnd) {
    let (to_leg, heard) = rtrb::RingBuffer::new(QUEUE);
    let (speak, from_leg) = rtrb::RingBuffer::new(QUEUE);
    let near = LocalLeg { id, heard, speak, bell: RingOnDrop(bell) };
    (near, FarEnd { to_leg, from_leg, sequence: 0 })
}

/// Wakes a shard when a leg inside this process has something for it; many rings before it looks are one wake-up.
pub(super) struct Bell {
    waker: mio::Waker,
    rung: AtomicBool,
}

impl Bell {
    pub(super) fn new(waker: mio::Waker) -> Self {
        Self { waker, rung: AtomicBool::new(false) }
    }

    /// Says that a leg has something to be fetched.
    pub(super) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.wake();
        }
    }

    /// Wakes the shard for another reason. A failure means that the shard has ended, and there is nobody to wake.
    pub(super) fn wake(&self) {
        let _ = self.waker.wake();
    }

    /// Whether a leg rang since the last look.
    pub(super) fn answer(&self) -> bool {
        self.rung.swap(false, Ordering::AcqRel)
    }
}

struct RingOnDrop(Arc<Bell>);

impl Drop for RingOnDrop {
    fn drop(&mut self) {
        self.0.ring();
    }
}
