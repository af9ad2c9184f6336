//! `switchboard history`.

use clap::Args;
use serde::Serialize;
use time::UtcOffset;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::Session;
use super::json::rfc3339;
use super::output::Output;
use super::settings::Settings;
use crate::base::clock;
use crate::domain::call::Direction;
use crate::domain::group::GroupRef;
use crate::domain::id::CallId;
use crate::domain::record::{CallRecord, Outcome};
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::texts;

/// Past calls, missed ones included, newest first.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard history
  switchboard history --limit 5 --json")]
pub struct HistoryArgs {
    /// How many at the most, 1 to 500
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: u16,
}

/// A call record, as a line.
#[derive(Serialize)]
struct RecordLine<'a> {
    v: u8,
    call_id: CallId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a GroupRef>,
    direction: Direction,
    outcome: Outcome,
    started: String,
    answered: Option<String>,
    ended: Option<String>,
    seconds: f64,
}

/// Prints the call records.
///
/// # Errors
/// When nobody is signed in, the service can't be reached, or it refuses.
pub async fn run(
    arguments: HistoryArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut session = Session::without_sound(globals, settings, output).await?;
    let done = list(arguments, &mut session).await;
    session.quit().await;
    done.map(|()| Exit::Done)
}

async fn list(arguments: HistoryArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    session.ready().await?;
    session.tell(Command::LoadHistory).await;
    let records = session
        .answer(|event| match event {
            Event::History(records) => Some(Ok(records.clone())),
            Event::Refused(refused) => Some(Err(refused.clone())),
            _ => None,
        })
        .await?;
    if records.is_empty() {
        session.output().progress("no calls yet");
    }
    records.iter().take(arguments.limit.into()).try_for_each(|record| print(record, session.output()))
}

fn print(record: &CallRecord, output: &mut Output) -> Result<(), Failure> {
    let talked = record.answered_at.zip(record.ended_at).map_or(0, |(answered, ended)| ended.since(answered));
    if output.json() {
        let line = RecordLine {
            v: 1,
            call_id: record.call_id,
            name: record.with.person().map(|person| person.name.as_str()),
            identity: record.with.person().map(|person| person.identity.as_str()),
            group: record.with.group(),
            direction: record.direction,
            outcome: record.outcome,
            started: rfc3339(record.started_at),
            answered: record.answered_at.map(rfc3339),
            ended: record.ended_at.map(rfc3339),
            seconds: talked as f64 / 1000.0,
        };
        return Ok(output.json_line(&line)?);
    }
    let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
    let when = texts::clock::moment(record.started_at, clock::unix_now(), offset);
    let (way, how) = (texts::state::direction(record.direction), texts::state::outcome(record.outcome));
    let duration = if talked > 0 { texts::clock::duration(talked) } else { String::new() };
    let text = format!("{when:<16}  {way:<8}  {:<20}  {how:<12}  {duration}", texts::state::peer(&record.with));
    Ok(output.result(text.trim_end())?)
}
