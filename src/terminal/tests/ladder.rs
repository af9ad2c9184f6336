//! The ladder on the screen, and why a call went wrong on its card.

use std::sync::Arc;

use serde_json::{Value, json};
use uuid::Uuid;

use super::kit::{CALL, Desk, NOW, summary};
use crate::control::explanation::{Advice, Progress, Stage, Step};
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::phone::event::Event;
use crate::phone::evidence::News;
use crate::phone::evidence::entry::{Entry, Frame, Kind, LegStep, LinkStep, Sound, Way, What};
use crate::phone::evidence::story::Explanation;
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::ScreenOptions;

const OF: CallId = CallId(Uuid::from_u128(0x3f2a_9100_0000_0000_0000_0000_0000_0001));

fn frame(way: Way, kind: Kind, name: &str, body: &Value) -> What {
    What::Frame(Frame::new(way, kind, name, Some(7), &json!({kind.name(): {name: body}})))
}

/// What a phone remembers of a call.
fn entries() -> Vec<Arc<Entry>> {
    let state = |state, sound| What::State { state, sound, muted: false, with: "Bob".into() };
    let id = OF.to_string();
    let all = [
        (None, 0, What::Link(LinkStep::Began)),
        (None, 2, What::Link(LinkStep::Done { stage: Stage::Dns, took_us: 1800 })),
        (None, 900, What::Command("call bob".into())),
        (
            Some(OF),
            1000,
            frame(
                Way::Out,
                Kind::Request,
                "call_start",
                &json!({"call_id": id, "offer": "v=0\r\n", "to": "8:acs:demo_bob"}),
            ),
        ),
        (Some(OF), 1008, frame(Way::In, Kind::Response, "leg", &json!({"answer": "v=0\r\n"}))),
        (Some(OF), 1009, state(CallState::Ringing, Sound::Connecting)),
        (Some(OF), 1048, What::Leg { leg: 1, step: LegStep::IceConnected }),
        (Some(OF), 1083, What::Leg { leg: 1, step: LegStep::DtlsConnected }),
        (Some(OF), 3100, frame(Way::In, Kind::Notice, "call_changed", &json!({"call_id": id, "state": "ringing"}))),
        (Some(OF), 4200, frame(Way::In, Kind::Notice, "call_changed", &json!({"call_id": id, "state": "connected"}))),
        (Some(OF), 4201, state(CallState::Connected, Sound::Flowing)),
        (Some(OF), 9000, What::Leg { leg: 1, step: LegStep::Lost }),
        (None, 9100, What::Warning("something a person should know".into())),
    ];
    let entry = |(seq, (call, ms, what)): (u64, (Option<CallId>, u64, What))| {
        Arc::new(Entry { seq, at_us: ms * 1000, unix_ms: NOW.plus(i64::try_from(ms).unwrap()), call, what })
    };
    (1..).zip(all).map(entry).collect()
}

fn opened() -> Desk {
    let mut desk = Desk::ready();
    desk.presses("g");
    assert_eq!(desk.effects, [Effect::Look(0)]);
    desk.effects.clear();
    desk.takes(Message::Recorded(News { entries: entries(), first: 1 }));
    desk
}

#[track_caller]
fn check(name: &str, desk: &Desk) {
    let sizes = [(132, 38), (80, 24)];
    let all: String = sizes.map(|(width, height)| format!("{width}x{height}\n{}\n", desk.sees(width, height))).concat();
    insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, all);
    });
}

#[test]
fn the_ladder_shows_who_sent_what_and_what_came_of_it() {
    check("ladder", &opened());
}

#[test]
fn in_ascii_it_says_the_same() {
    let mut desk = Desk::fresh_with(&ScreenOptions { ascii: true, ..ScreenOptions::default() }, false);
    desk.presses("g");
    desk.takes(Message::Recorded(News { entries: entries(), first: 1 }));
    let seen = desk.sees(132, 38);
    assert!(seen.is_ascii() && seen.contains("call start"), "{seen}");
}

