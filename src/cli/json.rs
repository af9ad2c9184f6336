//! The lines of `--json`: one object each, with the field names scripts depend on.
//!
//! A [`Journal`] turns the phone's events into lines; the summary is the last line, also of a failure.

mod desk;
mod explain;
mod name;
mod rules;
pub mod schema;
mod script;
mod sign_in;
mod sound;

use std::collections::HashMap;
use std::time::Instant;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::explain::ExplainLine;
pub use self::name::{Body, EventName};
pub(crate) use self::rules::RulesLine;
pub use self::script::{DoneLine, FailedLine, PlayedLine, RefusedLine};
pub use self::sign_in::SignInCodeLine;
pub use self::sound::Figures;
use super::roster::{Change, Roster};
use super::stand_ins::StandIns;
use crate::domain::call::{CallState, Direction, ParticipantState};
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::AccountRules;
use crate::domain::group::{GroupCode, GroupName};
use crate::domain::id::{CallId, GroupId, Identity, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::phone::event::{CallView, Diagnosis, Event, GroupCard, Summary};
pub use crate::texts::clock::rfc3339;

/// The version every line names; it changes when a field changes its meaning or goes.
const VERSION: u8 = 1;

/// A line: the head, then what the event says.
#[derive(Debug, Serialize, JsonSchema)]
struct Line<B> {
    /// The version of the lines.
    v: u8,
    /// What happened.
    event: EventName,
    /// When: RFC 3339, UTC, with milliseconds.
    #[schemars(extend("format" = "date-time"))]
    ts: String,
    /// When, in milliseconds since the command began.
    at_ms: u64,
    #[serde(flatten)]
    body: B,
}

/// The state of a call, for this phone.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct StateLine<'a> {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    state: CallState,
    /// How an incoming call comes to ring here, when it was not simply made.
    #[serde(skip_serializing_if = "Option::is_none")]
    via: Option<desk::ViaLine<'a>>,
}

/// Another participant came, went or changed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct ParticipantLine {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    #[schemars(with = "String")]
    id: Identity,
    #[schemars(with = "String")]
    name: UserName,
    state: ParticipantState,
    muted: bool,
    /// The organisation of somebody external: who belongs to another one than the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    organisation: Option<Organisation>,
}

/// The call is a group call: of which group, and what to share of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct GroupLine<'a> {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    #[schemars(with = "schema::Guid")]
    id: GroupId,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    name: Option<&'a GroupName>,
    #[schemars(with = "String")]
    code: &'a GroupCode,
    link: &'a str,
    /// Of who joined: whether nobody was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<bool>,
}

/// Who speaks now, the loudest first.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct SpeakersLine {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    #[schemars(with = "Vec<String>")]
    names: Vec<UserName>,
}

/// A tone arrived.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct DtmfLine {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    #[schemars(with = "String")]
    from: Identity,
    #[schemars(with = "schema::Key")]
    tone: Tone,
}

/// Something a person should know, though nothing failed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct WarningLine<'a> {
    message: &'a str,
}

/// What a call was like; the last line.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SummaryLine {
    /// Which call; `None` when none was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Guid>")]
    pub call_id: Option<CallId>,
    /// Whether it was ever connected.
    pub connected: bool,
    /// How long it was connected.
    pub seconds: f64,
    /// Why it ended.
    pub end: EndLine,
    /// What the sound was like.
    pub audio: AudioLine,
    /// Why it went wrong; absent where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explain: Option<ExplainLine>,
}

/// Why a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EndLine {
    /// The main code; 0 is a normal end.
    pub code: u16,
    /// What exactly happened.
    pub sub_code: u32,
    /// A sentence a person can act on.
    pub reason: String,
}

/// What the sound of a call was like.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct AudioLine {
    /// Its figures; the estimates are the means over the call.
    #[serde(flatten)]
    pub figures: Figures,
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
        Self {
            call_id: Some(summary.call),
            connected: summary.connected_for.is_some(),
            seconds: summary.connected_for.map_or(0.0, |time| time.as_millis() as f64 / 1000.0),
            end: EndLine { code: summary.end.code, sub_code: summary.end.sub_code, reason },
            audio: AudioLine {
                figures: Figures::from(&summary.quality),
                first_audio_ms: summary.first_audio_ms,
                heard_ms: summary.heard_ms,
                level_in_dbfs: summary.level_in_dbfs.map(tenths),
                level_out_dbfs: summary.level_out_dbfs.map(tenths),
            },
            explain: None,
        }
    }

    /// Of a command that failed before there was a call.
    pub fn without_call(end: EndReason, reason: String) -> Self {
        let end = EndLine { code: end.code, sub_code: end.sub_code, reason };
        Self { call_id: None, connected: false, seconds: 0.0, end, audio: AudioLine::default(), explain: None }
    }
}

