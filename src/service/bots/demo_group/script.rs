//! Who of the two in conversation says what when: a loop that goes on for ever, whoever listens. Pure.

use std::time::Duration;

use super::Guest;
use crate::base::seed::Seed;
use crate::service::voice::{PHRASES, Phrase, Timbre};

/// Turns in the loop.
const TURNS: u32 = 24;

/// One in this many turns begins before the one before it is over.
const INTERRUPTS_EVERY: u32 = 5;

/// The shortest pause between two turns, and how much longer it may be.
const PAUSE: (Duration, u64) = (Duration::from_millis(250), 450);

/// How much of the turn before is talked over at least, and how much more it may be.
const OVERLAP: (Duration, u64) = (Duration::from_millis(300), 500);

/// A conversation of two.
#[derive(Debug, Clone)]
pub(super) struct Script {
    turns: Vec<Turn>,
    length: Duration,
}

/// One turn of the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// Whose.
    pub(super) who: Guest,
    /// When, from the beginning of the loop.
    pub(super) at: Duration,
    /// What is said.
    pub(super) phrase: Phrase,
}

impl Script {
    /// The conversation of Ada and Ben; `seed` decides all of it.
    pub(super) fn new(seed: u64) -> Self {
        let mut dice = Seed::new(seed);
        let mut turns: Vec<Turn> = Vec::new();
        let mut free = Duration::ZERO;
        for n in 0..TURNS {
            let (who, timbre) = if n % 2 == 0 { (Guest::Ada, Timbre::High) } else { (Guest::Ben, Timbre::Low) };
            let before = turns.iter().rev().find(|turn| turn.who == who).map(|turn| turn.phrase.number);
            let phrase = Phrase { timbre, number: another(before, &mut dice) };
            let at = if n % INTERRUPTS_EVERY == INTERRUPTS_EVERY - 1 {
                free.saturating_sub(OVERLAP.0 + millis(dice.below(OVERLAP.1)))
            } else {
                free + PAUSE.0 + millis(dice.below(PAUSE.1))
            };
            free = at + phrase.length();
            turns.push(Turn { who, at, phrase });
        }
        Self { turns, length: free + PAUSE.0 }
    }

    /// The next turn of `who` that begins at `from` or later, both counted from the beginning of the conversation.
    pub(super) fn next(&self, who: Guest, from: Duration) -> Option<(Duration, Phrase)> {
        let length = self.length.as_millis();
        let into = from.as_millis() % length;
        let mine = || self.turns.iter().filter(move |turn| turn.who == who);
        let (turn, round) = match mine().find(|turn| turn.at.as_millis() >= into) {
            Some(turn) => (turn, 0),
            None => (mine().next()?, length),
        };
        let wait = turn.at.as_millis() + round - into;
        // Far below the centuries a u64 of milliseconds holds.
        Some((from + millis(wait as u64), turn.phrase))
    }
}

/// A phrase, but not the same one again.
fn another(before: Option<u8>, dice: &mut Seed) -> u8 {
    let others = u64::from(PHRASES) - u64::from(before.is_some());
    // Below PHRASES, which is a u8.
    let number = dice.below(others) as u8;
    if before.is_some_and(|before| number >= before) { number + 1 } else { number }
}

fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(script: &Script) -> impl Iterator<Item = (&Turn, Duration)> {
        script.turns.iter().map(|turn| (turn, turn.at + turn.phrase.length()))
    }

    #[test]
    fn they_take_turns_with_small_pauses_and_now_and_then_talk_at_once() {
        for seed in 0..50 {
            let script = Script::new(seed);
            let told: Vec<_> = turns(&script).collect();
            let mut overlaps = 0;
            for pair in told.windows(2) {
                let ((first, end), (second, _)) = (pair[0], pair[1]);
                assert_ne!(first.who, second.who, "seed {seed}");
                match second.at.checked_sub(end) {
                    Some(pause) => assert!((250..700).contains(&pause.as_millis()), "seed {seed}: {pause:?}"),
                    None => {
                        overlaps += 1;
                        assert!((300..800).contains(&(end - second.at).as_millis()), "seed {seed}");
                    }
                }
            }
            assert_eq!(overlaps, 4, "seed {seed}");
            assert!(told.iter().all(|(_, end)| *end <= script.length), "seed {seed}: the loop cuts a turn off");
        }
    }

    #[test]
    fn nobody_says_the_same_twice_or_interrupts_themselves() {
        for seed in 0..50 {
            let script = Script::new(seed);
            for who in [Guest::Ada, Guest::Ben] {
                let mine: Vec<_> = turns(&script).filter(|(turn, _)| turn.who == who).collect();
                assert_eq!(mine.len(), 12);
                for pair in mine.windows(2) {
                    assert_ne!(pair[0].0.phrase, pair[1].0.phrase, "seed {seed}");
                    assert!(pair[0].1 < pair[1].0.at, "seed {seed}");
                }
            }
        }
    }

    #[test]
    fn the_loop_goes_on_for_ever() {
        let script = Script::new(7);
        let all: Vec<_> = script.turns.iter().filter(|turn| turn.who == Guest::Ben).collect();
        let mut at = millis(0);
        for round in 0..3 {
            for turn in &all {
                let (begins, phrase) = script.next(Guest::Ben, at).unwrap();
                assert_eq!((begins, phrase), (turn.at + script.length * round, turn.phrase));
                at = begins + millis(1);
            }
        }
        assert_eq!(script.next(Guest::Kim, at), None, "Kim is not in the conversation");
    }
}