#[test]
fn it_is_narrowed_as_one_types_and_times_are_told_in_three_ways() {
    let mut desk = opened();
    desk.presses("/");
    desk.types("ringing");
    assert!(desk.sees(132, 38).contains("LADDER  2 of 2"), "{}", desk.sees(132, 38));
    desk.presses("Enter w");
    assert!(desk.sees(80, 24).contains("+3.100"), "{}", desk.sees(80, 24));
    desk.presses("w");
    assert!(desk.sees(80, 24).contains("+2.091"), "{}", desk.sees(80, 24));
    desk.presses("Esc");
    assert!(desk.sees(80, 24).contains("of 13"), "{}", desk.sees(80, 24));
    desk.presses("Esc");
    assert!(!desk.sees(80, 24).contains("LADDER"));
}

#[test]
fn two_messages_are_compared() {
    let mut desk = opened();
    desk.presses("/");
    desk.types("changed");
    desk.presses("Enter Home Space End Space Enter");
    check("ladder_diff", &desk);
    desk.presses("Esc");
    assert!(desk.model.popup.is_some(), "the ladder stays");
}

#[test]
fn a_message_is_opened_in_full() {
    let mut desk = opened();
    desk.presses("Home Down Down Down Enter");
    check("ladder_message", &desk);
}

#[test]
fn what_is_new_is_asked_for_some_times_a_second_and_drawn_only_where_there_is_something() {
    let mut desk = opened();
    assert_eq!(desk.model.next_change(), None, "nothing moves by itself");
    let mut asked = 0;
    for _ in 0..20 {
        desk.model.changed = false;
        desk.waits(100);
        for effect in std::mem::take(&mut desk.effects) {
            assert_eq!(effect, Effect::Look(13));
            asked += 1;
            desk.takes(Message::Recorded(News { entries: Vec::new(), first: 1 }));
        }
        assert!(!desk.model.changed);
    }
    assert!((4..=8).contains(&asked), "{asked} in two seconds");
    desk.presses("p");
    desk.waits(1000);
    desk.takes(Message::Recorded(News { entries: Vec::new(), first: 1 }));
    desk.effects.clear();
    desk.waits(1000);
    assert_eq!((desk.effects.as_slice(), desk.model.next_look()), (&[][..], None), "paused");
    desk.presses("p");
    assert_eq!(desk.effects, [Effect::Look(13)]);
    desk.presses("Esc");
    desk.effects.clear();
    desk.waits(10_000);
    assert_eq!((desk.effects.as_slice(), desk.model.next_look()), (&[][..], None), "closed");
}

#[test]
fn a_call_that_failed_says_why_on_its_card() {
    let mut desk = Desk::in_call(CallState::Ringing);
    desk.hears(Event::Ended(summary(EndReason::NO_MEDIA_PATH, None)));
    assert!(desk.effects.contains(&Effect::Explain(CALL)));
    let step = |stage, progress, ms| Step { stage, progress, took: Some(std::time::Duration::from_millis(ms)) };
    let why = Explanation {
        what: "No way was found to carry the sound.".to_owned(),
        cause: "The service answered, but no datagram came back from its media port: a firewall or VPN blocks UDP."
            .to_owned(),
        next: "Let UDP through to the service's media port, then run `switchboard doctor`.".to_owned(),
        advice: Advice::LetUdpThrough,
        failed: Some(Stage::Ice),
        steps: vec![
            step(Stage::Dns, Progress::Done, 2),
            step(Stage::Tcp, Progress::Done, 1),
            step(Stage::WebSocket, Progress::Done, 3),
            step(Stage::SignIn, Progress::Done, 12),
            step(Stage::Offer, Progress::Done, 8),
            step(Stage::Ice, Progress::Failed, 8000),
            step(Stage::Dtls, Progress::NotReached, 0),
        ],
    };
    desk.takes(Message::Explained(CALL, Some(Box::new(why))));
    check("ended_explained", &desk);
    desk.takes(Message::Explained(CALL, None));
    assert!(!desk.sees(132, 38).contains("likely cause"));
}

#[test]
fn evidence_is_asked_for_and_told() {
    let mut desk = Desk::ready();
    desk.presses("e");
    assert_eq!(desk.effects, [Effect::Evidence]);
    desk.takes(Message::Evidence(Ok("/tmp/x.tar.gz".to_owned())));
    assert!(desk.sees(80, 24).contains("Evidence is in /tmp/x.tar.gz"));
    desk.takes(Message::Evidence(Err("the disk is full".to_owned())));
    assert!(desk.sees(80, 24).contains("could not be written: the disk is full"));
}
