//! The whole chain, over a room, a voice and noise made from seeds.

mod kit;

use super::*;
use crate::media::level::dbfs;
use crate::media::packet::TICK;
use crate::media::tick::Tick;
use kit::{SECOND, echo, follows, noise, run, speech, sum, tick};

const ECHO: Processing = Processing { echo: true, ..Processing::NONE };
const GAIN: Processing = Processing { gain: true, ..Processing::NONE };

fn only(noise: Noise) -> Processing {
    Processing { noise, ..Processing::NONE }
}

#[test]
fn echo_is_cancelled_and_how_much_is_told() {
    let far = speech(1, 9);
    let back = sum(&echo(2, &far), &noise(3, 9, -80.0));
    for wanted in [ECHO, Processing { noise: Noise::Standard, ..ECHO }] {
        let mut processor = Processor::new(wanted);
        let out = run(&mut processor, &back, Some(&far));
        let (before, after) = (dbfs(&back[4 * SECOND..]), dbfs(&out[4 * SECOND..]));
        assert!(before - after > 30.0, "{wanted:?}: {before} dBFS come back, {after} are left");
        let told = processor.erle_db().unwrap();
        assert!((told - (before - after)).abs() < 10.0, "{wanted:?}: told {told}, it is {}", before - after);
    }
}

#[test]
fn who_speaks_here_is_heard_whatever_is_on_and_only_so_much_later() {
    let near = sum(&speech(4, 6), &noise(5, 6, -75.0));
    let noise = [(only(Noise::Standard), 9.9), (only(Noise::Strong), 19.9)];
    for (wanted, later) in [(ECHO, 11.9), (GAIN, 0.0), (Processing::ALL, 17.9)].into_iter().chain(noise) {
        let mut processor = Processor::new(wanted);
        let out = run(&mut processor, &near, Some(&vec![0.0; near.len()]));
        let (from, to) = (3 * SECOND, 5 * SECOND);
        let (delay, alike) = follows(&near[from..to], &out[from..to + 2400]);
        assert!(alike > 0.8, "{wanted:?}: {alike} alike, {delay} samples later");
        assert!((delay as f32 / 48.0 - later).abs() < 2.0, "{wanted:?}: {later} ms expected, {delay} samples");
    }
}

#[test]
fn who_speaks_here_is_heard_while_the_echo_is_cancelled() {
    let (far, near) = (speech(6, 8), speech(7, 8));
    let heard = sum(&echo(8, &far).iter().map(|sample| sample * 0.3).collect::<Vec<_>>(), &near);
    let mut processor = Processor::new(ECHO);
    let out = run(&mut processor, &heard, Some(&far));
    let (_, alike) = follows(&near[4 * SECOND..7 * SECOND], &out[4 * SECOND..7 * SECOND + 2400]);
    assert!(alike > 0.8, "{alike}");
}

#[test]
fn what_comes_back_is_told_from_somebody_who_speaks_at_the_same_time() {
    // Both say something for four seconds, then nothing for two.
    let talks = |seed: u64| -> Vec<f32> {
        let talk = speech(seed, 24);
        talk.iter().enumerate().map(|(at, sample)| if at / SECOND % 6 < 4 { *sample } else { 0.0 }).collect()
    };
    for seed in 20..22 {
        let far = talks(seed);
        let back: Vec<f32> = echo(seed, &far).iter().map(|sample| sample * 0.2).collect();
        let other = leaks(&far, &talks(seed + 100));
        assert!(other.iter().filter(|found| **found >= 0.5).count() <= 1, "seed {seed}: {other:?}");
        let found = leaks(&far, &back);
        assert!(found.iter().all(|found| *found >= 0.5), "seed {seed}: {found:?}");
    }
}

/// How much of `far` is found in `near`, second by second.
fn leaks(far: &[f32], near: &[f32]) -> Vec<f32> {
    let mut leak = Leak::default();
    let ticks = far.chunks_exact(TICK).zip(near.chunks_exact(TICK));
    let told = ticks.map(|(far, near)| {
        leak.far(crate::media::level::power(far));
        leak.near(crate::media::level::power(near));
        leak.found()
    });
    told.step_by(100).flatten().collect()
}

#[test]
fn noise_falls() {
    let hum = noise(9, 5, -45.0);
    for strength in [Noise::Standard, Noise::Strong] {
        let out = run(&mut Processor::new(only(strength)), &hum, None);
        let fell = dbfs(&hum[3 * SECOND..]) - dbfs(&out[3 * SECOND..]);
        assert!(fell >= 10.0, "{strength:?}: by {fell} dB");
    }
}

#[test]
fn quiet_speech_is_raised_and_loud_speech_is_not_clipped() {
    let voice = sum(&speech(10, 12), &noise(11, 12, -85.0));
    let level = |gain: f32| {
        let spoken: Vec<f32> = voice.iter().map(|sample| sample * gain).collect();
        let out = run(&mut Processor::new(GAIN), &spoken, None);
        let peak = out[2 * SECOND..].iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        (dbfs(&spoken[8 * SECOND..]), dbfs(&out[8 * SECOND..]), peak)
    };
    let (before, after, _) = level(0.06);
    assert!(after > before + 10.0, "from {before} to {after} dBFS");
    let (before, after, peak) = level(1.8);
    assert!(peak < 1.0 && (after - before).abs() < 6.0, "from {before} to {after} dBFS, peak {peak}");
}

