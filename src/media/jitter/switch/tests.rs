//! Speakers who take turns in one slot, over simulated networks, in virtual time, from seeds: whatever arrives in
//! whichever order, no sample is said to be of somebody else.

use std::f64::consts::TAU;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::super::{JitterBuffer, JitterStats, Pulled};
use crate::base::seed::Seed;
use crate::media::level;
use crate::media::opus::{Encoder, Encoding, PACKET_ROOM};
use crate::media::packet::{FRAME, Kind, Received, SAMPLE_RATE, TICK};
use crate::media::tick::Tick;
use crate::media::tones::strength;

#[test]
fn speakers_who_take_turns_are_told_apart() {
    let heard = Slot::default().speaks(ALICE, 25).speaks(BOB, 25).speaks(ALICE, 25).play();
    heard.is_attributed("in order");
    assert_eq!(heard.turns(), [ALICE, BOB, ALICE]);
    assert!(heard.millis_of(ALICE) >= 900 && heard.millis_of(BOB) >= 440, "{:?}", heard.stats);
    assert_eq!((heard.stats.received, heard.stats.lost), (75, 0));
}

#[test]
fn a_network_that_reorders_and_loses_moves_no_sample_to_somebody_else() {
    for seed in 0..40 {
        let mut random = Seed::new(seed);
        let mut slot = Slot::default();
        for _ in 0..12 {
            let who = [ALICE, BOB, CAROL][random.below(3) as usize];
            slot = slot.speaks(who, 3 + random.below(30) as usize).pauses(random.below(3) * random.below(200));
        }
        slot.packets.retain(|_| random.below(12) > 0);
        for (at, _) in &mut slot.packets {
            *at += random.below(70);
        }
        let heard = slot.play();
        heard.is_attributed(&format!("seed {seed}"));
        assert!(heard.sound.iter().all(|(_, tick)| tick.iter().all(|s| s.abs() <= 1.0)), "seed {seed}");
    }
}

#[test]
fn late_packets_of_the_one_before_are_dropped() {
    let mut slot = Slot::default().speaks(ALICE, 25).speaks(BOB, 25);
    for (at, packet) in &mut slot.packets {
        // The last four of Alice come when Bob is heard already.
        if packet.mark == Some(ALICE) && packet.sequence > FIRST + 20 {
            *at += 200;
        }
    }
    let heard = slot.play();
    heard.is_attributed("late");
    assert_eq!(heard.turns(), [ALICE, BOB]);
    assert_eq!(heard.stats.late, 4, "{:?}", heard.stats);
}

#[test]
fn the_first_packets_of_the_next_one_may_be_lost() {
    let mut slot = Slot::default().speaks(ALICE, 25).speaks(BOB, 25);
    slot.packets.retain(|(_, packet)| !(FIRST + 25..FIRST + 28).contains(&packet.sequence));
    let heard = slot.play();
    heard.is_attributed("lost");
    assert_eq!((heard.turns(), heard.stats.lost), (vec![ALICE, BOB], 3));
    assert_eq!(heard.stats.repaired, 0, "nothing of Bob's stands in for what is missing");
}

#[test]
fn one_ends_and_the_next_begins_without_a_click() {
    for frames in [7, 10, 13] {
        let heard = Slot::default().speaks(ALICE, frames).speaks(BOB, frames).speaks(ALICE, frames).play();
        let sound: Vec<f32> = heard.sound.iter().flat_map(|(_, tick)| tick.iter().copied()).collect();
        let steepest = sound.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
        // A 1600 Hz sine of this amplitude rises by 0.063 from one sample to the next.
        assert!(steepest < 0.09, "{frames}: {steepest}");
    }
}

#[test]
fn taking_turns_for_long_does_not_pile_up_delay() {
    let slot = (0..60).fold(Slot::default(), |slot, turn| slot.speaks([ALICE, BOB][turn % 2], 25));
    let heard = slot.play();
    heard.is_attributed("turns");
    assert!(heard.waiting < 150.0, "{} ms wait in the end", heard.waiting);
    assert!(heard.stats.concealed_ms < 60 * 20, "{:?}", heard.stats);
}

#[test]
fn tones_of_somebody_else_take_no_time_from_the_speaker() {
    let mut slot = Slot::default().speaks(ALICE, 50);
    for index in [40, 30, 20] {
        let (at, mut tone) = slot.packets[index].clone();
        (tone.kind, tone.mark, tone.payload) = (Kind::TelephoneEvent, Some(BOB), vec![5, 10, 3, 192]);
        slot.packets.insert(index, (at, tone));
        slot.packets[index + 1..].iter_mut().for_each(|(_, packet)| packet.sequence += 1);
    }
    let heard = slot.play();
    heard.is_attributed("tones");
    assert_eq!(heard.turns(), [ALICE]);
    assert!(heard.millis_of(ALICE) >= 970, "{}", heard.millis_of(ALICE));
    assert_eq!((heard.stats.lost, heard.stats.concealed_ms), (0, 120), "made up after the end only: {:?}", heard.stats);
}

#[test]
fn a_source_without_a_mark_is_another_too() {
    let mut slot = Slot::default().speaks(ALICE, 20).speaks(BOB, 20);
    slot.packets[20..].iter_mut().for_each(|(_, packet)| packet.mark = None);
    let heard = slot.play();
    let marks: Vec<_> = heard.sound.iter().map(|(mark, _)| *mark).collect();
    assert!(marks.contains(&Some(ALICE)) && marks.contains(&None));
    for (mark, tick) in &heard.sound {
        let other = if mark.is_some() { BOB } else { ALICE };
        assert!(strength(tick, hertz(other)) < STRAY);
    }
}

