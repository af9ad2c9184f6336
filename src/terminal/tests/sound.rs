//! Given the sound popup, the palette, and devices that change, these keys and events have these effects.

use super::kit::{CALL, Desk, devices, quality, sound, view, working};
use crate::domain::call::CallState;
use crate::media::processing::{Noise, Wishes};
use crate::media::profile::Profile;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::command::Command;
use crate::phone::event::{AudioDevice, AudioState, CallView, DeviceState, Diagnosis, Event, SoundState};
use crate::terminal::keys::{Action, TABLE};
use crate::terminal::model::{Popup, SoundRow};

fn volume(device: AudioDevice, db: i8) -> Command {
    Command::SetVolume { device, db }
}

fn opened() -> Desk {
    let mut desk = Desk::ready();
    desk.presses("D");
    assert_eq!(desk.commands(), [Command::ListDevices]);
    desk.hears(Event::Devices(devices()));
    desk
}

fn types(desk: &mut Desk, command: &str) {
    desk.presses(":");
    desk.types(command);
    desk.presses("Enter");
}

#[test]
fn devices_are_chosen_from_the_list_of_their_row() {
    let mut desk = opened();
    desk.presses("Enter Down Enter Down Enter End Enter Down Enter Down Enter");
    let chosen = [
        Command::UseMicrophone(SourceChoice::Device("USB Mic".to_owned())),
        Command::UseSpeaker(SinkChoice::Device("Headset".to_owned())),
        Command::UseRinger(Some(SinkChoice::Default)),
    ];
    assert_eq!(desk.commands(), chosen);
    desk.presses("Enter Home Enter");
    assert_eq!(desk.commands(), [Command::UseRinger(None)]);
}

#[test]
fn escape_closes_the_list_then_the_popup() {
    let mut desk = opened();
    desk.presses("Down Enter Esc");
    assert!(matches!(&desk.model.popup, Some(Popup::Sound(open)) if open.row == SoundRow::Speaker));
    desk.presses("Esc");
    assert!(desk.model.popup.is_none());
    assert_eq!(desk.commands(), []);
}

#[test]
fn volumes_are_turned_with_the_arrows_or_plus_and_minus() {
    let mut desk = opened();
    desk.presses("Right + Left Down - Down Right");
    let (microphone, speaker) = (AudioDevice::Microphone, AudioDevice::Speaker);
    assert_eq!(
        desk.commands(),
        [volume(microphone, 2), volume(microphone, 4), volume(microphone, 2), volume(speaker, -2)]
            .into_iter()
            .chain([volume(AudioDevice::Ringer, 2)])
            .collect::<Vec<_>>()
    );
    desk.hears(Event::Sound(SoundState { microphone_db: 20, speaker_db: -40, ..sound() }));
    desk.presses("Home Right Down Left");
    assert_eq!(desk.commands(), [volume(microphone, 20), volume(speaker, -40)], "not beyond the ends");
}

#[test]
fn settings_go_round_with_the_arrows_or_enter() {
    let mut desk = opened();
    desk.presses("Down Down Down Right Right Left Left Left");
    let profile = Command::UseProfile;
    assert_eq!(
        desk.commands(),
        [
            profile(Profile::Headset),
            profile(Profile::LowLatency),
            profile(Profile::Headset),
            profile(Profile::Standard),
            profile(Profile::LowBandwidth)
        ]
    );
    desk.presses("Down Enter Down Enter Enter Down Left");
    let echo = Wishes { echo: Some(true), ..Wishes::default() };
    let off = Wishes { noise: Some(Noise::Off), ..echo };
    let standard = Wishes { noise: Some(Noise::Standard), ..echo };
    let wishes = [echo, off, standard, Wishes { gain: Some(false), ..standard }];
    assert_eq!(desk.commands(), wishes.map(Command::Process));
}

