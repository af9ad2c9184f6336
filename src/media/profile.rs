//! Profiles: what a call's sound is made for, as one choice instead of a dozen settings.

use super::opus::Encoding;
use super::processing::{Noise, Processing};

/// What sound is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Speech through any microphone and speaker.
    #[default]
    Standard,
    /// Speech with a headset: no echo, so nothing is done about one, and sound is earlier.
    Headset,
    /// The shortest way from mouth to ear: frames of 10 ms, the smallest buffers the devices keep up with.
    LowLatency,
    /// Music: two channels, and nothing done to them.
    Music,
    /// Speech over a thin line: 12 kbit/s, and hardly anything in pauses.
    LowBandwidth,
}

impl Profile {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 5] = [Self::Standard, Self::Headset, Self::LowLatency, Self::Music, Self::LowBandwidth];

    /// The word for it in settings, commands and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Headset => "headset",
            Self::LowLatency => "low-latency",
            Self::Music => "music",
            Self::LowBandwidth => "low-bandwidth",
        }
    }

    /// How its sound is encoded.
    pub fn encoding(self) -> Encoding {
        match self {
            Self::Standard | Self::Headset => Encoding::SPEECH,
            Self::LowLatency => Encoding::EARLY_SPEECH,
            Self::Music => Encoding::STEREO_MUSIC,
            Self::LowBandwidth => Encoding::THIN_SPEECH,
        }
    }

    /// What is done to the microphone's sound, unless somebody wishes otherwise.
    pub fn processing(self) -> Processing {
        match self {
            Self::Standard | Self::LowBandwidth => Processing::ALL,
            Self::Headset => Processing { echo: false, ..Processing::ALL },
            Self::LowLatency => Processing { echo: false, noise: Noise::Off, gain: true },
            Self::Music => Processing::NONE,
        }
    }

    /// Whether devices are asked for the smallest buffers they keep up with, rather than for steady ones.
    pub fn is_tight(self) -> bool {
        self == Self::LowLatency
    }
}
