//! Who is on stage in a room: the few whose sound is carried to those that hear the loudest.
//!
//! One machine per room. It is fed with every packet of the sources that may be chosen, says when the stage or the set of
//! those who speak changed, and knows neither legs nor receivers. Most packets change nothing, and cost the same however
//! large the room is; no packet makes it allocate.
//!
//! The stage is a row of places in the order of their ranks: who hears the loudest `n` hears the first `n` of the row,
//! itself left out. So it is larger than what anybody hears, and everybody on it still finds `n` others.
//!
//! * A free place is given with the very packet that begins to speak, so that no first word is cut.
//! * A place is kept for [`HELD`] at the least; after that, it is lost when its holder has been silent for [`SILENT`] and
//!   somebody speaks louder who has no place, or one too far back to be heard by all. One click is not enough for that.
//! * Of several who wait, the loudest comes first.
//! * Who has been silent for [`LEAVES`] leaves, so that nobody pays for silence being carried.
//! * A source that makes sound without any pause for [`TIRELESS`] is no speaker: a fan, a tone, a liar about its levels. It
//!   may stay while nobody needs the place, and counts as silent and as the softest as soon as somebody does. With two
//!   places or more, no such source keeps the others from being heard.
//! * Telephone events (RFC 4733) are heard by all: who sends one is given a place among the first at once, the quietest's
//!   if need be, before its time. At most half of those places can be had in this way.

use std::ops::BitOr;
use std::time::{Duration, Instant};

use voice::Voice;

mod voice;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

/// How long a place is kept at the least.
pub const HELD: Duration = Duration::from_millis(500);

/// How long the holder of a place has to be silent before another can take it.
pub const SILENT: Duration = Duration::from_millis(300);

/// How long the holder of a place may be silent before it leaves.
pub const LEAVES: Duration = Duration::from_secs(2);

/// How long sound without a pause counts as speech.
pub const TIRELESS: Duration = Duration::from_secs(30);

/// How long after its last word somebody still counts as speaking for those who look.
pub const LINGERS: Duration = Duration::from_secs(1);

/// How far apart two changes of the set of those who speak are at the least.
pub const TOLD_EVERY: Duration = Duration::from_millis(200);

/// The most that are said to speak.
pub const MOST_TOLD: usize = 8;

/// How long somebody who waits for a place is remembered as the loudest of those who wait: a few packets.
const WAITS: Duration = Duration::from_millis(60);

/// A source's number in the machine; used again after the source has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seat(u32);

impl Seat {
    /// Counted from 0; never larger than the most sources there were at once.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One packet of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// A frame of sound, as its sender describes it (RFC 6464). Who does not describe it is silent.
    Frame {
        /// −dBov: 0 is full scale, 127 is silence.
        level: u8,
        /// Whether there is a voice in it.
        voice: bool,
    },
    /// A packet of a telephone event.
    Tone,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Who is on stage, or in which order.
    pub stage: bool,
    /// Who speaks.
    pub speaking: bool,
    /// [`Speakers::next_deadline`] may have come closer.
    pub deadline: bool,
}

impl BitOr for Change {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            stage: self.stage || other.stage,
            speaking: self.speaking || other.speaking,
            deadline: self.deadline || other.deadline,
        }
    }
}

/// The stage of one room.
#[derive(Debug, Default)]
pub struct Speakers {
    sources: Vec<Source>,
    free: Vec<Seat>,
    places: usize,
    shared: usize,
    /// By rank.
    stage: Vec<Seat>,
    waiting: Option<Waiting>,
    /// Who was last said to speak, the loudest first.
    told: Vec<Seat>,
    /// Somebody was told of and left for good.
    lost: bool,
    /// When it was last looked who speaks.
    looked: Option<Instant>,
    /// Since when there is a reason to look again.
    look: Option<Instant>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Source {
    open: bool,
    told: bool,
    /// Since when it has its place.
    since: Option<Instant>,
    voice: Voice,
}

/// The loudest of those who wait for a place.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    seat: Seat,
    loudness: f32,
    at: Instant,
}

impl Speakers {
    /// Adds a source, which is not open yet.
    pub fn join(&mut self) -> Seat {
        self.free.pop().unwrap_or_else(|| {
            self.sources.push(Source::default());
            Seat(u32::try_from(self.sources.len() - 1).expect("a room has far fewer than 2^32 sources"))
        })
    }

    /// Takes a source out. Its seat may be given to another.
    pub fn leave(&mut self, seat: Seat, now: Instant) -> Change {
        let change = self.set_open(seat, false, now);
        self.free.push(seat);
        change
    }

