//! People, a fixed time, and verbs: what is pressed, what the phone tells, what is seen.

use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;
use uuid::Uuid;

use super::group_kit::groups;
use crate::domain::call::{CallState, Direction, Participant, ParticipantState, Peer, RosterRow};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::person::{Friend, Person};
use crate::domain::presence::{Presence, PresenceState};
use crate::domain::record::{CallRecord, Outcome};
use crate::domain::time::UnixMillis;
use crate::media::processing::Processing;
use crate::phone::audio::device::{DeviceInfo, Devices};
use crate::phone::command::Command;
use crate::phone::event::{
    AudioState, CallView, DeviceFigures, DeviceState, Event, Heard, Incoming, Link, MediaState, Outbound, Quality,
    SoundState, Summary, Transport,
};
use crate::terminal::keys::Key;
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::{Model, ScreenOptions};
use crate::terminal::update::update;
use crate::terminal::view::draw;

/// 2026-01-05T14:02:11Z, a Monday.
pub(super) const NOW: UnixMillis = UnixMillis(1_767_621_731_000);

pub(super) const CALL: CallId = CallId(Uuid::from_u128(1));

pub(super) fn person(name: &str) -> Person {
    let mut display = name.to_owned();
    display[..1].make_ascii_uppercase();
    Person::new(format!("8:acs:demo_{name}").parse().unwrap(), name.parse().unwrap(), display.as_str().into())
}

pub(super) fn friend(name: &str, state: PresenceState) -> Friend {
    Friend { person: person(name), presence: Presence::now(state), favourite: None }
}

pub(super) fn friends() -> Vec<Friend> {
    let mut dave = friend("dave", PresenceState::Offline);
    dave.presence.last_seen = Some(NOW.plus(-2 * 3_600_000));
    let mut erin = friend("erin", PresenceState::Online);
    erin.person.display_name = "Erin of the long and winding name, Dr.".into();
    vec![
        friend("bob", PresenceState::Online),
        friend("carol", PresenceState::InCall),
        dave,
        erin,
        friend("frank", PresenceState::DoNotDisturb),
        friend("grace", PresenceState::Away),
    ]
}

pub(super) fn records() -> Vec<CallRecord> {
    let record = |n: u128, name, direction, outcome, ago: i64, seconds: Option<i64>| {
        let started_at = NOW.plus(-ago * 60_000);
        CallRecord {
            call_id: CallId(Uuid::from_u128(100 + n)),
            with: Peer::Person(person(name)),
            direction,
            outcome,
            started_at,
            answered_at: seconds.map(|_| started_at),
            ended_at: seconds.map(|s| started_at.plus(s * 1000)),
            end: Some(EndReason::HUNG_UP),
            answered_by: None,
            note: None,
        }
    };
    vec![
        record(1, "carol", Direction::Incoming, Outcome::Missed, 12, None),
        record(2, "bob", Direction::Outgoing, Outcome::Answered, 90, Some(271)),
        record(3, "frank", Direction::Outgoing, Outcome::Busy, 26 * 60, None),
        record(4, "grace", Direction::Incoming, Outcome::Declined, 3 * 24 * 60, None),
        record(5, "dave", Direction::Outgoing, Outcome::NoAnswer, 30 * 24 * 60, None),
    ]
}

pub(super) fn incoming(name: &str) -> Incoming {
    Incoming { call: CALL, from: person(name), at: NOW.plus(-7000), group: None, via: None }
}

/// The other side's row of a direct call.
pub(super) fn row(name: &str, muted: bool) -> RosterRow {
    let participant = Participant { person: person(name), state: ParticipantState::Connected, muted };
    RosterRow { number: 0, participant }
}

pub(super) fn view(state: CallState) -> CallView {
    let connected = !matches!(state, CallState::Connecting | CallState::Ringing | CallState::EarlyMedia);
    CallView {
        call: CALL,
        direction: Direction::Outgoing,
        with: Peer::Person(person("bob")),
        group: None,
        may_end: false,
        state,
        started_at: NOW.plus(-280_000),
        connected_at: connected.then(|| NOW.plus(-271_000)),
        muted: false,
        participants: Arc::new([row("bob", false)]),
        media: if connected { MediaState::Flowing } else { MediaState::Connecting },
        consult_of: None,
        via: None,
        held_since: None,
    }
}

pub(super) fn quality() -> Quality {
    Quality {
        transport: Some(Transport::Udp),
        rtt_ms: Some(38.0),
        jitter_ms: 4.2,
        sent_packets: 13_550,
        received_packets: 13_548,
        lost_packets: 3,
        concealed_ms: 60,
        buffer_ms: 60.0,
        late_packets: 1,
        repaired_packets: 2,
        kbps_in: 31.2,
        kbps_out: 32.4,
        mos_in: Some(4.3),
        mos_out: Some(4.1),
        outbound: Some(Outbound { loss_percent: 0.2, lost_packets: 12, jitter_ms: 3.4 }),
        heard: Arc::new([heard(0)]),
        device: DeviceFigures { underruns: 2, erle_db: Some(41.3), ..DeviceFigures::default() },
    }
}

/// How the participant with this number is heard.
pub(super) fn heard(number: u16) -> Heard {
    Heard {
        number,
        jitter_ms: 4.2 + f32::from(number),
        received_packets: 13_548,
        lost_packets: 3 * u64::from(number + 1),
        late_packets: u64::from(number),
        repaired_packets: 2,
        concealed_ms: 60,
        buffer_ms: 60.0,
        kbps: 31.2,
        mos: Some(4.3 - f32::from(number) / 10.0),
    }
}

