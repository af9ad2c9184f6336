//! The sound popup: devices with their volumes and levels, profile, processing; and the list of a row's devices.

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::details::why_off;
use super::paper::Paper;
use super::pickers::select;
use crate::domain::text::printable;
use crate::phone::audio::device::{DeviceInfo, SinkChoice, SourceChoice};
use crate::phone::event::{AudioDevice, DeviceState, SoundState};
use crate::terminal::model::{Model, SILENCE, SoundPopup, SoundRow, device_rows, part, state};
use crate::terminal::theme::Role;
use crate::terminal::widgets::area;
use crate::terminal::widgets::meter::meter;
use crate::terminal::widgets::pen::columns;
use crate::terminal::widgets::rows::window;
use crate::texts::{screen, sound};

/// How wide the popup is.
const WIDTH: u16 = 78;

/// How wide the names of the rows are, the mark before them included.
const LABEL: u16 = 13;

/// How wide the values of the settings are.
const VALUE: u16 = 17;

/// The popup, or the list of devices it opened.
pub(super) fn popup(paper: &mut Paper<'_>, place: Rect, popup: SoundPopup) {
    if let (Some(which), Some(selected)) = (popup.row.device(), popup.device) {
        return devices(paper, place, which, selected);
    }
    let mut inside = paper.popup(area::middle(place, WIDTH, 12), "SOUND");
    // Without room for everything, what is selected stays in sight.
    let settings_first = usize::from(inside.height) < 10 && popup.row.device().is_none();
    if !settings_first {
        for row in [SoundRow::Microphone, SoundRow::Speaker, SoundRow::Ringer] {
            device(paper, area::top(&mut inside, 1), row, popup.row == row);
            if row != SoundRow::Ringer {
                level(paper, area::top(&mut inside, 1), row);
            }
        }
        area::top(&mut inside, 1);
    }
    profile(paper, area::top(&mut inside, 1), popup.row == SoundRow::Profile);
    for row in [SoundRow::Echo, SoundRow::Noise, SoundRow::Gain] {
        setting(paper, area::top(&mut inside, 1), row, popup.row == row);
    }
}

/// The styles of a row: its name, its value, what is less important.
fn styles(paper: &mut Paper<'_>, place: Rect, selected: bool) -> (Style, Style, Style, &'static str) {
    let text = select(paper, place, selected);
    let mark = if selected { paper.glyphs().selected } else { " " };
    if selected { (text, text, text, mark) } else { (paper.style(Role::Title), text, paper.style(Role::Dim), mark) }
}

/// A device and its volume.
fn device(paper: &mut Paper<'_>, place: Rect, row: SoundRow, selected: bool) {
    let Some(which) = row.device() else { return };
    let (title, text, _, mark) = styles(paper, place, selected);
    let model = paper.model;
    let db = volume(&model.sound, which);
    let (name, note) = (name(model, which), trouble(model, which).filter(|_| which == AudioDevice::Ringer));
    let mut pen = paper.pen(place);
    pen.right(" ", text).right(&sound::volume(db), text).right(" ", text);
    pen.text(mark, title).column_of(sound::device(which), LABEL - 1, title).text(&name, text);
    if let Some(note) = note {
        pen.text(" - ", text).text(&note, text);
    }
}

fn volume(sound: &SoundState, which: AudioDevice) -> i8 {
    match which {
        AudioDevice::Microphone => sound.microphone_db,
        AudioDevice::Speaker => sound.speaker_db,
        AudioDevice::Ringer => sound.ringer_db,
    }
}

/// What a device is called: as it was chosen, and what the system's default is where that is known.
fn name(model: &Model, which: AudioDevice) -> String {
    let audio = model.audio.as_ref();
    let working = audio.and_then(|audio| state(audio, which).open_name()).map(|name| printable(name, 100));
    if which == AudioDevice::Ringer && model.sound.ringer.is_none() {
        return sound::SAME_AS_SPEAKER.to_owned();
    }
    let Some(devices) = &model.devices else {
        return working.unwrap_or_else(|| screen::LOOKING_FOR_DEVICES.to_owned());
    };
    let described = |name: &str, infos: &[DeviceInfo]| {
        let known = infos.iter().find(|info| info.name == name);
        printable(known.map_or(name, |info| info.description.as_str()), 100)
    };
    let default = || match &working {
        Some(name) if name != "default" => format!("{}: {name}", sound::SYSTEM_DEFAULT),
        Some(_) | None => sound::SYSTEM_DEFAULT.to_owned(),
    };
    let sink = |choice: &SinkChoice| match choice {
        SinkChoice::Default => default(),
        SinkChoice::Device(name) => described(name, &devices.speakers),
        SinkChoice::Nowhere | SinkChoice::File(_) => printable(&choice.to_string(), 100),
    };
    match which {
        AudioDevice::Microphone => match &devices.microphone {
            SourceChoice::Default => default(),
            SourceChoice::Device(name) => described(name, &devices.microphones),
            other @ (SourceChoice::Tone(_) | SourceChoice::Silence | SourceChoice::File(_)) => {
                printable(&other.to_string(), 100)
            }
        },
        AudioDevice::Speaker => sink(&devices.speaker),
        AudioDevice::Ringer => sink(model.sound.ringer.as_ref().unwrap_or(&devices.speaker)),
    }
}

