//! What accounts say about their calls, as the task that owns the calls knows it: their rules, and what their owners
//! chose to be. Kept by others; here it is only looked up.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::forwarding::{AccountRules, CallRules, ForwardWhen};
use crate::domain::id::Identity;
use crate::domain::person::Person;
use crate::domain::presence::PresenceChoice;

/// What all accounts say; those that say nothing have no entry.
#[derive(Debug, Default)]
pub(super) struct Rulebook {
    accounts: BTreeMap<Identity, Account>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Account {
    rules: AccountRules,
    choice: PresenceChoice,
    blocked: BTreeSet<Identity>,
}

impl Rulebook {
    /// From now on these are somebody's rules. Nothing is forwarded to those whom they name, but don't tell of.
    pub fn set_rules(&mut self, who: Identity, mut rules: AccountRules) {
        for when in ForwardWhen::ALL {
            let known = rules.rules.to(when).is_none_or(|to| rules.person(to).is_some());
            if !known {
                rules.rules.set(when, None);
            }
        }
        self.set(who, |account| account.rules = rules);
    }

    pub fn set_choice(&mut self, who: Identity, choice: PresenceChoice) {
        self.set(who, |account| account.choice = choice);
    }

    /// These are the people somebody blocks from now on; the ones before come back.
    pub fn set_blocked(&mut self, who: Identity, blocked: BTreeSet<Identity>) -> BTreeSet<Identity> {
        let mut before = BTreeSet::new();
        self.set(who, |account| before = std::mem::replace(&mut account.blocked, blocked));
        before
    }

    /// Whether somebody blocks `other`, who then reaches nobody there.
    pub fn blocks(&self, who: &Identity, other: &Identity) -> bool {
        self.accounts.get(who).is_some_and(|account| account.blocked.contains(other))
    }

    pub fn choice(&self, who: &Identity) -> PresenceChoice {
        self.accounts.get(who).map(|account| account.choice).unwrap_or_default()
    }

    pub fn rules(&self, who: &Identity) -> CallRules {
        self.accounts.get(who).map(|account| account.rules.rules.clone()).unwrap_or_default()
    }

    /// Whether a call from `from` would disturb somebody who does not want to be.
    pub fn is_disturbed(&self, who: &Identity, from: &Identity) -> bool {
        let account = self.accounts.get(who);
        account.is_some_and(|it| it.choice == PresenceChoice::DoNotDisturb && !it.rules.rules.except.contains(from))
    }

    /// The people a call comes to one after another, from `first` on, as each one's rules name the next.
    pub fn people(&self, first: &Person, way: &[Identity]) -> Vec<Person> {
        let mut people: Vec<Person> = Vec::with_capacity(way.len());
        for next in way {
            let by = people.last().unwrap_or(first);
            let named = self.accounts.get(&by.identity).and_then(|account| account.rules.person(next)).cloned();
            people.extend(named);
        }
        people
    }

    fn set(&mut self, who: Identity, change: impl FnOnce(&mut Account)) {
        let account = self.accounts.entry(who.clone()).or_default();
        change(account);
        if *account == Account::default() {
            self.accounts.remove(&who);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kit::person;
    use super::*;

    #[test]
    fn nothing_is_forwarded_to_who_is_gone() {
        let mut book = Rulebook::default();
        let [bob, carol, dave] = ["bob", "carol", "dave"].map(person);
        let mut rules = CallRules { except: vec![dave.identity.clone()], ..CallRules::default() };
        rules.set(ForwardWhen::Always, Some(carol.identity.clone()));
        rules.set(ForwardWhen::Busy, Some(dave.identity.clone()));
        book.set_rules(bob.identity.clone(), AccountRules { rules, people: vec![carol.clone()] });
        let now = book.rules(&bob.identity);
        assert_eq!(now.to(ForwardWhen::Always), Some(&carol.identity));
        assert_eq!(now.to(ForwardWhen::Busy), None);
        assert_eq!(book.people(&bob, std::slice::from_ref(&carol.identity)), [carol]);
    }

    #[test]
    fn exceptions_do_not_disturb() {
        let mut book = Rulebook::default();
        let [bob, carol, dave] = ["bob", "carol", "dave"].map(|name| person(name).identity);
        book.set_choice(bob.clone(), PresenceChoice::DoNotDisturb);
        let rules = CallRules { except: vec![carol.clone()], ..CallRules::default() };
        book.set_rules(bob.clone(), AccountRules { rules, people: Vec::new() });
        assert_eq!([&carol, &dave].map(|from| book.is_disturbed(&bob, from)), [false, true]);
        book.set_choice(bob.clone(), PresenceChoice::Away);
        assert!(!book.is_disturbed(&bob, &dave));
        book.set_choice(bob.clone(), PresenceChoice::Online);
        book.set_rules(bob, AccountRules::default());
        assert!(book.accounts.is_empty(), "who says nothing is forgotten");
    }
}