#[test]
fn parts_come_and_go_without_a_click_and_without_touching_the_others() {
    let near: Vec<f32> = (0..8 * SECOND).map(|at| 0.2 * (at as f32 * 0.02).sin()).collect();
    let steepest = |sound: &[f32]| sound.windows(2).fold(0.0_f32, |most, pair| most.max((pair[1] - pair[0]).abs()));
    let mut processor = Processor::new(Processing::NONE);
    let wishes = [ECHO, Processing::ALL, GAIN, only(Noise::Strong), Processing::NONE, only(Noise::Standard), ECHO];
    for (second, wanted) in wishes.into_iter().enumerate() {
        let out = run(&mut processor, &near[second * SECOND..][..SECOND], None);
        assert!(steepest(&out) < 0.03, "second {second}: {}", steepest(&out));
        processor.switch(wanted);
        assert_eq!(processor.processing(), wanted);
    }
}

#[test]
fn an_echo_stays_cancelled_while_noise_suppression_comes_and_goes() {
    let far = speech(12, 12);
    let back = echo(13, &far);
    let mut processor = Processor::new(ECHO);
    let mut out = Vec::new();
    for (part, strength) in [Noise::Standard, Noise::Strong, Noise::Off, Noise::Off].into_iter().enumerate() {
        let range = part * 3 * SECOND..(part + 1) * 3 * SECOND;
        out.extend(run(&mut processor, &back[range.clone()], Some(&far[range])));
        processor.switch(Processing { noise: strength, gain: part % 2 == 0, ..ECHO });
    }
    for piece in 4..24 {
        let range = piece * SECOND / 2..(piece + 1) * SECOND / 2;
        let (before, after) = (dbfs(&back[range.clone()]), dbfs(&out[range]));
        assert!(after < -40.0 || before - after > 15.0, "at {} ms: {before} to {after}", piece * 500);
    }
}

#[test]
fn an_echo_stays_cancelled_when_cancelling_is_turned_off_and_on_again_at_once() {
    let far = speech(15, 8);
    let back = echo(16, &far);
    let mut processor = Processor::new(ECHO);
    let (half, pause) = (2 * SECOND, 5 * TICK);
    let mut out = Vec::new();
    for (wanted, range) in [(Processing::NONE, 0..half), (ECHO, half..half + pause), (ECHO, half + pause..8 * SECOND)] {
        out.extend(run(&mut processor, &back[range.clone()], Some(&far[range])));
        processor.switch(wanted);
    }
    assert!(out == run(&mut Processor::new(ECHO), &back, Some(&far)), "as if nobody had touched it");
}

#[test]
fn nothing_is_done_where_nothing_is_on() {
    let mut processor = Processor::new(Processing::NONE);
    assert!(!processor.hears_the_speaker());
    let sound = tick(&noise(14, 1, -20.0)[..TICK]);
    let mut stereo = Tick::default();
    stereo.stereo_mut().0.fill(0.5);
    for heard in [sound, stereo] {
        let mut out = heard.clone();
        processor.capture(&mut out);
        assert_eq!(out, heard);
    }
    assert_eq!(processor.erle_db(), None);
}

#[test]
fn a_processor_that_was_told_nothing_does_nothing_and_says_so() {
    let mut processor = Processor::default();
    assert_eq!(processor.processing(), Processing::NONE);
    processor.switch(only(Noise::Standard));
    let hum = noise(17, 5, -45.0);
    let out = run(&mut processor, &hum, None);
    let fell = dbfs(&hum[3 * SECOND..]) - dbfs(&out[3 * SECOND..]);
    assert!(fell >= 10.0, "by {fell} dB");
}

#[test]
fn broken_samples_do_not_stay() {
    let near = speech(15, 3);
    for wanted in [ECHO, only(Noise::Standard), only(Noise::Strong), GAIN, Processing::ALL] {
        let mut processor = Processor::new(wanted);
        for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            for _ in 0..5 {
                let mut tick = Tick::from([broken; TICK]);
                processor.render(&tick);
                processor.capture(&mut tick);
                assert!(tick.left().iter().all(|sample| sample.is_finite()), "{wanted:?}");
            }
        }
        let out = run(&mut processor, &near, Some(&vec![0.0; near.len()]));
        assert!(dbfs(&out[2 * SECOND..]) > -40.0, "{wanted:?}: {}", dbfs(&out[2 * SECOND..]));
    }
}

#[test]
fn silence_stays_silence() {
    let silence = vec![0.0; 3 * SECOND];
    for wanted in [Processing::ALL, Processing { noise: Noise::Strong, ..Processing::ALL }] {
        let out = run(&mut Processor::new(wanted), &silence, Some(&speech(16, 3)));
        assert!(dbfs(&out) < -65.0, "{wanted:?}: {}", dbfs(&out));
    }
}
