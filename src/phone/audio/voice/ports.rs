//! The microphone and the speaker in use: opened when needed, replaced when chosen anew, and silence where there is
//! none. What is done about a device that fails is decided in `supervision`; here it is carried out. Files, tones and
//! nothing are opened on the spot; sound cards elsewhere (see `opener`), with silence until they are open.

use std::time::{Duration, Instant};

use super::super::buffering::{Opening, Step, Use};
use super::super::memory::Memory;
use super::super::source::Health;
use super::super::streams::OpenError;
pub(in crate::phone::audio) use super::kinds::{Microphone, Speaker};
use super::opener::{Answer, Opened, Opener, close_aside};
use super::supervision::{Act, Fact, Nature, Supervision, Target};
use crate::base::clock;
use crate::phone::event::{AudioDevice, DeviceFigures, DeviceState};

/// A source or a sink.
pub(in crate::phone::audio) trait Kind: 'static {
    type Choice: Clone + PartialEq + ToString + Send + 'static;
    type Port: ?Sized + Send + 'static;
    /// Which of the two it is.
    const DEVICE: AudioDevice;
    /// What stands in for one that does not work.
    fn none() -> Box<Self::Port>;
    fn nature(choice: &Self::Choice) -> Nature;
    /// The system's default device.
    fn default_choice() -> Self::Choice;
    /// Its name now, if there is one.
    fn default_name() -> Option<String>;
    /// Opens it; returns it with its name.
    fn open(choice: &Self::Choice, opening: Opening, step: Step) -> Result<(Box<Self::Port>, String), OpenError>;
    /// Whether it could be opened.
    fn is_there(choice: &Self::Choice) -> bool;
    /// Whether it may be closed while unused; a file would begin anew.
    fn closes(choice: &Self::Choice) -> bool;
    fn start(port: &mut Self::Port);
    fn rest(port: &mut Self::Port);
    fn health(port: &mut Self::Port) -> Health;
    fn figures(port: &Self::Port) -> DeviceFigures;
}

/// After this long, a device that is being opened is said not to answer, and another choice does not wait for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// One side's device: what is wanted, what is open.
pub(super) struct Port<K: Kind> {
    choice: K::Choice,
    opening: Opening,
    open: Option<Box<K::Port>>,
    /// Whether `open` is a device, and not silence in its place.
    is_device: bool,
    state: DeviceState,
    used: bool,
    supervision: Supervision,
    /// How what is open is used, if it is a device.
    usage: Option<(Target, Use)>,
    opener: Option<Opener<K>>,
    /// How often it was asked to open something, and has not answered yet.
    unanswered: u32,
    /// The last job of the opener, and since when it is to open what.
    number: u64,
    asked: Option<(Instant, Target)>,
    /// Whether that has taken too long.
    hangs: bool,
    /// The system's default device when this one was opened.
    default: Option<String>,
    /// Why the chosen device can't be used.
    refusal: Option<DeviceState>,
    /// Of devices that are closed.
    before: DeviceFigures,
    memory: Memory,
}

impl<K: Kind> Port<K> {
    pub(super) fn new(choice: K::Choice) -> Self {
        let opening = Opening::default();
        Self {
            supervision: Supervision::new(K::nature(&choice), opening, clock::now()),
            choice,
            opening,
            open: None,
            is_device: false,
            state: DeviceState::Idle,
            used: false,
            usage: None,
            opener: None,
            unanswered: 0,
            number: 0,
            asked: None,
            hangs: false,
            default: None,
            refusal: None,
            before: DeviceFigures::default(),
            memory: Memory::open(None),
        }
    }

    /// Keeps there how large the buffers of each device have to be.
    pub(super) fn remembering(mut self, memory: Memory) -> Self {
        self.memory = memory;
        self.recall();
        self
    }

    /// What was chosen.
    pub(super) fn choice(&self) -> &K::Choice {
        &self.choice
    }

    /// Whether somebody else has the device, and is given a moment to let go of it.
    pub(super) fn is_queueing(&self) -> bool {
        self.supervision.is_queueing()
    }

    pub(super) fn state(&self) -> DeviceState {
        if self.used { self.state.clone() } else { DeviceState::Idle }
    }

    /// What its devices had to do without so far, since the start.
    pub(super) fn figures(&self) -> DeviceFigures {
        self.open.as_deref().map_or(self.before, |port| self.figures_with(port))
    }

    /// Uses another device from now on.
    pub(super) fn choose(&mut self, choice: K::Choice) {
        self.shut();
        self.open = None;
        if self.hangs {
            // It is left to itself, and ends when whatever it waits for does.
            self.opener = None;
            self.unanswered = 0;
        }
        self.choice = choice;
        self.used = false;
        self.state = DeviceState::Idle;
        self.begin_anew();
    }

    /// Asks something else of the device from now on.
    pub(super) fn tune(&mut self, opening: Opening, now: Instant) {
        if opening == self.opening {
            return;
        }
        self.keep_habit();
        self.opening = opening;
        self.recall();
        self.tell(Fact::Tuned, now);
    }

