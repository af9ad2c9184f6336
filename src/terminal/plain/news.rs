//! What happened, as lines: the entries of the event list, and what changed that has no entry.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::call::{CallState, Direction};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, Identity};
use crate::domain::park::ParkedCall;
use crate::domain::person::Person;
use crate::domain::presence::PresenceState;
use crate::domain::transfer::HandedTo;
use crate::phone::event::{AudioDevice, Diagnosis, SoundState};
use crate::terminal::model::{About, Entry, Handing, LiveCall, Model, Row, SoundRow, part};
use crate::terminal::update::{rings, told_soon};
use crate::texts::{diagnosis, plain, sound, state};

/// What was told so far.
#[derive(Debug, Default)]
pub(super) struct News {
    /// How many events.
    events: usize,
    /// The calls.
    calls: BTreeMap<CallId, Call>,
    /// The calls that rang here: only those are answered.
    rang: BTreeSet<CallId>,
    /// A call that stopped ringing, or was missed, last: the other of the two is no news.
    unanswered: Option<CallId>,
    me: Option<Identity>,
    missed: Option<u32>,
    parked: Vec<ParkedCall>,
    pending: Option<Handing>,
    removal: Option<Identity>,
    explained: Option<CallId>,
    presence: Option<PresenceState>,
    sound: Option<SoundState>,
}

/// What was told of a call.
#[derive(Debug, Default)]
struct Call {
    state: Option<CallState>,
    /// Whom it was with.
    name: String,
    muted: bool,
    they_muted: bool,
    cut: bool,
    they_lost: bool,
    wrong: Vec<Diagnosis>,
    /// What was said to be over: it is said once.
    over: Vec<Diagnosis>,
}

impl News {
    /// Tells what is new since it was asked last.
    pub(super) fn tell(&mut self, model: &Model, lines: &mut Vec<String>) {
        self.signed_in(model, lines);
        let new = (model.events.total - self.events).min(model.events.entries.len());
        self.events = model.events.total;
        let known = model.events.entries.len() - new;
        for entry in model.events.entries.iter().skip(known) {
            lines.extend(self.entry(model, entry));
        }
        self.of_calls(model, lines);
        self.of_the_desk(model, lines);
        self.of_the_sound(model, lines);
    }

    fn signed_in(&mut self, model: &Model, lines: &mut Vec<String>) {
        let Some(me) = model.me.as_ref().filter(|me| self.me.as_ref() != Some(&me.identity)) else { return };
        self.me = Some(me.identity.clone());
        lines.push(plain::signed_in(me.display_name.as_str(), me.name.as_str()));
    }

    /// The line of an event; none for one that another line tells.
    fn entry(&mut self, model: &Model, entry: &Entry) -> Option<String> {
        match entry.about {
            About::Text => Some(sentence(&entry.text)),
            About::Shared => Some(plain::shares(&entry.text)),
            About::Rings(call) => {
                self.rang.insert(call);
                Some(ringing(model, call).unwrap_or_else(|| sentence(&entry.text)))
            }
            About::RangOut(call) | About::Missed(call) => {
                let told = self.unanswered.replace(call) == Some(call);
                (!told).then(|| sentence(&entry.text))
            }
            About::Stands(call) => match model.board.get(call) {
                Some(live) => self.stands(model, live),
                None => Some(sentence(&entry.text)),
            },
            // In which slot it waits was told.
            About::Ended(_) if model.ended.as_ref().is_some_and(|e| e.summary.end == EndReason::PARKED) => None,
            About::Ended(_) => Some(ended(model).unwrap_or_else(|| sentence(&entry.text))),
        }
    }

    fn stands(&self, model: &Model, live: &LiveCall) -> Option<String> {
        let told = self.calls.get(&live.view.call);
        let before = told.and_then(|call| call.state);
        let state = live.view.state;
        let incoming = live.view.direction == Direction::Incoming;
        let joining = matches!(before, None | Some(CallState::Connecting));
        if live.is_group() && !incoming && joining && matches!(state, CallState::Connecting | CallState::Connected) {
            // That one joins, and who is there then, is told in lines of its own.
            return None;
        }
        if live.is_parked() {
            // So is who parked the call.
            return None;
        }
        if incoming && joining && state == CallState::Connecting && !self.rang.contains(&live.view.call) {
            // It was picked up, or goes on from another call: nobody answers.
            return None;
        }
        let muted = state == CallState::Connected && live.view.muted;
        if live.moved && joining && state == CallState::Connected {
            // That it goes on as this one was told.
            return muted.then(|| microphone(model, live));
        }
        let somebody_else = told.is_some_and(|told| told.name != live.name());
        let before = before.filter(|_| !(somebody_else && state == CallState::Connected));
        let mut line = plain::stands(rung(live).unwrap_or_else(|| live.name()), before, state, incoming);
        if muted {
            line = format!("{line} {}", microphone(model, live));
        } else if let Some(row) = row(model, live.view.call).filter(|_| state == CallState::LocalHold) {
            line = format!("{line} {}", plain::call_number(row));
        }
        Some(line)
    }

