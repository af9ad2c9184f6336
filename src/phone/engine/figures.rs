//! The quality figures of a call, put together from what the voice thread hears and the legs measure. Pure.
//!
//! Counters go on when one leg takes the place of another. Estimates and percentages are of the last few seconds.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::protection::ExpectedLoss;
use crate::control::diagnosis::Way;
use crate::media::mos::{self, Path};
use crate::phone::event::{DeviceFigures, Heard, Outbound, Quality, Transport};
use crate::phone::leg::Measured;

/// How many seconds estimates and percentages look back.
const WINDOW: usize = 5;

/// For how many seconds a report of the service says how things are; it reports every 2 s.
const REPORT_HOLDS: u32 = 10;

/// What the far side's jitter buffer is likely to hold, ms: a frame, and room for what arrives unevenly.
const FAR_FRAME_MS: f32 = 20.0;
const FAR_JITTERS: f32 = 2.0;

/// What is known of the quality of a call.
#[derive(Debug, Default)]
pub(super) struct Figures {
    transport: Option<Transport>,
    rtt_ms: Option<f32>,
    /// Over all legs.
    outbound: Option<Outbound>,
    /// Seconds since the last report.
    report_age: u32,
    dropped_packets: u64,
    /// Of the legs before.
    lost_before: u64,
    dropped_before: u64,
    expected_loss: ExpectedLoss,
    all: Recent,
    each: BTreeMap<u16, Recent>,
    /// The most of those heard lately.
    jitter_ms: Option<f32>,
    mos_in: Option<f32>,
    mean_in: Mean,
    mean_out: Mean,
    quality: Quality,
}

impl Figures {
    /// A new leg takes the place of the one before: it counts from nothing.
    pub(super) fn on_new_leg(&mut self) {
        self.lost_before = self.outbound.map_or(0, |outbound| outbound.lost_packets);
        self.dropped_before = self.dropped_packets;
        self.report_age = REPORT_HOLDS;
    }

    /// What the sound goes over; returns what it went over before.
    pub(super) fn on_transport(&mut self, transport: Transport) -> Option<Transport> {
        self.transport.replace(transport)
    }

    /// What the leg measured.
    pub(super) fn on_measured(&mut self, measured: Measured) {
        if let Some(rtt) = measured.rtt {
            self.rtt_ms = Some(rtt.as_secs_f32() * 1000.0);
        }
        self.dropped_packets = self.dropped_before + measured.dropped_packets;
    }

    /// What the service says it receives. Returns how many per cent the encoder should expect to be lost, if that changed.
    pub(super) fn on_reported(&mut self, reported: Outbound) -> Option<u8> {
        let lost_packets = self.lost_before + reported.lost_packets;
        self.outbound = Some(Outbound { lost_packets, ..reported });
        self.report_age = 0;
        if let Some(mos) = self.mos_out() {
            self.mean_out.add(mos);
        }
        self.expected_loss.on_reported(reported.loss_percent)
    }

    /// The voice thread's figures of a second. `is_row` says of whom there is a row in the roster of a group call; in a
    /// direct call, all that is heard is the other side.
    pub(super) fn on_voice(&mut self, voice: Quality, is_row: Option<&dyn Fn(u16) -> bool>) -> Quality {
        self.report_age = self.report_age.saturating_add(1);
        let fresh = self.all.push(Counts::of_all(&voice));
        self.mos_in = self.all.path(self.rtt_ms, voice.buffer_ms).map(|path| path.mos()).or(self.mos_in);
        if let Some(mos) = self.mos_in.filter(|_| fresh) {
            self.mean_in.add(mos);
        }
        let heard: Vec<Heard> = match is_row {
            Some(is_row) => voice.heard.iter().filter(|heard| is_row(heard.number)).copied().collect(),
            None => other_side(&voice).into_iter().collect(),
        };
        let device = DeviceFigures { dropped_packets: self.dropped_packets, ..voice.device };
        self.quality = Quality {
            transport: self.transport,
            rtt_ms: self.rtt_ms,
            mos_in: self.mos_in,
            mos_out: self.mos_out(),
            outbound: self.outbound,
            heard: self.judge(heard),
            device,
            ..voice
        };
        self.quality.clone()
    }

