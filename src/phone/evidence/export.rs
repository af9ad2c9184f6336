//! Entries as texts for people and programs: a ladder, lines of JSON, a table of the quality, an account of each call.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

use super::entry::{Entry, Frame, Kind, LegStep, LinkStep, Quality, Sound, Way, What};
use super::story;
use crate::domain::call::Direction;
use crate::domain::id::CallId;
use crate::domain::record::CallRecord;
use crate::domain::time::UnixMillis;
use crate::domain::transport::Transport;
use crate::texts::explanation::{short, stage};
use crate::texts::{end, state};

/// What an entry says, in a few words: the name of a message, a state, a step.
pub fn label(entry: &Entry) -> Cow<'_, str> {
    match &entry.what {
        What::Frame(frame) if frame.kind == Kind::Failure => {
            Cow::Owned(format!("refused: {}", frame.name.replace('_', " ")))
        }
        What::Frame(frame) if frame.name.contains('_') => Cow::Owned(frame.name.replace('_', " ")),
        What::Frame(frame) => Cow::Borrowed(&frame.name),
        What::Link(LinkStep::Began) => Cow::Borrowed("connecting"),
        What::Link(LinkStep::Done { stage: done, took_us }) => {
            Cow::Owned(format!("{} {}", stage(*done), short(Duration::from_micros(*took_us))))
        }
        What::Link(LinkStep::Failed { stage: failed, why, .. }) => {
            Cow::Owned(format!("{} failed: {why}", stage(*failed)))
        }
        What::Link(LinkStep::Secured { facts }) => Cow::Owned(format!("TLS: {facts}")),
        What::Link(LinkStep::Down { why, .. }) => Cow::Owned(format!("not connected: {why}")),
        What::Link(LinkStep::Refused { why }) => Cow::Owned(format!("refused: {why}")),
        What::Leg { step, .. } => match step {
            LegStep::Started => Cow::Borrowed("leg started"),
            LegStep::IceChecking => Cow::Borrowed("ICE checking"),
            LegStep::IceConnected => Cow::Borrowed("ICE connected"),
            LegStep::DtlsConnected => Cow::Borrowed("DTLS connected"),
            LegStep::OverUdp => Cow::Borrowed("sound over UDP"),
            LegStep::OverTcp => Cow::Borrowed("sound over TCP"),
            LegStep::FirstIn => Cow::Borrowed("first packet in"),
            LegStep::FirstOut => Cow::Borrowed("first packet out"),
            LegStep::Lost => Cow::Borrowed("nothing arrives"),
            LegStep::Back => Cow::Borrowed("arrives again"),
            LegStep::Failed(why) => Cow::Owned(format!("leg failed: {why}")),
        },
        What::State { state: now, sound, muted, with } => {
            let muted = if *muted { ", muted" } else { "" };
            let sound = match sound {
                Sound::Connecting => "",
                Sound::Flowing => ", sound flows",
                Sound::Lost => ", sound cut",
            };
            Cow::Owned(format!("{with}: {}{sound}{muted}", state::call(*now)))
        }
        What::Quality(quality) => Cow::Owned(figures(quality)),
        What::Diagnoses(all) if all.is_empty() => Cow::Borrowed("nothing wrong any more"),
        What::Diagnoses(all) => Cow::Owned(all.join(", ")),
        What::Refused { what, why } => Cow::Owned(format!("{what}: {why}")),
        What::Recording(file) => Cow::Owned(format!("recorded in {file}")),
        What::Command(text) => Cow::Owned(format!("command: {text}")),
        What::Devices(text) | What::Happened(text) | What::Warning(text) => Cow::Borrowed(text),
        What::Rang { from, end } => {
            Cow::Owned(format!("rings no more: {}", end::ending(*end, Direction::Incoming, from).what))
        }
        What::Ended(ended) => {
            let connected = ended.connected_ms.is_some();
            Cow::Owned(end::ending_of(ended.end, ended.direction, &ended.with, connected).what)
        }
    }
}

/// The kind of an entry, in a word, as it is filtered by.
pub fn kind(entry: &Entry) -> &'static str {
    match &entry.what {
        What::Frame(Frame { kind, .. }) => kind.name(),
        What::Link(_) => "link",
        What::Leg { .. } => "leg",
        What::State { .. } => "state",
        What::Quality(_) => "quality",
        What::Diagnoses(_) => "diagnosis",
        What::Devices(_) => "devices",
        What::Command(_) => "command",
        What::Refused { .. } => "refused",
        What::Recording(_) => "recording",
        What::Happened(_) | What::Rang { .. } => "event",
        What::Warning(_) => "warning",
        What::Ended(_) => "ended",
    }
}

