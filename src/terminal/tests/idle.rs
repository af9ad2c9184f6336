//! Pictures are drawn when something changed, and only then.

use std::time::{Duration, Instant};

use ratatui::backend::TestBackend;

use super::kit::{CALL, Desk, NOW, devices, incoming, quality};
use crate::base::clock;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::phone::event::{Diagnosis, Event, Link};
use crate::terminal::message::Message;
use crate::terminal::model::{ScreenOptions, SshSession};
use crate::terminal::screen::{PACE, Screen};

fn screen(desk: Desk) -> (Screen<TestBackend>, Instant) {
    let start = clock::now();
    let mut screen = Screen::new(desk.model, TestBackend::new(132, 38)).unwrap();
    assert!(screen.draw(start).unwrap());
    (screen, start)
}

#[test]
fn an_idle_screen_is_drawn_once_and_never_wakes() {
    let (mut screen, start) = screen(Desk::ready());
    assert_eq!(screen.model().next_change(), None);
    for second in 1..3600 {
        screen.take(NOW.plus(second * 1000), Message::Tick(NOW.plus(second * 1000)));
        assert_eq!(screen.due(start + Duration::from_secs(second.unsigned_abs())), None);
    }
    assert_eq!(screen.draws(), 1);
}

#[test]
fn over_ssh_and_with_the_sound_popup_open_it_stands_still_as_well() {
    let ssh = SshSession::found(Some("203.0.113.7 50122 192.0.2.7 22"), None, "atlas");
    let options = ScreenOptions { ssh, ..ScreenOptions::default() };
    let mut desk = Desk::fresh_with(&options, true).furnished();
    desk.presses("D");
    desk.hears(Event::Devices(devices()));
    assert_eq!(desk.model.next_change(), None);
    let (mut screen, start) = screen(desk);
    screen.take(NOW.plus(60_000), Message::Tick(NOW.plus(60_000)));
    assert_eq!(screen.due(start + Duration::from_secs(60)), None);
}

#[test]
fn a_diagnosis_is_drawn_when_it_comes_and_stands_still() {
    let mut desk = Desk::in_call(CallState::Connected);
    let before = desk.model.next_change();
    desk.hears(Event::Diagnoses { call: CALL, diagnoses: vec![Diagnosis::EchoSuspected] });
    assert!(desk.model.changed);
    assert_eq!(desk.model.next_change(), before, "only the timer of the call moves");
    assert!(desk.model.notice.is_none() && desk.model.popup.is_none());
}

#[test]
fn a_call_is_drawn_once_a_second() {
    let (mut screen, start) = screen(Desk::in_call(CallState::Connected));
    for tenth in 1..=50 {
        let now = NOW.plus(tenth * 100);
        screen.take(now, Message::Tick(now));
        screen.draw(start + Duration::from_millis(tenth.unsigned_abs() * 100)).unwrap();
    }
    assert_eq!(screen.draws(), 1 + 5);
}

#[test]
fn levels_that_look_the_same_are_not_drawn_again() {
    let (mut screen, _) = screen(Desk::in_call(CallState::Connected));
    let levels =
        |microphone| Message::Phone(Event::Levels { call: CALL, microphone, speaker: -31.0, heard: Vec::new() });
    screen.take(NOW, levels(-18.2));
    assert!(!screen.model().changed);
    screen.take(NOW, levels(-12.0));
    assert!(screen.model().changed);
}

#[test]
fn a_flood_of_events_makes_at_most_thirty_pictures_a_second() {
    let (mut screen, start) = screen(Desk::in_call(CallState::Connected));
    for milli in 1..=1000 {
        screen.take(NOW, Message::Phone(Event::Quality { call: CALL, quality: quality() }));
        screen.draw(start + Duration::from_millis(milli)).unwrap();
    }
    assert_eq!(screen.draws(), 1 + 1000 / u64::try_from(PACE.as_millis()).unwrap());
}

#[test]
fn a_ringing_screen_blinks_and_stands_still_after() {
    let mut desk = Desk::ready();
    desk.hears(Event::Incoming(incoming("carol")));
    assert_eq!(desk.model.next_change(), Some(NOW.plus(500)));
    let from = super::kit::person("carol");
    desk.hears(Event::IncomingEnded { call: CALL, from, reason: EndReason::CANCELLED });
    desk.waits(10_000);
    assert_eq!(desk.model.next_change(), None);
}

#[test]
fn the_next_change_always_lies_ahead() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.presses("k 5 Esc b");
    for _ in 0..100 {
        let next = desk.model.next_change().unwrap();
        assert!(next > desk.model.now, "{next:?} is not after {:?}", desk.model.now);
        let ahead = next.since(desk.model.now);
        desk.waits(ahead);
    }
}

#[test]
fn a_service_that_stays_away_is_told_once() {
    let mut desk = Desk::ready();
    let told =
        |desk: &Desk| desk.model.events.entries.iter().filter(|entry| entry.text.contains("no connection")).count();
    let down = |reason: &str| Event::Link(Link::Down { reason: reason.to_owned(), retry_in: Duration::from_secs(1) });
    desk.hears(down("lost"));
    for _ in 0..3 {
        desk.hears(down("refused"));
        desk.hears(Event::Link(Link::Connecting));
    }
    assert_eq!(told(&desk), 1);
    desk.hears(down("no route"));
    assert_eq!(told(&desk), 2);
    desk.hears(Event::Link(Link::Up));
    desk.hears(down("no route"));
    assert_eq!(told(&desk), 3);
}
