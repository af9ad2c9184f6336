//! What is heard next: the next packet, what stands in for one that is missing, or the background while nobody sends.

use std::time::Instant;

use super::pace::Wish;
use super::stretch::{self, ALIKE};
use super::switch::Follows;
use super::{JitterBuffer, LONGEST_BRIDGE, Pulled};
use crate::media::level;
use crate::media::opus::{self, LONGEST};
use crate::media::packet::{FRAME, Kind, TICK};

/// Made-up samples after which they begin to fade, and after which nothing but background is left: 80 and 120 ms.
const FADE_FROM: usize = 3840;
const FADE_TO: usize = 5760;

/// Samples over which sound follows something else: 5 ms.
const SOFTLY: usize = TICK / 2;

/// Without any packet for this long, samples, nobody sends any more, and the background fades too, in the last tenth:
/// 1 s. An encoder that sends nothing in pauses still sends every 400 ms.
pub(super) const NOBODY: usize = 48_000;

/// What waits longer than it has to by more than this, samples, is left out until this much less remains: 300 and
/// 100 ms.
const FAR_TOO_MUCH: i64 = 14_400;
const TOO_MUCH: i64 = 4800;

/// After made-up sound as long as this, samples, so much of what waits longer than it has to is left out: 40 and 100 ms.
/// A sound of speech may go, a word may not; what remains is caught up with by shortening.
const STALL: usize = 1920;
const LEFT_OUT: i64 = 4800;

/// Between two times that sound is shortened or lengthened, samples: 60 ms.
const REST: usize = 2880;

/// How alike two periods must be when it does not press to leave one out or repeat it. When it does, [`ALIKE`] will do.
const VERY_ALIKE: f32 = 0.95;

/// So much too long or too short presses, and so does what has been so for this long, samples: 80 ms, 20 ms, 1 s.
const LONG: usize = 3840;
const SHORT: usize = FRAME;
const PATIENCE: usize = 48_000;

impl JitterBuffer {
    /// Makes at least one more sample ready, or goes on in the sequence.
    pub(super) fn step(&mut self, now: Instant) {
        match (self.queue.missing(), self.follows()) {
            (None, _) | (_, Follows::Nothing) => self.wait(),
            (Some(missing), Follows::Another(mark)) => self.switch(mark, missing, now),
            (Some(missing), Follows::TonesOfAnother) => self.pass_over(missing),
            (Some(missing), Follows::More) => self.go_on(missing, now),
        }
    }

    fn go_on(&mut self, missing: u64, now: Instant) {
        if missing > LONGEST_BRIDGE {
            self.jump(missing);
        } else if self.is_after_pause(missing) {
            if self.has_waited(now) {
                self.stats.lost += missing;
                self.queue.skip(missing);
                self.end = None;
            } else {
                self.wait();
            }
        } else if missing == 0 {
            self.play_next(now);
        } else {
            self.replace_lost(missing);
        }
    }

    /// Whether more time has passed for the sender than the missing packets account for: it sent nothing for a while.
    fn is_after_pause(&self, missing: u64) -> bool {
        let (Some(first), Some(end)) = (self.queue.first(), self.end) else { return false };
        let gap = first.timestamp - end - missing as i64 * self.frame as i64;
        first.kind == Kind::Opus && gap >= self.frame as i64 / 2
    }

    fn jump(&mut self, missing: u64) {
        self.stats.lost += missing;
        self.queue.skip(missing);
        self.codec.reset();
        self.pace.forget();
        self.end = None;
        self.strength = 0.0;
        self.owed = 0;
    }

    /// The next packet is not here, though a later one is.
    fn replace_lost(&mut self, missing: u64) {
        let covered = self.owed.min(self.frame);
        let copy = if missing == 1 { self.queue.copy_of_lost() } else { None };
        if copy.is_some_and(|next| self.codec.decode_fec(next, self.frame).is_ok()) {
            self.stats.repaired += 1;
            self.hand_over(covered, self.frame, Pulled::Repaired);
        } else if covered < self.frame {
            // It may still come, while the first half of it is made up.
            self.make_up((self.frame - covered).min(TICK));
            self.owed += (self.frame - covered).min(TICK);
            if self.owed < self.frame {
                return;
            }
        }
        self.owed = self.owed.saturating_sub(self.frame);
        self.stats.lost += 1;
        self.count_loss(true);
        self.end = self.end.map(|end| end + self.frame as i64);
        self.queue.skip(1);
    }