    /// What is to be said of the call once it is over: how it was last, but for the estimates, which are the means over
    /// the call.
    pub(super) fn last(&self) -> Quality {
        Quality { mos_in: self.mean_in.get(), mos_out: self.mean_out.get(), ..self.quality.clone() }
    }

    /// How what is heard arrives, if anything did lately.
    pub(super) fn heard(&self) -> Way {
        let Some(shares) = self.all.shares() else { return Way::default() };
        Way { lost_percent: Some(shares.lost), jitter_ms: self.jitter_ms, rtt_ms: self.rtt_ms, mos: self.mos_in }
    }

    /// How what is sent arrives at the service, if it said so lately.
    pub(super) fn sent(&self) -> Way {
        let Some(outbound) = self.outbound.filter(|_| self.report_age <= REPORT_HOLDS) else { return Way::default() };
        Way {
            lost_percent: Some(outbound.loss_percent),
            jitter_ms: Some(outbound.jitter_ms),
            rtt_ms: None,
            mos: self.mos_out(),
        }
    }

    fn mos_out(&self) -> Option<f32> {
        let outbound = self.outbound?;
        let buffer_ms = FAR_FRAME_MS + FAR_JITTERS * outbound.jitter_ms;
        Some(Path::with_loss(delay(self.rtt_ms, buffer_ms), outbound.loss_percent).mos())
    }

    /// Adds the estimate to each, in the order of their numbers.
    fn judge(&mut self, mut heard: Vec<Heard>) -> Arc<[Heard]> {
        heard.sort_unstable_by_key(|one| one.number);
        self.each.retain(|number, _| heard.binary_search_by_key(number, |one| one.number).is_ok());
        for one in &mut heard {
            let recent = self.each.entry(one.number).or_default();
            recent.push(Counts::of_one(one));
            one.mos = recent.path(self.rtt_ms, one.buffer_ms).map(|path| path.mos());
        }
        // Who is silent now keeps the jitter of the last packet.
        let lately = heard.iter().filter(|one| one.mos.is_some());
        self.jitter_ms = lately.map(|one| one.jitter_ms).reduce(f32::max);
        heard.into()
    }
}

/// The other side of a direct call, once it was heard.
fn other_side(voice: &Quality) -> Option<Heard> {
    (voice.received_packets > 0).then_some(Heard {
        number: 0,
        jitter_ms: voice.jitter_ms,
        received_packets: voice.received_packets,
        lost_packets: voice.lost_packets,
        late_packets: voice.late_packets,
        repaired_packets: voice.repaired_packets,
        concealed_ms: voice.concealed_ms,
        buffer_ms: voice.buffer_ms,
        kbps: voice.kbps_in,
        mos: None,
    })
}

/// From mouth to ear as far as it is known here, ms: see [`crate::media::mos`].
fn delay(rtt_ms: Option<f32>, buffer_ms: f32) -> f32 {
    rtt_ms.unwrap_or(0.0) / 2.0 + buffer_ms + mos::ENDS_MS
}

/// Packets so far.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    received: u64,
    lost: u64,
    late: u64,
    repaired: u64,
}

impl Counts {
    fn of_all(quality: &Quality) -> Self {
        Self {
            received: quality.received_packets,
            lost: quality.lost_packets,
            late: quality.late_packets,
            repaired: quality.repaired_packets,
        }
    }

    fn of_one(heard: &Heard) -> Self {
        Self {
            received: heard.received_packets,
            lost: heard.lost_packets,
            late: heard.late_packets,
            repaired: heard.repaired_packets,
        }
    }
}

/// The counts at the ends of the last seconds, the oldest first.
#[derive(Debug, Default)]
struct Recent(VecDeque<Counts>);

/// Per cent of the packets expected lately.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Shares {
    /// Lost, or too late to be played.
    lost: f32,
    made_up: f32,
    restored: f32,
}

