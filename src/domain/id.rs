//! Identifiers. Each is its own type, so that one can't be handed over as another.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::text;

/// A communication identity in its raw form, such as `8:acs:<resource>_<user>` or `8:echo123`
/// (the prefixes are those of the ACS identifier model).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^8:[!-~]+$", "maxLength" = 256))]
pub struct Identity(String);

/// Why a text is no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an identity: it looks like 8:acs:<resource>_<user>, at most 256 characters, no blanks")]
pub struct NotAnIdentity;

impl Identity {
    /// The identity of `user` in the resource `resource`. The part after `8:acs:` holds exactly one underscore:
    /// the official SDKs read three parts as another kind of user.
    pub fn acs(resource: Uuid, user: Uuid) -> Self {
        Self(format!("8:acs:{resource}_{user}"))
    }

    /// The raw form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Identity {
    type Err = NotAnIdentity;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let rest = raw.strip_prefix("8:").ok_or(NotAnIdentity)?;
        let plain = rest.bytes().all(|b| b.is_ascii_graphic());
        if rest.is_empty() || raw.len() > 256 || !plain {
            return Err(NotAnIdentity);
        }
        Ok(Self(raw.to_owned()))
    }
}

impl TryFrom<String> for Identity {
    type Error = NotAnIdentity;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<Identity> for String {
    fn from(identity: Identity) -> Self {
        identity.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(with = "String", extend("format" = "uuid"))]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(raw: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(raw).map(Self)
            }
        }
    };
}

uuid_id! {
    /// One call, from its first ring to its end; also the room it has in the SFU.
    CallId
}
uuid_id! {
    /// One group: what people who know it meet in, call after call.
    GroupId
}
uuid_id! {
    /// One running phone (screen or headless), kept over reconnects.
    ClientId
}
uuid_id! {
    /// One signalling session: what a client resumes after a lost socket.
    SessionId
}
uuid_id! {
    /// One client's media connection in one call.
    LegId
}
uuid_id! {
    /// Whatever can ring and take part in calls: a client, or a bot of the service.
    EndpointId
}

impl From<ClientId> for EndpointId {
    fn from(client: ClientId) -> Self {
        Self(client.0)
    }
}

/// The name somebody signs in with: 1–64 characters of `a-z 0-9 . - _`, lower-cased.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9_-][A-Za-z0-9._-]*$", "maxLength" = 64))]
pub struct UserName(String);

/// Why a text is no user name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a user name: 1 to 64 characters of a-z, 0-9, dot, dash and underscore")]
pub struct NotAUserName;

impl UserName {
    /// The name as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserName {
    type Err = NotAUserName;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let name = raw.trim().to_ascii_lowercase();
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b);
        if name.is_empty() || name.len() > 64 || !name.bytes().all(allowed) || name.starts_with('.') {
            return Err(NotAUserName);
        }
        Ok(Self(name))
    }
}

impl TryFrom<String> for UserName {
    type Error = NotAUserName;

    fn try_from(raw: String) -> Result<Self, Self::Error> {
        raw.parse()
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> Self {
        name.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A display name made safe to print: no control, bidi or escape characters, at most 64 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
pub struct DisplayName(String);

impl DisplayName {
    /// The printable name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for DisplayName {
    fn from(raw: String) -> Self {
        Self::from(raw.as_str())
    }
}

impl From<&str> for DisplayName {
    fn from(raw: &str) -> Self {
        Self(text::printable(raw, 64))
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_parsed_at_the_door() {
        for good in ["8:echo123", "8:acs:1b0d_77", "8:orgid:abc"] {
            assert_eq!(good.parse::<Identity>().unwrap().as_str(), good);
        }
        for bad in ["", "8:", "4:+1555", "8:a b", "8:é", "8:\u{1b}[2J"] {
            assert!(bad.parse::<Identity>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn user_names_are_lower_cased_and_narrow() {
        assert_eq!("Alice".parse::<UserName>().unwrap().as_str(), "alice");
        for bad in ["", "a b", "../etc", ".hidden", "ünal", &"x".repeat(65)] {
            assert!(bad.parse::<UserName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_acs_identity_has_one_underscore() {
        let id = Identity::acs(Uuid::nil(), Uuid::max());
        assert_eq!(id.as_str().matches('_').count(), 1);
    }
}