/// How many characters of a call's id are shown.
pub const CALL_NAME: usize = 6;

/// The beginning of a call's id: enough to tell calls apart.
pub fn call_name(call: CallId) -> String {
    call.to_string().chars().take(CALL_NAME).collect()
}

/// All that an entry says, over several lines.
pub fn whole(entry: &Entry) -> String {
    match &entry.what {
        What::Frame(frame) => frame.json.pretty(),
        _ => serde_json::to_string_pretty(entry).unwrap_or_default(),
    }
}

fn figures(quality: &Quality) -> String {
    let mut out = String::new();
    if quality.transport == Some(Transport::Tcp) {
        out.push_str("TCP ");
    }
    let mos = |value: Option<f32>| value.map_or_else(|| "-".to_owned(), |mos| format!("{mos:.1}"));
    let rtt = quality.rtt_ms.map_or_else(|| "-".to_owned(), |rtt| format!("{rtt:.0}"));
    let _ =
        write!(out, "mos {}/{} rtt {rtt} jitter {:.0}", mos(quality.mos_in), mos(quality.mos_out), quality.jitter_ms);
    let _ = write!(out, " lost {} of {}", quality.lost_packets, quality.received_packets);
    out
}

/// The ladder as text: who sent what to whom, when.
pub fn ladder(entries: &[Arc<Entry>], offset: UtcOffset) -> String {
    let mut out = String::from("time          call    you                            service   leg\n");
    for entry in entries.iter().filter(|entry| !matches!(entry.what, What::Quality(_))) {
        let time = clock(entry.unix_ms, offset);
        let call = entry.call.map_or_else(String::new, call_name);
        let label = label(entry);
        let _ = match &entry.what {
            What::Frame(frame) if frame.way == Way::Out => writeln!(out, "{time}  {call:<6}  |-- {label:-<26}->|"),
            What::Frame(_) => writeln!(out, "{time}  {call:<6}  |<- {label:-<26}--|"),
            What::Leg { .. } => writeln!(out, "{time}  {call:<6}  |{:30}|   * {label}", ""),
            _ => writeln!(out, "{time}  {call:<6}  * {label}"),
        };
    }
    out
}

