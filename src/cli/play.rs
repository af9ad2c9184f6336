//! `switchboard play`: a headless phone that does what a script says, for whoever tests calls.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use super::account;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::headless::{self, Calls, Played, Session, Woken};
use super::json::PlayedLine;
use super::media_flags::{MediaFlags, SoundFlags, wav};
use super::output::Output;
use super::playing::{KNOWN, Playing};
use super::settings::Settings;
use crate::base::clock;
use crate::outside::script::{Line, parse};
use crate::phone::MOST_CALLS;
use crate::phone::command::Command;
use crate::phone::event::Event;

/// The longest script, bytes.
const LONGEST: u64 = 8 << 20;

/// How long calls may take to end once they were hung up.
const END_WITHIN: Duration = Duration::from_secs(3);

/// Play a script without a screen: calls, waits and expectations, line by line.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
A line is a command, as `switchboard ctl` has it (call, answer, decline, hangup, mute, hold, swap, transfer, consult, \
complete, merge, park, pick-up, join, dtmf, forward, except, let-pick-up, presence), or one of
  wait-for WHAT [within 30s]     incoming [from NAME], ringing, connected, held, ended, parked [SLOT], dtmf TONES,
                                 sound 300ms, silence 2s, event NAME
  sleep 2s
  expect EXPRESSION              of the call that ended last, as --expect has it
Lines that begin with # say nothing. The whole script is read before anything is done; the first line that fails ends it, \
calls are hung up, and the exit code is 10 for what was not met, or that of the command. A session of the softphone is \
recorded as such a script by `switchboard --record-script FILE`.

Examples:
  switchboard play night.script --as alice --mic tone --speaker none --json
  switchboard play --check night.script                  only read it
  printf 'call echo\\nwait-for sound 1s\\nhangup\\nexpect heard_ms>500\\n' | switchboard play - --mic tone")]
pub struct PlayArgs {
    /// The script; - for standard input
    #[arg(value_name = "FILE|-")]
    pub file: PathBuf,

    /// Only read it, and say what is wrong with it
    #[arg(long)]
    pub check: bool,

    /// Sound.
    #[command(flatten)]
    pub sound: SoundFlags,

    /// Record the calls, each into a file of its own: left is what is said here, right what is heard
    #[arg(long, value_name = "FILE.wav", value_parser = wav)]
    pub record: Option<PathBuf>,
}

/// Plays the script, and says how that went.
///
/// # Errors
/// When it can't be read, there is no phone to play it with, or a line fails.
pub async fn run(
    arguments: &PlayArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let lines = match read(&arguments.file) {
        Ok(lines) => lines,
        Err(failure) => return headless::no_call(output, failure),
    };
    if arguments.check {
        output.progress(&format!("nothing is wrong with it; lines that ask for something: {}", lines.len()));
        return Ok(Exit::Done);
    }
    let media =
        MediaFlags { sound: arguments.sound.clone(), record: arguments.record.clone(), ..MediaFlags::default() };
    let acting = account::acting(globals, settings, false, false).await;
    let calls = Calls { rings: true, most: MOST_CALLS };
    headless::with_phone(acting, &media, calls, settings, output, async |session| play(lines, session).await).await
}

/// Reads a script to its end.
fn read(file: &Path) -> Result<Vec<Line>, Failure> {
    let shown = file.display();
    let unreadable = |why: std::io::Error| Failure::usage(format!("{shown} can't be read: {why}"));
    let mut text = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().take(LONGEST + 1).read_to_end(&mut text).map_err(unreadable)?;
    } else {
        std::fs::File::open(file).and_then(|open| open.take(LONGEST + 1).read_to_end(&mut text)).map_err(unreadable)?;
    }
    if text.len() as u64 > LONGEST {
        return Err(Failure::usage(format!("{shown} is no script: it is longer than 8 MiB")));
    }
    let text = String::from_utf8(text).map_err(|_| Failure::usage(format!("{shown} is no script: it is no UTF-8")))?;
    parse::script(&text, KNOWN).map_err(|mistakes| {
        let told: Vec<String> = mistakes.iter().take(20).map(|mistake| format!("{shown}: {mistake}")).collect();
        Failure::usage(told.join("\n"))
    })
}

async fn play(lines: Vec<Line>, session: &mut Session<'_>) -> Result<Exit, Failure> {
    session.ready().await?;
    let (began, count) = (clock::now(), lines.len());
    session.play(Playing::script(lines));
    let mut calls = HashSet::new();
    let played = loop {
        match session.next(None).await? {
            Woken::Event(event) => {
                if let Event::Call(view) = *event {
                    calls.insert(view.call);
                }
            }
            Woken::Played(played) => break Some(played),
            Woken::Signal(exit) => {
                session.stop_playing();
                hang_up(session).await?;
                return finish(session, None, exit, [count, calls.len()], began.elapsed());
            }
            Woken::Ended => return Err(Failure::new(Exit::Failed, "the phone ended")),
            Woken::Time => {}
        }
    };
    hang_up(session).await?;
    let exit = match &played {
        Some(Err(failed)) => failed.1.exit,
        Some(Ok(())) | None => Exit::Done,
    };
    finish(session, played, exit, [count, calls.len()], began.elapsed())
}

/// Ends the calls that are left, and waits until they have: each has its summary.
async fn hang_up(session: &mut Session<'_>) -> Result<(), Failure> {
    let calls = session.playing().map(Playing::calls).unwrap_or_default();
    for call in calls {
        session.tell(Command::HangUp(call)).await;
    }
    let until = clock::now() + END_WITHIN;
    while session.playing().is_some_and(|playing| !playing.calls().is_empty()) {
        match session.next(Some(until)).await? {
            Woken::Event(_) | Woken::Played(_) => {}
            Woken::Time | Woken::Signal(_) | Woken::Ended => break,
        }
    }
    Ok(())
}

fn played_text(done: usize, lines: usize, calls: usize, seconds: f64) -> String {
    let calls = if calls == 1 { "1 call".to_owned() } else { format!("{calls} calls") };
    format!("{done} of {lines} lines played in {seconds} s, with {calls}.")
}

fn finish(
    session: &mut Session<'_>,
    played: Option<Played>,
    exit: Exit,
    [lines, calls]: [usize; 2],
    took: Duration,
) -> Result<Exit, Failure> {
    let done = session.playing().map_or(0, |playing| playing.done);
    let seconds = (took.as_secs_f64() * 100.0).round() / 100.0;
    let (failed, failure) = played.and_then(Result::err).map(|failed| *failed).unzip();
    let line = PlayedLine { done, lines, calls, seconds, exit: exit.code(), failed };
    session.print_last(&line, &played_text(done, lines, calls, seconds))?;
    if let Some((failure, at)) = failure.zip(line.failed) {
        let why = format!("line {} ({}): {}", at.line, at.words, failure.message);
        session.output().failure(&Failure::new(failure.exit, why));
    }
    Ok(exit)
}
