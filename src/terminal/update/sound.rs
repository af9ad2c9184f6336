//! What a person does with the sound, and what becomes of the devices.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{
    DeviceChoice, Model, Mood, Popup, SoundPopup, SoundRow, Turn, VOLUMES, beside, device_rows, state, stepped,
};
use super::phone::live;
use super::{note, say};
use crate::domain::id::CallId;
use crate::domain::text::printable;
use crate::media::processing::Noise;
use crate::media::profile::Profile;
use crate::phone::audio::device::SinkChoice;
use crate::phone::command::Command;
use crate::phone::event::{AudioDevice, AudioState, DeviceState, Diagnosis, SoundState};
use crate::texts::{diagnosis, screen, sound};

/// How much one key turns a device up or down, dB.
const STEP: i8 = 2;

/// The longest name or reason of a device that is shown, in characters.
const LONGEST: usize = 200;

/// The same where the notice is to be taken in at a glance: with two of these it has two rows of 80.
const SHORT: usize = 40;

/// Opens the sound popup at a row.
pub(super) fn open(model: &mut Model, row: SoundRow, effects: &mut Vec<Effect>) {
    model.popup = Some(Popup::Sound(SoundPopup { row, device: None }));
    effects.push(Effect::Phone(Command::ListDevices));
}

/// Takes the row: opens its devices, takes the device selected, or goes to the next value.
pub(super) fn accept(model: &mut Model, popup: SoundPopup, effects: &mut Vec<Effect>) {
    match (popup.row.device(), popup.device) {
        (Some(which), Some(selected)) => {
            choose(model, which, selected, effects);
            model.popup = Some(Popup::Sound(SoundPopup { device: None, ..popup }));
        }
        (Some(which), None) => {
            let rows = model.devices.as_ref().map(|devices| device_rows(which, devices, &model.sound));
            let current = rows.and_then(|rows| rows.iter().position(|row| row.current)).unwrap_or(0);
            model.popup = Some(Popup::Sound(SoundPopup { device: Some(current), ..popup }));
        }
        (None, _) => adjust(model, popup, true, effects),
    }
}

/// Turns the row up (or down), or takes its next value (or the one before).
pub(super) fn adjust(model: &mut Model, popup: SoundPopup, up: bool, effects: &mut Vec<Effect>) {
    if popup.device.is_some() {
        return;
    }
    match popup.row {
        SoundRow::Microphone | SoundRow::Speaker | SoundRow::Ringer => {
            if let Some(which) = popup.row.device() {
                let step = if up { STEP } else { -STEP };
                turn_by(model, which, step, effects);
            }
        }
        SoundRow::Profile => use_profile(model, beside(&Profile::ALL, model.sound.profile, up), effects),
        SoundRow::Echo | SoundRow::Noise | SoundRow::Gain => {
            model.sound.wishes = stepped(popup.row, model.sound.wishes, up);
            effects.push(Effect::Phone(Command::Process(model.sound.wishes)));
        }
    }
}

fn choose(model: &mut Model, which: AudioDevice, selected: usize, effects: &mut Vec<Effect>) {
    let Some(devices) = &mut model.devices else { return };
    let Some(row) = device_rows(which, devices, &model.sound).into_iter().nth(selected) else { return };
    match row.choice {
        DeviceChoice::Microphone(choice) => {
            devices.microphone = choice.clone();
            effects.push(Effect::Phone(Command::UseMicrophone(choice)));
        }
        DeviceChoice::Speaker(choice) => {
            devices.speaker = choice.clone();
            effects.push(Effect::Phone(Command::UseSpeaker(choice)));
        }
        DeviceChoice::Ringer(choice) => {
            model.sound.ringer.clone_from(&choice);
            effects.push(Effect::Phone(Command::UseRinger(choice)));
        }
    }
    model.lost.ask(which, model.audio.as_ref());
}

fn use_profile(model: &mut Model, profile: Profile, effects: &mut Vec<Effect>) {
    model.sound.profile = profile;
    effects.push(Effect::Phone(Command::UseProfile(profile)));
}

