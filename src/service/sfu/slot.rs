//! Renumbers what flows through one receive slot, so that its receiver sees one unbroken RTP stream whoever speaks in it.
//!
//! On a change of source the sequence goes on by one, the timestamp by the time that passed, and the marker is set.
//! Within one source, late and reordered packets keep their places. Pure: the time is an argument.

use std::time::Instant;

use crate::media::packet::{FRAME, SAMPLE_RATE};

/// A source that leaves out this many numbers, more than a second's, begins a new run. A receiver that loses packets around
/// a leap of half the numbers there are (2¹⁵) would count wrong how often they rolled over, and read nothing of this slot
/// again, whoever speaks (RFC 3711 section 3.3.1).
const LEAP: u64 = 64;

/// The numbers a packet leaves with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numbers {
    /// Extended sequence number; the first of a slot is below 2¹⁶, so that its roll-over count is 0.
    pub sequence: u64,
    /// RTP timestamp, 48 kHz.
    pub timestamp: u32,
    /// RTP marker.
    pub marker: bool,
}

/// The state of one slot.
#[derive(Debug, Default)]
pub(super) struct Renumber {
    run: Option<Run>,
    sent: Option<Sent>,
}

/// One source, from the moment it was given the slot.
#[derive(Debug, Clone, Copy)]
struct Run {
    first_in: u64,
    first_out: u64,
    first_timestamp: u32,
    timestamp_offset: u32,
}

/// The newest packet sent.
#[derive(Debug, Clone, Copy)]
struct Sent {
    sequence: u64,
    timestamp: u32,
    at: Instant,
}

impl Renumber {
    /// The next packet begins a new run: another source, or the same one after a pause.
    pub(super) fn switch(&mut self) {
        self.run = None;
    }

    /// How many samples of the current source have been heard before a packet with this timestamp: none before its first.
    pub(super) fn heard_before(&self, timestamp: u32) -> u32 {
        let heard = self.run.map_or(0, |run| timestamp.wrapping_sub(run.first_timestamp));
        // Older than the first, across the wrap.
        if heard < 1 << 31 { heard } else { 0 }
    }

    /// The numbers for a packet of the current source; `None` for one older than its turn in this slot.
    pub(super) fn next(&mut self, sequence: u64, timestamp: u32, marker: bool, now: Instant) -> Option<Numbers> {
        if self.leaps(sequence) {
            self.switch();
        }
        let began = self.run.is_none();
        let run = *self.run.get_or_insert_with(|| begin(self.sent, sequence, timestamp, now));
        let out = run.first_out + sequence.checked_sub(run.first_in)?;
        let timestamp = timestamp.wrapping_add(run.timestamp_offset);
        if self.sent.is_none_or(|sent| out > sent.sequence) {
            self.sent = Some(Sent { sequence: out, timestamp, at: now });
        }
        Some(Numbers { sequence: out, timestamp, marker: marker || began })
    }

    fn leaps(&self, sequence: u64) -> bool {
        let (Some(run), Some(sent)) = (self.run, self.sent) else { return false };
        sequence.saturating_sub(run.first_in).saturating_add(run.first_out) > sent.sequence + LEAP
    }
}

fn begin(sent: Option<Sent>, sequence: u64, timestamp: u32, now: Instant) -> Run {
    let Some(sent) = sent else {
        return Run { first_in: sequence, first_out: 1, first_timestamp: timestamp, timestamp_offset: 0 };
    };
    let goes_on_at = sent.timestamp.wrapping_add(elapsed(sent.at, now));
    Run {
        first_in: sequence,
        first_out: sent.sequence + 1,
        first_timestamp: timestamp,
        timestamp_offset: goes_on_at.wrapping_sub(timestamp),
    }
}

