//! What was found out about tokens and those who act with them, so that checking a token again takes a hash instead of a
//! signature and a look into the store.
//!
//! Two things are remembered, of a bounded number each: what a token says whose signature was verified, which stays true
//! until it runs out; and whose tokens count, which is forgotten before that changes in the store, and found out anew
//! after.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::mem;
use std::sync::{Mutex, MutexGuard};

use aws_lc_rs::digest::{SHA256, digest};

use super::locked;
use super::token::Verified;
use crate::domain::id::Identity;
use crate::domain::time::UnixMillis;
use crate::service::store::identities::Standing;

/// As many of each are kept in one half of what is remembered: some 8 MB at the most, of all together.
const HALF: usize = 8192;

/// What stands for a token: nothing that could be used in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Print([u8; 32]);

impl Print {
    pub(super) fn of(token: &str) -> Self {
        let mut print = [0; 32];
        print.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(print)
    }
}

/// What is remembered.
#[derive(Default)]
pub(super) struct Remembered {
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    tokens: Lately<Print, Verified>,
    standings: Lately<Identity, Standing>,
    /// Counts up whenever something begins or ends to change.
    turn: u64,
    /// How much is changing.
    changing: usize,
}

/// A state of the store: what was read in it may only be kept while it lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn(u64);

/// Whose standing changes in the store for as long as this is there.
pub(super) struct Changing<'a>(&'a Remembered);

impl Remembered {
    /// What a token says whose signature was verified, unless it has run out at `now`.
    pub(super) fn token(&self, print: Print, now: UnixMillis) -> Option<Verified> {
        self.lock().tokens.get(&print).filter(|known| now < known.expires_at)
    }

    /// Keeps what a token says.
    pub(super) fn keep_token(&self, print: Print, verified: Verified) {
        self.lock().tokens.put(print, verified);
    }

    /// What decides about somebody's tokens; if that is not known, what to keep it by once it was read in the store.
    pub(super) fn standing(&self, identity: &Identity) -> Result<Standing, Turn> {
        let mut table = self.lock();
        table.standings.get(identity).ok_or(Turn(table.turn))
    }

    /// Keeps what was read in the store since `turn`; not, when anything changed meanwhile, or still does: it may be this.
    pub(super) fn keep_standing(&self, identity: &Identity, standing: Standing, turn: Turn) {
        let mut table = self.lock();
        if table.changing == 0 && table.turn == turn.0 {
            table.standings.put(identity.clone(), standing);
        }
    }

    /// To be held from before the store is told that the standing of `whose`, or of anybody, changes, until it has kept
    /// it, or refused to: meanwhile it is asked every time. Who holds it goes on to the end: were it given up before, the
    /// store might keep the change after.
    pub(super) fn changing(&self, whose: Option<&Identity>) -> Changing<'_> {
        let mut table = self.lock();
        table.turn += 1;
        table.changing += 1;
        match whose {
            Some(identity) => table.standings.forget(identity),
            None => table.standings = Lately::default(),
        }
        Changing(self)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        locked(&self.table)
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        let mut table = self.0.lock();
        table.turn += 1;
        table.changing -= 1;
    }
}

/// What was put in or asked for lately: the younger half, and the one before, which goes when the younger one is full.
struct Lately<K, V> {
    younger: HashMap<K, V>,
    older: HashMap<K, V>,
}

impl<K, V> Default for Lately<K, V> {
    fn default() -> Self {
        Self { younger: HashMap::new(), older: HashMap::new() }
    }
}

