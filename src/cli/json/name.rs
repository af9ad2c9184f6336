//! The names of the lines, and the Rust type that each is made from: the one table of both.

use schemars::JsonSchema;
use schemars::generate::SchemaGenerator;
use serde::Serialize;
use serde_json::Value;

use super::desk::{HandedOnLine, MovedLine};
use super::rules::RulesLine;
use super::sign_in::SignInCodeLine;
use super::sound::{DiagnosisLine, QualityLine, TransportLine};
use super::{
    DoneLine, DtmfLine, GroupLine, Line, ParticipantLine, PlayedLine, RefusedLine, SpeakersLine, StateLine,
    SummaryLine, WarningLine,
};

/// What a line tells, beside its head.
pub trait Body: Serialize {
    /// The name of the event.
    const NAME: EventName;
}

impl<B: Body> Body for &B {
    const NAME: EventName = B::NAME;
}

macro_rules! names {
    ($($(#[doc = $means:literal])* $name:ident $word:literal $body:ident $(<$lifetime:lifetime>)?;)*) => {
        /// The name of a line.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
        pub enum EventName {
            $($(#[doc = $means])* #[serde(rename = $word)] $name,)*
        }

        impl EventName {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The names, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// As it stands in the line.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)*
                }
            }

            /// What the line is, in a few words.
            pub(super) fn means(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($means),*),)*
                }
            }

            /// The schema of its lines.
            pub(super) fn schema(self, generator: &mut SchemaGenerator) -> Value {
                match self {
                    $(Self::$name => Line::<$body $(<$lifetime>)?>::json_schema(generator).into(),)*
                }
            }
        }

        $(impl Body for $body $(<$lifetime>)? {
            const NAME: EventName = EventName::$name;
        })*
    };
}

names! {
    /// The state of a call changed.
    State "state" StateLine<'_>;
    /// The other side hands a call on.
    HandedOn "handed_on" HandedOnLine<'_>;
    /// A call goes on under another id.
    Moved "moved" MovedLine;
    /// A call is a group call.
    Group "group" GroupLine<'_>;
    /// Another participant came, changed, or left.
    Participant "participant" ParticipantLine;
    /// Who speaks now in a group call.
    Speakers "speakers" SpeakersLine;
    /// A tone arrived.
    Dtmf "dtmf" DtmfLine;
    /// The figures of a second.
    Quality "quality" QualityLine;
    /// Sound goes over TCP, or over UDP again.
    Transport "transport" TransportLine;
    /// Something is wrong with the sound, or no longer.
    Diagnosis "diagnosis" DiagnosisLine;
    /// Something a person should know, though nothing failed.
    Warning "warning" WarningLine<'_>;
    /// The rules of the account.
    Rules "rules" RulesLine<'_>;
    /// How a call went.
    Summary "summary" SummaryLine;
    /// A line of a script, or of standard input, is done.
    Done "done" DoneLine;
    /// A line of a script, or of standard input, is not done.
    Refused "refused" RefusedLine;
    /// A script is over.
    Played "played" PlayedLine;
    /// What a person has to do to sign in with an account elsewhere.
    SignInCode "sign_in_code" SignInCodeLine<'_>;
}

impl EventName {
    /// The names of what a phone tells: what a script may wait for.
    pub const TOLD: &'static [&'static str] = &[
        "state",
        "handed_on",
        "moved",
        "group",
        "participant",
        "speakers",
        "dtmf",
        "quality",
        "transport",
        "diagnosis",
        "warning",
        "rules",
    ];
}
