//! Given a group call, these keys and events have these effects.

use std::time::Duration;

use ratatui::backend::TestBackend;

use super::group_kit::{card, crowd, four, group, group_view, roster_row};
use super::kit::{CALL, Desk, NOW, incoming, person, row, summary, view};
use crate::base::clock;
use crate::domain::call::{CallState, ParticipantState, Peer};
use crate::domain::end_reason::EndReason;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::Pane;
use crate::terminal::screen::Screen;

#[test]
fn leaving_a_group_call_goes_back_to_where_it_was_joined() {
    let mut desk = Desk::ready();
    desk.presses("G");
    desk.calls(group_view(four()));
    assert_eq!(desk.model.focus, Pane::People);
    let mut over = summary(EndReason::HUNG_UP, Some(3));
    over.with = Peer::Group(card().group.reference());
    desk.hears(Event::Ended(over));
    assert_eq!(desk.model.focus, Pane::Groups);
    let seen = desk.sees(80, 24);
    assert!(seen.contains("R join again") && seen.contains("ENDED"), "{seen}");
}

#[test]
fn a_group_is_joined_or_started_beside_a_call_but_not_by_enter_alone() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("J k 7 m q - 3 t z f Enter");
    assert!(matches!(&desk.commands()[..], [Command::Join { place, .. }] if place == "k7mq-3tzf"));
    desk.presses("n Enter");
    assert_eq!(desk.commands(), [Command::StartGroup { name: None }]);
    desk.presses("G Enter");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("You are in a call: d calls somebody else"));
}

#[test]
fn joining_tells_who_is_there_and_what_to_press() {
    let mut desk = Desk::in_group(Vec::new());
    desk.hears(Event::Joined { call: CALL, group: card(), first: true });
    let seen = desk.sees(80, 24);
    assert!(seen.contains("You are first in Ops bridge: s shares it."), "{seen}");
    assert!(seen.contains("you are first in this group; s shares it") && seen.contains("1 person"), "{seen}");
    let mut muted = group_view(four());
    muted.muted = true;
    desk.calls(muted.clone());
    let seen = desk.sees(80, 24);
    assert!(seen.contains("muted: 5 others are here, press m to speak") && seen.contains("6 people"), "{seen}");
    muted.participants = [].into();
    desk.calls(muted);
    assert!(desk.sees(80, 24).contains("you are alone here; s shares the group"));
    let mut desk = Desk::ready();
    let mut muted = group_view(four());
    muted.muted = true;
    desk.calls(muted);
    desk.hears(Event::Joined { call: CALL, group: card(), first: false });
    let seen = desk.sees(132, 38);
    assert!(seen.contains("Joined Ops bridge muted: 5 others are here, press m to speak."), "{seen}");
}

#[test]
fn who_comes_and_goes_is_told_in_few_words() {
    let mut desk = Desk::in_group(four());
    let mut later = four();
    later.remove(0);
    later.push(roster_row(7, person("heidi"), ParticipantState::Connected, true));
    desk.calls(group_view(later));
    let seen = desk.sees(132, 38);
    assert!(seen.contains("Heidi joined") && seen.contains("Bob left"), "{seen}");
    let before = desk.model.events.entries.len();
    let mut many = crowd(300);
    many.iter_mut().for_each(|row| row.number += 100);
    desk.calls(group_view(many));
    let told: Vec<&str> = desk.model.events.entries.iter().skip(before).map(|entry| entry.text.as_str()).collect();
    assert_eq!(told, ["Björn 1, Chloé 2, Dmitri 3 and 297 more joined", "Carol, Dave, Erin and 2 more left"]);
}

#[test]
fn speakers_are_marked_where_they_stand() {
    let mut desk = Desk::in_group(four());
    let line_of = |desk: &Desk, name: &str| {
        let seen = desk.sees(80, 24);
        seen.lines().position(|line| line.contains(name) && line.contains(&name.to_lowercase())).unwrap()
    };
    let before = line_of(&desk, "Carol");
    desk.speak(&[2, 3]);
    let seen = desk.sees(80, 24);
    assert!(seen.contains("speaking ▶ Carol"), "{seen}");
    let lines: Vec<&str> = seen.lines().collect();
    assert!(lines[before].contains("▶ Carol") && lines[before].contains("speaking") && lines[before].contains('▆'));
    let dave = lines.iter().find(|line| line.contains("Dave  dave")).unwrap();
    assert!(dave.contains("✕") && dave.contains("muted"), "who is muted does not speak: {dave}");
    desk.speak(&[]);
    assert_eq!(line_of(&desk, "Carol"), before);
    assert!(desk.sees(80, 24).contains("speaking nobody"));
}