/// Time since `from` in samples, at least one frame: two packets never share a timestamp by accident.
fn elapsed(from: Instant, now: Instant) -> u32 {
    let micros = now.saturating_duration_since(from).as_micros();
    let samples = micros * u128::from(SAMPLE_RATE) / 1_000_000;
    // Truncation is meant: RTP timestamps wrap at 2^32.
    (samples as u32).max(FRAME as u32)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::clock;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn the_first_packet_starts_low_and_is_marked() {
        let mut slot = Renumber::default();
        let out = slot.next(70_000, 5, false, clock::now()).unwrap();
        assert_eq!(out, Numbers { sequence: 1, timestamp: 5, marker: true });
        assert!(out.sequence < 1 << 16, "its roll-over count must be 0");
    }

    #[test]
    fn a_switch_goes_on_by_one_and_by_the_time_that_passed() {
        let start = clock::now();
        let mut slot = Renumber::default();
        slot.next(10, 1_000, true, start).unwrap();
        slot.next(11, 1_960, false, after(start, 20)).unwrap();
        slot.switch();
        let out = slot.next(900_000, 77, false, after(start, 120)).unwrap();
        assert_eq!(out, Numbers { sequence: 3, timestamp: 1_960 + 4_800, marker: true });
        let out = slot.next(900_001, 77 + 960, false, after(start, 140)).unwrap();
        assert_eq!(out, Numbers { sequence: 4, timestamp: 1_960 + 4_800 + 960, marker: false });
    }

    #[test]
    fn a_switch_in_no_time_still_advances_by_a_frame() {
        let start = clock::now();
        let mut slot = Renumber::default();
        slot.next(10, 1_000, true, start).unwrap();
        slot.switch();
        assert_eq!(slot.next(5, 5, false, start).unwrap().timestamp, 1_000 + 960);
    }

    #[test]
    fn late_and_lost_packets_keep_their_places() {
        let start = clock::now();
        let mut slot = Renumber::default();
        let sequence = |slot: &mut Renumber, n| slot.next(n, 0, false, start).map(|out| out.sequence);
        assert_eq!(sequence(&mut slot, 100), Some(1));
        assert_eq!(sequence(&mut slot, 103), Some(4));
        assert_eq!(sequence(&mut slot, 101), Some(2));
        assert_eq!(sequence(&mut slot, 104), Some(5));
    }

    #[test]
    fn a_leap_of_the_sender_is_none_for_its_receivers() {
        let start = clock::now();
        let mut slot = Renumber::default();
        slot.next(100, 1_000, false, start).unwrap();
        assert_eq!(slot.next(100 + LEAP, 1_960, false, start).unwrap().sequence, 1 + LEAP);
        let leap = slot.next(40_000, 77, false, after(start, 20)).unwrap();
        assert_eq!(leap, Numbers { sequence: 2 + LEAP, timestamp: 1_960 + 960, marker: true });
        assert_eq!(slot.next(40_001, 1_037, false, after(start, 40)).unwrap().sequence, 3 + LEAP);
        assert_eq!(slot.next(101 + LEAP, 2_920, false, after(start, 60)), None, "what is late by a leap is too late");
    }

    #[test]
    fn a_packet_from_before_its_turn_is_dropped() {
        let start = clock::now();
        let mut slot = Renumber::default();
        slot.next(100, 0, false, start).unwrap();
        slot.switch();
        slot.next(500, 0, false, start).unwrap();
        assert_eq!(slot.next(499, 0, false, start), None);
    }

    #[test]
    fn a_late_packet_before_a_switch_does_not_turn_the_clock_back() {
        let start = clock::now();
        let mut slot = Renumber::default();
        slot.next(10, 1_000, true, start).unwrap();
        slot.next(12, 2_920, false, after(start, 40)).unwrap();
        slot.next(11, 1_960, false, after(start, 45)).unwrap();
        slot.switch();
        let out = slot.next(1, 0, false, after(start, 60)).unwrap();
        assert_eq!((out.sequence, out.timestamp), (4, 2_920 + 960));
    }

    #[test]
    fn what_was_heard_of_a_source_is_counted_from_its_switch() {
        let start = clock::now();
        let mut slot = Renumber::default();
        assert_eq!(slot.heard_before(1_000), 0);
        slot.next(10, u32::MAX - 959, true, start).unwrap();
        assert_eq!([u32::MAX - 959, 960, u32::MAX - 1_919].map(|at| slot.heard_before(at)), [0, 1_920, 0]);
        slot.switch();
        assert_eq!(slot.heard_before(960), 0);
    }

    #[test]
    fn timestamps_wrap() {
        let start = clock::now();
        let mut slot = Renumber::default();
        slot.next(1, u32::MAX - 10, true, start).unwrap();
        slot.switch();
        let out = slot.next(1, 42, false, after(start, 20)).unwrap();
        assert_eq!(out.timestamp, (u32::MAX - 10).wrapping_add(960));
    }
}
