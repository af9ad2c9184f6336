//! Drawing the screen: the view into the buffer, the difference to the last picture, and the escape sequences for it.

use std::io::Sink;
use std::time::Duration;

use anyhow::Result;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use switchboard::base::clock;
use switchboard::domain::call::{CallState, Direction, Participant, ParticipantState, Peer, RosterRow};
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::group::Group;
use switchboard::domain::id::{CallId, GroupId};
use switchboard::domain::person::{Friend, Person};
use switchboard::domain::presence::{Presence, PresenceState};
use switchboard::domain::record::{CallRecord, Outcome};
use switchboard::domain::time::UnixMillis;
use switchboard::phone::event::{CallView, Event, GroupCard, Incoming, Link, LinkReach, MediaState, Quality};
use switchboard::terminal::message::Message;
use switchboard::terminal::model::{Model, ScreenOptions};
use switchboard::terminal::update::update;
use switchboard::terminal::view::view;
use uuid::Uuid;

use crate::table::{Row, Times};

const WIDTH: u16 = 132;
const HEIGHT: u16 = 38;
const PICTURES: usize = 2_000;
const NOW: UnixMillis = UnixMillis(1_767_621_731_000);
const CALL: CallId = CallId(Uuid::from_u128(1));
const GROUP_CALL: CallId = CallId(Uuid::from_u128(4));

/// Measures the screen in a call while another rings, all panels full, a list above them coming and going.
pub fn measure() -> Result<Vec<Row>> {
    let quiet = busy()?;
    let mut covered = quiet.clone();
    press(&mut covered, KeyCode::Char('?'));
    let mut meters = quiet.clone();
    tell(&mut meters, Event::Levels { call: CALL, microphone: -6.0, speaker: -40.0, heard: Vec::new() });
    let conditions = format!(
        "{WIDTH}×{HEIGHT}, in a call while another rings, all panels full; with escape sequences, {PICTURES} pictures"
    );
    Ok(vec![
        Row::new("screen: a list opens or closes, p50 / p99", draw([&quiet, &covered])?, "≤ 1 ms", conditions.clone()),
        Row::new("screen: only meters move, p50 / p99", draw([&quiet, &meters])?, "≤ 1 ms", conditions),
        Row::new(
            "screen: somebody comes or goes in a group call of 350, p50 / p99",
            crowd()?,
            "≤ 1 ms",
            format!("{WIDTH}×{HEIGHT}, taking the new roster in and drawing it, {PICTURES} pictures"),
        ),
        Row::new(
            "screen: a second passes on a board of 40 calls, p50 / p99",
            desk()?,
            "≤ 1 ms",
            format!("{WIDTH}×{HEIGHT}, all timers move and another row is picked; {PICTURES} pictures"),
        ),
    ])
}

/// Draws two models in turn.
fn draw(models: [&Model; 2]) -> Result<String> {
    let mut terminal = terminal()?;
    let mut times: Vec<Duration> = Vec::with_capacity(PICTURES);
    for model in models.into_iter().cycle().take(PICTURES) {
        let began = clock::now();
        terminal.draw(|frame| view(model, frame))?;
        times.push(began.elapsed());
    }
    Ok(Times::new(times).p50_p99_ms())
}

fn terminal() -> Result<Terminal<CrosstermBackend<Sink>>> {
    let viewport = Viewport::Fixed(Rect::new(0, 0, WIDTH, HEIGHT));
    let backend = CrosstermBackend::new(std::io::sink());
    Ok(Terminal::with_options(backend, TerminalOptions { viewport })?)
}

/// Takes in and draws a group call that somebody joins and leaves again and again.
fn crowd() -> Result<String> {
    let mut model = busy()?;
    let rosters = [in_group(349)?, in_group(348)?];
    let mut terminal = terminal()?;
    let mut times: Vec<Duration> = Vec::with_capacity(PICTURES);
    for roster in rosters.iter().cycle().take(PICTURES) {
        let changed = roster.clone();
        let began = clock::now();
        tell(&mut model, Event::Call(changed));
        terminal.draw(|frame| view(&model, frame))?;
        times.push(began.elapsed());
    }
    Ok(Times::new(times).p50_p99_ms())
}