const ALICE: u16 = 1;
const BOB: u16 = 2;
const CAROL: u16 = 349;

const FIRST: u64 = 70_000;

const AMPLITUDE: f64 = 0.3;

/// More of somebody's tone than this in a tick of somebody else's is no side effect of fading any more, nor of what the
/// decoder makes up, which takes every tone for a voice.
const STRAY: f64 = AMPLITUDE / 4.0;

/// What each of them speaks: whole periods in a tick, far enough apart.
fn hertz(who: u16) -> f64 {
    match who {
        ALICE => 400.0,
        BOB => 1600.0,
        _ => 900.0,
    }
}

/// A receive slot as the service fills it, with the millisecond at which each packet arrives.
#[derive(Default)]
struct Slot {
    packets: Vec<(u64, Received)>,
    now: u64,
    spoken: [usize; 3],
}

struct Heard {
    /// Whose each tick of sound was said to be; ticks of silence are left out.
    sound: Vec<(Option<u16>, [f32; TICK])>,
    stats: JitterStats,
    waiting: f32,
}

impl Slot {
    /// Somebody is given the slot and speaks: the sequence goes on by one, the timestamp by the time that passed.
    fn speaks(mut self, who: u16, frames: usize) -> Self {
        let at = [ALICE, BOB, CAROL].iter().position(|one| *one == who).unwrap();
        for frame in 0..frames {
            let sequence = FIRST + self.packets.len() as u64;
            let packet = Received {
                slot: 0,
                kind: Kind::Opus,
                sequence,
                timestamp: (self.now * 48) as u32,
                marker: frame == 0,
                mark: Some(who),
                payload: speech(at)[self.spoken[at] % SPEECH].clone(),
                at: start(),
            };
            self.spoken[at] += 1;
            self.packets.push((self.now, packet));
            self.now += 20;
        }
        self
    }

    fn pauses(mut self, millis: u64) -> Self {
        self.now += millis;
        self
    }

    fn play(mut self) -> Heard {
        self.packets.sort_by_key(|(at, _)| *at);
        let end = self.packets.last().map_or(0, |(at, _)| *at);
        let mut buffer = JitterBuffer::new().unwrap();
        let mut heard = Heard { sound: Vec::new(), stats: JitterStats::default(), waiting: 0.0 };
        let mut arriving = self.packets.into_iter().peekable();
        for millis in (0..=end + 200).step_by(10) {
            while let Some((at, packet)) = arriving.next_if(|(at, _)| *at <= millis) {
                buffer.insert(&packet, start() + Duration::from_millis(at));
            }
            let mut tick = Tick::from([9.0; TICK]);
            match buffer.pull(&mut tick, start() + Duration::from_millis(millis)) {
                Pulled::Silence => assert!(level::dbfs(tick.left()) < -50.0),
                Pulled::Speech | Pulled::Repaired | Pulled::Concealed => {
                    heard.sound.push((buffer.source(), *tick.left()));
                }
            }
            if millis <= end {
                heard.waiting = buffer.stats().buffer_ms;
            }
        }
        heard.stats = buffer.stats();
        heard
    }
}

impl Heard {
    /// No tick holds the tone of anybody but the one it is said to be of.
    #[track_caller]
    fn is_attributed(&self, name: &str) {
        for (index, (mark, tick)) in self.sound.iter().enumerate() {
            let who = mark.expect("every packet has a mark");
            for other in [ALICE, BOB, CAROL].into_iter().filter(|other| *other != who) {
                let stray = strength(tick, hertz(other));
                assert!(stray < STRAY, "{name}: tick {index} of {who} holds {stray} of {other}");
            }
        }
    }

    /// Who was heard, one after the other.
    fn turns(&self) -> Vec<u16> {
        let mut turns: Vec<u16> = self.sound.iter().filter_map(|(mark, _)| *mark).collect();
        turns.dedup();
        turns
    }

    /// How long somebody's tone was heard, ms.
    fn millis_of(&self, who: u16) -> usize {
        let of = |(mark, tick): &&(Option<u16>, [f32; TICK])| {
            *mark == Some(who) && strength(tick, hertz(who)) > AMPLITUDE / 2.0
        };
        self.sound.iter().filter(of).count() * 10
    }
}

/// Frames of each tone; then it begins again, in phase.
const SPEECH: usize = 100;

fn speech(at: usize) -> &'static [Vec<u8>] {
    static SOUND: OnceLock<[Vec<Vec<u8>>; 3]> = OnceLock::new();
    &SOUND.get_or_init(|| [ALICE, BOB, CAROL].map(|who| encoded(hertz(who))))[at]
}

fn encoded(hertz: f64) -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(Encoding::SPEECH).unwrap();
    let packets = (0..SPEECH).map(|index| {
        let frame: [f32; FRAME] = std::array::from_fn(|at| {
            let time = (index * FRAME + at) as f64 / f64::from(SAMPLE_RATE);
            ((time * hertz * TAU).sin() * AMPLITUDE) as f32
        });
        let mut payload = vec![0; PACKET_ROOM];
        let length = encoder.encode(&frame, &mut payload).unwrap();
        payload.truncate(length);
        payload
    });
    packets.collect()
}

/// Any instant will do: only differences matter.
fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(crate::base::clock::now)
}
