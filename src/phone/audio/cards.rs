//! The sound devices of this machine, by name. Opening them is the matter of `streams`.

use cpal::traits::{DeviceTrait, HostTrait};

use super::device::{DeviceInfo, Devices, SinkChoice, SourceChoice};

/// The devices there are, and the choices in use. Asks every device for its formats, which may take a moment: not for
/// a thread that must not wait.
pub fn list(microphone: SourceChoice, speaker: SinkChoice) -> Devices {
    let host = host();
    let devices: Vec<cpal::Device> = host.devices().map(Iterator::collect).unwrap_or_default();
    let default = (host.default_input_device(), host.default_output_device());
    Devices {
        microphones: infos(&devices, default.0, Direction::Input),
        speakers: infos(&devices, default.1, Direction::Output),
        microphone,
        speaker,
    }
}

/// Which way sound flows through a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// A microphone.
    Input,
    /// A speaker.
    Output,
}

/// The sound system, with its own prints turned off.
pub(super) fn host() -> cpal::Host {
    #[cfg(target_os = "linux")]
    super::alsa::silence();
    cpal::default_host()
}

/// The device a person calls `wanted`: by its name, or else by its description.
pub(super) fn find(wanted: &str, direction: Direction) -> Option<cpal::Device> {
    let mut devices: Vec<cpal::Device> = host().devices().ok()?.filter(|device| fits(device, direction)).collect();
    let named = devices.iter().position(|device| name(device) == wanted);
    let described = || devices.iter().position(|device| description(device).eq_ignore_ascii_case(wanted));
    let index = named.or_else(described)?;
    Some(devices.swap_remove(index))
}

/// What it is, for a person.
pub(super) fn description(device: &cpal::Device) -> String {
    device.description().map_or_else(|_| name(device), |about| about.name().to_owned())
}

/// What ALSA calls it, where the sound system is ALSA.
#[cfg(target_os = "linux")]
pub(super) fn alsa_name(device: &cpal::Device) -> Option<String> {
    device.id().ok().filter(|id| id.host() == cpal::HostId::Alsa).map(|id| id.id().to_owned())
}

/// The name of the default device just now; always the same where the sound system follows a new default by itself.
pub(super) fn default_name(direction: Direction) -> Option<String> {
    let host = host();
    let device = match direction {
        Direction::Input => host.default_input_device(),
        Direction::Output => host.default_output_device(),
    };
    device.as_ref().map(name)
}

/// Whether the device a person calls `wanted` is there, and can be asked for its formats.
pub(super) fn is_there(wanted: &str, direction: Direction) -> bool {
    find(wanted, direction).is_some_and(|device| is_usable(&device, direction))
}

/// Whether two choices are the same speaker, as far as their names tell.
pub(super) fn is_same_speaker(one: &SinkChoice, other: &SinkChoice) -> bool {
    match (one, other) {
        (SinkChoice::Device(one), SinkChoice::Device(other)) => {
            one == other || hardware(one).is_some_and(|same| hardware(other) == Some(same))
        }
        _ => one == other,
    }
}

/// The card and its device that a name of ALSA stands for, where it says so.
fn hardware(name: &str) -> Option<(&str, &str)> {
    const FIRST_OF_CARD: [&str; 5] = ["hw", "plughw", "sysdefault", "default", "front"];
    let (kind, rest) = name.split_once(':')?;
    let said = |what: &str| rest.split(',').find_map(|part| part.strip_prefix(what)?.strip_prefix('='));
    let card = said("CARD").filter(|_| FIRST_OF_CARD.contains(&kind))?;
    Some((card, said("DEV").unwrap_or("0")))
}

fn infos(devices: &[cpal::Device], default: Option<cpal::Device>, direction: Direction) -> Vec<DeviceInfo> {
    let default_name = default.as_ref().map(name);
    // Some systems have a default device without listing it; others name one although there is none.
    let unlisted = default.filter(|device| is_usable(device, direction));
    let mut infos: Vec<DeviceInfo> = Vec::new();
    for device in devices.iter().filter(|device| fits(device, direction)).chain(&unlisted) {
        let name = name(device);
        if name.is_empty() || is_noise(&name) || infos.iter().any(|known| known.name == name) {
            continue;
        }
        let is_default = default_name.as_ref() == Some(&name);
        let usable = is_usable(device, direction);
        infos.push(DeviceInfo { description: description(device), is_default, usable, name });
    }
    infos.sort_by_key(|info| !info.is_default);
    infos
}

fn is_usable(device: &cpal::Device, direction: Direction) -> bool {
    match direction {
        Direction::Input => device.default_input_config().is_ok(),
        Direction::Output => device.default_output_config().is_ok(),
    }
}

fn fits(device: &cpal::Device, direction: Direction) -> bool {
    match direction {
        Direction::Input => device.supports_input(),
        Direction::Output => device.supports_output(),
    }
}

/// On Linux the name ALSA's configuration uses, elsewhere the one the system shows: identifiers there are not for people.
fn name(device: &cpal::Device) -> String {
    if cfg!(target_os = "linux") {
        device.id().map(|id| id.id().to_owned()).unwrap_or_default()
    } else {
        device.description().map(|about| about.name().to_owned()).unwrap_or_default()
    }
}

/// Whether ALSA lists this name, but nobody would choose it: building blocks, other names of the same card, and
/// plugins that print on the terminal when asked anything.
fn is_noise(name: &str) -> bool {
    const PLUGINS: [&str; 10] =
        ["null", "jack", "oss", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix", "a52"];
    const PREFIXES: [&str; 12] = [
        "hw:",
        "dmix:",
        "dsnoop:",
        "surround",
        "front:",
        "rear:",
        "center_lfe:",
        "side:",
        "iec958:",
        "spdif:",
        "usbstream:",
        "modem:",
    ];
    let numbered = name.split_once("CARD=").is_some_and(|(_, card)| card.starts_with(|c: char| c.is_ascii_digit()));
    PLUGINS.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || numbered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_speaker_is_known_by_its_other_names() {
        let device = |name: &str| SinkChoice::Device(name.to_owned());
        let same = |one: &str, other: &str| is_same_speaker(&device(one), &device(other));
        assert!(same("Desk", "Desk") && same("plughw:CARD=PCH,DEV=0", "sysdefault:CARD=PCH"));
        assert!(is_same_speaker(&SinkChoice::Default, &SinkChoice::Default));
        for (one, other) in [
            ("Desk", "Headset"),
            ("plughw:CARD=PCH,DEV=0", "plughw:CARD=PCH,DEV=1"),
            ("plughw:CARD=PCH,DEV=0", "plughw:CARD=USB,DEV=0"),
            ("plughw:CARD=PCH,DEV=0", "hdmi:CARD=PCH,DEV=0"),
            ("pulse", "pipewire"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
        assert!(!is_same_speaker(&SinkChoice::Default, &device("default")), "wherever that leads");
    }

    #[test]
    fn building_blocks_and_doubles_are_left_out_and_devices_are_not() {
        for name in ["null", "jack", "lavrate", "hw:CARD=PCH,DEV=0", "surround51:CARD=PCH", "plughw:CARD=0,DEV=0"] {
            assert!(is_noise(name), "{name}");
        }
        for name in ["default", "pulse", "pipewire", "sysdefault:CARD=PCH", "plughw:CARD=PCH,DEV=0", "cardA"] {
            assert!(!is_noise(name), "{name}");
        }
    }
}
