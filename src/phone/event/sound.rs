//! The sound of this phone: what is done to it, how loud it is, and how the devices are.

use crate::media::processing::{Processing, Wishes};
use crate::media::profile::Profile;
use crate::phone::audio::device::SinkChoice;

/// What is done to the sound, and how loud it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SoundState {
    /// What sound is made for.
    pub profile: Profile,
    /// What the user wishes beside it.
    pub wishes: Wishes,
    /// What is done to the microphone's sound; nothing, where it is no device but a file or a tone.
    pub processing: Processing,
    /// How much the microphone is turned up (or down), dB.
    pub microphone_db: i8,
    /// How much the speaker is turned up (or down), dB.
    pub speaker_db: i8,
    /// How much ringing is turned up (or down), dB.
    pub ringer_db: i8,
    /// Where ringing is played, if not where calls are.
    pub ringer: Option<SinkChoice>,
}

/// Whether sound can be taken and played.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AudioState {
    /// The microphone.
    pub microphone: DeviceState,
    /// The speaker.
    pub speaker: DeviceState,
    /// Where ringing is played, where that is another device.
    pub ringer: DeviceState,
}

/// State of one sound device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DeviceState {
    /// Not opened: no call needs it.
    #[default]
    Idle,
    /// Open; its name.
    Working(String),
    /// The system's default device is open in place of the chosen one, which is gone or can't be used.
    Instead {
        /// The name of the one that is open.
        name: String,
        /// The chosen one: `device:NAME`.
        of: String,
    },
    /// There is none; calls go on without it.
    Absent,
    /// It can't be used: why, for a person.
    Failed(String),
}

impl DeviceState {
    /// The name of the device that is open, be it the chosen one or another in its place.
    pub fn open_name(&self) -> Option<&str> {
        match self {
            Self::Working(name) | Self::Instead { name, .. } => Some(name),
            Self::Idle | Self::Absent | Self::Failed(_) => None,
        }
    }
}
