//! Where calls go that are not taken, and who may pick them up: in words.

use crate::domain::forwarding::{AccountRules, ForwardAfter, ForwardWhen, PickUpBy};

/// Who may pick up, in the order of the choice.
pub const PICK_UP_BY: [PickUpBy; 3] = [PickUpBy::Nobody, PickUpBy::Friends, PickUpBy::Everybody];

/// A case as it is typed.
pub fn word(when: ForwardWhen) -> &'static str {
    match when {
        ForwardWhen::Always => "always",
        ForwardWhen::Busy => "busy",
        ForwardWhen::NoAnswer => "no-answer",
        ForwardWhen::DoNotDisturb => "dnd",
    }
}

/// A case as it is read.
pub fn case(when: ForwardWhen) -> &'static str {
    match when {
        ForwardWhen::Always => "always",
        ForwardWhen::Busy => "busy",
        ForwardWhen::NoAnswer => "no answer",
        ForwardWhen::DoNotDisturb => "do not disturb",
    }
}

/// What a case means.
pub fn means(when: ForwardWhen) -> &'static str {
    match when {
        ForwardWhen::Always => "every call, without ringing here",
        ForwardWhen::Busy => "in as many calls as can be, or declined",
        ForwardWhen::NoAnswer => "or at once, with no phone open",
        ForwardWhen::DoNotDisturb => "while you are not to be disturbed",
    }
}

/// Whom calls go to that nobody answers, and after how long.
pub fn to_after(to: &str, after: ForwardAfter) -> String {
    format!("{to} after {after}")
}

/// Where calls go nowhere.
pub const NOBODY: &str = "nobody";

/// Whom calls go to in this case, as shown; an identity, where that person is gone.
pub fn to(rules: &AccountRules, when: ForwardWhen) -> Option<&str> {
    let to = rules.rules.to(when)?;
    Some(rules.person(to).map_or(to.as_str(), |person| person.display_name.as_str()))
}

/// Where calls go in this case, as a sentence; `after` counts for those nobody answers.
pub fn goes(when: ForwardWhen, to: Option<&str>, after: ForwardAfter) -> String {
    let case = match when {
        ForwardWhen::Always => return to.map_or_else(|| RING_HERE.to_owned(), all_go),
        ForwardWhen::Busy => "while you are busy",
        ForwardWhen::NoAnswer => "that nobody answers",
        ForwardWhen::DoNotDisturb => "while you are not to be disturbed",
    };
    match to {
        Some(name) if when == ForwardWhen::NoAnswer => format!("Calls {case} within {after} go to {name} now."),
        Some(name) => format!("Calls {case} go to {name} now."),
        None => format!("Calls {case} are not forwarded any more."),
    }
}

/// Somebody rings in spite of do not disturb, or no more.
pub fn excepted(name: &str, on: bool) -> String {
    if on {
        format!("{name} rings though you do not want to be disturbed.")
    } else {
        format!("{name} does not ring any more while you do not want to be disturbed.")
    }
}

/// Who may pick up what rings here, as a sentence.
pub fn picked_up_by(by: PickUpBy) -> &'static str {
    match by {
        PickUpBy::Nobody => "Nobody else may pick up calls that ring here.",
        PickUpBy::Friends => "Your friends may pick up calls that ring here.",
        PickUpBy::Everybody => "Everybody may pick up calls that ring here.",
    }
}

/// Calls ring again.
const RING_HERE: &str = "Your calls ring here again.";

fn all_go(name: &str) -> String {
    format!("All your calls go to {name}: none rings here.")
}

/// The same in the header.
pub fn all_to(name: &str) -> String {
    format!("all calls to {name}")
}

/// The title of the list.
pub const TITLE: &str = "WHERE YOUR CALLS GO";

/// The names of the other rows: who rings nevertheless, who may pick up.
pub const EXCEPT: &str = "but rings";
/// See [`EXCEPT`].
pub const PICKS_UP: &str = "picks up";

/// In the row that lets one more ring nevertheless.
pub const ADD_EXCEPT: &str = "add somebody";

/// Who rings in spite of do not disturb.
pub const EXCEPT_MEANS: &str = "in spite of do not disturb";

/// The titles of the entries for a person.
pub fn forward_to(when: ForwardWhen) -> String {
    format!("FORWARD YOUR CALLS, {}", case(when).to_uppercase())
}

/// See [`forward_to`].
pub const WHO_RINGS: &str = "WHO RINGS IN SPITE OF DO NOT DISTURB";

/// Who may pick up, in a word.
pub fn pick_up_by(by: PickUpBy) -> &'static str {
    match by {
        PickUpBy::Nobody => "nobody",
        PickUpBy::Friends => "friends",
        PickUpBy::Everybody => "everybody",
    }
}

/// What that means.
pub fn pick_up_means(by: PickUpBy) -> &'static str {
    match by {
        PickUpBy::Nobody => "nobody else answers what rings at you",
        PickUpBy::Friends => "your friends answer what rings at you",
        PickUpBy::Everybody => "anybody answers what rings at you",
    }
}

/// There is no such case.
pub fn no_such_case(word: &str) -> String {
    format!("`{word}` is no case of forwarding: always, busy, no-answer, dnd, each with a name or off.")
}

/// There are no such people.
pub fn no_such_people(word: &str) -> String {
    format!("`{word}` is nobody who could pick up: nobody, friends, everybody.")
}
