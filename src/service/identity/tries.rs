//! How often somebody may try a password, or make an account. Pure: `now` is an argument.
//!
//! Wrong tries are counted for the peer they come from, and for the account they are made on. So that nobody who keeps on
//! guessing, from however many addresses, locks an account's owner out, the peers where its password was right lately have
//! a count of their own.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::Settings;
use crate::domain::id::UserName;
use crate::service::limits::{Buckets, Rate, Wait};

/// How many accounts and how many peers are remembered: a few MB at most.
const REMEMBERED: usize = 10_000;

/// How many peers an account is remembered to be used at, the latest ones.
const PEERS_KNOWN: usize = 8;

/// How many accounts may be made from one peer: so many at once, and as many again over a day.
const SIGN_UPS: Rate = Rate { burst: 20, every: Duration::from_secs(24 * 60 * 60 / 20) };

/// Wrong sign-ins, by what they are counted for. A peer is what [`crate::service::limits::peer`] says.
#[derive(Debug)]
pub(super) struct Tries {
    by_peer: Buckets<IpAddr>,
    /// Of the peers where an account is not known to be used, all together.
    by_account: Buckets<UserName>,
    /// Of each peer where it is.
    by_known: Buckets<(UserName, IpAddr)>,
    known: HashMap<UserName, VecDeque<IpAddr>>,
}

/// A try that was counted: for whom.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Try {
    user: UserName,
    peer: IpAddr,
    /// Whether the account was known to be used at the peer.
    known: bool,
}

impl Tries {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            by_peer: Buckets::new(settings.per_peer, REMEMBERED),
            by_account: Buckets::new(settings.per_account, REMEMBERED),
            by_known: Buckets::new(settings.per_account, REMEMBERED),
            known: HashMap::new(),
        }
    }

    /// Counts a try before it is known whether it is a wrong one, so that many at once count too. One that is refused counts
    /// for nobody: no password was tried.
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn take(&mut self, user: &UserName, peer: IpAddr, now: Instant) -> Result<Try, Wait> {
        self.by_peer.take(peer, now)?;
        let known = self.knows(user, peer);
        let taken = match known {
            true => self.by_known.take((user.clone(), peer), now),
            false => self.by_account.take(user.clone(), now),
        };
        match taken {
            Ok(()) => Ok(Try { user: user.clone(), peer, known }),
            Err(wait) => {
                self.by_peer.give_back(peer, now);
                Err(wait)
            }
        }
    }

    /// Takes a try back that was no wrong one, where it was counted.
    pub(super) fn give_back(&mut self, counted: Try, now: Instant) {
        let Try { user, peer, known } = counted;
        self.by_peer.give_back(peer, now);
        match known {
            true => self.by_known.give_back((user, peer), now),
            false => self.by_account.give_back(user, now),
        }
    }

    /// Remembers that whoever the account belongs to is at `peer`.
    pub(super) fn seen(&mut self, user: &UserName, peer: IpAddr) {
        if self.known.len() >= REMEMBERED && !self.known.contains_key(user) {
            // Somebody's are forgotten: whose does not matter, as they are remembered again with the next sign-in.
            let forgotten = self.known.keys().next().cloned();
            forgotten.and_then(|user| self.known.remove(&user));
        }
        let peers = self.known.entry(user.clone()).or_default();
        peers.retain(|known| *known != peer);
        peers.push_back(peer);
        if peers.len() > PEERS_KNOWN {
            peers.pop_front();
        }
    }

    /// Forgets where an account is used: its password is another now, or it is somebody else's.
    pub(super) fn forget(&mut self, user: &UserName) {
        self.known.remove(user);
    }

    fn knows(&self, user: &UserName, peer: IpAddr) -> bool {
        self.known.get(user).is_some_and(|peers| peers.contains(&peer))
    }
}

