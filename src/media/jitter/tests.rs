//! The jitter buffer over simulated networks, in virtual time, from seeds.

mod adapting;
mod streams;

use std::f64::consts::TAU;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::*;
use crate::base::seed::Seed;
use crate::media::level;
use crate::media::opus::{Encoder, Encoding, PACKET_ROOM};
use crate::media::packet::{Kind, SAMPLE_RATE};
use crate::media::tick::Tick;
use crate::media::tones::strength;

#[test]
fn a_tone_in_comes_out_as_the_tone() {
    let heard = Network::new(150).play();
    assert_eq!(heard.stats.received, 150);
    assert_eq!((heard.stats.lost, heard.stats.late, heard.stats.skipped_ms), (0, 0, 0));
    assert!(heard.purity(0.5, 2.8) > 0.95, "{}", heard.purity(0.5, 2.8));
    assert!(heard.began_after(Duration::from_millis(31)));
    assert!(heard.stats.jitter_ms < 1.0);
}

#[test]
fn order_and_doubles_do_not_matter() {
    for seed in 0..10 {
        let mut network = Network::new(150);
        let mut random = Seed::new(seed);
        network.delay_each(|_| 30 + random.below(30));
        for index in (0..100).step_by(7) {
            let double = network.packets[index].clone();
            network.packets.push((double.0 + 10, double.1));
        }
        let heard = network.play();
        assert!(heard.stats.duplicates >= 14, "seed {seed}");
        assert_eq!((heard.stats.received, heard.stats.lost), (150, 0), "seed {seed}");
        assert!(heard.purity(0.5, 2.8) > 0.8, "seed {seed}: {}", heard.purity(0.5, 2.8));
    }
}

#[test]
fn lost_packets_are_made_up() {
    for seed in 0..10 {
        let (network, lost) = Network::new(300).losing_a_tenth(seed);
        let heard = network.play();
        assert!(heard.stats.lost.abs_diff(lost) <= 1, "seed {seed}: {} of {lost}", heard.stats.lost);
        assert!(heard.stats.late == 0 && heard.stats.skipped_ms == 0, "seed {seed}: {:?}", heard.stats);
        assert!(heard.purity(0.5, 5.8) > 0.7, "seed {seed}: {}", heard.purity(0.5, 5.8));
    }
}

#[test]
fn lost_speech_is_restored_from_the_next_packet() {
    for seed in 0..10 {
        let (network, lost) = Network::speaking(300).losing_a_tenth(seed);
        let heard = network.play();
        assert!(heard.stats.repaired >= lost / 3, "seed {seed}: {lost} lost, {:?}", heard.stats);
        let all_made_up = lost * 20;
        assert!(heard.stats.concealed_ms < all_made_up, "seed {seed}: {:?}", heard.stats);
    }
}

#[test]
fn jitter_is_absorbed_and_measured() {
    for seed in 0..10 {
        let mut network = Network::new(500);
        let mut random = Seed::new(seed);
        network.delay_each(|_| random.below(60));
        let heard = network.play();
        assert!(heard.stats.concealed_ms < 300, "seed {seed}: {:?}", heard.stats);
        assert!(heard.stats.late < 15, "seed {seed}: {:?}", heard.stats);
        assert!((5.0..40.0).contains(&heard.stats.jitter_ms), "seed {seed}: {}", heard.stats.jitter_ms);
        assert!(heard.stats.buffer_ms < 250.0);
    }
}

#[test]
fn timestamps_may_wrap() {
    let mut network = Network::new(150);
    for (_, packet) in &mut network.packets {
        packet.timestamp = packet.timestamp.wrapping_add(u32::MAX - 50_000);
    }
    let heard = network.play();
    assert_eq!((heard.stats.lost, heard.stats.concealed_ms / 200), (0, 0));
    assert!(heard.purity(0.5, 2.8) > 0.95);
}

#[test]
fn after_a_pause_of_the_sender_a_new_spurt_begins() {
    let mut network = Network::new(200);
    for (at, packet) in &mut network.packets {
        if packet.sequence >= FIRST + 100 {
            *at += 1000;
            packet.timestamp = packet.timestamp.wrapping_add(SAMPLE_RATE);
            packet.marker = packet.sequence == FIRST + 100;
        }
    }
    let heard = network.play();
    assert_eq!(heard.stats.lost, 0, "{:?}", heard.stats);
    assert!(level::dbfs(heard.between(2.3, 2.9)) < -100.0, "silence in between");
    assert!(heard.purity(3.3, 4.8) > 0.95);
}

