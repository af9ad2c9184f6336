//! The background of a voice: how loud it is, what it sounds like, and noise that is like it.
//!
//! Where packets stop in the middle of a talk, silence would sound like a broken line. What is heard instead is noise
//! with the spectrum of the quiet moments before (linear prediction, as RFC 3389 has it), at their level. A stream that
//! was silent in its pauses stays silent.

use crate::base::seed::Seed;

/// Order of the prediction.
const ORDER: usize = 16;

/// Ticks in a span over which the softest is looked for, half a second, and how many spans are remembered.
const SPAN: u32 = 50;
const SPANS: usize = 8;

/// A tick up to this much louder than the softest is background still: 6 dB.
const AROUND: f32 = 4.0;

/// Backgrounds softer than this are silence, louder ones no background, as powers: −78 and −38 dBFS.
const SILENT: f32 = 1.6e-8;
const LOUD: f32 = 1.6e-4;

/// Ticks of background that must have been heard before anything is said about it: 100 ms.
const ENOUGH: u32 = 10;

/// How fast the likeness of the background follows.
const FOLLOW: f64 = 0.1;

/// What is known of the background.
#[derive(Debug)]
pub(super) struct Background {
    /// The softest power within each span, the present one first.
    softest: [f32; SPANS],
    ticks: u32,
    /// Ticks of background heard so far.
    heard: u32,
    correlation: Option<[f64; ORDER + 1]>,
    coefficients: Option<([f32; ORDER], f32)>,
    past: [f32; ORDER],
    seed: Seed,
}

impl Default for Background {
    fn default() -> Self {
        Self {
            softest: [f32::MAX; SPANS],
            ticks: 0,
            heard: 0,
            correlation: None,
            coefficients: None,
            past: [0.0; ORDER],
            seed: Seed::new(1),
        }
    }
}

impl Background {
    /// Hears samples that were sent, 10 ms of one channel.
    pub(super) fn hear(&mut self, samples: &[f32], power: f32) {
        self.ticks += 1;
        if self.ticks == SPAN {
            self.ticks = 0;
            self.softest.rotate_right(1);
            self.softest[0] = f32::MAX;
        }
        self.softest[0] = self.softest[0].min(power);
        if self.is_soft(power) {
            self.heard = self.heard.saturating_add(1);
            self.learn(samples);
        }
    }

    /// Whether sound of this power is not more than background.
    pub(super) fn is_like(&self, power: f32) -> bool {
        power <= SILENT || self.heard >= ENOUGH && self.is_soft(power)
    }

    fn is_soft(&self, power: f32) -> bool {
        power <= LOUD && power <= AROUND * self.floor()
    }

    /// Adds noise like the background to `out`, from `first` of its full strength to `last`; does nothing where
    /// there is none.
    pub(super) fn add(&mut self, out: &mut [f32], first: f32, last: f32) {
        let Some((coefficients, gain)) = self.coefficients() else { return };
        let step = (last - first) / out.len().max(1) as f32;
        let mut strength = first;
        for out in out {
            let random = (self.seed.unit() as f32 - 0.5) * gain;
            let sample = self.past.iter().zip(&coefficients).fold(random, |sum, (past, c)| sum + past * c);
            self.past.copy_within(..ORDER - 1, 1);
            self.past[0] = sample;
            *out += sample * strength;
            strength += step;
        }
    }

    /// Somebody else's background is not known yet.
    pub(super) fn forget(&mut self) {
        *self = Self { seed: self.seed.clone(), ..Self::default() };
    }

    fn floor(&self) -> f32 {
        self.softest.iter().copied().fold(f32::MAX, f32::min)
    }

    fn learn(&mut self, samples: &[f32]) {
        let mean = |lag: usize| {
            let sum: f32 = samples[lag..].iter().zip(samples).map(|(a, b)| a * b).sum();
            f64::from(sum) / samples.len() as f64
        };
        let fresh: [f64; ORDER + 1] = std::array::from_fn(mean);
        match &mut self.correlation {
            Some(known) => known.iter_mut().zip(fresh).for_each(|(known, fresh)| *known += (fresh - *known) * FOLLOW),
            None => self.correlation = Some(fresh),
        }
        self.coefficients = None;
    }

    fn coefficients(&mut self) -> Option<([f32; ORDER], f32)> {
        let correlation = self.correlation.as_ref()?;
        if self.heard < ENOUGH || correlation[0] <= f64::from(SILENT) || correlation[0] > f64::from(LOUD) {
            return None;
        }
        if self.coefficients.is_none() {
            self.coefficients = Some(predicted(correlation));
            self.past = [0.0; ORDER];
        }
        self.coefficients
    }
}

/// The prediction of a sample from those before it, the latest first, and the range of the noise that drives it
/// (Levinson and Durbin's recursion).
fn predicted(correlation: &[f64; ORDER + 1]) -> ([f32; ORDER], f32) {
    // A little white noise keeps the recursion stable.
    let mut error = correlation[0] * 1.0001 + 1e-12;
    let power = error;
    let mut a = [0.0_f64; ORDER];
    for order in 0..ORDER {
        let sum: f64 = (0..order).map(|n| a[n] * correlation[order - n]).sum();
        let reflection = (correlation[order + 1] - sum) / error;
        if reflection.abs() >= 1.0 {
            break;
        }
        let before = a;
        a[order] = reflection;
        (0..order).for_each(|n| a[n] = before[n] - reflection * before[order - 1 - n]);
        error *= 1.0 - reflection * reflection;
    }
    debug_assert!(error <= power, "prediction never makes it worse");
    // Even noise in −½..½ has the power 1/12.
    (a.map(|a| a as f32), (12.0 * error).sqrt() as f32)
}
