//! Token buckets, one per peer (or whatever the key is): how often somebody may do something.
//!
//! Pure: `now` is an argument. The number of keys is bounded; what is refused, and in which words, is up to the caller.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

/// How often: `burst` at once, then one more each `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many may come at once.
    pub burst: u32,
    /// How long until one more is allowed; more than zero.
    pub every: Duration,
}

/// Not now: come back after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(pub Duration);

/// The buckets of many keys.
///
/// When `max_keys` are in use and none of them is full again, keys not seen yet share one bucket: somebody who invents
/// keys can slow other newcomers down, but neither fills the memory nor empties the bucket of a known key.
#[derive(Debug)]
pub struct Buckets<K> {
    rate: Rate,
    max_keys: usize,
    buckets: HashMap<K, Bucket>,
    newcomers: Bucket,
    swept_at: Option<Instant>,
}

/// Counts in time: when the bucket will be full again if nothing more is taken. `None` has always been full.
#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    full_at: Option<Instant>,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Full buckets for everybody, remembered for at most `max_keys` keys.
    pub fn new(rate: Rate, max_keys: usize) -> Self {
        Self { rate, max_keys, buckets: HashMap::new(), newcomers: Bucket::default(), swept_at: None }
    }

    /// Takes one token of `key`.
    ///
    /// # Errors
    /// How long to wait when the bucket is empty.
    pub fn take(&mut self, key: K, now: Instant) -> Result<(), Wait> {
        let rate = self.rate;
        self.bucket(key, now).take(rate, now)
    }

    /// Gives back one token that [`Self::take`] took, because what it was taken for should not count.
    pub fn give_back(&mut self, key: K, now: Instant) {
        let rate = self.rate;
        self.bucket(key, now).give_back(rate);
    }

    /// How many keys are remembered.
    pub fn keys(&self) -> usize {
        self.buckets.len()
    }

    fn bucket(&mut self, key: K, now: Instant) -> &mut Bucket {
        if self.buckets.len() >= self.max_keys && !self.buckets.contains_key(&key) {
            self.sweep(now);
            if self.buckets.len() >= self.max_keys {
                return &mut self.newcomers;
            }
        }
        self.buckets.entry(key).or_default()
    }

    /// Forgets the keys whose bucket is full again. At most once per refill, since it looks at all of them.
    fn sweep(&mut self, now: Instant) {
        if self.swept_at.is_some_and(|at| now.saturating_duration_since(at) < self.rate.every) {
            return;
        }
        self.swept_at = Some(now);
        self.buckets.retain(|_, bucket| bucket.full_at.is_some_and(|at| at > now));
    }
}

impl Bucket {
    fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Wait> {
        let full_at = self.full_at.map_or(now, |at| at.max(now)) + rate.every;
        let latest = now + rate.every * rate.burst;
        if full_at > latest {
            return Err(Wait(full_at - latest));
        }
        self.full_at = Some(full_at);
        Ok(())
    }

    fn give_back(&mut self, rate: Rate) {
        self.full_at = self.full_at.and_then(|at| at.checked_sub(rate.every));
    }
}

/// What counts as one peer: an IPv4 address, or the /64 network of an IPv6 address, since whoever has one has them all.
pub fn peer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    const RATE: Rate = Rate { burst: 3, every: Duration::from_secs(10) };

    #[test]
    fn a_burst_passes_and_then_one_each_interval() {
        let (mut buckets, start) = (Buckets::new(RATE, 9), clock::now());
        for _ in 0..3 {
            assert_eq!(buckets.take("eve", start), Ok(()));
        }
        assert_eq!(buckets.take("eve", start), Err(Wait(Duration::from_secs(10))));
        assert_eq!(buckets.take("bob", start), Ok(()), "others are not concerned");
        let later = start + Duration::from_secs(10);
        assert_eq!(buckets.take("eve", later), Ok(()));
        assert!(buckets.take("eve", later).is_err());
    }

    #[test]
    fn a_token_given_back_can_be_taken_again_but_never_more_than_the_burst() {
        let (mut buckets, now) = (Buckets::new(RATE, 9), clock::now());
        for _ in 0..20 {
            assert_eq!(buckets.take("bob", now), Ok(()));
            buckets.give_back("bob", now);
        }
        buckets.give_back("bob", now);
        for _ in 0..3 {
            assert_eq!(buckets.take("bob", now), Ok(()));
        }
        assert!(buckets.take("bob", now).is_err());
    }

    #[test]
    fn invented_keys_neither_fill_the_memory_nor_reset_a_known_one() {
        let (mut buckets, now) = (Buckets::new(RATE, 100), clock::now());
        while buckets.take(0, now).is_ok() {}
        let passed = (1..100_000).filter(|&key| buckets.take(key, now).is_ok()).count();
        assert_eq!(buckets.keys(), 100);
        assert_eq!(passed, 99 + 3, "the newcomers shared one bucket");
        assert!(buckets.take(0, now).is_err());
        assert_eq!(buckets.take(200_000, now + Duration::from_secs(60)), Ok(()));
        assert_eq!(buckets.keys(), 1, "full buckets are forgotten");
    }

    #[test]
    fn a_v6_network_is_one_peer() {
        let one = |text: &str| peer(text.parse().unwrap());
        assert_eq!(one("2001:db8::1"), one("2001:db8::ffff:2"));
        assert_ne!(one("2001:db8::1"), one("2001:db8:0:1::1"));
        assert_eq!(one("::ffff:192.0.2.1"), one("192.0.2.1"));
    }
}
