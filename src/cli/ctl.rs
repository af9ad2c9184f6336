//! `switchboard ctl`: steers the phone that runs, by its socket.

pub(super) mod choice;
mod show;

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use self::choice::{Running, the_phone};
use super::evidence::{self, EvidenceArgs};
use super::exit::{Exit, Failure};
use super::forward::Pickers;
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use crate::base::{clock, deadline};
use crate::domain::forwarding::{ForwardAfter, ForwardWhen};
use crate::domain::park::{NotASlot, ParkSlot};
use crate::domain::presence::PresenceChoice;
use crate::outside::format::Format;
use crate::outside::line::{Asked, Done, Refused, Told, Why};
use crate::outside::order::Order;
use crate::outside::status::Status;
use crate::phone::evidence::entry::Entry;
use crate::phone::evidence::read_lines;
use crate::protocol::failure;
use crate::texts::outside;

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

/// Which call.
#[derive(Debug, Clone, Default, Args)]
pub struct Which {
    /// Another call than the active one: its number in the status, or its ID or the beginning of it
    #[arg(long, value_name = "N|ID")]
    pub call: Option<String>,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    /// On.
    On,
    /// Off.
    Off,
}

/// A presence to choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PresenceWord {
    /// Calls ring.
    Online,
    /// Calls ring, others see you are away.
    Away,
    /// Calls are refused without a ring.
    Dnd,
}

/// When calls are forwarded, or that they are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ForwardWord {
    /// Every call.
    Always,
    /// While busy.
    Busy,
    /// When nobody answers.
    NoAnswer,
    /// While not to be disturbed.
    Dnd,
    /// Never.
    Off,
}

/// What is picked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PickUpWhat {
    /// What is parked here.
    Slot(ParkSlot),
    /// What rings at this person.
    At(String),
}

/// What to do.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Answer the call that has been ringing the longest
    Answer(Which),
    /// Decline the call that has been ringing the longest
    Decline(Which),
    /// Hang up the active call
    Hangup(Which),
    /// Turn the microphone off, or on again
    Mute {
        /// Off (`on` mutes) or on again (`off`); the other way round when it is not said
        #[arg(value_name = "on|off")]
        to: Option<OnOff>,
        /// Which call.
        #[command(flatten)]
        which: Which,
    },
    /// Hold the call, or resume it
    Hold {
        /// Hold (`on`) or resume (`off`); the other way round when it is not said
        #[arg(value_name = "on|off")]
        to: Option<OnOff>,
        /// Which call.
        #[command(flatten)]
        which: Which,
    },
    /// Make the other call the active one
    Swap(Which),
    /// Hand the other side on to somebody
    Transfer {
        /// To whom: a friend's name, a user name, or an identity
        #[arg(value_name = "TO")]
        to: String,
        /// Which call.
        #[command(flatten)]
        which: Which,
    },
    /// Hold the call, and call somebody to ask first
    Consult {
        /// Whom: a friend's name, a user name, or an identity
        #[arg(value_name = "TO")]
        to: String,
        /// Which call.
        #[command(flatten)]
        which: Which,
    },
    /// Hand the call that waits on to who was asked first
    Complete(Which),
    /// Bring the people of two calls together
    Merge(Which),
    /// Park the other side, and print the slot
    Park {
        /// Where: 1 to 20; the first free slot when absent
        #[arg(value_name = "SLOT")]
        slot: Option<ParkSlot>,
        /// Which call.
        #[command(flatten)]
        which: Which,
    },
    /// Pick up a parked call, or what rings at somebody
    PickUp {
        /// Where it is parked, 1 to 20; or at whom it rings: a friend's name, a user name, or an identity
        #[arg(value_name = "SLOT|NAME")]
        what: PickUpWhat,
    },
    /// Say where calls go that are not taken
    #[command(after_help = "\
