//! How speech is likely to be judged, from what the network does to it: the E-model of ITU-T G.107 (06/2015), simplified.
//!
//! R = 93.2 − Id − Ie,eff. The first term is Ro − Is with every default of G.107: ordinary telephones in ordinary rooms.
//! What is left out, and what is put in its place:
//!
//! * No advantage factor (A = 0), no sidetone, no noise that differs from the default, no echo (Idte = Idle = 0): echo is
//!   cancelled, or a headset is worn.
//! * The scale is that of the telephone band: it ends at 4.41, though Opus at 24 kbit/s and more sounds better than that.
//!   Without loss Opus is therefore taken for flawless (Ie = 0).
//! * Loss is random (BurstR = 1). ITU-T G.113 has no values for Opus. `BPL` and `RESTORED` come from measurements of
//!   PESQ-WB (ITU-T P.862.2) of human speech at 32 kbit/s, 10 % of the packets lost, read backwards through Annex B: 4.29
//!   without loss is R = 88, 2.42 with every lost packet made up (deep PLC) is 47, 3.39 with the copies in the next
//!   packets (FEC) is 65.6. So 41 = 95 · 10 / (10 + Bpl) gives Bpl = 13; of 10 % random loss 9 in 10 can be restored, and
//!   22.4 = 95 · P / (P + 13) gives P = 4 = 1 + 9 · 0.34: a restored packet does a third of the harm of one made up.
//! * The delay is what this end knows of it: half the round trip to the service, what waits in the jitter buffer, and
//!   [`ENDS_MS`] for codec and devices at both ends. The other side's way to the service is not known, and left out.

/// R of a call that nothing is wrong with: G.107's defaults.
const BEST: f32 = 93.2;

/// Robustness of Opus against loss that is made up (packet-loss robustness factor Bpl).
const BPL: f32 = 13.0;

/// How much a packet restored from the copy in the next counts, of one that is made up.
const RESTORED: f32 = 0.34;

/// What both ends add to the delay, ms: a frame of 20, 6.5 of Opus' look-ahead, 12 of echo cancellation, and some 30 of
/// sound devices.
pub const ENDS_MS: f32 = 70.0;

/// Highest and lowest estimates there are.
pub const HIGHEST: f32 = 4.5;
/// See [`HIGHEST`].
pub const LOWEST: f32 = 1.0;

/// What is known of the way sound takes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Path {
    /// From mouth to ear, ms.
    pub delay_ms: f32,
    /// Packets whose sound had to be made up, per cent of those expected.
    pub made_up_percent: f32,
    /// Packets restored from the copy in the next, per cent of those expected.
    pub restored_percent: f32,
}

impl Path {
    /// A way of which only the loss is known, not how much of it can be restored: random loss, where a packet is restored
    /// when the next arrives.
    pub fn with_loss(delay_ms: f32, lost_percent: f32) -> Self {
        let lost = known(lost_percent).min(100.0);
        let made_up_percent = lost * lost / 100.0;
        Self { delay_ms, made_up_percent, restored_percent: lost - made_up_percent }
    }

    /// The rating factor R of G.107: 0 (worst) to 93.2.
    pub fn rating(&self) -> f32 {
        let lost = known(self.made_up_percent) + RESTORED * known(self.restored_percent);
        (BEST - delay_impairment(known(self.delay_ms)) - loss_impairment(lost.min(100.0))).max(0.0)
    }

    /// The estimated mean opinion score: [`LOWEST`] to [`HIGHEST`]. Longer delay or more loss never make it higher.
    pub fn mos(&self) -> f32 {
        mos(self.rating())
    }
}

/// The mean opinion score of a rating factor R (G.107 Annex B). Below R = 6.5 the formula of the annex falls under 1, the
/// worst there is on the scale, and is cut off.
pub fn mos(rating: f32) -> f32 {
    let r = known(rating).min(100.0);
    let score = 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6;
    if r < 6.5 { LOWEST } else { score.clamp(LOWEST, HIGHEST) }
}

