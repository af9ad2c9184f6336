//! What the callbacks of a stream count, and whether that looks alive. What follows from it is decided elsewhere.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::ErrorKind;

use super::buffering::Struggle;

/// What callbacks count. Nothing but atomics: whoever counts must not wait.
#[derive(Debug)]
pub(super) struct Counters {
    callbacks: AtomicU64,
    /// Frames of the largest callback.
    largest: AtomicU32,
    /// The fewest frames a callback left in the ring since somebody asked.
    least_left: AtomicU32,
    errors: AtomicU64,
    /// Times the device itself ran dry or over.
    xruns: AtomicU64,
    /// Times the ring of a speaker was empty in the middle of sound.
    underruns: AtomicU64,
    /// Frames that were missing, or had no room.
    missed: AtomicU64,
    /// The device is no more.
    gone: AtomicBool,
    /// Nobody plays anything: an empty ring is no underrun.
    resting: AtomicBool,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            callbacks: AtomicU64::default(),
            largest: AtomicU32::default(),
            least_left: AtomicU32::new(u32::MAX),
            errors: AtomicU64::default(),
            xruns: AtomicU64::default(),
            underruns: AtomicU64::default(),
            missed: AtomicU64::default(),
            gone: AtomicBool::default(),
            resting: AtomicBool::default(),
        }
    }
}

