//! How many wrong codes somebody may bring: ten, and then one more a minute, whether the next one is right or not.
//!
//! At that pace, one of a thousand codes in use is hit once in some 500 years. Pure: `now` is an argument.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use crate::domain::id::Identity;
use crate::service::limits::{self, Buckets, Rate, Wait};

/// Wrong codes.
const WRONG: Rate = Rate { burst: 10, every: Duration::from_secs(60) };

/// People, and peers, whose wrong codes are remembered.
const REMEMBERED: usize = 10_000;

/// Who comes with a code.
#[derive(Debug, Clone)]
pub(crate) enum Asker {
    /// Somebody who is signed in, by whatever client.
    User(Identity),
    /// Somebody who is not, from this address.
    Peer(IpAddr),
}

/// The wrong codes there were.
#[derive(Debug)]
pub(super) struct Guesses {
    users: Buckets<Identity>,
    peers: Buckets<IpAddr>,
}

impl Guesses {
    pub(super) fn new() -> Self {
        Self { users: Buckets::new(WRONG, REMEMBERED), peers: Buckets::new(WRONG, REMEMBERED) }
    }

    /// Counts a code as wrong before it is looked up.
    pub(super) fn take(&mut self, asker: &Asker, now: Instant) -> Result<(), Wait> {
        match asker {
            Asker::User(identity) => self.users.take(identity.clone(), now),
            Asker::Peer(peer) => self.peers.take(limits::peer(*peer), now),
        }
    }

    /// It was right.
    pub(super) fn give_back(&mut self, asker: &Asker, now: Instant) {
        match asker {
            Asker::User(identity) => self.users.give_back(identity.clone(), now),
            Asker::Peer(peer) => self.peers.give_back(limits::peer(*peer), now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    #[test]
    fn ten_wrong_codes_pass_and_then_one_a_minute() {
        let (mut guesses, now) = (Guesses::new(), clock::now());
        let eve = Asker::User("8:acs:x_eve".parse().unwrap());
        for _ in 0..10 {
            assert_eq!(guesses.take(&eve, now), Ok(()));
        }
        assert_eq!(guesses.take(&eve, now), Err(Wait(Duration::from_secs(60))));
        assert_eq!(guesses.take(&Asker::Peer([192, 0, 2, 1].into()), now), Ok(()), "others are not concerned");
        let later = now + Duration::from_secs(60);
        assert_eq!(guesses.take(&eve, later), Ok(()));
        assert!(guesses.take(&eve, later).is_err());
    }

    #[test]
    fn right_codes_do_not_count() {
        let (mut guesses, now) = (Guesses::new(), clock::now());
        let peer = Asker::Peer([192, 0, 2, 1].into());
        for _ in 0..100 {
            assert_eq!(guesses.take(&peer, now), Ok(()));
            guesses.give_back(&peer, now);
        }
    }
}
