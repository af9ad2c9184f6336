//! From the global flags and the environment to folders and settings.

use std::path::PathBuf;

use super::exit::{Exit, Failure};
use super::globals::{Globals, When};
use crate::config::{self, Argument, Inputs, Loaded, MediaOver, NoiseSuppression, Paths, Problem, Switch};
use crate::media::processing::{Noise, Wishes};
use crate::outside::Setup;
use crate::phone::GroupOptions;
use crate::phone::account::Account;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::voice::VoiceConfig;

/// The folders and the settings of this process.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folders.
    pub paths: Paths,
    /// The configuration file that was looked for.
    pub file: PathBuf,
    /// The settings.
    pub loaded: Loaded,
    /// The folder of `--data`, from the root.
    pub data: Option<PathBuf>,
}

/// The environment, as far as it is text.
pub fn environment() -> Vec<(String, String)> {
    let both = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    };
    std::env::vars_os().filter_map(both).collect()
}

/// Loads them; `arguments` are the settings among the flags of a subcommand.
///
/// # Errors
/// When there is no home folder, or the settings can't be used.
pub fn load(
    globals: &Globals,
    arguments: Vec<Argument>,
    environment: Vec<(String, String)>,
) -> Result<Settings, Failure> {
    let paths = match &globals.data {
        Some(folder) => Paths::below(folder),
        None => Paths::of_system().map_err(|why| Failure::new(Exit::Failed, why.to_string()))?,
    };
    let file = globals.config.clone().unwrap_or_else(|| paths.config_file.clone());
    let mut arguments = arguments;
    arguments.extend(of_globals(globals));
    let inputs = Inputs { file: Some(file.clone()), file_required: globals.config.is_some(), environment, arguments };
    let whole = |data: &PathBuf| std::path::absolute(data).unwrap_or_else(|_| data.clone());
    let data = globals.data.as_ref().map(whole);
    Ok(Settings { paths, file, loaded: config::load(&inputs)?, data })
}

/// The settings among the global flags.
fn of_globals(globals: &Globals) -> Vec<Argument> {
    let server = globals.server.as_ref().map(|url| Argument {
        key: "phone.server",
        flag: "--server or SWITCHBOARD_SERVER",
        text: url.written(),
    });
    let ca = globals.ca.as_ref().map(|file| Argument {
        key: "phone.ca",
        flag: "--ca or SWITCHBOARD_CA",
        text: file.display().to_string(),
    });
    let colour = globals.color.map(|when| match when {
        When::Auto => "auto",
        When::Always => "always",
        When::Never => "never",
    });
    let colour = colour.map(|text| Argument { key: "screen.colour", flag: "--color", text: text.to_owned() });
    server.into_iter().chain(ca).chain(colour).collect()
}

impl Settings {
    /// Where sound is taken from, unless a flag says otherwise.
    ///
    /// # Errors
    /// When the setting names no source.
    pub fn microphone(&self) -> Result<SourceChoice, Problem> {
        self.loaded.parse("phone.microphone", &self.loaded.config.phone.microphone)
    }

    /// Where sound is played, unless a flag says otherwise.
    ///
    /// # Errors
    /// When the setting names no sink.
    pub fn speaker(&self) -> Result<SinkChoice, Problem> {
        self.loaded.parse("phone.speaker", &self.loaded.config.phone.speaker)
    }

    /// Where ringing is played; `None` is where calls are.
    ///
    /// # Errors
    /// When the setting names no sink.
    pub fn ringer(&self) -> Result<Option<SinkChoice>, Problem> {
        let text = &self.loaded.config.sound.ringer;
        if text.is_empty() { Ok(None) } else { self.loaded.parse("sound.ringer", text).map(Some) }
    }

    /// How calls sound, taken from and played there.
    ///
    /// # Errors
    /// When the ringer is none.
    pub fn voice(&self, microphone: SourceChoice, speaker: SinkChoice) -> Result<VoiceConfig, Problem> {
        let sound = &self.loaded.config.sound;
        Ok(VoiceConfig {
            microphone,
            speaker,
            ringer: self.ringer()?,
            region: sound.region,
            profile: sound.profile,
            wishes: Wishes {
                echo: wish(sound.echo_cancellation),
                noise: match sound.noise_suppression {
                    NoiseSuppression::Auto => None,
                    NoiseSuppression::Off => Some(Noise::Off),
                    NoiseSuppression::Standard => Some(Noise::Standard),
                    NoiseSuppression::Strong => Some(Noise::Strong),
                },
                gain: wish(sound.gain_control),
            },
            folder: Some(self.paths.sound.clone()),
        })
    }

    /// What the tap of a phone without a screen needs to know; of `account`.
    pub(super) fn tap(&self, account: &Account) -> Setup {
        Setup {
            server: account.server().to_string(),
            sockets: self.paths.sockets.clone(),
            data: self.data.clone(),
            screen: false,
            hooks: self.loaded.config.hooks.clone(),
            opened: None,
        }
    }

