//! A refusal of the phone as a sentence a person can act on; screen and headless commands print the same one.

use std::fmt;

use super::event::Refusal;
use crate::domain::text::printable;
use crate::texts::refusal;

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(failure) => f.write_str(&refusal::failure(failure)),
            Self::NotConnected => f.write_str(refusal::NOT_CONNECTED),
            Self::NobodyCalled(name) => f.write_str(&refusal::nobody_called(name)),
            Self::Ambiguous { name, candidates } => f.write_str(&refusal::ambiguous(name, candidates)),
            Self::NoGroupCalled(name) => f.write_str(&refusal::no_group_called(name)),
            Self::NotAPlace(why) => write!(f, "{why}"),
            Self::OtherService { origin } => f.write_str(&refusal::other_service(origin)),
            Self::NotNow(sentence) => f.write_str(&printable(sentence, 300)),
        }
    }
}
