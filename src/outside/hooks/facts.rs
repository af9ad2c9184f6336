//! When a hook is due, and what it is told: facts in environment variables. Pure.

use std::collections::VecDeque;

use crate::domain::call::{CallState, Direction, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, Identity};
use crate::domain::record::{CallRecord, Outcome};
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;
use crate::outside::status::{CallRow, other_side};
use crate::phone::event::{CallView, Event, Incoming, Summary};
use crate::texts::{end, state};

/// How many calls are remembered, so that each is told once.
const REMEMBERED: usize = 512;

/// The longest value, in characters.
const LONGEST: usize = 200;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::outside) enum Kind {
    Ringing,
    Missed,
    Connected,
    Ended,
}

impl Kind {
    /// The setting of its hook, in `[hooks]`.
    pub(in crate::outside) fn setting(self) -> &'static str {
        match self {
            Self::Ringing => "on_ringing",
            Self::Missed => "on_missed",
            Self::Connected => "on_connected",
            Self::Ended => "on_ended",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Ringing => "ringing",
            Self::Missed => "missed",
            Self::Connected => "connected",
            Self::Ended => "ended",
        }
    }
}

/// Something a hook is for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::outside) struct Happening {
    pub(in crate::outside) kind: Kind,
    call: CallId,
    direction: Direction,
    name: String,
    identity: Option<Identity>,
    group: Option<String>,
    reason: Option<EndReason>,
    seconds: u64,
}

impl Happening {
    /// The end of a call of which the phone told nothing more, for it ended itself.
    pub(in crate::outside) fn left(row: &CallRow, now: UnixMillis) -> Self {
        let connected = row.connected_at.map_or(0, |at| now.since(at));
        Self {
            kind: Kind::Ended,
            call: row.call_id,
            direction: row.direction,
            name: row.who.clone(),
            identity: row.identity.clone(),
            group: row.group.then(|| row.who.clone()),
            reason: Some(EndReason::HUNG_UP),
            seconds: u64::try_from(connected / 1000).unwrap_or(0),
        }
    }

    /// The variables, without the prefix that all have; no value holds what would steer a terminal.
    pub(in crate::outside) fn facts(&self, missed: u32) -> Vec<(&'static str, String)> {
        let ending = |reason| end::ending_of(reason, self.direction, &self.name, self.seconds > 0);
        let reason = self.reason.map(|reason| ending(reason).what);
        let code = |pick: fn(EndReason) -> String| self.reason.map(pick).unwrap_or_default();
        let direction = match self.direction {
            Direction::Incoming => "incoming",
            Direction::Outgoing => "outgoing",
        };
        let facts = [
            ("EVENT", self.kind.word().to_owned()),
            ("CALL_ID", self.call.to_string()),
            ("FROM_NAME", self.name.clone()),
            ("FROM_IDENTITY", self.identity.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("GROUP", self.group.clone().unwrap_or_default()),
            ("DIRECTION", direction.to_owned()),
            ("REASON", reason.unwrap_or_default()),
            ("CODE", code(|reason| reason.code.to_string())),
            ("SUB_CODE", code(|reason| reason.sub_code.to_string())),
            ("SECONDS", self.seconds.to_string()),
            ("MISSED", missed.to_string()),
        ];
        facts.into_iter().map(|(name, value)| (name, printable(&value, LONGEST))).collect()
    }
}

/// Remembers what was told of calls already.
#[derive(Debug, Default)]
pub(in crate::outside) struct Watch {
    /// What was told of which call, oldest first.
    told: VecDeque<(Kind, CallId)>,
}

impl Watch {
    /// What the phone tells, as something a hook is for.
    pub(in crate::outside) fn hears(&mut self, event: &Event) -> Option<Happening> {
        match event {
            Event::Incoming(incoming) => self.once(Kind::Ringing, incoming.call).then(|| rings(incoming)),
            Event::Call(view) if view.state == CallState::Connected && view.connected_at.is_some() => {
                self.once(Kind::Connected, view.call).then(|| connected(view))
            }
            Event::Ended(summary) => {
                // Rung again, as a call that was handed on and comes back, it is told again.
                self.told.retain(|(kind, call)| *call != summary.call || *kind == Kind::Missed);
                Some(ended(summary))
            }
            Event::IncomingEnded { call, .. } => {
                self.told.retain(|told| *told != (Kind::Ringing, *call));
                None
            }
            // What the list holds already was missed before.
            Event::History(records) | Event::HistoryFound { records, .. } => {
                for record in records.iter().filter(|record| is_missed(record)) {
                    self.once(Kind::Missed, record.call_id);
                }
                None
            }
            Event::Recorded(record) if is_missed(record) => {
                self.once(Kind::Missed, record.call_id).then(|| missed(record))
            }
            _ => None,
        }
    }

