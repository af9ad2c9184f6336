//! What can happen to the screen, and what it wants done.

use crossterm::event::KeyEvent;

use super::model::{GoOn, Pane};
use crate::domain::id::CallId;
use crate::domain::time::UnixMillis;
use crate::phone::account::Who;
use crate::phone::command::Command;
use crate::phone::event::{Event, GroupCard};
use crate::phone::evidence::News;
use crate::phone::evidence::story::Explanation;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "made and taken one at a time, and most are the largest one")]
pub enum Message {
    /// Time went on; comes before every other message, so that those happen at the time the model holds.
    Tick(UnixMillis),
    /// A key was pressed, held or released.
    Key(KeyEvent),
    /// The terminal is no longer what is typed into: a key that is released now is not told.
    FocusLost,
    /// Whether the terminal tells when keys are released.
    TellsReleases(bool),
    /// A line was typed, in plain mode.
    Line(String),
    /// No line comes any more, in plain mode.
    InputEnded,
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize,
    /// The phone told something.
    Phone(Event),
    /// The phone took no command: its queue is full.
    PhoneBusy,
    /// A text was copied.
    Copied(Copied),
    /// The call records were written into a file, or why they were not.
    Exported {
        /// The file, as it was named.
        file: String,
        /// What went wrong, if something did.
        failed: Option<String>,
    },
    /// The session is recorded as a script now, or no more.
    ScriptRecorded(ScriptRecorded),
    /// What the phone remembers that is new.
    Recorded(News),
    /// Why a call went wrong; nothing where it did not.
    Explained(CallId, Option<Box<Explanation>>),
    /// Evidence was written, into this file; or why not.
    Evidence(Result<String, String>),
    /// A saved sign-in was to be forgotten.
    SignedOut {
        /// Which.
        who: Who,
        /// What kept from it, if something did.
        failed: Option<NotSignedOut>,
    },
}

/// What kept from signing out, in whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSignedOut {
    /// Why, for a person.
    pub why: String,
    /// Whether the sign-in is still saved; else only the service could not be told.
    pub stays: bool,
}

/// What became of recording the session as a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptRecorded {
    /// It is written into this file from now on.
    Begun(String),
    /// That file can't be made: why.
    Failed {
        /// The file, as it was named.
        file: String,
        /// What went wrong.
        why: String,
    },
    /// It is in this file.
    Ended(String),
    /// Nothing was recorded that could end.
    Nothing,
}

/// What took a text that was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// A clipboard program of this machine; its name.
    Program(&'static str),
    /// The terminal, asked with OSC 52.
    Terminal,
}

/// Something the screen wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell the phone.
    Phone(Command),
    /// Ring the terminal's bell.
    Bell,
    /// Name the terminal.
    Title(String),
    /// Ask the terminal to notify the person.
    Notify(String),
    /// Ask the terminal whether it tells when keys are released; answered by [`Message::TellsReleases`].
    AskReleases,
    /// Tell something that was asked for, in plain mode.
    Tell(Subject),
    /// Put a text on the clipboard; answered by [`Message::Copied`].
    Copy(String),
    /// Write a table into a new file; answered by [`Message::Exported`].
    Export {
        /// The file, as it was named.
        file: String,
        /// What is to be in it.
        table: String,
    },
    /// Record the session as a script into this new file, or end that; answered by [`Message::ScriptRecorded`].
    RecordScript(Option<String>),
    /// Ask what the phone remembers since the entry of this number; answered by [`Message::Recorded`].
    Look(u64),
    /// Ask why a call went wrong; answered by [`Message::Explained`].
    Explain(CallId),
    /// Write evidence; answered by [`Message::Evidence`].
    Evidence,
    /// Sign out of a saved sign-in that is not in use; answered by [`Message::SignedOut`].
    SignOut(Who),
    /// Leave, and go on as somebody else.
    GoOn(GoOn),
    /// Draw everything anew.
    Repaint,
    /// Stop this process until it is continued.
    Suspend,
    /// Leave.
    Quit,
}

/// What can be asked for in plain mode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// Friend requests and blocked people.
    Contacts,
    /// Where everything stands.
    Where,
    /// What can be typed; or one word of it.
    Help(String),
    /// What a panel lists.
    List(Pane),
    /// Where calls are forwarded, who rings nevertheless, who may pick up.
    Rules,
    /// The quality of the call.
    Quality,
    /// Whether the microphone is on.
    Microphone,
    /// The link and the code of a group.
    Share(GroupCard),
    /// The open question, once more.
    Question,
    /// What was chosen or said in answer.
    Said(String),
}