/// Draws a board of 40 calls, one talked to and the others held, a second apart and with another one picked.
fn desk() -> Result<String> {
    let mut now = busy()?;
    for number in 10..49 {
        let name = format!("friend{number}");
        let row = RosterRow {
            number: 0,
            participant: Participant { person: person(&name)?, state: ParticipantState::Connected, muted: false },
        };
        let held = CallView {
            call: CallId(Uuid::from_u128(number)),
            with: Peer::Person(person(&name)?),
            participants: [row].into(),
            state: CallState::LocalHold,
            held_since: Some(NOW.plus(-40_000)),
            ..in_call()?
        };
        tell(&mut now, Event::Call(held));
    }
    tell(&mut now, Event::Active(Some(CALL)));
    let mut later = now.clone();
    update(&mut later, Message::Tick(NOW.plus(1000)));
    press(&mut later, KeyCode::Char('9'));
    draw([&now, &later])
}

/// The fullest screen there is.
fn busy() -> Result<Model> {
    let mut model = Model::new(&ScreenOptions { hint: "demo".to_owned(), ..ScreenOptions::default() }, true, NOW)?;
    tell(&mut model, Event::Link(Link::Up));
    tell(&mut model, Event::Me(person("alice")?));
    tell(&mut model, Event::MyPresence(Presence::now(PresenceState::InCall)));
    let names = || (0..100).map(|n| format!("friend{n}"));
    let friends: Result<Vec<Friend>> = names()
        .map(|name| {
            Ok(Friend { person: person(&name)?, presence: Presence::now(PresenceState::Online), favourite: None })
        })
        .collect();
    tell(&mut model, Event::Friends(friends?));
    let records: Result<Vec<CallRecord>> = (0_i64..).zip(names()).map(|(n, name)| record(n, &name)).collect();
    tell(&mut model, Event::History(records?));
    for n in 0..60 {
        tell(&mut model, Event::Warning(format!("something happened for the {n}. time")));
    }
    tell(&mut model, Event::Call(in_call()?));
    let quality = Quality { rtt_ms: Some(38.0), sent_packets: 13_550, received_packets: 13_548, ..Quality::default() };
    tell(&mut model, Event::Quality { call: CALL, quality });
    tell(&mut model, Event::Levels { call: CALL, microphone: -18.0, speaker: -31.0, heard: Vec::new() });
    let second = CallId(Uuid::from_u128(2));
    tell(
        &mut model,
        Event::Incoming(Incoming { call: second, from: person("carol")?, at: NOW, group: None, via: None }),
    );
    Ok(model)
}

fn tell(model: &mut Model, event: Event) {
    update(model, Message::Phone(event));
}

fn press(model: &mut Model, code: KeyCode) {
    update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

fn person(name: &str) -> Result<Person> {
    Ok(Person::new(format!("8:acs:demo_{name}").parse()?, name.parse()?, name.into()))
}

fn record(n: i64, name: &str) -> Result<CallRecord> {
    let started_at = NOW.plus(-n * 600_000);
    Ok(CallRecord {
        call_id: CallId(Uuid::from_u128(100 + u128::try_from(n)?)),
        with: Peer::Person(person(name)?),
        direction: Direction::Incoming,
        outcome: Outcome::Answered,
        started_at,
        answered_at: Some(started_at),
        ended_at: Some(started_at.plus(61_000)),
        end: Some(EndReason::HUNG_UP),
        answered_by: None,
        note: None,
    })
}

fn in_call() -> Result<CallView> {
    let bob = person("bob")?;
    Ok(CallView {
        call: CALL,
        direction: Direction::Outgoing,
        with: Peer::Person(bob.clone()),
        group: None,
        may_end: false,
        state: CallState::Connected,
        started_at: NOW.plus(-280_000),
        connected_at: Some(NOW.plus(-271_000)),
        muted: false,
        participants: [RosterRow {
            number: 0,
            participant: Participant { person: bob, state: ParticipantState::Connected, muted: false },
        }]
        .into(),
        media: MediaState::Flowing,
        consult_of: None,
        via: None,
        held_since: None,
    })
}

/// A group call with `others` in it beside the user.
fn in_group(others: u16) -> Result<CallView> {
    let group =
        Group { id: GroupId(Uuid::from_u128(3)), name: Some("Ops bridge".parse()?), code: "k7mq-3tzf".parse()? };
    let row = |number: u16| -> Result<RosterRow> {
        let person = person(&format!("guest{number}"))?;
        let participant = Participant { person, state: ParticipantState::Connected, muted: !number.is_multiple_of(7) };
        Ok(RosterRow { number, participant })
    };
    let participants: Result<Vec<RosterRow>> = (1..=others).map(row).collect();
    let link = "http://192.168.178.42:8790/j/k7mq-3tzf".to_owned();
    Ok(CallView {
        call: GROUP_CALL,
        with: Peer::Group(group.reference()),
        group: Some(GroupCard { group, link, reach: LinkReach::Network }),
        participants: participants?.into(),
        ..in_call()?
    })
}