#[test]
fn levels_and_speakers_that_look_the_same_are_not_drawn_again() {
    let mut desk = Desk::in_group(four());
    desk.speak(&[2]);
    let start = clock::now();
    let mut screen = Screen::new(desk.model, TestBackend::new(132, 38)).unwrap();
    assert!(screen.draw(start).unwrap());
    let levels = |level| {
        Message::Phone(Event::Levels { call: CALL, microphone: -18.0, speaker: -20.0, heard: vec![(2, level)] })
    };
    let speakers = |numbers: &[u16]| Message::Phone(Event::Speakers { call: CALL, speakers: numbers.to_vec() });
    for message in [levels(-20.4), levels(-19.0), speakers(&[2])] {
        screen.take(NOW, message);
        assert!(!screen.model().changed);
    }
    for (second, message) in (1..).zip([levels(-40.0), speakers(&[2, 1])]) {
        screen.take(NOW, message);
        assert!(screen.draw(start + Duration::from_secs(second)).unwrap());
    }
}

#[test]
fn people_are_searched_by_name_and_found_again_when_they_change() {
    let mut desk = Desk::in_group(crowd(349));
    assert!(desk.model.hints().iter().any(|(key, word)| key == "/" && *word == "search"));
    desk.presses("/");
    desk.types("ada 16");
    let seen = desk.sees(80, 24);
    assert!(seen.contains("3 of 349") && seen.contains("Ada 16 ") && seen.contains("Ada 168"), "{seen}");
    assert_eq!(desk.commands(), [], "letters go to the search");
    desk.presses("Enter Down");
    assert_eq!(desk.model.group_call().unwrap().roster.selected, Some(160));
    desk.presses("Esc");
    assert!(desk.sees(80, 24).contains("of 350"));
    let few = Desk::in_group(four());
    assert!(!few.model.hints().iter().any(|(key, _)| key == "/"), "a few people need no search");
}

#[test]
fn an_invitation_says_where_to() {
    let mut desk = Desk::ready();
    let mut invitation = incoming("bob");
    invitation.group = Some(group(Some("Ops bridge")));
    desk.hears(Event::Incoming(invitation));
    for size in [(132, 38), (80, 24), (60, 20), (40, 6)] {
        assert!(desk.sees(size.0, size.1).contains("Bob invites you to Ops bridge"), "{size:?}");
    }
    assert!(desk.effects.contains(&Effect::Notify("Bob invites you to Ops bridge".to_owned())));
    desk.effects.clear();
    desk.presses("a");
    assert_eq!(desk.commands(), [Command::Answer(CALL)]);
}

#[test]
fn somebody_is_invited_and_the_call_becomes_a_group_call() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("i Down Enter");
    let who = person("carol").identity.as_str().to_owned();
    assert_eq!(desk.commands(), [Command::Invite { call: CALL, who }]);
    assert!(desk.sees(80, 24).contains("inviting Carol"));
    let mut grown = view(CallState::Connected);
    grown.group = Some(card());
    grown.participants = [row("bob", false), roster_row(2, person("carol"), ParticipantState::Ringing, false)].into();
    desk.calls(grown);
    let seen = desk.sees(80, 24);
    assert!(seen.contains("the call with Bob is a group call now") && seen.contains("2 people, 1 coming"), "{seen}");
    let mut desk = Desk::in_call(CallState::Ringing);
    desk.presses("i");
    assert!(desk.model.popup.is_none());
    assert!(desk.sees(80, 24).contains("Somebody can be invited once the call is answered."));
}

#[test]
fn only_who_may_ends_a_group_call_for_everybody_and_only_when_asked_twice() {
    let mut desk = Desk::in_group(four());
    desk.presses("B Enter");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(80, 24).contains("End Ops bridge for everybody: 5 others are in it."));
    desk.presses("q B y");
    assert_eq!(desk.commands(), [Command::EndForAll(CALL)]);
    let mut other = group_view(four());
    other.may_end = false;
    desk.calls(other);
    desk.presses("B");
    assert!(desk.model.popup.is_none());
    assert!(desk.sees(132, 38).contains("Only who started the group call may end it"));
    desk.presses("b b");
    assert_eq!(desk.commands(), [Command::HangUp(CALL)]);
}

#[test]
fn who_has_another_row_now_neither_came_nor_left() {
    let mut desk = Desk::in_group(four());
    let before = desk.model.events.entries.len();
    let mut later = four();
    later[0].number += 50;
    desk.calls(group_view(later));
    assert_eq!(desk.model.events.entries.len(), before);
}
