//! Given a screen, these keys have these effects.

use super::kit::{CALL, Desk, NOW, devices, friends, incoming, person, records, summary, view};
use crate::domain::call::CallState;
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::domain::presence::PresenceChoice;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::command::Command;
use crate::phone::event::{Event, Link, Refusal, Refused};
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::{Pane, Popup, ScreenOptions};

fn call(to: &str) -> Command {
    Command::Call { to: to.to_owned(), ring_for: None }
}

fn ringing() -> Desk {
    let mut desk = Desk::ready();
    desk.hears(Event::Incoming(incoming("carol")));
    desk
}

#[test]
fn enter_calls_the_selected_friend() {
    let mut desk = Desk::ready();
    desk.presses("Down Down Up Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_carol")]);
}

#[test]
fn letters_answer_and_decline_when_nothing_is_typed() {
    for (keys, command) in [
        ("a", Command::Answer(CALL)),
        ("F3", Command::Answer(CALL)),
        ("r", Command::Decline(CALL)),
        ("F5", Command::Decline(CALL)),
    ] {
        let mut desk = ringing();
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
fn space_types_a_blank_where_text_is_typed() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses(":");
    desk.types("filter b");
    assert_eq!(desk.commands(), []);
    desk.presses("Enter");
    assert_eq!(desk.model.friends.filter.text(), "b");
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
fn dialling_calls_the_match_or_the_text_as_typed() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types("bo");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_bob")]);
    desk.presses("d");
    desk.types("8:echo123");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:echo123")]);
    desk.presses("d Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_bob")], "an empty text offers the friends");
}

#[test]
fn people_are_searched_a_little_after_typing_and_the_newest_text_wins() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types("e");
    desk.waits(100);
    desk.types("c");
    desk.waits(100);
    assert_eq!(desk.commands(), []);
    desk.waits(50);
    assert_eq!(desk.commands(), [Command::SearchPeople("ec".to_owned())]);
    desk.hears(Event::People { text: "e".to_owned(), people: vec![person("eve")] });
    desk.hears(Event::People { text: "ec".to_owned(), people: vec![person("echo")] });
    let seen = desk.sees(80, 24);
    assert!(seen.contains("Echo") && !seen.contains("Eve"), "{seen}");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_echo")]);
}

#[test]
fn friends_are_added_by_name() {
    let mut desk = Desk::fresh();
    desk.presses("f");
    desk.types("dave");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [Command::AddFriend("dave".to_owned())]);
}

#[test]
fn a_removed_friend_can_be_kept_for_three_seconds() {
    let mut desk = Desk::ready();
    desk.presses("Delete");
    assert!(!desk.sees(80, 24).contains("Bob  "));
    desk.waits(2900);
    desk.presses("u");
    desk.waits(5000);
    assert_eq!(desk.commands(), []);
    desk.presses("Delete");
    desk.waits(3000);
    assert_eq!(desk.commands(), [Command::RemoveFriend(person("bob").identity)]);
}

#[test]
fn leaving_carries_a_removal_out() {
    let mut desk = Desk::ready();
    desk.presses("Delete q");
    let removed = Effect::Phone(Command::RemoveFriend(person("bob").identity));
    assert_eq!(desk.effects, [removed, Effect::Quit]);
}

#[test]
fn the_filter_narrows_the_friends_until_it_is_cleared() {
    let mut desk = Desk::ready();
    desk.presses("/");
    desk.types("gra");
    desk.presses("Enter Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_grace")]);
    desk.presses("Esc");
    assert_eq!(desk.model.friends.shown().count(), friends().len());
}

#[test]
fn a_second_call_asks_to_hang_up_first() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("Enter");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("hang up first"));
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
fn q_closes_what_is_open_before_it_leaves() {
    let mut desk = Desk::ready();
    desk.presses("D");
    desk.commands();
    desk.presses("q");
    assert!(desk.effects.is_empty() && desk.model.popup.is_none());
    desk.presses("q");
    assert_eq!(desk.effects, [Effect::Quit]);
}

#[test]
fn the_bell_rings_until_the_phone_does_not() {
    let mut desk = ringing();
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
    let mut desk = ringing();
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
    desk.waits(1000);
    assert_eq!(titles(&mut desk), ["switchboard", "1 missed - switchboard"]);
    desk.presses("H");
    assert_eq!(titles(&mut desk), ["switchboard"]);
}

#[test]
fn missed_calls_are_counted_once_and_called_back_with_enter() {
    let mut desk = Desk::ready();
    let mut missed = records().remove(0);
    missed.call_id = CALL;
    missed.with = person("frank");
    desk.hears(Event::Recorded(missed.clone()));
    desk.hears(Event::Recorded(missed));
    assert_eq!(desk.model.history.unseen, 1);
    desk.presses("H Enter");
    assert_eq!(desk.commands(), [call("8:acs:demo_frank")]);
    assert_eq!(desk.model.history.unseen, 0);
}