    fn of_calls(&mut self, model: &Model, lines: &mut Vec<String>) {
        for live in model.board.live() {
            let told = self.calls.entry(live.view.call).or_default();
            told.of(model, live, lines);
        }
        self.calls.retain(|call, _| model.board.get(*call).is_some());
        let there = |call: &CallId| model.board.rows().iter().any(|row| row.line.call() == *call);
        self.rang.retain(there);
    }

    fn of_the_desk(&mut self, model: &Model, lines: &mut Vec<String>) {
        if self.missed.is_none() && model.history.missed > 0 {
            self.missed = Some(model.history.missed);
            // One that was missed just now has a line of its own.
            if self.unanswered.is_none() {
                lines.push(plain::missed(model.history.missed));
            }
        }
        if let Some((call, why)) = &model.explained
            && self.explained != Some(*call)
        {
            self.explained = Some(*call);
            lines.push(plain::explained(&why.cause, &why.next));
        }
        self.of_slots(model, lines);
        let pending = model.pending.as_ref();
        if let Some(pending) = pending.filter(|pending| self.pending.as_ref() != Some(&pending.what)) {
            lines.push(plain::soon(&told_soon(model, &pending.what), pending.seconds(model.now)));
        }
        self.pending = pending.map(|pending| pending.what.clone());
        let removal = model.friends.removal.as_ref();
        if let Some(removal) = removal.filter(|removal| self.removal.as_ref() != Some(&removal.person.identity)) {
            let seconds = (removal.until.since(model.now) + 999) / 1000;
            lines.push(plain::taken_off(removal.person.display_name.as_str(), seconds));
        }
        self.removal = removal.map(|removal| removal.person.identity.clone());
        let chosen = [PresenceState::Online, PresenceState::Away, PresenceState::DoNotDisturb];
        if let Some(presence) = model.presence.filter(|presence| chosen.contains(presence)) {
            // What was chosen before the start is told where somebody asks.
            let news = self.presence.is_some_and(|told| told != presence);
            lines.extend(news.then(|| plain::presence(state::presence(presence))));
            self.presence = Some(presence);
        }
    }

    fn of_slots(&mut self, model: &Model, lines: &mut Vec<String>) {
        if self.parked == model.parked {
            return;
        }
        let known = |parked: &ParkedCall, of: &[ParkedCall]| of.iter().any(|other| other.call_id == parked.call_id);
        // Who parks, or is parked, is told so in a line of their own.
        let me = |who: &Person| self.me.as_ref() == Some(&who.identity);
        let told = |parked: &&ParkedCall| !me(&parked.person);
        for parked in model.parked.iter().filter(told).filter(|it| !known(it, &self.parked) && !me(&it.by)) {
            let (who, by) = (&parked.person.display_name, &parked.by.display_name);
            lines.push(plain::parked(who.as_str(), &parked.slot.to_string(), by.as_str()));
        }
        for parked in self.parked.iter().filter(told).filter(|it| !known(it, &model.parked)) {
            lines.push(plain::unparked(parked.person.display_name.as_str(), &parked.slot.to_string()));
        }
        self.parked.clone_from(&model.parked);
    }

    fn of_the_sound(&mut self, model: &Model, lines: &mut Vec<String>) {
        let now = &model.sound;
        if self.sound.as_ref() == Some(now) {
            return;
        }
        if let Some(before) = &self.sound {
            if before.profile != now.profile {
                lines.push(plain::setting(plain::PROFILE, now.profile.as_str()));
            }
            for (row, what) in
                [(SoundRow::Echo, plain::ECHO), (SoundRow::Noise, plain::NOISE), (SoundRow::Gain, plain::GAIN)]
            {
                let wished = |sound| part(row, sound).map(|part| part.wished);
                if let Some(word) = wished(now).filter(|word| wished(before) != Some(word)) {
                    lines.push(plain::setting(what, word));
                }
            }
            for (which, was, is) in [
                (AudioDevice::Microphone, before.microphone_db, now.microphone_db),
                (AudioDevice::Speaker, before.speaker_db, now.speaker_db),
                (AudioDevice::Ringer, before.ringer_db, now.ringer_db),
            ] {
                if was != is {
                    lines.push(plain::setting(&plain::volume_of(which), &sound::volume(is)));
                }
            }
        }
        self.sound = Some(now.clone());
    }
}

