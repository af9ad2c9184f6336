//! Voices that talk without words: syllables sung through a vocal tract, computed. Enough to be told apart by ear, to have
//! the rhythm of speech, and to move the marks of who speaks.
//!
//! A pulse train (the voice's pitch) runs through four resonators in a row (the formants of a vowel), with noise and hums
//! between the vowels. Mono, 48 kHz. What a phrase is like follows from its number alone; nothing is recorded.

use std::f32::consts::TAU;
use std::time::Duration;

use crate::base::seed::Seed;
use crate::media::packet::{FRAME, SAMPLE_RATE};

/// A voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timbre {
    /// A low one.
    Low,
    /// A high one.
    High,
    /// Higher still, and quicker.
    Bright,
}

/// How many phrases each voice knows.
pub const PHRASES: u8 = 5;

/// A phrase of 2 to 4 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phrase {
    /// The voice.
    pub timbre: Timbre,
    /// Which of its phrases, below [`PHRASES`]; the higher, the longer.
    pub number: u8,
}

impl Timbre {
    /// All voices.
    pub const ALL: [Self; 3] = [Self::Low, Self::High, Self::Bright];

    /// The mean pitch, Hz.
    fn pitch(self) -> f32 {
        match self {
            Self::Low => 108.0,
            Self::High => 205.0,
            Self::Bright => 265.0,
        }
    }

    /// How much higher the formants are than those of the table: a shorter vocal tract.
    fn tract(self) -> f32 {
        match self {
            Self::Low => 1.0,
            Self::High => 1.17,
            Self::Bright => 1.3,
        }
    }

    /// How much longer syllables last than in quick speech.
    fn pace(self) -> f32 {
        match self {
            Self::Low => 1.12,
            Self::High => 1.0,
            Self::Bright => 0.95,
        }
    }
}

impl Phrase {
    /// How long it lasts: a whole number of frames.
    pub fn length(self) -> Duration {
        let samples = self.samples();
        Duration::from_millis((samples / FRAME * 20) as u64)
    }

    fn samples(self) -> usize {
        let sounding: usize = self.syllables().iter().map(Syllable::samples).sum();
        sounding.next_multiple_of(FRAME)
    }

    fn syllables(self) -> Vec<Syllable> {
        let mut dice = self.dice();
        let count = 11 + 2 * usize::from(self.number.min(PHRASES - 1));
        (0..count).map(|_| Syllable::any(&mut dice, self.timbre.pace())).collect()
    }

    fn dice(self) -> Seed {
        Seed::new(1 + 100 * self.timbre as u64 + u64::from(self.number))
    }
}

/// The first four formants of five vowels of a long vocal tract, Hz.
const VOWELS: [[f32; 4]; 5] = [
    [730.0, 1090.0, 2440.0, 3500.0],
    [530.0, 1840.0, 2480.0, 3500.0],
    [300.0, 2200.0, 2950.0, 3600.0],
    [500.0, 900.0, 2400.0, 3400.0],
    [330.0, 870.0, 2250.0, 3300.0],
];

/// Bandwidths of the formants, Hz.
const BANDWIDTHS: [f32; 4] = [70.0, 100.0, 160.0, 250.0];

/// How a syllable begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Onset {
    Vowel,
    Hum,
    Hiss,
    Stop,
}

#[derive(Debug, Clone, Copy)]
struct Syllable {
    onset: Onset,
    onset_seconds: f32,
    vowel: usize,
    vowel_seconds: f32,
    stressed: bool,
}

impl Syllable {
    fn any(dice: &mut Seed, pace: f32) -> Self {
        let stressed = dice.below(3) == 0;
        let onset = match dice.below(8) {
            0 => Onset::Vowel,
            1..4 => Onset::Hum,
            4..6 => Onset::Hiss,
            _ => Onset::Stop,
        };
        let (onset_seconds, long) = (0.05 + 0.03 * dice.unit() as f32, if stressed { 0.15 } else { 0.1 });
        let vowel_seconds = pace * (long + 0.05 * dice.unit() as f32);
        Self { onset, onset_seconds, vowel: dice.below(5) as usize, vowel_seconds, stressed }
    }

    fn samples(&self) -> usize {
        samples(self.onset_seconds) + samples(self.vowel_seconds)
    }
}