#[test]
fn the_popup_works_during_a_call_and_mutes_with_its_key() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("D m");
    assert_eq!(desk.commands(), [Command::ListDevices, Command::Mute { call: CALL, on: true }]);
    assert!(matches!(desk.model.popup, Some(Popup::Sound(_))));
    assert!(desk.sees(80, 24).contains("-18 dB"), "the level of the microphone");
}

#[test]
fn the_palette_sets_the_sound() {
    let wish = |wishes| Command::Process(wishes);
    for (typed, command) in [
        ("ringer none", Command::UseRinger(Some(SinkChoice::Nowhere))),
        ("ringer same", Command::UseRinger(None)),
        ("profile low-latency", Command::UseProfile(Profile::LowLatency)),
        ("echo off", wish(Wishes { echo: Some(false), ..Wishes::default() })),
        ("echo auto", wish(Wishes::default())),
        ("noise strong", wish(Wishes { noise: Some(Noise::Strong), ..Wishes::default() })),
        ("noise auto", wish(Wishes::default())),
        ("gain on", wish(Wishes { gain: Some(true), ..Wishes::default() })),
        ("mic-volume +3", volume(AudioDevice::Microphone, 3)),
        ("speaker-volume -3", volume(AudioDevice::Speaker, -3)),
        ("ring-volume 6 dB", volume(AudioDevice::Ringer, 6)),
        ("ring-volume =-12", volume(AudioDevice::Ringer, -12)),
        ("mic-volume 99", volume(AudioDevice::Microphone, 20)),
    ] {
        let mut desk = Desk::ready();
        types(&mut desk, typed);
        assert_eq!(desk.commands(), [command], "{typed}");
        assert!(desk.model.popup.is_none());
    }
}

#[test]
fn the_page_about_sound_has_every_command_of_the_sound() {
    let page = include_str!("../../../docs/sound.md");
    let window = TABLE.iter().position(|row| row.action == Action::Devices).unwrap();
    let last = TABLE.iter().position(|row| row.action == Action::RingVolume).unwrap();
    let words: Vec<_> = TABLE[window..=last].iter().flat_map(|row| row.words).collect();
    assert!(words.contains(&&"mic") && words.contains(&&"ring-volume"), "{words:?}");
    for word in words {
        assert!(page.contains(&format!("`{word}`")), "{word}");
    }
}

#[test]
fn a_relative_volume_counts_from_the_one_set() {
    let mut desk = Desk::ready();
    desk.hears(Event::Sound(SoundState { speaker_db: -6, ..sound() }));
    types(&mut desk, "speaker-volume +3");
    types(&mut desk, "speaker-volume +3");
    let told = [volume(AudioDevice::Speaker, -3), volume(AudioDevice::Speaker, 0)];
    assert_eq!(desk.commands(), told);
}

#[test]
fn unknown_values_are_answered_with_what_there_is() {
    for (typed, told) in [
        ("profile studio", "there are standard, headset, low-latency, music, low-bandwidth"),
        ("echo loud", "there are on, off, auto"),
        ("noise max", "there are off, standard, strong, auto"),
        ("gain 7", "there are on, off, auto"),
        ("mic-volume loud", "is no volume"),
        ("ringer nowhere", "use default, none, FILE.wav or device:NAME, or same"),
        ("speaker nowhere", "use default, none, FILE.wav or device:NAME"),
    ] {
        let mut desk = Desk::ready();
        types(&mut desk, typed);
        assert_eq!(desk.commands(), [], "{typed}");
        let seen = desk.sees(132, 38);
        assert!(seen.contains(told), "{typed}:\n{seen}");
    }
}

#[test]
fn a_setting_without_a_value_opens_the_popup_at_its_row() {
    for (typed, row) in [("sound", SoundRow::Microphone), ("profile", SoundRow::Profile), ("noise", SoundRow::Noise)] {
        let mut desk = Desk::ready();
        types(&mut desk, typed);
        assert!(matches!(&desk.model.popup, Some(Popup::Sound(open)) if open.row == row), "{typed}");
    }
}

