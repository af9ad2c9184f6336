//! Given a call, or one that rings, these keys have these effects.

use super::kit::{CALL, Desk, NOW, incoming, person, records, summary, view};
use crate::domain::call::CallState;
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::phone::command::Command;
use crate::phone::event::{Event, Link, Refusal, Refused};
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::ScreenOptions;

#[test]
fn letters_answer_and_decline_when_nothing_is_typed() {
    for (keys, command) in [
        ("a", Command::Answer(CALL)),
        ("F3", Command::Answer(CALL)),
        ("r", Command::Decline(CALL)),
        ("F5", Command::Decline(CALL)),
    ] {
        let mut desk = Desk::ringing();
        desk.presses(keys);
        assert_eq!(desk.commands(), [command], "{keys}");
    }
}

#[test]
fn a_ringing_phone_steals_no_typed_text() {
    for opened in ["d", ":", "/", "f", "?"] {
        let mut desk = Desk::ready();
        desk.presses(opened);
        desk.types("b");
        desk.hears(Event::Incoming(incoming("carol")));
        desk.types("arab");
        assert_eq!(desk.commands(), [], "letters after {opened}");
        let seen = desk.sees(132, 38);
        assert!(seen.contains("barab"), "what was typed after {opened} is gone:\n{seen}");
        assert!(seen.contains("INCOMING CALL") && seen.contains("F3 answer"), "{seen}");
        desk.presses("F3");
        assert_eq!(desk.commands(), [Command::Answer(CALL)], "after {opened}");
        desk.presses("F5");
        assert_eq!(desk.commands(), [Command::Decline(CALL)], "after {opened}");
    }
}

#[test]
fn enter_never_answers_nor_hangs_up() {
    let mut desk = Desk::fresh();
    desk.hears(Event::Incoming(incoming("carol")));
    desk.presses("Enter Enter");
    assert_eq!(desk.commands(), []);
    for opened in ["", "k", "q", "H", "E"] {
        let mut desk = Desk::in_call(CallState::Connected);
        desk.presses(opened);
        desk.commands();
        desk.presses("Enter Enter");
        assert_eq!(desk.commands(), [], "after {opened:?}");
        assert!(!desk.effects.contains(&Effect::Quit));
    }
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses(":");
    desk.types("han");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [], "a suggestion is typed out, not run");
}

#[test]
fn the_letter_hangs_up_when_pressed_twice_within_a_second() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("b");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("press b again to hang up"));
    desk.waits(999);
    desk.presses("b");
    assert_eq!(desk.commands(), [Command::HangUp(CALL)]);
}

#[test]
fn a_late_second_press_or_another_key_between_does_not_hang_up() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("b");
    desk.waits(1000);
    desk.presses("b");
    assert_eq!(desk.commands(), []);
    desk.presses("m b");
    assert_eq!(desk.commands(), [Command::Mute { call: CALL, on: true }]);
}

#[test]
fn f4_hangs_up_at_once_everywhere() {
    for opened in ["", "k", "D", ":", "?", "/", "o"] {
        let mut desk = Desk::in_call(CallState::Connected);
        desk.presses(opened);
        desk.commands();
        desk.presses("F4");
        assert_eq!(desk.commands(), [Command::HangUp(CALL)], "after {opened:?}");
    }
}

#[test]
fn space_and_m_toggle_mute_and_the_screen_says_so_in_words() {
    let mut desk = Desk::in_call(CallState::Connected);
    for size in [(132, 38), (80, 24), (60, 20), (30, 6)] {
        assert!(desk.sees(size.0, size.1).contains("LIVE"), "{size:?}");
    }
    desk.presses("Space m");
    let mute = |on| Command::Mute { call: CALL, on };
    assert_eq!(desk.commands(), [mute(true), mute(false)], "each press turns round what was asked last");
    desk.hears(Event::Call(view(CallState::Connected)));
    let mut muted = view(CallState::Connected);
    muted.muted = true;
    desk.hears(Event::Call(muted));
    for size in [(132, 38), (80, 24), (60, 20), (30, 6)] {
        let seen = desk.sees(size.0, size.1);
        assert!(seen.contains("MUTED") && !seen.contains("LIVE"), "{size:?}\n{seen}");
    }
    desk.presses("Space");
    assert_eq!(desk.commands(), [mute(false)]);
}

#[test]
fn hold_and_resume() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("x");
    assert_eq!(desk.commands(), [Command::Hold { call: CALL, on: true }]);
    desk.hears(Event::Call(view(CallState::LocalHold)));
    desk.presses("F7");
    assert_eq!(desk.commands(), [Command::Hold { call: CALL, on: false }]);
    let mut desk = Desk::in_call(CallState::Ringing);
    desk.presses("x");
    assert_eq!(desk.commands(), []);
}

