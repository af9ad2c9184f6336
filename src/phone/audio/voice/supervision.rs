//! What is done about a sound device that fails, goes, comes back or changes: decided here, carried out in `ports`. A
//! machine of facts and acts; it knows neither devices nor clocks.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::super::buffering::{Opening, Step};
use super::super::watch::{Verdict, Vitals, Watch};

/// What kind of device was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::phone::audio) enum Nature {
    /// None that could fail: a file, a tone, nothing.
    Plain,
    /// The system's default device, whichever that is.
    Default,
    /// One by its name; the default device can stand in for it.
    Named,
}

/// Which device is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::phone::audio) enum Target {
    /// The chosen one.
    Chosen,
    /// The default device, in its place.
    StandIn,
}

/// What has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    /// Sound is needed from now on.
    Needed,
    /// It no longer is.
    Unneeded,
    /// The device that was to be opened is open.
    Opened,
    /// It can't be opened.
    Refused {
        /// Somebody else has it, who may let go of it any moment: the ringer that stops as the speaker starts, say.
        busy: bool,
    },
    /// Time has passed; what the open stream has counted, if there is one.
    Passed(Option<Vitals>),
    /// The chosen device was looked for.
    Looked {
        /// Whether it is there.
        there: bool,
        /// Whether the system's default device is another than the one that was opened.
        moved: bool,
    },
    /// Something else is asked of the device.
    Tuned,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing.
    Nothing,
    /// Close what is open, then open this.
    Open(Target),
    /// The same, for what is open is of no use any more: why.
    Replace(Target, &'static str),
    /// Close what is open: why it is of no use any more, if that is the reason.
    Close(Option<&'static str>),
    /// Look whether the chosen device is there, and which one is the default.
    Look,
}

/// A device that stopped working is opened again at once, then this often.
const RETRY: Duration = Duration::from_millis(500);
/// This often where nothing has worked for [`LONG_AGO`].
const RETRY_SELDOM: Duration = Duration::from_secs(3);
const LONG_AGO: Duration = Duration::from_secs(300);

/// A chosen device that stopped working may take this long to come back; then the default device stands in for it.
const STAND_IN_AFTER: Duration = Duration::from_secs(1);
/// How often it is tried meanwhile.
const RETRY_CHOSEN: Duration = Duration::from_millis(250);
/// How often one is tried that somebody else has, as long.
const RETRY_BUSY: Duration = Duration::from_millis(100);

/// How often is looked for the chosen device, or for another default; less often if it is there but can't be opened.
const LOOK_EVERY: Duration = Duration::from_millis(2_500);
const LOOK_SELDOM: Duration = Duration::from_secs(60);

/// Streams that may be opened within [`BUDGET_TIME`]; more, and it waits for [`OVER_BUDGET`].
const BUDGET: usize = 5;
const BUDGET_TIME: Duration = Duration::from_secs(10);
const OVER_BUDGET: Duration = Duration::from_secs(1);

#[derive(Debug)]
enum Phase {
    Idle,
    Opening(Target),
    Open(Target, Watch),
    Waiting(Target, Instant),
    /// The same, for somebody who has the device to let go of it.
    Queueing(Instant),
}

/// The machine.
#[derive(Debug)]
pub(super) struct Supervision {
    nature: Nature,
    phase: Phase,
    /// Of the chosen device, and of the one that stands in.
    steps: [Step; 2],
    worked_at: Option<Instant>,
    /// Whether the stream before had begun: the next one is expected to begin soon.
    had_begun: bool,
    /// Since when the chosen device has not been open.
    failing_since: Option<Instant>,
    openings: VecDeque<Instant>,
    look_at: Instant,
    look_every: Duration,
}

impl Supervision {
    /// For a device of this nature, of which nothing is open at `now`.
    pub(super) fn new(nature: Nature, opening: Opening, now: Instant) -> Self {
        Self {
            nature,
            phase: Phase::Idle,
            steps: [Step::first(opening); 2],
            worked_at: None,
            had_begun: false,
            failing_since: None,
            openings: VecDeque::new(),
            look_at: now,
            look_every: LOOK_EVERY,
        }
    }

    /// How much the device is to take or give at a time.
    pub(super) fn step(&self, target: Target) -> Step {
        self.steps[target as usize]
    }

    /// The same, from now on.
    pub(super) fn set_step(&mut self, target: Target, step: Step) {
        self.steps[target as usize] = step;
    }

    /// Whether somebody else has the device, and is given a moment to let go of it.
    pub(super) fn is_queueing(&self) -> bool {
        matches!(self.phase, Phase::Queueing(_))
    }

    /// What to do about a fact.
    pub(super) fn handle(&mut self, fact: Fact, now: Instant) -> Act {
        match (fact, &self.phase) {
            (Fact::Needed, Phase::Idle) => self.open(Target::Chosen),
            (Fact::Unneeded, _) => {
                self.phase = Phase::Idle;
                Act::Close(None)
            }
            (Fact::Opened, Phase::Opening(target)) => self.opened(*target, now),
            (Fact::Refused { busy }, Phase::Opening(target)) => self.refused(*target, busy, now),
            (Fact::Passed(_), Phase::Waiting(target, at)) if now >= *at => self.open(*target),
            (Fact::Passed(_), Phase::Queueing(at)) if now >= *at => self.open(Target::Chosen),
            (Fact::Passed(Some(vitals)), Phase::Open(..)) => self.judge(vitals, now),
            (Fact::Looked { there, moved }, Phase::Open(target, _)) => self.looked(*target, there, moved),
            (Fact::Tuned, Phase::Open(target, _) | Phase::Opening(target)) => self.open(*target),
            _ => Act::Nothing,
        }
    }

    fn open(&mut self, target: Target) -> Act {
        self.leave_for(Phase::Opening(target));
        Act::Open(target)
    }

    fn leave_for(&mut self, phase: Phase) {
        if let Phase::Open(_, watch) = &self.phase {
            self.had_begun = watch.has_begun();
        }
        self.phase = phase;
    }

    fn wait(&mut self, target: Target, until: Instant) {
        self.leave_for(Phase::Waiting(target, until));
    }

    fn opened(&mut self, target: Target, now: Instant) -> Act {
        self.phase = Phase::Open(target, Watch::new(self.had_begun, now));
        self.worked_at = Some(now);
        if target == Target::Chosen {
            self.failing_since = None;
            self.look_every = LOOK_EVERY;
        }
        self.look_at = now + self.look_every;
        Act::Nothing
    }

    fn refused(&mut self, target: Target, busy: bool, now: Instant) -> Act {
        let since = *self.failing_since.get_or_insert(now);
        if busy && target == Target::Chosen && now.saturating_duration_since(since) < STAND_IN_AFTER {
            self.phase = Phase::Queueing(now + RETRY_BUSY);
            return Act::Nothing;
        }
        let recent = self.worked_at.is_some_and(|at| now.saturating_duration_since(at) < LONG_AGO);
        match (target, self.nature) {
            (Target::Chosen, Nature::Named) => {
                if !recent || now.saturating_duration_since(since) >= STAND_IN_AFTER {
                    return self.open(Target::StandIn);
                }
                self.wait(Target::Chosen, now + RETRY_CHOSEN);
            }
            _ => self.wait(Target::Chosen, now + if recent { RETRY } else { RETRY_SELDOM }),
        }
        Act::Nothing
    }

    fn judge(&mut self, vitals: Vitals, now: Instant) -> Act {
        let Phase::Open(target, watch) = &mut self.phase else { return Act::Nothing };
        let (target, verdict) = (*target, watch.judge(vitals, now));
        match verdict {
            Verdict::Well => self.look_if_due(target, now),
            Verdict::Struggling => match self.step(target).larger() {
                Some(larger) => {
                    self.set_step(target, larger);
                    self.open(target)
                }
                None => Act::Nothing,
            },
            Verdict::Lost(why) => self.lost(target, why, now),
        }
    }

    fn look_if_due(&mut self, target: Target, now: Instant) -> Act {
        let worth_it = target == Target::StandIn || self.nature == Nature::Default;
        self.worked_at = Some(now);
        if !worth_it || now < self.look_at {
            return Act::Nothing;
        }
        self.look_at = now + self.look_every;
        Act::Look
    }

    fn lost(&mut self, target: Target, why: &'static str, now: Instant) -> Act {
        while self.openings.front().is_some_and(|at| now.saturating_duration_since(*at) > BUDGET_TIME) {
            self.openings.pop_front();
        }
        if self.openings.len() >= BUDGET {
            self.wait(target, now + OVER_BUDGET);
            return Act::Close(Some(why));
        }
        self.openings.push_back(now);
        self.leave_for(Phase::Opening(target));
        Act::Replace(target, why)
    }

    fn looked(&mut self, target: Target, there: bool, moved: bool) -> Act {
        if target == Target::StandIn && there {
            // Should it be there and yet refuse, the sound breaks off for nothing: ever less often.
            self.look_every = (self.look_every * 2).min(LOOK_SELDOM);
            return self.open(Target::Chosen);
        }
        if moved { self.open(target) } else { Act::Nothing }
    }
}

#[cfg(test)]
mod tests;