impl Recent {
    /// Takes the counts at the end of another second; says whether anything arrived in it.
    fn push(&mut self, counts: Counts) -> bool {
        let before = self.0.back().map_or(0, |last| last.received);
        if counts.received < before {
            // It counts from nothing again.
            self.0.clear();
        }
        self.0.push_back(counts);
        if self.0.len() > WINDOW + 1 {
            self.0.pop_front();
        }
        counts.received > before
    }

    /// `None` while nothing was expected lately.
    fn shares(&self) -> Option<Shares> {
        let newest = self.0.back()?;
        // Before the first counts there was nothing.
        let oldest = if self.0.len() > WINDOW { *self.0.front()? } else { Counts::default() };
        let since = |count: fn(&Counts) -> u64| count(newest).saturating_sub(count(&oldest));
        let (lost, late) = (since(|counts| counts.lost), since(|counts| counts.late));
        let expected = since(|counts| counts.received) + lost;
        if expected == 0 {
            return None;
        }
        let missing = (lost + late).min(expected);
        let restored = since(|counts| counts.repaired).min(missing);
        let percent = |packets: u64| packets as f32 / expected as f32 * 100.0;
        Some(Shares { lost: percent(missing), made_up: percent(missing - restored), restored: percent(restored) })
    }

    fn path(&self, rtt_ms: Option<f32>, buffer_ms: f32) -> Option<Path> {
        let shares = self.shares()?;
        Some(Path {
            delay_ms: delay(rtt_ms, buffer_ms),
            made_up_percent: shares.made_up,
            restored_percent: shares.restored,
        })
    }
}

