//! Whatever happens, at whatever size: the screen draws, and never panics.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use proptest::prelude::*;

use super::desk_kit::{asked, handed_over, id, numbered, over, parked, rings, with};
use super::group_kit::{card, crowd, four, group_view, groups};
use super::history::noted;
use super::kit::{
    CALL, Desk, NOW, devices, friends, heard, incoming, person, quality, records, sound, summary, view, working,
};
use super::rules::forwarding;
use crate::domain::call::{CallState, Peer};
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, ForwardWhen};
use crate::domain::park::ParkSlot;
use crate::domain::presence::{Presence, PresenceState};
use crate::domain::record::HistoryFilter;
use crate::domain::transfer::{HandedTo, Via};
use crate::phone::audio::device::{Devices, SinkChoice};
use crate::phone::event::{
    AudioState, CallView, DeviceState, Diagnosis, Event, GroupCard, Incoming, Link, Quality, Refusal, Refused,
    SoundState,
};
use crate::terminal::keys::TABLE;
use crate::terminal::message::Message;
use crate::terminal::model::{Model, ScreenOptions};
use crate::terminal::plain::Plain;
use crate::terminal::update::update;

#[derive(Debug, Clone)]
enum Step {
    Action(usize),
    Word(usize),
    Key(char),
    Wait(i64),
    Event(usize),
    Paste(String),
    Look(u16, u16),
    Release(char),
    Releases(bool),
    FocusLost,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..TABLE.len()).prop_map(Step::Action),
        (0..TABLE.len()).prop_map(Step::Word),
        any::<char>().prop_map(Step::Key),
        prop::sample::select(vec!['a', 'b', 'c', 'e', '1', ' ', 'ü', '日']).prop_map(Step::Key),
        (-2000_i64..5000).prop_map(Step::Wait),
        (0..EVENTS).prop_map(Step::Event),
        ".{0,40}".prop_map(Step::Paste),
        Just(Step::Paste("http://127.0.0.1:8790/j/k7mq-3tzf".to_owned())),
        (1_u16..=200, 1_u16..=60).prop_map(|(width, height)| Step::Look(width, height)),
        (1_u16..=44, 1_u16..=12).prop_map(|(width, height)| Step::Look(width, height)),
        prop::sample::select(vec![' ', 'm', 'b']).prop_map(Step::Release),
        any::<bool>().prop_map(Step::Releases),
        Just(Step::FocusLost),
    ]
}

const EVENTS: usize = 105;

fn slot(number: u8) -> ParkSlot {
    number.try_into().unwrap()
}

