//! The decoder of a slot: of one channel, and of two once somebody sends stereo.

use crate::media::opus::{self, Decoder, LONGEST, OpusError};

/// So many mono packets in a row end stereo. An encoder of two channels may send one now and then.
const MONO_AGAIN: u32 = 10;

/// Decoders, and the samples they made last.
pub(super) struct Codec {
    mono: Decoder,
    /// Made when the first stereo packet comes.
    stereo: Option<Decoder>,
    in_stereo: bool,
    mono_in_a_row: u32,
    samples: Vec<f32>,
}

impl Codec {
    pub(super) fn new() -> Result<Self, OpusError> {
        Ok(Self {
            mono: Decoder::new()?,
            stereo: None,
            in_stereo: false,
            mono_in_a_row: 0,
            samples: vec![0.0; LONGEST],
        })
    }

    /// Decodes a packet; returns how many samples of each channel there are.
    pub(super) fn decode(&mut self, packet: &[u8]) -> Result<usize, OpusError> {
        self.follow(packet)?;
        let (decoder, samples) = self.active();
        decoder.decode(packet, samples)
    }

    /// Restores the `count` samples before `next` from the copy it carries of them.
    pub(super) fn decode_fec(&mut self, next: &[u8], count: usize) -> Result<(), OpusError> {
        let (decoder, samples) = self.active();
        let count = count * decoder.channels();
        decoder.decode_fec(next, &mut samples[..count]).map(drop)
    }

    /// Makes up `count` samples.
    pub(super) fn conceal(&mut self, count: usize) -> Result<(), OpusError> {
        let (decoder, samples) = self.active();
        let count = count * decoder.channels();
        decoder.conceal(&mut samples[..count]).map(drop)
    }

    /// How many channels are interleaved.
    pub(super) fn channels(&self) -> usize {
        if self.in_stereo { 2 } else { 1 }
    }

    /// What was decoded last, channels interleaved, to be read or changed; beyond it, of no meaning.
    pub(super) fn samples(&mut self) -> &mut [f32] {
        &mut self.samples
    }

    /// Forgets what was heard: another source speaks from here on.
    pub(super) fn reset(&mut self) {
        let (decoder, _) = self.active();
        decoder.reset();
    }

    /// Becomes stereo, or mono, as the packets do.
    fn follow(&mut self, packet: &[u8]) -> Result<(), OpusError> {
        if opus::is_stereo(packet) {
            self.mono_in_a_row = 0;
            if !self.in_stereo {
                self.samples.resize(2 * LONGEST, 0.0);
                match &mut self.stereo {
                    Some(decoder) => decoder.reset(),
                    None => self.stereo = Some(Decoder::stereo()?),
                }
                self.in_stereo = true;
            }
        } else if self.in_stereo {
            self.mono_in_a_row += 1;
            if self.mono_in_a_row == MONO_AGAIN {
                self.mono.reset();
                self.in_stereo = false;
            }
        }
        Ok(())
    }

    fn active(&mut self) -> (&mut Decoder, &mut [f32]) {
        match &mut self.stereo {
            Some(decoder) if self.in_stereo => (decoder, &mut self.samples),
            Some(_) | None => (&mut self.mono, &mut self.samples),
        }
    }
}
