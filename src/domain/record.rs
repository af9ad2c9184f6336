//! What is kept of a call after it ended: one record for each participant.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::{Direction, Peer};
use super::end_reason::EndReason;
use super::id::{CallId, Identity};
use super::person::Person;
use super::text;
use super::time::UnixMillis;

/// How a call went, as one participant sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Still going on.
    Ongoing,
    /// They talked.
    Answered,
    /// It rang here, or could not ring, and nobody answered.
    Missed,
    /// The callee declined.
    Declined,
    /// The callee was in another call, or does not want to be disturbed.
    Busy,
    /// The callee did not answer, or is offline.
    NoAnswer,
    /// The caller gave up.
    Cancelled,
    /// Something went wrong.
    Failed,
}

/// One participant's record of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallRecord {
    /// Which call.
    pub call_id: CallId,
    /// The other side.
    #[serde(flatten)]
    pub with: Peer,
    /// Who called whom.
    pub direction: Direction,
    /// How it went.
    pub outcome: Outcome,
    /// When it began to ring.
    pub started_at: UnixMillis,
    /// When it was answered, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<UnixMillis>,
    /// When it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<UnixMillis>,
    /// Why it ended, if it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<EndReason>,
    /// Who answered, where that was somebody else than was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<Person>,
    /// What its owner noted about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<CallNote>,
}

/// Which call records are asked for; all that is said has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HistoryFilter {
    /// Calls with this person alone, or that this person answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<Identity>,
    /// Calls whose person, group, who answered or note holds this text, in any case and with diacritics or without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Missed calls alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missed: bool,
    /// Calls that come after the record of this one in the list: the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<CallId>,
}

/// What somebody noted about a call: one printable line, 1–500 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = text::SHOWS_SOMETHING))]
pub struct CallNote(String);

/// What is no note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a note needs something that can be read")]
pub struct NotANote;

impl CallNote {
    /// The most characters a note has; what is longer is cut.
    pub const LONGEST: usize = 500;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CallNote {
    type Err = NotANote;

    fn from_str(raw: &str) -> Result<Self, NotANote> {
        let text = text::printable(raw, Self::LONGEST);
        if text.is_empty() { Err(NotANote) } else { Ok(Self(text)) }
    }
}

impl TryFrom<String> for CallNote {
    type Error = NotANote;

    fn try_from(raw: String) -> Result<Self, NotANote> {
        raw.parse()
    }
}

impl From<CallNote> for String {
    fn from(note: CallNote) -> Self {
        note.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_one_printable_line() {
        assert_eq!("  wants\n a \u{1b}[31mrefund ".parse::<CallNote>().unwrap().as_str(), "wants a [31mrefund");
        assert_eq!("\t\u{202e}".parse::<CallNote>(), Err(NotANote));
        assert_eq!("x".repeat(600).parse::<CallNote>().unwrap().as_str().len(), 500);
    }
}