fn event(n: usize) -> Event {
    let strange = || "x\u{301}日本 \u{1f469}\u{200d}\u{1f680} very very long text that goes on and on and on".repeat(4);
    let mut loud = view(CallState::Connected);
    let mut bob = person("bob");
    bob.display_name = strange().as_str().into();
    loud.with = Peer::Person(bob);
    match n {
        0 => Event::Link(Link::Connecting),
        1 => Event::Link(Link::Up),
        2 => Event::Link(Link::Down { reason: strange(), retry_in: std::time::Duration::MAX }),
        3 => Event::Link(Link::Refused { reason: strange() }),
        4 => Event::Me(person("alice")),
        5 => Event::MyPresence(Presence::now(PresenceState::Away)),
        6 => Event::Friends(friends()),
        7 => Event::Friends(Vec::new()),
        8 => Event::History(noted()),
        9 => Event::Recorded(records().remove(0)),
        10 => Event::Incoming(incoming("carol")),
        11 => Event::IncomingEnded { call: CALL, from: person("carol"), reason: EndReason::CANCELLED },
        12 => Event::Call(loud),
        13 => Event::Call(view(CallState::Ringing)),
        14 => Event::Call(view(CallState::LocalHold)),
        15 => Event::Call(view(CallState::Disconnected)),
        16 => Event::Dtmf { call: CALL, from: person("bob").identity, tone: Tone::from_event(11).unwrap() },
        17 => Event::Levels { call: CALL, microphone: f32::NAN, speaker: f32::INFINITY, heard: vec![(1, f32::NAN)] },
        18 => Event::Quality {
            call: CALL,
            quality: Quality {
                rtt_ms: Some(f32::NAN),
                lost_packets: u64::MAX,
                received_packets: 9,
                ..Quality::default()
            },
        },
        19 => Event::Ended(summary(EndReason { code: 999, sub_code: 1 }, Some(u64::MAX))),
        20 => Event::Devices(devices()),
        21 => Event::Devices(Devices::default()),
        22 => Event::Audio(AudioState {
            microphone: DeviceState::Absent,
            speaker: DeviceState::Failed(strange()),
            ringer: DeviceState::Idle,
        }),
        23 => Event::Refused(Refused { what: "call", call: Some(CALL), why: Refusal::NotNow(strange()) }),
        24 => Event::Warning(strange()),
        25 => Event::People { text: "c".to_owned(), people: vec![person("carol"), person("echo")] },
        26 => Event::Presence { identity: person("bob").identity, presence: Presence::offline(None) },
        27 => Event::Groups(groups()),
        28 => Event::Groups(Vec::new()),
        29 => Event::Group { card: card(), row: groups().remove(1) },
        30 => Event::Group { card: GroupCard { link: strange().repeat(9), ..card() }, row: groups().remove(2) },
        31 => Event::GroupShared { card: card(), by: person("carol"), here: u32::MAX },
        32 => Event::Shared { group: card().group.id, with: vec![person("bob"); 9] },
        33 => Event::Call(group_view(crowd(349))),
        34 => Event::Call(group_view(four())),
        35 => Event::Call(group_view(Vec::new())),
        36 => Event::Joined { call: CALL, group: card(), first: true },
        37 => Event::Speakers { call: CALL, speakers: (0..400).rev().collect() },
        38 => Event::Levels {
            call: CALL,
            microphone: -20.0,
            speaker: -20.0,
            heard: (0..400).map(|number| (number, -f32::from(number))).collect(),
        },
        39 => {
            let mut invitation = incoming("carol");
            invitation.group = Some(card().group);
            Event::Incoming(invitation)
        }
        40 => Event::Audio(AudioState {
            microphone: DeviceState::Absent,
            speaker: DeviceState::Absent,
            ringer: DeviceState::Idle,
        }),
        41 => Event::Diagnoses { call: CALL, diagnoses: Diagnosis::ALL.to_vec() },
        42 => Event::Diagnoses { call: CALL, diagnoses: vec![Diagnosis::SpeakingWhileMuted] },
        43 => Event::Diagnoses { call: CALL, diagnoses: Vec::new() },
        44 => Event::Call(CallView { muted: true, ..view(CallState::Connected) }),
        45 => Event::Sound(SoundState {
            ringer: Some(SinkChoice::Device(strange())),
            microphone_db: i8::MIN,
            speaker_db: i8::MAX,
            ..sound()
        }),
        46 => Event::Audio(working()),
        47 => Event::Audio(AudioState { microphone: DeviceState::Working(strange()), ..working() }),
        48 => Event::Quality {
            call: CALL,
            quality: Quality {
                mos_in: Some(f32::INFINITY),
                mos_out: Some(f32::NAN),
                jitter_ms: f32::NEG_INFINITY,
                heard: (0..400).map(heard).collect(),
                ..quality()
            },
        },
        49 => Event::Active(Some(id(2))),
        50 => Event::Active(None),
        51 => Event::Active(Some(CALL)),
        52 => Event::Call(with(2, "carol", CallState::LocalHold)),
        53 => Event::Call(with(2, "carol", CallState::Connected)),
        54 => Event::Call(asked(3, "dave", CallState::Connected, 1)),
        55 => Event::Call(asked(3, "dave", CallState::Ringing, 2)),
        56 => Event::HandedOn {
            call: CALL,
            by: person("bob"),
            to: HandedTo::Person { person: person("dave") },
            forwarded: None,
        },
        57 => {
            Event::HandedOn { call: id(2), by: person("bob"), to: HandedTo::Slot { slot: slot(20) }, forwarded: None }
        }
        58 => Event::Moved { call: id(2), into: id(3) },
        59 => Event::Moved { call: id(3), into: CALL },
        60 => Event::HeldLong { call: id(2), since: NOW.plus(i64::MIN) },
        61 => Event::Parked { call: CALL, slot: slot(1) },
        62 => Event::ParkedCalls((1..=20).rev().map(|n| parked(n, "judy", "mallory", i64::from(n) * 40)).collect()),
        63 => Event::ParkedCalls(vec![parked(7, "judy", "mallory", -5)]),
        64 => Event::ParkedCalls(Vec::new()),
        65 => Event::Ended(over(2, "carol", EndReason::TRANSFERRED)),
        66 => Event::Ended(over(3, "dave", EndReason::MERGED)),
        67 => {
            let via = Some(Via::Returned { from: person("carol"), reason: EndReason { code: 999, sub_code: 1 } });
            Event::Incoming(Incoming { via, ..rings(8, "erin") })
        }
        68 => Event::IncomingEnded { call: id(8), from: person("erin"), reason: EndReason::RING_TIMEOUT },
        69 => Event::Active(Some(id(3))),
        70 => Event::Call(with(8, "erin", CallState::RemoteHold)),
        71..80 => Event::Call(with(n as u128, "grace", CallState::LocalHold)),
        80..85 => Event::Ended(over(n as u128 - 9, "grace", EndReason::PARKED)),
        85..90 => Event::Incoming(rings(n as u128, "heidi")),
        90 => Event::Missed(u32::MAX),
        91 => Event::Missed(0),
        92 => Event::HistoryFound {
            filter: HistoryFilter { text: Some("c".to_owned()), ..HistoryFilter::default() },
            records: noted(),
        },
        93 => Event::HistoryFound {
            filter: HistoryFilter { with: Some(person("bob").identity), ..HistoryFilter::default() },
            records: noted(),
        },
        94 => Event::Friends(numbered()),
        95..98 => Event::Presence {
            identity: numbered()[n - 95].person.identity.clone(),
            presence: Presence::now(PresenceState::Ringing),
        },
        98 => Event::Rules(forwarding()),
        99 => Event::Rules(AccountRules::default()),
        100 => Event::Rules(AccountRules { people: Vec::new(), ..forwarding() }),
        101 => Event::HandedOn {
            call: id(3),
            by: person("bob"),
            to: HandedTo::Person { person: person("dave") },
            forwarded: Some(ForwardWhen::Always),
        },
        102 => Event::IncomingEnded { call: id(86), from: person("heidi"), reason: EndReason::PICKED_UP },
        103 => Event::Ended(handed_over(2, "carol", "bob", "carol")),
        _ => Event::Call(view(CallState::Connecting)),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_the_screen_panic(steps in prop::collection::vec(step(), 1..60)) {
        let mut desk = Desk::fresh();
        for step in steps {
            take(&mut desk, step);
        }
        for (width, height) in [(1, 1), (200, 60), (20, 5), (132, 38)] {
            desk.buffer(width, height);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_would_look_different_is_drawn(steps in prop::collection::vec(step(), 1..40)) {
        const SIZE: (u16, u16) = (132, 38);
        let mut desk = Desk::fresh();
        let mut drawn = desk.buffer(SIZE.0, SIZE.1);
        for step in steps {
            // A clock that was set back is made good by the next picture.
            let step = if let Step::Wait(millis) = step { Step::Wait(millis.abs()) } else { step };
            let told = format!("{step:?}");
            desk.model.changed = false;
            take(&mut desk, step);
            let now = desk.buffer(SIZE.0, SIZE.1);
            prop_assert!(desk.model.changed || now == drawn, "{} changed the picture unsaid", told);
            drawn = now;
        }
    }
}

fn take(desk: &mut Desk, step: Step) {
    match step {
        Step::Action(row) => desk.presses(TABLE[row].keys),
        Step::Word(row) => {
            desk.presses("Esc Esc :");
            desk.types(TABLE[row].words[0]);
            desk.presses("Enter");
        }
        Step::Key(c) => desk.types(c.encode_utf8(&mut [0; 4])),
        Step::Wait(millis) => desk.waits(millis),
        Step::Event(n) => desk.hears(event(n)),
        Step::Paste(text) => desk.takes(Message::Paste(text)),
        Step::Look(width, height) => drop(desk.buffer(width, height)),
        Step::Release(c) => {
            let key = KeyEvent::new_with_kind(KeyCode::Char(c), KeyModifiers::NONE, KeyEventKind::Release);
            desk.takes(Message::Key(key));
        }
        Step::Releases(tells) => desk.takes(Message::TellsReleases(tells)),
        Step::FocusLost => desk.takes(Message::FocusLost),
    }
}

#[derive(Debug, Clone)]
enum Turn {
    Line(String),
    Word(usize, usize),
    Wait(i64),
    Event(usize),
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        ".{0,40}".prop_map(Turn::Line),
        prop::sample::select(vec!["1", "2", "99", "yes", "no", "-", "where", "help", "bob", "car", "1 2"])
            .prop_map(|line| Turn::Line(line.to_owned())),
        (0..TABLE.len(), 0..4_usize).prop_map(|(row, argument)| Turn::Word(row, argument)),
        (-2000_i64..5000).prop_map(Turn::Wait),
        (0..EVENTS).prop_map(Turn::Event),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plain_mode_tells_lines_and_nothing_else(turns in prop::collection::vec(turn(), 1..60), push_to_talk: bool) {
        let options = ScreenOptions { plain: true, push_to_talk, ..ScreenOptions::default() };
        let mut model = Model::new(&options, false, NOW).unwrap();
        let mut plain = Plain::default();
        for turn in turns {
            let message = match turn {
                Turn::Line(text) => Message::Line(text),
                Turn::Word(row, argument) => {
                    let row = &TABLE[row];
                    Message::Line(format!("{} {}", row.words[0], ["", "1", "bob", "on"][argument]))
                }
                Turn::Wait(millis) => Message::Tick(model.now.plus(millis)),
                Turn::Event(n) => Message::Phone(event(n)),
            };
            let effects = update(&mut model, message);
            for line in plain.tell(&model, &effects) {
                prop_assert!(!line.chars().any(char::is_control) && !line.is_empty(), "{line:?}");
            }
        }
    }
}

#[test]
fn every_size_is_drawn() {
    let mut desk = Desk::in_call(CallState::Connected);
    desk.hears(Event::Incoming(rings(2, "carol")));
    for popup in ["", "k", "D", "Enter", "Esc D Down", "Q", "?", ":", "o", "d"] {
        if popup != "Enter" {
            desk.presses("Esc Esc");
        }
        desk.presses(popup);
        for width in (0..=140).step_by(4) {
            for height in (0..=44).step_by(3) {
                desk.buffer(width, height);
            }
        }
    }
}

#[test]
fn every_size_is_drawn_with_many_calls() {
    let mut desk = Desk::asking(CallState::Connected);
    for n in 10..50 {
        desk.hears(event(62));
        desk.tells(with(n, "grace", if n % 3 == 0 { CallState::LocalHold } else { CallState::Ringing }));
    }
    for n in 85..90 {
        desk.hears(event(n));
    }
    for keys in ["", "J", "U", "Esc 9", "t", "Esc p", "T"] {
        desk.presses(keys);
        for width in (0..=140).step_by(4) {
            for height in (0..=44).step_by(3) {
                desk.buffer(width, height);
            }
        }
    }
}

#[test]
fn every_size_is_drawn_with_favourites_and_rules() {
    for mut desk in [Desk::ready(), Desk::two_calls()] {
        for n in (94..98).chain([98, 62]) {
            desk.hears(event(n));
        }
        for keys in ["", "O", "Down Down", "Enter", "Esc Esc U", "Esc t", "Esc H", "Alt-3"] {
            desk.presses(keys);
            for width in (0..=140).step_by(4) {
                for height in (0..=44).step_by(3) {
                    desk.buffer(width, height);
                }
            }
        }
    }
}

#[test]
fn every_size_is_drawn_in_a_group_call() {
    let mut desk = Desk::in_group(crowd(349));
    desk.hears(Event::GroupShared {
        card: GroupCard { group: groups().remove(0).group, ..card() },
        by: person("carol"),
        here: 3,
    });
    desk.speak(&[7, 14]);
    for keys in [
        "",
        "End",
        "/ a",
        "Esc s",
        "w Space",
        "Esc Esc J",
        "Esc G",
        "-",
        "Esc C",
        "Esc P B",
        "Esc i",
        "Esc Q",
        "End",
        "Esc D",
    ] {
        desk.presses(keys);
        for width in (0..=140).step_by(4) {
            for height in (0..=44).step_by(3) {
                desk.buffer(width, height);
            }
        }
    }
}
