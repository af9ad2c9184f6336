//! The sounds of the service, computed: a chime to greet, one to announce a call back, and a calm loop to wait by.
//!
//! Pure sample arithmetic, mono, 48 kHz, −1.0 to 1.0. Nothing here is recorded, so nobody else has rights in it.

use std::f32::consts::TAU;

use crate::media::packet::SAMPLE_RATE;

/// Beats per minute of the loop; at 80, a bar of four lasts three seconds.
const BEAT: f32 = 60.0 / 80.0;
const BAR: f32 = 4.0 * BEAT;

/// The chords of the loop, a bar each, as MIDI notes: the bass first, then what the arpeggio walks through.
const CHORDS: [[u8; 5]; 8] = [
    [36, 60, 64, 67, 71],
    [33, 57, 60, 64, 67],
    [41, 57, 60, 65, 69],
    [43, 59, 62, 67, 69],
    [40, 59, 64, 67, 71],
    [45, 57, 61, 64, 67],
    [38, 57, 60, 65, 69],
    [43, 59, 62, 65, 67],
];

/// Which note of the chord each eighth of a bar plays.
const ARPEGGIO: [usize; 8] = [1, 2, 3, 4, 3, 2, 4, 3];

/// Rising bells, about a second and a half: "here I am".
pub(super) fn greeting() -> Vec<f32> {
    chime(&[(0.0, 67), (0.18, 72), (0.36, 76), (0.54, 79)], 1.6)
}

/// Two bells back and forth, about two seconds: "I will ring you".
pub(super) fn callback() -> Vec<f32> {
    chime(&[(0.0, 76), (0.2, 72), (0.4, 76), (0.6, 72), (0.9, 79)], 2.0)
}

/// A loop of eight bars, 24 seconds; its end runs into its beginning.
pub(super) fn music() -> Vec<f32> {
    let mut sound = Ring(vec![0.0; samples(BAR * CHORDS.len() as f32)]);
    for (bar, chord) in CHORDS.iter().enumerate() {
        let start = bar as f32 * BAR;
        sound.add(start, BAR * 1.2, |t| 0.16 * pad(pitch(chord[0]), t, BAR * 1.2));
        for &note in &chord[1..] {
            sound.add(start, BAR * 1.2, |t| 0.035 * pad(pitch(note), t, BAR * 1.2));
        }
        for (eighth, &step) in ARPEGGIO.iter().enumerate() {
            let frequency = pitch(chord[step] + 12);
            sound.add(start + eighth as f32 * BEAT / 2.0, 1.8, |t| 0.11 * bell(frequency, t));
        }
    }
    sound.0
}

fn chime(notes: &[(f32, u8)], seconds: f32) -> Vec<f32> {
    let mut sound = Ring(vec![0.0; samples(seconds)]);
    for &(start, note) in notes {
        let rest = seconds - start;
        sound.add(start, rest, |t| 0.22 * bell(pitch(note), t) * fade(t, rest));
    }
    sound.0
}

/// Samples in a circle: what rings over the end is heard at the beginning.
struct Ring(Vec<f32>);

impl Ring {
    fn add(&mut self, start: f32, seconds: f32, wave: impl Fn(f32) -> f32) {
        let first = samples(start);
        let length = self.0.len();
        for n in 0..samples(seconds) {
            self.0[(first + n) % length] += wave(n as f32 / SAMPLE_RATE as f32);
        }
    }
}

/// A struck bell: a quick start, and overtones that die sooner than the tone.
fn bell(frequency: f32, t: f32) -> f32 {
    let attack = (t / 0.004).min(1.0);
    let overtone =
        |times: f32, share: f32, decay: f32| share * (TAU * frequency * times * t).sin() * (-t * decay).exp();
    attack * (overtone(1.0, 0.75, 3.2) + overtone(2.0, 0.2, 5.5) + overtone(3.01, 0.05, 9.0))
}

/// A soft tone that comes and goes slowly, slightly beating with itself.
fn pad(frequency: f32, t: f32, seconds: f32) -> f32 {
    let swell = (t / 0.5).min(1.0) * ((seconds - t) / 0.6).clamp(0.0, 1.0);
    let tone = (TAU * frequency * t).sin() + 0.6 * (TAU * frequency * 1.003 * t).sin();
    swell * tone / 1.6
}

/// Falls to nothing over the last tenth of a second.
fn fade(t: f32, seconds: f32) -> f32 {
    ((seconds - t) / 0.1).clamp(0.0, 1.0)
}

/// The frequency of a MIDI note: 69 is 440 Hz.
fn pitch(note: u8) -> f32 {
    440.0 * ((f32::from(note) - 69.0) / 12.0).exp2()
}

fn samples(seconds: f32) -> usize {
    // Positive and far below what a usize holds.
    (seconds * SAMPLE_RATE as f32).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(sound: &[f32]) -> f32 {
        sound.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    fn dbfs(sound: &[f32]) -> f32 {
        10.0 * (sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32).log10()
    }

    #[test]
    fn nothing_clips_and_all_can_be_heard() {
        for (name, sound) in [("greeting", greeting()), ("callback", callback()), ("music", music())] {
            assert!(sound.iter().all(|sample| sample.is_finite()), "{name}");
            let (peak, level) = (peak(&sound), dbfs(&sound));
            assert!((0.2..0.9).contains(&peak), "{name} peaks at {peak}");
            assert!((-30.0..-14.0).contains(&level), "{name} is at {level} dBFS");
        }
    }

    #[test]
    fn the_music_is_never_silent_and_its_ends_meet() {
        let music = music();
        assert_eq!(music.len(), 24 * 48_000);
        for (second, part) in music.chunks(48_000).enumerate() {
            assert!(dbfs(part) > -35.0, "second {second} is at {} dBFS", dbfs(part));
        }
        let seam = (music[0] - music[music.len() - 1]).abs();
        assert!(seam < 0.05, "a click of {seam} at the seam");
    }

    #[test]
    fn chimes_begin_and_end_softly() {
        for sound in [greeting(), callback()] {
            assert!(sound[0].abs() < 0.01);
            assert!(sound[sound.len() - 1].abs() < 0.01);
        }
    }

    #[test]
    fn notes_have_their_pitch() {
        assert!((pitch(69) - 440.0).abs() < 0.01);
        assert!((pitch(60) - 261.63).abs() < 0.01);
    }
}
