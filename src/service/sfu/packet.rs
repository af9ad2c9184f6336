//! One media packet between two legs, as plain values. The payload is shared, never copied.

use std::sync::Arc;

use crate::media::packet::Kind;

/// A packet of sound that a leg inside this process sends or hears.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalPacket {
    /// What the payload holds.
    pub kind: Kind,
    /// RTP timestamp, 48 kHz. All packets of one telephone event carry the timestamp of its start.
    pub timestamp: u32,
    /// RTP marker: the first packet of a talk spurt or of a telephone event.
    pub marker: bool,
    /// The payload.
    pub payload: Arc<[u8]>,
    /// Level (RFC 6464) in −dBov: 0 is full scale, 127 is silence; 127 too where the sender told none.
    pub level: u8,
    /// Whether the sender heard a voice in it.
    pub voice: bool,
}

/// The level of a packet whose sender told none: it counts as silent.
pub(super) const SILENT: u8 = 127;
