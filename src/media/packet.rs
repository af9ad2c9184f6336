//! One frame of sound as it crosses between the codec and the network. Neither RTP headers nor encryption: the leg has those.

use std::time::Instant;

/// Samples per second of everything in this program: Opus' own rate (RFC 7587 section 4.1).
pub const SAMPLE_RATE: u32 = 48_000;

/// Samples in 10 ms: the step of capture, mixing and playing.
pub const TICK: usize = 480;

/// Samples in 20 ms: one Opus frame.
pub const FRAME: usize = 960;

/// What a payload holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One Opus packet (RFC 7587).
    Opus,
    /// One telephone-event packet at 48 kHz (RFC 4733).
    TelephoneEvent,
}

/// A packet that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Which receive slot of the leg, counted from 0.
    pub slot: u8,
    /// What the payload holds.
    pub kind: Kind,
    /// Extended sequence number: does not wrap.
    pub sequence: u64,
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    /// RTP marker: the first packet of a talk spurt, an event, or a new source in this slot.
    pub marker: bool,
    /// Whose it is: the source mark ([`super::mark`]), where the sender sets one.
    pub mark: Option<u16>,
    /// The payload.
    pub payload: Vec<u8>,
    /// When it arrived.
    pub at: Instant,
}

/// A packet to be sent; the leg numbers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// What the payload holds.
    pub kind: Kind,
    /// RTP timestamp, 48 kHz. All packets of one telephone event carry the timestamp of its start.
    pub timestamp: u32,
    /// RTP marker.
    pub marker: bool,
    /// The payload.
    pub payload: Vec<u8>,
    /// Level for the RFC 6464 header extension, in −dBov: 0 is full scale, 127 is silence.
    pub level: u8,
    /// Whether a voice is in it.
    pub voice: bool,
}
