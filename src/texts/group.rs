//! Sentences about groups, group calls and sharing, on the screen. Where one names a key, it is handed that key.

/// What a group without a name is called.
pub const UNNAMED: &str = "group call";

/// What the prompt for a place says under an empty text.
pub const PLACE_LOOKS_LIKE: [&str; 2] =
    ["a group's name, code, ID or link:", "Ops bridge, k7mq-3tzf, or http://HOST/j/k7mq-3tzf"];

/// What the prompt for a place says under a link, an ID, a code.
pub const PLACE_IS: [&str; 3] = ["a link", "a group ID: an unknown one begins a new group", "a group code"];

/// What the prompt for the name of a new group says: one that is called at once, one that is kept.
pub const NAME_IT: [&str; 2] =
    ["a name is kept and found again; without one the group lasts as long as the call", "1 to 64 characters"];

/// Nothing is selected, or no call is going on, that could be shared.
pub const NOTHING_TO_SHARE: &str = "There is no group to share: select one, or join one.";

/// There is no group call.
pub const NO_GROUP_CALL: &str = "There is no group call now.";

/// Only who started it may end a call for everybody.
pub const MAY_NOT_END: &str = "Only who started the group call may end it for everybody; you can hang up.";

/// Somebody can be invited once the call is answered.
pub const INVITE_LATER: &str = "Somebody can be invited once the call is answered.";

/// Nothing is shared with the user that could be joined.
pub const NOTHING_SHARED: &str = "Nobody shares a group with you now.";

/// The question before a call is ended for everybody.
pub fn end_for_all(group: &str, others: usize) -> String {
    match others {
        1 => format!("End {group} for everybody: 1 other is in it."),
        others => format!("End {group} for everybody: {others} others are in it."),
    }
}

/// The question before a group is given up by its owner, or taken off a list.
pub fn give_up(group: &str, mine: bool) -> String {
    if mine {
        format!("Give up {group}: its link and code stop working.")
    } else {
        format!("Take {group} off your list; its link still works.")
    }
}

/// What the groups' panel says when there is none.
pub fn no_groups(loaded: bool, start: &str, join: &str) -> String {
    if loaded { format!("none yet: {start} starts one, {join} joins one") } else { "not loaded yet".to_owned() }
}

/// Somebody rings to bring the user into a group call.
pub fn invites(who: &str, group: &str) -> String {
    format!("{who} invites you to {group}")
}

/// Somebody is being rung to join the call.
pub fn inviting(who: &str) -> String {
    format!("inviting {who} ...")
}

/// A group is being joined.
pub fn joining(place: &str) -> String {
    format!("joining {place} ...")
}

/// How a group's call was joined.
pub fn joined(group: &str, first: bool, muted: bool, others: usize, unmute: &str, share: &str) -> String {
    match (first || others == 0, muted) {
        (true, false) => format!("You are first in {group}: {share} shares it."),
        (true, true) => {
            format!("You are first in {group}, muted: {share} shares it, {unmute} turns your microphone on.")
        }
        (false, false) => format!("Joined {group}: {}.", others_are(others)),
        (false, true) => format!("Joined {group} muted: {}, press {unmute} to speak.", others_are(others)),
    }
}

/// Said in the card of a group call nobody else is in.
pub fn alone(first: bool, coming: usize, share: &str) -> String {
    match (coming, first) {
        (0, true) => format!("you are first in this group; {share} shares it"),
        (0, false) => format!("you are alone here; {share} shares the group"),
        (1, _) => "you are alone here; 1 is being rung".to_owned(),
        (coming, _) => format!("you are alone here; {coming} are being rung"),
    }
}

/// Said in the card of a group call while nobody hears this user: the microphone is off.
pub fn nobody_hears_you(others: usize, unmute: &str) -> String {
    format!("muted: {}, press {unmute} to speak", others_are(others))
}

/// Said in the card of a group call while there is no microphone.
pub fn no_microphone(others: usize, choose: &str) -> String {
    format!("nobody hears you: there is no microphone ({choose}); {}", others_are(others))
}

/// Said in the card of a group call held by this user.
pub fn held(resume: &str) -> String {
    format!("on hold: you hear nobody, and nobody hears you; {resume} resumes")
}

