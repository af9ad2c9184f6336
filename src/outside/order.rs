//! What other programs may have the phone do: which commands that takes, given what it is doing now. Pure.

use serde::{Deserialize, Serialize};

use super::line::{Done, Refused, Why};
use super::status::{CallRow, Status};
use super::waiting::{Rule, Waiting, Wish};
use crate::domain::call::CallState;
use crate::domain::dtmf::Tone;
use crate::domain::forwarding::{ForwardAfter, ForwardWhen, PickUpBy};
use crate::domain::id::CallId;
use crate::domain::link::OpenedLink;
use crate::domain::park::ParkSlot;
use crate::domain::place::Place;
use crate::domain::presence::{PresenceChoice, PresenceState};
use crate::phone::command::{Command, TransferTo};
use crate::texts::outside;

/// The most tones one order sends.
const TONES: usize = 32;

/// The fewest characters that may stand for the ID of a call.
const SHORTEST_ID: usize = 4;

/// Something to be done; the words are those of the screen's palette.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Order {
    /// Tells what the phone is doing; again and again, whenever that changes, with `follow`.
    Status {
        /// Whether to go on telling.
        #[serde(default)]
        follow: bool,
    },
    /// Answers the call that has been ringing the longest.
    Answer,
    /// Declines it.
    Decline,
    /// Hangs up.
    Hangup,
    /// Turns the microphone off, or on; the other way round when it is not said which.
    Mute {
        /// Whether it is to be off.
        #[serde(default)]
        on: Option<bool>,
    },
    /// Holds, or resumes; the other way round when it is not said which.
    Hold {
        /// Whether it is to be held.
        #[serde(default)]
        on: Option<bool>,
    },
    /// Makes another call the active one.
    Swap,
    /// Hands the other side on to somebody who is rung.
    Transfer {
        /// To whom, as typed.
        to: String,
    },
    /// Calls somebody to ask first, while the call waits.
    Consult {
        /// Whom, as typed.
        to: String,
    },
    /// Hands the call that waits on to whom the other call is with.
    Complete,
    /// Brings the people of two calls together.
    Merge,
    /// Parks the other side.
    Park {
        /// Where; the first free slot when absent.
        #[serde(default)]
        slot: Option<ParkSlot>,
    },
    /// Picks up a parked call, or what rings at somebody.
    PickUp {
        /// Where it is parked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<ParkSlot>,
        /// At whom it rings, as typed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<String>,
    },
    /// Forwards calls, or does so no more.
    Forward {
        /// In which case; in none any more when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        when: Option<ForwardWhen>,
        /// To whom, as typed; nobody when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
        /// How long they ring before, in seconds, for those nobody answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<ForwardAfter>,
    },
    /// Lets somebody ring in spite of do not disturb, or no more.
    Except {
        /// Whom, as typed.
        who: String,
        /// Whether that person may ring.
        on: bool,
    },
    /// Says who may pick up what rings here.
    LetPickUp {
        /// Who.
        by: PickUpBy,
    },
    /// Asks somebody to be a friend, or puts them on the list, as the service has it.
    AddFriend {
        /// Whom, as typed.
        who: String,
    },
    /// Accepts the friend request of somebody.
    AcceptFriend {
        /// Of whom, as typed.
        who: String,
    },
    /// Declines the friend request of somebody.
    DeclineFriend {
        /// Of whom, as typed.
        who: String,
    },
    /// Withdraws the friend request to somebody.
    WithdrawFriend {
        /// To whom, as typed.
        who: String,
    },
    /// Tells the open friend requests.
    FriendRequests,
    /// Blocks somebody.
    Block {
        /// Whom, as typed.
        who: String,
    },
    /// Blocks somebody no more.
    Unblock {
        /// Whom, as typed.
        who: String,
    },
    /// Tells who is blocked.
    Blocked,
    /// Calls somebody.
    Call {
        /// Whom, as typed.
        to: String,
    },
    /// Joins a group's call.
    Join {
        /// Where, as typed.
        place: String,
    },
    /// Sends tones.
    Dtmf {
        /// The tones: 0-9, *, #, A-D; blanks are left out.
        tones: String,
    },
    /// Says what the user wants to be for others.
    Presence {
        /// What.
        presence: PresenceChoice,
    },
    /// Tells what the phone remembers of itself, without what is secret.
    Evidence,
    /// Shows a link, which asks for nothing by itself.
    Open {
        /// The link.
        url: String,
    },
}

/// What an order takes.
#[derive(Debug, PartialEq)]
pub(super) enum Plan {
    /// Nothing: it is so already, or is only to be told.
    Nothing(Done),
    /// These commands.
    Tell {
        commands: Vec<Command>,
        /// What has to happen for it to be done.
        until: Waiting,
    },
    /// These commands, of which nothing comes back when they are carried out.
    JustTell { commands: Vec<Command>, done: Done },
    /// A link to be shown.
    Show(OpenedLink),
}