impl<K: Eq + Hash, V: Clone> Lately<K, V> {
    fn get<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        if let Some(known) = self.younger.get(key) {
            return Some(known.clone());
        }
        let (key, known) = self.older.remove_entry(key)?;
        self.put(key, known.clone());
        Some(known)
    }

    fn put(&mut self, key: K, value: V) {
        if self.younger.len() >= HALF {
            self.older = mem::take(&mut self.younger);
        }
        self.older.remove(&key);
        self.younger.insert(key, value);
    }

    fn forget(&mut self, key: &K) {
        self.younger.remove(key);
        self.older.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use uuid::Uuid;

    use super::*;
    use crate::base::seed::Seed;
    use crate::domain::scope::Scopes;

    fn who(number: u64) -> Identity {
        Identity::acs(Uuid::nil(), Uuid::from_u128(number.into()))
    }

    fn standing(tokens_not_before: i64) -> Standing {
        Standing { disabled: false, tokens_not_before: UnixMillis(tokens_not_before) }
    }

    #[test]
    fn what_a_token_says_is_remembered_until_it_runs_out() {
        let (remembered, print) = (Remembered::default(), Print::of("a"));
        let (identity, scopes) = (who(1), Scopes::USER);
        let (expires_at, issued_at) = (UnixMillis(1000), UnixMillis(0));
        let verified = Verified { identity, scopes, expires_at, issued_at, delegated: false };
        assert_eq!(remembered.token(print, UnixMillis(1)), None);
        remembered.keep_token(print, verified.clone());
        assert_eq!(remembered.token(print, UnixMillis(999)), Some(verified));
        assert_eq!(remembered.token(print, UnixMillis(1000)), None);
        assert_eq!(remembered.token(Print::of("b"), UnixMillis(1)), None);
    }

    #[test]
    fn a_flood_takes_a_bounded_room_and_what_is_asked_for_stays() {
        let mut lately = Lately::default();
        lately.put(u64::MAX, 0);
        for number in 0..5 * HALF as u64 {
            lately.put(number, number);
            if number % 1000 == 0 {
                assert_eq!(lately.get(&u64::MAX), Some(0));
            }
        }
        assert!(lately.younger.len() + lately.older.len() <= 2 * HALF);
        assert_eq!(lately.get(&0), None);
    }

    /// Checks read the store and keep what they read at any later time, while standings change, each by several steps that
    /// may fail: in any order, whatever is remembered is what the store says, from before the change to after it.
    #[test]
    fn what_is_remembered_is_what_the_store_says_in_any_order() {
        let mut known_at_all = 0;
        for seed in 0..300 {
            let mut random = Seed::new(seed);
            let remembered = Remembered::default();
            let mut store = BTreeMap::from([(0, standing(0)), (1, standing(0)), (2, standing(0))]);
            let (mut reads, mut changes) = (Vec::new(), Vec::new());
            for step in 1..200 {
                let number = random.below(3);
                match random.below(8) {
                    0 | 1 => {
                        if let Err(turn) = remembered.standing(&who(number)) {
                            reads.push((number, turn, None));
                        }
                    }
                    2..=4 if !reads.is_empty() => {
                        let place = random.below(reads.len() as u64) as usize;
                        match reads[place] {
                            (of, turn, None) => reads[place] = (of, turn, Some(store[&of])),
                            (of, turn, Some(read)) => {
                                remembered.keep_standing(&who(of), read, turn);
                                reads.swap_remove(place);
                            }
                        }
                    }
                    5 if changes.len() < 3 && random.below(2) == 0 => {
                        let all = random.below(4) == 0;
                        let whose = who(number);
                        changes.push((number, remembered.changing((!all).then_some(&whose))));
                    }
                    6 | 7 if !changes.is_empty() => {
                        let place = random.below(changes.len() as u64) as usize;
                        // The store may refuse; and it may keep it and then say that it failed.
                        if random.below(3) > 0 {
                            store.insert(changes[place].0, standing(step));
                        }
                        if random.below(2) == 0 {
                            changes.swap_remove(place);
                        }
                    }
                    _ => {}
                }
                for (number, said) in &store {
                    if let Ok(known) = remembered.standing(&who(*number)) {
                        assert_eq!(known, *said, "seed {seed}, step {step}");
                        known_at_all += 1;
                    }
                }
            }
        }
        assert!(known_at_all > 1000, "next to nothing was remembered");
    }
}
