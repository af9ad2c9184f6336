//! What is wrong with the sound of a call, and what to do about it.

use crate::control::diagnosis::{AudioDevice, Diagnosis};

/// What is wrong, and what to do next.
pub fn sentence(diagnosis: Diagnosis) -> String {
    match diagnosis {
        Diagnosis::DeviceGone(AudioDevice::Microphone) => {
            "The microphone is gone: the others hear nothing. Plug it in again, or choose another."
        }
        Diagnosis::DeviceGone(AudioDevice::Speaker) => {
            "The speaker is gone: you hear nothing. Plug it in again, or choose another."
        }
        Diagnosis::DeviceGone(AudioDevice::Ringer) => {
            "The device for ringing is gone: calls may ring unheard. Plug it in again, or choose another."
        }
        Diagnosis::MicrophoneSilent { exact_zeros: true } => return format!("{NOTHING_AT_ALL} {}", allow(SYSTEM)),
        Diagnosis::MicrophoneSilent { exact_zeros: false } => {
            "The microphone picks up nothing. Check that it is turned up and the right one, or choose another."
        }
        Diagnosis::SpeakingWhileMuted => "You are speaking, but your microphone is off. Unmute to be heard.",
        Diagnosis::NetworkPoor => {
            "The network loses or delays much of what you hear. Move closer to the access point, use a cable, or \
             choose the profile for low bandwidth."
        }
        Diagnosis::TheyHearBadly => {
            "The network loses or delays much of what you say: the others hear you badly. Move closer to the access \
             point, use a cable, or choose the profile for low bandwidth."
        }
        Diagnosis::EchoSuspected => {
            "Your speaker is heard in your microphone: the others may hear themselves. Use a headset, turn the \
             speaker down, or turn echo cancellation on."
        }
        Diagnosis::SharedCard => {
            "Another softphone uses this sound card, so your microphone began off. Unmute here only if it is off there."
        }
    }
    .to_owned()
}

/// What is wrong, in a few words.
pub fn short(diagnosis: Diagnosis) -> &'static str {
    match diagnosis {
        Diagnosis::DeviceGone(AudioDevice::Microphone) => "microphone gone",
        Diagnosis::DeviceGone(AudioDevice::Speaker) => "speaker gone",
        Diagnosis::DeviceGone(AudioDevice::Ringer) => "ringer gone",
        Diagnosis::MicrophoneSilent { exact_zeros: true } => "microphone blocked",
        Diagnosis::MicrophoneSilent { exact_zeros: false } => "microphone silent",
        Diagnosis::SpeakingWhileMuted => "you are muted",
        Diagnosis::NetworkPoor => "poor network",
        Diagnosis::TheyHearBadly => "they hear you badly",
        Diagnosis::EchoSuspected => "echo",
        Diagnosis::SharedCard => "shared sound card",
    }
}

/// It is no longer so.
pub fn over(diagnosis: Diagnosis) -> String {
    format!("no longer: {}", short(diagnosis))
}

const NOTHING_AT_ALL: &str = "The microphone gives nothing at all, not even noise.";

/// Where somebody can keep programs from the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    MacOs,
    Windows,
    Other,
}

const SYSTEM: System = if cfg!(target_os = "macos") {
    System::MacOs
} else if cfg!(target_os = "windows") {
    System::Windows
} else {
    System::Other
};

fn allow(system: System) -> &'static str {
    match system {
        System::MacOs => {
            "Allow your terminal to use it in System Settings > Privacy & Security > Microphone, then start the \
             terminal again."
        }
        System::Windows => {
            "Check its mute switch, and allow it in Settings > Privacy & security > Microphone > Let desktop apps \
             access your microphone."
        }
        System::Other => "Check its mute switch, the mixer of the system, and its privacy settings.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_diagnosis_says_what_is_wrong_and_what_to_do() {
        let mut seen = std::collections::BTreeSet::new();
        for diagnosis in Diagnosis::ALL {
            let (sentence, short) = (sentence(diagnosis), short(diagnosis));
            assert!(sentence.is_ascii() && sentence.ends_with('.') && sentence.contains(". "), "{sentence}");
            assert!(!sentence.contains("  "), "{sentence}");
            assert!(short.is_ascii() && short.len() <= 20, "{short}");
            assert!(seen.insert(sentence.clone()) && seen.insert(short.to_owned()), "{diagnosis:?} shares its words");
        }
    }

    #[test]
    fn the_page_about_sound_has_each_by_its_short_name() {
        let page = include_str!("../../docs/sound.md");
        let table = page.split_once("## When something sounds wrong").unwrap().1;
        for short in Diagnosis::ALL.map(short) {
            assert!(table.contains(short), "{short}");
        }
    }

    #[test]
    fn nothing_but_zeros_names_the_setting_of_the_system() {
        assert!(allow(System::MacOs).contains("System Settings > Privacy & Security > Microphone"));
        assert!(allow(System::Windows).contains("Privacy & security > Microphone"));
        assert!(allow(System::Other).contains("mute switch"));
        assert!(sentence(Diagnosis::MicrophoneSilent { exact_zeros: true }).ends_with(allow(SYSTEM)));
    }
}
