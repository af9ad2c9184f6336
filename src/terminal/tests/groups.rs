//! Given groups, shared ones too, these keys and events have these effects.

use super::group_kit::{LINK, card, four, group_view, groups};
use super::kit::{CALL, Desk, person, summary};
use crate::domain::call::Peer;
use crate::domain::end_reason::EndReason;
use crate::domain::group::GroupKey;
use crate::phone::command::Command;
use crate::phone::event::{Event, LinkReach, Refusal, Refused};
use crate::terminal::message::{Copied, Effect, Message};
use crate::terminal::model::{Pane, Popup, ScreenOptions};

fn join(place: &str) -> Command {
    Command::Join { place: place.to_owned(), existing: false, muted: None }
}

fn ops() -> String {
    card().group.id.to_string()
}

#[test]
fn the_prompt_joins_what_is_typed_or_pasted() {
    for typed in ["k7mq-3tzf", "Ops bridge", "29228d3e-040e-4656-a70e-890ab4e173e5", LINK] {
        let mut desk = Desk::ready();
        desk.presses("J");
        desk.types(typed);
        desk.presses("Enter");
        assert_eq!(desk.commands(), [join(typed)]);
        assert!(desk.model.popup.is_none());
        desk.presses("J");
        desk.takes(Message::Paste(format!(" {typed}\r\n")));
        desk.presses("Enter");
        assert_eq!(desk.commands(), [join(typed)], "pasted");
    }
}

#[test]
fn what_is_no_place_stays_in_the_prompt() {
    let mut desk = Desk::ready();
    for wrong in ["", "29228d3e-040e-4656-a70e", "ftp://x/y"] {
        desk.presses("Esc J");
        desk.types(wrong);
        desk.presses("Enter");
        assert_eq!(desk.commands(), []);
        assert!(matches!(desk.model.popup, Some(Popup::Join(_))), "{wrong}");
    }
    assert!(desk.sees(80, 24).contains("not a link to a group"));
}

#[test]
fn a_pasted_link_offers_to_join_and_waits_for_enter() {
    for opened in ["", "d", "D", "o", "H"] {
        let mut desk = Desk::ready();
        desk.presses(opened);
        desk.commands();
        desk.model.changed = false;
        desk.takes(Message::Paste(format!("{LINK}\n")));
        assert!(desk.model.changed, "after {opened:?}");
        assert_eq!(desk.commands(), [], "after {opened:?}");
        let seen = desk.sees(80, 24);
        assert!(seen.contains("JOIN A GROUP") && seen.contains(LINK), "after {opened:?}:\n{seen}");
        desk.presses("Enter");
        assert_eq!(desk.commands(), [join(LINK)]);
    }
    let mut desk = Desk::ready();
    desk.presses(":");
    desk.takes(Message::Paste(format!("join {LINK}\n")));
    desk.presses("Enter");
    assert_eq!(desk.commands(), [join(LINK)], "a text field keeps what is pasted into it");
}

#[test]
fn a_link_typed_where_a_person_is_wanted_is_joined() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types(LINK);
    desk.presses("Enter");
    assert_eq!(desk.commands(), [join(LINK)]);
}

#[test]
fn a_group_call_is_started_with_or_without_a_name() {
    let mut desk = Desk::ready();
    desk.presses("n Enter");
    assert_eq!(desk.commands(), [Command::StartGroup { name: None }]);
    desk.presses("n");
    desk.types("Ops bridge");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [Command::StartGroup { name: Some("Ops bridge".parse().unwrap()) }]);
    desk.presses("C Enter");
    assert_eq!(desk.commands(), [], "a group that is kept needs a name");
    desk.types("Retro");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [Command::CreateGroup("Retro".parse().unwrap())]);
    desk.presses("n");
    desk.types(&"x".repeat(65));
    desk.presses("Enter");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("not a group name"));
}

#[test]
fn the_selected_group_is_joined_shared_and_removed() {
    let mut desk = Desk::ready();
    desk.presses("G Enter");
    assert_eq!(desk.commands(), [join(&ops())]);
    desk.presses("s");
    assert_eq!(desk.commands(), [Command::ShowGroup(ops())]);
    desk.hears(Event::Group { card: card(), row: groups().remove(2) });
    assert!(desk.sees(80, 24).contains(LINK));
    desk.presses("Esc -");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("Give up Ops bridge"));
    desk.presses("Enter Esc - y");
    assert_eq!(desk.commands(), [Command::RemoveGroup(card().group.id)]);
    desk.presses("Down -");
    assert!(desk.sees(80, 24).contains("Take Retrospective off your list"), "a group of somebody else");
}

