//! What a person reads of a call on standard error, without `--json`: one short line for each thing that happens.

use super::exit::Failure;
use super::output::Output;
use super::roster::{Change, Kind, Roster};
use super::stand_ins::StandIns;
use crate::domain::call::{CallState, Direction, ParticipantState};
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::{CallId, Identity};
use crate::domain::person::Person;
use crate::domain::transfer::HandedTo;
use crate::phone::event::{CallView, Diagnosis, Event, GroupCard, Incoming, LinkReach};
use crate::texts::{desk, diagnosis, organisation, quality, share, state};

/// More changes than this at once are counted instead of named.
const NAMED_AT_ONCE: usize = 3;

/// What was told so far.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    me: Option<Person>,
    state: Option<(CallId, CallState)>,
    group: Option<Meeting>,
    /// The call that was joined last.
    joined: Option<CallId>,
    /// The call that was handed on to somebody last, and by whom.
    handed: Option<(CallId, Identity)>,
    /// Whom a call is with, and of which call.
    with: Option<(CallId, String)>,
    /// What is wrong with the sound, and of which call.
    wrong: Option<(CallId, Vec<Diagnosis>)>,
    stand_ins: StandIns,
}

/// A group call being told.
#[derive(Debug)]
struct Meeting {
    call: CallId,
    roster: Roster,
    /// Whether it was said who was there from the start.
    entered: bool,
}

impl Plain {
    /// Tells of `event`, if there is something to tell.
    ///
    /// # Errors
    /// When a result can't be printed.
    pub(crate) fn tell(&mut self, event: &Event, output: &mut Output) -> Result<(), Failure> {
        match event {
            Event::Call(view) => self.call(view, output),
            Event::Joined { call, group, first } => self.joined(*call, group, *first, output),
            Event::Me(me) => self.me = Some(me.clone()),
            Event::Incoming(incoming) => output.progress(&rings(incoming, self.me.as_ref())),
            Event::HandedOn { call, by, to, forwarded } => self.handed_on(*call, by, to, *forwarded, output),
            Event::Moved { into, .. } => self.moved(*into, output),
            Event::Dtmf { tone, .. } => output.result(&format!("dtmf {tone}"))?,
            Event::Diagnoses { call, diagnoses } => self.diagnosed(*call, diagnoses, output),
            Event::Transport { transport, forced, .. } => output.progress(quality::goes_over(*transport, *forced)),
            Event::Audio(audio) => self.stand_ins.news(audio).iter().for_each(|news| output.warning(news)),
            Event::Warning(text) => output.warning(text),
            _ => {}
        }
        Ok(())
    }

    fn handed_on(
        &mut self,
        call: CallId,
        by: &Person,
        to: &HandedTo,
        forwarded: Option<ForwardWhen>,
        output: &mut Output,
    ) {
        let comes_back = self.handed.take().is_some_and(|before| before == (call, by.identity.clone()));
        if matches!(to, HandedTo::Person { .. }) && forwarded.is_none() {
            self.handed = Some((call, by.identity.clone()));
        }
        output.progress(&desk::handed_on(by, to, forwarded, comes_back));
    }

    /// Its call was told of before.
    fn moved(&self, into: CallId, output: &mut Output) {
        if let Some((_, who)) = self.with.as_ref().filter(|(call, _)| *call == into) {
            output.progress(&desk::moved(who));
        }
    }

    /// Tells what is wrong with the sound once it is, and that it is over once it is.
    fn diagnosed(&mut self, call: CallId, now: &[Diagnosis], output: &mut Output) {
        let before = self.wrong.replace((call, now.to_vec())).filter(|(of, _)| *of == call);
        let before = before.map_or_else(Vec::new, |(_, wrong)| wrong);
        for over in before.iter().filter(|one| !now.contains(one)) {
            output.progress(&diagnosis::over(*over));
        }
        for begun in now.iter().filter(|one| !before.contains(one)) {
            output.warning(&diagnosis::sentence(*begun));
        }
    }

