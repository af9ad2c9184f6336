//! What somebody is called here who signs in with an account elsewhere. Pure.
//!
//! The rule: the user name is what the issuer calls `preferred_username`, or else the e-mail address, or else the name; of an
//! address, what stands before the `@`. In lower case; what user names don't have becomes a dash; at most 48 characters; `user`
//! where nothing is left. Where somebody is called so, `-2` to `-99` follow it, and at last eight random hex digits. It is
//! given once: when the issuer calls the person something else later, the user name stays.

use serde::Deserialize;

use crate::domain::id::UserName;

/// The longest name that is made of somebody's: what makes it unique has room behind it.
const LONGEST: usize = 48;

/// What an issuer calls somebody (OpenID Connect Core section 5.1). None of it proves anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(in crate::service::identity) struct Names {
    pub(in crate::service::identity) preferred_username: Option<String>,
    pub(in crate::service::identity) email: Option<String>,
    pub(in crate::service::identity) name: Option<String>,
}

impl Names {
    /// Whether nothing is known.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The user names to try, the best first; `random` makes the last one.
    pub(in crate::service::identity) fn user_names(&self, random: u32) -> impl Iterator<Item = UserName> {
        let base = self.base();
        let first = std::iter::once(base.clone());
        let numbered = (2..=99).map({
            let base = base.clone();
            move |number| format!("{base}-{number}")
        });
        let last = std::iter::once(format!("{base}-{random:08x}"));
        first.chain(numbered).chain(last).filter_map(|name| name.parse().ok())
    }

    fn base(&self) -> String {
        let known = [&self.preferred_username, &self.email, &self.name];
        let mut usable = known.into_iter().flatten().map(|name| cleaned(name)).filter(|name| !name.is_empty());
        usable.next().unwrap_or_else(|| "user".to_owned())
    }
}

fn cleaned(name: &str) -> String {
    let local = name.trim().split('@').next().unwrap_or_default().to_lowercase();
    let mut clean = String::new();
    for c in local.chars() {
        let kept = if c.is_ascii_lowercase() || c.is_ascii_digit() || "._".contains(c) { c } else { '-' };
        // One dash for any number of them.
        if clean.len() < LONGEST && !(kept == '-' && clean.ends_with('-')) {
            clean.push(kept);
        }
    }
    clean.trim_matches(['.', '-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(preferred_username: &str, email: &str, name: &str) -> String {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let names = Names { preferred_username: some(preferred_username), email: some(email), name: some(name) };
        names.user_names(7).next().unwrap().to_string()
    }

    #[test]
    fn names_become_user_names() {
        for (preferred_username, email, name, expected) in [
            ("alice", "a@example.com", "Alice Smith", "alice"),
            ("Alice.Smith@contoso.example", "", "", "alice.smith"),
            ("", "bob_b@example.com", "Robert", "bob_b"),
            ("", "", "Zoë  van Dam", "zo-van-dam"),
            ("@", "carol@example.com", "", "carol"),
            ("..--", "", "", "user"),
            ("", "", "", "user"),
            ("漢字", "", "", "user"),
            ("CONTOSO\\dave", "", "", "contoso-dave"),
        ] {
            assert_eq!(base(preferred_username, email, name), expected, "{preferred_username} {email} {name}");
        }
        assert_eq!(base(&"x".repeat(500), "", "").len(), 48);
    }

    #[test]
    fn a_taken_name_is_followed_by_others() {
        let names = Names { preferred_username: Some("al".to_owned()), ..Names::default() };
        let all: Vec<String> = names.user_names(0xbeef).map(String::from).collect();
        assert_eq!((all.len(), all[1].as_str(), all[98].as_str()), (100, "al-2", "al-99"));
        assert_eq!(all[99], "al-0000beef");
    }
}
