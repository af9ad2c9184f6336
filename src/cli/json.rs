//! The lines of `--json`: one object each, with the field names scripts depend on.
//!
//! A [`Journal`] turns the phone's events into lines; the summary is the last line, also of a failure.

use std::collections::HashMap;
use std::time::Instant;

use serde::Serialize;
use time::OffsetDateTime;

use super::roster::{Change, Roster};
use crate::domain::call::{CallState, Direction, ParticipantState};
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::domain::group::{GroupCode, GroupName};
use crate::domain::id::{CallId, GroupId, Identity, UserName};
use crate::domain::time::UnixMillis;
use crate::phone::event::{CallView, Event, GroupCard, Quality, Summary};

/// The version every line names; it changes when a field changes its meaning or goes.
const VERSION: u8 = 1;

/// A line: the head, then what the event says.
#[derive(Debug, Serialize)]
struct Line<B> {
    v: u8,
    event: &'static str,
    /// RFC 3339, UTC, with milliseconds.
    ts: String,
    /// Since the command began.
    at_ms: u64,
    #[serde(flatten)]
    body: B,
}

/// The state of a call, for this phone.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct StateLine {
    call_id: CallId,
    state: CallState,
}

/// Another participant came, went or changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct ParticipantLine {
    call_id: CallId,
    id: Identity,
    name: UserName,
    state: ParticipantState,
    muted: bool,
}

/// The call is a group call: of which group, and what to share of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct GroupLine<'a> {
    call_id: CallId,
    id: GroupId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a GroupName>,
    code: &'a GroupCode,
    link: &'a str,
    /// Of who joined: whether nobody was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<bool>,
}

/// Who speaks now, the loudest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct SpeakersLine {
    call_id: CallId,
    names: Vec<UserName>,
}

/// A tone arrived.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct DtmfLine {
    call_id: CallId,
    from: Identity,
    tone: Tone,
}

/// Quality of a call so far.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct QualityLine {
    call_id: CallId,
    rtt_ms: Option<f32>,
    jitter_ms: f32,
    sent_packets: u64,
    received_packets: u64,
    lost_packets: u64,
    concealed_ms: u64,
    buffer_ms: f32,
}

/// Something a person should know, though nothing failed.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct WarningLine<'a> {
    message: &'a str,
}

/// What a call was like; the last line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SummaryLine {
    /// Which call; `None` when none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// Whether it was ever connected.
    pub connected: bool,
    /// How long it was connected.
    pub seconds: f64,
    /// Why it ended.
    pub end: EndLine,
    /// What the sound was like.
    pub audio: AudioLine,
}

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndLine {
    /// The main code; 0 is a normal end.
    pub code: u16,
    /// What exactly happened.
    pub sub_code: u32,
    /// A sentence a person can act on.
    pub reason: String,
}

/// What the sound of a call was like.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct AudioLine {
    /// Packets sent.
    pub sent_packets: u64,
    /// Packets received.
    pub received_packets: u64,
    /// Packets lost.
    pub lost_packets: u64,
    /// Round trip to the service.
    pub rtt_ms: Option<f32>,
    /// Interarrival jitter (RFC 3550 section 6.4.1).
    pub jitter_ms: f32,
    /// Sound made up for what was lost or late.
    pub concealed_ms: u64,
    /// From the answer to the first sound that arrived.
    pub first_audio_ms: Option<u64>,
    /// How much of what arrived was louder than silence.
    pub heard_ms: u64,
    /// Mean level received while not silent.
    pub level_in_dbfs: Option<f32>,
    /// Mean level sent while not silent.
    pub level_out_dbfs: Option<f32>,
}