    fn call(&mut self, view: &CallView, output: &mut Output) {
        // Who was handed on is with somebody else now than when the call began.
        let who = view.other_side().map_or_else(|| state::peer(&view.with), |other| other.display_name.as_str());
        self.with = Some((view.call, who.to_owned()));
        if self.state != Some((view.call, view.state)) {
            self.state = Some((view.call, view.state));
            output.progress(&format!("{who}: {}", state::call(view.state)));
        }
        let Some(card) = &view.group else { return };
        let known = self.group.as_ref().is_some_and(|group| group.call == view.call);
        if !known {
            let mut roster = Roster::default();
            if let Some(other) = view.with.person() {
                // They talk already: nobody has to be told that the other is in.
                drop(roster.expect(other, ParticipantState::Connected));
                output.progress(&format!("it is a group call now; share: {}", card.link));
            }
            self.group = Some(Meeting { call: view.call, roster, entered: view.with.group().is_none() });
        }
        self.roster(view, card, output);
    }

    fn roster(&mut self, view: &CallView, card: &GroupCard, output: &mut Output) {
        let Some(meeting) = &mut self.group else { return };
        let changes = meeting.roster.changes(&view.participants);
        if meeting.entered {
            return changed(&changes, meeting.roster.here(), output);
        }
        let here = meeting.roster.here();
        // Who was brought in was not told of by `Joined`: there is somebody in it, who called.
        let came = view.direction == Direction::Incoming || self.joined == Some(view.call);
        if came && here > 0 {
            meeting.entered = true;
            output.progress(&format!("joined {}: {}", name(card), others(here)));
        }
    }

    fn joined(&mut self, call: CallId, card: &GroupCard, first: bool, output: &mut Output) {
        self.joined = Some(call);
        if first {
            output.progress(&format!("you are first; share: {}", card.link));
            tell_reach(card, output);
        }
        let Some(meeting) = self.group.as_mut().filter(|group| group.call == call && !group.entered) else { return };
        let here = meeting.roster.here();
        meeting.entered = first || here > 0;
        if !first && here > 0 {
            output.progress(&format!("joined {}: {}", name(card), others(here)));
        }
    }
}

/// What is said where a link leads nowhere from other machines.
pub(crate) fn tell_reach(card: &GroupCard, output: &mut Output) {
    match card.reach {
        LinkReach::ThisMachine => output.progress(share::this_machine_only()),
        LinkReach::Network => {}
    }
}

fn name(card: &GroupCard) -> &str {
    card.group.name.as_ref().map_or("the group call", |name| name.as_str())
}

fn others(here: usize) -> String {
    if here == 1 { "1 other is in it".to_owned() } else { format!("{here} others are in it") }
}

fn rings(incoming: &Incoming, me: Option<&Person>) -> String {
    let who = organisation::introduced(&incoming.from, me);
    match &incoming.group {
        None => match &incoming.via {
            None => format!("{who} calls"),
            Some(via) => format!("{who} calls, {}", desk::via(via)),
        },
        Some(group) => match &group.name {
            Some(group) => format!("{who} calls, to bring you into {group}"),
            None => format!("{who} calls, to bring you into a group call"),
        },
    }
}

fn changed(changes: &[Change], here: usize, output: &mut Output) {
    if changes.len() <= NAMED_AT_ONCE {
        let told = changes.iter().filter_map(sentence);
        return told.for_each(|sentence| output.progress(&sentence));
    }
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count();
    match (count(Kind::Came), count(Kind::Left)) {
        (0, 0) => {}
        (came, left) => output.progress(&format!("{came} came, {left} left: {}", others(here))),
    }
}