fn turn_by(model: &mut Model, which: AudioDevice, by: i8, effects: &mut Vec<Effect>) {
    let db = volume(&mut model.sound, which).saturating_add(by);
    turn(model, which, db, effects);
}

/// Turns a device to `db`; the phone tells soon, and the next key counts from here.
fn turn(model: &mut Model, which: AudioDevice, db: i8, effects: &mut Vec<Effect>) {
    let db = db.clamp(*VOLUMES.start(), *VOLUMES.end());
    *volume(&mut model.sound, which) = db;
    effects.push(Effect::Phone(Command::SetVolume { device: which, db }));
}

fn volume(sound: &mut SoundState, which: AudioDevice) -> &mut i8 {
    match which {
        AudioDevice::Microphone => &mut sound.microphone_db,
        AudioDevice::Speaker => &mut sound.speaker_db,
        AudioDevice::Ringer => &mut sound.ringer_db,
    }
}

/// A command of the palette about the sound; without an argument it opens the popup where that is set.
pub(super) fn command(model: &mut Model, action: Action, text: &str, effects: &mut Vec<Effect>) {
    match action {
        Action::Microphone if !text.is_empty() => use_microphone(model, text, effects),
        Action::Speaker if !text.is_empty() => use_speaker(model, text, effects),
        Action::Ringer if !text.is_empty() => use_ringer(model, text, effects),
        Action::Profile if !text.is_empty() => match Profile::ALL.into_iter().find(|p| p.as_str() == text) {
            Some(profile) => use_profile(model, profile, effects),
            None => refuse(model, text, "profile", &Profile::ALL.map(Profile::as_str)),
        },
        Action::Echo | Action::Gain if !text.is_empty() => switch(model, action, text, effects),
        Action::Noise if !text.is_empty() => suppress(model, text, effects),
        Action::MicrophoneVolume | Action::SpeakerVolume | Action::RingVolume if !text.is_empty() => {
            set_volume(model, action, text, effects);
        }
        action => open(model, row_of(action), effects),
    }
}

/// The row of the popup an action is about.
fn row_of(action: Action) -> SoundRow {
    match action {
        Action::Speaker | Action::SpeakerVolume => SoundRow::Speaker,
        Action::Ringer | Action::RingVolume => SoundRow::Ringer,
        Action::Profile => SoundRow::Profile,
        Action::Echo => SoundRow::Echo,
        Action::Noise => SoundRow::Noise,
        Action::Gain => SoundRow::Gain,
        _ => SoundRow::Microphone,
    }
}

fn use_microphone(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match text.parse() {
        Ok(choice) => {
            model.lost.ask(AudioDevice::Microphone, model.audio.as_ref());
            effects.push(Effect::Phone(Command::UseMicrophone(choice)));
        }
        Err(error) => say(model, Mood::Warn, format!("{error}")),
    }
}

fn use_speaker(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match text.parse() {
        Ok(choice) => {
            model.lost.ask(AudioDevice::Speaker, model.audio.as_ref());
            effects.push(Effect::Phone(Command::UseSpeaker(choice)));
        }
        Err(error) => say(model, Mood::Warn, format!("{error}")),
    }
}

fn use_ringer(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let choice = if text == "same" { Ok(None) } else { text.parse::<SinkChoice>().map(Some) };
    match choice {
        Ok(choice) => {
            model.lost.ask(AudioDevice::Ringer, model.audio.as_ref());
            model.sound.ringer.clone_from(&choice);
            effects.push(Effect::Phone(Command::UseRinger(choice)));
        }
        Err(error) => say(model, Mood::Warn, format!("{error}, or same")),
    }
}

/// Echo cancellation or gain control: on, off, or as the profile has it.
fn switch(model: &mut Model, action: Action, text: &str, effects: &mut Vec<Effect>) {
    let wish = match text {
        "on" => Some(true),
        "off" => Some(false),
        "auto" => None,
        _ => return refuse(model, text, "setting of it", &["on", "off", "auto"]),
    };
    let wishes = &mut model.sound.wishes;
    if action == Action::Echo {
        wishes.echo = wish;
    } else {
        wishes.gain = wish;
    }
    effects.push(Effect::Phone(Command::Process(*wishes)));
}