#[test]
fn the_quality_opens_in_a_call_only_and_closes_with_it() {
    let mut desk = Desk::ready();
    desk.presses("Q");
    assert!(desk.model.popup.is_none() && desk.sees(80, 24).contains("There is no call now."));
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("Q PageDown End Home");
    assert!(desk.sees(80, 24).contains("HEARD"));
    let summary = super::kit::summary(crate::domain::end_reason::EndReason::HUNG_UP, Some(3));
    desk.hears(Event::Ended(summary));
    assert!(desk.model.popup.is_none());
}

#[test]
fn a_device_that_was_chosen_is_no_warning() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Audio(working()));
    types(&mut desk, "mic device:Line In");
    let line_in = DeviceState::Working("Line In".to_owned());
    desk.hears(Event::Audio(AudioState { microphone: line_in, ..working() }));
    assert!(desk.model.notice.is_none());
    assert!(desk.sees(132, 38).contains("microphone now: Line In"));
}

#[test]
fn what_stands_in_for_a_device_from_the_start_is_told_and_shown() {
    let mut desk = Desk::in_call(CallState::Connected);
    let instead = DeviceState::Instead { name: "Built-in".to_owned(), of: "device:USB Mic".to_owned() };
    desk.hears(Event::Audio(AudioState { microphone: instead, ..working() }));
    let told = "Device:USB Mic can't be used as the microphone: Built-in stands in for it";
    assert!(desk.sees(132, 38).contains(told), "{}", desk.sees(132, 38));
    desk.presses("D");
    desk.hears(Event::Devices(devices()));
    assert!(desk.sees(80, 24).contains("can't be used now; using Built-in"), "{}", desk.sees(80, 24));
}

#[test]
fn what_is_wrong_is_noted_once_and_takes_no_focus() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses(":");
    desk.types("fil");
    for diagnoses in [vec![Diagnosis::EchoSuspected], Vec::new(), vec![Diagnosis::EchoSuspected]] {
        desk.hears(Event::Diagnoses { call: CALL, diagnoses });
    }
    desk.types("ter b");
    desk.presses("Enter");
    assert_eq!(desk.model.friends.filter.text(), "b");
    let noted = desk.model.events.entries.iter().filter(|entry| entry.text.starts_with("Your speaker")).count();
    assert_eq!(noted, 1);
    assert!(desk.model.notice.is_none());
}

#[test]
fn unmuting_takes_the_badge_away_at_once() {
    let mut desk = Desk::ready();
    desk.calls(CallView { muted: true, ..view(CallState::Connected) });
    desk.hears(Event::Diagnoses { call: CALL, diagnoses: vec![Diagnosis::SpeakingWhileMuted] });
    for (width, height) in [(132, 38), (80, 24), (60, 20), (40, 10), (30, 6)] {
        let seen = desk.sees(width, height);
        assert!(seen.contains("YOU TALK, BUT ARE MUTED: m"), "{width}x{height}:\n{seen}");
    }
    desk.presses("m");
    assert_eq!(desk.commands(), [Command::Mute { call: CALL, on: false }]);
    desk.calls(view(CallState::Connected));
    assert!(!desk.sees(80, 24).contains("MUTED"));
}

#[test]
fn a_call_that_is_over_takes_its_curves_along() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Ended(super::kit::summary(crate::domain::end_reason::EndReason::HUNG_UP, Some(3))));
    desk.calls(view(CallState::Connected));
    let curve = |desk: &Desk| {
        let call = desk.model.call().unwrap();
        call.trail.curve(crate::terminal::model::Figure::MosIn, 60).into_iter().flatten().count()
    };
    assert_eq!(curve(&desk), 1);
    desk.hears(Event::Quality { call: CALL, quality: quality() });
    assert_eq!(curve(&desk), 2);
}
