//! The sound on the screen: diagnoses, the sound popup, the quality in full, devices that come and go, SSH; at three sizes,
//! held as pictures in text.

use super::group_kit::{crowd, four, group_view};
use super::kit::{CALL, Desk, devices, heard, quality, sound, view, working};
use super::states::check;
use crate::domain::call::CallState;
use crate::media::processing::{Noise, Processing, Wishes};
use crate::media::profile::Profile;
use crate::phone::audio::device::{Devices, SinkChoice};
use crate::phone::event::{
    AudioDevice, AudioState, CallView, DeviceFigures, DeviceState, Diagnosis, Event, Quality, SoundState,
};
use crate::terminal::model::{ScreenOptions, SshSession};

fn diagnosed(diagnoses: &[Diagnosis], muted: bool) -> Desk {
    let mut desk = Desk::ready();
    desk.calls(CallView { muted, ..view(CallState::Connected) });
    desk.hears(Event::Diagnoses { call: CALL, diagnoses: diagnoses.to_vec() });
    desk
}

#[test]
fn a_poor_network_is_told_with_what_to_do() {
    let mut desk = diagnosed(&[Diagnosis::NetworkPoor, Diagnosis::EchoSuspected], false);
    for second in 0..60_u8 {
        let bad = second % 20 > 14;
        let quality = Quality {
            rtt_ms: Some(if bad { 240.0 } else { 60.0 }),
            lost_packets: 3 + u64::from(second) * 4,
            received_packets: 13_548 + u64::from(second) * 46,
            mos_in: Some(if bad { 2.1 } else { 3.4 }),
            ..quality()
        };
        desk.hears(Event::Quality { call: CALL, quality });
    }
    check("diagnosis_network", &desk);
}

#[test]
fn speaking_while_muted_is_not_to_be_missed() {
    check("diagnosis_muted_talking", &diagnosed(&[Diagnosis::SpeakingWhileMuted], true));
    let mut group = Desk::in_group(four());
    group.calls(CallView { muted: true, ..group_view(four()) });
    group.hears(Event::Diagnoses { call: CALL, diagnoses: vec![Diagnosis::SpeakingWhileMuted] });
    check("diagnosis_muted_talking_in_group", &group);
}

#[test]
fn every_other_diagnosis_is_told() {
    check("diagnosis_microphone_silent", &diagnosed(&[Diagnosis::MicrophoneSilent { exact_zeros: false }], false));
    check("diagnosis_they_hear_badly", &diagnosed(&[Diagnosis::TheyHearBadly], false));
    check("diagnosis_echo", &diagnosed(&[Diagnosis::EchoSuspected], false));
    check("diagnosis_shared_card", &diagnosed(&[Diagnosis::SharedCard], true));
}

#[test]
fn every_diagnosis_is_whole_at_every_common_size() {
    for diagnosis in Diagnosis::ALL {
        let desk = diagnosed(&[diagnosis], true);
        for (width, height) in [(132, 38), (100, 30), (80, 24)] {
            let seen = desk.sees(width, height);
            // In their order: other panels stand between its lines.
            let mut rest = seen.as_str();
            for word in crate::texts::diagnosis::sentence(diagnosis).split(' ') {
                let found = rest.split_once(word);
                assert!(found.is_some(), "{word} of {diagnosis:?} at {width}x{height}:\n{seen}");
                rest = found.map_or("", |(_, after)| after);
            }
        }
    }
}

#[test]
fn the_sound_popup_without_a_call() {
    let mut desk = Desk::ready();
    desk.presses("D");
    check("sound_asked", &desk);
    desk.hears(Event::Devices(devices()));
    check("sound", &desk);
    desk.presses("Enter Down");
    check("sound_microphones", &desk);
    desk.presses("Esc Down Down Enter");
    check("sound_ringers", &desk);
    desk.hears(Event::Devices(Devices::default()));
    check("sound_no_devices", &desk);
}

#[test]
fn the_sound_popup_in_a_call() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Audio(working()));
    desk.presses("D");
    desk.hears(Event::Devices(devices()));
    desk.hears(Event::Sound(SoundState {
        profile: Profile::Headset,
        wishes: Wishes { noise: Some(Noise::Strong), ..Wishes::default() },
        processing: Processing { echo: false, noise: Noise::Strong, gain: true },
        microphone_db: 6,
        ringer_db: -12,
        ringer: Some(SinkChoice::Device("Headset".to_owned())),
        ..SoundState::default()
    }));
    desk.presses("Down Down Down Down");
    check("sound_in_call", &desk);
    desk.hears(Event::Sound(SoundState { processing: Processing::NONE, ..sound() }));
    desk.hears(Event::Audio(AudioState { microphone: DeviceState::Working("tone".to_owned()), ..working() }));
    check("sound_from_a_tone", &desk);
}