/// Turns events into lines, and says only what is new.
#[derive(Debug)]
pub struct Journal {
    began: Instant,
    calls: HashMap<CallId, Told>,
    stand_ins: StandIns,
    /// Who the user is, once that was told.
    me: Option<Person>,
    /// The rules of the account, once they were told.
    rules: Option<AccountRules>,
    /// Whether it is told when they change.
    tells_rules: bool,
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
    /// What is wrong with the sound.
    wrong: Vec<Diagnosis>,
}

impl Journal {
    /// A journal of a command that began at `began`.
    pub fn new(began: Instant) -> Self {
        let (calls, stand_ins) = (HashMap::new(), StandIns::default());
        Self { began, calls, stand_ins, me: None, rules: None, tells_rules: true }
    }

    /// The same for a command that prints the rules itself, where it is about them.
    pub(super) fn without_rules(self) -> Self {
        Self { tells_rules: false, ..self }
    }

    /// The lines for `event`; none for what the line format does not tell.
    pub fn lines(&mut self, event: &Event, now: Instant, wall: UnixMillis) -> Vec<String> {
        self.told(event, now, wall).into_iter().map(|(_, line)| line).collect()
    }

    /// The same, each with its name.
    pub fn told(&mut self, event: &Event, now: Instant, wall: UnixMillis) -> Vec<(EventName, String)> {
        let mut out = Page { at_ms: self.at_ms(now), ts: rfc3339(wall), lines: Vec::new() };
        match event {
            Event::Me(me) => self.me = Some(me.clone()),
            Event::Incoming(incoming) => {
                let via = incoming.via.as_ref().map(desk::ViaLine::from);
                self.state(&mut out, incoming.call, CallState::Ringing, via);
                let told = self.calls.entry(incoming.call).or_default();
                let caller = told.roster.expect(&incoming.from, ParticipantState::Connected);
                out.participants(incoming.call, caller, self.me.as_ref());
            }
            Event::IncomingEnded { call, .. } => self.state(&mut out, *call, CallState::Disconnected, None),
            Event::Call(view) => {
                self.state(&mut out, view.call, view.state, None);
                self.group_of(&mut out, view);
                let told = self.calls.entry(view.call).or_default();
                out.participants(view.call, told.roster.changes(&view.participants), self.me.as_ref());
                self.speakers(&mut out, view.call);
            }
            Event::Joined { call, group, first } => {
                self.calls.entry(*call).or_default().group = true;
                out.push(group_line(*call, group, Some(*first)));
            }
            Event::Speakers { call, speakers } => {
                self.calls.entry(*call).or_default().speaking.clone_from(speakers);
                self.speakers(&mut out, *call);
            }
            Event::Ended(summary) => {
                self.state(&mut out, summary.call, CallState::Disconnected, None);
                self.calls.remove(&summary.call);
            }
            Event::HandedOn { call, by, to, forwarded } => {
                out.push(desk::HandedOnLine::new(*call, by, to, *forwarded));
            }
            Event::Rules(rules) => {
                // What they are at first is no news.
                let before = self.rules.replace(rules.clone());
                if self.tells_rules && before.is_some_and(|before| before != *rules) {
                    out.push(RulesLine::from(rules));
                }
            }
            Event::Moved { call, into } => {
                self.calls.remove(call);
                out.push(desk::MovedLine { call_id: *call, into: *into });
            }
            Event::Dtmf { call, from, tone } => {
                out.push(DtmfLine { call_id: *call, from: from.clone(), tone: *tone });
            }
            Event::Quality { call, quality } => {
                let roster = self.calls.get(call).map(|told| &told.roster);
                out.push(sound::quality(*call, quality, roster));
            }
            Event::Transport { call, transport, forced } => {
                out.push(sound::TransportLine::new(*call, *transport, *forced));
            }
            Event::Diagnoses { call, diagnoses } => {
                let told = self.calls.entry(*call).or_default();
                let before = std::mem::replace(&mut told.wrong, diagnoses.clone());
                for line in sound::diagnoses(*call, &before, diagnoses) {
                    out.push(line);
                }
            }
            Event::Audio(audio) => {
                for message in &self.stand_ins.news(audio) {
                    out.push(WarningLine { message });
                }
            }
            Event::Warning(message) => out.push(WarningLine { message }),
            Event::Groups(_)
            | Event::Group { .. }
            | Event::GroupShared { .. }
            | Event::Active(_)
            | Event::HeldLong { .. }
            | Event::PickedUp(_)
            | Event::Parked { .. }
            | Event::ParkedCalls(_)
            | Event::HistoryFound { .. }
            | Event::Missed(_)
            | Event::Shared { .. }
            | Event::Link(_)
            | Event::MyPresence(_)
            | Event::Friends(_)
            | Event::FriendRequests(_)
            | Event::FriendRequested(_)
            | Event::Blocked(_)
            | Event::Presence { .. }
            | Event::People { .. }
            | Event::History(_)
            | Event::Recorded(_)
            | Event::Levels { .. }
            | Event::MicrophoneFinished(_)
            | Event::Devices(_)
            | Event::Sound(_)
            | Event::Opened(_)
            | Event::Done { .. }
            | Event::Refused(_) => {}
        }
        out.lines
    }

