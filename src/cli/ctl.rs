//! `switchboard ctl`: steers the phone that runs, by its socket.

pub(super) mod choice;
mod show;
mod verb;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use self::choice::{Running, the_phone};
use self::verb::Verb;
use super::evidence::{self, EvidenceArgs};
use super::exit::{Exit, Failure};
use super::friends;
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use crate::base::{clock, deadline};
use crate::outside::format::Format;
use crate::outside::line::{Asked, Done, Refused, Told, Why};
use crate::outside::order::Order;
use crate::outside::status::Status;
use crate::phone::evidence::entry::Entry;
use crate::phone::evidence::read_lines;
use crate::protocol::failure;
use crate::texts::{contacts, outside};

/// The most a phone may remember, as lines of JSON, in bytes: several times what its recorder keeps.
const LONGEST_EVIDENCE: usize = 128 * 1024 * 1024;

/// Steer and follow the phone that runs.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
It is the phone with a screen, or else the one that runs headless; with several, --as, --server and --data say which. Each \
command waits until it is done, and says by its exit code how that went.

Examples:
  switchboard ctl answer                                      answer from any terminal
  switchboard ctl transfer carol
  switchboard ctl hold --call 2                               hold, or resume, the second call
  switchboard ctl status --format '{state} {who} {time}'      for a status line of tmux
  switchboard ctl status --follow --json                      one object for each change")]
