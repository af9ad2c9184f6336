//! What a call's quality is reckoned from: the figures of its slots, laid to whoever was heard in them, and bit rates.

use std::time::{Duration, Instant};

use super::slot::Slot;
use crate::media::jitter::JitterStats;
use crate::phone::event::{DeviceFigures, Heard, Quality};

/// More participants are not told apart; who was heard of longest ago makes room.
const MOST: usize = 64;

/// The figures of one call.
#[derive(Default)]
pub(super) struct Figures {
    people: Vec<Tally>,
    sent_bytes: u64,
    kbps_out: f32,
    reckoned_at: Option<Instant>,
}

/// One participant's.
struct Tally {
    heard: Heard,
    bytes: u64,
    /// Bytes when the rate was reckoned last.
    told_bytes: u64,
    at: Instant,
}

impl Figures {
    /// Lays what the slots counted since the last time to whom it belongs; says what the quality is now. Bit rates are
    /// those since the last time, if that was long enough ago.
    pub(super) fn reckon(
        &mut self,
        slots: &mut [Slot],
        (sent_packets, sent_bytes): (u64, u64),
        device: DeviceFigures,
        now: Instant,
    ) -> Quality {
        for slot in slots.iter_mut() {
            self.lay(slot, now);
        }
        self.rates(sent_bytes, now);
        let total = slots.iter().map(Slot::stats).fold(JitterStats::default(), sum);
        let mut heard: Vec<Heard> = self.people.iter().map(|tally| tally.heard).collect();
        heard.sort_unstable_by_key(|heard| heard.number);
        Quality {
            jitter_ms: total.jitter_ms,
            sent_packets,
            received_packets: total.received,
            lost_packets: total.lost,
            concealed_ms: total.concealed_ms,
            buffer_ms: total.buffer_ms,
            late_packets: total.late,
            repaired_packets: total.repaired,
            kbps_in: heard.iter().map(|heard| heard.kbps).sum(),
            kbps_out: self.kbps_out,
            heard: heard.into(),
            device,
            ..Quality::default()
        }
    }

    fn lay(&mut self, slot: &mut Slot, now: Instant) {
        let Some(number) = slot.whose() else { return };
        let (new, bytes) = slot.since_asked();
        if bytes == 0 && new.concealed_ms == 0 && !self.people.iter().any(|tally| tally.heard.number == number) {
            return;
        }
        let tally = self.tally(number, now);
        tally.bytes += bytes;
        tally.at = if bytes > 0 { now } else { tally.at };
        let heard = &mut tally.heard;
        heard.received_packets += new.received;
        heard.lost_packets += new.lost;
        heard.late_packets += new.late;
        heard.repaired_packets += new.repaired;
        heard.concealed_ms += new.concealed_ms;
        heard.jitter_ms = new.jitter_ms;
        heard.buffer_ms = new.buffer_ms;
    }

    fn tally(&mut self, number: u16, now: Instant) -> &mut Tally {
        let known = self.people.iter().position(|tally| tally.heard.number == number);
        let at = known.unwrap_or_else(|| {
            if self.people.len() == MOST {
                let oldest = (0..MOST).min_by_key(|at| self.people[*at].at).unwrap_or(0);
                self.people.swap_remove(oldest);
            }
            let heard = Heard { number, ..Heard::default() };
            self.people.push(Tally { heard, bytes: 0, told_bytes: 0, at: now });
            self.people.len() - 1
        });
        &mut self.people[at]
    }

    fn rates(&mut self, sent_bytes: u64, now: Instant) {
        let since = now.saturating_duration_since(*self.reckoned_at.get_or_insert(now));
        if since < Duration::from_millis(500) {
            return;
        }
        let kbps = |bytes: u64| (bytes as f64 * 8.0 / 1000.0 / since.as_secs_f64()) as f32;
        self.kbps_out = kbps(sent_bytes - self.sent_bytes);
        for tally in &mut self.people {
            tally.heard.kbps = kbps(tally.bytes - tally.told_bytes);
            tally.told_bytes = tally.bytes;
        }
        (self.sent_bytes, self.reckoned_at) = (sent_bytes, Some(now));
    }
}