/// A mean.
#[derive(Debug, Default)]
struct Mean {
    sum: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, value: f32) {
        self.sum += f64::from(value);
        self.count += 1;
    }

    fn get(&self) -> Option<f32> {
        (self.count > 0).then(|| (self.sum / f64::from(self.count)) as f32)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_call_without_loss_is_judged_well_in_both_directions() {
        let mut figures = Figures::default();
        assert_eq!((figures.heard(), figures.sent()), (Way::default(), Way::default()));
        let nothing = figures.on_voice(Quality::default(), None);
        assert_eq!((nothing.mos_in, nothing.mos_out, nothing.outbound), (None, None, None));
        assert!(nothing.heard.is_empty());
        figures.on_measured(Measured { rtt: Some(Duration::from_millis(20)), dropped_packets: 3 });
        figures.on_reported(Outbound { jitter_ms: 4.0, ..Outbound::default() });
        let quality = figures.on_voice(received(50, 0), None);
        assert_eq!((quality.rtt_ms, quality.device.dropped_packets), (Some(20.0), 3));
        assert!(quality.mos_in.unwrap() > 4.3 && quality.mos_out.unwrap() > 4.3, "{quality:?}");
        assert_eq!(quality.heard.len(), 1);
        assert_eq!((quality.heard[0].number, quality.heard[0].received_packets), (0, 50));
        assert_eq!(quality.heard[0].mos, quality.mos_in);
        assert_eq!(figures.heard().lost_percent, Some(0.0));
    }

    #[test]
    fn an_old_report_says_nothing_of_now() {
        let mut figures = Figures::default();
        figures.on_reported(Outbound { loss_percent: 40.0, ..Outbound::default() });
        assert_eq!(figures.sent().lost_percent, Some(40.0));
        for _ in 0..REPORT_HOLDS {
            figures.on_voice(Quality::default(), None);
        }
        assert_eq!(figures.sent().lost_percent, Some(40.0));
        figures.on_voice(Quality::default(), None);
        assert_eq!(figures.sent(), Way::default());
        figures.on_reported(Outbound::default());
        assert_eq!(figures.sent().lost_percent, Some(0.0));
        figures.on_new_leg();
        figures.on_voice(Quality::default(), None);
        assert_eq!(figures.sent(), Way::default(), "of the leg before");
    }

    #[test]
    fn what_is_lost_counts_for_the_seconds_it_was_lost_in() {
        let mut figures = Figures::default();
        let mut second = |received_packets, lost| figures.on_voice(received(received_packets, lost), None).mos_in;
        let good = second(50, 0).unwrap();
        let bad = second(80, 20).unwrap();
        assert!(bad < good - 0.5, "{bad} {good}");
        let mut last = bad;
        for more in 1..=WINDOW as u64 {
            last = second(80 + more * 50, 20).unwrap();
        }
        assert!((last - good).abs() < 0.01, "it is forgotten: {last} {good}");
        let mean = figures.last().mos_in.unwrap();
        assert!(mean < good && mean > bad, "the call as a whole: {mean}");
    }

    #[test]
    fn what_is_restored_does_less_harm_than_what_is_made_up() {
        let judged = |repaired_packets| {
            let voice = Quality { repaired_packets, ..received(90, 10) };
            Figures::default().on_voice(voice, None).mos_in.unwrap()
        };
        assert!(judged(9) > judged(0) + 0.5);
    }

    #[test]
    fn late_is_as_bad_as_lost() {
        let mut figures = Figures::default();
        figures.on_voice(Quality { late_packets: 10, ..received(100, 0) }, None);
        assert_eq!(figures.heard().lost_percent, Some(10.0));
    }

    #[test]
    fn silence_keeps_the_last_estimate_and_is_no_trouble() {
        let mut figures = Figures::default();
        let judged = figures.on_voice(received(50, 0), None).mos_in;
        for _ in 0..=WINDOW {
            assert_eq!(figures.on_voice(received(50, 0), None).mos_in, judged);
        }
        assert_eq!(figures.heard(), Way::default(), "nothing is known of the last seconds");
    }

    #[test]
    fn in_a_group_each_row_is_judged_alone() {
        let mut figures = Figures::default();
        let one = |number, lost_packets| Heard { number, received_packets: 100, lost_packets, ..Heard::default() };
        let voice = Quality { heard: Arc::new([one(7, 30), one(2, 0), one(99, 0)]), ..received(300, 30) };
        let quality = figures.on_voice(voice, Some(&|number| number != 99));
        assert_eq!(quality.heard.iter().map(|one| one.number).collect::<Vec<_>>(), [2, 7]);
        assert!(quality.heard[0].mos.unwrap() > quality.heard[1].mos.unwrap() + 0.5, "{:?}", quality.heard);
        let left = figures.on_voice(received(300, 30), Some(&|_| true));
        assert!(left.heard.is_empty() && figures.each.is_empty());
    }

    #[test]
    fn who_is_silent_now_is_no_trouble() {
        let mut figures = Figures::default();
        let one =
            |number, received_packets, jitter_ms| Heard { number, received_packets, jitter_ms, ..Heard::default() };
        for second in 1..=WINDOW as u64 + 1 {
            let heard = Arc::new([one(1, 50, 90.0), one(2, second * 50, 3.0)]);
            figures.on_voice(Quality { heard, ..received(50 + second * 50, 0) }, Some(&|_| true));
        }
        assert_eq!(figures.heard().jitter_ms, Some(3.0));
    }

    #[test]
    fn counters_go_on_with_another_leg() {
        let mut figures = Figures::default();
        let lost = |lost_packets| Outbound { lost_packets, ..Outbound::default() };
        figures.on_reported(lost(5));
        figures.on_measured(Measured { rtt: Some(Duration::from_millis(30)), dropped_packets: 2 });
        figures.on_new_leg();
        figures.on_reported(lost(1));
        figures.on_measured(Measured { rtt: None, dropped_packets: 4 });
        let quality = figures.on_voice(received(10, 0), None);
        assert_eq!(quality.outbound.unwrap().lost_packets, 6);
        assert_eq!((quality.device.dropped_packets, quality.rtt_ms), (6, Some(30.0)));
    }

    fn received(received_packets: u64, lost_packets: u64) -> Quality {
        Quality { received_packets, lost_packets, ..Quality::default() }
    }
}