impl Order {
    /// What it takes, of a phone that does that; `which` names the call it is about.
    pub(super) fn plan(&self, which: Option<&str>, status: &Status) -> Result<Plan, Refused> {
        let chosen = which.map(|which| find(which, status)).transpose()?;
        let now = Now { status, chosen };
        match self {
            // The connection itself tells these.
            Self::Status { .. } | Self::Evidence | Self::FriendRequests | Self::Blocked => {
                Ok(Plan::Nothing(Done::default()))
            }
            Self::Answer => now.answer(),
            Self::Decline => now.decline(),
            Self::Hangup => now.hang_up(),
            Self::Mute { on } => now.mute(*on),
            Self::Hold { on } => now.hold(*on),
            Self::Swap => now.swap(),
            Self::Transfer { to } => now.transfer(to),
            Self::Consult { to } => now.consult(to),
            Self::Complete => now.complete(),
            Self::Merge => now.merge(),
            Self::Park { slot } => now.park(*slot),
            Self::PickUp { slot, at } => now.pick_up(*slot, at.as_deref()),
            Self::Forward { when, to, after } => forward(*when, to.as_deref(), *after),
            Self::Except { who, on } => {
                let command = Command::Except { who: somebody(who)?, on: *on };
                tell(command, &["except"], Wish::Ruled { rule: Rule::Told })
            }
            Self::LetPickUp { by } => {
                tell(Command::LetPickUp(*by), &["let pick up"], Wish::Ruled { rule: Rule::PickUp(*by) })
            }
            Self::AddFriend { who } => about(who, Command::AddFriend, &["add friend"]),
            Self::AcceptFriend { who } => about(who, Command::AcceptFriend, &["accept friend"]),
            Self::DeclineFriend { who } => about(who, Command::DeclineFriend, &["decline friend"]),
            Self::WithdrawFriend { who } => about(who, Command::WithdrawFriend, &["withdraw friend"]),
            Self::Block { who } => about(who, Command::Block, &["block"]),
            Self::Unblock { who } => about(who, Command::Unblock, &["unblock"]),
            Self::Call { to } => now.call(to),
            Self::Join { place } => now.join(place),
            Self::Dtmf { tones } => now.dtmf(tones),
            Self::Presence { presence } => now.presence(*presence),
            Self::Open { url } => now.open(url),
        }
    }
}

/// The call meant by its number, its ID or the beginning of it.
fn find<'a>(which: &str, status: &'a Status) -> Result<&'a CallRow, Refused> {
    let none = || refuse(Why::Nobody, outside::no_such_call(which));
    if let Ok(number @ 1..=99) = which.parse::<usize>() {
        return status.calls.iter().find(|row| row.number == number).ok_or_else(none);
    }
    let start = which.to_ascii_lowercase();
    let mut meant = status.calls.iter().filter(|row| row.call_id.to_string().starts_with(&start));
    match (meant.next(), meant.next()) {
        (Some(row), None) if start.len() >= SHORTEST_ID => Ok(row),
        (Some(_), _) => Err(refuse(Why::Usage, outside::unclear_call(which))),
        (None, _) => Err(none()),
    }
}

fn refuse(why: Why, message: impl Into<String>) -> Refused {
    Refused::new(why, message)
}

/// What the phone is doing while it is given an order, and the call that was named.
struct Now<'a> {
    status: &'a Status,
    chosen: Option<&'a CallRow>,
}

