//! When an issuer is asked whether a sign-in is done (RFC 8628 section 3.5). Pure: `now` is an argument.

use std::time::{Duration, Instant};

/// How much longer to wait each time an issuer says so (RFC 8628 section 3.5).
const SLOWER: Duration = Duration::from_secs(5);

/// The longest pause between two askings.
const LONGEST: Duration = Duration::from_secs(60);

/// A sign-in that waits for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Waiting {
    interval: Duration,
    next: Instant,
    ends: Instant,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask the issuer.
    Ask,
    /// Not yet: there is so much time left.
    Wait(Duration),
    /// Nothing any more: it ran out.
    Over,
}

/// What came back when the issuer was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// The person is not done.
    Pending,
    /// The same, and it was asked too often.
    SlowDown,
    /// No answer.
    Nothing,
}

impl Waiting {
    /// One that begins now.
    pub(super) fn new(interval: Duration, expires_in: Duration, now: Instant) -> Self {
        Self { interval, next: now + interval, ends: now + expires_in }
    }

    /// What is to be done now.
    pub(super) fn step(&self, now: Instant) -> Step {
        match self {
            it if now >= it.ends => Step::Over,
            it if now >= it.next => Step::Ask,
            it => Step::Wait(it.next - now),
        }
    }

    /// Takes an answer that is not the last one; returns how long to wait for the next.
    pub(super) fn heard(&mut self, heard: Heard, now: Instant) -> Duration {
        let interval = match heard {
            Heard::Pending => self.interval,
            Heard::SlowDown => self.interval + SLOWER,
            Heard::Nothing => self.interval * 2,
        };
        self.interval = interval.min(LONGEST);
        self.next = now + self.interval;
        self.interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn an_issuer_is_asked_once_each_interval_until_it_is_too_late() {
        let start = clock::now();
        let mut waiting = Waiting::new(S(5), S(12), start);
        assert_eq!(waiting.step(start), Step::Wait(S(5)));
        assert_eq!(waiting.step(start + S(3)), Step::Wait(S(2)));
        assert_eq!(waiting.step(start + S(5)), Step::Ask);
        assert_eq!(waiting.heard(Heard::Pending, start + S(6)), S(5));
        assert_eq!(waiting.step(start + S(10)), Step::Wait(S(1)));
        assert_eq!(waiting.step(start + S(11)), Step::Ask);
        assert_eq!(waiting.step(start + S(12)), Step::Over);
    }

    #[test]
    fn an_issuer_that_wants_to_be_asked_less_often_is() {
        let start = clock::now();
        let mut waiting = Waiting::new(S(5), S(600), start);
        assert_eq!(waiting.heard(Heard::SlowDown, start), S(10));
        assert_eq!(waiting.heard(Heard::SlowDown, start), S(15));
        assert_eq!(waiting.heard(Heard::Pending, start), S(15), "it stays so");
        assert_eq!(waiting.step(start + S(14)), Step::Wait(S(1)));
    }

    #[test]
    fn an_issuer_that_does_not_answer_is_asked_ever_less_often_and_at_last_once_a_minute() {
        let start = clock::now();
        let mut waiting = Waiting::new(S(5), S(600), start);
        let waits: Vec<_> = (0..6).map(|_| waiting.heard(Heard::Nothing, start).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60, 60]);
    }
}
