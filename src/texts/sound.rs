//! Sentences about the sound: devices that come and go, profiles, processing. Where one names a key, it is handed that key.

use crate::control::diagnosis::AudioDevice;
use crate::media::profile::Profile;

/// A part of the sound equipment, in a word.
pub fn device(which: AudioDevice) -> &'static str {
    match which {
        AudioDevice::Microphone => "microphone",
        AudioDevice::Speaker => "speaker",
        AudioDevice::Ringer => "ringer",
    }
}

/// What the popup says where ringing is played on the same device as calls.
pub const SAME_AS_SPEAKER: &str = "same as the speaker";

/// What the popup says of the system's default device.
pub const SYSTEM_DEFAULT: &str = "system default";

/// Said of a device that no call uses now.
pub const RESTING: &str = "rests until there is a call";

/// Said of a device there is none of.
pub const NONE: &str = "none: calls work without";

/// Said of a device that can't be used.
pub const UNUSABLE: &str = "can't be used now";

/// Below the chosen device, where another is open in its place.
pub fn stands_in(name: &str) -> String {
    format!("{UNUSABLE}; using {name}")
}

/// What a profile is for.
pub fn profile_means(profile: Profile) -> &'static str {
    match profile {
        Profile::Standard => "any microphone and speaker",
        Profile::Headset => "no echo to cancel, and earlier",
        Profile::LowLatency => "the shortest way from mouth to ear",
        Profile::Music => "two channels, and nothing done to them",
        Profile::LowBandwidth => "12 kbit/s, for thin lines",
    }
}

/// What echo cancellation does; `taken` is how much it takes away now, dB.
pub fn echo_means(taken: Option<f32>) -> String {
    match taken {
        Some(db) => format!("takes {db:.0} dB of echo away now"),
        None => "takes the speaker out of the microphone".to_owned(),
    }
}

/// What noise suppression does.
pub const NOISE_MEANS: &str = "takes noise away; strong: all but voices";

/// What gain control does.
pub const GAIN_MEANS: &str = "brings speech to an even level";

/// Why a part of the processing is off: the profile has it so.
pub fn off_by_profile(profile: Profile) -> String {
    format!("off: {} profile", profile.as_str())
}

/// Why a part of the processing is off: there is nothing to do it to.
pub const OFF_NO_DEVICE: &str = "off: no device";

/// A device in use stopped working, and nothing took its place. `why` is told where it is known; `choose` opens the choice
/// of another.
pub fn gone(which: AudioDevice, name: &str, why: Option<&str>, choose: &str) -> String {
    let what = device(which);
    let why = why.map_or_else(String::new, |why| format!(" ({})", why.trim_end_matches('.')));
    format!("{what} gone: {name}{why}. Trying again; {choose} chooses another.")
}

/// A device that was gone works again.
pub fn back(which: AudioDevice, name: &str) -> String {
    format!("{} back: {name}", device(which))
}

/// Another device took the place of one.
pub fn replaced(which: AudioDevice, name: &str, before: &str) -> String {
    format!("{} gone: {before}; using {name}", device(which))
}

/// The chosen device could not be used from the start, and another is open in its place; `of` is how it was chosen.
pub fn instead(which: AudioDevice, name: &str, of: &str) -> String {
    format!("{of} can't be used as the {}: {name} stands in for it", device(which))
}

/// The device that was chosen works.
pub fn chosen(which: AudioDevice, name: &str) -> String {
    format!("{} now: {name}", device(which))
}

/// What is missing of the devices, in a few words; `None` when nothing is.
pub fn missing(devices: &[AudioDevice]) -> Option<String> {
    let words: Vec<String> = devices.iter().map(|which| format!("no {}", device(*which))).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// The badge of somebody who speaks into a microphone that is off; `unmute` turns it on.
pub fn muted_but_talking(unmute: &str) -> String {
    format!("YOU TALK, BUT ARE MUTED: {unmute}")
}

/// What the key does that turns the microphone on, said behind a diagnosis.
pub const UNMUTE: &str = "unmute";

/// How many more things are wrong beside the one told.
pub fn more(count: usize) -> String {
    format!("{count} more")
}

/// A word is no value of a setting; `values` are.
pub fn no_such(word: &str, what: &str, values: &[&str]) -> String {
    format!("`{word}` is no {what}: there are {}.", values.join(", "))
}

/// A text is no volume.
pub fn no_volume(text: &str) -> String {
    format!("`{text}` is no volume: +3 and -3 change it by 3 dB, 0 sets it, =-12 sets it below 0 (-40 to 20 dB).")
}

/// A volume, dB.
pub fn volume(db: i8) -> String {
    if db == 0 { "0 dB".to_owned() } else { format!("{db:+} dB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_goes_is_told_with_what_happens_next() {
        let microphone = AudioDevice::Microphone;
        assert_eq!(
            gone(microphone, "USB Mic", Some("unplugged."), "D"),
            "microphone gone: USB Mic (unplugged). Trying again; D chooses another."
        );
        assert_eq!(
            gone(microphone, "USB Mic", None, "D"),
            "microphone gone: USB Mic. Trying again; D chooses another."
        );
        assert_eq!(replaced(microphone, "Built-in", "USB Mic"), "microphone gone: USB Mic; using Built-in");
        assert_eq!(
            instead(microphone, "Built-in", "device:USB Mic"),
            "device:USB Mic can't be used as the microphone: Built-in stands in for it"
        );
    }

    #[test]
    fn what_is_missing_is_listed() {
        assert_eq!(missing(&[]), None);
        let both = [AudioDevice::Microphone, AudioDevice::Ringer];
        assert_eq!(missing(&both).as_deref(), Some("no microphone, no ringer"));
    }

    #[test]
    fn volumes_carry_their_sign() {
        assert_eq!([volume(-6), volume(0), volume(3)], ["-6 dB", "0 dB", "+3 dB"]);
    }
}