/// What is done to the sound with the standard profile, and nothing else wished.
pub(super) fn sound() -> SoundState {
    SoundState { processing: Processing::ALL, ..SoundState::default() }
}

/// The devices of [`devices`] in use.
pub(super) fn working() -> AudioState {
    AudioState {
        microphone: DeviceState::Working("USB Mic".to_owned()),
        speaker: DeviceState::Working("Headset".to_owned()),
        ringer: DeviceState::Idle,
    }
}

pub(super) fn summary(end: EndReason, seconds: Option<u64>) -> Summary {
    Summary {
        call: CALL,
        direction: Direction::Outgoing,
        with: Peer::Person(person("bob")),
        end,
        handed_over: None,
        connected_for: seconds.map(Duration::from_secs),
        quality: if seconds.is_some() { quality() } else { Quality::default() },
        first_audio_ms: Some(90),
        heard_ms: 1000,
        level_out_dbfs: None,
        level_in_dbfs: None,
    }
}

pub(super) fn devices() -> Devices {
    let info = |name: &str, is_default, usable| DeviceInfo {
        name: name.to_owned(),
        description: format!("{name} (built in)"),
        is_default,
        usable,
    };
    Devices {
        microphones: vec![info("USB Mic", true, true), info("Line In", false, false)],
        speakers: vec![info("Headset", true, true)],
        ..Devices::default()
    }
}

/// A screen with verbs.
pub(super) struct Desk {
    pub(super) model: Model,
    pub(super) effects: Vec<Effect>,
}

impl Desk {
    /// A screen before anything happened.
    pub(super) fn blank(options: &ScreenOptions, colour: bool) -> Self {
        let model = Model::new(options, colour, NOW).unwrap();
        Self { model, effects: Vec::new() }
    }

    /// A screen of somebody signed in, without friends or calls.
    pub(super) fn fresh() -> Self {
        Self::fresh_with(&ScreenOptions { hint: "demo".to_owned(), ..ScreenOptions::default() }, true)
    }

    pub(super) fn fresh_with(options: &ScreenOptions, colour: bool) -> Self {
        let mut desk = Self::blank(options, colour);
        desk.hears(Event::Link(Link::Up));
        desk.hears(Event::Me(person("alice")));
        desk.hears(Event::MyPresence(Presence::now(PresenceState::Online)));
        desk.hears(Event::Friends(Vec::new()));
        desk.hears(Event::History(Vec::new()));
        desk.hears(Event::Groups(Vec::new()));
        desk.hears(Event::Sound(sound()));
        desk.effects.clear();
        desk
    }

    /// A screen of somebody with friends and call records.
    pub(super) fn ready() -> Self {
        Self::fresh().furnished()
    }

    pub(super) fn furnished(mut self) -> Self {
        self.hears(Event::Friends(friends()));
        self.hears(Event::History(records()));
        self.hears(Event::Groups(groups()));
        self.effects.clear();
        self
    }

    /// A screen on which Carol's call rings.
    pub(super) fn ringing() -> Self {
        let mut desk = Self::ready();
        desk.hears(Event::Incoming(incoming("carol")));
        desk
    }

    /// A screen in a call.
    pub(super) fn in_call(state: CallState) -> Self {
        let mut desk = Self::ready();
        desk.calls(view(state));
        desk
    }

    pub(super) fn calls(&mut self, view: CallView) {
        let flowing = view.media == MediaState::Flowing;
        self.hears(Event::Call(view));
        if flowing {
            self.hears(Event::Quality { call: CALL, quality: quality() });
            self.hears(Event::Levels { call: CALL, microphone: -18.0, speaker: -31.0, heard: Vec::new() });
        }
        self.effects.clear();
    }

    pub(super) fn takes(&mut self, message: Message) {
        self.effects.extend(update(&mut self.model, message));
    }

    pub(super) fn hears(&mut self, event: Event) {
        self.takes(Message::Phone(event));
    }

    /// Presses keys, written as in the key table and separated by blanks.
    pub(super) fn presses(&mut self, keys: &str) {
        for key in keys.split(' ').filter(|key| !key.is_empty()) {
            let (code, mut modifiers) = pressed(key.parse().unwrap());
            modifiers.set(KeyModifiers::ALT, key.starts_with("Alt-"));
            self.takes(Message::Key(KeyEvent::new(code, modifiers)));
        }
    }

    /// Types a text, character by character.
    pub(super) fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.takes(Message::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)));
        }
    }

    pub(super) fn waits(&mut self, millis: i64) {
        let now = self.model.now.plus(millis);
        self.takes(Message::Tick(now));
    }

    /// The commands the phone got since this was asked last.
    pub(super) fn commands(&mut self) -> Vec<Command> {
        let effects = std::mem::take(&mut self.effects);
        effects
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::Phone(command) => Some(command),
                _ => None,
            })
            .collect()
    }

    pub(super) fn buffer(&self, width: u16, height: u16) -> Buffer {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        draw(&self.model, area, &mut buffer);
        buffer
    }

    /// What is seen at a size, as text.
    pub(super) fn sees(&self, width: u16, height: u16) -> String {
        text(&self.buffer(width, height))
    }
}

fn pressed(key: Key) -> (KeyCode, KeyModifiers) {
    let modifiers = if key.ctrl() { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
    (key.code(), modifiers)
}

/// A buffer as text, blanks at line ends dropped.
pub(super) fn text(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            line.push_str(symbol);
            x += u16::try_from(symbol.width()).unwrap().max(1);
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