fn suppress(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let noise = Noise::ALL.into_iter().find(|noise| noise.as_str() == text);
    if noise.is_none() && text != "auto" {
        let [off, standard, strong] = Noise::ALL.map(Noise::as_str);
        return refuse(model, text, "setting of it", &[off, standard, strong, "auto"]);
    }
    model.sound.wishes.noise = noise;
    effects.push(Effect::Phone(Command::Process(model.sound.wishes)));
}

fn refuse(model: &mut Model, word: &str, what: &str, values: &[&str]) {
    say(model, Mood::Warn, sound::no_such(&printable(word, 40), what, values));
}

fn set_volume(model: &mut Model, action: Action, text: &str, effects: &mut Vec<Effect>) {
    let Some(which) = row_of(action).device() else { return };
    let number = text.strip_suffix("dB").unwrap_or(text).trim();
    let (by, number) = match number.strip_prefix('=') {
        Some(level) => (false, level),
        None => (number.starts_with(['+', '-']), number),
    };
    match number.parse::<i8>() {
        Ok(db) if by => turn_by(model, which, db, effects),
        Ok(db) => turn(model, which, db, effects),
        Err(_) => say(model, Mood::Warn, sound::no_volume(&printable(text, 40))),
    }
}

/// The devices changed state: what became of those in use is said. The call goes on, whatever it is.
pub(super) fn changed(model: &mut Model, audio: AudioState) {
    let before = model.audio.take();
    for which in [AudioDevice::Microphone, AudioDevice::Speaker, AudioDevice::Ringer] {
        let was = before.as_ref().map_or(&DeviceState::Idle, |audio| state(audio, which));
        if let Some(turn) = model.lost.turn(which, was, state(&audio, which)) {
            tell(model, which, turn);
        }
    }
    model.audio = Some(audio);
}

fn tell(model: &mut Model, which: AudioDevice, turn: Turn) {
    let choose = model.key_of(Action::Devices);
    let name = |text: &str| printable(text, LONGEST);
    match turn {
        Turn::Gone(device, why) => {
            let why = why.map(|why| printable(&why, SHORT));
            let text = capital(&sound::gone(which, &printable(&device, SHORT), why.as_deref(), &choose));
            say(model, Mood::Bad, text);
        }
        Turn::Failed(why) => {
            let text = screen::device_failed(sound::device(which), &name(&why), &choose);
            say(model, Mood::Bad, text);
        }
        Turn::Instead(device, of) => {
            say(model, Mood::Warn, capital(&sound::instead(which, &name(&device), &name(&of))));
        }
        Turn::Back(device) => say(model, Mood::Good, capital(&sound::back(which, &name(&device)))),
        Turn::Replaced(device, old) => {
            say(model, Mood::Warn, capital(&sound::replaced(which, &name(&device), &name(&old))));
        }
        Turn::Chosen(device) => note(model, Mood::Plain, sound::chosen(which, &name(&device))),
    }
}

/// `text` as the beginning of a line.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What is wrong with a call changed: what was not so before goes into the events, once in a call.
pub(super) fn diagnosed(model: &mut Model, call: CallId, diagnoses: Vec<Diagnosis>) {
    let Some(live) = live(model, call) else { return };
    // A device that is gone was told with its name already.
    let is_new =
        |diagnosis: &&Diagnosis| !live.noted.contains(diagnosis) && !matches!(diagnosis, Diagnosis::DeviceGone(_));
    let new: Vec<Diagnosis> = diagnoses.iter().filter(is_new).copied().collect();
    live.noted.extend(&new);
    live.diagnoses = diagnoses;
    for diagnosis in new {
        note(model, Mood::Warn, diagnosis::sentence(diagnosis));
    }
}
