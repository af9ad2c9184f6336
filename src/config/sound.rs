//! `[sound]`: how calls sound, and the tones a phone plays by itself.

use super::section::section;
use super::value::{choice, words};
use crate::media::profile::Profile;
use crate::media::tones::Region;

choice! {
    /// Whether something is done to the microphone's sound.
    Switch {
        /// As the profile has it.
        Auto = "auto",
        /// Always.
        On = "on",
        /// Never.
        Off = "off",
    }
}

choice! {
    /// How noise is suppressed.
    NoiseSuppression {
        /// As the profile has it.
        Auto = "auto",
        /// Not at all.
        Off = "off",
        /// Steady noise, gently.
        Standard = "standard",
        /// Anything that is no voice.
        Strong = "strong",
    }
}

words!(Profile);
words!(Region);

section! {
    /// How calls sound, and the tones a phone plays by itself.
    Sound in "sound" {
        /// What sound is made for: standard (any microphone and speaker), headset (no echo to cancel, and earlier),
        /// low-latency (the shortest way from mouth to ear), music (two channels, nothing done to them) or low-bandwidth
        /// (12 kbit/s).
        profile: Profile = Profile::Standard,
        /// Whether the echo of the speaker is taken out of the microphone's sound: auto (as the profile has it), on or off.
        echo_cancellation: Switch = Switch::Auto,
        /// How noise is taken out of it: auto (as the profile has it), off, standard or strong.
        noise_suppression: NoiseSuppression = NoiseSuppression::Auto,
        /// Whether it is brought to an even level: auto (as the profile has it), on or off.
        gain_control: Switch = Switch::Auto,
        /// Where ringing is played, as phone.speaker names it. Empty: where calls are.
        ringer: String = String::new(),
        /// Whose call tones to play: europe, united-states (all of North America), united-kingdom, france, germany, japan or
        /// australia.
        region: Region = Region::Europe,
    }
}
