//! Sentences of plain mode, one line each: what happened, to whom, and which word to type next.

use super::clock;
use super::sound::device;
use crate::control::diagnosis::AudioDevice;
use crate::domain::call::CallState;
use crate::domain::forwarding::{ForwardAfter, ForwardWhen};
use crate::domain::person::Favourite;

/// The first line.
pub const WELCOME: &str =
    "Switchboard, plain mode. Type help for the words, where for how things stand, quit to leave.";

/// Signed in.
pub fn signed_in(display: &str, name: &str) -> String {
    format!("You are signed in as {display} ({name}).")
}

/// Calls were missed.
pub fn missed(count: u32) -> String {
    let calls = if count == 1 { "1 call".to_owned() } else { format!("{count} calls") };
    format!("You missed {calls}: type history.")
}

/// Something rings. `row` is there where it is one call of several, `talking` the one whose talk would be held.
pub fn rings(who: &str, row: Option<usize>, talking: Option<&str>) -> String {
    let row = row.map_or_else(String::new, |row| format!(", as call {row}"));
    match talking {
        Some(name) => format!("{who}{row}. Type answer, which puts {name} on hold, or decline."),
        None => format!("{who}{row}. Type answer or decline."),
    }
}

/// Behind it: what is noted about who calls.
pub fn noted(note: &str) -> String {
    format!("Your note: {note}")
}

/// How a call stands now. `before` is how it stood, if it was there before.
pub fn stands(name: &str, before: Option<CallState>, state: CallState, incoming: bool) -> String {
    let was_answered = matches!(before, Some(CallState::Connected | CallState::LocalHold | CallState::RemoteHold));
    match state {
        CallState::Connected if was_answered => format!("You talk with {name} again."),
        CallState::Connected => format!("You are connected with {name}."),
        CallState::LocalHold => format!("{name} is on hold and hears music. Type resume to go on."),
        CallState::RemoteHold => format!("{name} put you on hold. Wait, or type hangup."),
        CallState::None | CallState::Connecting if incoming => format!("You answer {name}."),
        CallState::None | CallState::Connecting => format!("You call {name}. Type hangup to give up."),
        CallState::Ringing if was_answered => format!("{name} is being rung. Wait, or type hangup."),
        CallState::Ringing => format!("It rings at {name}. Type hangup to give up."),
        CallState::EarlyMedia => format!("{name} has not answered yet, but there is something to hear."),
        CallState::InLobby => format!("You wait for {name} to let you in."),
        CallState::Disconnecting | CallState::Disconnected => format!("You hang up on {name}."),
    }
}

/// Behind it, where there are several calls: which one it is.
pub fn call_number(row: usize) -> String {
    format!("It is call {row}.")
}

/// The last call is over.
pub fn ended(name: &str, talked: Option<i64>, what: &str, advice: &str) -> String {
    let long = talked.map_or_else(String::new, |millis| format!(" after {}", clock::span(millis)));
    format!("The call with {name} is over{long}. {what} {advice}").trim_end().to_owned()
}

/// Why a call went wrong.
pub fn explained(cause: &str, next: &str) -> String {
    format!("Likely cause: {cause} Next: {next}")
}

/// The microphone was turned off for a call, or on.
pub fn microphone(name: &str, muted: bool) -> String {
    if muted {
        format!("Your microphone is off: {name} does not hear you. Type unmute to be heard.")
    } else {
        format!("Your microphone is on: {name} hears you.")
    }
}

/// The same with push-to-talk, for so long.
pub fn talking(name: &str, muted: bool, left: i64) -> String {
    if muted {
        format!("You are muted: {name} does not hear you. Type talk to talk.")
    } else {
        format!(
            "You talk: {name} hears you, for {} at the longest. Type mute when you are done.",
            clock::span(left + 999)
        )
    }
}

/// The other side turned the microphone off, or on.
pub fn they_muted(name: &str, muted: bool) -> String {
    if muted { format!("{name} is muted now.") } else { format!("{name} is not muted any more.") }
}

/// The sound of a call is cut, or back.
pub fn cut(name: &str, cut: bool) -> String {
    if cut {
        format!("The sound of the call with {name} was cut, and is being brought back. Wait, or type hangup.")
    } else {
        format!("The sound of the call with {name} is back.")
    }
}

/// The other side's connection is lost, or back.
pub fn they_lost(name: &str, lost: bool) -> String {
    if lost {
        format!("{name} has lost the connection. Wait a moment, or type hangup.")
    } else {
        format!("{name} is connected again.")
    }
}

/// Something is done soon, and can be taken back.
pub fn soon(what: &str, seconds: i64) -> String {
    format!("{what} in {seconds} seconds. Type undo to take it back, or accept to do it now.")
}

