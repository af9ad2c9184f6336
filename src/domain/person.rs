//! People: who somebody is, and who is on whose friend list.

use std::fmt;
use std::str::FromStr;

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
    /// The number under which this person is a favourite of the list's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<Favourite>,
}

/// The number of a favourite, as on the direct keys of a desk telephone: 1–9, each given once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Favourite(u8);

/// What is no number of a favourite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("favourites have the numbers 1 to {}", Favourite::LAST)]
pub struct NotAFavourite;

impl Favourite {
    /// The last number.
    pub const LAST: u8 = 9;

    /// All numbers, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=Self::LAST).map(Self)
    }

    /// The number.
    pub fn number(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Favourite {
    type Error = NotAFavourite;

    fn try_from(number: u8) -> Result<Self, NotAFavourite> {
        if (1..=Self::LAST).contains(&number) { Ok(Self(number)) } else { Err(NotAFavourite) }
    }
}

impl From<Favourite> for u8 {
    fn from(favourite: Favourite) -> Self {
        favourite.0
    }
}

impl FromStr for Favourite {
    type Err = NotAFavourite;

    fn from_str(text: &str) -> Result<Self, NotAFavourite> {
        text.trim().parse::<u8>().map_err(|_| NotAFavourite)?.try_into()
    }
}

impl fmt::Display for Favourite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
