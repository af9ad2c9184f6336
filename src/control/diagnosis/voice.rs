//! Somebody speaks into a microphone that is off.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a fact about the microphone is taken to hold: ten come each second.
const EACH: Duration = Duration::from_millis(100);

/// How much has to be spoken, and within how long.
const SPOKEN: Duration = Duration::from_secs(1);
const WITHIN: Duration = Duration::from_secs(2);

/// After how long without a word it is over, and how long it is left alone then: who goes on has seen it.
const QUIET: Duration = Duration::from_secs(5);
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// The most words that are kept: those that are enough.
const ENOUGH: usize = (SPOKEN.as_millis() / EACH.as_millis()) as usize;

/// Whether somebody speaks into a microphone that is off.
#[derive(Debug, Default)]
pub(super) struct MutedVoice {
    on: bool,
    /// When a voice was heard while off: the last times, the newest last.
    spoken: VecDeque<Instant>,
    not_before: Option<Instant>,
}

impl MutedVoice {
    /// Takes what the microphone picks up now, ten times a second. A microphone that is on begins everything anew.
    pub(super) fn hear(&mut self, voice: bool, muted: bool, now: Instant) {
        if !muted {
            *self = Self::default();
            return;
        }
        if voice {
            if self.spoken.len() == ENOUGH {
                self.spoken.pop_front();
            }
            self.spoken.push_back(now);
        }
        if self.on {
            if self.spoken.back().is_none_or(|last| now.saturating_duration_since(*last) >= QUIET) {
                *self = Self { not_before: Some(now + LEFT_ALONE), ..Self::default() };
            }
        } else if self.not_before.is_none_or(|at| at <= now) {
            let first = self.spoken.front().filter(|_| self.spoken.len() == ENOUGH);
            self.on = first.is_some_and(|first| now.saturating_duration_since(*first) <= WITHIN);
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on
    }
}