/// Idd of G.107 (7-27) for the default sensitivity to delay (sT = 1, mT = 100 ms).
fn delay_impairment(delay_ms: f32) -> f32 {
    if delay_ms <= 100.0 {
        return 0.0;
    }
    let x = (delay_ms.min(60_000.0) / 100.0).log2();
    let root = |x: f32| (1.0 + x.powi(6)).powf(1.0 / 6.0);
    (25.0 * (root(x) - 3.0 * root(x / 3.0) + 2.0)).max(0.0)
}

/// Ie,eff of G.107 (7-29), for Ie = 0 and random loss.
fn loss_impairment(percent: f32) -> f32 {
    95.0 * percent / (percent + BPL)
}

/// No figure is as good as none: 0.
fn known(figure: f32) -> f32 {
    if figure.is_nan() { 0.0 } else { figure.max(0.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;

    #[track_caller]
    fn near(found: f32, wanted: f32, within: f32) {
        assert!((found - wanted).abs() <= within, "{found} is not {wanted}");
    }

    #[test]
    fn ratings_become_the_scores_of_the_table() {
        // G.107 Annex B, table B.1, and the value of all defaults.
        for (rating, score) in [
            (93.2, 4.41),
            (90.0, 4.34),
            (80.0, 4.03),
            (70.0, 3.60),
            (60.0, 3.10),
            (50.0, 2.58),
            (0.0, 1.0),
            (-5.0, 1.0),
            (100.0, 4.5),
            (120.0, 4.5),
        ] {
            near(mos(rating), score, 0.01);
        }
    }

    #[test]
    fn delay_costs_what_the_recommendation_says() {
        // Idd of G.107 (7-27), computed apart in double precision.
        for (delay, impairment) in
            [(0.0, 0.0), (100.0, 0.0), (150.0, 0.164), (200.0, 3.044), (300.0, 14.761), (400.0, 24.070)]
        {
            near(delay_impairment(delay), impairment, 0.005);
        }
    }

    #[test]
    fn loss_costs_what_was_measured() {
        let made_up = Path { made_up_percent: 10.0, ..Path::default() };
        near(BEST - made_up.rating(), 41.3, 0.5);
        let restored = Path::with_loss(0.0, 10.0);
        near(restored.made_up_percent, 1.0, 0.001);
        near(restored.restored_percent, 9.0, 0.001);
        near(BEST - restored.rating(), 22.5, 0.5);
        near(Path::default().mos(), 4.41, 0.001);
    }

    #[test]
    fn more_delay_and_more_loss_are_never_better() {
        let seed = 11;
        let mut numbers = Seed::new(seed);
        let mut number = |most: f64| (numbers.unit() * most) as f32;
        for _ in 0..20_000 {
            let better =
                Path { delay_ms: number(900.0), made_up_percent: number(60.0), restored_percent: number(60.0) };
            let worse = Path {
                delay_ms: better.delay_ms + number(50.0),
                made_up_percent: better.made_up_percent + number(5.0),
                restored_percent: better.restored_percent + number(5.0),
            };
            assert!(worse.mos() <= better.mos() + 1e-4, "seed {seed}: {better:?} {worse:?}");
            let (less, more) = (number(100.0), number(20.0));
            let (less, more) = (Path::with_loss(80.0, less), Path::with_loss(80.0, less + more));
            assert!(more.mos() <= less.mos() + 1e-4, "seed {seed}: {less:?} {more:?}");
        }
        let scores: Vec<f32> = (-100..=1200).map(|tenths| mos(tenths as f32 / 10.0)).collect();
        assert!(scores.windows(2).all(|pair| pair[0] <= pair[1] + 1e-6), "{scores:?}");
    }

    #[test]
    fn whatever_it_is_given_it_stays_on_the_scale() {
        let odd = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, -1.0, 0.0, 1e-30, 101.0];
        for delay_ms in odd {
            for made_up_percent in odd {
                for restored_percent in odd {
                    let path = Path { delay_ms, made_up_percent, restored_percent };
                    assert!((LOWEST..=HIGHEST).contains(&path.mos()), "{path:?}: {}", path.mos());
                }
                let path = Path::with_loss(delay_ms, made_up_percent);
                assert!((LOWEST..=HIGHEST).contains(&path.mos()), "{path:?}: {}", path.mos());
            }
            assert!((LOWEST..=HIGHEST).contains(&mos(delay_ms)), "{delay_ms}");
        }
    }
}
