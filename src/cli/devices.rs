//! `switchboard devices`.

use clap::Args;
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::output::Output;
use super::settings::Settings;
use crate::phone::audio::cards;
use crate::phone::audio::device::{DeviceInfo, Devices, SinkChoice, SourceChoice};

/// Microphones and speakers, by the names that device:NAME takes.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
`*` marks what calls use. Ringing is played where calls are, unless the setting sound.ringer names another speaker.

Examples:
  switchboard devices
  switchboard call echo --mic 'device:NAME'       with a name from the list
  switchboard doctor --sound                      try what is in use: speak, hear yourself, see level, delay and echo")]
pub struct DevicesArgs {}

/// A device, as a line.
#[derive(Serialize)]
struct DeviceLine<'a> {
    v: u8,
    kind: &'static str,
    name: &'a str,
    description: &'a str,
    default: bool,
    usable: bool,
    in_use: bool,
    /// Whether ringing is played there, also where calls are.
    rings: bool,
}

/// Lists the devices.
///
/// # Errors
/// When the settings name something that is none, or the list can't be printed.
pub fn run(_: DevicesArgs, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let devices = cards::list(settings.microphone()?, settings.speaker()?);
    print_all(&devices, settings.ringer()?.as_ref(), output)?;
    if devices.microphones.is_empty() && devices.speakers.is_empty() {
        output.progress("no sound devices: calls work without, and with --mic FILE.wav and --speaker FILE.wav");
    }
    Ok(Exit::Done)
}

fn print_all(devices: &Devices, ringer: Option<&SinkChoice>, output: &mut Output) -> Result<(), Failure> {
    for device in &devices.microphones {
        let in_use = match &devices.microphone {
            SourceChoice::Device(name) => *name == device.name,
            SourceChoice::Default => device.is_default,
            SourceChoice::Tone(_) | SourceChoice::Silence | SourceChoice::File(_) => false,
        };
        print("microphone", device, in_use, false, output)?;
    }
    for device in &devices.speakers {
        let in_use = plays(&devices.speaker, device);
        print("speaker", device, in_use, ringer.map_or(in_use, |ringer| plays(ringer, device)), output)?;
    }
    Ok(())
}

fn plays(choice: &SinkChoice, device: &DeviceInfo) -> bool {
    match choice {
        SinkChoice::Device(name) => *name == device.name,
        SinkChoice::Default => device.is_default,
        SinkChoice::Nowhere | SinkChoice::File(_) => false,
    }
}

fn print(
    kind: &'static str,
    device: &DeviceInfo,
    in_use: bool,
    rings: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let DeviceInfo { name, description, is_default: default, usable } = device;
    if output.json() {
        let (default, usable) = (*default, *usable);
        return Ok(output.json_line(&DeviceLine { v: 1, kind, name, description, default, usable, in_use, rings })?);
    }
    let mark = if in_use { '*' } else { ' ' };
    let about: String =
        [(*default, "  (the default)"), (rings && !in_use, "  (rings)"), (!usable, "  (can't be opened now)")]
            .into_iter()
            .filter_map(|(holds, words)| holds.then_some(words))
            .collect();
    Ok(output.result(&format!("{mark} {kind:<10}  {name:<28}  {description}{about}"))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::globals::Globals;
    use crate::cli::output::tests::taped;

    fn device(name: &str, is_default: bool, usable: bool) -> DeviceInfo {
        DeviceInfo { name: name.to_owned(), description: format!("The {name}"), is_default, usable }
    }

    fn listed(ringer: Option<&SinkChoice>, json: bool) -> String {
        let devices = Devices {
            microphones: vec![device("lid", true, true), device("desk", false, false)],
            speakers: vec![device("lid", true, true), device("headset", false, true)],
            microphone: SourceChoice::Device("desk".to_owned()),
            speaker: SinkChoice::Device("headset".to_owned()),
        };
        let (mut output, results, _) = taped(&Globals { json, ..Globals::default() });
        print_all(&devices, ringer, &mut output).unwrap();
        results.text()
    }

    #[test]
    fn what_calls_use_what_rings_and_what_can_not_be_opened_is_marked() {
        let text = listed(Some(&SinkChoice::Default), false);
        let lines: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let expected = [
            "microphone lid The lid (the default)",
            "* microphone desk The desk (can't be opened now)",
            "speaker lid The lid (the default) (rings)",
            "* speaker headset The headset",
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn as_json_each_device_is_a_line_and_without_a_ringer_calls_ring_where_they_are_heard() {
        let text = listed(None, true);
        let last = r#"{"v":1,"kind":"speaker","name":"headset","description":"The headset","default":false,"usable":true,"in_use":true,"rings":true}"#;
        assert_eq!(text.lines().last(), Some(last));
        assert_eq!(text.matches("\"rings\":true").count(), 1, "{text}");
    }
}
