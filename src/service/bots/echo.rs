//! The echo: holds packets back for a while and gives them out again in order, evenly, under numbers of its own.
//!
//! It never looks into the sound. When packets are due follows from their timestamps, so the unevenness with which they
//! came is gone, up to the delay. Of several who are heard it follows one at a time: one stream can't say what two say at
//! once. Pure: the time is an argument.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::domain::id::LegId;
use crate::media::packet::{Kind, SAMPLE_RATE};
use crate::service::sfu::{Heard, LocalPacket};

/// Packets held at the most: twice what a second of sound and tones needs.
const MAX_HELD: usize = 128;

/// How long whoever is followed has to be silent before another who speaks is followed instead.
const FOLLOWED: Duration = Duration::from_millis(300);

pub(super) struct Echo {
    delay: Duration,
    run: Option<Run>,
    followed: Option<Followed>,
    held: BTreeMap<Place, Held>,
    /// The last packet given out: what comes before it is too late.
    given: Option<Place>,
}

/// The order of packets: by run, then by the sender's sequence number.
type Place = (u64, u64);

/// A stretch of one sender's packets whose timestamps belong together.
#[derive(Debug, Clone, Copy)]
struct Run {
    number: u64,
    source: LegId,
    /// The timestamp of its first packet, and when that is due.
    timestamp: u32,
    due: Instant,
}

/// Whose sound is said again.
#[derive(Debug, Clone, Copy)]
struct Followed {
    source: LegId,
    /// When anything last came of it, and when it was last to be heard.
    came: Instant,
    spoke: Instant,
}

struct Held {
    due: Instant,
    packet: LocalPacket,
}

impl Echo {
    pub(super) fn new(delay: Duration) -> Self {
        Self { delay, run: None, followed: None, held: BTreeMap::new(), given: None }
    }

    /// Takes a packet. `timestamp_at` is the echo's own RTP clock.
    pub(super) fn hear(&mut self, heard: Heard, now: Instant, timestamp_at: impl Fn(Instant) -> u32) {
        if self.held.len() >= MAX_HELD || !self.follows(&heard, now) {
            return;
        }
        let (run, began) = self.run_of(&heard, now);
        let place = (run.number, heard.sequence);
        if self.given.is_some_and(|given| place <= given) {
            return;
        }
        let mut packet = heard.packet;
        let due = run.due_at(sent_at(&packet));
        packet.timestamp = timestamp_at(run.due).wrapping_add(packet.timestamp.wrapping_sub(run.timestamp));
        packet.marker |= began;
        self.held.insert(place, Held { due, packet });
    }

    /// The next packet that is due.
    pub(super) fn give(&mut self, now: Instant) -> Option<LocalPacket> {
        let first = self.held.first_entry().filter(|held| held.get().due <= now)?;
        let (place, held) = first.remove_entry();
        self.given = Some(place);
        Some(held.packet)
    }

    /// Whether a packet is of whom the echo follows, from now on or as before.
    fn follows(&mut self, Heard { source, packet, .. }: &Heard, now: Instant) -> bool {
        let speaks = packet.voice || packet.kind == Kind::TelephoneEvent;
        let before = self.followed;
        let over = |at: Instant| now.saturating_duration_since(at) >= FOLLOWED;
        let spoke = match before {
            Some(before) if before.source == *source => {
                if speaks {
                    now
                } else {
                    before.spoke
                }
            }
            Some(before) if !(over(before.came) || speaks && over(before.spoke)) => return false,
            Some(_) | None => now,
        };
        self.followed = Some(Followed { source: *source, came: now, spoke });
        true
    }

    /// The run a packet belongs to, and whether it begins one: another sender, or timestamps far from the clock.
    fn run_of(&mut self, heard: &Heard, now: Instant) -> (Run, bool) {
        let due = now + self.delay;
        let number = match self.run {
            Some(run) if run.source == heard.source && apart(run.due_at(sent_at(&heard.packet)), due) <= self.delay => {
                return (run, false);
            }
            Some(run) => run.number + 1,
            None => 0,
        };
        let run = Run { number, source: heard.source, timestamp: heard.packet.timestamp, due };
        self.run = Some(run);
        (run, true)
    }
}