#[test]
fn keypad_digits_are_tones_and_only_there() {
    let tone = |key| Command::Dtmf { call: CALL, tone: Tone::try_from(key).unwrap() };
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("5");
    assert_eq!(desk.commands(), []);
    desk.presses("k 5 * # m");
    assert_eq!(desk.commands(), [tone('5'), tone('*'), tone('#'), Command::Mute { call: CALL, on: true }]);
    desk.presses("k 7");
    assert_eq!(desk.commands(), []);
    let mut desk = Desk::ready();
    desk.presses("k");
    assert!(desk.model.popup.is_none());
}

#[test]
fn enter_on_a_friend_calls_nobody_during_a_call() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("Enter");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("d calls somebody else meanwhile, T asks somebody first"));
}

#[test]
fn quitting_during_a_call_asks() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("q Esc");
    assert_eq!(desk.effects, []);
    desk.presses("q y");
    assert_eq!(desk.effects, [Effect::Quit]);
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("Ctrl-c Ctrl-c");
    assert_eq!(desk.effects, [Effect::Quit]);
}

#[test]
fn the_bell_rings_until_the_phone_does_not() {
    let mut desk = Desk::ringing();
    let bells = |desk: &mut Desk| {
        let effects = std::mem::take(&mut desk.effects);
        effects.iter().filter(|effect| **effect == Effect::Bell).count()
    };
    assert_eq!(bells(&mut desk), 1);
    for _ in 0..4 {
        desk.waits(1000);
    }
    assert_eq!(bells(&mut desk), 2);
    desk.hears(Event::Call(view(CallState::Connected)));
    desk.waits(5000);
    assert_eq!(bells(&mut desk), 0);
}

#[test]
fn the_bell_can_be_turned_off() {
    let mut desk = Desk::fresh_with(&ScreenOptions { bell: false, ..ScreenOptions::default() }, true);
    desk.hears(Event::Incoming(incoming("carol")));
    desk.waits(9000);
    assert!(!desk.effects.contains(&Effect::Bell));
}

#[test]
fn the_title_tells_what_matters_most() {
    let mut desk = Desk::ringing();
    let titles = |desk: &mut Desk| {
        let effects = std::mem::take(&mut desk.effects);
        let title = |effect| if let Effect::Title(title) = effect { Some(title) } else { None };
        effects.into_iter().filter_map(title).collect::<Vec<_>>()
    };
    assert_eq!(titles(&mut desk), ["Carol calls - switchboard"]);
    desk.hears(Event::Call(view(CallState::Connected)));
    assert_eq!(titles(&mut desk), ["Bob - CONNECTED - switchboard"]);
    desk.hears(Event::Ended(summary(EndReason::HUNG_UP, Some(3))));
    let mut missed = records().remove(0);
    missed.call_id = CALL;
    desk.hears(Event::Recorded(missed));
    desk.hears(Event::Missed(1));
    desk.waits(1000);
    assert_eq!(titles(&mut desk), ["switchboard", "1 missed - switchboard"]);
    desk.hears(Event::Missed(0));
    assert_eq!(titles(&mut desk), ["switchboard"]);
}

#[test]
fn several_calls_that_ring_are_told_and_answered_in_order() {
    let mut desk = Desk::ringing();
    let mut second = incoming("grace");
    second.call = crate::domain::id::CallId(uuid::Uuid::from_u128(2));
    desk.hears(Event::Incoming(second.clone()));
    desk.hears(Event::Incoming(second.clone()));
    assert!(desk.sees(80, 24).contains("and 1 more"));
    desk.presses("r");
    assert_eq!(desk.commands(), [Command::Decline(CALL)]);
    let from = person("carol");
    desk.hears(Event::IncomingEnded { call: CALL, from, reason: EndReason::DECLINED });
    desk.presses("a");
    assert_eq!(desk.commands(), [Command::Answer(second.call)]);
}

#[test]
fn a_refusal_is_told_and_gives_the_state_back() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("m");
    desk.commands();
    desk.hears(Event::Refused(Refused { what: "mute", call: Some(CALL), why: Refusal::NotConnected }));
    assert!(desk.sees(80, 24).contains("mute: There is no connection"));
    desk.presses("m");
    assert_eq!(desk.commands(), [Command::Mute { call: CALL, on: true }]);
}

#[test]
fn what_happened_is_loaded_when_the_link_comes_up() {
    let mut desk = Desk::blank(&ScreenOptions::default(), true);
    desk.hears(Event::Link(Link::Up));
    assert_eq!(desk.commands(), [Command::LoadHistory, Command::LoadGroups]);
}

#[test]
fn the_timer_counts_from_the_answer() {
    let mut desk = Desk::in_call(CallState::Connected);
    assert!(desk.sees(80, 24).contains("04:31"));
    desk.takes(Message::Tick(NOW.plus(3_600_000)));
    assert!(desk.sees(80, 24).contains("1:04:31"));
}
