//! Facts that jump about: whatever they do, what is told stays calm, and ends with the trouble.

use super::*;
use crate::base::clock;
use crate::base::seed::Seed;

const SEEDS: u64 = 40;
const MINUTES: u64 = 5;

#[test]
fn whatever_the_facts_do_nothing_flickers() {
    for seed in 0..SEEDS {
        let mut world = World::new(seed);
        for _ in 0..MINUTES * 600 {
            world.step();
        }
        world.calms_down();
    }
}

struct World {
    seed: u64,
    dice: Seed,
    now: Instant,
    watch: Watch,
    told: Vec<Diagnosis>,
    told_at: Option<Instant>,
    silent_ms: u32,
    exact: bool,
    muted: bool,
    talks: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            dice: Seed::new(seed),
            now: clock::now(),
            watch: Watch::default(),
            told: Vec::new(),
            told_at: None,
            silent_ms: 0,
            exact: false,
            muted: false,
            talks: false,
        }
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.dice.below(bound) == 0
    }

    /// 100 ms.
    fn step(&mut self) {
        self.passes(100);
        self.muted ^= self.one_in(50);
        self.talks ^= self.one_in(8);
        self.exact ^= self.one_in(60);
        self.silent_ms = if self.one_in(70) { 0 } else { self.silent_ms + 100 };
        let microphone = Microphone {
            voice: self.talks,
            silent_ms: self.silent_ms,
            exact_zeros_ms: if self.exact { self.silent_ms } else { 0 },
            muted: self.muted,
            echo: (!self.one_in(4)).then(|| self.dice.unit() as f32),
        };
        self.takes(Fact::Microphone(microphone));
        if self.one_in(10) {
            let way = self.way();
            let fact = if self.one_in(2) { Fact::Heard(way) } else { Fact::Sent(way) };
            self.takes(fact);
        }
        if self.one_in(30) {
            let facts = [DeviceFact::Idle, DeviceFact::Works, DeviceFact::Fails, DeviceFact::Fails];
            let fact = facts[self.dice.below(4) as usize];
            let which = [AudioDevice::Microphone, AudioDevice::Speaker, AudioDevice::Ringer];
            let which = which[self.dice.below(3) as usize];
            self.takes(Fact::Device(which, fact));
        }
        if self.one_in(300) {
            let fact = if self.one_in(2) { Fact::SharedCard } else { Fact::Unmuted };
            self.takes(fact);
        }
    }

    fn way(&mut self) -> Way {
        let worse = self.one_in(3);
        let mut upto = |most: f64| Some((self.dice.unit() * most * if worse { 3.0 } else { 1.0 }) as f32);
        Way { lost_percent: upto(4.0), jitter_ms: upto(40.0), rtt_ms: upto(350.0), mos: upto(4.4) }
    }

    fn passes(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(at) = self.watch.next_deadline().filter(|at| *at <= until) {
            assert!(at > self.now, "seed {}: a deadline lies in the past", self.seed);
            self.now = at;
            self.takes(Fact::DeadlinePassed);
        }
        self.now = until;
    }

    fn takes(&mut self, fact: Fact) {
        let Some(told) = self.watch.handle(fact, self.now) else { return };
        let seed = self.seed;
        let since = self.told_at.map(|at| self.now.saturating_duration_since(at));
        assert!(since.is_none_or(|since| since >= APART), "seed {seed}: two changes within {since:?}");
        assert_ne!(told, self.told, "seed {seed}: told without a change");
        assert!(told.is_sorted(), "seed {seed}: not the gravest first: {told:?}");
        assert!(told.windows(2).all(|pair| pair[0] != pair[1]), "seed {seed}: told twice: {told:?}");
        let silent = told.iter().filter(|one| matches!(one, Diagnosis::MicrophoneSilent { .. }));
        assert!(silent.count() <= 1, "seed {seed}: {told:?}");
        (self.told, self.told_at) = (told, Some(self.now));
    }

    /// Once everything is as it should be, nothing is wrong any more.
    fn calms_down(&mut self) {
        for which in [AudioDevice::Microphone, AudioDevice::Speaker, AudioDevice::Ringer] {
            self.takes(Fact::Device(which, DeviceFact::Works));
        }
        self.takes(Fact::Unmuted);
        for tenth in 0..100_u32 {
            self.passes(100);
            self.takes(Fact::Microphone(Microphone { echo: Some(0.0), ..Microphone::default() }));
            if tenth.is_multiple_of(10) {
                let fine = Way { lost_percent: Some(0.0), mos: Some(4.4), ..Way::default() };
                self.takes(Fact::Heard(fine));
                self.takes(Fact::Sent(fine));
            }
        }
        assert_eq!((&self.told, self.watch.next_deadline()), (&Vec::new(), None), "seed {}", self.seed);
    }
}