/// The phrase as sound.
pub(super) fn speak(phrase: Phrase) -> Vec<f32> {
    let syllables = phrase.syllables();
    let mut mouth = Mouth::new(phrase);
    let mut sound = Vec::with_capacity(phrase.samples());
    for (at, syllable) in syllables.iter().enumerate() {
        let progress = at as f32 / syllables.len() as f32;
        mouth.say(syllable, pitch(phrase, syllable, progress, at + 1 == syllables.len()), &mut sound);
    }
    sound.resize(phrase.samples(), 0.0);
    normalise(&mut sound);
    sound
}

/// Pitch falls over a phrase and rises with stress; the last syllable falls away or, of every other phrase, asks.
fn pitch(phrase: Phrase, syllable: &Syllable, progress: f32, last: bool) -> f32 {
    let stress = if syllable.stressed { 1.12 } else { 1.0 };
    let end = match (last, phrase.number % 2) {
        (false, _) => 1.0,
        (true, 0) => 0.88,
        (true, _) => 1.28,
    };
    phrase.timbre.pitch() * (1.1 - 0.2 * progress) * stress * end
}

/// Loud enough to be heard well, and never clipping.
fn normalise(sound: &mut [f32]) {
    let peak = sound.iter().fold(0.001_f32, |peak, sample| peak.max(sample.abs()));
    sound.iter_mut().for_each(|sample| *sample *= 0.45 / peak);
}

/// The mouth moves once in so many samples: every millisecond.
const GLIDE: usize = 48;

/// What makes the sound.
struct Mouth {
    tract: f32,
    said: usize,
    phase: f32,
    pitch: f32,
    formants: [f32; 4],
    resonators: [Resonator; 4],
    hiss: Resonator,
    noise: Seed,
}

impl Mouth {
    fn new(phrase: Phrase) -> Self {
        let tract = phrase.timbre.tract();
        let mut hiss = Resonator::default();
        hiss.tune(4_200.0 * tract.min(1.2), 1_800.0);
        Self {
            tract,
            said: 0,
            phase: 0.0,
            pitch: phrase.timbre.pitch(),
            formants: VOWELS[0],
            resonators: [Resonator::default(); 4],
            hiss,
            noise: phrase.dice(),
        }
    }

    fn say(&mut self, syllable: &Syllable, pitch: f32, sound: &mut Vec<f32>) {
        let (voice, hiss) = match syllable.onset {
            Onset::Vowel => (0.5, 0.0),
            Onset::Hum => (0.3, 0.0),
            Onset::Hiss => (0.0, 0.2),
            Onset::Stop => (0.0, 0.0),
        };
        let onset = samples(syllable.onset_seconds);
        for n in 0..onset {
            let swell = (TAU / 2.0 * n as f32 / onset as f32).sin();
            sound.push(self.sample(syllable, pitch, voice * swell.max(0.3), hiss * swell));
        }
        let vowel = samples(syllable.vowel_seconds);
        let loud = if syllable.stressed { 1.0 } else { 0.75 };
        for n in 0..vowel {
            let (from, to) = (n as f32 / SAMPLE_RATE as f32, (vowel - n) as f32 / SAMPLE_RATE as f32);
            let envelope = (from / 0.02).min(1.0) * (to / 0.04).min(1.0);
            let burst = if syllable.onset == Onset::Stop { 0.3 * (1.0 - from / 0.015).max(0.0) } else { 0.0 };
            sound.push(self.sample(syllable, pitch, loud * envelope, burst));
        }
    }

    fn sample(&mut self, syllable: &Syllable, pitch: f32, voice: f32, hiss: f32) -> f32 {
        if self.said.is_multiple_of(GLIDE) {
            self.glide(syllable, pitch);
        }
        self.said += 1;
        self.phase = (self.phase + self.pitch / SAMPLE_RATE as f32).fract();
        let noise = 2.0 * self.noise.unit() as f32 - 1.0;
        let mut sung = glottis(self.phase) + 0.03 * noise;
        for resonator in &mut self.resonators {
            sung = resonator.filter(sung);
        }
        voice * sung + hiss * self.hiss.filter(noise)
    }