    /// Whether a source may be chosen; not at first. One that is closed leaves the stage at once.
    pub fn set_open(&mut self, seat: Seat, open: bool, now: Instant) -> Change {
        if self.source(seat).open == open {
            return Change::default();
        }
        let before = std::mem::replace(self.source_mut(seat), Source { open, ..Source::default() });
        let stage = before.since.is_some();
        self.stage.retain(|&holder| holder != seat);
        if before.told {
            self.told.retain(|&told| told != seat);
            self.lost = true;
            self.look.get_or_insert(now);
        }
        Change { stage, speaking: self.look(now), deadline: true }
    }

    /// How many are on stage at the most, and how many of the first all receivers hear. Nobody is, at first.
    pub fn set_places(&mut self, places: usize, shared: usize, now: Instant) -> Change {
        (self.places, self.shared) = (places, shared.min(places));
        let stage = self.stage.len() > places;
        while self.stage.len() > places {
            self.drop_last(now);
        }
        Change { stage, speaking: self.look(now), deadline: true }
    }

    /// A packet of a source came.
    pub fn heard(&mut self, seat: Seat, sound: Sound, now: Instant) -> Change {
        let source = self.source_mut(seat);
        if !source.open || !source.voice.heard(sound, now) {
            return Change::default();
        }
        let stage = sound == Sound::Tone && self.brings_a_tone(seat, now) || self.wants_a_place(seat, now);
        let source = self.source(seat);
        if source.since.is_some() && !source.told && source.voice.is_speech() {
            self.look.get_or_insert(now);
        }
        Change { stage, speaking: self.look(now), deadline: stage || self.look.is_some() }
    }

    /// Does what its time has come for.
    pub fn tick(&mut self, now: Instant) -> Change {
        let before = self.stage.len();
        let sources = &mut self.sources;
        self.stage.retain(|seat| {
            let source = &mut sources[seat.index()];
            source.since = source.since.filter(|_| source.voice.silent_for(now) < LEAVES);
            source.since.is_some()
        });
        Change { stage: self.stage.len() < before, speaking: self.look(now), deadline: true }
    }

    /// When [`Speakers::tick`] has something to do next.
    pub fn next_deadline(&self) -> Option<Instant> {
        let last = self.stage.iter().filter_map(|&seat| self.source(seat).voice.last()).min();
        last.map(|at| at + LEAVES).into_iter().chain(self.next_look()).min()
    }

    /// Who is on stage, by rank.
    pub fn stage(&self) -> &[Seat] {
        &self.stage
    }

    /// Who speaks, the loudest first, as of the last change that said so.
    pub fn speaking(&self) -> &[Seat] {
        &self.told
    }

    fn source(&self, seat: Seat) -> &Source {
        &self.sources[seat.index()]
    }

    fn source_mut(&mut self, seat: Seat) -> &mut Source {
        &mut self.sources[seat.index()]
    }
}

/// Places.
impl Speakers {
    /// Somebody makes a sound: it gets a free place, a better one, or that of somebody silent. Whether the stage changed.
    fn wants_a_place(&mut self, seat: Seat, now: Instant) -> bool {
        if self.source(seat).since.is_some() {
            return self.comes_forward(seat, now);
        }
        if self.stage.len() >= self.places && !self.makes_room(seat, now) {
            return false;
        }
        self.enter(self.stage.len(), seat, now);
        self.comes_forward(seat, now);
        true
    }

    fn enter(&mut self, rank: usize, seat: Seat, now: Instant) {
        self.stage.insert(rank, seat);
        self.source_mut(seat).since = Some(now);
    }

    fn drop_last(&mut self, now: Instant) {
        let Some(seat) = self.stage.pop() else { return };
        let source = self.source_mut(seat);
        source.since = None;
        if source.told {
            self.look.get_or_insert(now);
        }
    }

    /// Sends away whoever can best be spared for a challenger, if anybody: who has been silent longest, and before those
    /// who are never silent.
    fn makes_room(&mut self, challenger: Seat, now: Instant) -> bool {
        if !self.is_next(challenger, now) {
            return false;
        }
        let yields = |&rank: &usize| self.yields(self.stage[rank], challenger, now);
        let silence = |&rank: &usize| self.source(self.stage[rank]).voice.silent_for(now);
        let Some(rank) = (0..self.stage.len()).filter(yields).max_by_key(silence) else { return false };
        self.stage[rank..].rotate_left(1);
        self.drop_last(now);
        self.waiting = None;
        true
    }