/// Said in the card of a group call: how many hear this user.
pub fn hear_you(hearing: usize, others: usize) -> String {
    match (hearing, others) {
        (1, 1) => "1 other hears you".to_owned(),
        (hearing, others) if hearing == others => format!("{others} others hear you"),
        (hearing, others) => format!("{hearing} of {others} others hear you"),
    }
}

/// Said in the card while the call is being joined.
pub const JOINING: &str = "joining ...";

/// Said in the card while the call is being left.
pub const LEAVING: &str = "hanging up ...";

/// Said in the card while the sound is cut.
pub const SOUND_CUT: &str = "nobody is heard: the sound was cut, and is being brought back";

/// Said in the card before the sound flows.
pub const SOUND_COMING: &str = "joined; the sound is coming up";

/// Said while nobody speaks.
pub const SILENT: &str = "nobody";

/// How many are in a call, this user included, and how many are being rung.
pub fn people(count: usize, coming: usize) -> String {
    let people = if count == 1 { "1 person".to_owned() } else { format!("{count} people") };
    if coming == 0 { people } else { format!("{people}, {coming} coming") }
}

/// How many are in a group now.
pub fn here(count: usize) -> String {
    if count == 0 { "empty".to_owned() } else { format!("{count} here") }
}

/// People came into the call, or left it: a few by name.
pub fn came(names: &[&str], came: bool) -> String {
    format!("{} {}", some_of(names), if came { "joined" } else { "left" })
}

/// A direct call became a group call.
pub fn became(name: &str) -> String {
    format!("the call with {name} is a group call now")
}

/// The search in the roster found nobody.
pub fn nobody_fits(clear: &str) -> String {
    format!("nobody here fits; {clear} clears the search")
}

fn others_are(others: usize) -> String {
    if others == 1 { "1 other is here".to_owned() } else { format!("{others} others are here") }
}

/// The link was handed to a clipboard program.
pub fn copied_with(program: &str) -> String {
    format!("copied with {program}")
}

/// The link was handed to the terminal, which does not say whether it took it.
pub const SENT_TO_TERMINAL: &str = "sent to your terminal's clipboard (OSC 52)";

/// A group was shared with these people.
pub fn shared_with(group: &str, names: &[&str]) -> String {
    match names {
        [] => format!("{group} was shared with nobody new"),
        names => format!("{group} is shared with {}", some_of(names)),
    }
}

/// Somebody shares a group.
pub fn shares(who: &str, group: &str, here: u32) -> String {
    match here {
        0 => format!("{who} shares {group}: nobody is in it now"),
        1 => format!("{who} shares {group}: 1 is in it now"),
        here => format!("{who} shares {group}: {here} are in it now"),
    }
}

/// A few names, and how many more there are.
pub fn some_of(names: &[&str]) -> String {
    const FEW: usize = 3;
    match names.len().saturating_sub(FEW) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..FEW].join(", ")),
    }
}

/// How many friends are marked, in the title of the choice.
pub fn marked(count: usize) -> String {
    if count == 0 { "none marked".to_owned() } else { format!("{count} marked") }
}

/// There is nobody to share with.
pub const NO_FRIENDS: &str = "Your friend list is empty: give them the link or the code.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_says_what_matters_then() {
        assert_eq!(joined("Ops", true, false, 0, "m", "s"), "You are first in Ops: s shares it.");
        assert_eq!(joined("Ops", false, true, 4, "m", "s"), "Joined Ops muted: 4 others are here, press m to speak.");
        assert_eq!(joined("Ops", false, false, 1, "m", "s"), "Joined Ops: 1 other is here.");
    }

    #[test]
    fn who_hears_is_counted() {
        assert_eq!(hear_you(1, 1), "1 other hears you");
        assert_eq!(hear_you(4, 4), "4 others hear you");
        assert_eq!(hear_you(3, 4), "3 of 4 others hear you");
    }

    #[test]
    fn a_few_names_stand_for_many() {
        assert_eq!(some_of(&["Bob"]), "Bob");
        assert_eq!(some_of(&["Bob", "Carol", "Dave", "Erin", "Frank"]), "Bob, Carol, Dave and 2 more");
        assert_eq!(shared_with("Ops", &["Bob", "Carol"]), "Ops is shared with Bob, Carol");
    }
}