    /// What sound goes over.
    pub fn media_over(&self) -> MediaOver {
        self.loaded.config.phone.media_over
    }

    /// How the phone behaves in group calls.
    pub fn in_groups(&self) -> GroupOptions {
        let phone = &self.loaded.config.phone;
        GroupOptions { join_muted: phone.join_muted, roster_tones: phone.roster_tones }
    }
}

/// What is wished for; `None` leaves it to the profile.
fn wish(switch: Switch) -> Option<bool> {
    match switch {
        Switch::Auto => None,
        Switch::On => Some(true),
        Switch::Off => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::profile::Profile;
    use crate::media::tones::Region;

    fn globals(folder: &tempfile::TempDir) -> Globals {
        Globals { data: Some(folder.path().to_owned()), ..Globals::default() }
    }

    #[test]
    fn flags_become_settings() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), "[phone]\nserver = \"http://file:1\"\n").unwrap();
        let globals =
            Globals { server: Some("http://flag:2".parse().unwrap()), color: Some(When::Never), ..globals(&folder) };
        let settings = load(&globals, Vec::new(), Vec::new()).unwrap();
        let config = &settings.loaded.config;
        assert_eq!(config.phone.server.as_ref().map(ToString::to_string).as_deref(), Some("http://flag:2"));
        assert_eq!(config.screen.colour, config::Colour::Never);
        assert_eq!(settings.file, folder.path().join("config.toml"));
    }

    #[test]
    fn sound_devices_are_read_as_the_phone_reads_them() {
        let folder = tempfile::tempdir().unwrap();
        let environment = vec![
            ("SWITCHBOARD_PHONE_MICROPHONE".to_owned(), "tone".to_owned()),
            ("SWITCHBOARD_PHONE_SPEAKER".to_owned(), "kazoo".to_owned()),
        ];
        let settings = load(&globals(&folder), Vec::new(), environment).unwrap();
        assert_eq!(settings.microphone(), Ok(SourceChoice::Tone(440)));
        let why = settings.speaker().unwrap_err().to_string();
        assert!(why.starts_with("`phone.speaker` (from SWITCHBOARD_PHONE_SPEAKER): `kazoo`"), "{why}");
    }

    #[test]
    fn how_calls_sound_comes_from_settings() {
        let folder = tempfile::tempdir().unwrap();
        let voice = |settings: Settings| settings.voice(SourceChoice::Default, SinkChoice::Default);
        let plain = voice(load(&globals(&folder), Vec::new(), Vec::new()).unwrap()).unwrap();
        assert_eq!(plain, VoiceConfig { folder: Some(folder.path().join("sound")), ..VoiceConfig::default() });

        let text = "[sound]\nprofile = \"headset\"\necho_cancellation = \"on\"\nnoise_suppression = \"strong\"\n\
                    gain_control = \"off\"\nringer = \"device:Lid\"\nregion = \"japan\"\n";
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        let voice = voice(load(&globals(&folder), Vec::new(), Vec::new()).unwrap()).unwrap();
        assert_eq!((voice.profile, voice.region), (Profile::Headset, Region::Japan));
        assert_eq!(voice.ringer, Some(SinkChoice::Device("Lid".to_owned())));
        let wished = Wishes { echo: Some(true), noise: Some(Noise::Strong), gain: Some(false) };
        assert_eq!(voice.wishes, wished);
    }

    #[test]
    fn a_value_of_the_sound_that_is_none_is_answered_with_those_there_are() {
        let folder = tempfile::tempdir().unwrap();
        for (variable, text, expected) in [
            ("SWITCHBOARD_SOUND_REGION", "mars", "united-kingdom, france"),
            ("SWITCHBOARD_SOUND_PROFILE", "loud", "standard, headset, low-latency, music, low-bandwidth"),
            ("SWITCHBOARD_SOUND_NOISE_SUPPRESSION", "on", "auto, off, standard, strong"),
        ] {
            let environment = vec![(variable.to_owned(), text.to_owned())];
            let why = load(&globals(&folder), Vec::new(), environment).unwrap_err();
            assert!(why.exit == Exit::Usage && why.message.contains(expected), "{why}");
        }
        let environment = vec![("SWITCHBOARD_SOUND_RINGER".to_owned(), "tone".to_owned())];
        let why = load(&globals(&folder), Vec::new(), environment).unwrap().ringer().unwrap_err().to_string();
        assert!(why.contains("`sound.ringer`") && why.contains("use default, none"), "{why}");
    }

    #[test]
    fn a_configuration_file_asked_for_by_name_has_to_exist() {
        let folder = tempfile::tempdir().unwrap();
        assert!(load(&globals(&folder), Vec::new(), Vec::new()).is_ok());
        let asked = Globals { config: Some(folder.path().join("none.toml")), ..globals(&folder) };
        assert_eq!(load(&asked, Vec::new(), Vec::new()).unwrap_err().exit, Exit::Usage);
    }
}
