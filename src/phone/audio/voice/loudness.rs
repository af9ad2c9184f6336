//! How loud each participant of a group call is heard, between two reports.

use crate::media::level::{self, Meter};

/// More are not told apart: as many as can be heard in the slots of a leg, and those who came before them.
const MOST: usize = 32;

/// The meters of those who were heard since the last report.
#[derive(Debug, Default)]
pub(super) struct Loudness {
    heard: Vec<(u16, Meter)>,
}

impl Loudness {
    /// Counts 10 ms of `mark` in.
    pub(super) fn add(&mut self, mark: u16, power: f32) {
        let known = self.heard.iter().position(|(known, _)| *known == mark);
        let at = known.unwrap_or_else(|| {
            if self.heard.len() < MOST {
                self.heard.push((mark, Meter::default()));
            }
            self.heard.len() - 1
        });
        if self.heard[at].0 == mark {
            self.heard[at].1.add(power);
        }
    }

    /// Who was audible since the last call, by mark, dBFS.
    pub(super) fn take(&mut self) -> Vec<(u16, f32)> {
        let mean = |(mark, meter): (u16, Meter)| Some((mark, meter.mean()?));
        let mut audible: Vec<(u16, f32)> = self.heard.drain(..).filter_map(mean).collect();
        audible.retain(|(_, dbfs)| *dbfs > level::AUDIBLE);
        audible.sort_unstable_by_key(|(mark, _)| *mark);
        audible
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_measured_alone_and_only_the_audible_are_told() {
        let mut loudness = Loudness::default();
        for (mark, power) in [(9, 0.01), (2, 0.1), (5, 1e-7), (9, 0.03), (2, 0.1)] {
            loudness.add(mark, power);
        }
        let told = loudness.take();
        assert_eq!(told.iter().map(|(mark, _)| *mark).collect::<Vec<_>>(), [2, 9]);
        assert!((told[0].1 - -10.0).abs() < 0.1 && (told[1].1 - -16.99).abs() < 0.1, "{told:?}");
        assert_eq!(loudness.take(), []);
    }

    #[test]
    fn a_crowd_of_marks_is_bounded() {
        let mut loudness = Loudness::default();
        (0..1000).for_each(|mark| loudness.add(mark, 0.1));
        assert_eq!(loudness.take().len(), MOST);
    }
}