    /// Whether a challenger speaks, and nobody louder waits with it.
    fn is_next(&mut self, challenger: Seat, now: Instant) -> bool {
        let voice = &self.source(challenger).voice;
        if !voice.is_speech() {
            return false;
        }
        let loudness = voice.loudness(now);
        let fresh = |other: &Waiting| now.saturating_duration_since(other.at) < WAITS;
        if self.waiting.filter(fresh).is_some_and(|other| other.seat != challenger && other.loudness >= loudness) {
            return false;
        }
        self.waiting = Some(Waiting { seat: challenger, loudness, at: now });
        true
    }

    /// Who speaks from a place that not everybody hears changes places with the first who has to yield. Whether it did.
    fn comes_forward(&mut self, seat: Seat, now: Instant) -> bool {
        let Some(rank) = self.stage.iter().position(|&holder| holder == seat) else { return false };
        if rank < self.shared || !self.source(seat).voice.is_speech() {
            return false;
        }
        let Some(better) = (0..rank).find(|&rank| self.yields(self.stage[rank], seat, now)) else { return false };
        self.stage.swap(rank, better);
        self.source_mut(seat).since = Some(now);
        true
    }

    /// Whether a holder has to give its place to a challenger.
    fn yields(&self, holder: Seat, challenger: Seat, now: Instant) -> bool {
        let Source { since, voice, .. } = self.source(holder);
        let held = since.is_some_and(|since| now.saturating_duration_since(since) >= HELD);
        let spared = voice.silent_for(now) >= SILENT || voice.is_tireless(now);
        held && spared && voice.loudness(now) < self.source(challenger).voice.loudness(now)
    }

    /// A telephone event: everybody is to hear it, so the quietest of those whom all hear gives its place. Whether one did.
    fn brings_a_tone(&mut self, seat: Seat, now: Instant) -> bool {
        let front = &self.stage[..self.shared.min(self.stage.len())];
        let has_tone = |seat: Seat| self.source(seat).voice.has_tone(now);
        let tones = front.iter().filter(|&&holder| has_tone(holder)).count();
        // Too few are on stage to make anybody go, or too many have come in this way.
        if front.len() < self.shared || front.contains(&seat) || tones >= self.shared.div_ceil(2) {
            return false;
        }
        let loudness = |&rank: &usize| self.source(self.stage[rank]).voice.loudness(now);
        let toneless = (0..front.len()).filter(|&rank| !has_tone(self.stage[rank]));
        let Some(rank) = toneless.min_by(|a, b| loudness(a).total_cmp(&loudness(b))) else { return false };
        self.stage.retain(|&holder| holder != seat);
        self.enter(rank, seat, now);
        // The other goes to the end of the row, and from there off the stage if that is full.
        self.stage[rank + 1..].rotate_left(1);
        if self.stage.len() > self.places {
            self.drop_last(now);
        }
        true
    }
}

/// Who speaks.
impl Speakers {
    /// Looks who speaks, if it is time to. Whether that changed.
    fn look(&mut self, now: Instant) -> bool {
        if self.next_look().is_none_or(|at| now < at) {
            return false;
        }
        (self.looked, self.look) = (Some(now), None);
        let mut changed = std::mem::take(&mut self.lost);
        let sources = &mut self.sources;
        self.told.retain(|seat| {
            let source = &mut sources[seat.index()];
            let lingers = |spoke| now.saturating_duration_since(spoke) < LINGERS;
            source.told = source.since.is_some() && source.voice.spoke().is_some_and(lingers);
            changed |= !source.told;
            source.told
        });
        for &seat in &self.stage {
            let source = &mut sources[seat.index()];
            let speaks = source.voice.is_speech() && source.voice.silent_for(now) < SILENT;
            if speaks && !source.told && self.told.len() < MOST_TOLD {
                source.told = true;
                self.told.push(seat);
                changed = true;
            }
        }
        if changed {
            let loudness = |seat: &Seat| sources[seat.index()].voice.loudness(now);
            self.told.sort_unstable_by(|a, b| loudness(b).total_cmp(&loudness(a)));
        }
        changed
    }

    /// When it is time to look again.
    fn next_look(&self) -> Option<Instant> {
        let falls_silent = |&seat: &Seat| self.source(seat).voice.spoke().map(|at| at + LINGERS);
        let silent = self.told.iter().filter_map(falls_silent).min();
        let at = self.look.into_iter().chain(silent).min()?;
        Some(self.looked.map_or(at, |looked| at.max(looked + TOLD_EVERY)))
    }
}
