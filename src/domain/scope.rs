//! What an access token is good for, in the words of ACS (`CommunicationTokenScope` of its SDKs).

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// One thing a token may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// All of chat.
    #[serde(rename = "chat")]
    Chat,
    /// All of calling: to start calls and to join them.
    #[serde(rename = "voip")]
    Voip,
    /// Chat in threads one is added to.
    #[serde(rename = "chat.join")]
    ChatJoin,
    /// The same, without adding others.
    #[serde(rename = "chat.join.limited")]
    ChatJoinLimited,
    /// To join calls that are there, and to answer, but not to start one.
    #[serde(rename = "voip.join")]
    VoipJoin,
}

/// What is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope: there are {}", all_words())]
pub struct NotAScope;

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Chat, Self::Voip, Self::ChatJoin, Self::ChatJoinLimited, Self::VoipJoin];

    /// Its word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Voip => "voip",
            Self::ChatJoin => "chat.join",
            Self::ChatJoinLimited => "chat.join.limited",
            Self::VoipJoin => "voip.join",
        }
    }
}

impl FromStr for Scope {
    type Err = NotAScope;

    fn from_str(word: &str) -> Result<Self, NotAScope> {
        Self::ALL.into_iter().find(|scope| scope.word() == word).ok_or(NotAScope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// What one token is good for: a set of scopes, written with commas between them as in the claim `acsScope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Scopes(u8);

impl Scopes {
    /// What somebody who signed in gets: chat and calling.
    pub const USER: Self = Self(1 << Scope::Chat as u8 | 1 << Scope::Voip as u8);

    /// Whether `scope` is among them.
    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether its holder may take part in calls at all.
    pub fn may_join_calls(self) -> bool {
        self.has(Scope::Voip) || self.has(Scope::VoipJoin)
    }

    /// Whether its holder may start calls.
    pub fn may_start_calls(self) -> bool {
        self.has(Scope::Voip)
    }

    /// The scopes, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | 1 << scope as u8))
    }
}

impl FromStr for Scopes {
    type Err = NotAScope;

    fn from_str(words: &str) -> Result<Self, NotAScope> {
        words.split(',').filter(|word| !word.is_empty()).map(str::parse).collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, scope) in self.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{scope}")?;
        }
        Ok(())
    }
}

/// As they are written.
impl JsonSchema for Scopes {
    fn schema_name() -> Cow<'static, str> {
        "Scopes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = Scope::ALL.map(|scope| scope.word().replace('.', r"\.")).join("|");
        json_schema!({ "type": "string", "pattern": format!("^({words})(,({words}))*$") })
    }
}

fn all_words() -> String {
    Scope::ALL.map(Scope::word).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_as_the_claim_and_read_back() {
        assert_eq!(Scopes::USER.to_string(), "chat,voip");
        for text in ["", "chat", "voip.join", "chat,voip,chat.join,chat.join.limited,voip.join"] {
            assert_eq!(text.parse::<Scopes>().unwrap().to_string(), text);
        }
        assert!("chat,fly".parse::<Scopes>().unwrap_err().to_string().contains("voip.join"));
    }

    #[test]
    fn joining_is_less_than_starting() {
        let joins: Scopes = "voip.join".parse().unwrap();
        assert!(joins.may_join_calls() && !joins.may_start_calls());
        assert!(Scopes::USER.may_start_calls() && Scopes::USER.may_join_calls());
        assert!(!"chat".parse::<Scopes>().unwrap().may_join_calls());
    }
}