fn sum(sum: JitterStats, one: JitterStats) -> JitterStats {
    JitterStats {
        received: sum.received + one.received,
        lost: sum.lost + one.lost,
        late: sum.late + one.late,
        repaired: sum.repaired + one.repaired,
        concealed_ms: sum.concealed_ms + one.concealed_ms,
        jitter_ms: sum.jitter_ms.max(one.jitter_ms),
        buffer_ms: sum.buffer_ms.max(one.buffer_ms),
        ..sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;
    use crate::media::opus::{Encoder, Encoding, PACKET_ROOM};
    use crate::media::packet::{FRAME, Kind, Received};
    use crate::media::tick::Tick;

    #[test]
    fn what_a_slot_counts_belongs_to_whom_it_carries_then() {
        let start = clock::now();
        let mut bench = Bench::default();
        let mut slots = [Slot::new(0).unwrap(), Slot::new(1).unwrap()];
        let mut figures = Figures::default();
        let device = DeviceFigures { late_ticks: 3, ..DeviceFigures::default() };
        figures.reckon(&mut slots, (0, 0), device, start);
        bench.speak(&mut slots[0], Some(7), 50, start);
        bench.speak(&mut slots[1], Some(2), 50, start);
        let later = start + Duration::from_secs(1);
        let quality = figures.reckon(&mut slots, (50, 4000), device, later);
        assert_eq!(quality.heard.iter().map(|one| one.number).collect::<Vec<_>>(), [2, 7]);
        assert!(quality.heard.iter().all(|one| one.received_packets == 50 && one.kbps > 1.0), "{quality:?}");
        assert!((quality.kbps_out - 32.0).abs() < 0.1 && quality.device.late_ticks == 3, "{quality:?}");
        bench.speak(&mut slots[0], Some(2), 25, later);
        let quality = figures.reckon(&mut slots, (50, 4000), device, later + Duration::from_secs(1));
        let of = |number| *quality.heard.iter().find(|one| one.number == number).unwrap();
        assert_eq!((of(7).received_packets, of(2).received_packets), (50, 75));
        assert_eq!((of(7).kbps, quality.kbps_out), (0.0, 0.0));
        assert_eq!(quality.received_packets, 125);
    }

    #[test]
    fn the_other_side_of_a_direct_call_is_number_0() {
        let start = clock::now();
        let (mut bench, mut slots, mut figures) = (Bench::default(), [Slot::new(0).unwrap()], Figures::default());
        assert_eq!(figures.reckon(&mut slots, (0, 0), DeviceFigures::default(), start).heard.len(), 0);
        bench.speak(&mut slots[0], None, 10, start);
        let quality = figures.reckon(&mut slots, (0, 0), DeviceFigures::default(), start);
        assert_eq!((quality.heard.len(), quality.heard[0].number, quality.heard[0].received_packets), (1, 0, 10));
    }

    #[test]
    fn a_crowd_is_bounded() {
        let (mut figures, start) = (Figures::default(), clock::now());
        for number in 0..1000 {
            figures.tally(number, start + Duration::from_millis(u64::from(number)));
        }
        assert_eq!(figures.people.len(), MOST);
        assert!(figures.people.iter().all(|tally| tally.heard.number >= 1000 - MOST as u16));
    }

    #[derive(Default)]
    struct Bench {
        sequence: u64,
    }

    impl Bench {
        /// Packets of `mark` arrive and are played.
        fn speak(&mut self, slot: &mut Slot, mark: Option<u16>, packets: u64, start: Instant) {
            let mut encoder = Encoder::new(Encoding::SPEECH).unwrap();
            let frame: [f32; FRAME] = std::array::from_fn(|at| (at as f32 * 0.05).sin() * 0.3);
            let mut tick = Tick::default();
            for n in 0..packets {
                let at = start + Duration::from_millis(20 * n);
                let mut room = [0; PACKET_ROOM];
                let length = encoder.encode(&frame, &mut room).unwrap();
                self.sequence += 1;
                let packet = Received {
                    slot: 0,
                    kind: Kind::Opus,
                    sequence: self.sequence,
                    timestamp: (self.sequence * FRAME as u64) as u32,
                    marker: n == 0,
                    mark,
                    payload: room[..length].to_vec(),
                    at,
                };
                slot.receive(&packet, at);
                slot.pull(&mut tick, at);
                slot.pull(&mut tick, at + Duration::from_millis(10));
            }
        }
    }
}