impl Call {
    /// What changed in a call, but for its state, which the events tell.
    fn of(&mut self, model: &Model, live: &LiveCall, lines: &mut Vec<String>) {
        let (name, direct) = (live.name(), !live.is_group());
        let same = self.state == Some(live.view.state);
        let connected = live.view.state == CallState::Connected;
        if live.view.muted != self.muted && connected && same {
            lines.push(microphone(model, live));
        }
        let they_muted = direct && live.are_they_muted();
        if they_muted != self.they_muted && connected && same {
            lines.push(plain::they_muted(name, they_muted));
        }
        let (cut, they_lost) = (live.is_reconnecting(), direct && live.are_they_reconnecting());
        if cut != self.cut {
            lines.push(plain::cut(name, cut));
        }
        if they_lost != self.they_lost {
            lines.push(plain::they_lost(name, they_lost));
        }
        let over = self.wrong.iter().filter(|wrong| !live.diagnoses.contains(wrong) && !self.over.contains(wrong));
        // That a device is back is told with its name.
        let over: Vec<Diagnosis> = over.filter(|wrong| !matches!(wrong, Diagnosis::DeviceGone(_))).copied().collect();
        lines.extend(over.iter().map(|over| sentence(&diagnosis::over(*over))));
        self.over.extend(over);
        self.wrong.clone_from(&live.diagnoses);
        self.state = Some(live.view.state);
        name.clone_into(&mut self.name);
        (self.muted, self.they_muted, self.cut, self.they_lost) = (live.view.muted, they_muted, cut, they_lost);
    }
}

/// Whether the microphone is on for a call, and what to type.
pub(super) fn microphone(model: &Model, live: &LiveCall) -> String {
    let (name, muted) = (live.name(), live.view.muted);
    if model.talk.on {
        let left = model.talk.now.as_ref().map_or(0, |talking| talking.until.since(model.now));
        plain::talking(name, muted, left)
    } else {
        plain::microphone(name, muted)
    }
}

/// Who is rung for a call that was handed on: not yet the one it is with.
fn rung(live: &LiveCall) -> Option<&str> {
    match live.handed.as_ref().filter(|_| live.view.state == CallState::Ringing).map(|handed| &handed.to) {
        Some(HandedTo::Person { person }) => Some(person.display_name.as_str()),
        Some(HandedTo::Slot { .. }) | None => None,
    }
}

/// The row of a call, where there are several.
fn row(model: &Model, call: CallId) -> Option<usize> {
    let row = model.board.rows().iter().find(|row: &&Row| row.line.call() == call);
    row.filter(|_| model.board.is_seen()).map(|row| row.number)
}

fn ringing(model: &Model, call: CallId) -> Option<String> {
    let incoming = model.board.ringing().find(|incoming| incoming.call == call)?;
    let talking = model.board.active().filter(|live| live.is_connected()).map(LiveCall::name);
    let line = plain::rings(&rings(incoming, model.me.as_ref()), row(model, call), talking);
    let from = crate::domain::call::Peer::Person(incoming.from.clone());
    let note = model.history.noted(&from).and_then(|record| record.note.as_ref());
    Some(note.map_or_else(|| line.clone(), |note| format!("{line} {}", plain::noted(note.as_str()))))
}

fn ended(model: &Model) -> Option<String> {
    let ended = model.ended.as_ref()?;
    let talked = ended.summary.connected_for.map(|length| i64::try_from(length.as_millis()).unwrap_or(i64::MAX));
    Some(plain::ended(&ended.name, talked, &ended.ending.what, ended.ending.advice))
}

/// A text as a sentence. Where it speaks of a key to press, a word is typed.
pub(super) fn sentence(text: &str) -> String {
    let text = text.trim_end().replace("Press `", "Type `").replace("press `", "type `").replace('`', "");
    let mut chars = text.chars();
    let mut line: String = chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect());
    if !line.ends_with(['.', '?', '!', ':']) {
        line.push('.');
    }
    line
}