impl Now<'_> {
    /// The call an order is about that names none: the active one.
    fn current(&self) -> Result<&CallRow, Refused> {
        if let Some(row) = self.chosen.or_else(|| self.status.active()) {
            return Ok(row);
        }
        let some = self.status.calls.iter().any(|row| !row.rings);
        let (why, message) = if some { (Why::Usage, outside::WHICH_CALL) } else { (Why::NotNow, outside::NO_CALL) };
        Err(refuse(why, message))
    }

    /// The same, once it was answered.
    fn connected(&self) -> Result<&CallRow, Refused> {
        let row = self.current()?;
        if row.is_connected() { Ok(row) } else { Err(refuse(Why::NotNow, outside::NOT_CONNECTED)) }
    }

    fn ringing(&self) -> Result<&CallRow, Refused> {
        let row = self.chosen.or_else(|| self.status.ringing());
        row.filter(|row| row.rings).ok_or_else(|| refuse(Why::NotNow, outside::NOTHING_RINGS))
    }

    /// The calls this phone is in. One that only rings here may be the very one that is picked up, or joined.
    fn known(&self) -> Vec<CallId> {
        self.status.calls.iter().filter(|row| !row.rings).map(|row| row.call_id).collect()
    }

    fn answer(&self) -> Result<Plan, Refused> {
        let call = self.ringing()?.call_id;
        tell(Command::Answer(call), &["answer"], Wish::InCall { call })
    }

    fn decline(&self) -> Result<Plan, Refused> {
        let call = self.ringing()?.call_id;
        tell(Command::Decline(call), &["decline"], Wish::Over { call })
    }

    fn hang_up(&self) -> Result<Plan, Refused> {
        let call = self.current()?.call_id;
        tell(Command::HangUp(call), &["hang up"], Wish::Over { call })
    }

    fn mute(&self, on: Option<bool>) -> Result<Plan, Refused> {
        let row = self.current()?;
        let (call, on) = (row.call_id, on.unwrap_or(!row.muted));
        if row.muted == on {
            return so_already(call);
        }
        tell(Command::Mute { call, on }, &["mute"], Wish::Muted { call, on })
    }

    fn hold(&self, on: Option<bool>) -> Result<Plan, Refused> {
        let row = self.connected()?;
        let (call, on) = (row.call_id, on.unwrap_or_else(|| !row.is_held()));
        if row.is_held() == on {
            return so_already(call);
        }
        tell(Command::Hold { call, on }, &["hold"], Wish::Held { call, on })
    }

    fn swap(&self) -> Result<Plan, Refused> {
        let row = self.chosen.or_else(|| self.status.other());
        let row = row.ok_or_else(|| refuse(Why::NotNow, outside::NO_OTHER_CALL))?;
        let call = row.call_id;
        if row.active {
            return so_already(call);
        }
        tell(Command::Activate(call), &["activate", "hold"], Wish::Active { call })
    }

    fn transfer(&self, to: &str) -> Result<Plan, Refused> {
        let (call, to) = (self.connected()?.call_id, TransferTo::Person(somebody(to)?));
        tell(Command::Transfer { call, to }, &["transfer"], Wish::HandedOn { call })
    }

    fn consult(&self, to: &str) -> Result<Plan, Refused> {
        let (call, to) = (self.connected()?.call_id, somebody(to)?);
        tell(Command::Consult { call, to }, &["consult", "call"], Wish::Begun { known: self.known(), mine: None })
    }

    fn complete(&self) -> Result<Plan, Refused> {
        let asking = |row: &&CallRow| row.consult_of.is_some();
        let consult = match self.chosen {
            Some(row) => Some(row).filter(asking),
            None => self.status.active().filter(asking).or_else(|| self.status.calls.iter().find(asking)),
        };
        let waits = consult.and_then(|row| Some((row.consult_of?, row.call_id)));
        let (call, with) = waits.ok_or_else(|| refuse(Why::NotNow, outside::NO_CONSULTATION))?;
        let command = Command::Transfer { call, to: TransferTo::Call(with) };
        tell(command, &["transfer"], Wish::HandedOn { call })
    }

    /// The people of one call come into the other: a group stays, or else the call that waited.
    fn merge(&self) -> Result<Plan, Refused> {
        let (into, with) = self.two_calls()?;
        let (into, with) = if with.group && !into.group { (with, into) } else { (into, with) };
        if with.group {
            return Err(refuse(Why::NotNow, outside::TWO_GROUPS));
        }
        let (call, with) = (into.call_id, with.call_id);
        tell(Command::Merge { call, with }, &["merge"], Wish::Merged { with })
    }

    fn two_calls(&self) -> Result<(&CallRow, &CallRow), Refused> {
        let active = self.status.active().filter(|row| row.is_connected());
        let active = active.ok_or_else(|| refuse(Why::NotNow, outside::NO_OTHER_CALL))?;
        let waits = active.consult_of.and_then(|waits| self.status.call(waits));
        let other = self.chosen.or(waits).or_else(|| self.status.other());
        let other = other.filter(|row| row.is_connected() && row.call_id != active.call_id);
        Ok((other.ok_or_else(|| refuse(Why::NotNow, outside::NO_OTHER_CALL))?, active))
    }

    fn park(&self, slot: Option<ParkSlot>) -> Result<Plan, Refused> {
        let call = self.connected()?.call_id;
        tell(Command::Park { call, slot }, &["park"], Wish::Parked { call })
    }

    fn pick_up(&self, slot: Option<ParkSlot>, at: Option<&str>) -> Result<Plan, Refused> {
        let command = match (slot, at) {
            (Some(slot), None) => Command::PickUp(slot),
            (None, Some(at)) => Command::PickUpRinging(somebody(at)?),
            (Some(_), Some(_)) | (None, None) => return Err(refuse(Why::Usage, outside::SLOT_OR_WHOM)),
        };
        tell(command, &["pick up"], Wish::PickedUp { mine: None })
    }

    fn call(&self, to: &str) -> Result<Plan, Refused> {
        let to = somebody(to)?;
        if matches!(to.parse(), Ok(Place::Link { .. })) {
            return Err(refuse(Why::Usage, outside::LINK_IS_JOINED));
        }
        tell(Command::Call { to, ring_for: None }, &["call"], Wish::Begun { known: self.known(), mine: None })
    }

    fn join(&self, place: &str) -> Result<Plan, Refused> {
        place.parse::<Place>().map_err(|why| refuse(Why::Usage, why.to_string()))?;
        let command = Command::Join { place: place.to_owned(), existing: false, muted: None };
        tell(command, &["join"], Wish::Joined { known: self.known(), mine: None })
    }

    /// Tones are heard by nobody here: they are sent where the call takes them.
    fn dtmf(&self, tones: &str) -> Result<Plan, Refused> {
        let row = self.current()?;
        let takes = matches!(row.state, CallState::Connected | CallState::RemoteHold | CallState::EarlyMedia);
        if !takes {
            return Err(refuse(Why::NotNow, outside::NO_TONES));
        }
        let tones: Result<Vec<Tone>, _> = tones.chars().filter(|c| *c != ' ').map(Tone::try_from).collect();
        let tones = tones.map_err(|why| refuse(Why::Usage, why.to_string()))?;
        if tones.is_empty() || tones.len() > TONES {
            return Err(refuse(Why::Usage, outside::how_many_tones(TONES)));
        }
        let call = row.call_id;
        let commands = tones.into_iter().map(|tone| Command::Dtmf { call, tone }).collect();
        Ok(Plan::JustTell { commands, done: Done { call_id: Some(call), ..Done::default() } })
    }

    fn presence(&self, choice: PresenceChoice) -> Result<Plan, Refused> {
        let state = match choice {
            PresenceChoice::Online => PresenceState::Online,
            PresenceChoice::Away => PresenceState::Away,
            PresenceChoice::DoNotDisturb => PresenceState::DoNotDisturb,
        };
        let command = Command::SetPresence(choice);
        // In a call, or while one rings, others see that; and what is seen already does not change.
        let hidden = [Some(PresenceState::InCall), Some(PresenceState::Ringing)].contains(&self.status.presence);
        if self.status.presence == Some(state) || hidden {
            return Ok(Plan::JustTell { commands: vec![command], done: Done::default() });
        }
        tell(command, &["presence"], Wish::Seen { state })
    }

    fn open(&self, url: &str) -> Result<Plan, Refused> {
        if !self.status.screen {
            return Err(refuse(Why::NotNow, outside::NO_SCREEN));
        }
        url.parse().map(Plan::Show).map_err(|why: crate::domain::link::NotALink| refuse(Why::Usage, why.to_string()))
    }
}

