//! What the service says it receives of this leg: RTCP receiver reports (RFC 3550 section 6.4), as str0m hands them on.
//!
//! They end at the service: what is lost on its way from there to the others is not in them.

use str0m::stats::RemoteIngressStats;

use crate::phone::event::Outbound;

/// Ticks of the RTP clock in a millisecond (RFC 7587: Opus is always sent at 48 kHz).
const TICKS_PER_MS: f32 = 48.0;

/// The number of lost packets is signed and has 24 bits; more than this is a negative one, told where packets were doubled
/// on the way.
const MOST_LOST: u64 = 0x7f_ffff;

/// The reports of one leg so far.
#[derive(Debug, Default)]
pub(super) struct Reports {
    last: Option<Totals>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Totals {
    /// The highest sequence number that arrived; the first is 1.
    sequence: u64,
    lost: u64,
}

impl Reports {
    /// Reads the newest report; `None` when it says nothing new.
    pub(super) fn read(&mut self, report: &RemoteIngressStats) -> Option<Outbound> {
        self.take(*report.maximum_sequence_number, report.packets_lost, report.jitter)
    }

    fn take(&mut self, sequence: u64, lost: u64, jitter: u32) -> Option<Outbound> {
        let before = self.last.unwrap_or_default();
        // Reports may overtake each other.
        if sequence <= before.sequence {
            return None;
        }
        let lost = if lost > MOST_LOST { 0 } else { lost };
        self.last = Some(Totals { sequence, lost });
        let (newly_lost, expected) = (lost.saturating_sub(before.lost), sequence - before.sequence);
        Some(Outbound {
            loss_percent: (newly_lost as f32 / expected as f32 * 100.0).min(100.0),
            lost_packets: lost,
            jitter_ms: jitter as f32 / TICKS_PER_MS,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_report_says_what_was_lost_since_the_one_before() {
        let mut reports = Reports::default();
        let mut percent = |sequence, lost| reports.take(sequence, lost, 0).map(|told| told.loss_percent);
        assert_eq!(percent(2, 0), Some(0.0));
        assert_eq!(percent(102, 10), Some(10.0));
        assert_eq!(percent(202, 10), Some(0.0));
        assert_eq!(percent(202, 10), None, "nothing new");
        assert_eq!(percent(150, 10), None, "an older one");
        assert_eq!(percent(252, 60), Some(100.0));
        assert_eq!(percent(302, 58), Some(0.0), "two came late");
    }

    #[test]
    fn figures_are_in_the_units_of_the_phone() {
        let told = Reports::default().take(100, 7, 480).unwrap();
        assert_eq!(told, Outbound { loss_percent: 7.0, lost_packets: 7, jitter_ms: 10.0 });
    }

    #[test]
    fn doubled_packets_are_no_loss() {
        let mut reports = Reports::default();
        let told = reports.take(100, 0xff_fffe, 0).unwrap();
        assert_eq!((told.loss_percent, told.lost_packets), (0.0, 0));
        assert_eq!(reports.take(200, 5, 0).unwrap().loss_percent, 5.0);
    }
}
