//! How long the keys of an issuer are believed, and when they are looked up anew. Pure: `now` is an argument.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::Jwk;

use super::source::DESCRIBED_FOR;

/// How often keys are fetched anew at the most: for a key that is not known, and after it failed.
const FETCH_EVERY: Duration = Duration::from_secs(60);

/// How long keys are believed while newer ones can't be fetched. An issuer may be out of order for some hours; who withdraws a
/// key because somebody has a copy of it must not be kept from doing so for ever by whoever cuts the way.
const BELIEVED_FOR: Duration = Duration::from_secs(6 * 60 * 60);

/// The keys of an issuer as they were fetched last.
#[derive(Debug, Default)]
pub(super) struct Keys {
    by_id: BTreeMap<String, Jwk>,
    fetched_at: Option<Instant>,
    tried_at: Option<Instant>,
}

/// What comes of looking for a key.
#[derive(Debug, PartialEq)]
pub(super) enum Look {
    /// There it is.
    Found(Box<Jwk>),
    /// Fetch the keys, and look again.
    Fetch,
    /// The issuer has no such key.
    Unknown,
    /// Whether it has, can't be found out now.
    Unreachable,
}

impl Keys {
    /// Looks for the key with this id.
    pub(super) fn look(&self, id: &str, now: Instant) -> Look {
        let within = |time: Duration, since: Option<Instant>| {
            since.is_some_and(|since| now.saturating_duration_since(since) < time)
        };
        let believed = |time| self.by_id.get(id).filter(|_| within(time, self.fetched_at)).cloned().map(Box::new);
        if let Some(key) = believed(DESCRIBED_FOR) {
            return Look::Found(key);
        }
        if !within(FETCH_EVERY, self.tried_at) {
            return Look::Fetch;
        }
        match believed(BELIEVED_FOR) {
            Some(key) => Look::Found(key),
            None if self.tried_at == self.fetched_at => Look::Unknown,
            None => Look::Unreachable,
        }
    }

    /// These are its keys now, by their ids.
    pub(super) fn fetched(&mut self, by_id: BTreeMap<String, Jwk>, now: Instant) {
        *self = Self { by_id, fetched_at: Some(now), tried_at: Some(now) };
    }

    /// They could not be fetched.
    pub(super) fn failed(&mut self, now: Instant) {
        self.tried_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::base::clock;

    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn key(id: &str) -> Jwk {
        serde_json::from_value(json!({"kty": "RSA", "kid": id, "n": "AQAB", "e": "AQAB"})).unwrap()
    }

    fn found(id: &str) -> Look {
        Look::Found(Box::new(key(id)))
    }

    fn those(ids: &[&str]) -> BTreeMap<String, Jwk> {
        ids.iter().map(|id| ((*id).to_owned(), key(id))).collect()
    }

    #[test]
    fn keys_are_fetched_once_an_hour_and_one_that_was_withdrawn_counts_no_more() {
        let (mut keys, start) = (Keys::default(), clock::now());
        assert_eq!(keys.look("a", start), Look::Fetch);
        keys.fetched(those(&["a", "b"]), start);
        assert_eq!(keys.look("a", start + HOUR - MINUTE), found("a"));
        assert_eq!(keys.look("a", start + HOUR), Look::Fetch);
        keys.fetched(those(&["b"]), start + HOUR);
        assert_eq!(keys.look("a", start + HOUR), Look::Unknown);
        assert_eq!(keys.look("b", start + HOUR), found("b"));
    }

    #[test]
    fn an_unknown_key_has_them_fetched_once_a_minute() {
        let (mut keys, start) = (Keys::default(), clock::now());
        keys.fetched(those(&["a"]), start);
        assert_eq!(keys.look("new", start + MINUTE / 2), Look::Unknown);
        assert_eq!(keys.look("new", start + MINUTE), Look::Fetch);
    }

    #[test]
    fn while_they_cannot_be_fetched_what_is_not_known_is_not_said_to_be_wrong() {
        let (mut keys, start) = (Keys::default(), clock::now());
        keys.failed(start);
        assert_eq!(keys.look("a", start), Look::Unreachable);
        assert_eq!(keys.look("a", start + MINUTE), Look::Fetch);
        keys.fetched(those(&["a"]), start + MINUTE);
        keys.failed(start + 2 * MINUTE);
        assert_eq!(keys.look("new", start + 2 * MINUTE), Look::Unreachable, "it may be one of the newest");
        assert_eq!(keys.look("a", start + 2 * MINUTE), found("a"));
    }

    #[test]
    fn old_keys_are_believed_for_some_hours_while_the_issuer_is_out_of_order() {
        let (mut keys, start) = (Keys::default(), clock::now());
        keys.fetched(those(&["a"]), start);
        let mut now = start + HOUR;
        while now < start + 6 * HOUR {
            assert_eq!(keys.look("a", now), Look::Fetch);
            keys.failed(now);
            assert_eq!(keys.look("a", now), found("a"));
            now += MINUTE;
        }
        keys.failed(now);
        assert_eq!(keys.look("a", now), Look::Unreachable);
        assert_eq!(keys.look("a", now + MINUTE), Look::Fetch, "it is asked all the same");
    }
}
