//! `switchboard evidence`: what a phone remembers, as one file for whoever has to find a fault.

mod bundle;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;

use self::bundle::{Bundle, Wanted};
use super::ctl::choice::the_phone;
use super::ctl::remembered;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use crate::phone::evidence::entry::Entry;
use crate::phone::evidence::{newest_sessions, read_session};
use crate::terminal::run::{Collector, Shot};

/// Write what a phone remembers into one file, without secrets: for a report of a fault.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The file is a tar.gz for your eyes only (0600), and its path is printed: a ladder of all messages, the same as lines of \
JSON, the quality of each second, an account of every call with its likely cause, settings, doctor, version. Tokens, \
passwords and the keys of connections are not in it, names and addresses are. Recordings are in it only with --audio.

The phone that runs is asked, as by `switchboard ctl evidence`; where none does, or it does not know the call, the file is \
written from what the last eight phones that made calls (the softphone, call, join, wait) have left. In the softphone the \
key e does the same for itself.

Examples:
  switchboard evidence                            of the phone that runs, or ran last
  switchboard evidence --call 3f2a91              of one call, by the beginning of its id
  switchboard evidence --call 3f2a91 --audio --out fault.tar.gz")]
pub struct EvidenceArgs {
    /// Only of this call: its id, or the first six characters of it or more
    #[arg(long, value_name = "ID", value_parser = beginning)]
    pub call: Option<String>,

    /// Where to write; nothing may be there yet
    #[arg(long, value_name = "FILE.tar.gz")]
    pub out: Option<PathBuf>,

    /// Put recordings of the calls in, too
    #[arg(long)]
    pub audio: bool,
}

pub(super) fn beginning(text: &str) -> Result<String, String> {
    let fits = text.len() >= 6 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if fits { Ok(text.to_ascii_lowercase()) } else { Err("give at least six characters of the call's id".to_owned()) }
}

impl EvidenceArgs {
    /// Whether these entries are what is asked for.
    fn fits(&self, entries: &[Arc<Entry>]) -> bool {
        let holds = |call: &String| entries.iter().any(|entry| bundle::is_of(entry, call));
        !entries.is_empty() && self.call.as_ref().is_none_or(holds)
    }
}

/// The result, as a line.
#[derive(Serialize)]
struct EvidenceLine<'a> {
    v: u8,
    event: &'static str,
    path: &'a str,
}

/// Writes evidence of the phone that runs; else of the last session, or of the one with the call that is asked for.
///
/// # Errors
/// When there is none, or it can't be written.
pub async fn run(
    arguments: &EvidenceArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let entries = match of_running(arguments, globals, settings).await {
        Some(entries) => entries,
        None => find(arguments, settings)?,
    };
    write(entries, arguments, settings, output).await
}

/// Writes evidence of these entries, and prints where it is.
///
/// # Errors
/// When it can't be written.
pub(super) async fn write(
    entries: Vec<Arc<Entry>>,
    arguments: &EvidenceArgs,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if !arguments.fits(&entries) {
        let call = arguments.call.as_deref().unwrap_or_default();
        return Err(Failure::new(Exit::NobodyThere, format!("this phone remembers no call {call}")));
    }
    let wanted = Wanted { call: arguments.call.clone(), audio: arguments.audio, out: arguments.out.clone() };
    let bundle = Bundle::new(settings, entries, None, wanted).await;
    let path = bundle.write().await.map_err(|why| Failure::new(Exit::Failed, why))?;
    let path = path.display().to_string();
    if output.json() {
        output.json_line(&EvidenceLine { v: 1, event: "evidence", path: &path })?;
    } else {
        output.result(&path)?;
    }
    Ok(Exit::Done)
}

/// What the phone remembers that runs; `None` where that is none, unclear or not known, or does not know the call.
async fn of_running(arguments: &EvidenceArgs, globals: &Globals, settings: &Settings) -> Option<Vec<Arc<Entry>>> {
    let mut phone = the_phone(globals, settings).await.ok()?;
    let entries = remembered(&mut phone).await.ok()?;
    arguments.fits(&entries).then_some(entries)
}

/// The entries of the newest session that holds what is asked for.
fn find(arguments: &EvidenceArgs, settings: &Settings) -> Result<Vec<Arc<Entry>>, Failure> {
    let sessions = newest_sessions(&settings.paths.evidence);
    if sessions.is_empty() {
        let why = "there is nothing to prove yet: no phone has made a call here; --data names another place";
        return Err(Failure::new(Exit::NobodyThere, why));
    }
    for session in &sessions {
        // One that can't be read is that of another user, or was taken away meanwhile.
        let Ok(entries) = read_session(session) else { continue };
        if arguments.fits(&entries) {
            return Ok(entries);
        }
    }
    let why = match &arguments.call {
        Some(call) => format!("none of the last phones knows a call {call}; `switchboard call --json` prints ids"),
        None => "nothing could be read of the last phones".to_owned(),
    };
    Err(Failure::new(Exit::NobodyThere, why))
}

/// What writes the evidence of a running screen.
pub(crate) fn collector(settings: &Settings) -> Collector {
    let settings = settings.clone();
    Box::new(move |shot: Shot| {
        let settings = settings.clone();
        Box::pin(async move {
            let wanted = Wanted { call: None, audio: false, out: None };
            Bundle::new(&settings, shot.entries, Some(shot.screen), wanted).await.write().await
        })
    })
}