/// A friend goes off the list soon.
pub fn taken_off(name: &str, seconds: i64) -> String {
    format!("{name} is taken off your list in {seconds} seconds. Type undo to take it back.")
}

/// Somebody else parked a call.
pub fn parked(who: &str, slot: &str, by: &str) -> String {
    format!("{who} waits in slot {slot}, parked by {by}. Type pick-up {slot} to take the call.")
}

/// A parked call waits no more.
pub fn unparked(who: &str, slot: &str) -> String {
    format!("{who} waits in slot {slot} no more.")
}

/// What others see of the user.
pub fn presence(word: &str) -> String {
    format!("Others see you as {word} now.")
}

/// A setting of the sound, and its value.
pub fn setting(what: &str, value: &str) -> String {
    format!("{what} is {value} now.")
}

/// What is set of the sound.
pub const PROFILE: &str = "The profile";
/// See [`PROFILE`].
pub const ECHO: &str = "Echo cancellation";
/// See [`PROFILE`].
pub const NOISE: &str = "Noise suppression";
/// See [`PROFILE`].
pub const GAIN: &str = "Gain";

/// How a volume is called.
pub fn volume_of(which: AudioDevice) -> String {
    format!("The volume of the {}", device(which))
}

/// Somebody shares a group.
pub fn shares(text: &str) -> String {
    format!("{text}. Type join shared, or later.")
}

/// What is asked is asked no more.
pub const WITHDRAWN: &str = "That is asked no more.";

/// A question was answered with no.
pub const NOT_DONE: &str = "Not done.";

/// What was typed changes nothing.
pub const NOTHING_CHANGED: &str = "That changes nothing now.";

/// Behind a friend: the number as a favourite.
pub fn favourite(number: Favourite) -> String {
    format!("favourite {number}")
}

/// Something was noted about a call; or the note was taken away.
pub const NOTED: [&str; 2] = ["It is noted.", "The note is taken away."];

/// Another ringing call was picked.
pub fn meant(name: &str) -> String {
    format!("Answer and decline mean the call of {name} now.")
}

/// Tones were sent.
pub fn tones_sent(tones: &str) -> String {
    format!("Tones sent: {tones}.")
}

/// A device was chosen.
pub const CHOSEN: &str = "It is chosen.";

/// Nothing waits for yes or no.
pub const NOTHING_ASKED: &str = "Nothing is asked now.";

/// Nothing can be taken back.
pub const NOTHING_TO_UNDO: &str = "There is nothing to take back.";

/// A filter needs a text.
pub const FILTER_WHAT: &str = "Type filter and a text: friends or calls that hold it are listed.";

/// Something is a picture.
pub const ON_THE_SCREEN: &str = "That is shown on the screen only, without --plain.";

/// A list has no such row.
pub fn no_row(number: usize) -> String {
    format!("The list has no number {number}.")
}

/// A row of a list was selected.
pub fn selected(name: &str, group: bool) -> String {
    if group {
        format!("{name} is selected. Type accept to join, share, or remove group.")
    } else {
        format!("{name} is selected. Type accept to call, note, or remove friend.")
    }
}

/// There is no such command; those that are like it.
pub fn no_command(text: &str, like: &[&str]) -> String {
    if like.is_empty() {
        format!("There is no command `{text}`. Type help for the words.")
    } else {
        format!("There is no command `{text}`. Did you mean {}?", like.join(", "))
    }
}

/// Nothing was copied: what was to be.
pub fn not_copied(text: &str) -> String {
    format!("There is no clipboard here to copy to. It is: {text}")
}

/// There are no figures of the quality yet.
pub const NO_FIGURES: &str = "There are no figures yet.";

/// Calls are forwarded in this case.
pub fn forwarded(when: ForwardWhen, to: &str) -> String {
    let case = match when {
        ForwardWhen::Always => "Calls are forwarded",
        ForwardWhen::Busy => "While you are busy, calls are forwarded",
        ForwardWhen::NoAnswer => "Calls you do not answer are forwarded",
        ForwardWhen::DoNotDisturb => "While you do not want to be disturbed, calls are forwarded",
    };
    format!("{case} to {to}.")
}

/// Nothing is forwarded, and nobody excepted.
pub const NO_FORWARDS: &str =
    "Calls are not forwarded. Type forward, when (always, busy, no-answer or dnd), and to whom.";

/// After how long calls are forwarded that nobody answers.
pub fn forwarded_after(after: ForwardAfter) -> String {
    format!("That is after {} seconds.", after.seconds())
}

