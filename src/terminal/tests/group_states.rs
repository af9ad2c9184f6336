//! Groups and group calls at three sizes, held as pictures in text.

use super::group_kit::{LINK, card, crowd, four, group, group_view, roster_row};
use super::kit::{CALL, Desk, friends, incoming, person};
use super::states::check;
use crate::domain::call::{CallState, ParticipantState};
use crate::phone::event::{AudioState, DeviceState, Event, LinkReach};
use crate::terminal::model::ScreenOptions;

#[test]
fn group_call_with_a_few() {
    let mut desk = Desk::in_group(four());
    desk.speak(&[2, 1]);
    check("group_call", &desk);
    let mut muted = group_view(four());
    muted.muted = true;
    desk.calls(muted);
    check("group_call_muted", &desk);
}

#[test]
fn group_call_of_the_largest_size() {
    let mut desk = Desk::in_group(crowd(349));
    desk.speak(&[7, 140]);
    check("group_call_350", &desk);
    desk.presses("End PageUp");
    check("group_call_350_scrolled", &desk);
    desk.presses("/");
    desk.types("ada");
    desk.presses("Down");
    check("group_call_350_searched", &desk);
    desk.types("zz");
    check("group_call_350_nobody_found", &desk);
}

#[test]
fn alone_in_a_group_call() {
    let mut desk = Desk::in_group(Vec::new());
    desk.hears(Event::Joined { call: CALL, group: card(), first: true });
    check("group_call_alone", &desk);
}

#[test]
fn group_call_without_a_microphone() {
    let mut desk = Desk::in_group(four());
    desk.hears(Event::Audio(AudioState {
        microphone: DeviceState::Absent,
        speaker: DeviceState::Idle,
        ringer: DeviceState::Idle,
    }));
    check("group_call_no_microphone", &desk);
}

#[test]
fn direct_call_without_a_microphone() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Audio(AudioState {
        microphone: DeviceState::Absent,
        speaker: DeviceState::Idle,
        ringer: DeviceState::Idle,
    }));
    assert!(desk.sees(80, 24).contains("Bob does not hear you: there is no microphone; D chooses one"));
    for size in [(132, 38), (80, 24), (60, 20), (30, 6)] {
        assert!(!desk.sees(size.0, size.1).contains("LIVE"), "{size:?}");
    }
    let silence = DeviceState::Working("silence".to_owned());
    desk.hears(Event::Audio(AudioState { microphone: silence, speaker: DeviceState::Idle, ringer: DeviceState::Idle }));
    assert!(desk.sees(80, 24).contains("Bob does not hear you"), "silence is no microphone either");
}

#[test]
fn share_card_with_its_code() {
    let mut desk = Desk::in_group(four());
    desk.presses("s");
    check("share_card", &desk);
    let mut here = group_view(four());
    let card = here.group.as_mut().unwrap();
    (card.link, card.reach) = ("http://127.0.0.1:38790/j/k7mq-3tzf".to_owned(), LinkReach::ThisMachine);
    desk.calls(here);
    desk.presses("Esc s");
    check("share_card_this_machine", &desk);
}

#[test]
fn sharing_with_friends() {
    let mut desk = Desk::in_group(four());
    desk.presses("s w Space Down Down Space");
    check("share_with", &desk);
}

#[test]
fn prompts_for_a_place() {
    let mut desk = Desk::ready();
    desk.presses("J");
    check("join_empty", &desk);
    desk.types("29228d3e-040e-4656-a70e");
    check("join_error", &desk);
    desk.presses("Ctrl-u");
    desk.types("ops BRIDGE");
    assert!(desk.sees(80, 24).contains("Ops bridge: 3 here"));
    desk.presses("Ctrl-u");
    desk.types(LINK);
    assert!(desk.sees(80, 24).contains("a link of http://192.168.178.42:8790"));
    desk.presses("Esc n");
    check("start_group", &desk);
}