impl Run {
    /// When what was sent at `timestamp` is due.
    fn due_at(&self, timestamp: u32) -> Instant {
        // Timestamps wrap: the difference is read as signed.
        let samples = i64::from(timestamp.wrapping_sub(self.timestamp).cast_signed());
        let micros = samples * 1_000_000 / i64::from(SAMPLE_RATE);
        let distance = Duration::from_micros(micros.unsigned_abs());
        if micros < 0 { self.due.checked_sub(distance).unwrap_or(self.due) } else { self.due + distance }
    }
}

/// When a packet was sent, on its sender's clock. All packets of a telephone event carry the timestamp of its start, and
/// say how long it lasts so far (RFC 4733 section 2.3.5).
fn sent_at(packet: &LocalPacket) -> u32 {
    match (packet.kind, &*packet.payload) {
        (Kind::TelephoneEvent, [_, _, high, low, ..]) => {
            packet.timestamp.wrapping_add(u32::from(u16::from_be_bytes([*high, *low])))
        }
        _ => packet.timestamp,
    }
}

fn apart(a: Instant, b: Instant) -> Duration {
    a.saturating_duration_since(b).max(b.saturating_duration_since(a))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::base::clock;
    use crate::base::seed::Seed;

    const FRAME: Duration = Duration::from_millis(20);
    const DELAY: Duration = Duration::from_secs(1);

    fn packet(source: u128, n: u64, timestamp: u32) -> Heard {
        Heard {
            source: LegId(Uuid::from_u128(source)),
            sequence: n,
            packet: LocalPacket {
                kind: Kind::Opus,
                timestamp,
                marker: false,
                payload: n.to_be_bytes().as_slice().into(),
                level: 30,
                voice: true,
            },
        }
    }

    fn event(n: u64, timestamp: u32, duration: u16) -> Heard {
        let [high, low] = duration.to_be_bytes();
        let mut heard = packet(1, n, timestamp);
        heard.packet.kind = Kind::TelephoneEvent;
        heard.packet.payload = [5, 10, high, low].as_slice().into();
        heard
    }

    /// Brings packets at their times (ms) and takes what is due every 20 ms; says when (ms) each was given.
    fn echoed(mut arriving: Vec<(u64, Heard)>, until: u64) -> Vec<(u64, LocalPacket)> {
        let start = clock::now();
        let clock = |at: Instant| u32::try_from(at.duration_since(start).as_micros() * 48 / 1_000).unwrap();
        let mut echo = Echo::new(DELAY);
        let mut out = Vec::new();
        arriving.sort_by_key(|(at, _)| *at);
        let mut arriving = arriving.into_iter().peekable();
        for tick in (0..until).step_by(20) {
            let now = start + Duration::from_millis(tick);
            while let Some((_, heard)) = arriving.next_if(|(at, _)| *at <= tick) {
                echo.hear(heard, now, clock);
            }
            while let Some(packet) = echo.give(now) {
                out.push((tick, packet));
            }
        }
        out
    }

    #[test]
    fn what_was_said_comes_back_a_second_later() {
        let said = (0..50).map(|n| (n * 20, packet(1, 100 + n, 7_000 + 960 * n as u32))).collect();
        let out = echoed(said, 3_000);
        assert_eq!(out.len(), 50);
        for (n, (at, packet)) in out.iter().enumerate() {
            assert_eq!(*at, 1_000 + 20 * n as u64);
            assert_eq!(packet.timestamp, 48_000 + 960 * n as u32);
            assert_eq!(packet.marker, n == 0);
        }
    }

    #[test]
    fn uneven_and_reordered_packets_come_back_even_and_in_order() {
        for seed in 0..20 {
            let mut dice = Seed::new(seed);
            let said: Vec<_> = (0..100).map(|n| (n * 20 + dice.below(300), packet(1, n, 960 * n as u32))).collect();
            let out = echoed(said, 5_000);
            assert_eq!(out.len(), 100, "seed {seed}");
            let order: Vec<_> = out.iter().map(|(_, packet)| packet.payload.clone()).collect();
            assert!(order.is_sorted(), "seed {seed}");
            assert!(out.windows(2).skip(20).all(|pair| pair[1].0 - pair[0].0 == 20), "seed {seed}: uneven");
        }
    }

    #[test]
    fn tones_keep_their_start_and_their_pace() {
        let said = vec![
            (0, packet(1, 1, 0)),
            (20, event(2, 960, 960)),
            (40, event(3, 960, 1_920)),
            (60, event(4, 960, 2_880)),
            (60, event(5, 960, 2_880)),
            (80, packet(1, 6, 3_840)),
        ];
        let out = echoed(said, 2_000);
        let times: Vec<_> = out.iter().map(|(at, packet)| (*at, packet.timestamp - 48_000)).collect();
        assert_eq!(times, [(1_000, 0), (1_040, 960), (1_060, 960), (1_080, 960), (1_080, 960), (1_080, 3_840)]);
    }

    #[test]
    fn another_voice_and_a_restarted_clock_begin_anew() {
        let said = vec![
            (0, packet(1, 500, 1_000)),
            (400, packet(2, 3, 4_000_000_000)),
            (420, packet(2, 4, 4_000_000_960)),
            (440, packet(2, 5, 17)),
        ];
        let out = echoed(said, 2_000);
        let heard: Vec<_> = out.iter().map(|(at, packet)| (*at, packet.timestamp, packet.marker)).collect();
        assert_eq!(
            heard,
            [(1_000, 48_000, true), (1_400, 67_200, true), (1_420, 68_160, false), (1_440, 69_120, true)]
        );
    }

    #[test]
    fn of_two_who_speak_at_once_one_is_said_again_and_then_the_other() {
        let silent_after = |source: u128, from: u64, n: u64| {
            let mut heard = packet(source, n, 960 * n as u32);
            heard.packet.voice = n < from;
            (20 * n, heard)
        };
        let said = (0..100).flat_map(|n| [silent_after(2, 100, n), silent_after(1, 30, n)]).skip(1).collect();
        let out = echoed(said, 4_000);
        // The first is followed until it has been silent for a while, then the second; never both.
        assert_eq!(out.iter().map(|(at, _)| *at).collect::<Vec<_>>(), (1_000..3_000).step_by(20).collect::<Vec<_>>());
        let unheard = out.iter().filter(|(_, packet)| !packet.voice).count();
        assert_eq!(unheard, FOLLOWED.as_millis() as usize / 20 - 1);
        assert_eq!(out.iter().filter(|(_, packet)| packet.marker).count(), 2);
    }

    #[test]
    fn timestamps_wrap_without_a_stumble() {
        let said = (0..4).map(|n| (u64::from(n) * 20, packet(1, n.into(), (u32::MAX - 1_000).wrapping_add(960 * n))));
        let out = echoed(said.collect(), 2_000);
        assert_eq!(out.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1_000, 1_020, 1_040, 1_060]);
    }

    #[test]
    fn a_flood_is_bounded_and_what_is_too_late_is_dropped() {
        let start = clock::now();
        let mut echo = Echo::new(DELAY);
        for n in 0..10_000 {
            echo.hear(packet(1, n, 0), start, |_| 0);
        }
        assert_eq!(echo.held.len(), MAX_HELD);
        while echo.give(start + DELAY).is_some() {}
        echo.hear(packet(1, 5, 0), start + FRAME, |_| 0);
        assert!(echo.give(start + 2 * DELAY).is_none());
    }
}
