//! `switchboard history`.

use std::str::FromStr;

use clap::{Args, Subcommand};
use serde::Serialize;
use time::UtcOffset;

use super::account;
use super::exit::{Exit, Failure};
use super::friends::people_found;
use super::globals::Globals;
use super::headless::{self, Session};
use super::json::rfc3339;
use super::output::Output;
use super::settings::Settings;
use crate::base::clock;
use crate::domain::call::Direction;
use crate::domain::end_reason::EndReason;
use crate::domain::group::GroupRef;
use crate::domain::id::{CallId, Identity};
use crate::domain::person::{Friend, Person};
use crate::domain::record::{CallNote, CallRecord, HistoryFilter, Outcome};
use crate::phone::command::Command;
use crate::phone::event::{Event, Refusal};
use crate::phone::whom::{Meant, meant};
use crate::texts;

/// Past calls, missed ones included, newest first.
#[derive(Debug, Clone, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
CALL is the `call_id` that --json and --csv print, or `last`: the call that began last.

Examples:
  switchboard history
  switchboard history --missed --limit 5
  switchboard history --with bob --search refund --json
  switchboard history --csv > calls.csv         for a spreadsheet; no cell is taken for a formula
  switchboard history note last wants a refund  shown when that person calls again
  switchboard history note last --clear
  switchboard history seen                      the count of missed calls begins anew"
)]
pub struct HistoryArgs {
    /// What to do; the list when absent.
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
    /// Which calls are listed, and how.
    #[command(flatten)]
    pub list: ListArgs,
}

/// Which calls are listed, and how.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// How many at the most, 1 to 500
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: u16,

    /// Missed calls only
    #[arg(long)]
    pub missed: bool,

    /// Calls with this person only, or that this person answered: a friend's name, a user name, or an identity
    #[arg(long, value_name = "NAME")]
    pub with: Option<String>,

    /// Calls only whose person, group or note holds this text, in upper or lower case
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,

    /// Print comma-separated values (RFC 4180); a text that begins like a formula gets an apostrophe before it
    #[arg(long)]
    pub csv: bool,
}

/// What can be done with past calls, beside listing them.
#[derive(Debug, Clone, Subcommand)]
pub enum HistoryCommand {
    /// Note something about a call; the note is shown when that person rings or is called again
    Note {
        /// The call's ID, or `last`
        #[arg(value_name = "CALL")]
        call: Which,
        /// The note, 1 to 500 characters; takes the place of an earlier one
        #[arg(value_name = "TEXT", required_unless_present = "clear")]
        text: Vec<String>,
        /// Take the note away
        #[arg(long, conflicts_with = "text")]
        clear: bool,
    },
    /// Say that you have seen which calls were missed: they are counted anew from now on
    Seen,
}

/// A call, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The call that began last.
    Last,
    /// The call with this ID.
    Id(CallId),
}

/// What names no call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a call is named by its ID (`switchboard history --json` prints it), or by `last`")]
pub struct NotACall;

impl FromStr for Which {
    type Err = NotACall;

    fn from_str(text: &str) -> Result<Self, NotACall> {
        if text == "last" { Ok(Self::Last) } else { text.parse().map(Self::Id).map_err(|_| NotACall) }
    }
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
    end: Option<EndReason>,
    answered_by: Option<&'a Person>,
    note: Option<&'a CallNote>,
}

/// Prints the call records, or notes something about one.
///
/// # Errors
/// When nobody is signed in, the service can't be reached, or it refuses.
pub async fn run(
    arguments: &HistoryArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if arguments.list.csv && output.json() {
        return Err(Failure::usage("--csv and --json print the same calls in two ways: choose one"));
    }
    let note = arguments.command.as_ref().map(note).transpose()?.flatten();
    let work = async |session: &mut Session<'_>| match &arguments.command {
        None => list(&arguments.list, session).await,
        Some(HistoryCommand::Note { call, .. }) => write_note(*call, note, session).await,
        Some(HistoryCommand::Seen) => seen(session).await,
    };
    let acting = account::acting(globals, settings, false, false).await?;
    headless::without_sound(acting, settings, output, work).await
}

/// The note a command writes; `None` where it takes one away, or is about none.
fn note(command: &HistoryCommand) -> Result<Option<CallNote>, Failure> {
    match command {
        HistoryCommand::Note { text, clear: false, .. } => {
            text.join(" ").parse().map(Some).map_err(|why| Failure::usage(format!("{why}")))
        }
        HistoryCommand::Note { .. } | HistoryCommand::Seen => Ok(None),
    }
}

