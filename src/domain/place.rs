//! Where somebody wants to join, as typed or pasted: a group's ID, code, link or name.

use std::str::FromStr;

use super::fingerprint::Fingerprint;
use super::group::GroupKey;

/// The path under which links stand for groups: `/j/CODE`, or `/j/` and an ID.
pub const LINK_PATH: &str = "/j/";

/// A place to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A group of the service one is signed in to.
    Key(GroupKey),
    /// A link: it names its service too.
    Link {
        /// Scheme, host and port: `https://calls.example:8791`, lower-cased.
        origin: String,
        /// The group.
        key: GroupKey,
        /// What the certificate of the service is known by, where no public authority signed it.
        fingerprint: Option<Fingerprint>,
    },
    /// The name of a group of one's own list. A code may be a name as well: the list is looked at first.
    Name(String),
}

/// Why a text is no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlace {
    /// Nothing at all.
    #[error("say where to join: a group's ID, its code, its link or its name")]
    Empty,
    /// It begins like an ID.
    #[error("not a group ID: it has 32 hexadecimal digits, like 29228d3e-040e-4656-a70e-890ab4e173e5")]
    Id,
    /// It is a link, but not to a group.
    #[error("not a link to a group: it looks like https://HOST/j/k7mq-3tzf")]
    Link,
    /// Too long for a name.
    #[error("not a group: give its ID, its code (like k7mq-3tzf), its link, or its name")]
    Unknown,
}

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(raw: &str) -> Result<Self, Self::Err> {
        let raw = raw.trim();
        if raw.is_empty() {
            return Err(NotAPlace::Empty);
        }
        if raw.contains("://") {
            return link(raw);
        }
        if let Ok(key) = raw.parse() {
            return Ok(Self::Key(key));
        }
        if like_an_id(raw) {
            return Err(NotAPlace::Id);
        }
        if raw.chars().count() > 64 || raw.chars().any(char::is_control) {
            return Err(NotAPlace::Unknown);
        }
        Ok(Self::Name(raw.to_owned()))
    }
}

/// Long, and nothing but hexadecimal digits and dashes: a mistyped ID rather than a name.
fn like_an_id(raw: &str) -> bool {
    raw.len() > 20 && raw.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

fn link(raw: &str) -> Result<Place, NotAPlace> {
    let (scheme, rest) = raw.split_once("://").ok_or(NotAPlace::Link)?;
    let scheme = scheme.to_ascii_lowercase();
    let (host, path) = rest.split_once('/').ok_or(NotAPlace::Link)?;
    let named = matches!(scheme.as_str(), "http" | "https") && !host.is_empty();
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
    if !named || !plain {
        return Err(NotAPlace::Link);
    }
    let fingerprint = path.split_once('#').and_then(|(_, fragment)| fragment.parse().ok());
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let key = path.strip_prefix("j/").and_then(|key| key.parse().ok()).ok_or(NotAPlace::Link)?;
    Ok(Place::Link { origin: format!("{scheme}://{}", host.to_ascii_lowercase()), key, fingerprint })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "29228d3e-040e-4656-a70e-890ab4e173e5";

    fn code() -> GroupKey {
        GroupKey::Code("k7mq3tzf".parse().unwrap())
    }

    #[test]
    fn ids_codes_and_names_are_told_apart() {
        for id in [ID, " 29228D3E040E4656A70E890AB4E173E5 "] {
            assert_eq!(id.parse(), Ok(Place::Key(GroupKey::Id(ID.parse().unwrap()))));
        }
        assert_eq!("K7MQ-3tzf".parse(), Ok(Place::Key(code())));
        assert_eq!("Ops bridge".parse(), Ok(Place::Name("Ops bridge".to_owned())));
    }

    #[test]
    fn a_link_names_its_service_and_a_group() {
        let place = |origin: &str, key| Ok(Place::Link { origin: origin.to_owned(), key, fingerprint: None });
        assert_eq!("HTTP://Localhost:8790/j/k7mq-3tzf".parse(), place("http://localhost:8790", code()));
        assert_eq!("https://[::1]:8791/j/k7mq3tzf/?x#y".parse(), place("https://[::1]:8791", code()));
        let by_id = format!("https://calls.example/j/{ID}");
        assert_eq!(by_id.parse(), place("https://calls.example", GroupKey::Id(ID.parse().unwrap())));
    }

    #[test]
    fn a_link_may_say_what_its_service_is_known_by() {
        let fingerprint = Fingerprint([9; 32]);
        let link = format!("https://calls.example:8791/j/k7mq-3tzf#{fingerprint}");
        let origin = "https://calls.example:8791".to_owned();
        assert_eq!(link.parse(), Ok(Place::Link { origin, key: code(), fingerprint: Some(fingerprint) }));
    }

    #[test]
    fn what_is_no_place_says_what_one_looks_like() {
        let error = |raw: &str| raw.parse::<Place>().unwrap_err();
        assert_eq!(error("  "), NotAPlace::Empty);
        assert_eq!(error(&ID[..30]), NotAPlace::Id);
        assert_eq!(error(&"x".repeat(65)), NotAPlace::Unknown);
        assert_eq!(error("a\u{1b}[2J"), NotAPlace::Unknown);
        for link in
            ["ftp://h/j/k7mq-3tzf", "https://h", "https:///j/k7mq-3tzf", "https://h/k7mq-3tzf", "http://a b/j/x"]
        {
            assert_eq!(error(link), NotAPlace::Link, "{link}");
        }
    }
}