#[test]
fn a_long_outage_ends_without_a_backlog() {
    let mut network = Network::new(300);
    network.packets.retain(|(_, packet)| !(FIRST + 100..FIRST + 150).contains(&packet.sequence));
    let heard = network.play();
    assert_eq!(heard.stats.lost, 50, "{:?}", heard.stats);
    assert!(heard.purity(3.3, 5.8) > 0.95);
    assert!(heard.stats.concealed_ms <= 140, "{:?}", heard.stats);
}

#[test]
fn a_stall_that_bursts_out_is_caught_up() {
    let mut network = Network::new(500);
    network.delay_each(|index| if (100..175).contains(&index) { (175 - index as u64) * 20 } else { 0 });
    let heard = network.play();
    assert!(heard.stats.skipped_ms >= 900, "{:?}", heard.stats);
    assert!(heard.most_waiting_after(9.0) < 200.0, "{}", heard.most_waiting_after(9.0));
    assert!(heard.purity(9.0, 9.9) > 0.9);
}

#[test]
fn a_sender_that_starts_again_is_followed() {
    let mut network = Network::new(200);
    for (_, packet) in &mut network.packets {
        if packet.sequence >= FIRST + 100 {
            packet.sequence = packet.sequence - FIRST - 100 + 7;
            packet.timestamp = packet.timestamp.wrapping_mul(3);
        }
    }
    let heard = network.play();
    assert!(heard.purity(2.5, 3.8) > 0.9, "{}", heard.purity(2.5, 3.8));
}

#[test]
fn clocks_that_differ_do_not_fill_or_starve_the_buffer() {
    for (name, per_mille) in [("fast", 995), ("slow", 1005)] {
        let mut network = Network::new(3000);
        for (at, _) in &mut network.packets {
            *at = *at * per_mille / 1000;
        }
        let heard = network.play();
        assert!(heard.stats.lost == 0 && heard.stats.late == 0, "{name}: {:?}", heard.stats);
        assert!(heard.most_waiting_after(10.0) < 120.0, "{name}: {}", heard.most_waiting_after(10.0));
        let corrected = heard.stats.shortened_ms + heard.stats.lengthened_ms + heard.stats.concealed_ms;
        assert!((150..600).contains(&corrected), "{name}: {:?}", heard.stats);
    }
}

#[test]
fn telephone_events_are_silence_and_not_loss() {
    let mut network = Network::new(150);
    for (_, packet) in &mut network.packets[60..68] {
        packet.kind = Kind::TelephoneEvent;
        packet.payload = vec![5, 10, 3, 192];
    }
    let heard = network.play();
    assert_eq!((heard.stats.lost, heard.stats.malformed), (0, 0));
    assert!(level::dbfs(heard.between(1.26, 1.34)) < -60.0);
    assert!(heard.purity(1.5, 2.8) > 0.95);
}

#[test]
fn whatever_arrives_memory_is_bounded_and_nothing_panics() {
    for seed in 0..20 {
        let mut random = Seed::new(seed);
        let mut buffer = JitterBuffer::new().unwrap();
        let mut now = start();
        let mut tick = Tick::default();
        let mut sequence = random.next_u64();
        for _ in 0..2000 {
            sequence = match random.below(50) {
                0 => random.next_u64(),
                1 => [0, u64::MAX][random.below(2) as usize],
                2..10 => sequence.wrapping_sub(random.below(5)),
                _ => sequence.wrapping_add(random.below(4)),
            };
            let length = random.below(120) as usize;
            let packet = Received {
                slot: 0,
                kind: if random.below(10) == 0 { Kind::TelephoneEvent } else { Kind::Opus },
                sequence,
                timestamp: random.next_u64() as u32,
                marker: random.below(20) == 0,
                mark: [None, Some(1), Some(2)][random.below(3) as usize],
                payload: (0..length).map(|_| random.next_u64() as u8).collect(),
                at: now,
            };
            buffer.insert(&packet, now);
            now += Duration::from_millis(random.below(15));
            buffer.pull(&mut tick, now);
            assert!(buffer.sound.ready() <= 3 * LONGEST, "seed {seed}");
            assert!(buffer.queue.len() <= 128, "seed {seed}");
            assert!(tick.left().iter().all(|s| s.is_finite()), "seed {seed}");
        }
    }
}

const FIRST: u64 = 70_000;

/// Packets of a 440 Hz tone, with the millisecond at which each arrives.
struct Network {
    packets: Vec<(u64, Received)>,
}

struct Heard {
    sound: Vec<f32>,
    waiting: Vec<f32>,
    targets: Vec<f32>,
    stats: JitterStats,
}

