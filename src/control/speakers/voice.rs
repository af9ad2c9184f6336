//! The voice of one source: since when it speaks, how loud, and for how long it has been silent.
//!
//! It keeps moments instead of counting frames: silence often sends no packets at all.

use std::time::{Duration, Instant};

use super::{Sound, TIRELESS};

/// The longest time between two packets of one stretch of speech. More is a pause.
const PAUSE: Duration = Duration::from_millis(100);

/// What one packet of sound stands for.
const FRAME: Duration = Duration::from_millis(20);

/// How much has to be said to count as speech: a click is one frame.
const SPEECH: Duration = Duration::from_millis(60);

/// Softer than this, −dBov, a frame is more likely the tail that a detector adds to the last word than a word.
const FAINT: u8 = 60;

/// Loudness follows the level in about this time, and has faded by then when nothing more is said.
const FOLLOWS: Duration = Duration::from_millis(200);

/// The loudness of a source that makes sound without a pause: more than silence, less than any speech.
const DIN: f32 = 1.0;

/// How long after its last packet a telephone event counts as lasting: they come every 20 to 50 ms (RFC 4733 section 2.5.1.2).
const TONE_LASTS: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Voice {
    /// The beginning of the last stretch of speech.
    began: Option<Instant>,
    /// Its last packet.
    spoke: Option<Instant>,
    /// How much was said in it; of faint frames only a fifth counts.
    said: Duration,
    /// dB above silence, smoothed, as of the last packet of speech.
    loudness: f32,
    /// The last packet of a telephone event.
    tone: Option<Instant>,
}

impl Voice {
    /// Hears a packet. Whether there is anything to be heard in it.
    pub(super) fn heard(&mut self, sound: Sound, now: Instant) -> bool {
        match sound {
            Sound::Frame { voice: false, .. } | Sound::Frame { level: 127.., .. } => return false,
            Sound::Frame { level, voice: true } => self.speaks(level, now),
            Sound::Tone => self.tone = Some(now),
        }
        true
    }

    fn speaks(&mut self, level: u8, now: Instant) {
        let gap = self.spoke.map_or(PAUSE, |spoke| now.saturating_duration_since(spoke));
        if gap >= PAUSE {
            (self.began, self.said) = (Some(now), Duration::ZERO);
        }
        let stands_for = gap.min(FRAME);
        self.said += if level < FAINT { stands_for } else { stands_for / 5 };
        let share = stands_for.div_duration_f32(FOLLOWS);
        let faded = self.faded(now - stands_for);
        self.loudness = faded + (f32::from(127 - level) - faded) * share;
        self.spoke = Some(now);
    }

    /// Whether enough was said in the last stretch to be speech.
    pub(super) fn is_speech(&self) -> bool {
        self.said >= SPEECH
    }

    /// How loud it is, dB above silence.
    pub(super) fn loudness(&self, now: Instant) -> f32 {
        if self.is_tireless(now) { DIN } else { self.faded(now) }
    }

    /// Whether it makes sound, and has made no pause for too long.
    pub(super) fn is_tireless(&self, now: Instant) -> bool {
        let lasts = self.spoke.is_some_and(|spoke| now.saturating_duration_since(spoke) < PAUSE);
        lasts && self.began.is_some_and(|began| now.saturating_duration_since(began) >= TIRELESS)
    }

    /// Whether it sends a telephone event.
    pub(super) fn has_tone(&self, now: Instant) -> bool {
        self.tone.is_some_and(|tone| now.saturating_duration_since(tone) < TONE_LASTS)
    }

    /// How long nothing has been heard of it; for ever when nothing ever was.
    pub(super) fn silent_for(&self, now: Instant) -> Duration {
        self.last().map_or(Duration::MAX, |last| now.saturating_duration_since(last))
    }

    /// When something was last heard of it.
    pub(super) fn last(&self) -> Option<Instant> {
        self.spoke.max(self.tone)
    }

    /// When it last spoke.
    pub(super) fn spoke(&self) -> Option<Instant> {
        self.spoke
    }

    fn faded(&self, now: Instant) -> f32 {
        let silent = self.spoke.map_or(FOLLOWS, |spoke| now.saturating_duration_since(spoke));
        self.loudness * (1.0 - silent.div_duration_f32(FOLLOWS)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock;

    /// Frames of 20 ms; each is a level with a voice in it, or nothing.
    fn after(frames: &[Option<u8>]) -> (Voice, Instant) {
        let mut now = clock::now();
        let mut voice = Voice::default();
        for frame in frames {
            now += FRAME;
            voice.heard(Sound::Frame { level: frame.unwrap_or(127), voice: frame.is_some() }, now);
        }
        (voice, now)
    }

    fn loudness(frames: &[Option<u8>]) -> f32 {
        let (voice, now) = after(frames);
        voice.loudness(now)
    }

    #[test]
    fn a_click_is_no_speech_though_its_detector_lingers() {
        assert!(!after(&[Some(0)]).0.is_speech());
        assert!(!after(&[&[Some(0)][..], &[Some(90); 9]].concat()).0.is_speech());
        assert!(after(&[Some(30); 3]).0.is_speech());
        assert!(after(&[Some(70); 15]).0.is_speech(), "a soft voice needs longer, and gets there");
    }

    #[test]
    fn loudness_follows_in_a_moment_and_fades_in_another() {
        assert!(loudness(&[Some(0)]) < loudness(&[Some(40); 5]), "one click against a soft voice");
        assert!(loudness(&[Some(20); 50]) > 100.0);
        assert!(loudness(&[Some(20); 50]) > loudness(&[Some(40); 50]));
        let faded = [&[Some(0); 50][..], &[None; 10]].concat();
        assert_eq!(loudness(&faded), 0.0);
    }

    #[test]
    fn packets_that_come_at_once_count_for_no_more_than_their_time() {
        let (mut voice, now) = after(&[Some(60)]);
        let before = voice.loudness(now);
        for _ in 0..1_000 {
            voice.heard(Sound::Frame { level: 0, voice: true }, now);
        }
        assert_eq!((voice.loudness(now), voice.is_speech()), (before, false));
    }

    #[test]
    fn without_a_voice_or_a_level_it_is_silence() {
        let mut voice = Voice::default();
        let now = clock::now();
        assert!(!voice.heard(Sound::Frame { level: 0, voice: false }, now));
        assert!(!voice.heard(Sound::Frame { level: 127, voice: true }, now));
        assert_eq!(voice.silent_for(now), Duration::MAX);
        assert!(voice.heard(Sound::Tone, now));
        assert_eq!((voice.silent_for(now), voice.spoke()), (Duration::ZERO, None));
    }

    #[test]
    fn who_never_pauses_is_no_speaker() {
        let frames = usize::try_from(TIRELESS.as_millis() / FRAME.as_millis()).unwrap();
        let din = vec![Some(0); frames + 1];
        assert_eq!(loudness(&din), DIN);
        let breath = [&din[..frames / 2], &[None; 5], &din[..frames / 2 + 1]].concat();
        assert!(loudness(&breath) > 100.0);
    }
}