    /// Whether this is told of the call for the first time.
    fn once(&mut self, kind: Kind, call: CallId) -> bool {
        if self.told.contains(&(kind, call)) {
            return false;
        }
        if self.told.len() == REMEMBERED {
            self.told.pop_front();
        }
        self.told.push_back((kind, call));
        true
    }
}

fn is_missed(record: &CallRecord) -> bool {
    record.outcome == Outcome::Missed && record.direction == Direction::Incoming
}

fn rings(incoming: &Incoming) -> Happening {
    let group = incoming.group.as_ref().map(|group| state::peer(&Peer::Group(group.reference())).to_owned());
    Happening {
        kind: Kind::Ringing,
        call: incoming.call,
        direction: Direction::Incoming,
        name: incoming.from.display_name.as_str().to_owned(),
        identity: Some(incoming.from.identity.clone()),
        group,
        reason: None,
        seconds: 0,
    }
}

fn connected(view: &CallView) -> Happening {
    let (name, identity) = other_side(view);
    let group = identity.is_none().then(|| name.clone());
    Happening {
        kind: Kind::Connected,
        call: view.call,
        direction: view.direction,
        name,
        identity,
        group,
        reason: None,
        seconds: 0,
    }
}

fn ended(summary: &Summary) -> Happening {
    let seconds = summary.connected_for.map_or(0, |length| length.as_secs());
    of_peer(Kind::Ended, summary.call, summary.direction, &summary.with, Some(summary.end), seconds)
}

fn missed(record: &CallRecord) -> Happening {
    of_peer(Kind::Missed, record.call_id, record.direction, &record.with, record.end, 0)
}

fn of_peer(
    kind: Kind,
    call: CallId,
    direction: Direction,
    with: &Peer,
    reason: Option<EndReason>,
    seconds: u64,
) -> Happening {
    let name = state::peer(with).to_owned();
    let group = with.group().map(|_| name.clone());
    let identity = with.person().map(|person| person.identity.clone());
    Happening { kind, call, direction, name, identity, group, reason, seconds }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outside::kit::{BEGUN, bob, call, carol, group_call, incoming, number, person, summary};
    use crate::outside::status::Status;

    fn record(id: u128, outcome: Outcome) -> CallRecord {
        CallRecord {
            call_id: number(id),
            with: Peer::Person(bob()),
            direction: Direction::Incoming,
            outcome,
            started_at: BEGUN,
            answered_at: None,
            ended_at: Some(BEGUN.plus(9000)),
            end: Some(EndReason::CANCELLED),
            answered_by: None,
            note: None,
        }
    }

    fn told(watch: &mut Watch, events: &[Event]) -> Vec<Kind> {
        events.iter().filter_map(|event| watch.hears(event)).map(|happening| happening.kind).collect()
    }

    #[test]
    fn each_thing_is_told_once_however_often_the_phone_says_it() {
        let mut watch = Watch::default();
        let rings = Event::Incoming(incoming(1, bob()));
        let connecting = Event::Call(call(1, bob(), CallState::Connecting));
        let talks = Event::Call(call(1, bob(), CallState::Connected));
        let held = Event::Call(call(1, bob(), CallState::LocalHold));
        let over = Event::Ended(summary(1, bob(), EndReason::HUNG_UP));
        let events = [rings.clone(), rings.clone(), connecting, talks.clone(), held, talks, over];
        assert_eq!(told(&mut watch, &events), [Kind::Ringing, Kind::Connected, Kind::Ended]);
        assert_eq!(told(&mut watch, std::slice::from_ref(&rings)), [Kind::Ringing], "it came back");
        let gone = Event::IncomingEnded { call: number(1), from: bob(), reason: EndReason::CANCELLED };
        assert_eq!(told(&mut watch, &[gone, rings]), [Kind::Ringing]);
    }

    #[test]
    fn a_missed_call_is_told_when_it_is_missed_and_not_when_it_is_noted() {
        let mut watch = Watch::default();
        let before = Event::History(vec![record(1, Outcome::Missed)]);
        let noted = Event::Recorded(record(1, Outcome::Missed));
        let begun = Event::Recorded(record(2, Outcome::Ongoing));
        let now = Event::Recorded(record(2, Outcome::Missed));
        assert_eq!(told(&mut watch, &[before, noted, begun, now.clone(), now]), [Kind::Missed]);
        let mine = CallRecord { direction: Direction::Outgoing, ..record(3, Outcome::Missed) };
        assert_eq!(told(&mut watch, &[Event::Recorded(mine)]), []);
    }

    #[test]
    fn facts_are_printable_whatever_somebody_is_called() {
        let mut hostile = person("mallory");
        hostile.display_name = "\u{1b}[2J$(reboot)`x`\n\u{202e}'; rm".into();
        let mut ended = summary(1, hostile, EndReason::VANISHED);
        ended.connected_for = Some(Duration::from_millis(61_900));
        let facts = Watch::default().hears(&Event::Ended(ended)).unwrap().facts(3);
        let fact = |name: &str| facts.iter().find(|(known, _)| *known == name).unwrap().1.as_str();
        assert_eq!(fact("FROM_NAME"), "[2J$(reboot)`x` '; rm");
        let code = EndReason::VANISHED.code.to_string();
        assert_eq!((fact("EVENT"), fact("SECONDS"), fact("MISSED"), fact("CODE")), ("ended", "61", "3", &*code));
        assert!(fact("REASON").contains("was lost"), "{}", fact("REASON"));
        assert_eq!(facts.iter().map(|(name, _)| *name).collect::<Vec<_>>(), crate::config::HOOK_FACTS);
        assert!(facts.iter().all(|(_, value)| !value.chars().any(char::is_control)));
    }

    #[test]
    fn who_is_at_the_other_end_is_told_of_every_kind_of_call() {
        let mut watch = Watch::default();
        let group = watch.hears(&Event::Call(group_call(1, "Ops bridge"))).unwrap().facts(0);
        assert!(
            group.contains(&("GROUP", "Ops bridge".to_owned())) && group.contains(&("FROM_IDENTITY", String::new()))
        );
        let direct = watch.hears(&Event::Call(call(2, carol(), CallState::Connected))).unwrap().facts(0);
        assert!(direct.contains(&("FROM_NAME", "Carol".to_owned())) && direct.contains(&("GROUP", String::new())));
        assert!(direct.contains(&("DIRECTION", "outgoing".to_owned())));
    }

    #[test]
    fn a_call_that_ends_with_the_phone_has_its_facts_too() {
        let mut status = Status::new(String::new(), true, 7);
        status.take(&Event::Call(call(1, carol(), CallState::LocalHold)));
        let facts = Happening::left(&status.calls[0], BEGUN.plus(15_500)).facts(0);
        let told = [("EVENT", "ended"), ("FROM_NAME", "Carol"), ("SECONDS", "10"), ("CODE", "0"), ("GROUP", "")];
        for (name, value) in told {
            assert!(facts.contains(&(name, value.to_owned())), "{name}: {facts:?}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut watch = Watch::default();
        let count = u128::try_from(REMEMBERED).unwrap() + 50;
        (1..=count).for_each(|id| drop(watch.hears(&Event::Incoming(incoming(id, bob())))));
        assert_eq!(watch.told.len(), REMEMBERED);
    }
}