/// What is wrong with a device, in a few words.
fn trouble(model: &Model, which: AudioDevice) -> Option<String> {
    match model.audio.as_ref().map(|audio| state(audio, which)) {
        Some(DeviceState::Absent) => Some(sound::NONE.to_owned()),
        Some(DeviceState::Failed(_)) => Some(sound::UNUSABLE.to_owned()),
        Some(DeviceState::Instead { name, .. }) => Some(sound::stands_in(&printable(name, 100))),
        Some(DeviceState::Idle | DeviceState::Working(_)) | None => None,
    }
}

/// The level of the microphone or the speaker now, or why there is none.
fn level(paper: &mut Paper<'_>, place: Rect, row: SoundRow) {
    let Some(which) = row.device() else { return };
    let (on, dim, warn) = (paper.style(Role::Good), paper.style(Role::Dim), paper.style(Role::Warn));
    let (model, glyphs) = (paper.model, paper.glyphs());
    let wrong = trouble(model, which);
    let call = model.call().filter(|call| call.is_connected());
    let mut pen = paper.pen(place);
    pen.skip(LABEL);
    match (wrong, call) {
        (Some(why), _) => drop(pen.text(&why, warn)),
        (None, Some(call)) => {
            let level = if which == AudioDevice::Microphone { call.microphone } else { call.speaker };
            meter(&mut pen, glyphs, level, 32, on, dim);
            let told = if level > SILENCE + 27.0 { format!(" {level:>4.0} dB") } else { " silent".to_owned() };
            pen.text(&told, dim);
        }
        (None, None) => drop(pen.text(sound::RESTING, dim)),
    }
}

fn profile(paper: &mut Paper<'_>, place: Rect, selected: bool) {
    let (title, text, dim, mark) = styles(paper, place, selected);
    let profile = paper.model.sound.profile;
    let mut pen = paper.pen(place);
    pen.text(mark, title).column_of("profile", LABEL - 1, title).column_of(profile.as_str(), VALUE, text);
    whole(&mut pen, sound::profile_means(profile), dim);
}

/// A part of the processing: what is wished, what is done, and why nothing is.
fn setting(paper: &mut Paper<'_>, place: Rect, row: SoundRow, selected: bool) {
    let (title, text, dim, mark) = styles(paper, place, selected);
    let model = paper.model;
    let Some(part) = part(row, &model.sound) else { return };
    let erle = model.call().and_then(|call| call.quality.as_ref()).and_then(|quality| quality.device.erle_db);
    let (label, means) = match row {
        SoundRow::Echo => ("echo", sound::echo_means(erle.filter(|_| part.done == "on"))),
        SoundRow::Noise => ("noise", sound::NOISE_MEANS.to_owned()),
        _ => ("gain", sound::GAIN_MEANS.to_owned()),
    };
    let why = why_off(model, part.why_off);
    let value = match (part.wished, &why) {
        ("auto", None) => format!("auto ({})", part.done),
        (wished, _) => wished.to_owned(),
    };
    let mut pen = paper.pen(place);
    pen.text(mark, title).column_of(label, LABEL - 1, title).column_of(&value, VALUE, text);
    match why {
        Some(why) => drop(pen.text(&why, text)),
        None => whole(&mut pen, &means, dim),
    }
}

/// Writes a text whole, or not at all.
fn whole(pen: &mut crate::terminal::widgets::pen::Pen<'_>, text: &str, style: Style) {
    if columns(text) <= pen.room() {
        pen.text(text, style);
    }
}

/// The devices a row can be set to.
fn devices(paper: &mut Paper<'_>, place: Rect, which: AudioDevice, selected: usize) {
    let model = paper.model;
    let place = area::middle(place, WIDTH, 14);
    let Some(devices) = &model.devices else {
        let inside = paper.popup(place, &sound::device(which).to_uppercase());
        let dim = paper.style(Role::Dim);
        paper.pen(inside).text(" ", dim).text(screen::LOOKING_FOR_DEVICES, dim);
        return;
    };
    let rows = device_rows(which, devices, &model.sound);
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(3).clamp(5, 14);
    let mut inside = paper.popup(area::middle(place, WIDTH, height), &sound::device(which).to_uppercase());
    if rows.iter().all(|row| row.info.is_none()) {
        let (text, warn) = (screen::no_device(sound::device(which)), paper.style(Role::Warn));
        paper.pen(area::top(&mut inside, 1)).text(" ", warn).text(&text, warn);
    }
    for (line, index) in (0..).zip(window(rows.len(), selected, inside.height)) {
        let place = area::row(inside, line);
        let (row, chosen) = (&rows[index], index == selected);
        let style = select(paper, place, chosen);
        let glyphs = paper.glyphs();
        let (mark, live) = (if chosen { glyphs.selected } else { " " }, if row.current { glyphs.live } else { " " });
        let name = match (row.info, index) {
            (Some(info), _) => info.description.as_str(),
            (None, 0) if which == AudioDevice::Ringer => sound::SAME_AS_SPEAKER,
            (None, _) => sound::SYSTEM_DEFAULT,
        };
        let mut pen = paper.pen(place);
        if row.current {
            pen.right(" ", style).right("in use", style);
        } else if row.info.is_some_and(|info| !info.usable) {
            pen.right(" ", style).right("not usable now", style);
        }
        pen.text(mark, style).text(" ", style).text(live, style).text(" ", style).text(name, style);
    }
}