    /// Opens the device if it is needed and not open; lets it rest, or closes it, if it is not needed.
    pub(super) fn need(&mut self, needed: bool, now: Instant) {
        if needed == self.used {
            return;
        }
        self.used = needed;
        match (needed, K::nature(&self.choice)) {
            (true, Nature::Plain) => match &mut self.open {
                Some(port) if matches!(self.state, DeviceState::Working(_)) => K::start(port),
                // What is open is but the silence somebody was given while it was not needed.
                Some(_) | None => self.open_plain(),
            },
            (false, Nature::Plain) => {
                if let Some(port) = &mut self.open {
                    K::rest(port);
                }
                if K::closes(&self.choice) || !matches!(self.state, DeviceState::Working(_)) {
                    self.shut();
                }
            }
            (true, Nature::Default | Nature::Named) => self.tell(Fact::Needed, now),
            (false, Nature::Default | Nature::Named) => {
                self.tell(Fact::Unneeded, now);
                self.begin_anew();
                self.state = DeviceState::Idle;
            }
        }
    }

    /// Whether a device is being opened, be it needed still or not: if not, it is closed by [`Port::supervise`].
    pub(super) fn awaits(&self) -> bool {
        self.unanswered > 0
    }

    /// Takes the device out of use when it no longer works, and does what can be done about it. Says whether one was
    /// opened, or could not be.
    pub(super) fn supervise(&mut self, now: Instant) -> bool {
        let mut answered = false;
        while let Some(answer) = self.opener.as_ref().and_then(Opener::answer) {
            if matches!(answer, Answer::Opened { .. }) {
                self.unanswered = self.unanswered.saturating_sub(1);
            }
            self.answered(answer, now);
            answered = true;
        }
        if self.used {
            self.look_after(now);
        }
        answered
    }

    fn look_after(&mut self, now: Instant) {
        if self.asked.is_some_and(|(since, _)| now.saturating_duration_since(since) > PATIENCE) {
            self.hangs = true;
            self.state = DeviceState::Failed("the sound system does not answer".to_owned());
        }
        match self.open.as_mut().map_or(Health::Well, |port| K::health(port)) {
            Health::Over(why) => self.give_up(why),
            Health::Stream(vitals) => {
                if let Some((_, used)) = &mut self.usage {
                    used.see(vitals.xruns, now);
                }
                self.tell(Fact::Passed(Some(vitals)), now);
            }
            Health::Well => self.tell(Fact::Passed(None), now),
        }
    }

    /// The open port; only silence while unused, or while there is none.
    pub(super) fn get(&mut self) -> &mut K::Port {
        self.open.get_or_insert_with(K::none)
    }

    /// Begins to count failures anew, and with the buffers that are remembered; answers to earlier jobs are too late.
    fn begin_anew(&mut self) {
        self.supervision = Supervision::new(K::nature(&self.choice), self.opening, clock::now());
        (self.asked, self.hangs, self.refusal) = (None, false, None);
        self.number += 1;
        self.recall();
    }

    /// Opens devices with the buffers that are remembered, from now on.
    fn recall(&mut self) {
        for target in [Target::Chosen, Target::StandIn] {
            let name = self.choice_of(target).to_string();
            let habit = self.memory.habit_of(K::DEVICE, &name);
            self.supervision.set_step(target, habit.step(Step::first(self.opening), wall()));
        }
    }

    /// Remembers how the device that is closed, or will be soon, got along with its buffers.
    fn keep_habit(&mut self) {
        let Some((target, used)) = self.usage.take() else { return };
        let name = self.choice_of(target).to_string();
        let habit = self.memory.habit_of(K::DEVICE, &name);
        let kept = habit.after(&used, self.supervision.step(target), Step::first(self.opening), wall());
        if kept != habit {
            self.memory.remember_habit(K::DEVICE, &name, kept);
        }
    }

    fn choice_of(&self, target: Target) -> K::Choice {
        match target {
            Target::Chosen => self.choice.clone(),
            Target::StandIn => K::default_choice(),
        }
    }

    fn tell(&mut self, fact: Fact, now: Instant) {
        match self.supervision.handle(fact, now) {
            Act::Nothing => (),
            Act::Open(target) => {
                tracing::info!(device = ?K::DEVICE, ?target, ?fact, "a sound device is to be opened");
                self.ask(target, now);
            }
            Act::Replace(target, why) => {
                self.lose(why);
                self.ask(target, now);
            }
            Act::Close(why) => {
                if let Some(why) = why {
                    self.lose(why);
                }
                self.asked = None;
                self.shut();
            }
            Act::Look => {
                self.number += 1;
                if let Some(opener) = &self.opener {
                    opener.look(self.number, self.choice.clone());
                }
            }
        }
    }

    fn lose(&mut self, why: &'static str) {
        tracing::warn!(why, device = ?K::DEVICE, "a sound device stopped working");
        self.state = DeviceState::Failed(why.to_owned());
    }

