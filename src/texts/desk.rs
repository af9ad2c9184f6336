//! Sentences about several calls at once: the board, transfer, park, merge. Where one names a key, it is handed that key.

use super::clock;
use super::end::Ending;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::park::ParkSlot;
use crate::domain::person::Person;
use crate::domain::transfer::{HandedTo, Via};

/// The badges of the board's rows: what rings, what is called, who is asked, whom we hold, who holds us, who parked us.
pub const RING: &str = "RING";
/// See [`RING`].
pub const CALLING: &str = "CALLING";
/// See [`RING`].
pub const CONSULT: &str = "CONSULT";
/// See [`RING`].
pub const HOLD: &str = "HOLD";
/// See [`RING`].
pub const HELD_BY_THEM: &str = "HELD BY THEM";
/// See [`RING`].
pub const PARKED: &str = "PARKED";

/// A call has to be answered before it is handed on, parked or brought together with another.
pub const ONCE_ANSWERED: &str = "That can be done once the call is answered.";

/// A group call is nobody's to hand on.
pub const NOT_A_GROUP: &str = "A group call can't be handed on or parked: hang up, the others stay.";

/// Only the other side of a direct call can come into another call.
pub const TWO_GROUPS: &str = "Two group calls can't be brought together.";

/// One is asked at a time.
pub const ASKING_ALREADY: &str = "You are asking somebody already: hand the call on, or return to it first.";

/// There is no second call.
pub const NO_OTHER_CALL: &str = "There is no other call that is answered.";

/// Nobody is asked now.
pub const ASKING_NOBODY: &str = "You are asking nobody now.";

/// Nothing is parked, and nothing rings at friends.
pub const NOTHING_TO_PICK_UP: &str = "No call is parked now, and none rings at a friend.";

/// What was selected to be picked up is gone.
pub const PICK_UP_GONE: &str = "what was selected to be picked up is gone";

/// Nothing waits to be taken back.
pub const TAKEN_BACK: &str = "Taken back: nothing was done.";

/// How a call came to ring here, behind the name of who is in it.
pub fn via(via: &Via) -> String {
    match via {
        Via::Transferred { by } => format!("from {}", by.display_name),
        Via::Returned { from, reason } => format!("back from {}: {}", from.display_name, why(*reason)),
        Via::Forwarded { by, when } => format!("for {}: {}", by.display_name, forwarded(*when)),
        Via::Recalled { slot } => format!("back from slot {slot}: nobody picked up"),
    }
}

/// In which case a call was forwarded.
fn forwarded(when: ForwardWhen) -> &'static str {
    match when {
        ForwardWhen::Always => "forwarded",
        ForwardWhen::Busy => "busy",
        ForwardWhen::NoAnswer => "no answer",
        ForwardWhen::DoNotDisturb => "do not disturb",
    }
}

/// Why somebody did not take a call, in a word or two.
fn why(reason: EndReason) -> &'static str {
    match reason {
        EndReason::DECLINED => "declined",
        EndReason::BUSY => "busy",
        EndReason::DO_NOT_DISTURB => "do not disturb",
        EndReason::OFFLINE => "offline",
        EndReason::RING_TIMEOUT => "no answer",
        EndReason::VANISHED | EndReason::MEDIA_LOST | EndReason::SETUP_TIMEOUT | EndReason::NO_MEDIA_PATH => "got lost",
        _ => "not taken",
    }
}

/// What the phone tells of a call that is handed on; `forwarded` when by somebody who was never in it; `comes_back` when
/// that somebody had handed it on.
pub fn handed_on(by: &Person, to: &HandedTo, forwarded: Option<ForwardWhen>, comes_back: bool) -> String {
    let by_name = &by.display_name;
    if let (HandedTo::Person { person }, Some(when)) = (to, forwarded) {
        let to = &person.display_name;
        return why_forwarded(when).map_or_else(
            || format!("{by_name} forwards you to {to}."),
            |why| format!("{by_name} {why} and forwards you to {to}."),
        );
    }
    match to {
        HandedTo::Slot { slot } => format!("You were parked in slot {slot} by {by_name}."),
        HandedTo::Person { person } if person.identity != by.identity => {
            format!("{by_name} transfers you to {}.", person.display_name)
        }
        HandedTo::Person { .. } if comes_back => format!("Your call goes back to {by_name}."),
        HandedTo::Person { .. } => format!("{by_name} picks your call up."),
    }
}

