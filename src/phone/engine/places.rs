//! Which group a typed text means, and the links to groups of the service signed in to. Pure.

use reqwest::Url;

use crate::config::PublicUrl;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::group::{Group, GroupKey, GroupRow};
use crate::domain::host;
use crate::domain::place::{LINK_PATH, Place};
use crate::phone::event::{GroupCard, LinkReach, Refusal};

/// The addresses of the service signed in to.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    /// The one this phone reaches it by.
    server: String,
    /// The one its operator has said.
    public: Option<String>,
    /// What its own authority is known by, where links lead to it.
    fingerprint: Option<Fingerprint>,
}

/// What a text means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// This group.
    Group(GroupKey),
    /// A group of the user's list, if one has this name; else this one.
    Listed { name: String, otherwise: Option<GroupKey> },
}

impl Addresses {
    pub(super) fn new(server: String) -> Self {
        Self { server, public: None, fingerprint: None }
    }

    /// The service has said by which address it is reached, and what it is known by there. What no link can begin with is not
    /// believed: links are shown, and copied, as they are.
    pub(super) fn set_public(&mut self, public: Option<&str>, fingerprint: Option<Fingerprint>) {
        self.fingerprint = fingerprint;
        self.public = public.and_then(|public| public.parse::<PublicUrl>().ok()).map(|public| public.to_string());
    }

    /// What is shared of a group.
    pub(super) fn card(&self, group: Group) -> GroupCard {
        let base = self.public.as_ref().unwrap_or(&self.server).trim_end_matches('/');
        let reach = if is_this_machine(base) { LinkReach::ThisMachine } else { LinkReach::Network };
        // A fragment (RFC 3986 section 3.5): browsers keep it to themselves.
        let known_by = self.fingerprint.filter(|_| base.starts_with("https://"));
        let known_by = known_by.map(|fingerprint| format!("#{fingerprint}")).unwrap_or_default();
        GroupCard { link: format!("{base}{LINK_PATH}{}{known_by}", group.code), group, reach }
    }

    /// What `typed` means.
    pub(super) fn meaning(&self, typed: &str) -> Result<Meaning, Refusal> {
        match typed.parse().map_err(Refusal::NotAPlace)? {
            Place::Link { origin, key, .. } if self.is_this_service(&origin) => Ok(Meaning::Group(key)),
            Place::Link { origin, .. } => Err(Refusal::OtherService { origin }),
            Place::Key(key @ GroupKey::Id(_)) => Ok(Meaning::Group(key)),
            Place::Key(key @ GroupKey::Code(_)) => {
                Ok(Meaning::Listed { name: typed.trim().to_owned(), otherwise: Some(key) })
            }
            Place::Name(name) => Ok(Meaning::Listed { name, otherwise: None }),
        }
    }

    fn is_this_service(&self, origin: &str) -> bool {
        let Some(origin) = Origin::of(origin) else { return false };
        let ours = [Some(&self.server), self.public.as_ref()];
        ours.into_iter().flatten().any(|ours| Origin::of(ours).as_ref() == Some(&origin))
    }
}

/// The group called `name` in the user's list; one written exactly so before one written in other cases.
pub(super) fn called<'a>(name: &str, rows: &'a [GroupRow]) -> Option<&'a Group> {
    let named = || rows.iter().filter_map(|row| Some((row.group.name.as_ref()?.as_str(), &row.group)));
    let exact = named().find(|(known, _)| *known == name);
    let lower = name.to_lowercase();
    exact.or_else(|| named().find(|(known, _)| known.to_lowercase() == lower)).map(|(_, group)| group)
}

/// Scheme, host and port. All names of this machine are one.
#[derive(Debug, PartialEq)]
struct Origin {
    scheme: String,
    host: Option<String>,
    port: Option<u16>,
}

impl Origin {
    fn of(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str().filter(|host| !is_loopback(host)).map(str::to_owned);
        Some(Self { scheme: url.scheme().to_owned(), host, port: url.port_or_known_default() })
    }
}

fn is_this_machine(base: &str) -> bool {
    Url::parse(base).is_ok_and(|url| url.host_str().is_some_and(is_loopback))
}