#[test]
fn the_quality_in_full() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("Q");
    check("quality_direct", &desk);
    desk.hears(Event::Diagnoses { call: CALL, diagnoses: vec![Diagnosis::NetworkPoor, Diagnosis::EchoSuspected] });
    let nothing = Quality { heard: [].into(), device: DeviceFigures::default(), outbound: None, ..quality() };
    desk.hears(Event::Quality { call: CALL, quality: Quality { mos_out: None, ..nothing } });
    check("quality_early", &desk);
}

#[test]
fn the_quality_in_full_of_a_group_scrolls() {
    let mut desk = Desk::in_group(crowd(349));
    let quality = Quality { heard: (1..=24).map(heard).collect(), ..quality() };
    desk.hears(Event::Quality { call: CALL, quality });
    desk.presses("Q");
    check("quality_group", &desk);
    desk.presses("End");
    check("quality_group_end", &desk);
}

#[test]
fn a_device_that_goes_is_replaced_and_comes_back() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Audio(working()));
    let gone = DeviceState::Failed("it was unplugged".to_owned());
    desk.hears(Event::Audio(AudioState { microphone: gone, ..working() }));
    desk.hears(Event::Diagnoses { call: CALL, diagnoses: vec![Diagnosis::DeviceGone(AudioDevice::Microphone)] });
    check("device_gone", &desk);
    desk.hears(Event::Diagnoses { call: CALL, diagnoses: Vec::new() });
    let built_in = DeviceState::Working("Built-in".to_owned());
    desk.hears(Event::Audio(AudioState { microphone: built_in, ..working() }));
    check("device_replaced", &desk);
    desk.hears(Event::Audio(working()));
    check("device_back", &desk);
}

#[test]
fn no_ringer() {
    let mut desk = Desk::ready();
    desk.hears(Event::Audio(AudioState { ringer: DeviceState::Absent, ..working() }));
    check("no_ringer", &desk);
}

fn over_ssh(ascii: bool) -> Desk {
    let ssh = SshSession::found(Some("203.0.113.7 50122 192.0.2.7 22"), Some("/dev/pts/3"), "atlas");
    Desk::fresh_with(&ScreenOptions { ssh, ascii, ..ScreenOptions::default() }, true).furnished()
}

#[test]
fn over_ssh_it_is_said_whose_sound_card_it_is() {
    let mut desk = over_ssh(false);
    desk.calls(view(CallState::Connected));
    check("ssh", &desk);
    desk.presses("?");
    check("ssh_help", &desk);
    desk.types("ssh");
    check("ssh_help_searched", &desk);
}

#[test]
fn in_ascii_all_of_it_is_ascii() {
    let mut desk = over_ssh(true);
    desk.calls(CallView { muted: true, ..view(CallState::Connected) });
    desk.hears(Event::Diagnoses { call: CALL, diagnoses: Diagnosis::ALL.to_vec() });
    check("ascii_sound", &desk);
    for keys in ["", "D", "Enter", "Esc Esc Q", "Esc ?"] {
        desk.presses(keys);
        for (width, height) in [(132, 38), (100, 30), (80, 24), (60, 20), (30, 8)] {
            let seen = desk.sees(width, height);
            assert!(seen.is_ascii(), "after {keys}, {width}x{height}:\n{seen}");
        }
    }
}

#[test]
fn without_colour_what_is_wrong_still_stands_out() {
    let mut desk = Desk::fresh_with(&ScreenOptions::default(), false).furnished();
    desk.calls(CallView { muted: true, ..view(CallState::Connected) });
    desk.hears(Event::Diagnoses { call: CALL, diagnoses: vec![Diagnosis::SpeakingWhileMuted] });
    let buffer = desk.buffer(80, 24);
    let header: Vec<_> = buffer.content()[..80].iter().collect();
    let is_reversed = |cell: &&&ratatui::buffer::Cell| cell.modifier.contains(ratatui::style::Modifier::REVERSED);
    let badge: String = header.iter().filter(is_reversed).map(|cell| cell.symbol()).collect();
    assert!(badge.contains("YOU TALK, BUT ARE MUTED: m"), "{badge}");
}