#[test]
fn groups_of_the_list() {
    let mut desk = Desk::ready();
    desk.presses("G");
    check("groups", &desk);
    desk.presses("-");
    check("remove_group", &desk);
}

#[test]
fn group_shared_by_a_friend() {
    check("group_shared", &Desk::shared());
}

#[test]
fn invitation_into_a_group() {
    let mut desk = Desk::ready();
    let mut invitation = incoming("bob");
    invitation.group = Some(group(Some("Ops bridge")));
    desk.hears(Event::Incoming(invitation));
    check("invitation", &desk);
}

#[test]
fn inviting_somebody() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("i");
    check("invite", &desk);
}

#[test]
fn ending_for_everybody_asks() {
    let mut desk = Desk::in_group(four());
    desk.presses("B");
    check("end_for_all", &desk);
}

#[test]
fn ascii_only() {
    let mut desk = Desk::fresh_with(&ScreenOptions { ascii: true, ..ScreenOptions::default() }, true).furnished();
    desk.hears(Event::GroupShared { card: card(), by: person("carol"), here: 1 });
    let ascii = |desk: &Desk, after: &str| {
        for (width, height) in [(132, 38), (100, 30), (80, 24), (60, 20), (30, 8)] {
            let seen = desk.sees(width, height);
            assert!(seen.is_ascii(), "after {after}, {width}x{height}:\n{seen}");
        }
    };
    ascii(&desk, "a group shared");
    for keys in ["J", "Esc n", "Esc G"] {
        desk.presses(keys);
        ascii(&desk, keys);
    }
    desk.presses("Esc");
    desk.calls(group_view(four()));
    desk.speak(&[1]);
    ascii(&desk, "a group call");
    check("ascii_group_call", &desk);
    for keys in ["s", "w Space", "Esc Esc B", "Esc i", "Esc P /"] {
        desk.presses(keys);
        ascii(&desk, keys);
    }
}

#[test]
fn smallest_sizes() {
    let mut all = String::new();
    let mut look = |desk: &Desk| {
        for (width, height) in [(100, 30), (40, 10), (39, 9), (20, 5)] {
            all.push_str(&format!("{width}x{height}\n{}\n", desk.sees(width, height)));
        }
    };
    let mut desk = Desk::in_group(four());
    desk.speak(&[2]);
    look(&desk);
    desk.presses("s");
    look(&desk);
    look(&Desk::shared());
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("group_other_sizes", all);
    });
}

#[test]
fn a_name_that_is_too_long_is_cut() {
    let mut rows = four();
    rows[0].participant.person.display_name =
        "Bob of the very long and winding name, the third of that".repeat(3).into();
    let long = "Ops bridge of the department for long and winding names of all";
    let mut view = group_view(rows);
    if let Some(card) = &mut view.group {
        card.group.name = Some(long.parse().unwrap());
    }
    let mut desk = Desk::ready();
    desk.calls(view);
    for (width, height) in [(132, 38), (100, 30), (80, 24), (60, 20), (40, 12)] {
        let seen = desk.sees(width, height);
        assert!(seen.contains("Bob of the"), "{width}x{height}\n{seen}");
        assert!(seen.contains("in the call"), "the state is seen beside a long name:\n{seen}");
    }
}

#[test]
fn friends_are_many_when_sharing() {
    let mut many = friends();
    for n in 0..60 {
        let mut one = friends().remove(0);
        one.person.name = format!("friend{n}").parse().unwrap();
        one.person.display_name = format!("Friend {n}").as_str().into();
        one.person.identity = format!("8:acs:demo_friend{n}").parse().unwrap();
        many.push(one);
    }
    let mut desk = Desk::in_group(vec![roster_row(1, person("bob"), ParticipantState::Connected, false)]);
    desk.hears(Event::Friends(many));
    desk.presses("s w End Space");
    let seen = desk.sees(60, 20);
    assert!(seen.contains("[x] Grace") && seen.contains("1 marked"), "{seen}");
}
