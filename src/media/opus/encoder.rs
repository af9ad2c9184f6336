//! From sound to packets.

use opusic_c::{Application, Bitrate, Channels, ErrorCode, InbandFec, SampleRate};

use super::OpusError;
use crate::media::packet::{FRAME, TICK};

/// How hard the encoder tries, from 0 to 10, where bits are few or what it encodes may be anything: it looks what that is.
const THOROUGH: u8 = 9;

/// The same for speech with bits enough, which takes two thirds of the time and costs little: human speech at 32 kbit/s
/// scores 4.39 (PESQ-WB, libopus 1.6.1) with the 27 kbit/s it then takes, and 4.33 with the look and 25 kbit/s; through the
/// jitter buffer 4.24 and 4.27, with a tenth of the packets lost 3.05 and 3.19. At 12 kbit/s it would cost more: 3.82 and
/// 3.87.
const PLAIN: u8 = 6;

/// What an encoder is tuned for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Understanding speech.
    Speech,
    /// Sounding like the original.
    Music,
}

/// How sound is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding {
    /// What it is tuned for.
    pub purpose: Purpose,
    /// Whether there are two channels, interleaved.
    pub stereo: bool,
    /// Samples of each channel in a packet: 10 or 20 ms.
    pub frame: usize,
    /// Bit/s.
    pub bits_per_second: u32,
    /// Whether packets carry a copy of the one before in fewer bits (RFC 6716 section 2.1.7).
    pub error_correction: bool,
    /// Whether hardly anything is sent while nobody speaks (RFC 6716 section 2.1.9).
    pub discontinuous: bool,
    /// How hard the encoder tries, 0 to 10 (`OPUS_SET_COMPLEXITY`): processor time for quality.
    pub complexity: u8,
}

impl Encoding {
    /// Speech: 20 ms, 32 kbit/s, with error correction.
    pub const SPEECH: Self = Self {
        purpose: Purpose::Speech,
        stereo: false,
        frame: FRAME,
        bits_per_second: 32_000,
        error_correction: true,
        discontinuous: false,
        complexity: PLAIN,
    };

    /// Speech sent twice as often: 10 ms.
    ///
    /// Opus' own low-delay mode (RFC 6716 section 2) would look ahead by 2.5 ms in place of 6.5, but has no error
    /// correction, and costs more than it gives: human speech at 40 kbit/s scores 4.3 (PESQ-WB, libopus 1.6.1) with this
    /// and 4.2 with that, 4.2 and 3.4 where 2 % of the packets are lost, 3.8 and 2.1 where 10 % are.
    pub const EARLY_SPEECH: Self = Self { frame: TICK, bits_per_second: 40_000, ..Self::SPEECH };

    /// Speech over a thin line: 12 kbit/s, and hardly anything in pauses.
    pub const THIN_SPEECH: Self =
        Self { bits_per_second: 12_000, discontinuous: true, complexity: THOROUGH, ..Self::SPEECH };

    /// Music that is encoded once and kept: 40 kbit/s, no error correction.
    pub const PROMPT: Self = Self {
        purpose: Purpose::Music,
        bits_per_second: 40_000,
        error_correction: false,
        complexity: THOROUGH,
        ..Self::SPEECH
    };

    /// Music in two channels: 128 kbit/s.
    pub const STEREO_MUSIC: Self = Self { stereo: true, bits_per_second: 128_000, ..Self::PROMPT };
}

/// Turns frames into packets.
pub struct Encoder(opusic_c::Encoder);

impl Encoder {
    /// An encoder that expects 10 % of loss, where it has error correction.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when the library refuses, as it does without memory.
    pub fn new(encoding: Encoding) -> Result<Self, OpusError> {
        Self::set_up(encoding).map(Self).map_err(|code| OpusError::SetUp(code.message()))
    }

    fn set_up(encoding: Encoding) -> Result<opusic_c::Encoder, ErrorCode> {
        let channels = if encoding.stereo { Channels::Stereo } else { Channels::Mono };
        let application = match encoding.purpose {
            Purpose::Speech => Application::Voip,
            Purpose::Music => Application::Audio,
        };
        let mut inner = opusic_c::Encoder::new(channels, SampleRate::Hz48000, application)?;
        inner.set_bitrate(Bitrate::Value(encoding.bits_per_second))?;
        inner.set_complexity(encoding.complexity)?;
        if encoding.error_correction {
            inner.set_inband_fec(InbandFec::Mode1)?;
            inner.set_packet_loss(10)?;
        }
        inner.set_dtx(encoding.discontinuous)?;
        Ok(inner)
    }

    /// Says how many percent of the packets are lost on the way: more loss, more bits for error correction.
    ///
    /// # Errors
    /// [`OpusError::SetUp`] when the library refuses.
    pub fn set_expected_loss(&mut self, percent: u8) -> Result<(), OpusError> {
        self.0.set_packet_loss(percent.min(100)).map_err(|code| OpusError::SetUp(code.message()))
    }

    /// Encodes one frame, channels interleaved, into `out`, which needs [`super::PACKET_ROOM`] bytes; returns the
    /// length of the packet.
    ///
    /// # Errors
    /// [`OpusError::Encode`] when `out` is too small, or the frame is no frame Opus knows.
    pub fn encode(&mut self, frame: &[f32], out: &mut [u8]) -> Result<usize, OpusError> {
        self.0.encode_float_to_slice(frame, out).map_err(|code| OpusError::Encode(code.message()))
    }
}
