//! Streams that are not twenty milliseconds of one channel without a pause.

use super::*;

#[test]
fn frames_of_ten_milliseconds_wait_no_longer_than_they_are() {
    let heard = Stream::of(Encoding::EARLY_SPEECH, 3, tone).play(|_| true);
    assert_eq!((heard.stats.lost, heard.stats.concealed_ms), (0, 0), "{:?}", heard.stats);
    assert!(heard.waiting[100..].iter().all(|waiting| *waiting <= 10.0));
    assert!(heard.purity(0.5, 2.8) > 0.95, "{}", heard.purity(0.5, 2.8));
}

#[test]
fn lost_frames_of_ten_milliseconds_are_bridged() {
    let heard = Stream::of(Encoding::EARLY_SPEECH, 3, tone).play(|index| index % 20 != 7);
    assert_eq!(heard.stats.lost, 15, "{:?}", heard.stats);
    assert!(heard.stats.concealed_ms <= 150, "{:?}", heard.stats);
    assert!(heard.purity(0.5, 2.8) > 0.85, "{}", heard.purity(0.5, 2.8));
}

#[test]
fn what_is_not_sent_in_a_pause_is_background_and_no_loss() {
    let stream = Stream::of(Encoding::THIN_SPEECH, 8, |time| voice(time) + hiss(time));
    let pauses: Vec<bool> = stream.packets.iter().map(|(_, packet)| packet.payload.len() <= 2).collect();
    assert!(pauses.iter().filter(|pause| **pause).count() > 50, "the encoder must pause");
    let everything = stream.clone().play(|_| true);
    let heard = stream.numbered_without(&pauses).play(|_| true);
    for (heard, way) in [(&heard, "none"), (&everything, "empty packets")] {
        assert_eq!(heard.stats.lost, 0, "{way}: {:?}", heard.stats);
        assert!(heard.stats.concealed_ms <= 40, "{way}: {:?}", heard.stats);
        assert!(heard.waiting[100..].iter().all(|waiting| *waiting <= 45.0), "{way}");
        let (before, within) = (heard.between(2.1, 2.2), heard.between(3.0, 3.8));
        let (before, within) = (level::dbfs(before), level::dbfs(within));
        assert!((before - within).abs() < 4.0, "{way}: {before}, {within}");
        assert!(level::dbfs(heard.between(4.1, 4.9)) > -25.0, "{way}: the voice is back");
    }
}

#[test]
fn a_gap_in_a_noisy_talk_is_filled_with_its_noise() {
    let stream = Stream::of(Encoding::SPEECH, 4, |time| voice(time * 2.0) + hiss(time));
    // 500 ms from within speech on: twice as fast, it is spoken from 2 s on.
    let heard = stream.play(|index| !(110..135).contains(&index));
    let level = level::dbfs(heard.between(2.4, 2.65));
    assert!((level - HISS_DBFS).abs() < 5.0, "{level}");
}

#[test]
fn a_gap_in_a_talk_without_noise_is_silent() {
    let stream = Stream::of(Encoding::SPEECH, 4, |time| voice(time * 2.0));
    let heard = stream.play(|index| !(110..135).contains(&index));
    assert!(level::dbfs(heard.between(2.4, 2.65)) < -90.0);
}

#[test]
fn stereo_is_heard_in_stereo_and_mono_in_mono_again() {
    let mut stream = Stream::of(Encoding::SPEECH, 2, tone);
    let music = Encoding { stereo: true, ..Encoding::STEREO_MUSIC };
    let left = Stream::of(music, 2, tone);
    let again = Stream::of(Encoding::SPEECH, 2, tone);
    stream = stream.then(left).then(again);
    let heard = stream.play(|_| true);
    assert_eq!((heard.stats.lost, heard.stats.malformed), (0, 0));
    let second = |from: usize| &heard.stereo[from * 100 + 30..from * 100 + 90];
    for (from, stereo) in [(0, false), (1, false), (2, true), (3, true), (5, false)] {
        assert!(second(from).iter().all(|is| *is == stereo), "second {from}");
    }
    assert!(heard.purity(2.5, 3.8) > 0.9, "{}", heard.purity(2.5, 3.8));
    let right: Vec<f32> = heard.right[(2.5 * 48_000.0) as usize..(3.8 * 48_000.0) as usize].to_vec();
    assert!(strength(&right, 440.0) < 0.03, "only the left channel has the tone");
}