fn sentence(change: &Change) -> Option<String> {
    let who = &change.person.display_name;
    match (change.kind, change.state) {
        (Kind::Came, _) => Some(format!("{who} is in")),
        (Kind::Left, _) => Some(format!("{who} left")),
        (Kind::Changed, ParticipantState::Ringing) => Some(format!("{who} is being rung")),
        (Kind::Changed, ParticipantState::Disconnected) => Some(format!("{who} did not come in")),
        (Kind::Changed, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use uuid::Uuid;

    use super::*;
    use crate::cli::globals::Globals;
    use crate::cli::output::tests::taped;
    use crate::cli::roster::tests::{person, rows};
    use crate::domain::call::Peer;
    use crate::domain::group::Group;
    use crate::domain::id::GroupId;
    use crate::domain::time::UnixMillis;
    use crate::domain::transfer::Via;
    use crate::phone::event::{AudioState, DeviceState, MediaState};

    const CALL: CallId = CallId(Uuid::from_u128(7));
    const IN: ParticipantState = ParticipantState::Connected;

    fn card() -> GroupCard {
        let id = GroupId(Uuid::from_u128(9));
        let group = Group { id, name: Some("Ops bridge".parse().unwrap()), code: "k7mq3tzf".parse().unwrap() };
        GroupCard { group, link: "http://h:8790/j/k7mq-3tzf".to_owned(), reach: LinkReach::ThisMachine }
    }

    /// A group call; `with` is whom it was with when it began.
    fn view(with: Peer, group: Option<GroupCard>, here: &[(&str, ParticipantState)]) -> Event {
        Event::Call(CallView {
            call: CALL,
            direction: Direction::Outgoing,
            with,
            group,
            may_end: false,
            state: CallState::Connected,
            started_at: UnixMillis(0),
            connected_at: None,
            muted: false,
            participants: rows(here),
            media: MediaState::Flowing,
            consult_of: None,
            via: None,
            held_since: None,
        })
    }

    fn joined(here: &[(&str, ParticipantState)]) -> Event {
        view(Peer::Group(card().group.reference()), Some(card()), here)
    }

    #[track_caller]
    fn check(events: &[Event], lines: &[&str]) {
        let (mut output, _, messages) = taped(&Globals::default());
        let mut plain = Plain::default();
        events.iter().for_each(|event| plain.tell(event, &mut output).unwrap());
        assert_eq!(messages.text().lines().collect::<Vec<_>>(), lines);
    }

    #[test]
    fn who_joins_is_told_how_many_are_there_and_then_who_comes_and_goes() {
        let entered = Event::Joined { call: CALL, group: card(), first: false };
        let first = [("bob", IN), ("carol", IN)];
        let lines = ["Ops bridge: CONNECTED", "joined Ops bridge: 2 others are in it", "Dan is in", "Bob left"];
        let later = joined(&[("carol", IN), ("dan", IN)]);
        check(&[joined(&[]), entered.clone(), joined(&first), later.clone()], &lines);
        check(&[joined(&first), entered, later], &lines);
    }

    #[test]
    fn who_is_first_is_told_what_to_share() {
        let entered = Event::Joined { call: CALL, group: card(), first: true };
        let lines = [
            "Ops bridge: CONNECTED",
            "you are first; share: http://h:8790/j/k7mq-3tzf",
            share::this_machine_only(),
            "Bob is in",
        ];
        check(&[joined(&[]), entered, joined(&[]), joined(&[("bob", IN)])], &lines);
    }

    #[test]
    fn a_call_that_becomes_a_group_call_says_so() {
        let with = || Peer::Person(person("bob"));
        let events = [
            view(with(), None, &[("bob", IN)]),
            view(with(), Some(card()), &[("bob", IN), ("carol", ParticipantState::Ringing)]),
            view(with(), Some(card()), &[("bob", IN)]),
        ];
        let lines = [
            "Bob: CONNECTED",
            "it is a group call now; share: http://h:8790/j/k7mq-3tzf",
            "Carol is being rung",
            "Carol did not come in",
        ];
        check(&events, &lines);
    }

    #[test]
    fn a_crowd_is_counted() {
        let crowd: Vec<(String, ParticipantState)> = (0..40).map(|n| (format!("p{n}"), IN)).collect();
        let crowd: Vec<(&str, ParticipantState)> = crowd.iter().map(|(name, state)| (name.as_str(), *state)).collect();
        let entered = Event::Joined { call: CALL, group: card(), first: false };
        let lines =
            ["Ops bridge: CONNECTED", "joined Ops bridge: 1 other is in it", "39 came, 0 left: 40 others are in it"];
        check(&[joined(&crowd[..1]), entered, joined(&crowd)], &lines);
    }

    #[test]
    fn a_ring_says_where_it_leads() {
        let incoming =
            |group, via| Event::Incoming(Incoming { call: CALL, from: person("bob"), at: UnixMillis(0), group, via });
        let ring = |group| incoming(group, None);
        check(&[ring(None)], &["Bob (bob) calls"]);
        let via = Via::Transferred { by: person("carol") };
        check(&[incoming(None, Some(via))], &["Bob (bob) calls, from Carol"]);
        check(&[ring(Some(card().group))], &["Bob (bob) calls, to bring you into Ops bridge"]);
        let unnamed = Group { name: None, ..card().group };
        check(&[ring(Some(unnamed))], &["Bob (bob) calls, to bring you into a group call"]);
    }

    #[test]
    fn who_is_handed_on_reads_to_whom_and_whom_they_are_with_then() {
        let with = || Peer::Person(person("bob"));
        let to = HandedTo::Person { person: person("carol") };
        let events = [
            view(with(), None, &[("bob", IN)]),
            Event::HandedOn { call: CALL, by: person("bob"), to, forwarded: None },
            in_state(CallState::Ringing, view(with(), None, &[("carol", ParticipantState::Ringing)])),
            view(with(), None, &[("carol", IN)]),
        ];
        check(&events, &["Bob: CONNECTED", "Bob transfers you to Carol.", "Carol: RINGING", "Carol: CONNECTED"]);
    }

    #[test]
    fn who_was_parked_reads_that_somebody_picks_up() {
        let handed = |to| Event::HandedOn { call: CALL, by: person("bob"), to, forwarded: None };
        let slot = HandedTo::Slot { slot: 3.try_into().unwrap() };
        let bob = || HandedTo::Person { person: person("bob") };
        let lines = ["You were parked in slot 3 by Bob.", "Bob picks your call up.", "Your call goes back to Bob."];
        check(&[handed(slot), handed(bob()), handed(bob())], &lines);
    }

    #[test]
    fn a_call_that_goes_on_under_another_id_reads_with_whom() {
        let moved = Event::Moved { call: CallId(Uuid::from_u128(6)), into: CALL };
        let call = view(Peer::Person(person("carol")), None, &[("carol", IN)]);
        check(&[call, moved], &["Carol: CONNECTED", "You are in a call with Carol now."]);
    }

    fn in_state(state: CallState, event: Event) -> Event {
        let Event::Call(view) = event else { unreachable!() };
        Event::Call(CallView { state, ..view })
    }

    #[test]
    fn what_is_wrong_with_the_sound_is_a_line_when_it_begins_and_when_it_is_over() {
        let now =
            |call, diagnoses: &[Diagnosis]| Event::Diagnoses { call: CallId(call), diagnoses: diagnoses.to_vec() };
        let (muted, poor) = (Diagnosis::SpeakingWhileMuted, Diagnosis::NetworkPoor);
        let call = CALL.0;
        let events = [
            now(call, &[muted]),
            now(call, &[muted, poor]),
            now(call, &[muted, poor]),
            now(call, &[poor]),
            now(call, &[]),
            now(call, &[poor]),
            now(Uuid::from_u128(8), &[poor]),
        ];
        let warning = |diagnosis| format!("warning: {}", diagnosis::sentence(diagnosis));
        let over = |words| format!("no longer: {words}");
        let lines = [
            warning(muted),
            warning(poor),
            over("you are muted"),
            over("poor network"),
            warning(poor),
            // What was wrong with the call before says nothing about this one.
            warning(poor),
        ];
        check(&events, &lines.each_ref().map(String::as_str));
    }

    #[test]
    fn a_device_that_stands_in_is_told() {
        let microphone = DeviceState::Instead { name: "Lid".to_owned(), of: "device:USB".to_owned() };
        let audio = Event::Audio(AudioState { microphone, ..AudioState::default() });
        let line = "warning: device:USB can't be used as the microphone: Lid stands in for it";
        check(&[audio.clone(), audio], &[line]);
    }

    #[test]
    fn an_unchanged_roster_says_nothing() {
        let Event::Call(view) = joined(&[("bob", IN)]) else { unreachable!() };
        let again = Event::Call(CallView { participants: Arc::clone(&view.participants), ..view.clone() });
        let entered = Event::Joined { call: CALL, group: card(), first: false };
        let lines = ["Ops bridge: CONNECTED", "joined Ops bridge: 1 other is in it"];
        check(&[Event::Call(view), entered, again], &lines);
    }
}