    /// The summary's line.
    pub fn summary(&self, summary: &SummaryLine, now: Instant, wall: UnixMillis) -> String {
        self.line(summary, now, wall)
    }

    /// The line of something that is no event of the phone.
    pub fn line<B: Body>(&self, body: &B, now: Instant, wall: UnixMillis) -> String {
        line(B::NAME, rfc3339(wall), self.at_ms(now), body)
    }

    fn at_ms(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.began).as_millis()).unwrap_or(u64::MAX)
    }

    fn state(&mut self, out: &mut Page, call_id: CallId, state: CallState, via: Option<desk::ViaLine<'_>>) {
        let told = self.calls.entry(call_id).or_default();
        if told.state.replace(state) != Some(state) {
            out.push(StateLine { call_id, state, via });
        }
    }

    /// A call that was joined is told as such by [`Event::Joined`]; the others once they are a group's.
    fn group_of(&mut self, out: &mut Page, view: &CallView) {
        let told = self.calls.entry(view.call).or_default();
        let joined = view.direction == Direction::Outgoing && view.with.group().is_some();
        if let Some(card) = view.group.as_ref().filter(|_| !joined && !told.group) {
            told.group = true;
            out.push(group_line(view.call, card, None));
        }
    }

    /// Numbers that are nobody's row, such as the user's own, are left out.
    fn speakers(&mut self, out: &mut Page, call_id: CallId) {
        let told = self.calls.entry(call_id).or_default();
        let names: Vec<UserName> =
            told.speaking.iter().filter_map(|number| told.roster.by_number(*number)).map(|p| p.name.clone()).collect();
        if told.speakers != names {
            told.speakers.clone_from(&names);
            out.push(SpeakersLine { call_id, names });
        }
    }
}

/// The lines of one event: all of one moment.
struct Page {
    at_ms: u64,
    ts: String,
    lines: Vec<(EventName, String)>,
}

impl Page {
    fn push<B: Body>(&mut self, body: B) {
        self.lines.push((B::NAME, line(B::NAME, self.ts.clone(), self.at_ms, body)));
    }

    fn participants(&mut self, call_id: CallId, changes: impl IntoIterator<Item = Change>, me: Option<&Person>) {
        for Change { person, state, muted, .. } in changes {
            let organisation = person.external_to(me).cloned();
            let (id, name) = (person.identity, person.name);
            self.push(ParticipantLine { call_id, id, name, state, muted, organisation });
        }
    }
}

fn line(event: EventName, ts: String, at_ms: u64, body: impl Serialize) -> String {
    let line = Line { v: VERSION, event, ts, at_ms, body };
    serde_json::to_string(&line).expect("lines are plain values")
}

fn group_line(call_id: CallId, card: &GroupCard, first: Option<bool>) -> GroupLine<'_> {
    let group = &card.group;
    GroupLine { call_id, id: group.id, name: group.name.as_ref(), code: &group.code, link: &card.link, first }
}

fn tenths(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

fn hundredths(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
