//! Every state of the screen at three sizes, held as pictures in text.

use std::time::Duration;

use super::kit::{CALL, Desk, NOW, incoming, person, records, row, summary, view};
use crate::domain::call::CallState;
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::phone::event::{AudioState, DeviceState, Event, Link, MediaState, Refusal, Refused};
use crate::terminal::model::ScreenOptions;

const SIZES: [(u16, u16); 3] = [(132, 38), (80, 24), (60, 20)];

pub(super) fn check(name: &str, desk: &Desk) {
    let mut all = String::new();
    for (width, height) in SIZES {
        all.push_str(&format!("{width}x{height}\n{}\n", desk.sees(width, height)));
    }
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, all);
    });
}

#[test]
fn before_the_link_is_up() {
    check("connecting", &Desk::blank(&ScreenOptions::default(), true));
}

#[test]
fn first_run() {
    check("first_run", &Desk::fresh());
}

#[test]
fn idle_with_friends() {
    check("idle", &Desk::ready());
}

#[test]
fn link_down_counts_down() {
    let mut desk = Desk::ready();
    let reason = "connection refused by 127.0.0.1:8790".to_owned();
    desk.hears(Event::Link(Link::Down { reason, retry_in: Duration::from_millis(3400) }));
    check("link_down", &desk);
}

#[test]
fn sign_in_refused() {
    let mut desk = Desk::blank(&ScreenOptions::default(), true);
    desk.hears(Event::Link(Link::Refused { reason: "the access token was revoked".to_owned() }));
    check("link_refused", &desk);
}

#[test]
fn filtering_friends() {
    let mut desk = Desk::ready();
    desk.presses("/");
    desk.types("ra");
    check("filter", &desk);
}

#[test]
fn removing_a_friend_can_be_undone() {
    let mut desk = Desk::ready();
    desk.presses("Down -");
    check("removing", &desk);
}

#[test]
fn dial_with_matches() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types("c");
    desk.hears(Event::People {
        text: "c".to_owned(),
        people: vec![person("callback"), person("carol"), person("echo")],
    });
    check("dial", &desk);
}

#[test]
fn connecting_ringing_early_media() {
    check("call_connecting", &Desk::in_call(CallState::Connecting));
    check("call_ringing", &Desk::in_call(CallState::Ringing));
    check("call_early_media", &Desk::in_call(CallState::EarlyMedia));
}

#[test]
fn incoming_call() {
    let mut desk = Desk::ready();
    desk.hears(Event::Incoming(incoming("carol")));
    check("incoming", &desk);
}

#[test]
fn incoming_call_while_typing() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types("bo");
    desk.hears(Event::Incoming(incoming("carol")));
    check("incoming_while_typing", &desk);
}

#[test]
fn live_call() {
    check("call_live", &Desk::in_call(CallState::Connected));
}

#[test]
fn muted_call() {
    let mut desk = Desk::ready();
    let mut muted = view(CallState::Connected);
    muted.muted = true;
    muted.participants = [row("bob", true)].into();
    desk.calls(muted);
    check("call_muted", &desk);
}

#[test]
fn held_by_me_and_by_them() {
    check("call_held_by_me", &Desk::in_call(CallState::LocalHold));
    check("call_held_by_them", &Desk::in_call(CallState::RemoteHold));
}

#[test]
fn reconnecting_call() {
    let mut desk = Desk::ready();
    let mut lost = view(CallState::Connected);
    lost.media = MediaState::Lost;
    desk.calls(lost);
    desk.hears(Event::Link(Link::Down { reason: "the service is gone".to_owned(), retry_in: Duration::from_secs(2) }));
    check("call_reconnecting", &desk);
}

#[test]
fn hang_up_armed() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("b");
    check("call_hang_up_armed", &desk);
}

#[test]
fn keypad_with_tones_both_ways() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("k 1 2 #");
    for key in ['4', '2'] {
        let tone = Tone::try_from(key).unwrap();
        desk.hears(Event::Dtmf { call: CALL, from: person("bob").identity, tone });
    }
    check("keypad", &desk);
    desk.presses("Esc");
    check("call_with_tones", &desk);
}