/// Why somebody forwards a call, behind their name: it must not read as if whom it goes to did not answer.
fn why_forwarded(when: ForwardWhen) -> Option<&'static str> {
    match when {
        ForwardWhen::Always => None,
        ForwardWhen::Busy => Some("is busy"),
        ForwardWhen::NoAnswer => Some("does not answer"),
        ForwardWhen::DoNotDisturb => Some("is not to be disturbed"),
    }
}

/// What a call that was handed on is waiting for, said in the card.
pub fn waits(by: &Person, to: &HandedTo, forwarded: Option<ForwardWhen>, comes_back: bool) -> String {
    let by_name = &by.display_name;
    if let (HandedTo::Person { person }, Some(when)) = (to, forwarded) {
        let to = &person.display_name;
        return why_forwarded(when).map_or_else(
            || format!("{by_name} forwards you to {to}, who is being rung"),
            |why| format!("{by_name} {why}: {to} is being rung"),
        );
    }
    match to {
        HandedTo::Slot { slot } => format!("{by_name} parked you in slot {slot}; wait, or hang up"),
        HandedTo::Person { person } if person.identity != by.identity => {
            format!("{by_name} transfers you to {}, who is being rung", person.display_name)
        }
        HandedTo::Person { .. } if comes_back => format!("your call goes back to {by_name}, who is being rung"),
        HandedTo::Person { .. } => format!("{by_name} picks your call up"),
    }
}

/// Somebody has been on hold for a while.
pub fn waited(name: &str, millis: i64, row: Option<usize>) -> String {
    let minutes = millis / 60_000;
    let long = if minutes > 0 { format!("{minutes} min") } else { clock::span(millis) };
    let back = row.map(|row| format!(": {row} goes back")).unwrap_or_default();
    format!("{name} has waited on hold for {long}{back}.")
}

/// A call of this phone was parked; the key `pick_up` takes it back.
pub fn parked(name: &str, slot: ParkSlot, pick_up: &str) -> String {
    format!("{name} waits in slot {slot}: {pick_up} picks up, here or on any phone of the house.")
}

/// A call ended while others go on.
pub fn ended(name: &str, ending: &Ending) -> String {
    format!("{} {}", about(name, &ending.what), ending.advice).trim_end().to_owned()
}

/// How a call went, with whose it was before it, unless it begins with that name.
pub fn about(name: &str, what: &str) -> String {
    let is_named = what.strip_prefix(name).is_some_and(|rest| rest.starts_with(' '));
    if is_named { what.to_owned() } else { format!("{name}: {what}") }
}

/// A transfer waits to be taken back.
pub fn going(name: &str, to: &str) -> String {
    format!("{name} goes to {to}")
}

/// A park waits to be taken back.
pub fn parking(name: &str, slot: Option<ParkSlot>) -> String {
    slot.map_or_else(|| format!("{name} is parked"), |slot| format!("{name} is parked in slot {slot}"))
}

/// Bringing two calls together waits to be taken back.
pub fn merging(name: &str, with: &str) -> String {
    format!("{with} joins you and {name}")
}

/// Behind what waits to be taken back: how long.
pub fn countdown(what: &str, seconds: i64) -> String {
    format!("{what} in {seconds} s")
}

/// The keys that take it back, and do it at once.
pub fn countdown_keys(undo: &str, now: &str) -> String {
    format!("{undo} takes it back, {now} does it now")
}

/// The first of them, where there is no room for both.
pub fn countdown_key(undo: &str) -> String {
    format!("{undo} undoes")
}

/// What is done soon, in a row of the board: handed on, parked, joined.
pub fn soon_to(name: &str) -> String {
    format!("to {name}")
}

/// See [`soon_to`].
pub const SOON_PARKED: &str = "parked";
/// See [`soon_to`].
pub const SOON_JOINED: &str = "joined";

/// Behind it: how long, and the key that takes it back.
pub fn shortly(what: &str, seconds: i64, undo: &str) -> String {
    format!("{what} in {seconds} s, {undo} undoes")
}

/// Where an invitation that rings leads.
pub fn into(group: &str) -> String {
    format!("into {group}")
}

/// Who parked a call.
pub fn parked_by(name: &str) -> String {
    format!("by {name}")
}

/// Behind the key that picks up a parked call.
pub const PICKS_UP: &str = "picks up";

/// Something that waited to be done is not done: a call of it is over.
pub fn nothing_left(what: &str) -> String {
    format!("Not done, the call is over: {what}.")
}

/// Somebody is asked while a call waits, without keys and with them.
pub fn asking(asked: &str, caller: &str) -> String {
    format!("You ask {asked}, {caller} waits")
}

