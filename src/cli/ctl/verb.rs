//! What `ctl` has a phone do: the words, and what the phone is asked.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::forward::Pickers;
use crate::domain::forwarding::{ForwardAfter, ForwardWhen};
use crate::domain::park::{NotASlot, ParkSlot};
use crate::domain::presence::PresenceChoice;
use crate::outside::format::Format;
use crate::outside::line::Asked;
use crate::outside::order::Order;

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
    /// Ask somebody to be a friend, or put them on the friend list, as the service has it
    AddFriend {
        /// Whom: a user name or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Accept a friend request
    AcceptFriend {
        /// Who asks: a name, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Decline a friend request; who asked is not told
    DeclineFriend {
        /// Who asks: a name, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Withdraw a friend request of yours
    WithdrawFriend {
        /// Whom you asked: a name, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Print the open friend requests: who asks, and whom you asked
    FriendRequests,
    /// Block somebody: to them you are offline, nothing of theirs rings here, and they are not told
    Block {
        /// Whom: a friend's name, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Block somebody no more
    Unblock {
        /// Whom: a name of the block list, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Print whom you block
    Blocked,
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
  {requests}  how many people ask to be friends
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
    pub(super) fn asked(&self) -> Asked {
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
            Self::AddFriend { who } => (Order::AddFriend { who: who.clone() }, None),
            Self::AcceptFriend { who } => (Order::AcceptFriend { who: who.clone() }, None),
            Self::DeclineFriend { who } => (Order::DeclineFriend { who: who.clone() }, None),
            Self::WithdrawFriend { who } => (Order::WithdrawFriend { who: who.clone() }, None),
            Self::FriendRequests => (Order::FriendRequests, None),
            Self::Block { who } => (Order::Block { who: who.clone() }, None),
            Self::Unblock { who } => (Order::Unblock { who: who.clone() }, None),
            Self::Blocked => (Order::Blocked, None),
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
