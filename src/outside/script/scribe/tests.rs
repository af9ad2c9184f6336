//! Sessions, as they are written down.

use super::*;
use crate::base::clock;
use crate::domain::end_reason::EndReason;
use crate::outside::kit::{bob, call, carol, incoming, number, summary};
use crate::outside::script::parse::{self, Known};
use crate::phone::event::{Refusal, Refused};

struct Session {
    scribe: Scribe,
    now: Instant,
    lines: Vec<String>,
}

fn session(known: &[Event]) -> Session {
    let now = clock::now();
    let mut names = Names::default();
    let mut status = Status::new("http://h:1".to_owned(), true, 7);
    for event in known {
        names.hears(event);
        status.take(event);
    }
    Session { scribe: Scribe::new(status, names, now), now, lines: Vec::new() }
}

impl Session {
    fn after(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self
    }

    fn told(&mut self, command: &Command) -> &mut Self {
        self.scribe.tells(command, self.now);
        self.lines.extend(self.scribe.written(self.now));
        self
    }

    fn tells(&mut self, events: &[Event]) -> &mut Self {
        for event in events {
            self.scribe.hears(event, self.now);
            self.lines.extend(self.scribe.written(self.now));
        }
        self
    }

    /// The lines, all of which can be read.
    #[track_caller]
    fn writes(mut self, lines: &[&str]) {
        self.lines.extend(self.scribe.rest());
        assert_eq!(self.lines, lines);
        let known = Known { events: &["handed_on", "state"], expectation: |_| Ok(()) };
        parse::script(&self.lines.join("\n"), known).unwrap();
    }
}

fn ended(id: u128, reason: EndReason) -> Event {
    Event::Ended(summary(id, bob(), reason))
}

fn state(id: u128, with: Person, state: CallState) -> Event {
    Event::Call(call(id, with, state))
}

/// Bob's call, which is connected and active.
fn talk() -> [Event; 2] {
    [state(1, bob(), CallState::Connected), Event::Active(Some(number(1)))]
}

#[test]
fn a_call_by_identity_is_one_by_name_and_waits_for_what_came() {
    let mut session = session(&[Event::Incoming(incoming(9, bob())), ended(9, EndReason::HUNG_UP)]);
    let to = bob().identity.as_str().to_owned();
    session.after(3400).told(&Command::Call { to, ring_for: Some(Duration::from_secs(20)) });
    session.tells(&[state(1, bob(), CallState::Connecting), Event::Active(Some(number(1)))]);
    session.after(200).tells(&[state(1, bob(), CallState::Ringing)]);
    session.after(4000).tells(&[state(1, bob(), CallState::Connected)]);
    session.after(100).told(&Command::Hold { call: number(1), on: true });
    session.tells(&[state(1, bob(), CallState::LocalHold)]);
    session.told(&Command::Hold { call: number(1), on: false }).tells(&[state(1, bob(), CallState::Connected)]);
    session.after(9600).tells(&[ended(1, EndReason::HUNG_UP)]);
    session.writes(&["sleep 3s", "call bob", "wait-for connected", "hold on", "hold off", "wait-for ended"]);
}

#[test]
fn what_ends_by_a_command_is_not_waited_for() {
    let mut session = session(&[]);
    session.after(40_000).tells(&[Event::Incoming(incoming(1, bob()))]);
    session.after(1600).told(&Command::Answer(number(1)));
    session.tells(&talk());
    session.told(&Command::HangUp(number(1))).tells(&[ended(1, EndReason::HUNG_UP)]);
    session.tells(&[Event::Incoming(incoming(2, carol()))]);
    session.told(&Command::Decline(number(2)));
    session.tells(&[Event::IncomingEnded { call: number(2), from: carol(), reason: EndReason::DECLINED }]);
    session.tells(&[Event::Incoming(incoming(3, carol()))]);
    session.tells(&[Event::IncomingEnded { call: number(3), from: carol(), reason: EndReason::CANCELLED }]);
    session.writes(&[
        "wait-for incoming from bob within 80s",
        "sleep 2s",
        "answer",
        "hangup",
        "wait-for incoming from carol",
        "decline",
        "wait-for incoming from carol",
        "wait-for ended",
    ]);
}