/// The entries as lines of JSON.
pub fn json_lines(entries: &[Arc<Entry>]) -> String {
    let mut out = String::new();
    for entry in entries {
        if let Ok(line) = serde_json::to_string(&**entry) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

/// The quality of each second as comma-separated values; what is not known is empty.
pub fn quality(entries: &[Arc<Entry>]) -> String {
    let mut out = String::from(
        "unix_ms,at_ms,call_id,rtt_ms,jitter_ms,sent_packets,received_packets,lost_packets,late_packets,\
         repaired_packets,concealed_ms,buffer_ms,kbps_in,kbps_out,mos_in,mos_out,out_loss_percent,out_lost_packets,\
         out_jitter_ms,overruns,underruns,late_ticks,dropped_packets,erle_db\n",
    );
    for entry in entries {
        let What::Quality(q) = &entry.what else { continue };
        let known = |value: Option<f32>| value.map_or_else(String::new, |value| value.to_string());
        let call = entry.call.map_or_else(String::new, |call| call.to_string());
        let head = format!("{},{},{call},{},{}", entry.unix_ms.0, entry.at_us / 1000, known(q.rtt_ms), q.jitter_ms);
        let packets = [q.sent_packets, q.received_packets, q.lost_packets, q.late_packets, q.repaired_packets];
        let packets = packets.map(|count| count.to_string()).join(",");
        let rates = format!("{},{},{},{}", q.concealed_ms, q.buffer_ms, q.kbps_in, q.kbps_out);
        let lost = q.out_lost_packets.map_or_else(String::new, |lost| lost.to_string());
        let scores = format!(
            "{},{},{},{lost},{}",
            known(q.mos_in),
            known(q.mos_out),
            known(q.out_loss_percent),
            known(q.out_jitter_ms)
        );
        let device =
            [q.overruns, q.underruns, q.late_ticks, q.dropped_packets].map(|count| count.to_string()).join(",");
        let _ = writeln!(out, "{head},{packets},{rates},{scores},{device},{}", known(q.erle_db));
    }
    out
}

/// An account of each call: whom it was with, its time line, how it ended, and why where it went wrong.
pub fn calls(entries: &[Arc<Entry>], offset: UtcOffset) -> String {
    let mut first: BTreeMap<CallId, &Entry> = BTreeMap::new();
    for entry in entries {
        if let Some(call) = entry.call {
            first.entry(call).or_insert(entry);
        }
    }
    let mut calls: Vec<(CallId, &Entry)> = first.into_iter().collect();
    calls.sort_by_key(|(_, entry)| entry.seq);
    let mut out = String::new();
    for (call, entry) in calls {
        let _ = writeln!(out, "{call}  {}", clock(entry.unix_ms, offset));
        out.push_str(&account(entries, call));
        out.push('\n');
    }
    if let Some(why) = story::of_link(entries) {
        let _ = writeln!(out, "the connection to the service\n  {}\n  {}\n  {}", why.what, why.cause, why.next);
        let _ = writeln!(out, "  {}", why.time_line("->"));
    }
    if out.is_empty() {
        out.push_str("no calls\n");
    }
    out
}

fn account(entries: &[Arc<Entry>], call: CallId) -> String {
    let mut out = String::new();
    let last = || entries.iter().rev().filter(|entry| entry.call == Some(call)).map(|entry| &entry.what);
    let ended = last().find_map(|what| match what {
        What::Ended(ended) => Some(ended),
        _ => None,
    });
    // It may have come back after it was handed on, and not been taken then.
    let rang = last().take_while(|what| !matches!(what, What::Ended(_))).find_map(|what| match what {
        What::Rang { from, end } => Some((from, *end)),
        _ => None,
    });
    match ended {
        Some(ended) => {
            let way = if ended.direction == Direction::Outgoing { "to" } else { "from" };
            let length = ended.connected_ms.map_or_else(
                || "never connected".to_owned(),
                |ms| format!("connected for {}", short(Duration::from_millis(ms))),
            );
            let ending = end::ending(ended.end, ended.direction, &ended.with);
            let _ = writeln!(out, "  {way} {}, {length}", ended.with);
            let _ = writeln!(out, "  {} ({}/{})", ending.what, ended.end.code, ended.end.sub_code);
        }
        None if last().any(|what| matches!(what, What::State { .. })) => out.push_str("  not over\n"),
        None if rang.is_some() => {}
        None if last().any(|what| matches!(what, What::Happened(_))) => out.push_str("  it still rings\n"),
        None => out.push_str("  no more of it is remembered here\n"),
    }
    if let Some((from, end)) = rang {
        let what = end::ending(end, Direction::Incoming, from).what;
        let _ = writeln!(out, "  rang here, from {from}\n  {what} ({}/{})", end.code, end.sub_code);
    }
    if let Some(record) = last().find_map(record) {
        let by = record.answered_by.map(|by| format!(", answered by {}", by.display_name)).unwrap_or_default();
        let (with, outcome) = (state::peer(&record.with), state::outcome(record.outcome));
        let _ = writeln!(out, "  in the history: {outcome}, with {with}{by}");
    }
    let steps = story::steps_of(entries, call);
    let _ = writeln!(out, "  {}", crate::texts::explanation::time_line(&steps, "->"));
    if let Some(why) = story::of_call(entries, call) {
        let _ = writeln!(out, "  likely cause: {}\n  next: {}", why.cause, why.next);
    }
    out
}

/// The record of a call, as the service has told it.
fn record(what: &What) -> Option<CallRecord> {
    let What::Frame(frame) = what else { return None };
    if &*frame.name != "history_added" {
        return None;
    }
    let mut whole: serde_json::Value = serde_json::from_str(frame.json.text()).ok()?;
    let record = whole.pointer_mut("/notice/history_added/record")?;
    serde_json::from_value(record.take()).ok()
}

/// `14:02:11.123`, in the zone of `offset`.
pub fn clock(at: UnixMillis, offset: UtcOffset) -> String {
    let utc = OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let local = utc.checked_to_offset(offset).unwrap_or(utc);
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    format!("{hour:02}:{minute:02}:{second:02}.{:03}", at.0.rem_euclid(1000))
}
