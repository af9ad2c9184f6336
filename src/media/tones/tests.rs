//! Tones held against what is written of the networks of each region (see `regions`), to the sample.

use super::*;
use crate::media::level::dbfs;

/// A cadence as such tables write it: seconds of tone and of silence, in turn.
type Cadence = &'static [f64];

/// What a region plays: pitches and cadence of ring-back, of busy, of congestion, and of call waiting.
struct Listed {
    region: Region,
    ring_back: (&'static [f64], Cadence),
    busy: (&'static [f64], Cadence),
    congestion: (&'static [f64], Cadence),
    waiting: (&'static [f64], Cadence),
}

const LISTED: [Listed; 7] = [
    Listed {
        region: Region::Europe,
        ring_back: (&[425.0], &[1.0, 4.0]),
        busy: (&[425.0], &[0.5, 0.5]),
        congestion: (&[425.0], &[0.25, 0.25]),
        waiting: (&[425.0], &[0.2, 0.6, 0.2, 3.0]),
    },
    Listed {
        region: Region::UnitedStates,
        ring_back: (&[440.0, 480.0], &[2.0, 4.0]),
        busy: (&[480.0, 620.0], &[0.5, 0.5]),
        congestion: (&[480.0, 620.0], &[0.25, 0.25]),
        waiting: (&[440.0], &[0.3, 10.0]),
    },
    Listed {
        region: Region::UnitedKingdom,
        ring_back: (&[400.0, 450.0], &[0.4, 0.2, 0.4, 2.0]),
        busy: (&[400.0], &[0.375, 0.375]),
        congestion: (&[400.0], &[0.4, 0.35, 0.225, 0.525]),
        waiting: (&[400.0], &[0.1, 4.0]),
    },
    Listed {
        region: Region::France,
        ring_back: (&[440.0], &[1.5, 3.5]),
        busy: (&[440.0], &[0.5, 0.5]),
        congestion: (&[440.0], &[0.25, 0.25]),
        waiting: (&[440.0], &[0.3, 10.0]),
    },
    Listed {
        region: Region::Germany,
        ring_back: (&[425.0], &[1.0, 4.0]),
        busy: (&[425.0], &[0.48, 0.48]),
        congestion: (&[425.0], &[0.24, 0.24]),
        waiting: (&[425.0], &[0.2, 0.2, 0.2, 5.0]),
    },
    Listed {
        region: Region::Japan,
        ring_back: (&[400.0, 384.0, 416.0], &[1.0, 2.0]),
        busy: (&[400.0], &[0.5, 0.5]),
        congestion: (&[400.0], &[0.5, 0.5]),
        waiting: (&[400.0, 384.0, 416.0], &[0.5, 8.0]),
    },
    Listed {
        region: Region::Australia,
        ring_back: (&[425.0, 400.0, 450.0], &[0.4, 0.2, 0.4, 2.0]),
        busy: (&[425.0], &[0.375, 0.375]),
        congestion: (&[425.0], &[0.375, 0.375, 0.375, 0.375]),
        waiting: (&[425.0], &[0.2, 0.2, 0.2, 4.4]),
    },
];

#[test]
fn cadences_and_pitches_are_those_of_the_region() {
    for listed in &LISTED {
        let region = listed.region;
        for (tone, (pitches, cadence)) in [
            (CallTone::RingBack, listed.ring_back),
            (CallTone::Busy, listed.busy),
            (CallTone::Congestion, listed.congestion),
            (CallTone::Waiting, listed.waiting),
        ] {
            // Twice: it goes on for ever.
            let sound = play(tone, region, 2 * samples(cadence));
            let (first, second) = sound.split_at(samples(cadence));
            follows(first, pitches, cadence, &format!("{tone:?} in {region:?}"));
            follows(second, pitches, cadence, &format!("{tone:?} in {region:?}, again"));
        }
    }
    assert_eq!(LISTED.map(|listed| listed.region), Region::ALL);
}

#[test]
fn what_is_played_into_an_ear_is_neither_faint_nor_startling() {
    for listed in &LISTED {
        for (tone, (_, cadence)) in [
            (CallTone::RingBack, listed.ring_back),
            (CallTone::Busy, listed.busy),
            (CallTone::Congestion, listed.congestion),
        ] {
            let sound = play(tone, listed.region, samples(&cadence[..1]));
            let level = dbfs(&sound[..samples(&cadence[..1])]);
            assert!((-20.5..-19.5).contains(&level), "{tone:?} in {:?}: {level} dBFS", listed.region);
        }
        let burst = samples(&listed.waiting.1[..1]);
        let waiting = dbfs(&play(CallTone::Waiting, listed.region, burst)[..burst]);
        assert!((-25.0..-23.5).contains(&waiting), "call waiting in {:?}: {waiting} dBFS", listed.region);
    }
    let congestion = play(CallTone::Congestion, Region::Australia, 72_000);
    let (loud, soft) = (dbfs(&congestion[..18_000]), dbfs(&congestion[36_000..54_000]));
    assert!((loud - soft - 10.0).abs() < 0.1, "every other one is 10 dB softer: {loud}, {soft}");
}

#[test]
fn tones_begin_and_end_without_a_click_and_never_clip() {
    for region in Region::ALL {
        for tone in [CallTone::Ring, CallTone::RingBack, CallTone::Busy, CallTone::Congestion, CallTone::Waiting] {
            let steepest = if tone == CallTone::Ring { 0.12 } else { 0.02 };
            is_smooth(&play(tone, region, 6 * 48_000), steepest, &format!("{tone:?} in {region:?}"));
        }
    }
}

#[test]
fn the_ring_is_louder_and_rests_between_its_figures() {
    let sound = play(CallTone::Ring, Region::Europe, 4 * 48_000);
    assert!(sound[2 * 48_000..4 * 48_000].iter().all(|s| *s == 0.0));
    let level = dbfs(&sound[..48_000]);
    assert!((-19.0..-12.0).contains(&level), "{level} dBFS");
}

#[test]
fn short_tones_of_a_group_end_by_themselves() {
    let low_and_high = |sound: &[f32]| [strength(sound, 587.33), strength(sound, 783.99)];
    for (tone, rises) in [(ShortTone::Came, true), (ShortTone::Went, false)] {
        let sound = play_once(tone);
        assert_eq!(sound.len(), 12_000, "{tone:?} lasts a quarter of a second");
        let [low, high] = low_and_high(&sound[..4320]);
        assert_eq!(low < high, !rises, "{tone:?} begins with {low} and {high}");
        let [low, high] = low_and_high(&sound[4320..]);
        assert_eq!(low < high, rises, "{tone:?} ends with {low} and {high}");
        is_smooth(&sound, 0.05, &format!("{tone:?}"));
        assert!(dbfs(&sound) < -20.0, "{tone:?} is softer than people talk: {} dBFS", dbfs(&sound));
    }
}

#[test]
fn a_reminder_is_one_note_twice_and_soft() {
    let sound = play_once(ShortTone::Reminder);
    assert_eq!(sound.len(), 340 * 48);
    let (first, rest) = sound.split_at(100 * 48);
    let (pause, second) = rest.split_at(80 * 48);
    assert!(pause.iter().all(|s| *s == 0.0));
    for note in [first, second] {
        assert!(strength(note, 523.25) > 0.05, "{}", strength(note, 523.25));
    }
    is_smooth(&sound, 0.05, "a reminder");
    assert!(dbfs(&sound) < -20.0, "softer than people talk: {} dBFS", dbfs(&sound));
}

#[test]
fn a_tone_that_is_over_is_silence() {
    let (mut player, mut tick) = (TonePlayer::once(ShortTone::Came), [9.0; TICK]);
    while !player.is_over() {
        player.fill(&mut tick);
    }
    player.fill(&mut tick);
    assert_eq!(tick, [0.0; TICK]);
}

#[test]
fn strength_tells_pitches_apart() {
    let sine: Vec<f32> = (0..4800).map(|n| (f64::from(n) * TAU * 440.0 / 48_000.0).sin() as f32 * 0.5).collect();
    assert!((strength(&sine, 440.0) - 0.5).abs() < 0.01);
    assert!(strength(&sine, 800.0) < 0.02);
    assert_eq!(strength(&[], 440.0), 0.0);
}

/// Holds `sound` against the cadence: each pitch sounds where there is tone, to the sample, and nothing does elsewhere.
#[track_caller]
fn follows(mut sound: &[f32], pitches: &[f64], cadence: Cadence, what: &str) {
    for (turn, seconds) in cadence.iter().enumerate() {
        let (part, rest) = sound.split_at((seconds * 48_000.0).round() as usize);
        sound = rest;
        if turn % 2 == 1 {
            assert!(part.iter().all(|s| *s == 0.0), "{what}: pause {turn} is silent");
            continue;
        }
        for pitch in pitches {
            let heard = strength(part, *pitch);
            assert!(heard > 0.03, "{what}: {pitch} Hz in part {turn} has {heard}");
        }
        let tones: f64 = pitches.iter().map(|pitch| strength(part, *pitch).powi(2) / 2.0).sum();
        let all = f64::from(crate::media::level::power(part));
        assert!(tones > 0.85 * all, "{what}: part {turn} holds other pitches, too: {tones} of {all}");
        let middle_of_edge = part[120].abs().max(part[121].abs()).max(part[122].abs());
        assert!(part[0].abs() < 0.001 && part[part.len() - 1].abs() < 0.001, "{what}: part {turn} has edges");
        assert!(middle_of_edge < 0.3, "{what}: part {turn} comes up softly");
    }
}

#[track_caller]
fn is_smooth(sound: &[f32], steepest: f32, what: &str) {
    let jump = sound.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
    assert!(jump < steepest, "{what} jumps by {jump}");
    assert!(sound.iter().all(|s| s.abs() < 0.6), "{what} is too loud");
}

fn samples(cadence: &[f64]) -> usize {
    cadence.iter().map(|seconds| (seconds * 48_000.0).round() as usize).sum()
}

fn play(tone: CallTone, region: Region, samples: usize) -> Vec<f32> {
    let mut player = TonePlayer::new(tone, region);
    let mut sound = Vec::new();
    while sound.len() < samples {
        let mut tick = [9.0; TICK];
        player.fill(&mut tick);
        sound.extend_from_slice(&tick);
    }
    sound
}

fn play_once(tone: ShortTone) -> Vec<f32> {
    let mut player = TonePlayer::once(tone);
    let (mut sound, mut tick) = (Vec::new(), [9.0; TICK]);
    while !player.is_over() {
        player.fill(&mut tick);
        sound.extend_from_slice(&tick);
    }
    sound
}