pub struct CtlArgs {
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

/// Has the phone that runs do it.
///
/// # Errors
/// When no phone runs, several could be meant, or the phone refuses.
pub async fn run(
    arguments: &CtlArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut phone = the_phone(globals, settings).await?;
    let asked = arguments.verb.asked();
    match &arguments.verb {
        Verb::Status { follow: false, format } => {
            show::status(&phone.status, format.as_ref(), output)?;
            Ok(Exit::Done)
        }
        Verb::Status { follow: true, format } => {
            phone.ask(&asked).await.map_err(|_| gone())?;
            follow(phone, format.as_ref(), output).await
        }
        Verb::Evidence { out, audio, call } => {
            let call = call.as_deref().map(|call| id_of(call, &phone.status)).transpose()?;
            let entries = remembered(&mut phone).await?;
            let wanted = EvidenceArgs { call, out: out.clone(), audio: *audio };
            evidence::write(entries, &wanted, settings, output).await
        }
        Verb::FriendRequests | Verb::Blocked => people(&mut phone, &asked, output).await,
        _ => show::done(&answer(&mut phone, &asked).await?, output).map(|()| Exit::Done),
    }
}

/// Asks, and waits for the answer.
pub(super) async fn answer(phone: &mut Running, asked: &Asked) -> Result<Done, Failure> {
    phone.ask(asked).await.map_err(|_| gone())?;
    loop {
        match phone.told().await.ok().flatten() {
            Some(Told::Done(done)) => return Ok(done),
            Some(Told::Refused(refused)) => return Err(failed(&refused)),
            Some(_) => {}
            None => return Err(gone()),
        }
    }
}

/// Asks for a list of people, and prints it.
async fn people(phone: &mut Running, asked: &Asked, output: &mut Output) -> Result<Exit, Failure> {
    phone.ask(asked).await.map_err(|_| gone())?;
    let mut any = false;
    loop {
        match phone.told().await.ok().flatten() {
            Some(Told::FriendRequests { me, requests, .. }) => {
                any = true;
                requests.iter().try_for_each(|request| friends::print_request(request, me.as_ref(), output))?;
            }
            Some(Told::Blocked { me, people, .. }) => {
                any = true;
                people.iter().try_for_each(|person| friends::print_person(person, None, me.as_ref(), output))?;
            }
            Some(Told::Done(_)) => {
                let none = if asked.order == Order::Blocked { contacts::NOBODY_BLOCKED } else { contacts::NOBODY_ASKS };
                if !any {
                    output.progress(none);
                }
                return Ok(Exit::Done);
            }
            Some(Told::Refused(refused)) => return Err(failed(&refused)),
            Some(_) => {}
            None => return Err(gone()),
        }
    }
}

/// Asks for what the phone remembers.
pub(super) async fn remembered(phone: &mut Running) -> Result<Vec<Arc<Entry>>, Failure> {
    phone.ask(&Asked::new(Order::Evidence, None)).await.map_err(|_| gone())?;
    let mut whole = String::new();
    while whole.len() <= LONGEST_EVIDENCE {
        match phone.told().await.ok().flatten() {
            Some(Told::Remembered { text, .. }) => whole.push_str(&text),
            Some(Told::Done(_)) => return Ok(read_lines(whole.as_bytes())),
            Some(Told::Refused(refused)) => return Err(failed(&refused)),
            Some(_) => {}
            None => return Err(gone()),
        }
    }
    Err(Failure::new(Exit::Failed, "the phone tells more than it can remember"))
}

/// The beginning of a call's id, of a call that may be named by its number in the status.
fn id_of(call: &str, status: &Status) -> Result<String, Failure> {
    match call.parse::<usize>() {
        Ok(number @ 1..=99) => {
            let row = status.calls.iter().find(|row| row.number == number);
            let none = || Failure::new(Exit::NobodyThere, outside::no_such_call(call));
            row.map(|row| row.call_id.to_string()).ok_or_else(none)
        }
        _ => evidence::beginning(call).map_err(Failure::usage),
    }
}

/// Prints the status whenever it changes; where a format tells the time, every second of a call too.
async fn follow(mut phone: Running, format: Option<&Format>, output: &mut Output) -> Result<Exit, Failure> {
    const SECOND: Duration = Duration::from_secs(1);
    let ticks = format.is_some_and(Format::tells_time);
    let mut shown = None;
    loop {
        let line = show::line(&phone.status, format);
        if shown.as_ref() != Some(&line) {
            output.result(&line)?;
            shown = Some(line);
        }
        let tick = (ticks && !phone.status.calls.is_empty()).then(|| clock::now() + SECOND);
        tokio::select! {
            told = phone.told() => match told.ok().flatten() {
                Some(Told::Status(status)) => phone.status = *status,
                Some(Told::Refused(refused)) => return Err(failed(&refused)),
                Some(_) => {}
                None => return Err(gone()),
            },
            () = deadline::sleep_until(tick) => {}
        }
    }
}

fn gone() -> Failure {
    Failure::new(Exit::Unreachable, outside::PHONE_ENDS)
}

/// A refusal of the phone, as its exit code and its sentence.
pub(super) fn failed(refused: &Refused) -> Failure {
    let exit = match refused.why {
        Why::Service { code, sub_code } => {
            Exit::of_refusal(&failure::Failure::new(code, String::new()).with_sub_code(sub_code))
        }
        Why::NotConnected => Exit::Unreachable,
        Why::Nobody => Exit::NobodyThere,
        Why::Usage => Exit::Usage,
        // A call that ended before it was what was asked for did not come about, however normally it ended.
        Why::Ended { reason } => Some(Exit::of_end(reason)).filter(|exit| *exit != Exit::Done).unwrap_or(Exit::Failed),
        Why::TimedOut => Exit::NoAnswer,
        Why::NotNow | Why::Forbidden | Why::Other => Exit::Failed,
    };
    Failure::new(exit, refused.message.clone())
}

/// What is known of a phone, for those who ask it.
pub(super) fn whose(status: &Status) -> String {
    let kind = if status.screen { "screen" } else { "headless" };
    format!("{} at {} ({kind}, process {})", status.account, status.server, status.pid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::end_reason::EndReason;
    use crate::protocol::failure::FailureCode;

    #[test]
    fn a_refusal_exits_as_the_headless_commands_do() {
        let refused = |why| failed(&Refused { id: 1, why, message: "no".to_owned() }).exit;
        for (why, exit) in [
            (Why::Service { code: FailureCode::NotFound, sub_code: 0 }, Exit::NobodyThere),
            (Why::NotConnected, Exit::Unreachable),
            (Why::Nobody, Exit::NobodyThere),
            (Why::Usage, Exit::Usage),
            (Why::Ended { reason: EndReason::DECLINED }, Exit::Declined),
            (Why::Ended { reason: EndReason::OFFLINE }, Exit::NoAnswer),
            (Why::Ended { reason: EndReason::HUNG_UP }, Exit::Failed),
            (Why::TimedOut, Exit::NoAnswer),
            (Why::NotNow, Exit::Failed),
        ] {
            assert_eq!(refused(why), exit, "{why:?}");
        }
    }
}
