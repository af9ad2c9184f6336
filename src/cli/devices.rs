//! `switchboard devices`.

use clap::Args;
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::output::Output;
use super::settings::Settings;
use crate::phone::audio::cards;
use crate::phone::audio::device::{DeviceInfo, SinkChoice, SourceChoice};

/// Microphones and speakers, by the names that device:NAME takes.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard devices
  switchboard call echo --mic 'device:NAME'       with a name from the list")]
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
}

/// Lists the devices.
///
/// # Errors
/// When the settings name something that is none, or the list can't be printed.
pub fn run(_: DevicesArgs, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let devices = cards::list(settings.microphone()?, settings.speaker()?);
    let chosen =
        |choice: Option<&str>, device: &DeviceInfo| choice.map_or(device.is_default, |name| name == device.name);
    let microphone = match &devices.microphone {
        SourceChoice::Device(name) => Some(name.as_str()),
        _ => None,
    };
    let speaker = match &devices.speaker {
        SinkChoice::Device(name) => Some(name.as_str()),
        _ => None,
    };
    for device in &devices.microphones {
        print("microphone", device, chosen(microphone, device), output)?;
    }
    for device in &devices.speakers {
        print("speaker", device, chosen(speaker, device), output)?;
    }
    if devices.microphones.is_empty() && devices.speakers.is_empty() {
        output.progress("no sound devices: calls work without, and with --mic FILE.wav and --speaker FILE.wav");
    }
    Ok(Exit::Done)
}

fn print(kind: &'static str, device: &DeviceInfo, in_use: bool, output: &mut Output) -> Result<(), Failure> {
    if output.json() {
        let line = DeviceLine {
            v: 1,
            kind,
            name: &device.name,
            description: &device.description,
            default: device.is_default,
            usable: device.usable,
            in_use,
        };
        return Ok(output.json_line(&line)?);
    }
    let mark = if in_use { '*' } else { ' ' };
    let state = if device.usable { "" } else { "  (can't be opened now)" };
    Ok(output.result(&format!("{mark} {kind:<10}  {:<28}  {}{state}", device.name, device.description))?)
}
