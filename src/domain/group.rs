//! Groups: what people meet in without being invited. Anybody signed in who knows a group's ID, code or link may join.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::GroupId;
use super::person::Person;
use super::text;

/// The most participants of one group call (the limit of ACS, "group calls", service limits).
pub const MAX_PARTICIPANTS: usize = 350;

/// How many of those who are in a group its row, and the notice of a change, name at the most: the first of them.
pub const MAX_HERE: usize = 32;

/// The name of a group the service keeps: 1–64 printable characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = text::SHOWS_SOMETHING, "maxLength" = 64))]
pub struct GroupName(String);

/// Why a text is no group name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a group name: 1 to 64 characters that can be shown")]
pub struct NotAGroupName;

impl GroupName {
    /// The printable name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GroupName {
    type Err = NotAGroupName;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let name = text::printable(raw, 64);
        if name.is_empty() || raw.chars().count() > 64 { Err(NotAGroupName) } else { Ok(Self(name)) }
    }
}

impl TryFrom<String> for GroupName {
    type Error = NotAGroupName;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<GroupName> for String {
    fn from(name: GroupName) -> Self {
        name.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A short code that stands for a group, to be typed or read out: 8 characters, shown as `k7mq-3tzf`.
///
/// Vowels, and what is easily mistaken (0, 1, l, y), are not in it: codes spell no words and survive a telephone line.
/// 27⁸ codes are about 38 bits; wrong guesses are limited by the service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[2-9bcdfghjkmnpqrstvwxz]{4}-[2-9bcdfghjkmnpqrstvwxz]{4}$"))]
pub struct GroupCode(String);

/// Why a text is no group code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a group code: it looks like k7mq-3tzf")]
pub struct NotAGroupCode;

impl GroupCode {
    /// The characters of a code.
    pub const ALPHABET: &'static [u8; 27] = b"23456789bcdfghjkmnpqrstvwxz";

    /// How many there are in one.
    pub const LENGTH: usize = 8;

    /// The code as stored: without the dash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for GroupCode {
    type Err = NotAGroupCode;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let code: String = raw.trim().chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
        let fits = code.len() == Self::LENGTH && code.bytes().all(|b| Self::ALPHABET.contains(&b));
        if fits { Ok(Self(code)) } else { Err(NotAGroupCode) }
    }
}

impl TryFrom<String> for GroupCode {
    type Error = NotAGroupCode;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<GroupCode> for String {
    fn from(code: GroupCode) -> Self {
        code.to_string()
    }
}

impl fmt::Display for GroupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, second) = self.0.split_at(Self::LENGTH / 2);
        write!(f, "{first}-{second}")
    }
}

/// How a group is named to the service; on the wire the text of either.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[2-9bcdfghjkmnpqrstvwxz]{4}-?[2-9bcdfghjkmnpqrstvwxz]{4})$"))]
pub enum GroupKey {
    /// By its ID; any GUID is one.
    Id(GroupId),
    /// By its code.
    Code(GroupCode),
}

/// Why a text is neither.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither a group ID nor a group code: they look like 29228d3e-040e-4656-a70e-890ab4e173e5 and k7mq-3tzf")]
pub struct NotAGroupKey;

impl FromStr for GroupKey {
    type Err = NotAGroupKey;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let id = raw.parse().ok().map(Self::Id);
        id.or_else(|| raw.parse().ok().map(Self::Code)).ok_or(NotAGroupKey)
    }
}

impl TryFrom<String> for GroupKey {
    type Error = NotAGroupKey;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<GroupKey> for String {
    fn from(key: GroupKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for GroupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Code(code) => code.fmt(f),
        }
    }
}

/// A group, as those who know it see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// Its ID.
    pub id: GroupId,
    /// Its name, if the service keeps it; the others live while somebody is in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<GroupName>,
    /// Its code. That of a group without a name ends a day after its last call.
    pub code: GroupCode,
}

impl Group {
    /// What is left of it in a call record.
    pub fn reference(&self) -> GroupRef {
        GroupRef { id: self.id, name: self.name.clone() }
    }
}

/// A group, as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupRef {
    /// Its ID.
    pub id: GroupId,
    /// Its name then, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<GroupName>,
}

/// A group of somebody's list: made by them, shared with them, or joined by them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupRow {
    /// The group.
    pub group: Group,
    /// Whose it is.
    pub owner: Person,
    /// Who is in it now: the first of them, at most [`MAX_HERE`].
    #[serde(default)]
    pub here: Vec<Person>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_as_people_type_them() {
        for typed in ["k7mq-3tzf", "K7MQ3TZF", " k7-mq-3t-zf "] {
            assert_eq!(typed.parse::<GroupCode>().unwrap().to_string(), "k7mq-3tzf");
        }
        for bad in ["", "k7mq-3tz", "k7mq-3tzff", "k7mq-3tza", "k7mq 3tzf", "ſ7mq-3tz"] {
            assert!(bad.parse::<GroupCode>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn group_names_can_be_shown() {
        assert_eq!("  Ops  bridge ".parse::<GroupName>().unwrap().as_str(), "Ops bridge");
        for bad in ["", "  ", "\u{1b}\u{202e}", &"x".repeat(65)] {
            assert!(bad.parse::<GroupName>().is_err(), "{bad:?}");
        }
    }
}