impl Network {
    fn new(frames: usize) -> Self {
        static TONE: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
        Self::sending(frames, TONE.get_or_init(|| encoded(3000, |time| (time * 440.0 * TAU).sin() * 0.3)))
    }

    /// Something like speech: vowels that change pitch, in syllables.
    fn speaking(frames: usize) -> Self {
        static SPEECH: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
        let wave = |time: f64| {
            let pitch = 120.0 + 30.0 * (time * 1.3 * TAU).sin();
            let vowel: f64 = (1..20).map(|n| (time * pitch * f64::from(n) * TAU).sin() / f64::from(n)).sum();
            vowel * 0.15 * (time * 3.0 * TAU).sin().max(0.0)
        };
        Self::sending(frames, SPEECH.get_or_init(|| encoded(300, wave)))
    }

    fn losing_a_tenth(mut self, seed: u64) -> (Self, u64) {
        let mut random = Seed::new(seed);
        let sent = self.packets.len();
        self.packets.retain(|(_, packet)| packet.sequence == FIRST || random.below(10) > 0);
        let lost = (sent - self.packets.len()) as u64;
        (self, lost)
    }

    fn sending(frames: usize, payloads: &[Vec<u8>]) -> Self {
        let packets = payloads[..frames].iter().enumerate().map(|(index, payload)| {
            let packet = Received {
                slot: 0,
                kind: Kind::Opus,
                sequence: FIRST + index as u64,
                timestamp: (index * FRAME) as u32,
                marker: index == 0,
                mark: None,
                payload: payload.clone(),
                at: start(),
            };
            (20 * index as u64, packet)
        });
        Self { packets: packets.collect() }
    }

    fn delay_each(&mut self, mut delay: impl FnMut(usize) -> u64) {
        for (index, (at, _)) in self.packets.iter_mut().enumerate() {
            *at += delay(index);
        }
    }

    fn play(mut self) -> Heard {
        self.packets.sort_by_key(|(at, _)| *at);
        let end = self.packets.last().map_or(0, |(at, _)| *at);
        let mut buffer = JitterBuffer::new().unwrap();
        let mut heard =
            Heard { sound: Vec::new(), waiting: Vec::new(), targets: Vec::new(), stats: JitterStats::default() };
        let mut arriving = self.packets.into_iter().peekable();
        for millis in (0..=end + 10).step_by(10) {
            while let Some((at, packet)) = arriving.next_if(|(at, _)| *at <= millis) {
                buffer.insert(&packet, start() + Duration::from_millis(at));
            }
            let mut tick = Tick::from([9.0; TICK]);
            buffer.pull(&mut tick, start() + Duration::from_millis(millis));
            heard.targets.push(buffer.stats().target_ms);
            heard.sound.extend_from_slice(tick.left());
            heard.waiting.push(buffer.stats().buffer_ms);
        }
        heard.stats = buffer.stats();
        heard
    }
}

/// Packets of a wave, given as a function of the second.
fn encoded(frames: usize, wave: impl Fn(f64) -> f64) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(Encoding::SPEECH).unwrap();
    let packets = (0..frames).map(|index| {
        let frame: [f32; FRAME] =
            std::array::from_fn(|at| wave((index * FRAME + at) as f64 / f64::from(SAMPLE_RATE)) as f32);
        let mut payload = vec![0; PACKET_ROOM];
        let length = encoder.encode(&frame, &mut payload).unwrap();
        payload.truncate(length);
        payload
    });
    packets.collect()
}

impl Heard {
    fn between(&self, from: f64, to: f64) -> &[f32] {
        let at = |seconds: f64| ((seconds * f64::from(SAMPLE_RATE)) as usize).min(self.sound.len());
        &self.sound[at(from)..at(to)]
    }

    /// How much of the sound between two seconds is the tone, by power, in windows that forgive jumps of phase.
    fn purity(&self, from: f64, to: f64) -> f64 {
        let (mut tone, mut all) = (0.0, 1e-9);
        for window in self.between(from, to).chunks_exact(2400) {
            tone += strength(window, 440.0).powi(2) / 2.0;
            all += f64::from(level::power(window)).max(0.3 * 0.3 / 2.0);
        }
        tone / all
    }

    fn began_after(&self, most: Duration) -> bool {
        let begin = self.sound.iter().position(|s| s.abs() > 0.01).unwrap_or(usize::MAX);
        begin as f64 / f64::from(SAMPLE_RATE) <= most.as_secs_f64() + 0.01
    }

    fn most_waiting_after(&self, second: f64) -> f32 {
        self.waiting[(second * 100.0) as usize..].iter().copied().fold(0.0, f32::max)
    }
}

/// Any instant will do: only differences matter.
fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(crate::base::clock::now)
}
