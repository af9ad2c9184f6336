//! Where sound is taken from and where it is played, as a person names it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// A source of sound: `default`, `tone`, `silence`, `FILE.wav`, `device:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SourceChoice {
    /// The system's default microphone.
    #[default]
    Default,
    /// A steady tone of the given frequency, Hz (`tone` is 440, `tone:880` another).
    Tone(u16),
    /// Nothing.
    Silence,
    /// A WAV file, played once.
    File(PathBuf),
    /// A device by its name.
    Device(String),
}

/// A sink of sound: `default`, `none`, `FILE.wav`, `device:NAME`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SinkChoice {
    /// The system's default speaker.
    #[default]
    Default,
    /// Nowhere.
    Nowhere,
    /// A WAV file.
    File(PathBuf),
    /// A device by its name.
    Device(String),
}

/// Why a text names no source or sink.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotADevice {
    /// No such source.
    #[error("`{0}` is no sound source: use default, tone, tone:HZ (20-20000), silence, FILE.wav or device:NAME")]
    Source(String),
    /// No such sink.
    #[error("`{0}` is no sound sink: use default, none, FILE.wav or device:NAME")]
    Sink(String),
}

impl FromStr for SourceChoice {
    type Err = NotADevice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "default" => Ok(Self::Default),
            "silence" => Ok(Self::Silence),
            "tone" => Ok(Self::Tone(440)),
            _ => other_source(text).ok_or_else(|| NotADevice::Source(text.to_owned())),
        }
    }
}

fn other_source(text: &str) -> Option<SourceChoice> {
    if let Some(hertz) = text.strip_prefix("tone:") {
        return hertz.parse().ok().filter(|hz| (20..=20_000).contains(hz)).map(SourceChoice::Tone);
    }
    if let Some(name) = text.strip_prefix("device:") {
        return (!name.is_empty()).then(|| SourceChoice::Device(name.to_owned()));
    }
    is_wav(text).then(|| SourceChoice::File(text.into()))
}

impl FromStr for SinkChoice {
    type Err = NotADevice;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "default" => Ok(Self::Default),
            "none" => Ok(Self::Nowhere),
            _ => match text.strip_prefix("device:") {
                Some(name) if !name.is_empty() => Ok(Self::Device(name.to_owned())),
                None if is_wav(text) => Ok(Self::File(text.into())),
                _ => Err(NotADevice::Sink(text.to_owned())),
            },
        }
    }
}

fn is_wav(text: &str) -> bool {
    text.len() > 4 && text.is_char_boundary(text.len() - 4) && text[text.len() - 4..].eq_ignore_ascii_case(".wav")
}

impl fmt::Display for SourceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Tone(440) => f.write_str("tone"),
            Self::Tone(hertz) => write!(f, "tone:{hertz}"),
            Self::Silence => f.write_str("silence"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Device(name) => write!(f, "device:{name}"),
        }
    }
}

impl fmt::Display for SinkChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Nowhere => f.write_str("none"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Device(name) => write!(f, "device:{name}"),
        }
    }
}

/// The sound devices of this machine, and what is in use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Devices {
    /// Microphones.
    pub microphones: Vec<DeviceInfo>,
    /// Speakers.
    pub speakers: Vec<DeviceInfo>,
    /// Where sound is taken from.
    pub microphone: SourceChoice,
    /// Where it is played.
    pub speaker: SinkChoice,
}

/// One sound device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The name `device:NAME` takes.
    pub name: String,
    /// What it is, for a person.
    pub description: String,
    /// Whether it is the system's default.
    pub is_default: bool,
    /// Whether it could be asked for its formats just now.
    pub usable: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_and_sinks_read_back_as_written() {
        for text in ["default", "tone", "tone:880", "silence", "a/b.wav", "device:USB Mic"] {
            assert_eq!(text.parse::<SourceChoice>().unwrap().to_string(), text);
        }
        for text in ["default", "none", "out.WAV", "device:Speaker"] {
            assert_eq!(text.parse::<SinkChoice>().unwrap().to_string(), text);
        }
        for bad in ["", "tone:5", "device:", "x.mp3", ".wav"] {
            assert!(bad.parse::<SourceChoice>().is_err(), "{bad}");
            assert!(bad.parse::<SinkChoice>().is_err(), "{bad}");
        }
    }
}
