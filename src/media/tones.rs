//! The tones a phone plays by itself: ring, ring-back, busy, congestion, somebody came or went; and measuring a tone.
//!
//! Cadences are those of ITU-T E.180 supplement 2, Europe's common 425 Hz plan and the North American plan.

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
}

/// A short tone within a group call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RosterTone {
    /// Somebody came.
    Came,
    /// Somebody went.
    Went,
}

/// Whose tones to play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Region {
    /// 425 Hz.
    #[default]
    Europe,
    /// Pairs of 350 to 620 Hz.
    UnitedStates,
}

impl Region {
    /// All of them, in the order they are offered.
    pub const ALL: [Self; 2] = [Self::Europe, Self::UnitedStates];

    /// The word for it in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Europe => "europe",
            Self::UnitedStates => "united-states",
        }
    }
}

/// A part of a cadence: one or two frequencies (0 is none), Hz, for a time.
#[derive(Debug, Clone, Copy)]
struct Part {
    hertz: [f64; 2],
    millis: u32,
    /// Whether it dies away like a struck bar, instead of holding.
    struck: bool,
}

const fn steady(hertz: [f64; 2], millis: u32) -> Part {
    Part { hertz, millis, struck: false }
}

const fn pause(millis: u32) -> Part {
    steady([0.0, 0.0], millis)
}

const fn note(hertz: f64, millis: u32) -> Part {
    // An octave above, softer, makes the note sound like wood rather than like a test signal.
    Part { hertz: [hertz, hertz * 2.0], millis, struck: true }
}

/// A rising figure, twice, then a rest: heard from afar without startling.
const RING: &[Part] = &[
    note(659.26, 150),
    note(830.61, 150),
    note(987.77, 150),
    note(1318.51, 450),
    note(659.26, 150),
    note(830.61, 150),
    note(987.77, 150),
    note(1318.51, 650),
    pause(2000),
];
const EUROPE_RING_BACK: &[Part] = &[steady([425.0, 0.0], 1000), pause(4000)];
const EUROPE_BUSY: &[Part] = &[steady([425.0, 0.0], 500), pause(500)];
const EUROPE_CONGESTION: &[Part] = &[steady([425.0, 0.0], 250), pause(250)];
const US_RING_BACK: &[Part] = &[steady([440.0, 480.0], 2000), pause(4000)];
const US_BUSY: &[Part] = &[steady([480.0, 620.0], 500), pause(500)];
const US_CONGESTION: &[Part] = &[steady([480.0, 620.0], 250), pause(250)];

/// A fourth up, and a fourth down: short, and softer than people talk.
const CAME: &[Part] = &[note(587.33, 90), note(783.99, 160)];
const WENT: &[Part] = &[note(783.99, 90), note(587.33, 160)];

/// Amplitude of each frequency: −16 dBFS RMS for one, −13 for two.
const AMPLITUDE: f64 = 0.22;

/// Samples of the raised-cosine edge of a tone, 5 ms: no clicks.
const EDGE: u32 = SAMPLE_RATE / 200;

