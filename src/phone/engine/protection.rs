//! How much the sound that is sent should be protected against loss. Pure.

/// How much loss the encoder should protect against: up with the reports at once, down again slowly.
#[derive(Debug)]
pub(super) struct ExpectedLoss {
    percent: f32,
    told: u8,
}

/// The least that is expected, and what an encoder expects that was told nothing, per cent: what the others lose on their
/// way from the service is in no report.
const LEAST: f32 = 5.0;
/// The most: more would leave too little for the sound itself.
const MOST: f32 = 30.0;
/// How much of what remains of an earlier loss is forgotten with each report.
const FORGET: f32 = 0.15;

impl Default for ExpectedLoss {
    fn default() -> Self {
        Self { percent: LEAST, told: LEAST as u8 }
    }
}

impl ExpectedLoss {
    /// Takes what was lost since the report before, per cent. Returns what the encoder is to be told, if that changed.
    pub(super) fn on_reported(&mut self, percent: f32) -> Option<u8> {
        let now = percent.clamp(LEAST, MOST);
        self.percent = if now >= self.percent { now } else { self.percent + (now - self.percent) * FORGET };
        let whole = self.percent.round() as u8;
        (std::mem::replace(&mut self.told, whole) != whole).then_some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protection_follows_the_loss_up_at_once_and_down_slowly() {
        let mut expected = ExpectedLoss::default();
        let mut expects = |percent| expected.on_reported(percent);
        assert_eq!(expects(0.0), None, "no more than was expected anyway");
        assert_eq!(expects(10.0), Some(10));
        assert_eq!(expects(20.0), Some(20));
        assert_eq!(expects(20.0), None, "only changes are told");
        assert_eq!(expects(90.0), Some(30));
        assert_eq!(expects(0.0), Some(26));
        let told: Vec<u8> = (0..40).filter_map(|_| expects(0.0)).collect();
        assert!(told.is_sorted_by(|before, after| before > after), "{told:?}");
        assert_eq!(told.last(), Some(&5));
    }
}
