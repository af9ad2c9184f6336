//! What goes over the socket: one JSON object per line, with a version. Unknown fields are ignored. Pure.

use serde::{Deserialize, Serialize};

use super::order::Order;
use super::status::Status;
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::park::ParkSlot;
use crate::domain::person::{FriendRequest, Person};
use crate::phone::event::Refusal;
use crate::protocol::failure::FailureCode;

/// The version of the lines.
pub const VERSION: u8 = 1;

/// The longest line a phone reads, in bytes.
pub const LONGEST_ASKED: usize = 4096;

/// The longest line a phone writes, in bytes.
pub const LONGEST_TOLD: usize = 256 * 1024;

/// How many people are told at once.
pub const PEOPLE_AT_ONCE: usize = 100;

/// The longest piece of what the phone remembers, in bytes: as JSON in JSON it is at most twice as long.
pub const LONGEST_PIECE: usize = 64 * 1024;

/// What another program asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The version of this line.
    #[serde(default = "version")]
    pub v: u8,
    /// A number that the answer carries too.
    #[serde(default)]
    pub id: u64,
    /// What is to be done.
    #[serde(flatten)]
    pub order: Order,
    /// Which call it is about: its number in the status, from 1, or its ID or the beginning of it. The order's own choice
    /// when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
}

fn version() -> u8 {
    VERSION
}

impl Asked {
    /// An order, with the version of today.
    pub fn new(order: Order, call: Option<String>) -> Self {
        Self { v: VERSION, id: 1, order, call }
    }
}

/// What the phone tells: its status first, unasked; then an answer to everything asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Told {
    /// What it is doing.
    Status(Box<Status>),
    /// What was asked is done.
    Done(Done),
    /// What was asked is not done.
    Refused(Refused),
    /// Open friend requests: again and again, until all are told.
    FriendRequests {
        /// The number of what was asked.
        id: u64,
        /// The user: who is of another organisation is external.
        me: Option<Person>,
        /// The next of them.
        requests: Vec<FriendRequest>,
    },
    /// People who are blocked: again and again, until all are told.
    Blocked {
        /// The number of what was asked.
        id: u64,
        /// The user: who is of another organisation is external.
        me: Option<Person>,
        /// The next of them.
        people: Vec<Person>,
    },
    /// A piece of what it remembers: all of them in a row are the lines of JSON that `events.jsonl` of the evidence holds.
    Remembered {
        /// The number of what was asked.
        id: u64,
        /// The piece, at most [`LONGEST_PIECE`]; it may end within a line.
        text: String,
    },
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Done {
    /// The number of what was asked.
    pub id: u64,
    /// The call it was about, or that began by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<CallId>,
    /// Where a call was parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<ParkSlot>,
}

/// What was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The number of what was asked.
    #[serde(default)]
    pub id: u64,
    /// Why, for programs.
    #[serde(flatten)]
    pub why: Why,
    /// Why, for a person.
    pub message: String,
}

/// Why something was not done, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Why {
    /// The service refused.
    Service {
        /// Its code.
        code: FailureCode,
        /// Its subcode; 0 for none.
        sub_code: u32,
    },
    /// There is no connection to the service.
    NotConnected,
    /// No such person, group or call.
    Nobody,
    /// What was asked can't be meant, or could mean several things.
    Usage,
    /// It does not fit what the phone is doing.
    NotNow,
    /// The call ended.
    Ended {
        /// The reason.
        #[serde(flatten)]
        reason: EndReason,
    },
    /// It did not happen in time.
    TimedOut,
    /// The phone belongs to another user of this machine.
    Forbidden,
    /// Something a later version says.
    #[serde(other)]
    Other,
}

impl Refused {
    /// A refusal; the number of what was asked is put in when it is answered.
    pub(super) fn new(why: Why, message: impl Into<String>) -> Self {
        Self { id: 0, why, message: message.into() }
    }

    /// What the phone refused.
    pub(super) fn of(refusal: &Refusal) -> Self {
        let why = match refusal {
            Refusal::Service(failure) => Why::Service { code: failure.code, sub_code: failure.sub_code },
            Refusal::NotConnected => Why::NotConnected,
            Refusal::NobodyCalled(_) | Refusal::NoGroupCalled(_) => Why::Nobody,
            Refusal::Ambiguous { .. } | Refusal::NotAPlace(_) | Refusal::OtherService { .. } => Why::Usage,
            Refusal::NotNow(_) => Why::NotNow,
        };
        Self::new(why, refusal.to_string())
    }
}

impl Told {
    /// The line for it, with its end.
    pub fn line(&self) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            v: u8,
            #[serde(flatten)]
            told: &'a Told,
        }
        let mut line = serde_json::to_string(&Line { v: VERSION, told: self }).expect("plain values become JSON");
        line.push('\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::forwarding::ForwardWhen;

    #[test]
    fn orders_are_lines_a_person_could_type() {
        let asked = |line: &str| serde_json::from_str::<Asked>(line).unwrap_or_else(|why| panic!("{line}: {why}"));
        assert_eq!(asked(r#"{"do":"answer"}"#).order, Order::Answer);
        let later = asked(r#"{"v":1,"id":7,"do":"transfer","to":"bob","call":"2","moon":"full"}"#);
        assert_eq!((later.id, later.call.as_deref()), (7, Some("2")));
        assert_eq!(later.order, Order::Transfer { to: "bob".to_owned() });
        assert_eq!(asked(r#"{"do":"mute"}"#).order, Order::Mute { on: None });
        assert_eq!(asked(r#"{"do":"pick-up","slot":7}"#).order, Order::PickUp { slot: 7.try_into().ok(), at: None });
        let at = Some("bob".to_owned());
        assert_eq!(asked(r#"{"do":"pick-up","at":"bob"}"#).order, Order::PickUp { slot: None, at });
        let forward = asked(r#"{"do":"forward","when":"no_answer","to":"bob","after":15}"#).order;
        let (to, after) = (Some("bob".to_owned()), 15.try_into().ok());
        assert_eq!(forward, Order::Forward { when: Some(ForwardWhen::NoAnswer), to, after });
        for bad in ["", "{}", "[]", r#"{"do":"explode"}"#, r#"{"do":"pick-up","slot":21}"#, r#"{"do":"call"}"#] {
            assert!(serde_json::from_str::<Asked>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_line_has_a_version_and_says_what_it_is() {
        let slot = Some(3.try_into().unwrap());
        let told = Told::Done(Done { id: 7, call_id: None, slot });
        assert_eq!(told.line(), "{\"v\":1,\"event\":\"done\",\"id\":7,\"slot\":3}\n");
        for why in [
            Why::Service { code: FailureCode::Conflict, sub_code: 1 },
            Why::Ended { reason: EndReason::DECLINED },
            Why::TimedOut,
        ] {
            let told = Told::Refused(Refused::new(why, "no"));
            assert_eq!(serde_json::from_str::<Told>(&told.line()).unwrap(), told, "{}", told.line());
        }
        let later = r#"{"v":1,"event":"refused","id":1,"why":"eclipse","message":"no"}"#;
        assert_eq!(
            serde_json::from_str::<Told>(later).unwrap(),
            Told::Refused(Refused { id: 1, ..Refused::new(Why::Other, "no") })
        );
    }
}