impl SummaryLine {
    /// Of a call; `reason` is the sentence for its end.
    pub fn of_call(summary: &Summary, reason: String) -> Self {
        let quality = &summary.quality;
        Self {
            call_id: Some(summary.call),
            connected: summary.connected_for.is_some(),
            seconds: summary.connected_for.map_or(0.0, |time| time.as_millis() as f64 / 1000.0),
            end: EndLine { code: summary.end.code, sub_code: summary.end.sub_code, reason },
            audio: AudioLine {
                sent_packets: quality.sent_packets,
                received_packets: quality.received_packets,
                lost_packets: quality.lost_packets,
                rtt_ms: quality.rtt_ms.map(tenths),
                jitter_ms: tenths(quality.jitter_ms),
                concealed_ms: quality.concealed_ms,
                first_audio_ms: summary.first_audio_ms,
                heard_ms: summary.heard_ms,
                level_in_dbfs: summary.level_in_dbfs.map(tenths),
                level_out_dbfs: summary.level_out_dbfs.map(tenths),
            },
        }
    }

    /// Of a command that failed before there was a call.
    pub fn without_call(end: EndReason, reason: String) -> Self {
        let end = EndLine { code: end.code, sub_code: end.sub_code, reason };
        Self { call_id: None, connected: false, seconds: 0.0, end, audio: AudioLine::default() }
    }
}

/// Turns events into lines, and says only what is new.
#[derive(Debug)]
pub struct Journal {
    began: Instant,
    calls: HashMap<CallId, Told>,
}

/// What was told of a call.
#[derive(Debug, Default)]
struct Told {
    state: Option<CallState>,
    roster: Roster,
    group: bool,
    /// Who speaks, by number: the row may come later than the voice.
    speaking: Vec<u16>,
    speakers: Vec<UserName>,
}

impl Journal {
    /// A journal of a command that began at `began`.
    pub fn new(began: Instant) -> Self {
        Self { began, calls: HashMap::new() }
    }

    /// The lines for `event`; none for what the line format does not tell.
    pub fn lines(&mut self, event: &Event, now: Instant, wall: UnixMillis) -> Vec<String> {
        let mut out = Page { at_ms: self.at_ms(now), ts: rfc3339(wall), lines: Vec::new() };
        match event {
            Event::Incoming(incoming) => {
                self.state(&mut out, incoming.call, CallState::Ringing);
                let told = self.calls.entry(incoming.call).or_default();
                let caller = told.roster.expect(&incoming.from, ParticipantState::Connected);
                out.participants(incoming.call, caller);
            }
            Event::IncomingEnded { call, .. } => self.state(&mut out, *call, CallState::Disconnected),
            Event::Call(view) => {
                self.state(&mut out, view.call, view.state);
                self.group_of(&mut out, view);
                let told = self.calls.entry(view.call).or_default();
                out.participants(view.call, told.roster.changes(&view.participants));
                self.speakers(&mut out, view.call);
            }
            Event::Joined { call, group, first } => {
                self.calls.entry(*call).or_default().group = true;
                out.push("group", group_line(*call, group, Some(*first)));
            }
            Event::Speakers { call, speakers } => {
                self.calls.entry(*call).or_default().speaking.clone_from(speakers);
                self.speakers(&mut out, *call);
            }
            Event::Ended(summary) => {
                self.state(&mut out, summary.call, CallState::Disconnected);
                self.calls.remove(&summary.call);
            }
            Event::Dtmf { call, from, tone } => {
                out.push("dtmf", DtmfLine { call_id: *call, from: from.clone(), tone: *tone });
            }
            Event::Quality { call, quality } => out.push("quality", quality_line(*call, quality)),
            Event::Warning(message) => out.push("warning", WarningLine { message }),
            Event::Groups(_)
            | Event::Group { .. }
            | Event::GroupShared { .. }
            | Event::Shared { .. }
            | Event::Link(_)
            | Event::Me(_)
            | Event::MyPresence(_)
            | Event::Friends(_)
            | Event::Presence { .. }
            | Event::People { .. }
            | Event::History(_)
            | Event::Recorded(_)
            | Event::Levels { .. }
            | Event::MicrophoneFinished(_)
            | Event::Devices(_)
            | Event::Audio(_)
            | Event::Refused(_) => {}
        }
        out.lines
    }