impl Counters {
    /// A callback was given, or asked for, so many frames.
    pub(super) fn called(&self, frames: usize) {
        self.callbacks.fetch_add(1, Ordering::Relaxed);
        self.largest.fetch_max(u32::try_from(frames).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// A callback left so many frames in the ring.
    pub(super) fn left(&self, frames: usize) {
        self.least_left.fetch_min(u32::try_from(frames).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// So many frames were missing, or had no room.
    pub(super) fn missed(&self, frames: usize) {
        self.missed.fetch_add(frames as u64, Ordering::Relaxed);
    }

    /// The ring of a speaker was empty in the middle of sound.
    pub(super) fn underrun(&self) {
        if !self.resting.load(Ordering::Relaxed) {
            self.underruns.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The stream reported an error.
    pub(super) fn failed(&self, kind: ErrorKind) {
        match kind {
            ErrorKind::Xrun => {
                self.xruns.fetch_add(1, Ordering::Relaxed);
            }
            ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable | ErrorKind::StreamInvalidated => {
                self.gone.store(true, Ordering::Relaxed);
            }
            // A new route mends itself, and a refused priority harms nothing.
            ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => (),
            _ => {
                self.errors.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Says whether nobody plays anything for now.
    pub(super) fn set_resting(&self, on: bool) {
        self.resting.store(on, Ordering::Relaxed);
    }

    /// Frames of the largest callback so far; 0 before the first.
    pub(super) fn largest(&self) -> usize {
        self.largest.load(Ordering::Relaxed) as usize
    }

    /// The fewest frames a callback left in the ring since this was asked last; `None` without a callback.
    pub(super) fn take_least_left(&self) -> Option<usize> {
        let least = self.least_left.swap(u32::MAX, Ordering::Relaxed);
        (least != u32::MAX).then_some(least as usize)
    }

    /// Times the ring was empty in the middle of sound, so far.
    pub(super) fn underruns(&self) -> u64 {
        self.underruns.load(Ordering::Relaxed)
    }

    /// Times the device itself ran dry or over, so far.
    pub(super) fn xruns(&self) -> u64 {
        self.xruns.load(Ordering::Relaxed)
    }

    /// Frames that were missing, or had no room, so far.
    pub(super) fn frames_missed(&self) -> u64 {
        self.missed.load(Ordering::Relaxed)
    }

    /// What tells whether the stream is alive.
    pub(super) fn vitals(&self) -> Vitals {
        Vitals {
            callbacks: self.callbacks.load(Ordering::Relaxed),
            errors: self.errors.load(Ordering::Relaxed),
            xruns: self.xruns(),
            gone: self.gone.load(Ordering::Relaxed),
        }
    }
}

/// What tells whether a stream is alive, counted since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Vitals {
    /// Callbacks that came.
    pub(super) callbacks: u64,
    /// Errors that do not mend themselves, if repeated.
    pub(super) errors: u64,
    /// Times the device itself ran dry or over.
    pub(super) xruns: u64,
    /// The device is no more.
    pub(super) gone: bool,
}

/// How a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be.
    Well,
    /// It falls behind again and again: it needs larger buffers.
    Struggling,
    /// It is of no use any more, and why.
    Lost(&'static str),
}

/// A stream without a callback for this long is dead; one that has not begun yet has longer.
const DEAD_AFTER: Duration = Duration::from_millis(500);
/// A stream has begun with more callbacks than these: a speaker's first ones only fill the buffer, whether the device takes
/// anything or not.
const FILLING: u64 = 4;
/// How long a stream may take to begin. Behind ALSA, PulseAudio reports a few hundred errors meanwhile, for it does not
/// know its delay yet; a stream opened while the server is busy may take a second or two.
const START: Duration = Duration::from_secs(2);
/// The same where the one before on this device had begun: it is likelier lost than slow. If that was wrong, the next one
/// has [`START`].
const START_AGAIN: Duration = Duration::from_millis(700);

/// Time in which nobody looked for longer than this does not count as silence of the stream: the program was held up, or
/// the machine asleep. Sound goes on by itself then, or the stream is found silent from now on.
const HELD_UP: Duration = Duration::from_millis(250);

/// As many errors within [`STORM_WITHIN`] are a storm, if sound suffers too: errors alone prove nothing.
const STORM: u64 = 5;
const STORM_WITHIN: Duration = Duration::from_secs(1);
/// How sound suffers: no callback for this long, or so many xruns.
const STORM_SILENCE: Duration = Duration::from_millis(100);
const STORM_XRUNS: u64 = 3;

/// Watches whether a stream is alive.
#[derive(Debug)]
pub(super) struct Watch {
    /// When it was opened, or went on after nobody had looked: what is counted then proves little.
    since: Instant,
    /// How long it may take to begin.
    patience: Duration,
    looked_at: Instant,
    seen: Vitals,
    alive_at: Instant,
    /// What was counted when the present second began.
    second: (Instant, Vitals),
    struggle: Struggle,
}

impl Watch {
    /// Of a stream that is opened at `now`; `again` where the one before on this device had begun.
    pub(super) fn new(again: bool, now: Instant) -> Self {
        let seen = Vitals::default();
        Self {
            since: now,
            patience: if again { START_AGAIN } else { START },
            looked_at: now,
            seen,
            alive_at: now,
            second: (now, seen),
            struggle: Struggle::default(),
        }
    }

    /// Whether the device gave or took anything yet.
    pub(super) fn has_begun(&self) -> bool {
        self.seen.callbacks > FILLING
    }

    /// How the stream is, by what it has counted.
    pub(super) fn judge(&mut self, vitals: Vitals, now: Instant) -> Verdict {
        let xruns = vitals.xruns.saturating_sub(self.seen.xruns);
        let unseen = now.saturating_duration_since(std::mem::replace(&mut self.looked_at, now));
        if unseen > HELD_UP {
            self.since = now;
            self.alive_at += unseen;
        }
        if vitals.callbacks != self.seen.callbacks {
            self.alive_at = now;
        }
        self.seen = vitals;
        if let Some(why) = self.lost(vitals, now) {
            return Verdict::Lost(why);
        }
        if now.saturating_duration_since(self.second.0) >= STORM_WITHIN {
            self.second = (now, vitals);
        }
        let starting = now.saturating_duration_since(self.since) < START;
        if !starting && self.struggle.happened(xruns, now) { Verdict::Struggling } else { Verdict::Well }
    }

    fn lost(&self, vitals: Vitals, now: Instant) -> Option<&'static str> {
        const ERRORS: &str = "it reports one error after the other";
        if vitals.gone {
            return Some("it is gone: unplugged?");
        }
        let silent_for = now.saturating_duration_since(self.alive_at);
        let starting = now.saturating_duration_since(self.since) < START;
        let (_, before) = self.second;
        let errors = vitals.errors.saturating_sub(before.errors);
        let storm =
            errors >= STORM && (silent_for > STORM_SILENCE || vitals.xruns.saturating_sub(before.xruns) >= STORM_XRUNS);
        if storm && !starting {
            return Some(ERRORS);
        }
        let grace = if self.has_begun() { DEAD_AFTER } else { self.patience };
        (silent_for > grace).then_some(if errors > 0 { ERRORS } else { "it has gone silent" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that is looked at every 10 ms.
    struct Stream {
        watch: Watch,
        counters: Counters,
        now: Instant,
    }

    impl Stream {
        fn new() -> Self {
            let now = crate::base::clock::now();
            Self { watch: Watch::new(false, now), counters: Counters::default(), now }
        }

        /// Lets time pass while `happens` every 10 ms, until the verdict is not what it was; returns it, and after how long.
        fn lives(&mut self, millis: u64, happens: impl Fn(&Counters)) -> (Verdict, u64) {
            for passed in (10..=millis).step_by(10) {
                happens(&self.counters);
                self.now += Duration::from_millis(10);
                let verdict = self.watch.judge(self.counters.vitals(), self.now);
                if verdict != Verdict::Well {
                    return (verdict, passed);
                }
            }
            (Verdict::Well, millis)
        }
    }

    fn works(counters: &Counters) {
        counters.called(480);
    }

    fn errs(counters: &Counters) {
        (0..5).for_each(|_| counters.failed(ErrorKind::BackendError));
    }

    #[test]
    fn errors_alone_prove_nothing() {
        let mut stream = Stream::new();
        let both = |counters: &Counters| {
            works(counters);
            errs(counters);
        };
        assert_eq!(stream.lives(10_000, both).0, Verdict::Well);
    }

    #[test]
    fn errors_with_silence_or_xruns_are_a_storm() {
        let storm = Verdict::Lost("it reports one error after the other");
        let mut stream = Stream::new();
        stream.lives(5_000, works);
        let (verdict, after) = stream.lives(1_000, errs);
        assert!(verdict == storm && after < 200, "{after}");

        let mut stream = Stream::new();
        stream.lives(5_000, works);
        let xruns = |counters: &Counters| {
            works(counters);
            errs(counters);
            counters.failed(ErrorKind::Xrun);
        };
        assert_eq!(stream.lives(1_000, xruns), (storm, 30));
    }

    #[test]
    fn a_stream_has_longer_to_begin_than_to_go_on() {
        let silent = Verdict::Lost("it has gone silent");
        assert_eq!(Stream::new().lives(5_000, |_| ()), (silent, 2_010));
        let mut starting = Stream::new();
        assert_eq!(starting.lives(1_500, errs).0, Verdict::Well, "it does not know its delay yet");
        assert_eq!(starting.lives(1_500, works).0, Verdict::Well);
        assert_eq!(starting.lives(1_500, |_| ()), (silent, 510));
    }

    #[test]
    fn filling_the_buffer_is_no_beginning_and_one_that_had_begun_gets_less_time() {
        let silent = Verdict::Lost("it has gone silent");
        for (again, patience) in [(false, 2_010), (true, 710)] {
            let mut stream = Stream::new();
            stream.watch = Watch::new(again, stream.now);
            (0..3).for_each(|_| stream.counters.called(480));
            // The first look finds the buffer filled.
            assert_eq!(stream.lives(5_000, |_| ()), (silent, patience + 10));
            assert!(!stream.watch.has_begun());
        }
    }

    #[test]
    fn time_in_which_nobody_looked_is_no_silence_and_what_was_counted_then_no_struggle() {
        let mut stream = Stream::new();
        stream.lives(5_000, works);
        stream.now += Duration::from_secs(3_600);
        (0..5).for_each(|_| stream.counters.failed(ErrorKind::Xrun));
        assert_eq!(stream.lives(400, |_| ()).0, Verdict::Well, "it may go on any moment");
        assert_eq!(stream.lives(5_000, works).0, Verdict::Well);
        stream.now += Duration::from_secs(3_600);
        let (verdict, after) = stream.lives(5_000, |_| ());
        assert_eq!((verdict, after), (Verdict::Lost("it has gone silent"), 520));
    }

    #[test]
    fn a_device_that_is_gone_is_lost_at_once() {
        let mut stream = Stream::new();
        stream.lives(100, works);
        let gone = |counters: &Counters| counters.failed(ErrorKind::DeviceNotAvailable);
        assert_eq!(stream.lives(100, gone), (Verdict::Lost("it is gone: unplugged?"), 10));
    }

    #[test]
    fn xruns_again_and_again_ask_for_larger_buffers_but_not_at_the_start() {
        let mut stream = Stream::new();
        let xrun = |counters: &Counters| {
            works(counters);
            counters.failed(ErrorKind::Xrun);
        };
        assert_eq!(stream.lives(50, xrun).0, Verdict::Well);
        stream.lives(5_000, works);
        assert_eq!(stream.lives(20, xrun).0, Verdict::Well);
        assert_eq!(stream.lives(4_000, works).0, Verdict::Well);
        assert_eq!(stream.lives(100, xrun), (Verdict::Struggling, 10));
    }

    #[test]
    fn an_empty_ring_is_no_underrun_at_rest() {
        let counters = Counters::default();
        counters.set_resting(true);
        counters.underrun();
        counters.set_resting(false);
        counters.underrun();
        assert_eq!(counters.underruns(), 1);
        assert_eq!(counters.take_least_left(), None);
        [30, 10, 20].into_iter().for_each(|frames| counters.left(frames));
        assert_eq!((counters.take_least_left(), counters.take_least_left()), (Some(10), None));
    }
}
