//! The lines programs read, field by field.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::base::clock;
use crate::cli::roster::tests::{person, rows};
use crate::control::explanation::{Advice, Progress, Stage};
use crate::domain::call::{Participant, Peer, RosterRow};
use crate::domain::forwarding::{CallRules, ForwardWhen};
use crate::domain::group::Group;
use crate::domain::park::ParkSlot;
use crate::domain::person::Person;
use crate::domain::transfer::{HandedTo, Via};
use crate::phone::event::{
    AudioDevice, AudioState, DeviceFigures, DeviceState, Heard, Incoming, LinkReach, MediaState, Outbound, Quality,
    Transport,
};
use crate::texts;

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
        let told = self.journal.lines(event, self.now, WALL);
        assert_eq!(told, lines);
        told.iter().for_each(|line| schema::tests::fits(line));
    }
}

fn golden(event: &str, body: &str) -> String {
    format!(r#"{{"v":1,"event":"{event}",{HEAD}{body}}}"#)
}

fn bob() -> Person {
    Person::new("8:acs:1_2".parse().unwrap(), "bob".parse().unwrap(), "Bob \"B\" Smith".into())
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
        consult_of: None,
        via: None,
        held_since: None,
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
    told.expect(&Event::Incoming(Incoming { call: CALL, from: bob(), at: WALL, group: None, via: None }), &lines);
    let gone = Event::IncomingEnded { call: CALL, from: bob(), reason: EndReason::CANCELLED };
    told.expect(&gone, &[golden("state", &format!(r#"{CALL_TEXT},"state":"disconnected""#))]);
}

#[test]
fn who_is_of_another_organisation_is_told_with_it() {
    let mut told = told();
    let outside = || Person { organisation: "acme".parse().unwrap(), ..bob() };
    let who = r#""id":"8:acs:1_2","name":"bob","state":"connected","muted":false"#;
    let rings = |from| Event::Incoming(Incoming { call: CALL, from, at: WALL, group: None, via: None });
    let ended = Event::IncomingEnded { call: CALL, from: bob(), reason: EndReason::CANCELLED };
    told.expect(&Event::Me(bob()), &[]);
    let ringing = golden("state", &format!(r#"{CALL_TEXT},"state":"ringing""#));
    let over = golden("state", &format!(r#"{CALL_TEXT},"state":"disconnected""#));
    let line = golden("participant", &format!(r#"{CALL_TEXT},{who},"organisation":"acme""#));
    told.expect(&rings(outside()), &[ringing.clone(), line]);
    told.expect(&ended, &[over]);
    // To somebody of the same organisation it is no news.
    let mut colleague = self::told();
    colleague.expect(&Event::Me(outside()), &[]);
    colleague.expect(&rings(outside()), &[ringing, golden("participant", &format!(r#"{CALL_TEXT},{who}"#))]);
}

#[test]
fn a_ring_says_how_it_came_about() {
    let rings = |via| {
        let incoming = Incoming { call: CALL, from: bob(), at: WALL, group: None, via: Some(via) };
        let mut told = told();
        let line = told.journal.lines(&Event::Incoming(incoming), told.now, WALL).remove(0);
        schema::tests::fits(&line);
        line
    };
    let state = |via: &str| golden("state", &format!(r#"{CALL_TEXT},"state":"ringing","via":{via}"#));
    let carol = r#"{"id":"8:acs:1_carol","name":"carol"}"#;
    let by = person("carol");
    assert_eq!(rings(Via::Transferred { by }), state(&format!(r#"{{"kind":"transferred","by":{carol}}}"#)));
    let returned = Via::Returned { from: person("carol"), reason: EndReason::DECLINED };
    let back = format!(r#"{{"kind":"returned","from":{carol},"code":603,"sub_code":0}}"#);
    assert_eq!(rings(returned), state(&back));
    let slot = ParkSlot::try_from(3).unwrap();
    assert_eq!(rings(Via::Recalled { slot }), state(r#"{"kind":"recalled","slot":3}"#));
}

#[test]
fn rules_are_told_when_they_change() {
    let mut told = told();
    told.expect(&Event::Rules(AccountRules::default()), &[]);
    let rules = CallRules { busy: Some(bob().identity), ..CallRules::default() };
    let rules = AccountRules { rules, people: vec![bob()] };
    let bob = r#"{"id":"8:acs:1_2","name":"bob"}"#;
    let body = format!(
        r#""always":null,"busy":{bob},"no_answer":null,"after_seconds":20,"do_not_disturb":null,"except":[],"pick_up":"friends""#
    );
    told.expect(&Event::Rules(rules.clone()), &[golden("rules", &body)]);
    told.expect(&Event::Rules(rules), &[]);
}

#[test]
fn a_call_that_is_handed_on_says_to_whom_or_where() {
    let mut told = told();
    let carol = r#"{"id":"8:acs:1_carol","name":"carol"}"#;
    let by = format!(r#"{CALL_TEXT},"by":{{"id":"8:acs:1_2","name":"bob"}}"#);
    let to = HandedTo::Person { person: person("carol") };
    let line = golden("handed_on", &format!(r#"{by},"to":{carol}"#));
    told.expect(&Event::HandedOn { call: CALL, by: bob(), to, forwarded: None }, &[line]);
    let to = HandedTo::Person { person: person("carol") };
    let line = golden("handed_on", &format!(r#"{by},"to":{carol},"forwarded":"no_answer""#));
    told.expect(&Event::HandedOn { call: CALL, by: bob(), to, forwarded: Some(ForwardWhen::NoAnswer) }, &[line]);
    let to = HandedTo::Slot { slot: ParkSlot::try_from(3).unwrap() };
    told.expect(
        &Event::HandedOn { call: CALL, by: bob(), to, forwarded: None },
        &[golden("handed_on", &format!(r#"{by},"slot":3"#))],
    );
}

#[test]
fn who_is_there_instead_is_a_participant_and_who_handed_on_is_none_any_more() {
    let mut told = told();
    told.journal.lines(&view(CallState::Connected, ParticipantState::Connected), told.now, WALL);
    let Event::Call(before) = view(CallState::Connected, ParticipantState::Connected) else { unreachable!() };
    let carol = Participant { person: person("carol"), state: ParticipantState::Connected, muted: false };
    let after = CallView { participants: Arc::new([RosterRow { number: 0, participant: carol }]), ..before };
    let line = |id: &str, name: &str, state: &str| {
        golden("participant", &format!(r#"{CALL_TEXT},"id":"{id}","name":"{name}","state":"{state}","muted":false"#))
    };
    let mut lines = told.journal.lines(&Event::Call(after), told.now, WALL);
    lines.sort();
    let mut both = [line("8:acs:1_2", "bob", "disconnected"), line("8:acs:1_carol", "carol", "connected")];
    both.sort();
    assert_eq!(lines, both);
}

#[test]
fn a_call_that_goes_on_under_another_id_says_which() {
    let into = CallId(Uuid::from_u128(8));
    let line = golden("moved", &format!(r#"{CALL_TEXT},"into":"00000000-0000-0000-0000-000000000008""#));
    told().expect(&Event::Moved { call: CALL, into }, &[line]);
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
fn tones_and_warnings_have_their_lines() {
    let mut told = told();
    let tone = Event::Dtmf { call: CALL, from: bob().identity, tone: '#'.try_into().unwrap() };
    told.expect(&tone, &[golden("dtmf", &format!(r##"{CALL_TEXT},"from":"8:acs:1_2","tone":"#""##))]);
    told.expect(&Event::Warning("a \"b\"".to_owned()), &[golden("warning", r#""message":"a \"b\"""#)]);
    let speaker = DeviceState::Instead { name: "Lid".to_owned(), of: "device:Desk".to_owned() };
    let audio = Event::Audio(AudioState { speaker, ..AudioState::default() });
    let message = r#""message":"device:Desk can't be used as the speaker: Lid stands in for it""#;
    told.expect(&audio, &[golden("warning", message)]);
    told.expect(&audio, &[]);
}

/// Figures of the sound, all of them.
const FIGURES: &str = concat!(
    r#""transport":"tcp","sent_packets":251,"received_packets":250,"lost_packets":7,"late_packets":3,"repaired_packets":6,"#,
    r#""rtt_ms":1.3,"jitter_ms":2.0,"concealed_ms":80,"buffer_ms":60.0,"kbps_in":31.6,"kbps_out":32.0,"#,
    r#""mos_in":4.21,"mos_out":4.38,"sent_loss_percent":1.5,"sent_lost_packets":4,"sent_jitter_ms":3.2,"#,
    r#""underruns":1,"overruns":2,"late_ticks":5,"dropped_packets":9,"erle_db":38.1"#,
);

/// How one participant is heard.
const CAROL: &str = concat!(
    r#"{"id":"8:acs:1_carol","name":"carol","received_packets":90,"lost_packets":10,"late_packets":1,"#,
    r#""repaired_packets":8,"jitter_ms":4.0,"concealed_ms":60,"buffer_ms":45.0,"kbps":30.1,"mos":3.99}"#,
);

/// Figures of a call of which little is known.
const LITTLE: &str = concat!(
    r#""transport":null,"sent_packets":0,"received_packets":0,"lost_packets":0,"late_packets":0,"repaired_packets":0,"#,
    r#""rtt_ms":null,"jitter_ms":0.0,"concealed_ms":0,"buffer_ms":0.0,"kbps_in":0.0,"kbps_out":0.0,"#,
    r#""mos_in":null,"mos_out":null,"sent_loss_percent":null,"sent_lost_packets":null,"sent_jitter_ms":null,"#,
    r#""underruns":0,"overruns":0,"late_ticks":0,"dropped_packets":0,"erle_db":null"#,
);

fn quality() -> Quality {
    Quality {
        transport: Some(Transport::Tcp),
        rtt_ms: Some(1.26),
        jitter_ms: 2.0,
        sent_packets: 251,
        received_packets: 250,
        lost_packets: 7,
        concealed_ms: 80,
        buffer_ms: 60.0,
        late_packets: 3,
        repaired_packets: 6,
        kbps_in: 31.58,
        kbps_out: 32.0,
        mos_in: Some(4.2123),
        mos_out: Some(4.3789),
        outbound: Some(Outbound { loss_percent: 1.48, lost_packets: 4, jitter_ms: 3.21 }),
        heard: Arc::new([]),
        device: DeviceFigures { overruns: 2, underruns: 1, late_ticks: 5, dropped_packets: 9, erle_db: Some(38.06) },
    }
}

#[test]
fn quality_is_told_with_each_participant_that_is_known() {
    let mut told = told();
    told.journal.lines(&meeting(Peer::Group(card().group.reference()), &["bob", "carol"]), told.now, WALL);
    let carol = Heard {
        number: 2,
        jitter_ms: 4.04,
        received_packets: 90,
        lost_packets: 10,
        late_packets: 1,
        repaired_packets: 8,
        concealed_ms: 60,
        buffer_ms: 45.0,
        kbps: 30.06,
        mos: Some(3.994),
    };
    let stranger = Heard { number: 77, ..carol };
    let event = Event::Quality { call: CALL, quality: Quality { heard: Arc::new([carol, stranger]), ..quality() } };
    told.expect(&event, &[golden("quality", &format!(r#"{CALL_TEXT},{FIGURES},"participants":[{CAROL}]"#))]);
}

#[test]
fn quality_is_told_of_a_call_nothing_else_was_told_of() {
    let event = Event::Quality { call: CALL, quality: Quality::default() };
    told().expect(&event, &[golden("quality", &format!(r#"{CALL_TEXT},{LITTLE},"participants":[]"#))]);
}

#[test]
fn what_is_wrong_is_told_when_it_begins_and_when_it_is_over() {
    let mut told = told();
    let line = |word: &str, on: bool, diagnosis| {
        let message = texts::diagnosis::sentence(diagnosis);
        golden("diagnosis", &format!(r#"{CALL_TEXT},"diagnosis":"{word}","on":{on},"message":"{message}""#))
    };
    let (muted, poor) = (Diagnosis::SpeakingWhileMuted, Diagnosis::NetworkPoor);
    let now = |diagnoses: &[Diagnosis]| Event::Diagnoses { call: CALL, diagnoses: diagnoses.to_vec() };
    told.expect(&now(&[muted]), &[line("speaking_while_muted", true, muted)]);
    told.expect(&now(&[muted, poor]), &[line("network_poor", true, poor)]);
    let gone = Diagnosis::DeviceGone(AudioDevice::Microphone);
    let lines = [
        line("speaking_while_muted", false, muted),
        line("network_poor", false, poor),
        line("microphone_gone", true, gone),
    ];
    told.expect(&now(&[gone]), &lines);
    let (zeros, silent) = [true, false].map(|exact_zeros| Diagnosis::MicrophoneSilent { exact_zeros }).into();
    told.expect(&now(&[zeros]), &[line("microphone_gone", false, gone), line("microphone_all_zeros", true, zeros)]);
    told.expect(
        &now(&[silent]),
        &[line("microphone_all_zeros", false, zeros), line("microphone_silent", true, silent)],
    );
    told.expect(&now(&[]), &[line("microphone_silent", false, silent)]);
}

#[test]
fn the_page_for_scripts_names_what_there_is_and_nothing_else() {
    const PAGE: &str = include_str!("../../../docs/scripts.md");
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let keys = |text: &str| read(text).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    // The first column of the table below a heading.
    let table = |heading: &str| -> Vec<String> {
        let rest = PAGE.split_once(heading).unwrap().1;
        let rows = rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
        let cells = rows.skip(2).filter_map(|row| row.split('|').nth(1));
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
    };
    let sorted = |mut names: Vec<String>| {
        names.sort_unstable();
        names
    };
    let figures = keys(&format!("{{{FIGURES}}}"));
    assert_eq!(sorted(table("### Figures of the sound")), sorted(figures));
    for name in keys(CAROL) {
        assert!(PAGE.contains(&format!("`{name}`")), "{name} is not on the page");
    }

    let diagnoses = Diagnosis::ALL.to_vec();
    let mut told = told();
    let lines = told.journal.lines(&Event::Diagnoses { call: CALL, diagnoses }, told.now, WALL);
    let words = lines.iter().map(|line| read(line)["diagnosis"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sorted(table("### Diagnoses")), sorted(words));
}

#[test]
fn the_summary_is_the_last_line() {
    let mut told = told();
    let summary = Summary {
        call: CALL,
        direction: Direction::Outgoing,
        with: Peer::Person(bob()),
        end: EndReason::HUNG_UP,
        handed_over: None,
        connected_for: Some(Duration::from_millis(5020)),
        quality: quality(),
        first_audio_ms: Some(35),
        heard_ms: 4980,
        level_out_dbfs: None,
        level_in_dbfs: Some(-18.04),
    };
    told.expect(&Event::Ended(summary.clone()), &[golden("state", &format!(r#"{CALL_TEXT},"state":"disconnected""#))]);
    let line = SummaryLine::of_call(&summary, "The call ended.".to_owned());
    let more = r#""first_audio_ms":35,"heard_ms":4980,"level_in_dbfs":-18.0,"level_out_dbfs":null"#;
    let end = r#"{"code":0,"sub_code":0,"reason":"The call ended."}"#;
    let body = format!(r#"{CALL_TEXT},"connected":true,"seconds":5.02,"end":{end},"audio":{{{FIGURES},{more}}}"#);
    let text = told.journal.summary(&line, told.now, WALL);
    assert_eq!(text, golden("summary", &body));
    schema::tests::fits(&text);
}

#[test]
fn a_failure_without_a_call_has_a_summary_too() {
    let told = told();
    let line = SummaryLine::without_call(EndReason { code: 404, sub_code: 0 }, "Nobody is called x.".to_owned());
    let text = told.journal.summary(&line, told.now, WALL);
    assert!(text.contains(r#""connected":false,"seconds":0.0,"end":{"code":404,"sub_code":0,"#), "{text}");
    assert!(!text.contains("call_id"), "{text}");
    schema::tests::fits(&text);
}

#[test]
fn why_a_call_failed_is_in_its_summary() {
    let told = told();
    let steps = vec![explain::StepLine { stage: Stage::Ice, progress: Progress::Failed, ms: Some(1.5) }];
    let explain = ExplainLine {
        cause: "A firewall.".to_owned(),
        next: "Open it.".to_owned(),
        advice: Advice::LetUdpThrough,
        failed: Some(Stage::Ice),
        steps,
    };
    let line =
        SummaryLine { explain: Some(explain), ..SummaryLine::without_call(EndReason::SETUP_TIMEOUT, String::new()) };
    let text = told.journal.summary(&line, told.now, WALL);
    assert!(text.contains(r#""failed":"ice","steps":[{"stage":"ice","progress":"failed","ms":1.5}]"#), "{text}");
    schema::tests::fits(&text);
}

#[test]
fn what_became_of_the_lines_of_a_script_has_its_lines() {
    let told = told();
    let slot = ParkSlot::try_from(3).ok();
    let done = DoneLine { line: 4, words: "park".to_owned(), call_id: Some(CALL), slot };
    let text = told.journal.line(&done, told.now, WALL);
    assert_eq!(text, golden("done", &format!(r#""line":4,"words":"park",{CALL_TEXT},"slot":3"#)));
    schema::tests::fits(&text);
    let refused = RefusedLine { line: 5, words: "call x".to_owned(), exit: 9, message: "Nobody.".to_owned() };
    let text = told.journal.line(&refused, told.now, WALL);
    assert_eq!(text, golden("refused", r#""line":5,"words":"call x","exit":9,"message":"Nobody.""#));
    schema::tests::fits(&text);
    let failed = Some(FailedLine::from(&refused));
    let played = PlayedLine { done: 4, lines: 7, calls: 1, seconds: 2.5, exit: 9, failed };
    let text = told.journal.line(&played, told.now, WALL);
    let at = r#""failed":{"line":5,"words":"call x","message":"Nobody."}"#;
    assert_eq!(text, golden("played", &format!(r#""done":4,"lines":7,"calls":1,"seconds":2.5,"exit":9,{at}"#)));
    schema::tests::fits(&text);
    let whole = PlayedLine { failed: None, ..played };
    schema::tests::fits(&told.journal.line(&whole, told.now, WALL));
}

#[test]
fn instants_are_written_as_rfc_3339() {
    for (millis, text) in [(0, "1970-01-01T00:00:00.000Z"), (951_827_696_789, "2000-02-29T12:34:56.789Z")] {
        assert_eq!(rfc3339(UnixMillis(millis)), text);
    }
}

#[test]
fn the_code_of_a_sign_in_elsewhere() {
    let told = told();
    let line = SignInCodeLine {
        issuer: "login.example",
        user_code: "WDJB-MJHT",
        verification_uri: "https://login.example/device",
        verification_uri_complete: None,
        expires_in: 600,
    };
    let text = told.journal.line(&line, told.now, WALL);
    let body = r#""issuer":"login.example","user_code":"WDJB-MJHT","verification_uri":"https://login.example/device","verification_uri_complete":null,"expires_in":600"#;
    assert_eq!(text, golden("sign_in_code", body));
    schema::tests::fits(&text);
}
