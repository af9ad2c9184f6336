//! People: who somebody is, and who is on whose friend list.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::call::Direction;
use super::id::{DisplayName, Identity, UserName};
use super::organisation::Organisation;
use super::presence::Presence;
use super::time::UnixMillis;
use super::whole::Whole;

/// Somebody who can be called: a user with an account, or a bot that lives in the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// Where calls for this person go.
    pub identity: Identity,
    /// The name this person signs in with; bots have one too, so that they can be called by name.
    pub name: UserName,
    /// How this person is shown.
    pub display_name: DisplayName,
    /// The organisation this person belongs to; bots and identities without an account are of the usual one.
    #[serde(default, skip_serializing_if = "Organisation::is_main")]
    pub organisation: Organisation,
}

impl Person {
    /// Somebody of the usual organisation.
    pub fn new(identity: Identity, name: UserName, display_name: DisplayName) -> Self {
        Self { identity, name, display_name, organisation: Organisation::default() }
    }

    /// The organisation of somebody who is external to `me`: who belongs to another one. Nobody is external as long as it is
    /// not known who `me` is.
    pub fn external_to(&self, me: Option<&Self>) -> Option<&Organisation> {
        me.filter(|me| me.organisation != self.organisation).map(|_| &self.organisation)
    }
}

/// A row of the friend list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Friend {
    /// Who it is.
    pub person: Person,
    /// What this person is doing now.
    pub presence: Presence,
    /// The number under which this person is a favourite of the list's owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub favourite: Option<Favourite>,
}

/// A friend request that is open: who asked has not withdrawn it, who was asked has not accepted it. Of two people at most
/// one is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FriendRequest {
    /// The other one.
    pub person: Person,
    /// Whether the other one asked, or was asked.
    pub direction: Direction,
    /// Since when.
    pub at: UnixMillis,
}

/// The number of a favourite, as on the direct keys of a desk telephone: 1–9, each given once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Whole", into = "u8")]
#[schemars(extend("minimum" = 1, "maximum" = 9))]
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

impl TryFrom<Whole> for Favourite {
    type Error = NotAFavourite;

    fn try_from(number: Whole) -> Result<Self, NotAFavourite> {
        u8::try_from(number.0).map_err(|_| NotAFavourite)?.try_into()
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
