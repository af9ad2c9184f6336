//! What the quality of a call was like over the last minute: the figures behind the small curves.

use std::collections::VecDeque;

use crate::phone::event::Quality;

/// How many samples are kept: the phone tells one a second.
pub const MINUTE: usize = 60;

/// One second of a call.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct Sample {
    rtt_ms: Option<f32>,
    loss_percent: f32,
    jitter_ms: f32,
    buffer_ms: f32,
    mos_in: Option<f32>,
    mos_out: Option<f32>,
}

/// A figure that is drawn as a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Round trip, ms.
    RoundTrip,
    /// Packets lost within the second, per cent.
    Loss,
    /// Jitter, ms.
    Jitter,
    /// Sound waiting in the jitter buffer, ms.
    Buffer,
    /// How well the others are heard.
    MosIn,
    /// How well the others hear this user.
    MosOut,
}

impl Figure {
    /// Whether a small value is the bad one.
    fn is_better_high(self) -> bool {
        matches!(self, Self::MosIn | Self::MosOut)
    }

    /// The scale: its bottom, and the value its top is at least.
    fn scale(self) -> (f32, f32) {
        match self {
            Self::RoundTrip => (0.0, 200.0),
            Self::Loss => (0.0, 5.0),
            Self::Jitter => (0.0, 40.0),
            Self::Buffer => (0.0, 120.0),
            Self::MosIn | Self::MosOut => (1.0, 4.5),
        }
    }
}

/// The last minute, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Trail {
    samples: VecDeque<Sample>,
    /// How many samples were taken in, so that a curve moves whole columns on.
    taken: usize,
    /// Packets received and lost as told last.
    packets: (u64, u64),
}

impl Trail {
    /// Takes the figures of one more second.
    pub(crate) fn take(&mut self, quality: &Quality) {
        let received = quality.received_packets.saturating_sub(self.packets.0);
        let lost = quality.lost_packets.saturating_sub(self.packets.1);
        self.packets = (quality.received_packets, quality.lost_packets);
        let sample = Sample {
            rtt_ms: quality.rtt_ms,
            loss_percent: percent(lost, received),
            jitter_ms: quality.jitter_ms,
            buffer_ms: quality.buffer_ms,
            mos_in: quality.mos_in,
            mos_out: quality.mos_out,
        };
        if self.samples.len() == MINUTE {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
        self.taken += 1;
    }

    /// The curve of a figure in `columns` columns, oldest first: the worst of the seconds each column stands for, as a
    /// part of the scale (0 to 1); `None` where nothing is known.
    pub fn curve(&self, figure: Figure, columns: u16) -> Vec<Option<f32>> {
        let columns = usize::from(columns);
        if columns == 0 {
            return Vec::new();
        }
        let each = MINUTE.div_ceil(columns).max(1);
        // Columns begin at whole multiples of their seconds, so that a value stays in its column while that moves on.
        let first = self.taken - self.samples.len();
        let last_column = self.taken.saturating_sub(1) / each;
        let mut worst: Vec<Option<f32>> = vec![None; columns];
        for (index, sample) in self.samples.iter().enumerate() {
            let back = last_column - (first + index) / each;
            let (Some(value), Some(column)) = (value(sample, figure), (columns - 1).checked_sub(back)) else {
                continue;
            };
            let worse = |a: f32, b: f32| if figure.is_better_high() { a.min(b) } else { a.max(b) };
            worst[column] = Some(worst[column].map_or(value, |other| worse(other, value)));
        }
        let (bottom, least_top) = figure.scale();
        let top = worst.iter().flatten().fold(least_top, |top: f32, value| top.max(*value));
        worst.into_iter().map(|value| value.map(|value| ((value - bottom) / (top - bottom)).clamp(0.0, 1.0))).collect()
    }
}

/// The value of a figure, if it is known and a number.
fn value(sample: &Sample, figure: Figure) -> Option<f32> {
    let value = match figure {
        Figure::RoundTrip => sample.rtt_ms,
        Figure::Loss => Some(sample.loss_percent),
        Figure::Jitter => Some(sample.jitter_ms),
        Figure::Buffer => Some(sample.buffer_ms),
        Figure::MosIn => sample.mos_in,
        Figure::MosOut => sample.mos_out,
    };
    value.filter(|value| value.is_finite())
}

/// How much `lost` is of all that was due, per cent.
pub fn percent(lost: u64, received: u64) -> f32 {
    let due = received.saturating_add(lost);
    if due == 0 { 0.0 } else { (lost as f64 * 100.0 / due as f64) as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(rtts: impl IntoIterator<Item = f32>) -> Trail {
        let mut trail = Trail::default();
        for rtt in rtts {
            trail.take(&Quality { rtt_ms: Some(rtt), ..Quality::default() });
        }
        trail
    }

    #[test]
    fn a_curve_holds_the_worst_of_each_column() {
        let trail = trail((0..60).map(|second| if second == 31 { 200.0 } else { 20.0 }));
        let curve = trail.curve(Figure::RoundTrip, 6);
        assert_eq!(curve, [0.1, 0.1, 0.1, 1.0, 0.1, 0.1].map(Some));
    }

    #[test]
    fn a_young_curve_begins_at_its_right_end() {
        assert_eq!(trail([100.0]).curve(Figure::RoundTrip, 3), [None, None, Some(0.5)]);
        assert_eq!(trail([]).curve(Figure::RoundTrip, 2), [None, None]);
        assert_eq!(trail([1.0]).curve(Figure::RoundTrip, 0), []);
    }

    #[test]
    fn a_value_keeps_its_column_until_the_curve_moves_on() {
        let mut trail = trail((0..60).map(|second| if second == 59 { 200.0 } else { 0.0 }));
        assert_eq!(trail.curve(Figure::RoundTrip, 6)[5], Some(1.0));
        for moved in 1..=10 {
            trail.take(&Quality { rtt_ms: Some(0.0), ..Quality::default() });
            assert_eq!(trail.curve(Figure::RoundTrip, 6)[4], Some(1.0), "after {moved}");
        }
        trail.take(&Quality { rtt_ms: Some(0.0), ..Quality::default() });
        assert_eq!(trail.curve(Figure::RoundTrip, 6)[3], Some(1.0));
    }

    #[test]
    fn loss_is_that_of_each_second_and_strange_figures_are_left_out() {
        let mut trail = Trail::default();
        for (received, lost) in [(100, 0), (150, 50), (u64::MAX, u64::MAX), (0, 0)] {
            trail.take(&Quality { received_packets: received, lost_packets: lost, ..Quality::default() });
        }
        let curve = trail.curve(Figure::Loss, 60);
        assert_eq!(curve[56..], [Some(0.0), Some(0.5), Some(1.0), Some(0.0)]);
        let odd = Quality { rtt_ms: Some(f32::NAN), jitter_ms: f32::INFINITY, ..Quality::default() };
        trail.take(&odd);
        assert_eq!((trail.curve(Figure::RoundTrip, 60)[59], trail.curve(Figure::Jitter, 60)[59]), (None, None));
    }
}
