//! The tones a phone plays by itself: ring, ring-back, busy, congestion, a second call waits, somebody came or went, or is
//! on hold still; and measuring a tone. What networks play where is in `regions`.

mod regions;
#[cfg(test)]
mod tests;

use std::f64::consts::TAU;

use super::packet::{SAMPLE_RATE, TICK};

/// A tone a phone plays to its own user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallTone {
    /// Somebody calls.
    Ring,
    /// The other side rings.
    RingBack,
    /// The other side is busy.
    Busy,
    /// The call can't be put through.
    Congestion,
    /// Somebody else calls, while this user talks: softly, within the talk.
    Waiting,
}

/// A short tone within a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShortTone {
    /// Somebody came into the group call.
    Came,
    /// Somebody went.
    Went,
    /// Somebody still waits, on hold.
    Reminder,
}

/// Whose tones to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Region {
    /// 425 Hz, as most European networks.
    #[default]
    Europe,
    /// Pairs of 440 to 620 Hz, as in all of North America.
    UnitedStates,
    /// 400 and 450 Hz, ringing in pairs.
    UnitedKingdom,
    /// 440 Hz.
    France,
    /// 425 Hz, a little quicker than its neighbours.
    Germany,
    /// 400 Hz; ringing trembles.
    Japan,
    /// 425 Hz; ringing trembles, in pairs.
    Australia,
}

impl Region {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 7] = [
        Self::Europe,
        Self::UnitedStates,
        Self::UnitedKingdom,
        Self::France,
        Self::Germany,
        Self::Japan,
        Self::Australia,
    ];

    /// The word for it in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Europe => "europe",
            Self::UnitedStates => "united-states",
            Self::UnitedKingdom => "united-kingdom",
            Self::France => "france",
            Self::Germany => "germany",
            Self::Japan => "japan",
            Self::Australia => "australia",
        }
    }
}

/// Sines that sound together: the frequency of each, Hz, and its amplitude. What is not needed is silent.
pub(super) type Chord = [(f64, f64); 3];

const NOTHING: (f64, f64) = (0.0, 0.0);

/// A part of a cadence: what sounds, for a time.
#[derive(Debug, Clone, Copy)]
struct Part {
    chord: Chord,
    millis: u32,
    /// Whether it dies away like a struck bar, instead of holding.
    struck: bool,
}

/// RMS of what networks play, −20 dBFS: well heard and never startling.
const EAR: f64 = 0.1;

const SQRT_2: f64 = std::f64::consts::SQRT_2;

const fn held(chord: Chord, millis: u32) -> Part {
    Part { chord, millis, struck: false }
}

const fn steady(hertz: f64, millis: u32) -> Part {
    held([(hertz, EAR * SQRT_2), NOTHING, NOTHING], millis)
}

const fn pair(low: f64, high: f64, millis: u32) -> Part {
    held([(low, EAR), (high, EAR), NOTHING], millis)
}

/// A tone whose amplitude goes up and down `by` times a second: the same as two weaker ones beside it.
const fn trembling(hertz: f64, by: f64, millis: u32) -> Part {
    const MIDDLE: f64 = EAR * 1.1547;
    held([(hertz, MIDDLE), (hertz - by, MIDDLE / 2.0), (hertz + by, MIDDLE / 2.0)], millis)
}

const fn pause(millis: u32) -> Part {
    held([NOTHING; 3], millis)
}

const fn softer(part: Part, by: f64) -> Part {
    let [(a, one), (b, two), (c, three)] = part.chord;
    Part { chord: [(a, one * by), (b, two * by), (c, three * by)], ..part }
}

const fn note(hertz: f64, amplitude: f64, millis: u32) -> Part {
    // An octave above, softer, makes the note sound like wood rather than like a test signal.
    Part { chord: [(hertz, amplitude), (hertz * 2.0, amplitude * 0.35), NOTHING], millis, struck: true }
}

/// Amplitude of the notes of a ring, to be heard from afar, and of those within a call, softer than people talk.
const AFAR: f64 = 0.35;
const NEAR: f64 = 0.14;

/// A rising figure, twice, then a rest: heard from afar without startling.
const RING: &[Part] = &[
    note(659.26, AFAR, 150),
    note(830.61, AFAR, 150),
    note(987.77, AFAR, 150),
    note(1318.51, AFAR, 450),
    note(659.26, AFAR, 150),
    note(830.61, AFAR, 150),
    note(987.77, AFAR, 150),
    note(1318.51, AFAR, 650),
    pause(2000),
];