#[test]
fn ended_well_and_badly() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Ended(summary(EndReason::HUNG_UP, Some(271))));
    check("ended", &desk);
    let mut desk = Desk::in_call(CallState::Connecting);
    desk.hears(Event::Ended(summary(EndReason::NO_MEDIA_PATH, None)));
    check("ended_no_media", &desk);
}

#[test]
fn missed_call() {
    let mut desk = Desk::ready();
    let mut missed = records().remove(0);
    (missed.call_id, missed.started_at) = (CALL, NOW);
    desk.hears(Event::Recorded(missed));
    desk.hears(Event::Missed(1));
    check("missed", &desk);
    desk.presses("H");
    desk.hears(Event::Missed(0));
    check("history", &desk);
}

#[test]
fn event_list() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Warning("the clock of this machine is 12 s ahead of the service's".to_owned()));
    desk.presses("E");
    check("events", &desk);
}

#[test]
fn call_without_sound_devices() {
    let mut desk = Desk::in_call(CallState::Connected);
    let failed = DeviceState::Failed("the device is busy".to_owned());
    desk.hears(Event::Audio(AudioState {
        microphone: DeviceState::Absent,
        speaker: failed,
        ringer: DeviceState::Idle,
    }));
    check("call_no_devices", &desk);
}

#[test]
fn presence_choice() {
    let mut desk = Desk::ready();
    desk.presses("o Down");
    check("presence", &desk);
}

#[test]
fn help_menu() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("?");
    check("help", &desk);
    desk.types("hold");
    check("help_searched", &desk);
}

#[test]
fn palette() {
    let mut desk = Desk::ready();
    desk.presses(":");
    desk.types("ca");
    check("palette", &desk);
}

#[test]
fn leaving_during_a_call() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("q");
    check("confirm_quit", &desk);
}

#[test]
fn refusal() {
    let mut desk = Desk::ready();
    let why = Refusal::NobodyCalled("bobby".to_owned());
    desk.hears(Event::Refused(Refused { what: "call", call: None, why }));
    check("refused", &desk);
}

#[test]
fn ascii_everywhere() {
    let options = ScreenOptions { ascii: true, ..ScreenOptions::default() };
    let mut desk = Desk::fresh_with(&options, true).furnished();
    check("ascii_idle", &desk);
    desk.hears(Event::Incoming(incoming("carol")));
    desk.calls(view(CallState::Connected));
    desk.presses("k 5");
    check("ascii_call", &desk);
    for keys in ["Esc", "D", "Enter", "Esc Esc Q", "Esc :", "Esc ?", "Esc o", "Esc d", "Esc q", "Esc H", "E"] {
        desk.presses(keys);
        for (width, height) in [(132, 38), (100, 30), (80, 24), (60, 20), (30, 8)] {
            let seen = desk.sees(width, height);
            assert!(seen.is_ascii(), "after {keys}, {width}x{height}:\n{seen}");
        }
    }
}

#[test]
fn without_colour_the_same_is_read() {
    let plain = Desk::fresh_with(&ScreenOptions::default(), false).furnished();
    let buffer = plain.buffer(132, 38);
    for cell in buffer.content() {
        assert_eq!((cell.fg, cell.bg), (ratatui::style::Color::Reset, ratatui::style::Color::Reset));
    }
    let coloured = Desk::fresh_with(&ScreenOptions::default(), true).furnished();
    assert_eq!(plain.sees(132, 38), coloured.sees(132, 38));
}

#[test]
fn medium_and_tiny_sizes() {
    let mut desk = Desk::in_call(CallState::Connected);
    let mut all = desk.sees(100, 30);
    for (width, height) in [(39, 9), (20, 5), (8, 2)] {
        all.push_str(&format!("{width}x{height}\n{}\n", desk.sees(width, height)));
    }
    desk = Desk::ready();
    desk.hears(Event::Incoming(incoming("carol")));
    for (width, height) in [(100, 30), (39, 9), (20, 5), (8, 2)] {
        all.push_str(&format!("{width}x{height}\n{}\n", desk.sees(width, height)));
    }
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("other_sizes", all);
    });
}