#[test]
fn the_tab_key_goes_round_the_panels() {
    let mut desk = Desk::ready();
    let mut seen = vec![desk.model.focus];
    for _ in 0..4 {
        desk.presses("Tab");
        seen.push(desk.model.focus);
    }
    assert_eq!(seen, [Pane::Friends, Pane::Groups, Pane::History, Pane::Events, Pane::Friends]);
    let mut desk = Desk::in_group(four());
    assert_eq!(desk.model.focus, Pane::People);
    desk.presses("Shift-Tab Shift-Tab Shift-Tab");
    assert_eq!(desk.model.focus, Pane::Events);
    desk.hears(Event::Ended(summary(EndReason::HUNG_UP, Some(3))));
    desk.presses("P");
    assert_eq!(desk.model.focus, Pane::Events, "there are no people without a group call");
}

#[test]
fn a_call_record_of_a_group_joins_it_again() {
    let mut desk = Desk::ready();
    let mut record = super::kit::records().remove(1);
    record.with = Peer::Group(card().group.reference());
    desk.hears(Event::History(vec![record]));
    desk.presses("R H Enter");
    assert_eq!(desk.commands(), [join(&ops()), join(&ops())]);
}

#[test]
fn the_link_is_copied_from_the_card_and_from_the_call() {
    for keys in ["s y", "y"] {
        let mut desk = Desk::in_group(four());
        desk.presses(keys);
        assert_eq!(desk.effects, [Effect::Copy(LINK.to_owned())], "{keys}");
        desk.takes(Message::Copied(Copied::Program("wl-copy")));
        assert!(desk.sees(80, 24).contains("copied with wl-copy"));
        desk.takes(Message::Copied(Copied::Terminal));
        assert!(desk.sees(80, 24).contains("sent to your terminal's clipboard (OSC 52)"));
    }
}

#[test]
fn the_link_stands_alone_from_the_first_column_on() {
    let mut desk = Desk::in_group(four());
    desk.presses("s");
    for (width, height) in [(132, 38), (100, 30), (80, 24), (60, 20), (40, 10)] {
        let seen = desk.sees(width, height);
        assert!(seen.lines().any(|line| line == LINK), "{width}x{height}\n{seen}");
    }
    let seen = desk.sees(80, 24);
    assert!(seen.contains('▀') && seen.contains("code k7mq-3tzf") && seen.contains(&ops()), "{seen}");
    assert!(!desk.sees(60, 20).contains('▀'));
}

#[test]
fn the_code_is_dark_on_light_with_its_quiet_zone() {
    let mut desk = Desk::in_group(four());
    desk.presses("s");
    let buffer = desk.buffer(80, 24);
    // Header, heading, link; then the code from the first column on: 37 modules on a side, 4 of them light at each edge.
    let style = desk.model.look.theme.style(crate::terminal::theme::Role::Qr);
    let light = |x: u16, y: u16| {
        let cell = &buffer[(x, y)];
        assert_eq!((Some(cell.fg), Some(cell.bg)), (style.fg, style.bg), "at {x},{y}");
        cell.symbol() == " "
    };
    for along in 0..37 {
        for edge in [0, 1] {
            assert!(light(along, 3 + edge), "above, at {along}");
        }
    }
    for along in 0..19 {
        for edge in [0, 3, 33, 36] {
            assert!(light(edge, 3 + along), "beside, at {edge},{along}");
        }
    }
    assert!(!light(4, 5), "the finder pattern begins behind the quiet zone");
    let drawn = super::kit::text(&buffer);
    let drawn: Vec<&str> = drawn.lines().skip(3).take(19).collect();
    let code = qrcode::QrCode::with_error_correction_level(LINK, qrcode::EcLevel::L).unwrap();
    let rendered: String = code.render::<qrcode::render::unicode::Dense1x2>().build();
    for (drawn, rendered) in drawn.iter().zip(rendered.lines()) {
        assert!(drawn.starts_with(rendered.trim_end()), "{drawn}\n{rendered}");
    }
}

#[test]
fn friends_are_marked_with_the_space_bar_and_told_with_enter() {
    let mut desk = Desk::in_group(four());
    desk.presses("s w Space Down Space Space Down Space");
    assert_eq!(desk.commands(), [], "the space bar does not mute here");
    desk.presses("Enter");
    let id = |name| person(name).identity.as_str().to_owned();
    let share = |with: Vec<String>| Command::ShareGroup { group: GroupKey::Id(card().group.id), with };
    assert_eq!(desk.commands(), [share(vec![id("bob"), id("dave")])]);
    desk.hears(Event::Shared { group: card().group.id, with: vec![person("bob"), person("dave")] });
    assert!(desk.sees(80, 24).contains("Ops bridge is shared with Bob, Dave"));
    desk.presses("w Down Enter");
    assert_eq!(desk.commands(), [share(vec![id("carol")])], "nobody marked: the one selected");
    desk.presses("w Esc");
    assert!(matches!(desk.model.popup, Some(Popup::Share(_))), "back to the card");
}