    fn play_next(&mut self, now: Instant) {
        self.leave_out_surplus(now);
        if !matches!(self.follows(), Follows::More) {
            // All of this source was left out.
            return;
        }
        let left = self.sound.ready();
        let Some(packet) = self.queue.take() else { return };
        self.owed = 0;
        self.idle = 0;
        if packet.kind == Kind::TelephoneEvent {
            self.end = self.end.map(|end| end + self.frame as i64);
            let silence = self.frame * self.codec.channels();
            self.codec.samples()[..silence].fill(0.0);
            return self.hand_over(0, self.frame, Pulled::Silence);
        }
        self.source = Some(packet.mark);
        let timestamp = packet.timestamp;
        if packet.marker {
            self.codec.reset();
        }
        if let Some(delay) = self.arrivals.delay(packet.timestamp, now) {
            self.pace.waits(delay + left as i64);
        }
        if opus::is_pause(&packet.payload) {
            self.end = Some(timestamp + self.frame as i64);
            self.resting = true;
            for from in (0..self.frame).step_by(TICK) {
                self.rest(TICK.min(self.frame - from));
            }
            return;
        }
        match self.codec.decode(&packet.payload) {
            Ok(samples) => {
                self.frame = samples;
                self.end = Some(timestamp + samples as i64);
                self.count_loss(false);
                self.hand_over(0, samples, Pulled::Speech);
                self.stretch(left);
            }
            Err(_) => {
                self.stats.malformed += 1;
                self.make_up(self.frame);
            }
        }
    }

    /// After a stall of the network, the oldest of what waits is left out: as little as a sound of speech, unless there
    /// is so much more than can be caught up with unnoticed.
    fn leave_out_surplus(&mut self, now: Instant) {
        let Some(surplus) = self.surplus(now) else { return };
        let least = if surplus > FAR_TOO_MUCH {
            TOO_MUCH
        } else if self.owed >= STALL {
            surplus - LEFT_OUT
        } else {
            return;
        };
        let frame = self.frame as i64;
        while self.queue.missing() == Some(0)
            && self.queue.span() > 1
            && self.surplus(now).is_some_and(|surplus| surplus >= frame && surplus > least)
        {
            self.leave_one_out();
            self.strength = 0.0;
            self.pace.forget();
        }
    }

    /// How much longer the first packet has waited than it has to, samples.
    fn surplus(&self, now: Instant) -> Option<i64> {
        let first = self.queue.first()?;
        Some(self.arrivals.delay(first.timestamp, now)? - self.wanted())
    }

    /// Makes the decoded samples `from..to` ready, softly after anything else.
    fn hand_over(&mut self, from: usize, to: usize, what: Pulled) {
        let channels = self.codec.channels();
        if from > 0 {
            // The decoder went on from what it made up to the beginning: from there into what is due.
            let ramp = SOFTLY.min(to - from).min(from);
            let (beginning, due) = self.codec.samples().split_at_mut(from * channels);
            for (at, (due, beginning)) in due[..ramp * channels].iter_mut().zip(beginning).enumerate() {
                let share = (at / channels + 1) as f32 / ramp as f32;
                *due = *due * share + *beginning * (1.0 - share);
            }
        }
        let silent = what == Pulled::Silence;
        let strength = if silent { 0.0 } else { self.strength };
        if strength < 1.0 && !silent {
            self.soften(from, (to - from).min(SOFTLY), strength);
        }
        self.strength = if silent { 0.0 } else { 1.0 };
        self.made_up = 0;
        self.begin_of();
        let samples = &self.codec.samples()[from * channels..to * channels];
        self.resting = !silent && self.background.is_like(level::power(samples));
        self.sound.append(samples, channels);
        if !silent {
            self.sounds(what);
        }
    }

    /// Raises decoded samples from `strength` to full, and lowers the background that was heard in their place.
    fn soften(&mut self, from: usize, ramp: usize, strength: f32) {
        let channels = self.codec.channels();
        for at in 0..ramp * channels {
            let share = (at / channels) as f32 / ramp as f32;
            self.codec.samples()[from * channels + at] *= strength + (1.0 - strength) * share;
        }
        if channels == 1 && self.made_up > 0 {
            let samples = &mut self.codec.samples()[from..from + ramp];
            self.background.add(samples, 1.0 - strength, 0.0);
        }
    }

    /// Nothing is here to be played: sound goes on as it was, for a while, or the background does.
    fn wait(&mut self) {
        let target = self.wanted();
        if self.pace.shortest().is_some_and(|wait| wait > target + FRAME as i64) {
            // It waited long enough and still did not last: the path has become longer.
            self.arrivals.doubt();
        }
        self.pace.forget();
        self.idle += TICK;
        if self.idle >= NOBODY {
            self.strength = 0.0;
        }
        if self.resting || self.strength == 0.0 {
            self.rest(TICK);
        } else {
            self.owed += TICK;
            self.make_up(TICK);
        }
    }