#[test]
fn redial_calls_the_other_side_of_the_last_call() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Ended(summary(EndReason::HUNG_UP, Some(3))));
    desk.commands();
    desk.presses("R");
    assert_eq!(desk.commands(), [call("8:acs:demo_bob")]);
}

#[test]
fn devices_are_chosen_with_enter() {
    let mut desk = Desk::ready();
    desk.presses("D");
    assert_eq!(desk.commands(), [Command::ListDevices]);
    desk.hears(Event::Devices(devices()));
    desk.presses("Down Enter End Enter");
    let chosen = [
        Command::UseMicrophone(SourceChoice::Device("USB Mic".to_owned())),
        Command::UseSpeaker(SinkChoice::Device("Headset".to_owned())),
    ];
    assert_eq!(desk.commands(), chosen);
}

#[test]
fn presence_is_chosen_from_a_list_or_by_command() {
    let mut desk = Desk::ready();
    desk.presses("o Down Down Enter");
    assert_eq!(desk.commands(), [Command::SetPresence(PresenceChoice::DoNotDisturb)]);
    desk.presses(":");
    desk.types("away");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [Command::SetPresence(PresenceChoice::Away)]);
}

#[test]
fn commands_take_their_words_literally() {
    for (typed, command) in [
        ("mute", Command::Mute { call: CALL, on: true }),
        ("unmute", Command::Mute { call: CALL, on: false }),
        ("hold", Command::Hold { call: CALL, on: true }),
        ("resume", Command::Hold { call: CALL, on: false }),
        ("dtmf 5", Command::Dtmf { call: CALL, tone: Tone::try_from('5').unwrap() }),
        ("hangup", Command::HangUp(CALL)),
        ("mic tone:880", Command::UseMicrophone(SourceChoice::Tone(880))),
        ("speaker none", Command::UseSpeaker(SinkChoice::Nowhere)),
        ("add friend carol", Command::AddFriend("carol".to_owned())),
    ] {
        let mut desk = Desk::in_call(CallState::Connected);
        desk.presses(":");
        desk.types(typed);
        desk.presses("Enter");
        assert_eq!(desk.commands(), [command], "{typed}");
        assert!(desk.model.popup.is_none());
    }
}

#[test]
fn a_wrong_command_is_told_and_can_be_mended() {
    let mut desk = Desk::ready();
    desk.presses(":");
    desk.types("dtmf x");
    desk.presses("Enter");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("not a DTMF tone"));
    desk.presses(":");
    desk.types("zzz");
    desk.presses("Enter");
    assert!(desk.sees(80, 24).contains("no command"));
    assert!(matches!(desk.model.popup, Some(Popup::Palette(_))));
}

#[test]
fn suggestions_are_taken_with_the_arrows() {
    let mut desk = Desk::ready();
    desk.presses(":");
    desk.types("hist");
    desk.presses("Enter");
    assert_eq!(desk.model.focus, Pane::History);
    desk.presses(":");
    desk.types("m");
    desk.presses("Down Enter");
    let Some(Popup::Palette(palette)) = &desk.model.popup else { panic!("the palette is closed") };
    assert_eq!(palette.input.text(), "mic ", "a command that needs an argument is typed out");
}

#[test]
fn several_calls_that_ring_are_told_and_answered_in_order() {
    let mut desk = ringing();
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
fn pasted_text_goes_where_text_is_typed_and_nowhere_else() {
    let mut desk = Desk::ready();
    desk.takes(Message::Paste("q\nb\nb".to_owned()));
    assert_eq!(desk.effects, []);
    desk.presses("d");
    desk.takes(Message::Paste(" 8:echo123\n".to_owned()));
    desk.presses("Enter");
    assert_eq!(desk.commands(), [call("8:echo123")]);
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
    assert_eq!(desk.commands(), [Command::LoadHistory]);
}

#[test]
fn the_timer_counts_from_the_answer() {
    let mut desk = Desk::in_call(CallState::Connected);
    assert!(desk.sees(80, 24).contains("04:31"));
    desk.takes(Message::Tick(NOW.plus(3_600_000)));
    assert!(desk.sees(80, 24).contains("1:04:31"));
}

#[test]
fn at_most_eight_hints_and_help_is_always_among_them() {
    for mut desk in [Desk::fresh(), Desk::ready(), Desk::in_call(CallState::Connected), ringing()] {
        for opened in ["", "d", ":", "?", "Esc D", "Esc o"] {
            desk.presses(opened);
            let hints = desk.model.hints();
            assert!(hints.len() <= 8, "{hints:?}");
            assert_eq!(hints.last().map(|(_, word)| *word), Some("keys"), "{hints:?}");
            assert!(hints.iter().all(|(key, word)| !key.is_empty() && !word.is_empty()), "{hints:?}");
        }
    }
}