fn tell(command: Command, whats: &'static [&'static str], wish: Wish) -> Result<Plan, Refused> {
    Ok(Plan::Tell { commands: vec![command], until: Waiting { whats, wish } })
}

/// A command about somebody, which the service answers.
fn about(who: &str, command: fn(String) -> Command, whats: &'static [&'static str]) -> Result<Plan, Refused> {
    tell(command(somebody(who)?), whats, Wish::Answered)
}

/// Forwards calls in a case; without one, none any more.
fn forward(when: Option<ForwardWhen>, to: Option<&str>, after: Option<ForwardAfter>) -> Result<Plan, Refused> {
    let to = to.map(somebody).transpose()?;
    let when = match (when, &to) {
        (Some(when), _) => vec![when],
        (None, None) => ForwardWhen::ALL.to_vec(),
        (None, Some(_)) => return Err(refuse(Why::Usage, outside::SAY_WHEN)),
    };
    let told = |when: &ForwardWhen| Command::Forward { when: *when, to: to.clone(), after };
    let commands = when.iter().map(told).collect();
    let rule = Rule::Forwards { on: to.is_some(), when };
    Ok(Plan::Tell { commands, until: Waiting { whats: &["forward"], wish: Wish::Ruled { rule } } })
}

fn so_already(call: CallId) -> Result<Plan, Refused> {
    Ok(Plan::Nothing(Done { call_id: Some(call), ..Done::default() }))
}

fn somebody(to: &str) -> Result<String, Refused> {
    let to = to.trim();
    if to.is_empty() { Err(refuse(Why::Usage, outside::SAY_WHOM)) } else { Ok(to.to_owned()) }
}

#[cfg(test)]
mod tests;
