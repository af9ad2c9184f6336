//! From packets to sound.

use opusic_c::{Channels, SampleRate};

use super::OpusError;

/// From 5 on, a neural network makes up what is missing; from 6 on, others would polish what is not, at several times
/// the cost.
const COMPLEXITY: u8 = 5;

/// Turns packets into sound, and makes sound up where packets are missing. The samples of two channels are interleaved.
pub struct Decoder {
    inner: opusic_c::Decoder,
    channels: usize,
}

impl Decoder {
    /// A decoder of one channel that has heard nothing yet. Stereo packets it mixes down.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when the library refuses, as it does without memory.
    pub fn new() -> Result<Self, OpusError> {
        Self::set_up(Channels::Mono)
    }

    /// A decoder of two channels that has heard nothing yet. Mono packets sound the same in both.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when the library refuses, as it does without memory.
    pub fn stereo() -> Result<Self, OpusError> {
        Self::set_up(Channels::Stereo)
    }

    fn set_up(channels: Channels) -> Result<Self, OpusError> {
        let inner = opusic_c::Decoder::new(channels, SampleRate::Hz48000).and_then(|mut inner| {
            inner.set_complexity(COMPLEXITY)?;
            Ok(inner)
        });
        let channels = channels as usize;
        inner.map(|inner| Self { inner, channels }).map_err(|code| OpusError::SetUp(code.message()))
    }

    /// How many channels it decodes to: 1 or 2.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Decodes a packet into `out`, which should hold [`super::LONGEST`] samples of each channel; returns how many of
    /// each there are.
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

    /// Makes up sound that continues what was heard, as long as `out` (of each channel a multiple of 2.5 ms, at
    /// most 120 ms).
    ///
    /// # Errors
    /// [`OpusError::Malformed`] when `out` has another length.
    pub fn conceal(&mut self, out: &mut [f32]) -> Result<usize, OpusError> {
        self.run(&[], out, false)
    }

    /// Forgets what was heard: another source speaks from here on.
    pub fn reset(&mut self) {
        // Resetting a valid decoder can't fail; were it to, the next packets would only sound rough for a moment.
        let _ = self.inner.reset();
    }

    fn run(&mut self, packet: &[u8], out: &mut [f32], fec: bool) -> Result<usize, OpusError> {
        let decoded = self.inner.decode_float_to_slice(packet, out, fec);
        decoded.map_err(|code| OpusError::Malformed(code.message()))
    }
}