/// Accounts that people make for themselves, by peer; names that are taken count too, so that nobody asks for all there are.
pub(super) fn sign_ups() -> Buckets<IpAddr> {
    Buckets::new(SIGN_UPS, REMEMBERED)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::base::clock;

    /// Three at once on an account, ten of a peer; one more every ten seconds, and every second.
    fn tries() -> Tries {
        let per_account = Rate { burst: 3, every: Duration::from_secs(10) };
        let per_peer = Rate { burst: 10, every: Duration::from_secs(1) };
        Tries::new(&Settings { per_account, per_peer, ..Settings::default() })
    }

    fn peer(number: u32) -> IpAddr {
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + number))
    }

    fn name(name: &str) -> UserName {
        name.parse().unwrap()
    }

    #[test]
    fn guesses_from_many_addresses_are_few_and_do_not_lock_the_owner_out() {
        let (mut tries, start, alice) = (tries(), clock::now(), name("alice"));
        let home = peer(0);
        tries.seen(&alice, home);
        // For an hour ten new addresses try her account every second.
        let (mut guessed, mut locked_out) = (0, 0);
        for second in 0..3600_u32 {
            let now = start + Duration::from_secs(second.into());
            guessed += (1..=10).filter(|n| tries.take(&alice, peer(second * 10 + n), now).is_ok()).count();
            // Meanwhile she signs in once a minute, at home.
            if second.is_multiple_of(60) {
                match tries.take(&alice, home, now) {
                    Ok(counted) => tries.give_back(counted, now),
                    Err(_) => locked_out += 1,
                }
            }
        }
        assert_eq!(guessed, 3 + 359, "the burst, and one each ten seconds");
        assert_eq!(locked_out, 0);
    }

    #[test]
    fn at_an_address_nobody_knows_its_owner_waits_for_a_refill_once_the_guessing_is_over() {
        let (mut tries, now, alice) = (tries(), clock::now(), name("alice"));
        while tries.take(&alice, peer(1), now).is_ok() {}
        let Err(Wait(wait)) = tries.take(&alice, peer(2), now) else { panic!("the account is tried too often") };
        assert!(wait <= Duration::from_secs(10), "{wait:?}");
        assert!(tries.take(&alice, peer(2), now + wait).is_ok());
    }

    #[test]
    fn a_known_address_has_no_more_guesses_than_a_strange_one() {
        let (mut tries, now, alice) = (tries(), clock::now(), name("alice"));
        tries.seen(&alice, peer(1));
        assert_eq!((0..9).filter(|_| tries.take(&alice, peer(1), now).is_ok()).count(), 3);
        // Whoever shares it with her learns nothing of other accounts by that, and the others are counted apart.
        assert!(tries.take(&name("bob"), peer(1), now).is_ok());
        tries.forget(&alice);
        assert!(tries.take(&alice, peer(1), now).is_ok(), "among all the strange ones again");
    }

    #[test]
    fn a_try_is_taken_back_where_it_was_counted_though_its_peer_is_known_meanwhile() {
        let (mut tries, now, alice) = (tries(), clock::now(), name("alice"));
        let counted: Vec<_> = (0..3).map(|_| tries.take(&alice, peer(1), now).unwrap()).collect();
        tries.seen(&alice, peer(1));
        counted.into_iter().for_each(|one| tries.give_back(one, now));
        assert_eq!((0..9).filter(|_| tries.take(&alice, peer(2), now).is_ok()).count(), 3, "at strange peers");
    }

    #[test]
    fn many_accounts_from_one_address_are_tried_as_often_as_the_address_may() {
        let (mut tries, start) = (tries(), clock::now());
        let guessed = (0..600_u32).filter(|n| {
            tries.take(&name(&format!("user{n}")), peer(1), start + Duration::from_millis(100) * *n).is_ok()
        });
        assert_eq!(guessed.count(), 10 + 59, "the burst, and one each second");
        let right = name("alice");
        assert!(tries.take(&right, peer(2), start).is_ok(), "others are not concerned");
    }

    #[test]
    fn an_account_that_is_locked_uses_up_nobodys_tries_elsewhere() {
        let (mut tries, now, alice) = (tries(), clock::now(), name("alice"));
        while tries.take(&alice, peer(1), now).is_ok() {}
        // A whole office tries in vain to get into it, and into its own accounts after that.
        for _ in 0..50 {
            assert!(tries.take(&alice, peer(2), now).is_err());
        }
        assert!(tries.take(&name("bob"), peer(2), now).is_ok());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut tries = tries();
        for n in 0..u32::try_from(REMEMBERED).unwrap() + 100 {
            tries.seen(&name(&format!("user{n}")), peer(n));
        }
        assert_eq!(tries.known.len(), REMEMBERED);
        for n in 0..100 {
            tries.seen(&name("alice"), peer(n));
        }
        assert_eq!(tries.known[&name("alice")].len(), PEERS_KNOWN);
        assert!(tries.knows(&name("alice"), peer(99)) && !tries.knows(&name("alice"), peer(0)), "the latest");
    }

    #[test]
    fn not_many_accounts_are_made_in_a_day() {
        let (mut sign_ups, start) = (sign_ups(), clock::now());
        let minutes = (0..24 * 60).map(|minute| start + Duration::from_secs(60) * minute);
        let made = minutes.filter(|now| sign_ups.take(peer(1), *now).is_ok()).count();
        assert_eq!(made, 20 + 19, "the burst, and as many again over the day");
        assert_eq!(sign_ups.take(peer(2), start), Ok(()), "others are not concerned");
    }
}
