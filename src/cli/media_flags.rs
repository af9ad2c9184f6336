//! The flags of commands that take part in a call without a screen.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::dtmf::Script;
use super::duration;
use super::expect::Expectation;
use crate::phone::audio::device::{SinkChoice, SourceChoice};

/// Sound, and when the call is over.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sound")]
pub struct MediaFlags {
    /// Speak from here: default, tone, tone:HZ, silence, FILE.wav or device:NAME [setting: phone.microphone]
    #[arg(long, value_name = "SOURCE")]
    pub mic: Option<SourceChoice>,

    /// Play there: default, none, FILE.wav or device:NAME [setting: phone.speaker]
    #[arg(long, value_name = "SINK")]
    pub speaker: Option<SinkChoice>,

    /// Record the call: left is what is said here, right what is heard
    #[arg(long, value_name = "FILE.wav", value_parser = wav)]
    pub record: Option<PathBuf>,

    /// Send these tones once connected; a comma waits 2 seconds
    #[arg(long, value_name = "TONES")]
    pub dtmf: Option<Script>,

    /// Hang up this long after the call was connected, such as 10s
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::parse)]
    pub hang_up_after: Option<Duration>,

    /// Fail with exit code 10 unless the summary meets this, such as 'heard_ms>1000'; may be given several times
    #[arg(long, value_name = "EXPRESSION")]
    pub expect: Vec<Expectation>,
}

impl MediaFlags {
    /// For trying the way of the sound without any device.
    pub(crate) fn tone() -> Self {
        Self { mic: Some(SourceChoice::Tone(440)), speaker: Some(SinkChoice::Nowhere), ..Self::default() }
    }

    /// For commands that make no call.
    pub(crate) fn silent() -> Self {
        Self { mic: Some(SourceChoice::Silence), speaker: Some(SinkChoice::Nowhere), ..Self::default() }
    }
}

fn wav(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_wav = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav"));
    if is_wav { Ok(path) } else { Err("recordings are WAV files: use a name that ends in .wav".to_owned()) }
}