/// What the keys do then: complete, merge, return; with the names, or in few words.
pub fn asking_keys(asked: &str, caller: &str, keys: [&str; 3], few: bool) -> [String; 3] {
    let [complete, merge, back] = keys;
    if few {
        return [format!("{complete} hand on"), format!("{merge} join all"), format!("{back} return")];
    }
    [
        format!("{complete} hands {caller} on to {asked}"),
        format!("{merge} joins all three"),
        format!("{back} returns to {caller}"),
    ]
}

/// Somebody is the other side of the call that is to be handed on.
pub fn there_already(name: &str) -> String {
    format!("{name} is in this call already.")
}

/// A call goes on as another one, with somebody else.
pub fn moved(name: &str) -> String {
    format!("You are in a call with {name} now.")
}

/// A call goes on as a group call.
pub const MOVED_TO_GROUP: &str = "You are all in one group call now.";

/// What a call that was handed on ends with: who went to whom.
pub fn went(name: &str, to: &str) -> String {
    format!("You handed {name} on to {to}.")
}

/// The titles of the entries for whom to hand a call on to, and whom to ask.
pub fn hand_on(name: &str) -> String {
    format!("HAND {name} ON TO")
}

/// See [`hand_on`].
pub fn ask_first(name: &str) -> String {
    format!("ASK WHOM, WHILE {name} WAITS")
}

/// Behind the name of who waits while somebody else is asked, and of who is asked.
pub fn waits_for(name: &str) -> String {
    format!("waits for {name}")
}

/// See [`waits_for`].
pub fn asked_for(name: &str) -> String {
    format!("asked for {name}")
}

/// There is no such row.
pub fn no_row(number: usize) -> String {
    format!("There is no call {number} on the board.")
}

/// What is no row of the board.
pub fn not_a_row(text: &str) -> String {
    format!("`{text}` is no call of the board: give the number of its row.")
}

/// Enter was pressed on a friend or record during a call.
pub fn call_beside(dial: &str, consult: &str) -> String {
    format!("You are in a call: {dial} calls somebody else meanwhile, {consult} asks somebody first.")
}

/// How many calls there are beside those seen.
pub fn more(count: usize, ringing: usize, held: usize) -> String {
    let mut text = format!("{count} more");
    let parts = [(ringing, if ringing == 1 { "rings" } else { "ring" }), (held, "on hold")];
    let told: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if !told.is_empty() {
        text.push_str(&format!(": {}", told.join(", ")));
    }
    text
}

/// Leaving during calls.
pub fn leaving(calls: usize) -> String {
    match calls {
        0 | 1 => super::screen::LEAVING_HANGS_UP.to_owned(),
        calls => format!("Leaving hangs up {calls} calls."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str) -> Person {
        Person::new(format!("8:acs:demo_{name}").parse().unwrap(), name.parse().unwrap(), name.into())
    }

    #[test]
    fn what_becomes_of_a_call_is_told_in_words() {
        let (alice, carol) = (person("alice"), HandedTo::Person { person: person("carol") });
        let slot = HandedTo::Slot { slot: "3".parse().unwrap() };
        let back = HandedTo::Person { person: person("alice") };
        for (to, forwarded, comes_back, told) in [
            (&carol, None, false, "alice transfers you to carol."),
            (&carol, Some(ForwardWhen::NoAnswer), false, "alice does not answer and forwards you to carol."),
            (&carol, Some(ForwardWhen::Always), false, "alice forwards you to carol."),
            (&slot, None, false, "You were parked in slot 3 by alice."),
            (&back, None, true, "Your call goes back to alice."),
            (&back, None, false, "alice picks your call up."),
        ] {
            assert_eq!(handed_on(&alice, to, forwarded, comes_back), told);
        }
    }

    #[test]
    fn how_a_call_came_is_told_in_words() {
        let returned = |reason| via(&Via::Returned { from: person("carol"), reason });
        assert_eq!(returned(EndReason::DECLINED), "back from carol: declined");
        assert_eq!(returned(EndReason { code: 999, sub_code: 7 }), "back from carol: not taken");
        assert_eq!(via(&Via::Transferred { by: person("alice") }), "from alice");
        assert_eq!(via(&Via::Recalled { slot: "3".parse().unwrap() }), "back from slot 3: nobody picked up");
    }

    #[test]
    fn what_is_not_seen_is_counted() {
        assert_eq!(more(3, 1, 2), "3 more: 1 rings, 2 on hold");
        assert_eq!(more(2, 2, 0), "2 more: 2 ring");
        assert_eq!(more(1, 0, 0), "1 more");
        assert_eq!(waited("bob", 61_000, Some(2)), "bob has waited on hold for 1 min: 2 goes back.");
    }
}
