//! From packets to sound.

use opusic_c::{Channels, SampleRate};

use super::OpusError;

/// Turns packets into sound, and makes sound up where packets are missing.
pub struct Decoder(opusic_c::Decoder);

impl Decoder {
    /// A decoder that has heard nothing yet.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when the library refuses, as it does without memory.
    pub fn new() -> Result<Self, OpusError> {
        let inner = opusic_c::Decoder::new(Channels::Mono, SampleRate::Hz48000);
        inner.map(Self).map_err(|code| OpusError::SetUp(code.message()))
    }

    /// Decodes a packet into `out`, which should hold [`super::LONGEST`] samples; returns how many there are.
    ///
    /// # Errors
    /// [`OpusError::Malformed`] when it is no Opus packet; the decoder stays usable.
    pub fn decode(&mut self, packet: &[u8], out: &mut [f32]) -> Result<usize, OpusError> {
        if packet.is_empty() {
            return Err(OpusError::Malformed("it is empty"));
        }
        self.run(packet, out, false)
    }

    /// Restores the packet before `next` from the copy `next` carries of it. `out` is as long as what is missing.
    /// Without such a copy (see [`super::has_copy`]) the sound is made up.
    ///
    /// # Errors
    /// [`OpusError::Malformed`] when `next` is no Opus packet, or `out` no multiple of 2.5 ms.
    pub fn decode_fec(&mut self, next: &[u8], out: &mut [f32]) -> Result<usize, OpusError> {
        if next.is_empty() {
            return Err(OpusError::Malformed("it is empty"));
        }
        self.run(next, out, true)
    }

    /// Makes up sound that continues what was heard, as long as `out` (a multiple of 2.5 ms, at most 120 ms).
    ///
    /// # Errors
    /// [`OpusError::Malformed`] when `out` has another length.
    pub fn conceal(&mut self, out: &mut [f32]) -> Result<usize, OpusError> {
        self.run(&[], out, false)
    }

    /// Forgets what was heard: another source speaks from here on.
    pub fn reset(&mut self) {
        // Resetting a valid decoder can't fail; were it to, the next packets would only sound rough for a moment.
        let _ = self.0.reset();
    }

    fn run(&mut self, packet: &[u8], out: &mut [f32], fec: bool) -> Result<usize, OpusError> {
        let decoded = self.0.decode_float_to_slice(packet, out, fec);
        decoded.map_err(|code| OpusError::Malformed(code.message()))
    }
}