/// Plays a tone, tick by tick: a call tone for ever, a roster tone once.
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
        let parts = match (tone, region) {
            (CallTone::Ring, _) => RING,
            (CallTone::RingBack, Region::Europe) => EUROPE_RING_BACK,
            (CallTone::Busy, Region::Europe) => EUROPE_BUSY,
            (CallTone::Congestion, Region::Europe) => EUROPE_CONGESTION,
            (CallTone::RingBack, Region::UnitedStates) => US_RING_BACK,
            (CallTone::Busy, Region::UnitedStates) => US_BUSY,
            (CallTone::Congestion, Region::UnitedStates) => US_CONGESTION,
        };
        Self { parts, repeats: true, part: 0, at: 0, wave: Wave::default() }
    }

    /// The tone, once.
    pub fn once(tone: RosterTone) -> Self {
        let parts = match tone {
            RosterTone::Came => CAME,
            RosterTone::Went => WENT,
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
            *sample = match part.hertz {
                [0.0, 0.0] => 0.0,
                hertz => (self.wave.next(hertz, part.struck) * edge(self.at, length) * decay(part, self.at)) as f32,
            };
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

/// Two sines whose phases run on.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wave {
    phase: [f64; 2],
}

impl Wave {
    /// The next sample; the second frequency is softer when `overtone`.
    pub(super) fn next(&mut self, hertz: [f64; 2], overtone: bool) -> f64 {
        let weights = [1.0, if overtone { 0.35 } else { 1.0 }];
        let mut sum = 0.0;
        for ((phase, hertz), weight) in self.phase.iter_mut().zip(hertz).zip(weights) {
            if hertz > 0.0 {
                sum += phase.sin() * weight * AMPLITUDE;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cadences_and_pitches_are_those_of_the_region() {
        let cases = [
            (CallTone::RingBack, Region::Europe, &[425.0][..], 1.0, 4.0),
            (CallTone::Busy, Region::Europe, &[425.0], 0.5, 0.5),
            (CallTone::Congestion, Region::Europe, &[425.0], 0.25, 0.25),
            (CallTone::RingBack, Region::UnitedStates, &[440.0, 480.0], 2.0, 4.0),
            (CallTone::Busy, Region::UnitedStates, &[480.0, 620.0], 0.5, 0.5),
            (CallTone::Congestion, Region::UnitedStates, &[480.0, 620.0], 0.25, 0.25),
        ];
        for (tone, region, pitches, on, off) in cases {
            let on = (on * 48_000.0) as usize;
            let off = (off * 48_000.0) as usize;
            let sound = play(tone, region, on + off + on);
            for pitch in pitches {
                assert!(strength(&sound[..on], *pitch) > 0.2, "{tone:?} {region:?}");
                assert!(strength(&sound[on + off..][..on], *pitch) > 0.2, "{tone:?} {region:?} again");
            }
            assert!(sound[on..on + off].iter().all(|s| *s == 0.0), "{tone:?} {region:?}");
        }
    }

    #[test]
    fn tones_begin_and_end_without_a_click_and_never_clip() {
        for tone in [CallTone::Ring, CallTone::RingBack, CallTone::Busy, CallTone::Congestion] {
            for region in [Region::Europe, Region::UnitedStates] {
                let sound = play(tone, region, 6 * 48_000);
                let jump = sound.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
                assert!(jump < 0.09, "{tone:?} {jump}");
                assert!(sound.iter().all(|s| s.abs() < 0.6));
            }
        }
    }

    #[test]
    fn the_ring_rests_between_its_figures() {
        let sound = play(CallTone::Ring, Region::Europe, 4 * 48_000);
        assert!(sound[2 * 48_000..4 * 48_000].iter().all(|s| *s == 0.0));
        assert!(crate::media::level::dbfs(&sound[..48_000]) > -25.0);
    }

    #[test]
    fn roster_tones_are_short_and_end_by_themselves() {
        let low_and_high = |sound: &[f32]| [strength(sound, 587.33), strength(sound, 783.99)];
        for (tone, rises) in [(RosterTone::Came, true), (RosterTone::Went, false)] {
            let mut player = TonePlayer::once(tone);
            let (mut sound, mut tick) = (Vec::new(), [9.0; TICK]);
            while !player.is_over() {
                player.fill(&mut tick);
                sound.extend_from_slice(&tick);
            }
            assert_eq!(sound.len(), 12_000, "{tone:?} lasts a quarter of a second");
            let [low, high] = low_and_high(&sound[..4320]);
            assert_eq!(low < high, !rises, "{tone:?} begins with {low} and {high}");
            let [low, high] = low_and_high(&sound[4320..]);
            assert_eq!(low < high, rises, "{tone:?} ends with {low} and {high}");
            let jump = sound.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
            assert!(jump < 0.09, "{tone:?} {jump}");
            player.fill(&mut tick);
            assert_eq!(tick, [0.0; TICK]);
        }
    }

    #[test]
    fn strength_tells_pitches_apart() {
        let sine: Vec<f32> = (0..4800).map(|n| (f64::from(n) * TAU * 440.0 / 48_000.0).sin() as f32 * 0.5).collect();
        assert!((strength(&sine, 440.0) - 0.5).abs() < 0.01);
        assert!(strength(&sine, 800.0) < 0.02);
        assert_eq!(strength(&[], 440.0), 0.0);
    }

    fn play(tone: CallTone, region: Region, samples: usize) -> Vec<f32> {
        let mut player = TonePlayer::new(tone, region);
        let mut sound = Vec::new();
        while sound.len() < samples {
            let mut tick = [9.0; TICK];
            player.fill(&mut tick);
            sound.extend_from_slice(&tick);
        }
        sound
    }
}
