//! The Opus codec as this program uses it: 48 kHz, mono, speech and, for prompts, music. The only file that knows the codec's library.

use opusic_c::{Application, Bitrate, Channels, ErrorCode, InbandFec, SampleRate};

use super::packet::FRAME;

/// Samples in the longest Opus packet, 120 ms (RFC 6716 section 2): what a decoding buffer must hold.
pub const LONGEST: usize = 5760;

/// Bytes that hold any packet the encoder makes (RFC 6716 section 3.2.1: one frame is at most 1275 bytes).
pub const PACKET_ROOM: usize = 1276;

const BITS_PER_SECOND: u32 = 32_000;
const MUSIC_BITS_PER_SECOND: u32 = 40_000;
const COMPLEXITY: u8 = 9;

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

/// Turns frames of 20 ms into packets.
pub struct Encoder(opusic_c::Encoder);

impl Encoder {
    /// An encoder for speech: 32 kbit/s, in-band error correction for 10 % of loss, no discontinuous transmission.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when the library refuses, as it does without memory.
    pub fn new() -> Result<Self, OpusError> {
        Self::for_speech().map_err(|code| OpusError::SetUp(code.message()))
    }

    /// An encoder for music that is encoded once and kept: 40 kbit/s, no error correction.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when the library refuses, as it does without memory.
    pub fn music() -> Result<Self, OpusError> {
        Self::for_music().map_err(|code| OpusError::SetUp(code.message()))
    }

    fn for_music() -> Result<Self, ErrorCode> {
        let mut inner = opusic_c::Encoder::new(Channels::Mono, SampleRate::Hz48000, Application::Audio)?;
        inner.set_bitrate(Bitrate::Value(MUSIC_BITS_PER_SECOND))?;
        Ok(Self(inner))
    }

    fn for_speech() -> Result<Self, ErrorCode> {
        let mut inner = opusic_c::Encoder::new(Channels::Mono, SampleRate::Hz48000, Application::Voip)?;
        inner.set_bitrate(Bitrate::Value(BITS_PER_SECOND))?;
        inner.set_complexity(COMPLEXITY)?;
        inner.set_inband_fec(InbandFec::Mode1)?;
        inner.set_packet_loss(10)?;
        inner.set_dtx(false)?;
        Ok(Self(inner))
    }

    /// Says how many percent of the packets are lost on the way: more loss, more bits for error correction.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when the library refuses.
    pub fn set_expected_loss(&mut self, percent: u8) -> Result<(), OpusError> {
        self.0.set_packet_loss(percent.min(100)).map_err(|code| OpusError::SetUp(code.message()))
    }

    /// Encodes one frame into `out`, which needs [`PACKET_ROOM`] bytes; returns the length of the packet.
    ///
    /// # Errors
    /// [`OpusError::Encode`] when `out` is too small.
    pub fn encode(&mut self, frame: &[f32; FRAME], out: &mut [u8]) -> Result<usize, OpusError> {
        self.0.encode_float_to_slice(frame, out).map_err(|code| OpusError::Encode(code.message()))
    }
}

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

    /// Decodes a packet into `out`, which should hold [`LONGEST`] samples; returns how many there are.
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
    /// Without such a copy (see [`has_copy`]) the sound is made up.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;
    use crate::media::level;

    #[test]
    fn a_tone_survives_the_round_trip() {
        let (mut encoder, mut decoder) = (Encoder::new().unwrap(), Decoder::new().unwrap());
        let mut sound = Vec::new();
        for index in 0..50 {
            let mut packet = [0; PACKET_ROOM];
            let length = encoder.encode(&voice(index), &mut packet).unwrap();
            let mut out = [0.0; LONGEST];
            let samples = decoder.decode(&packet[..length], &mut out).unwrap();
            assert_eq!(samples, FRAME);
            sound.extend_from_slice(&out[..samples]);
        }
        let level = level::dbfs(&sound[24_000..]);
        assert!((level - -12.0).abs() < 2.0, "{level}");
    }

    #[test]
    fn a_lost_packet_comes_back_from_the_copy_in_the_next() {
        let mut encoder = Encoder::new().unwrap();
        encoder.set_expected_loss(30).unwrap();
        // A voice that begins to speak now and then: the encoder copies only what it takes for speech.
        let packets: Vec<Vec<u8>> = (0..60)
            .map(|index| {
                let mut packet = [0; PACKET_ROOM];
                let gain = if index % 20 < 10 { 0.0 } else { 1.0 };
                let length = encoder.encode(&voice(index).map(|s| s * gain), &mut packet).unwrap();
                packet[..length].to_vec()
            })
            .collect();
        let next = (50..60).find(|index| has_copy(&packets[*index])).expect("a packet with a copy");
        let mut decoder = Decoder::new().unwrap();
        let mut out = [0.0; LONGEST];
        for packet in &packets[..next - 1] {
            decoder.decode(packet, &mut out).unwrap();
        }
        assert_eq!(decoder.decode_fec(&packets[next], &mut out[..FRAME]).unwrap(), FRAME);
        assert!(level::dbfs(&out[..FRAME]) > -25.0);
        assert_eq!(decoder.decode(&packets[next], &mut out).unwrap(), FRAME);
    }

    #[test]
    fn concealment_continues_the_sound_and_fades() {
        let (mut encoder, mut decoder) = (Encoder::new().unwrap(), Decoder::new().unwrap());
        let (mut packet, mut out) = ([0; PACKET_ROOM], [0.0; LONGEST]);
        for index in 0..20 {
            let length = encoder.encode(&voice(index), &mut packet).unwrap();
            decoder.decode(&packet[..length], &mut out).unwrap();
        }
        decoder.conceal(&mut out[..FRAME]).unwrap();
        assert!(level::dbfs(&out[..FRAME]) > -25.0);
        assert!(decoder.conceal(&mut out[..7]).is_err());
    }

    #[test]
    fn hostile_packets_are_refused_without_harm() {
        let mut decoder = Decoder::new().unwrap();
        let mut seed = Seed::new(7);
        let mut out = [0.0; LONGEST];
        assert!(decoder.decode(&[], &mut out).is_err());
        assert!(decoder.decode_fec(&[], &mut out[..FRAME]).is_err());
        for _ in 0..3000 {
            let length = 1 + seed.below(200) as usize;
            let packet: Vec<u8> = (0..length).map(|_| seed.next_u64() as u8).collect();
            if let Ok(samples) = decoder.decode(&packet, &mut out) {
                assert!(samples <= LONGEST);
            }
            let _ = decoder.decode_fec(&packet, &mut out[..FRAME]);
            has_copy(&packet);
        }
        let mut encoder = Encoder::new().unwrap();
        assert!(encoder.encode(&voice(0), &mut [0; 0]).is_err());
    }

    /// 20 ms of something like a vowel: a pitch of 150 Hz and its harmonics, −12 dBFS.
    fn voice(index: usize) -> [f32; FRAME] {
        std::array::from_fn(|at| {
            let time = (index * FRAME + at) as f64 / 48_000.0;
            let wave = |harmonic: f64| (std::f64::consts::TAU * 150.0 * harmonic * time).sin() / harmonic;
            (0.295 * (wave(1.0) + wave(2.0) + wave(3.0))) as f32
        })
    }
}
