//! Scripts of a phone: lines of the words that steer it, and of what is to be waited for between them.
//!
//! Read as a whole before anything is done ([`parse`]), played line by line ([`player`]), and written from what a person
//! does and what the phone tells ([`scribe`]). Pure; who reads and writes files, and prints, is elsewhere.

pub mod parse;
pub mod player;
pub mod scribe;
mod wait;
mod watch;
pub mod words;

pub use self::wait::{Until, WaitFor};
use super::line::Asked;

/// A line of a script that asks for something.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its number in the script, from 1.
    pub number: usize,
    /// Its words, as they stand there.
    pub words: String,
    /// What it asks for.
    pub step: Step,
}

/// What a line asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Something the phone is to do.
    Order(Asked),
    /// Something that is to happen before the next line.
    WaitFor(WaitFor),
    /// A pause.
    Sleep(std::time::Duration),
    /// What the call that ended last has to meet: an expression of `--expect`.
    Expect(String),
}