async fn list(arguments: &ListArgs, session: &mut Session<'_>) -> Result<(), Failure> {
    let friends = session.ready().await?;
    let with = match &arguments.with {
        Some(name) => Some(identity_of(name, &friends, session).await?),
        None => None,
    };
    let filter = HistoryFilter { with, text: arguments.search.clone(), missed: arguments.missed, before: None };
    let any = filter != HistoryFilter::default();
    let mut records = found(filter, session).await?;
    records.truncate(arguments.limit.into());
    if arguments.csv {
        return Ok(session.output().result(&texts::history::csv(&records))?);
    }
    if records.is_empty() {
        session.output().progress(if any { "no such calls" } else { "no calls yet" });
    }
    records.iter().try_for_each(|record| print(record, session.output()))
}

async fn found(filter: HistoryFilter, session: &mut Session<'_>) -> Result<Vec<CallRecord>, Failure> {
    session.tell(Command::SearchHistory(filter)).await;
    session
        .answer("history", |event| match event {
            Event::HistoryFound { records, .. } => Some(records.clone()),
            _ => None,
        })
        .await
}

/// Whom a name means: an identity itself, a friend, or somebody the service knows by exactly this name.
async fn identity_of(name: &str, friends: &[Friend], session: &mut Session<'_>) -> Result<Identity, Failure> {
    if let Ok(identity) = name.parse() {
        return Ok(identity);
    }
    if let Some(identity) = identity_among(name, friends.iter().map(|friend| &friend.person))? {
        return Ok(identity);
    }
    session.tell(Command::SearchPeople(name.to_owned())).await;
    let people = session.answer("search", people_found).await?;
    identity_among(name, people.iter())?.ok_or_else(|| refused(&Refusal::NobodyCalled(name.to_owned())))
}

/// Whom a name means among `people`, if anybody.
fn identity_among<'a>(
    name: &str,
    people: impl Iterator<Item = &'a Person> + Clone,
) -> Result<Option<Identity>, Failure> {
    match meant(name, people) {
        Meant::One(person) => Ok(Some(person.identity)),
        Meant::Several(candidates) => Err(refused(&Refusal::Ambiguous { name: name.to_owned(), candidates })),
        Meant::Nobody => Ok(None),
    }
}

fn refused(why: &Refusal) -> Failure {
    Failure::new(Exit::of_command(why), why.to_string())
}

async fn write_note(which: Which, note: Option<CallNote>, session: &mut Session<'_>) -> Result<(), Failure> {
    session.ready().await?;
    let call = match which {
        Which::Id(call) => call,
        Which::Last => {
            let newest = found(HistoryFilter::default(), session).await?.into_iter().next();
            newest
                .ok_or_else(|| Failure::new(Exit::NobodyThere, "there is no call yet to note something about"))?
                .call_id
        }
    };
    session.tell(Command::NoteCall { call, note }).await;
    let record = session
        .answer("note", |event| match event {
            Event::Recorded(record) if record.call_id == call => Some(record.clone()),
            _ => None,
        })
        .await?;
    print(&record, session.output())
}

async fn seen(session: &mut Session<'_>) -> Result<(), Failure> {
    session.ready().await?;
    session.have_done(Command::SeeMissed, "history").await?;
    session.output().progress("missed calls are counted anew from now on");
    Ok(())
}

fn print(record: &CallRecord, output: &mut Output) -> Result<(), Failure> {
    let talked = texts::history::talked(record);
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
            end: record.end,
            answered_by: record.answered_by.as_ref(),
            note: record.note.as_ref(),
        };
        return Ok(output.json_line(&line)?);
    }
    let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
    let when = texts::clock::moment(record.started_at, clock::unix_now(), offset);
    let (way, how) = (texts::state::direction(record.direction), texts::history::how(record));
    let duration = if talked > 0 { texts::clock::duration(talked) } else { String::new() };
    let note = record.note.as_ref().map_or("", |note| note.as_str());
    let text =
        format!("{when:<16}  {way:<8}  {:<20}  {how:<12}  {duration:<8}  {note}", texts::state::peer(&record.with));
    Ok(output.result(text.trim_end())?)
}