    /// Neither the pitch nor the shape of the mouth jumps.
    fn glide(&mut self, syllable: &Syllable, pitch: f32) {
        /// The share of the way covered with each step: about 25 ms for most of it.
        const STEP: f32 = GLIDE as f32 / (0.025 * SAMPLE_RATE as f32);
        self.pitch += (pitch - self.pitch) * STEP;
        let goal = VOWELS[syllable.vowel];
        for ((formant, goal), (resonator, width)) in
            self.formants.iter_mut().zip(goal).zip(self.resonators.iter_mut().zip(BANDWIDTHS))
        {
            *formant += (goal - *formant) * STEP;
            resonator.tune(*formant * self.tract, width);
        }
    }
}

/// The airflow through the vocal folds over one period (Rosenberg's shape), without its mean.
fn glottis(phase: f32) -> f32 {
    const OPENING: f32 = 0.4;
    const CLOSING: f32 = 0.16;
    let flow = if phase < OPENING {
        0.5 * (1.0 - (TAU / 2.0 * phase / OPENING).cos())
    } else if phase < OPENING + CLOSING {
        (TAU / 4.0 * (phase - OPENING) / CLOSING).cos()
    } else {
        0.0
    };
    flow - 0.3
}

/// A digital resonator with unit gain at 0 Hz (Klatt 1980, equation 1).
#[derive(Debug, Clone, Copy, Default)]
struct Resonator {
    a: f32,
    b: f32,
    c: f32,
    last: [f32; 2],
}

impl Resonator {
    fn tune(&mut self, frequency: f32, width: f32) {
        let radius = (-TAU / 2.0 * width / SAMPLE_RATE as f32).exp();
        self.c = -radius * radius;
        self.b = 2.0 * radius * (TAU * frequency / SAMPLE_RATE as f32).cos();
        self.a = 1.0 - self.b - self.c;
    }

    fn filter(&mut self, sample: f32) -> f32 {
        let out = self.a * sample + self.b * self.last[0] + self.c * self.last[1];
        self.last = [out, self.last[0]];
        out
    }
}

fn samples(seconds: f32) -> usize {
    // Positive and far below what a usize holds.
    (seconds * SAMPLE_RATE as f32).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::level;

    fn phrases() -> impl Iterator<Item = Phrase> {
        let of = |timbre| (0..PHRASES).map(move |number| Phrase { timbre, number });
        Timbre::ALL.into_iter().flat_map(of)
    }

    /// The period at which a sound is most like itself, as a frequency between 80 and 350 Hz.
    fn pitch_of(sound: &[f32]) -> f32 {
        let thin: Vec<f32> = sound.iter().step_by(8).copied().collect();
        let rate = SAMPLE_RATE as f32 / 8.0;
        let alike = |lag: usize| thin.iter().zip(&thin[lag..]).map(|(a, b)| a * b).sum::<f32>();
        let lags = (rate / 350.0) as usize..(rate / 80.0) as usize;
        let best = lags.max_by(|a, b| alike(*a).total_cmp(&alike(*b))).unwrap();
        rate / best as f32
    }

    #[test]
    fn a_phrase_lasts_two_to_four_seconds_and_as_long_as_it_says() {
        for phrase in phrases() {
            let length = phrase.length();
            assert!((1_900..4_200).contains(&length.as_millis()), "{phrase:?}: {length:?}");
            assert_eq!(speak(phrase).len() as u128, length.as_millis() * 48, "{phrase:?}");
        }
    }

    #[test]
    fn it_is_as_loud_as_a_person_and_does_not_clip() {
        for phrase in phrases() {
            let sound = speak(phrase);
            assert!(sound.iter().all(|sample| sample.is_finite() && sample.abs() < 0.5), "{phrase:?}");
            let level = level::dbfs(&sound);
            assert!((-32.0..-15.0).contains(&level), "{phrase:?} is at {level} dBFS");
        }
    }

    #[test]
    fn the_voices_differ_in_pitch() {
        for timbre in Timbre::ALL {
            let heard = pitch_of(&speak(Phrase { timbre, number: 2 }));
            let meant = timbre.pitch();
            assert!((0.85..1.2).contains(&(heard / meant)), "{timbre:?} is heard at {heard} Hz");
        }
    }
}
