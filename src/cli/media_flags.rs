//! The flags of commands that take part in a call without a screen.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::dtmf::Script;
use super::expect::Expectation;
use super::process::Process;
use super::settings::Settings;
use crate::base::duration;
use crate::config::{Argument, Problem};
use crate::media::profile::Profile;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::voice::VoiceConfig;

/// Where sound comes from, where it goes, and what is done to it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sound")]
pub struct SoundFlags {
    /// Speak from here: default, tone, tone:HZ, silence, FILE.wav or device:NAME [setting: phone.microphone]
    #[arg(long, value_name = "SOURCE")]
    pub mic: Option<SourceChoice>,

    /// Play there: default, none, FILE.wav or device:NAME [setting: phone.speaker]
    #[arg(long, value_name = "SINK")]
    pub speaker: Option<SinkChoice>,

    /// What sound is made for [setting: sound.profile]
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Profile::ALL.map(Profile::as_str)))]
    pub profile: Option<String>,

    /// What is done to the microphone's sound beside that, such as echo=off,noise=strong,gain=on [setting:
    /// sound.echo_cancellation, sound.noise_suppression, sound.gain_control]
    #[arg(long, value_name = "WISHES")]
    pub process: Option<Process>,

    /// Have sound go over this: auto (UDP, and TCP where UDP does not get through), udp or tcp [setting: phone.media_over]
    #[arg(long, value_name = "HOW")]
    pub media_over: Option<String>,
}

impl SoundFlags {
    /// The settings among the flags.
    pub(crate) fn settings(&self) -> Vec<Argument> {
        let profile = self.profile.clone().map(|text| Argument { key: "sound.profile", flag: "--profile", text });
        let over = self.media_over.clone().map(|text| Argument { key: "phone.media_over", flag: "--media-over", text });
        profile.into_iter().chain(over).chain(self.process.iter().flat_map(Process::settings)).collect()
    }

    /// How calls sound: by the flags, or else by the settings.
    ///
    /// # Errors
    /// When a setting that no flag replaces names no source or sink.
    pub(crate) fn voice(&self, settings: &Settings) -> Result<VoiceConfig, Problem> {
        let microphone = self.mic.clone().map_or_else(|| settings.microphone(), Ok)?;
        let speaker = self.speaker.clone().map_or_else(|| settings.speaker(), Ok)?;
        settings.voice(microphone, speaker)
    }
}

/// Sound, and when the call is over.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Sound")]
pub struct MediaFlags {
    /// Sound.
    #[command(flatten)]
    pub sound: SoundFlags,

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

    /// Read commands from standard input, one a line, while the call goes on: mute, hold, dtmf 5, transfer bob, wait-for
    /// dtmf 5, sleep 2s, hangup. The end of the input does not hang up
    #[arg(long)]
    pub stdin: bool,
}

impl MediaFlags {
    /// For trying the way of the sound without any device.
    pub(crate) fn tone() -> Self {
        Self::without_devices(SourceChoice::Tone(440))
    }

    /// For commands that make no call.
    pub(crate) fn silent() -> Self {
        Self::without_devices(SourceChoice::Silence)
    }

    fn without_devices(source: SourceChoice) -> Self {
        let sound = SoundFlags { mic: Some(source), speaker: Some(SinkChoice::Nowhere), ..SoundFlags::default() };
        Self { sound, ..Self::default() }
    }
}

pub(super) fn wav(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    let is_wav = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav"));
    if is_wav { Ok(path) } else { Err("recordings are WAV files: use a name that ends in .wav".to_owned()) }
}