    /// Lets a device be opened. What is open is closed first: hardware opens only once.
    fn ask(&mut self, target: Target, now: Instant) {
        self.shut();
        self.number += 1;
        let (choice, step) = (self.choice_of(target), self.supervision.step(target));
        let opener = match self.opener.take() {
            Some(opener) => Ok(opener),
            None => Opener::start(),
        };
        let asked = match &opener {
            Ok(opener) => opener.open(self.number, choice, self.opening, step),
            Err(error) => {
                tracing::warn!(%error, "no thread for a sound device");
                false
            }
        };
        self.opener = opener.ok();
        self.unanswered += u32::from(asked);
        self.asked = Some((self.asked.map_or(now, |(since, _)| since), target));
        if !asked {
            let why = "the sound system does not answer".to_owned();
            self.answered(Answer::Opened { number: self.number, result: Err(OpenError::Failed(why)) }, now);
        }
    }

    fn answered(&mut self, answer: Answer<K>, now: Instant) {
        match answer {
            Answer::Opened { number, result } if number == self.number && self.used => self.opened(result, now),
            Answer::Opened { result: Ok(late), .. } => self.close(late.port),
            Answer::Looked { number, there, default } if number == self.number && self.used => {
                // One that can't be named just now is no other.
                let moved = default.is_some() && default != self.default;
                self.tell(Fact::Looked { there, moved }, now);
            }
            Answer::Opened { .. } | Answer::Looked { .. } => (),
            Answer::Ended => {
                (self.opener, self.unanswered) = (None, 0);
                if self.used && self.asked.is_some() {
                    self.opened(Err(OpenError::Failed("the sound system failed".to_owned())), now);
                }
            }
        }
    }

    fn opened(&mut self, result: Result<Opened<K>, OpenError>, now: Instant) {
        let target = self.asked.take().map_or(Target::Chosen, |(_, target)| target);
        self.hangs = false;
        match result {
            Ok(Opened { mut port, name, default }) => {
                let step = self.supervision.step(target);
                tracing::info!(name, frames = step.frames(), device = ?K::DEVICE, "a sound device is open");
                K::start(&mut port);
                (self.open, self.is_device, self.default) = (Some(port), true, default);
                self.usage = Some((target, Use::new(step, now)));
                self.state = match target {
                    Target::Chosen => DeviceState::Working(name),
                    Target::StandIn => DeviceState::Instead { name, of: self.choice.to_string() },
                };
                self.tell(Fact::Opened, now);
            }
            Err(error) => self.refused(target, &error, now),
        }
    }

    fn refused(&mut self, target: Target, error: &OpenError, now: Instant) {
        let state = match error {
            OpenError::Absent => DeviceState::Absent,
            OpenError::Refused { .. } | OpenError::Failed(_) => DeviceState::Failed(error.in_short()),
        };
        self.tell(Fact::Refused { busy: error.is_busy() }, now);
        if self.supervision.is_queueing() {
            return;
        }
        if target == Target::Chosen {
            if self.refusal.as_ref() != Some(&state) {
                tracing::warn!(%error, device = ?K::DEVICE, "a sound device can't be opened");
            }
            self.refusal = Some(state.clone());
        }
        // Why the device that was chosen can't be used says more than why the default one can't be either.
        self.state = self.refusal.clone().unwrap_or(state);
    }

    fn open_plain(&mut self) {
        match K::open(&self.choice, self.opening, Step::first(self.opening)) {
            Ok((port, name)) => (self.open, self.state) = (Some(port), DeviceState::Working(name)),
            Err(error) => self.state = DeviceState::Failed(error.to_string()),
        }
    }

    fn give_up(&mut self, why: &'static str) {
        self.lose(why);
        self.shut();
    }

    /// Closes what is open; silence that stands in goes on, or its pace would begin anew.
    fn shut(&mut self) {
        if !self.is_device && K::nature(&self.choice) != Nature::Plain {
            return;
        }
        let Some(mut port) = self.open.take() else { return };
        self.keep_habit();
        self.before = self.figures_with(&*port);
        if std::mem::take(&mut self.is_device) {
            K::rest(&mut port);
            self.close(port);
        }
    }

    fn figures_with(&self, port: &K::Port) -> DeviceFigures {
        let last = K::figures(port);
        DeviceFigures {
            overruns: self.before.overruns + last.overruns,
            underruns: self.before.underruns + last.underruns,
            ..DeviceFigures::default()
        }
    }

    fn close(&self, port: Box<K::Port>) {
        match &self.opener {
            Some(opener) => opener.close(port),
            None => close_aside::<K>(port),
        }
    }
}

impl<K: Kind> Drop for Port<K> {
    /// Closing a device may take long; a file is complete once this returns.
    fn drop(&mut self) {
        self.shut();
    }
}

/// The wall clock: Unix time, s.
fn wall() -> i64 {
    clock::unix_now().0 / 1_000
}

#[cfg(test)]
mod tests;
