//! How `ctl` prints what the phone is doing, and what was done.

use serde::Serialize;

use crate::base::clock;
use crate::cli::exit::Failure;
use crate::cli::output::Output;
use crate::domain::time::UnixMillis;
use crate::outside::format::{Format, call_word, counted_from, mute};
use crate::outside::line::{Done, Told};
use crate::outside::status::{CallRow, LinkState, Status};
use crate::texts::{self, contacts, rules, state};

/// Prints the status: as the format wants it, as JSON, or for a person.
pub(super) fn status(status: &Status, format: Option<&Format>, output: &mut Output) -> Result<(), Failure> {
    if format.is_none() && !output.json() {
        return Ok(output.result(&for_a_person(status, clock::unix_now()))?);
    }
    Ok(output.result(&line(status, format))?)
}

/// The status as one line: as the format wants it, or as JSON.
pub(super) fn line(status: &Status, format: Option<&Format>) -> String {
    match format {
        Some(format) => format.line(status, clock::unix_now()),
        None => Told::Status(Box::new(status.clone())).line(),
    }
}

/// Prints what was done, where there is something to say.
pub(super) fn done(done: &Done, output: &mut Output) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Line<'a> {
        v: u8,
        event: &'static str,
        #[serde(flatten)]
        done: &'a Done,
    }
    if output.json() {
        return Ok(output.json_line(&Line { v: 1, event: "done", done })?);
    }
    match done.slot {
        Some(slot) => Ok(output.result(&slot.to_string())?),
        None => Ok(()),
    }
}

fn for_a_person(status: &Status, now: UnixMillis) -> String {
    let link = match status.link {
        LinkState::Up => "connected",
        LinkState::Connecting => "connecting",
        LinkState::Down => "no connection",
        LinkState::Refused => "sign-in refused",
    };
    let presence = status.presence.map(|presence| format!(", {}", state::presence(presence))).unwrap_or_default();
    let missed = if status.missed > 0 { format!(", {} missed", status.missed) } else { String::new() };
    let requests = match status.friend_requests {
        0 => String::new(),
        count => format!(", {}", contacts::badge(count)),
    };
    let mut text = format!("{} at {}: {link}{presence}{missed}{requests}\n", status.account, status.server);
    if let Some(name) = &status.forwarded_to {
        text.push_str(&format!("{}\n", rules::all_to(name)));
    }
    if status.calls.is_empty() {
        text.push_str("no calls\n");
    }
    for row in &status.calls {
        text.push_str(&call(row, status, now));
    }
    for parked in &status.parked {
        let waits = texts::clock::duration(now.since(parked.since));
        text.push_str(&format!("slot {:<2} {waits:>8}  {} (parked by {})\n", parked.slot, parked.who, parked.by));
    }
    text
}

fn call(row: &CallRow, status: &Status, now: UnixMillis) -> String {
    let active = if status.active().is_some_and(|active| active.call_id == row.call_id) { '*' } else { ' ' };
    let time = texts::clock::duration(now.since(counted_from(row)));
    let muted = if row.muted { format!(", {}", mute(row)) } else { String::new() };
    let waits = row.consult_of.and_then(|waits| status.call(waits));
    let consult = waits.map(|waits| format!(", asked while call {} waits", waits.number)).unwrap_or_default();
    let via = row.via.as_ref().map(|via| format!(", {via}")).unwrap_or_default();
    let (number, state, who) = (row.number, call_word(row), &row.who);
    format!("{active}{number:<6} {time:>8}  {state:<12} {who}{muted}{consult}{via}\n")
}