/// A fourth up, and a fourth down.
const CAME: &[Part] = &[note(587.33, NEAR, 90), note(783.99, NEAR, 160)];
const WENT: &[Part] = &[note(783.99, NEAR, 90), note(587.33, NEAR, 160)];

/// The same note twice, as somebody taps a shoulder.
const REMINDER: &[Part] = &[note(523.25, NEAR, 100), pause(80), note(523.25, NEAR, 160)];

/// Samples of the raised-cosine edge of a tone, 5 ms: no clicks.
const EDGE: u32 = SAMPLE_RATE / 200;

/// Plays a tone, tick by tick: a call tone for ever, a short one once.
#[derive(Debug, Clone)]
pub struct TonePlayer {
    parts: &'static [Part],
    repeats: bool,
    /// The part that plays; beyond the last once the tone is over.
    part: usize,
    at: u32,
    wave: Wave,
}

impl TonePlayer {
    /// The tone from its beginning.
    pub fn new(tone: CallTone, region: Region) -> Self {
        let plan = region.plan();
        let parts = match tone {
            CallTone::Ring => RING,
            CallTone::RingBack => plan.ring_back,
            CallTone::Busy => plan.busy,
            CallTone::Congestion => plan.congestion,
            CallTone::Waiting => plan.waiting,
        };
        Self { parts, repeats: true, part: 0, at: 0, wave: Wave::default() }
    }

    /// The tone, once.
    pub fn once(tone: ShortTone) -> Self {
        let parts = match tone {
            ShortTone::Came => CAME,
            ShortTone::Went => WENT,
            ShortTone::Reminder => REMINDER,
        };
        Self { parts, repeats: false, part: 0, at: 0, wave: Wave::default() }
    }

    /// Whether nothing comes any more.
    pub fn is_over(&self) -> bool {
        self.part == self.parts.len()
    }

    /// Overwrites `out` with the next 10 ms; with silence once the tone is over.
    pub fn fill(&mut self, out: &mut [f32; TICK]) {
        for sample in out {
            let Some(&part) = self.parts.get(self.part) else {
                *sample = 0.0;
                continue;
            };
            let length = part.millis * (SAMPLE_RATE / 1000);
            *sample = (self.wave.next(&part.chord) * edge(self.at, length) * decay(part, self.at)) as f32;
            self.at += 1;
            if self.at == length {
                self.at = 0;
                self.part += 1;
                if self.repeats && self.is_over() {
                    self.part = 0;
                }
                self.wave = Wave::default();
            }
        }
    }
}

fn decay(part: Part, at: u32) -> f64 {
    if part.struck { (-4.0 * f64::from(at) / f64::from(SAMPLE_RATE)).exp() } else { 1.0 }
}

/// The gain `at` samples into a tone of `length` samples: raised-cosine edges at both ends.
pub(super) fn edge(at: u32, length: u32) -> f64 {
    let from_end = at.min(length.saturating_sub(at + 1));
    if from_end >= EDGE { 1.0 } else { 0.5 - 0.5 * (TAU / 2.0 * f64::from(from_end) / f64::from(EDGE)).cos() }
}

/// Sines whose phases run on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wave {
    phase: [f64; 3],
}

impl Wave {
    /// The next sample.
    pub(super) fn next(&mut self, chord: &Chord) -> f64 {
        let mut sum = 0.0;
        for (phase, (hertz, amplitude)) in self.phase.iter_mut().zip(chord) {
            if *amplitude > 0.0 {
                sum += phase.sin() * amplitude;
                *phase = (*phase + TAU * hertz / f64::from(SAMPLE_RATE)) % TAU;
            }
        }
        sum
    }
}

/// The amplitude of the frequency `hertz` in `samples` (Goertzel's algorithm): 1 for a full-scale sine.
pub fn strength(samples: &[f32], hertz: f64) -> f64 {
    let turn = 2.0 * (TAU * hertz / f64::from(SAMPLE_RATE)).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in samples {
        let zero = f64::from(*sample) + turn * one - two;
        two = one;
        one = zero;
    }
    let power = one * one + two * two - turn * one * two;
    2.0 * power.max(0.0).sqrt() / samples.len().max(1) as f64
}