    /// Nothing but background.
    fn rest(&mut self, count: usize) {
        let mut noise = [0.0; TICK];
        let count = count.min(TICK);
        let fading = NOBODY / 10;
        let strength = |idle: usize| (NOBODY.saturating_sub(idle) as f32 / fading as f32).min(1.0);
        let (first, last) = (strength(self.idle.saturating_sub(count)), strength(self.idle));
        self.background.add(&mut noise[..count], first, last);
        if self.strength > 0.0 && self.codec.conceal(TICK).is_ok() {
            // The sound before is about as soft as the background: one fades into the other.
            let (strength, channels) = (self.strength, self.codec.channels());
            for (at, noise) in noise[..count.min(SOFTLY)].iter_mut().enumerate() {
                let share = at as f32 / SOFTLY as f32;
                *noise = *noise * share + self.codec.samples()[at * channels] * strength * (1.0 - share);
            }
        }
        let fades = self.strength > 0.0;
        self.strength = 0.0;
        self.made_up += count;
        self.append_mono(&noise[..count]);
        if fades {
            self.sounds(self.ready_is);
        }
    }

    /// Makes up what is missing, fading into the background when it lasts.
    fn make_up(&mut self, count: usize) {
        let count = count.clamp(TICK / 4, LONGEST);
        let strength = fade(self.made_up + count);
        if self.strength == 0.0 || self.codec.conceal(count).is_err() {
            for from in (0..count).step_by(TICK) {
                self.rest(TICK.min(count - from));
            }
            return;
        }
        let before = self.strength;
        let channels = self.codec.channels();
        let samples = &mut self.codec.samples()[..count * channels];
        for (at, sample) in samples.iter_mut().enumerate() {
            *sample *= before + (strength - before) * (at / channels) as f32 / count as f32;
        }
        if channels == 1 && strength < 1.0 {
            self.background.add(samples, 1.0 - before, 1.0 - strength);
        }
        self.begin_of();
        self.sound.append(&self.codec.samples()[..count * channels], channels);
        self.strength = strength;
        self.made_up += count;
        self.concealed += count as u64;
        self.sounds(Pulled::Concealed);
    }

    /// Adds samples of one channel, to as many as there are.
    fn append_mono(&mut self, samples: &[f32]) {
        self.begin_of();
        if self.codec.channels() == 1 {
            return self.sound.append(samples, 1);
        }
        let both = self.codec.samples();
        both.chunks_exact_mut(2).zip(samples).for_each(|(both, sample)| both.fill(*sample));
        self.sound.append(&self.codec.samples()[..2 * samples.len()], 2);
    }

    /// Samples become ready: notes whose the tick is that begins with them.
    pub(super) fn begin_of(&mut self) {
        if self.sound.ready() == 0 {
            self.ready_of = self.source.flatten();
        }
    }

    /// What is ready ends in sound.
    pub(super) fn sounds(&mut self, what: Pulled) {
        self.ready_is = what;
        self.sounding = self.sound.ready();
    }

    /// A packet was decoded while `left` samples were ready: shortens or lengthens what is ready, if need be.
    fn stretch(&mut self, left: usize) {
        self.since_stretch += self.frame;
        if self.since_stretch < REST && !self.resting {
            return;
        }
        let lag = match self.pace.wish(self.wanted(), left % TICK) {
            Wish::Keep => {
                self.wished = 0;
                return;
            }
            Wish::Shorten(most) => {
                let alike = self.alike(most, LONG);
                let lag = stretch::shorten(&mut self.sound, most, alike);
                self.shortened += lag as u64;
                -(lag as i64)
            }
            Wish::Lengthen(least) => {
                let alike = self.alike(least, SHORT);
                let lag = stretch::lengthen(&mut self.sound, alike);
                self.lengthened += lag as u64;
                lag as i64
            }
        };
        if lag == 0 {
            self.wished += self.frame;
            return;
        }
        self.wished = 0;
        self.since_stretch = 0;
        self.pace.shift(lag);
        self.sounding = self.sound.ready();
    }

    /// How alike two periods must be. In the background anything is; elsewhere the more so, the less it presses.
    fn alike(&self, amount: usize, presses: usize) -> f32 {
        if self.resting {
            return -1.0;
        }
        let pressing = (amount as f32 / presses as f32).max(self.wished as f32 / PATIENCE as f32).min(1.0);
        VERY_ALIKE - (VERY_ALIKE - ALIKE) * pressing
    }
}

/// The strength of what is made up after this many samples of it.
fn fade(at: usize) -> f32 {
    1.0 - (at.saturating_sub(FADE_FROM) as f32 / (FADE_TO - FADE_FROM) as f32).min(1.0)
}

const _: () = assert!(FRAME < FADE_FROM, "one lost packet does not fade");
