//! People: who somebody is, and who is on whose friend list.

use serde::{Deserialize, Serialize};

use super::id::{DisplayName, Identity, UserName};
use super::presence::Presence;

/// Somebody who can be called: a user with an account, or a bot that lives in the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Where calls for this person go.
    pub identity: Identity,
    /// The name this person signs in with; bots have one too, so that they can be called by name.
    pub name: UserName,
    /// How this person is shown.
    pub display_name: DisplayName,
}

/// A row of the friend list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Friend {
    /// Who it is.
    pub person: Person,
    /// What this person is doing now.
    pub presence: Presence,
}
