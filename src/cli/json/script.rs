//! Lines about the lines of a script, or of standard input.

use schemars::JsonSchema;
use serde::Serialize;

use super::schema;
use crate::domain::id::CallId;
use crate::domain::park::ParkSlot;

/// A line was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DoneLine {
    /// The number of the line, from 1.
    pub line: usize,
    /// Its words.
    pub words: String,
    /// The call it was about, or that began by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Guid>")]
    pub call_id: Option<CallId>,
    /// Where a call was parked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::Slot>")]
    pub slot: Option<ParkSlot>,
}

/// A line was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RefusedLine {
    /// The number of the line, from 1.
    pub line: usize,
    /// Its words.
    pub words: String,
    /// The exit code for it.
    pub exit: u8,
    /// Why: a sentence.
    pub message: String,
}

/// A script is over.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PlayedLine {
    /// How many of its lines were done.
    pub done: usize,
    /// How many lines it has that ask for something.
    pub lines: usize,
    /// How many calls it was in.
    pub calls: usize,
    /// How long it took.
    pub seconds: f64,
    /// The exit code.
    pub exit: u8,
    /// Where it failed; absent where it did not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<FailedLine>,
}

/// Where a script failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FailedLine {
    /// The number of the line, from 1.
    pub line: usize,
    /// Its words.
    pub words: String,
    /// Why: a sentence.
    pub message: String,
}