#[test]
fn what_was_refused_is_a_comment() {
    let mut session = session(&talk());
    session.told(&Command::Transfer { call: number(1), to: TransferTo::Person("ghost".to_owned()) });
    let why = Refusal::NobodyCalled("ghost".to_owned());
    session.tells(&[Event::Refused(Refused { what: "transfer", call: Some(number(1)), why })]);
    session.told(&Command::Call { to: "busy".to_owned(), ring_for: None });
    session.tells(&[state(2, carol(), CallState::Connecting), ended(2, EndReason::BUSY)]);
    // The transfer failed: when the call ends now, that was not by it.
    session.tells(&[ended(1, EndReason::HUNG_UP)]);
    let lines: Vec<String> = {
        session.lines.extend(session.scribe.rest());
        session.lines
    };
    assert!(
        lines[0].starts_with("# refused: transfer ghost (") && lines[0].contains("Nobody is called ghost"),
        "{lines:?}"
    );
    assert!(lines[1].starts_with("# refused: call busy ("), "{lines:?}");
    assert_eq!(lines[2..], ["wait-for ended"]);
}

#[test]
fn another_call_than_the_active_one_is_named_by_its_number() {
    let known = [
        state(1, bob(), CallState::LocalHold),
        state(2, carol(), CallState::Connected),
        Event::Active(Some(number(2))),
    ];
    let mut session = session(&known);
    session.told(&Command::HangUp(number(1))).tells(&[ended(1, EndReason::HUNG_UP)]);
    session.tells(&[Event::Incoming(incoming(3, bob())), Event::Incoming(incoming(4, carol()))]);
    session.told(&Command::Answer(number(4)));
    session.tells(&[state(4, carol(), CallState::Connected), Event::Active(Some(number(4)))]);
    session.told(&Command::Activate(number(2))).tells(&[Event::Active(Some(number(2)))]);
    session.told(&Command::Mute { call: number(2), on: false });
    session.writes(&[
        "hangup --call 1",
        "wait-for incoming from bob",
        "wait-for incoming from carol",
        "answer --call 3",
        "swap",
    ]);
}

#[test]
fn asking_first_and_handing_on() {
    let mut session = session(&talk());
    session.told(&Command::Consult { call: number(1), to: "carol".to_owned() });
    let asks = |state| Event::Call(CallView { consult_of: Some(number(1)), ..call(2, carol(), state) });
    session.tells(&[state(1, bob(), CallState::LocalHold), asks(CallState::Ringing), Event::Active(Some(number(2)))]);
    session.tells(&[asks(CallState::Connected)]);
    session.told(&Command::Transfer { call: number(1), to: TransferTo::Call(number(2)) });
    session.tells(&[ended(1, EndReason::TRANSFERRED), ended(2, EndReason::TRANSFERRED)]);
    session.told(&Command::PickUp(7.try_into().unwrap()));
    session.tells(&[state(3, bob(), CallState::Connected)]);
    session.told(&Command::Park { call: number(3), slot: None });
    session.tells(&[Event::Parked { call: number(3), slot: 7.try_into().unwrap() }, ended(3, EndReason::PARKED)]);
    session.writes(&["consult carol", "wait-for connected", "complete", "pick-up 7", "park"]);
}

#[test]
fn tones_go_together_both_ways() {
    let mut session = session(&talk());
    let press = |key: char| Command::Dtmf { call: number(1), tone: key.try_into().unwrap() };
    let tone = |key: char| Event::Dtmf { call: number(1), from: bob().identity, tone: key.try_into().unwrap() };
    "12#".chars().for_each(|key| _ = session.after(200).told(&press(key)));
    session.after(200).tells(&[tone('5'), tone('6')]);
    session.after(2600).tells(&[tone('7')]);
    session.after(5000).told(&press('9'));
    session.writes(&["dtmf 12#", "wait-for dtmf 56", "wait-for dtmf 7", "sleep 5s", "dtmf 9"]);
}

#[test]
fn what_the_other_side_does_is_waited_for() {
    let mut session = session(&talk());
    session.tells(&[state(1, bob(), CallState::RemoteHold), state(1, bob(), CallState::Connected)]);
    let to = crate::domain::transfer::HandedTo::Person { person: carol() };
    session.tells(&[Event::HandedOn { call: number(1), by: bob(), to, forwarded: None }]);
    session.tells(&[state(1, bob(), CallState::Ringing), state(1, carol(), CallState::Connected)]);
    session.told(&Command::Invite { call: number(1), who: "dan".to_owned() }).told(&Command::LoadHistory);
    session.writes(&[
        "wait-for held",
        "wait-for connected",
        "wait-for event handed_on",
        "wait-for event state",
        "wait-for connected",
        "# no words for that: invited somebody into the call",
    ]);
}

#[test]
fn an_order_whose_outcome_is_never_told_is_written_all_the_same() {
    let mut session = session(&talk());
    session.told(&Command::Hold { call: number(1), on: true });
    assert!(session.lines.is_empty());
    session.after(60_000).tells(&[Event::Missed(1)]);
    assert_eq!(session.lines, ["hold on"]);
    session.writes(&["hold on"]);
}