#[test]
fn a_group_shared_is_joined_with_one_key_and_never_with_enter() {
    let mut desk = Desk::shared();
    assert!(desk.effects.contains(&Effect::Bell));
    desk.presses("Esc");
    desk.effects.clear();
    desk.presses("j");
    assert_eq!(desk.commands(), [join(&ops())]);
    desk.hears(Event::Call(group_view(four())));
    desk.hears(Event::Joined { call: CALL, group: card(), first: false });
    assert!(!desk.sees(80, 24).contains("Carol shares"), "what was joined is no offer any more");
    let mut desk = Desk::fresh();
    desk.hears(Event::GroupShared { card: card(), by: person("carol"), here: 0 });
    desk.presses("Enter");
    assert_eq!(desk.commands(), []);
    desk.waits(60_000);
    assert_eq!(desk.model.next_change(), None, "it stands still");
    desk.presses("l");
    assert!(!desk.sees(80, 24).contains("join · l later"));
    assert!(desk.sees(132, 38).contains("Carol shares"), "it stays among the events");
}

#[test]
fn a_group_shared_takes_nothing_that_is_typed() {
    let mut desk = Desk::ready();
    desk.presses("d");
    desk.types("j");
    desk.hears(Event::GroupShared { card: card(), by: person("carol"), here: 3 });
    desk.effects.clear();
    desk.types("jl");
    assert_eq!(desk.commands(), []);
    let seen = desk.sees(80, 24);
    assert!(seen.contains("jjl") && seen.contains("F9 join"), "{seen}");
    desk.presses("F9");
    assert_eq!(desk.commands(), [join(&ops())]);
}

#[test]
fn groups_shared_are_bounded_and_each_is_there_once() {
    let mut desk = Desk::fresh_with(&ScreenOptions { bell: false, ..ScreenOptions::default() }, true);
    for n in 0..40_u128 {
        let mut other = card();
        other.group.id = crate::domain::id::GroupId(uuid::Uuid::from_u128(n % 20));
        desk.hears(Event::GroupShared { card: other, by: person("carol"), here: 3 });
    }
    assert!(desk.model.shared.len() <= 8);
    assert!(!desk.effects.contains(&Effect::Bell), "the bell can be turned off");
}

#[test]
fn palette_words_of_groups() {
    let typed = |mut desk: Desk, words: &str| {
        desk.presses(":");
        desk.types(words);
        desk.presses("Enter");
        desk
    };
    for (words, command) in [
        ("join k7mq-3tzf", join("k7mq-3tzf")),
        ("start group Ops bridge", Command::StartGroup { name: Some("Ops bridge".parse().unwrap()) }),
        ("create group Retro", Command::CreateGroup("Retro".parse().unwrap())),
        ("share Ops bridge", Command::ShowGroup("Ops bridge".to_owned())),
    ] {
        assert_eq!(typed(Desk::ready(), words).commands(), [command], "{words}");
    }
    let invite = Command::Invite { call: CALL, who: "carol".to_owned() };
    assert_eq!(typed(Desk::in_group(four()), "invite carol").commands(), [invite]);
    assert_eq!(typed(Desk::in_group(four()), "copy link").effects, [Effect::Copy(LINK.to_owned())]);
    assert_eq!(typed(Desk::ready(), "groups").model.focus, Pane::Groups);
    assert!(matches!(typed(Desk::in_group(four()), "end for all").model.popup, Some(Popup::Confirm(_))));
    assert!(matches!(typed(Desk::in_group(four()), "share").model.popup, Some(Popup::Share(_))));
    assert!(matches!(typed(Desk::ready(), "join").model.popup, Some(Popup::Join(_))));
    assert!(matches!(typed(Desk::ready(), "remove group").model.popup, Some(Popup::Confirm(_))));
    assert!(typed(Desk::ready(), "join ftp://x").sees(80, 24).contains("not a link to a group"));
}

#[test]
fn a_refused_join_is_told() {
    let mut desk = Desk::ready();
    let why = Refusal::OtherService { origin: "https://calls.example".to_owned() };
    desk.hears(Event::Refused(Refused { what: "join", call: None, why }));
    assert!(desk.sees(132, 38).contains("join: This link is of another service, https://calls.example."));
}

#[test]
fn a_link_of_the_service_can_not_steer_the_terminal() {
    let mut desk = Desk::ready();
    let mut bad = card();
    bad.link = "http://h/j/k7mq-3tzf\u{1b}]52;c;AAAA\u{7}\u{202e}".to_owned();
    bad.reach = LinkReach::ThisMachine;
    let mut view = group_view(four());
    view.group = Some(bad.clone());
    desk.hears(Event::Call(view));
    desk.hears(Event::Group { card: bad.clone(), row: groups().remove(2) });
    desk.hears(Event::GroupShared { card: bad, by: person("carol"), here: 1 });
    let printable = |text: &str| text.chars().all(|c| !c.is_control() && c != '\u{202e}');
    for size in [(132, 38), (80, 24), (60, 20)] {
        assert!(desk.sees(size.0, size.1).lines().all(printable));
    }
    desk.effects.clear();
    desk.presses("y");
    let Some(Effect::Copy(link)) = desk.effects.first() else { panic!("nothing is copied: {:?}", desk.effects) };
    assert!(printable(link));
}