fn is_loopback(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    host::is_this_machine(&name) || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::GroupId;
    use crate::domain::person::Person;

    #[test]
    fn a_link_leads_to_where_the_service_says_it_is() {
        let mut addresses = Addresses::new("http://127.0.0.1:8790".into());
        let card = addresses.card(group(1, None));
        assert_eq!((card.link.as_str(), card.reach), ("http://127.0.0.1:8790/j/k7mq-3tzf", LinkReach::ThisMachine));
        addresses.set_public(Some("https://calls.example/"), None);
        let card = addresses.card(group(1, None));
        assert_eq!((card.link.as_str(), card.reach), ("https://calls.example/j/k7mq-3tzf", LinkReach::Network));
        for steers in ["\u{1b}]52;c;cm0=\u{7}", "https://calls.example/\u{1b}[2J", "https://\u{1b}[2J", ""] {
            addresses.set_public(Some(steers), None);
            assert_eq!(addresses.card(group(1, None)).link, "http://127.0.0.1:8790/j/k7mq-3tzf", "{steers:?}");
        }
        for (server, reach) in [
            ("http://localhost:1", LinkReach::ThisMachine),
            ("http://[::1]:1", LinkReach::ThisMachine),
            ("http://127.9.9.9:1", LinkReach::ThisMachine),
            ("http://192.0.2.7:1", LinkReach::Network),
            ("http://localhost.example:1", LinkReach::Network),
        ] {
            assert_eq!(Addresses::new(server.into()).card(group(1, None)).reach, reach, "{server}");
        }
    }

    #[test]
    fn an_encrypted_link_says_what_its_service_is_known_by() {
        let fingerprint = Fingerprint([7; 32]);
        for (server, public, link) in [
            ("http://h:1", Some("https://calls.example"), format!("https://calls.example/j/k7mq-3tzf#{fingerprint}")),
            ("https://h:1", None, format!("https://h:1/j/k7mq-3tzf#{fingerprint}")),
            ("https://h:1", Some("http://calls.example"), "http://calls.example/j/k7mq-3tzf".to_owned()),
        ] {
            let mut addresses = Addresses::new(server.into());
            addresses.set_public(public, Some(fingerprint));
            assert_eq!(addresses.card(group(1, None)).link, link);
        }
    }

    #[test]
    fn links_of_other_services_are_told_apart() {
        let mut addresses = Addresses::new("http://127.0.0.1:8790".into());
        addresses.set_public(Some("https://Calls.example"), None);
        for ours in [
            "http://127.0.0.1:8790/j/k7mq-3tzf",
            "http://localhost:8790/j/k7mq-3tzf",
            "http://[::1]:8790/j/k7mq-3tzf",
            "https://calls.example/j/k7mq-3tzf",
            "https://calls.example:443/j/k7mq-3tzf",
        ] {
            assert_eq!(addresses.meaning(ours), Ok(Meaning::Group(code())), "{ours}");
        }
        for other in ["http://127.0.0.1:8791", "https://127.0.0.1:8790", "http://calls.example", "https://evil.example"]
        {
            let refused = Err(Refusal::OtherService { origin: other.to_owned() });
            assert_eq!(addresses.meaning(&format!("{other}/j/k7mq-3tzf")), refused);
        }
    }

    #[test]
    fn a_name_wins_over_a_code() {
        let addresses = Addresses::new("http://h:1".into());
        let listed = |name: &str, otherwise| Ok(Meaning::Listed { name: name.into(), otherwise });
        assert_eq!(addresses.meaning(" k7mq-3tzf "), listed("k7mq-3tzf", Some(code())));
        assert_eq!(addresses.meaning("Ops bridge"), listed("Ops bridge", None));
        assert!(matches!(addresses.meaning(""), Err(Refusal::NotAPlace(_))));
        let id = "29228d3e-040e-4656-a70e-890ab4e173e5";
        assert_eq!(addresses.meaning(id), Ok(Meaning::Group(id.parse().unwrap())));
    }

    #[test]
    fn names_of_the_list_are_found_in_any_case_and_exactly_first() {
        let rows = [row(1, None), row(2, Some("ops bridge")), row(3, Some("Ops Bridge")), row(4, Some("K7MQ-3TZF"))];
        let id = |name: &str| called(name, &rows).map(|group| group.id.0.as_u128());
        assert_eq!(id("Ops Bridge"), Some(3));
        assert_eq!(id("OPS BRIDGE"), Some(2));
        assert_eq!(id("k7mq-3tzf"), Some(4));
        assert_eq!(id("nothing"), None);
    }

    fn code() -> GroupKey {
        "k7mq-3tzf".parse().unwrap()
    }

    fn group(id: u128, name: Option<&str>) -> Group {
        let name = name.map(|name| name.parse().unwrap());
        Group { id: GroupId(uuid::Uuid::from_u128(id)), name, code: "k7mq-3tzf".parse().unwrap() }
    }

    fn row(id: u128, name: Option<&str>) -> GroupRow {
        let owner = Person::new("8:alice".parse().unwrap(), "alice".parse().unwrap(), "Alice".into());
        GroupRow { group: group(id, name), owner, here: Vec::new() }
    }
}