/// What is asked for an entry: whom to call, to add, to invite, to hand a call on to, to ask first; to whom to
/// forward; who rings nevertheless.
pub const WHOM: [&str; 7] = [
    "Whom do you want to call?",
    "Whom do you want on your friend list?",
    "Whom do you want to invite?",
    "Whom do you want to hand the call on to?",
    "Whom do you want to ask first?",
    "Whom are these calls to go to?",
    "Who is to ring though you do not want to be disturbed?",
];

/// How it is answered, with numbers and without; with something filled in.
pub const TYPE_NAME: [&str; 3] =
    ["Type a name, a number of these, or no:", "Type a name, or no.", "Type yes to take it, another name, or no."];

/// Where to join; how a group is to be called; what to note; which tones to send.
pub const WHERE: &str = "Which group do you want to join? Type its name, code, ID or link, or no.";
/// See [`WHERE`].
pub const NAME_NEW: &str = "What is the group to be called? Type a name, a dash for none, or no.";
/// See [`WHERE`].
pub const NAME_KEPT: &str = "What is the group to be called? Type a name, or no.";
/// See [`WHERE`].
pub const TONES: &str = "Which tones do you want to send? Type digits, * or #; no when you are done.";

/// What to note about a call.
pub fn note(who: &str, before: &str) -> String {
    if before.is_empty() {
        format!("What do you want to note about {who}? Type it, or no.")
    } else {
        format!("The note about {who} is: {before} Type another, a dash to take it away, or no.")
    }
}

/// Which presence; which parked call; with whom to share; which device.
pub const WHICH_PRESENCE: &str = "What are others to see of you? Type a number, or no:";
/// See [`WHICH_PRESENCE`].
pub const WHICH_PICKED_UP: &str = "Which call do you want to pick up? Type a number, or no:";
/// See [`WHICH_PRESENCE`].
pub const SHARE_WITH: &str = "With whom do you want to share it? Type one or more numbers, or no:";
/// See [`WHICH_PRESENCE`].
pub const WHICH_DEVICE: &str = "Which device do you want to use? Type a number, or no:";

/// There are no devices to choose from yet.
pub const DEVICES_COME: &str = "The sound devices are being looked for.";

/// The call records are not here yet.
pub const CALLS_COME: &str = "Your calls are still being loaded.";

/// The answers to a question.
pub const YES_OR_NO: &str = "Type yes or no.";

/// What a group is shared by.
pub fn share(title: &str, link: &str, code: &str) -> String {
    format!("{title}: the link is {link} and the code is {code}. Type copy link, or share with.")
}

/// A list that is empty.
pub fn empty(what: &str) -> String {
    format!("There are no {what}.")
}

/// Above a list: how many there are, and what a number does.
pub fn list(count: usize, what: &str, numbers: bool) -> String {
    let select = if numbers { " A number selects one, call and a number calls it." } else { "" };
    let (first, rest) = what.split_at(1);
    format!("{}{rest}: {count}.{select}", first.to_uppercase())
}

/// A row of a list.
pub fn row(number: usize, text: &str) -> String {
    format!("{number}: {text}.")
}

/// The help of a word.
pub fn word(words: &[&str], argument: &str, help: &str) -> String {
    let argument = if argument.is_empty() { String::new() } else { format!(" {argument}") };
    format!("{}{argument}: {help}.", words.join(" or "))
}

/// The help of the words that plain mode has alone.
pub const OWN_WORDS: [(&str, &str); 2] = [
    ("where", "Tell how every call stands, what is parked, and how you are seen"),
    ("help", "List the words; with a word behind it, explain that one"),
];

/// The help of words that do something else here than a key on the screen.
pub fn help_instead(name: &str) -> Option<&'static str> {
    Some(match name {
        "hang-up" => "Hang up",
        "friends" => "List your friends",
        "groups" => "List your groups, with who is in them now",
        "people" => "List the people of the group call",
        "history" => "List the calls you made and got, missed ones included",
        "events" => "List what happened",
        "devices" => "List the sound devices, to choose one",
        "accept" => "Call the friend or record selected, join the group; do what waits at once",
        "back" => "Hang up on who is asked, and return to the caller",
        _ => return None,
    })
}

/// Above the words.
pub fn help(now: &[&str]) -> String {
    if now.is_empty() {
        "The words; help and a word explains it:".to_owned()
    } else {
        format!("What you may want now: {}. All the words; help and a word explains it:", now.join(", "))
    }
}

/// A group to join is filled in.
pub const JOIN: &str = "Do you want to join";

/// The choice of ringing where calls are played.
pub const WHERE_CALLS_ARE: &str = "where calls are";

/// The choice of the system's default device.
pub const SYSTEMS_DEFAULT: &str = "the system's default";

/// Behind the device that is in use.
pub const CHOSEN_NOW: &str = ", chosen now";
