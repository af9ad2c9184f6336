//! `switchboard admin audit`: who did what.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::office::Office;
use crate::base::{clock, duration};
use crate::cli::exit::{Exit, Failure};
use crate::cli::json::rfc3339;
use crate::cli::output::Output;
use crate::protocol::rest::AuditEntry;

/// The audit trail.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard admin audit                          the latest hundred
  switchboard admin audit --since 24h --json       all of the last day, as far as --limit goes")]
pub struct AuditArgs {
    /// Only what was done in this time up to now, such as 90m or 24h
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub since: Option<Duration>,

    /// How many entries at the most
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    pub limit: u32,
}

/// Prints the entries, the oldest first.
///
/// # Errors
/// When they can't be had.
pub(super) async fn run(arguments: &AuditArgs, office: &Office, output: &mut Output) -> Result<Exit, Failure> {
    let since = arguments.since.map(|since| {
        let ago = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        clock::unix_now().plus(ago.saturating_neg())
    });
    let limit = usize::try_from(arguments.limit).unwrap_or(usize::MAX);
    for entry in office.audit(since, limit).await?.iter().rev() {
        print(entry, output)?;
    }
    Ok(Exit::Done)
}

/// An entry, as a line.
#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    entry: i64,
    at: String,
    who: &'a str,
    what: &'a str,
    about: Option<&'a str>,
    detail: Option<&'a str>,
    address: Option<&'a str>,
}

fn print(entry: &AuditEntry, output: &mut Output) -> Result<(), Failure> {
    let (about, detail, address) = (entry.about.as_deref(), entry.detail.as_deref(), entry.address.as_deref());
    let at = rfc3339(entry.at);
    if output.json() {
        let (who, what) = (entry.who.as_str(), entry.what.as_str());
        let line = Line { v: 1, entry: entry.entry, at, who, what, about, detail, address };
        return Ok(output.json_line(&line)?);
    }
    let more = [about, detail, address].into_iter().flatten().collect::<Vec<_>>().join("  ");
    Ok(output.result(&format!("{at}  {:<16}  {:<20}  {more}", entry.who, entry.what))?)
}
