//! The lines programs read, field by field.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::base::clock;
use crate::cli::roster::tests::{person, rows};
use crate::domain::call::{Participant, Peer, RosterRow};
use crate::domain::group::Group;
use crate::domain::person::Person;
use crate::phone::event::{Incoming, LinkReach, MediaState};

const WALL: UnixMillis = UnixMillis(1_769_850_300_250);
const CALL: CallId = CallId(Uuid::from_u128(7));
const HEAD: &str = r#""ts":"2026-01-31T09:05:00.250Z","at_ms":12,"#;
const CALL_TEXT: &str = r#""call_id":"00000000-0000-0000-0000-000000000007""#;

struct Told {
    journal: Journal,
    now: Instant,
}

fn told() -> Told {
    let began = clock::now();
    Told { journal: Journal::new(began), now: began + Duration::from_millis(12) }
}

impl Told {
    #[track_caller]
    fn expect(&mut self, event: &Event, lines: &[String]) {
        assert_eq!(self.journal.lines(event, self.now, WALL), lines);
    }
}

fn golden(event: &str, body: &str) -> String {
    format!(r#"{{"v":1,"event":"{event}",{HEAD}{body}}}"#)
}

fn bob() -> Person {
    Person {
        identity: "8:acs:1_2".parse().unwrap(),
        name: "bob".parse().unwrap(),
        display_name: "Bob \"B\" Smith".into(),
    }
}

fn view(state: CallState, other: ParticipantState) -> Event {
    Event::Call(CallView {
        call: CALL,
        direction: Direction::Outgoing,
        with: Peer::Person(bob()),
        group: None,
        may_end: false,
        state,
        started_at: WALL,
        connected_at: None,
        muted: false,
        participants: Arc::new([RosterRow {
            number: 0,
            participant: Participant { person: bob(), state: other, muted: false },
        }]),
        media: MediaState::Connecting,
    })
}

#[test]
fn a_call_is_told_by_what_changes_and_only_that() {
    let mut told = told();
    let state = |state: &str| golden("state", &format!(r#"{CALL_TEXT},"state":"{state}""#));
    let bob = |state: &str| {
        golden("participant", &format!(r#"{CALL_TEXT},"id":"8:acs:1_2","name":"bob","state":"{state}","muted":false"#))
    };
    told.expect(&view(CallState::Ringing, ParticipantState::Ringing), &[state("ringing"), bob("ringing")]);
    told.expect(&view(CallState::Ringing, ParticipantState::Ringing), &[]);
    told.expect(&view(CallState::Connected, ParticipantState::Connected), &[state("connected"), bob("connected")]);
    told.expect(&view(CallState::LocalHold, ParticipantState::Connected), &[state("localHold")]);
}

#[test]
fn an_incoming_call_rings_and_says_who_it_is() {
    let mut told = told();
    let lines = [
        golden("state", &format!(r#"{CALL_TEXT},"state":"ringing""#)),
        golden(
            "participant",
            &format!(r#"{CALL_TEXT},"id":"8:acs:1_2","name":"bob","state":"connected","muted":false"#),
        ),
    ];
    told.expect(&Event::Incoming(Incoming { call: CALL, from: bob(), at: WALL, group: None }), &lines);
    let gone = Event::IncomingEnded { call: CALL, from: bob(), reason: EndReason::CANCELLED };
    told.expect(&gone, &[golden("state", &format!(r#"{CALL_TEXT},"state":"disconnected""#))]);
}

fn card() -> GroupCard {
    let id = GroupId(Uuid::from_u128(9));
    let group = Group { id, name: Some("Ops".parse().unwrap()), code: "k7mq3tzf".parse().unwrap() };
    GroupCard { group, link: "http://h/j/k7mq-3tzf".to_owned(), reach: LinkReach::Network }
}

fn meeting(with: Peer, here: &[&str]) -> Event {
    let Event::Call(view) = view(CallState::Connected, ParticipantState::Connected) else { unreachable!() };
    let here: Vec<_> = here.iter().map(|name| (*name, ParticipantState::Connected)).collect();
    Event::Call(CallView { with, group: Some(card()), participants: rows(&here), ..view })
}

fn group_told(more: &str) -> String {
    let id = r#""id":"00000000-0000-0000-0000-000000000009","name":"Ops","code":"k7mq-3tzf""#;
    golden("group", &format!(r#"{CALL_TEXT},{id},"link":"http://h/j/k7mq-3tzf"{more}"#))
}

#[test]
fn a_joined_group_is_told_and_then_who_comes_goes_and_speaks() {
    let mut told = told();
    let state = golden("state", &format!(r#"{CALL_TEXT},"state":"connected""#));
    let participant = |name: &str, state: &str| {
        let who = format!(r#""id":"8:acs:1_{name}","name":"{name}""#);
        golden("participant", &format!(r#"{CALL_TEXT},{who},"state":"{state}","muted":false"#))
    };
    let with = || Peer::Group(card().group.reference());
    let speak = |names: &str| golden("speakers", &format!(r#"{CALL_TEXT},"names":[{names}]"#));
    told.expect(&meeting(with(), &[]), &[state]);
    told.expect(&Event::Joined { call: CALL, group: card(), first: false }, &[group_told(r#","first":false"#)]);
    let both = [participant("bob", "connected"), participant("carol", "connected")];
    told.expect(&meeting(with(), &["bob", "carol"]), &both);
    let speakers = |speakers: &[u16]| Event::Speakers { call: CALL, speakers: speakers.to_vec() };
    told.expect(&speakers(&[2, 1]), &[speak(r#""carol","bob""#)]);
    told.expect(&speakers(&[2, 1, 77]), &[]);
    told.expect(&speakers(&[]), &[speak("")]);
    told.expect(&meeting(with(), &["bob"]), &[participant("carol", "disconnected")]);
    told.expect(&speakers(&[2]), &[]);
    told.expect(&meeting(with(), &["bob", "dan"]), &[participant("dan", "connected"), speak(r#""dan""#)]);
}

#[test]
fn a_call_that_becomes_a_group_call_tells_the_group_once() {
    let mut told = told();
    let bob = || Peer::Person(person("bob"));
    let Event::Call(direct) = meeting(bob(), &["bob"]) else { unreachable!() };
    told.journal.lines(&Event::Call(CallView { group: None, ..direct }), told.now, WALL);
    let carol = r#""id":"8:acs:1_carol","name":"carol","state":"connected","muted":false"#;
    let lines = told.journal.lines(&meeting(bob(), &["bob", "carol"]), told.now, WALL);
    assert_eq!(lines[0], group_told(""));
    assert!(lines.len() == 2 && lines[1].contains(carol), "{lines:?}");
    assert!(told.journal.lines(&meeting(bob(), &["bob", "carol"]), told.now, WALL).is_empty());
}

#[test]
fn tones_quality_and_warnings_have_their_lines() {
    let mut told = told();
    let tone = Event::Dtmf { call: CALL, from: bob().identity, tone: '#'.try_into().unwrap() };
    told.expect(&tone, &[golden("dtmf", &format!(r##"{CALL_TEXT},"from":"8:acs:1_2","tone":"#""##))]);
    let quality = Quality { rtt_ms: Some(1.26), sent_packets: 3, buffer_ms: 60.0, ..Quality::default() };
    let body = r#""rtt_ms":1.3,"jitter_ms":0.0,"sent_packets":3,"received_packets":0,"lost_packets":0,"concealed_ms":0,"buffer_ms":60.0"#;
    told.expect(&Event::Quality { call: CALL, quality }, &[golden("quality", &format!("{CALL_TEXT},{body}"))]);
    told.expect(&Event::Warning("a \"b\"".to_owned()), &[golden("warning", r#""message":"a \"b\"""#)]);
}

#[test]
fn the_summary_is_the_last_line() {
    let mut told = told();
    let summary = Summary {
        call: CALL,
        direction: Direction::Outgoing,
        with: Peer::Person(bob()),
        end: EndReason::HUNG_UP,
        connected_for: Some(Duration::from_millis(5020)),
        quality: Quality { rtt_ms: Some(0.44), jitter_ms: 2.0, received_packets: 250, ..Quality::default() },
        first_audio_ms: Some(35),
        heard_ms: 4980,
        level_out_dbfs: None,
        level_in_dbfs: Some(-18.04),
    };
    told.expect(&Event::Ended(summary.clone()), &[golden("state", &format!(r#"{CALL_TEXT},"state":"disconnected""#))]);
    let line = SummaryLine::of_call(&summary, "The call ended.".to_owned());
    let audio = r#"{"sent_packets":0,"received_packets":250,"lost_packets":0,"rtt_ms":0.4,"jitter_ms":2.0,"concealed_ms":0,"first_audio_ms":35,"heard_ms":4980,"level_in_dbfs":-18.0,"level_out_dbfs":null}"#;
    let end = r#"{"code":0,"sub_code":0,"reason":"The call ended."}"#;
    let body = format!(r#"{CALL_TEXT},"connected":true,"seconds":5.02,"end":{end},"audio":{audio}"#);
    assert_eq!(told.journal.summary(&line, told.now, WALL), golden("summary", &body));
}

#[test]
fn a_failure_without_a_call_has_a_summary_too() {
    let told = told();
    let line = SummaryLine::without_call(EndReason { code: 404, sub_code: 0 }, "Nobody is called x.".to_owned());
    let text = told.journal.summary(&line, told.now, WALL);
    assert!(text.contains(r#""connected":false,"seconds":0.0,"end":{"code":404,"sub_code":0,"#), "{text}");
    assert!(!text.contains("call_id"), "{text}");
}

#[test]
fn instants_are_written_as_rfc_3339() {
    for (millis, text) in [(0, "1970-01-01T00:00:00.000Z"), (951_827_696_789, "2000-02-29T12:34:56.789Z")] {
        assert_eq!(rfc3339(UnixMillis(millis)), text);
    }
}