Examples:
  switchboard ctl forward always carol
  switchboard ctl forward no-answer carol --after 15s
  switchboard ctl forward busy off                            calls ring on while you are busy
  switchboard ctl forward off")]
    Forward {
        /// When; `off`: never any more, or not in the case that follows
        #[arg(value_name = "WHEN|off")]
        when: ForwardWord,
        /// To whom: a friend's name, a user name, or an identity; `off`: nowhere
        #[arg(value_name = "NAME|off")]
        to: Option<String>,
        /// How long they ring before, 5s to 120s, for those nobody answers
        #[arg(long, value_name = "SECONDS")]
        after: Option<ForwardAfter>,
    },
    /// Let somebody ring in spite of do not disturb
    Except {
        /// Whom: a friend's name, a user name, or an identity
        #[arg(value_name = "NAME")]
        who: String,
        /// Not any more
        #[arg(long)]
        remove: bool,
    },
    /// Say who may pick up what rings here
    LetPickUp {
        /// Who
        #[arg(value_name = "WHO")]
        who: Pickers,
    },
    /// Call somebody, and wait until it rings there
    Call {
        /// Whom: a friend's name, a user name, or an identity
        #[arg(value_name = "TO")]
        to: String,
    },
    /// Join a group's call
    Join {
        /// Where: a group's ID, its code, its link, or the name of a group of your list
        #[arg(value_name = "WHERE")]
        place: String,
    },
    /// Send tones
    Dtmf {
        /// The tones: 0-9, *, #, A-D
        #[arg(value_name = "TONES")]
        tones: String,
        /// Which call.
        #[command(flatten)]
        which: Which,
    },
    /// Say what you are for others
    Presence {
        /// What
        #[arg(value_name = "PRESENCE")]
        presence: PresenceWord,
    },
    /// Write what the phone remembers into one file, without secrets, and print its path
    Evidence {
        /// Where to write; nothing may be there yet
        #[arg(long, value_name = "FILE.tar.gz")]
        out: Option<PathBuf>,
        /// Put recordings of the calls in, too
        #[arg(long)]
        audio: bool,
        /// Only of this call: its number in the status, or the first six characters of its ID or more
        #[arg(long, value_name = "N|ID")]
        call: Option<String>,
    },
    /// Print what the phone is doing
    #[command(after_help = "\
Placeholders of --format:
  {state}     idle, ringing, calling, connected, held, held-by-them, ending, or offline
  {who}       whom the call is with: the one that rings here, or else the active one
  {time}      for how long, such as 04:31
  {mute}      muted or live, in a call
  {missed}    how many calls were missed
  {forwarded} whom all calls are forwarded to, if they are
  {calls} {ringing} {held} {parked}    how many there are
  {presence} {account} {name}          the user's

A brace itself is written twice. Examples:
  set -g status-right '#(switchboard ctl status --format \"{state} {who} {time}\")'    in tmux.conf
  switchboard ctl status --follow --format '{state} {who}'                           a line for each change")]
    Status {
        /// Go on, with a line for each change
        #[arg(long)]
        follow: bool,
        /// Print one line: text with placeholders, such as '{state} {who}'
        #[arg(long, value_name = "FORMAT", conflicts_with = "json")]
        format: Option<Format>,
    },
}

impl Verb {
    /// What the phone is asked.
    fn asked(&self) -> Asked {
        let on = |to: &Option<OnOff>| to.map(|to| to == OnOff::On);
        let (order, which) = match self {
            Self::Answer(which) => (Order::Answer, Some(which)),
            Self::Decline(which) => (Order::Decline, Some(which)),
            Self::Hangup(which) => (Order::Hangup, Some(which)),
            Self::Mute { to, which } => (Order::Mute { on: on(to) }, Some(which)),
            Self::Hold { to, which } => (Order::Hold { on: on(to) }, Some(which)),
            Self::Swap(which) => (Order::Swap, Some(which)),
            Self::Transfer { to, which } => (Order::Transfer { to: to.clone() }, Some(which)),
            Self::Consult { to, which } => (Order::Consult { to: to.clone() }, Some(which)),
            Self::Complete(which) => (Order::Complete, Some(which)),
            Self::Merge(which) => (Order::Merge, Some(which)),
            Self::Park { slot, which } => (Order::Park { slot: *slot }, Some(which)),
            Self::PickUp { what } => (what.order(), None),
            Self::Forward { when, to, after } => (forward(*when, to.as_deref(), *after), None),
            Self::Except { who, remove } => (Order::Except { who: who.clone(), on: !remove }, None),
            Self::LetPickUp { who } => (Order::LetPickUp { by: (*who).into() }, None),
            Self::Call { to } => (Order::Call { to: to.clone() }, None),
            Self::Join { place } => (Order::Join { place: place.clone() }, None),
            Self::Dtmf { tones, which } => (Order::Dtmf { tones: tones.clone() }, Some(which)),
            Self::Presence { presence } => (Order::Presence { presence: presence.choice() }, None),
            Self::Evidence { .. } => (Order::Evidence, None),
            Self::Status { follow, .. } => (Order::Status { follow: *follow }, None),
        };
        Asked::new(order, which.and_then(|which| which.call.clone()))
    }
}