    /// The summary's line.
    pub fn summary(&self, summary: &SummaryLine, now: Instant, wall: UnixMillis) -> String {
        line("summary", rfc3339(wall), self.at_ms(now), summary)
    }

    fn at_ms(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.began).as_millis()).unwrap_or(u64::MAX)
    }

    fn state(&mut self, out: &mut Page, call_id: CallId, state: CallState) {
        let told = self.calls.entry(call_id).or_default();
        if told.state.replace(state) != Some(state) {
            out.push("state", StateLine { call_id, state });
        }
    }

    /// A call that was joined is told as such by [`Event::Joined`]; the others once they are a group's.
    fn group_of(&mut self, out: &mut Page, view: &CallView) {
        let told = self.calls.entry(view.call).or_default();
        let joined = view.direction == Direction::Outgoing && view.with.group().is_some();
        if let Some(card) = view.group.as_ref().filter(|_| !joined && !told.group) {
            told.group = true;
            out.push("group", group_line(view.call, card, None));
        }
    }

    /// Numbers that are nobody's row, such as the user's own, are left out.
    fn speakers(&mut self, out: &mut Page, call_id: CallId) {
        let told = self.calls.entry(call_id).or_default();
        let names: Vec<UserName> =
            told.speaking.iter().filter_map(|number| told.roster.by_number(*number)).map(|p| p.name.clone()).collect();
        if told.speakers != names {
            told.speakers.clone_from(&names);
            out.push("speakers", SpeakersLine { call_id, names });
        }
    }
}

/// The lines of one event: all of one moment.
struct Page {
    at_ms: u64,
    ts: String,
    lines: Vec<String>,
}

impl Page {
    fn push(&mut self, event: &'static str, body: impl Serialize) {
        self.lines.push(line(event, self.ts.clone(), self.at_ms, body));
    }

    fn participants(&mut self, call_id: CallId, changes: impl IntoIterator<Item = Change>) {
        for Change { person, state, muted, .. } in changes {
            let (id, name) = (person.identity, person.name);
            self.push("participant", ParticipantLine { call_id, id, name, state, muted });
        }
    }
}

fn line(event: &'static str, ts: String, at_ms: u64, body: impl Serialize) -> String {
    let line = Line { v: VERSION, event, ts, at_ms, body };
    serde_json::to_string(&line).expect("lines are plain values")
}

fn group_line(call_id: CallId, card: &GroupCard, first: Option<bool>) -> GroupLine<'_> {
    let group = &card.group;
    GroupLine { call_id, id: group.id, name: group.name.as_ref(), code: &group.code, link: &card.link, first }
}

fn quality_line(call_id: CallId, quality: &Quality) -> QualityLine {
    QualityLine {
        call_id,
        rtt_ms: quality.rtt_ms.map(tenths),
        jitter_ms: tenths(quality.jitter_ms),
        sent_packets: quality.sent_packets,
        received_packets: quality.received_packets,
        lost_packets: quality.lost_packets,
        concealed_ms: quality.concealed_ms,
        buffer_ms: tenths(quality.buffer_ms),
    }
}

fn tenths(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

/// `2026-01-31T09:05:00.250Z`.
pub fn rfc3339(at: UnixMillis) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000);
    let at = at.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second, millis) = at.time().as_hms_milli();
    let (year, month, day) = (at.year(), u8::from(at.month()), at.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::base::clock;
    use std::sync::Arc;

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
            golden(
                "participant",
                &format!(r#"{CALL_TEXT},"id":"8:acs:1_2","name":"bob","state":"{state}","muted":false"#),
            )
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
        told.expect(
            &Event::Ended(summary.clone()),
            &[golden("state", &format!(r#"{CALL_TEXT},"state":"disconnected""#))],
        );
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
}
