//! Organisations: which accounts of one service belong together.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The short name of an organisation: 1–32 lower-case letters, digits and hyphens, with a letter or digit at both ends.
///
/// Every account belongs to one. To its members, the people of another are external.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "maxLength" = 32))]
pub struct Organisation(String);

/// A text that is no name of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an organisation's name is 1 to {} lower-case letters, digits and hyphens, such as acme or acme-berlin",
    Organisation::LONGEST
)]
pub struct NotAnOrganisation;

impl Organisation {
    /// The length of the longest name, in characters.
    pub const LONGEST: usize = 32;

    /// The one accounts belong to when nobody says another.
    pub const MAIN: &str = "main";

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the one accounts belong to when nobody says another.
    pub fn is_main(&self) -> bool {
        self.0 == Self::MAIN
    }
}

impl Default for Organisation {
    fn default() -> Self {
        Self(Self::MAIN.to_owned())
    }
}

impl fmt::Display for Organisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Organisation {
    type Err = NotAnOrganisation;

    fn from_str(text: &str) -> Result<Self, NotAnOrganisation> {
        let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
        let ends = text.bytes().next().is_some_and(inner) && text.bytes().next_back().is_some_and(inner);
        let fits = text.len() <= Self::LONGEST && text.bytes().all(|c| inner(c) || c == b'-');
        if ends && fits { Ok(Self(text.to_owned())) } else { Err(NotAnOrganisation) }
    }
}

impl TryFrom<String> for Organisation {
    type Error = NotAnOrganisation;

    fn try_from(text: String) -> Result<Self, NotAnOrganisation> {
        text.parse()
    }
}

impl From<Organisation> for String {
    fn from(organisation: Organisation) -> Self {
        organisation.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_plain() {
        for good in ["main", "a", "acme-berlin", "3m", &"x".repeat(32)] {
            assert_eq!(good.parse::<Organisation>().unwrap().as_str(), good);
        }
        for bad in ["", "-", "acme-", "-acme", "Acme", "ac me", "acmé", "a.b", &"x".repeat(33)] {
            assert_eq!(bad.parse::<Organisation>(), Err(NotAnOrganisation), "{bad:?}");
        }
    }

    #[test]
    fn the_usual_one_is_a_name() {
        let usual = Organisation::default();
        assert!(usual.is_main());
        assert_eq!(usual.as_str().parse(), Ok(usual));
    }
}