/// Forwards to somebody, or to nobody any more: `busy carol`, `busy off`, `off busy`, `off`. What is left out is left empty,
/// which the phone refuses.
fn forward(when: ForwardWord, to: Option<&str>, after: Option<ForwardAfter>) -> Order {
    let (when, to) = match (when.case(), to) {
        (when @ Some(_), Some("off")) | (when @ None, None) => (when, None),
        (None, Some(word)) => match ForwardWord::from_str(word, true) {
            Ok(word) => (word.case(), None),
            Err(_) => (None, Some(word.to_owned())),
        },
        (when, to) => (when, Some(to.unwrap_or_default().to_owned())),
    };
    Order::Forward { when, to, after }
}

impl ForwardWord {
    fn case(self) -> Option<ForwardWhen> {
        match self {
            Self::Always => Some(ForwardWhen::Always),
            Self::Busy => Some(ForwardWhen::Busy),
            Self::NoAnswer => Some(ForwardWhen::NoAnswer),
            Self::Dnd => Some(ForwardWhen::DoNotDisturb),
            Self::Off => None,
        }
    }
}

impl FromStr for PickUpWhat {
    type Err = NotASlot;

    fn from_str(text: &str) -> Result<Self, NotASlot> {
        if text.chars().all(|c| c.is_ascii_digit()) {
            text.parse().map(Self::Slot)
        } else {
            Ok(Self::At(text.to_owned()))
        }
    }
}

impl PickUpWhat {
    fn order(&self) -> Order {
        match self {
            Self::Slot(slot) => Order::PickUp { slot: Some(*slot), at: None },
            Self::At(who) => Order::PickUp { slot: None, at: Some(who.clone()) },
        }
    }
}

impl PresenceWord {
    fn choice(self) -> PresenceChoice {
        match self {
            Self::Online => PresenceChoice::Online,
            Self::Away => PresenceChoice::Away,
            Self::Dnd => PresenceChoice::DoNotDisturb,
        }
    }
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
            Some(Told::Status(_) | Told::Remembered { .. }) => {}
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
            Some(Told::Status(_)) => {}
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
                Some(Told::Done(_) | Told::Remembered { .. }) => {}
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
    fn calls_are_forwarded_by_what_is_said() {
        let order = |when, to| forward(when, to, None);
        let forward = |when, to: Option<&str>| Order::Forward { when, to: to.map(str::to_owned), after: None };
        let busy = Some(ForwardWhen::Busy);
        for (when, to, wanted) in [
            (ForwardWord::Busy, Some("carol"), forward(busy, Some("carol"))),
            (ForwardWord::Busy, Some("off"), forward(busy, None)),
            (ForwardWord::Off, Some("busy"), forward(busy, None)),
            (ForwardWord::Off, None, forward(None, None)),
            // These the phone refuses: to whom, and when.
            (ForwardWord::Busy, None, forward(busy, Some(""))),
            (ForwardWord::Off, Some("carol"), forward(None, Some("carol"))),
        ] {
            assert_eq!(order(when, to), wanted);
        }
        assert_eq!("7".parse::<PickUpWhat>().unwrap().order(), Order::PickUp { slot: 7.try_into().ok(), at: None });
        let at = Some("bob7".to_owned());
        assert_eq!("bob7".parse::<PickUpWhat>().unwrap().order(), Order::PickUp { slot: None, at });
    }

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