const HISS_DBFS: f32 = -52.0;

fn tone(time: f64) -> f64 {
    (time * 440.0 * TAU).sin() * 0.3
}

/// A vowel that lasts two seconds, then two seconds of nothing, and so on.
fn voice(time: f64) -> f64 {
    if time % 4.0 >= 2.0 {
        return 0.0;
    }
    let pitch = 140.0;
    (1..20).map(|n| (time * pitch * f64::from(n) * TAU).sin() / f64::from(n)).sum::<f64>() * 0.15
}

/// Noise that is the same at the same time.
fn hiss(time: f64) -> f64 {
    let random = Seed::new((time * f64::from(SAMPLE_RATE)).round() as u64).unit() - 0.5;
    random * 12_f64.sqrt() * 10_f64.powf(f64::from(HISS_DBFS) / 20.0)
}

/// Packets of something, with the sample at which each is sent.
#[derive(Clone)]
struct Stream {
    packets: Vec<(usize, Received)>,
    frame: usize,
}

struct Played {
    heard: Heard,
    right: Vec<f32>,
    stereo: Vec<bool>,
}

impl std::ops::Deref for Played {
    type Target = Heard;

    fn deref(&self) -> &Heard {
        &self.heard
    }
}

impl Stream {
    /// Seconds of a wave; of two channels, only the left one has it.
    fn of(encoding: Encoding, seconds: usize, wave: impl Fn(f64) -> f64) -> Self {
        let mut encoder = Encoder::new(encoding).unwrap();
        let frame = encoding.frame;
        let packets = (0..seconds * SAMPLE_RATE as usize / frame).map(|index| {
            let mono = (index * frame..(index + 1) * frame).map(|at| wave(at as f64 / f64::from(SAMPLE_RATE)) as f32);
            let samples: Vec<f32> =
                if encoding.stereo { mono.flat_map(|s| [s, 0.0]).collect() } else { mono.collect() };
            let mut payload = vec![0; PACKET_ROOM];
            let length = encoder.encode(&samples, &mut payload).unwrap();
            payload.truncate(length);
            let packet = Received {
                slot: 0,
                kind: Kind::Opus,
                sequence: FIRST + index as u64,
                timestamp: (index * frame) as u32,
                marker: index == 0,
                mark: None,
                payload,
                at: start(),
            };
            (index * frame, packet)
        });
        Self { packets: packets.collect(), frame }
    }

    /// Another stream follows, of the same sender.
    fn then(mut self, mut next: Self) -> Self {
        let (count, end) = (self.packets.len() as u64, self.packets.len() * self.frame);
        for (at, packet) in &mut next.packets {
            *at += end;
            packet.sequence += count;
            packet.timestamp += end as u32;
        }
        self.packets.append(&mut next.packets);
        self
    }

    /// Some packets are not sent at all: the numbers of the others go on, their timestamps don't.
    fn numbered_without(mut self, unsent: &[bool]) -> Self {
        let mut sent = unsent.iter().map(|unsent| !unsent);
        self.packets.retain(|_| sent.next().unwrap());
        self.packets.iter_mut().enumerate().for_each(|(index, (_, packet))| packet.sequence = FIRST + index as u64);
        self
    }

    fn play(self, arrives: impl Fn(usize) -> bool) -> Played {
        let mut buffer = JitterBuffer::new().unwrap();
        let heard = Heard { sound: vec![], waiting: vec![], targets: vec![], stats: JitterStats::default() };
        let mut played = Played { heard, right: Vec::new(), stereo: Vec::new() };
        let end = self.packets.last().map_or(0, |(at, _)| *at);
        let mut arriving = self.packets.into_iter().enumerate().peekable();
        let at = |samples: usize| start() + Duration::from_micros(samples as u64 * 1000 / 48);
        for now in (TICK / 2..end).step_by(TICK) {
            while let Some((index, (sent, packet))) = arriving.next_if(|(_, (sent, _))| *sent <= now) {
                if arrives(index) {
                    buffer.insert(&packet, at(sent));
                }
            }
            let mut tick = Tick::from([9.0; TICK]);
            buffer.pull(&mut tick, at(now));
            played.heard.sound.extend_from_slice(tick.left());
            played.right.extend_from_slice(tick.right());
            played.stereo.push(tick.is_stereo());
            played.heard.waiting.push(buffer.stats().buffer_ms);
        }
        played.heard.stats = buffer.stats();
        played
    }
}
