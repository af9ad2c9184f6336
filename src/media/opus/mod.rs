//! The Opus codec as this program uses it, always at 48 kHz. The only place that knows the codec's library.

mod decoder;
mod encoder;
#[cfg(test)]
mod tests;

pub use decoder::Decoder;
pub use encoder::{Encoder, Encoding, Purpose};

/// Samples in the longest Opus packet, 120 ms (RFC 6716 section 2): what a decoding buffer must hold.
pub const LONGEST: usize = 5760;

/// Bytes that hold any packet the encoder makes (RFC 6716 section 3.2.1: one frame is at most 1275 bytes).
pub const PACKET_ROOM: usize = 1276;

/// Why the codec could not do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpusError {
    /// The codec can't be set up.
    #[error("the Opus codec can't be set up: {0}")]
    SetUp(&'static str),
    /// A frame can't be encoded.
    #[error("the sound can't be encoded: {0}")]
    Encode(&'static str),
    /// A packet is not Opus, or the buffer for its sound is too small.
    #[error("this is no Opus packet: {0}")]
    Malformed(&'static str),
}

/// Whether `packet` carries a low-bit-rate copy of the packet before it (RFC 6716 section 4.2.3: the flag that
/// follows the voice-activity flags of the first, mono, channel). Packets of several frames are not looked into.
pub fn has_copy(packet: &[u8]) -> bool {
    let [toc, first, ..] = packet else { return false };
    let config = toc >> 3;
    let single_frame = toc & 3 == 0;
    let silk_frames = match config {
        0..=11 => [1, 1, 2, 3][usize::from(config % 4)],
        12..=15 => 1,
        _ => return false,
    };
    single_frame && (first >> (7 - silk_frames)) & 1 == 1
}

/// Whether `packet` holds two channels (RFC 6716 section 3.1: the `s` bit of its first byte).
pub fn is_stereo(packet: &[u8]) -> bool {
    packet.first().is_some_and(|toc| toc & 0x04 != 0)
}

/// Whether `packet` says only that nobody speaks: it holds nothing beyond its first byte, or a frame of one byte, as an
/// encoder makes them that transmits discontinuously (RFC 6716 section 2.1.9).
pub fn is_pause(packet: &[u8]) -> bool {
    (1..=2).contains(&packet.len())
}
