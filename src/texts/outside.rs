//! What the running phone says to other programs that steer and follow it, and words for status lines.

use crate::domain::text::printable;

/// There is no call.
pub const NO_CALL: &str = "There is no call now.";

/// There are calls, and none is the active one.
pub const WHICH_CALL: &str =
    "Several calls are there and none is active: say which with --call; `switchboard ctl status` numbers them.";

/// There is nothing to answer or decline.
pub const NOTHING_RINGS: &str = "Nothing rings now.";

/// The call was not answered yet.
pub const NOT_CONNECTED: &str = "That works once the call is connected.";

/// The call takes no tones.
pub const NO_TONES: &str = "Tones can be sent once the call is connected, and not while it is held.";

/// There is no other call that is connected.
pub const NO_OTHER_CALL: &str = "That takes two calls that are connected.";

/// Two group calls can't be merged.
pub const TWO_GROUPS: &str = "Two group calls can't be merged.";

/// There is no call to ask somebody first.
pub const NO_CONSULTATION: &str = "There is nothing to complete: `switchboard ctl consult NAME` asks somebody first.";

/// A name is missing.
pub const SAY_WHOM: &str = "Say whom: a friend's name, a user name or an identity.";

/// A link was given for somebody to call.
pub const LINK_IS_JOINED: &str = "A link to a group is joined: use `switchboard ctl join`.";

/// The phone shows no links.
pub const NO_SCREEN: &str = "This phone has no screen to show a link on.";

/// The phone's queue of commands is full, or too much waits to be done.
pub const BUSY: &str = "The phone is busy: that was not done. Try again.";

/// It did not happen in time.
pub const TIMED_OUT: &str =
    "The phone was told, and it did not happen in time; `switchboard ctl status` says how it stands.";

/// Lists of people come with the connection.
pub const NOT_KNOWN_YET: &str = "That is known once the phone is connected to the service.";

/// The phone ends.
pub const PHONE_ENDS: &str = "The phone has ended.";

/// Somebody else's phone.
pub const OTHER_USER: &str = "This phone belongs to another user of this machine.";

/// Too many programs follow the phone.
pub const TOO_MANY: &str = "Too many programs steer this phone at once. End one of them.";

/// What is picked up is in a slot, or rings at somebody.
pub const SLOT_OR_WHOM: &str = "Say the slot, or at whom it rings: one of the two.";

/// Calls are forwarded in a case.
pub const SAY_WHEN: &str = "Say when calls are to go there: always, busy, no_answer or do_not_disturb.";

/// A line that is too long.
pub const LONG_LINE: &str = "That line is too long.";

/// Words of a status line: no call; no connection.
pub const IDLE: &str = "idle";
/// There is no connection to the service.
pub const OFFLINE: &str = "offline";
/// Somebody calls.
pub const RINGING: &str = "ringing";
/// Somebody is called.
pub const CALLING: &str = "calling";
/// They talk.
pub const CONNECTED: &str = "connected";
/// This phone holds the call.
pub const HELD: &str = "held";
/// The other side holds it.
pub const HELD_BY_THEM: &str = "held-by-them";
/// It is being hung up.
pub const ENDING: &str = "ending";
/// The microphone is off.
pub const MUTED: &str = "muted";
/// The microphone is on.
pub const LIVE: &str = "live";

/// No call has this number or ID.
pub fn no_such_call(which: &str) -> String {
    format!("There is no call {}; `switchboard ctl status` lists those there are.", printable(which, 40))
}

/// Several calls have an ID that begins so, or it is too short to tell.
pub fn unclear_call(which: &str) -> String {
    format!("{} is not enough of an ID: give the number, or more of it.", printable(which, 40))
}

/// Too many tones at once, or none.
pub fn how_many_tones(most: usize) -> String {
    format!("Send 1 to {most} tones at once: 0-9, *, #, A-D.")
}

/// What was asked can't be read.
pub fn not_understood(why: &str) -> String {
    format!("That is nothing this phone understands: {}.", printable(why, 200))
}

/// Another version of the lines is spoken.
pub fn other_version(theirs: u8, ours: u8) -> String {
    format!("This phone speaks version {ours} of its socket, and not {theirs}: update the older of the two.")
}

/// A hook could not be run, failed, or took too long.
pub fn hook_failed(hook: &str, program: &str, why: &str) -> String {
    let (program, why) = (printable(program, 120), printable(why, 120));
    format!("hooks.{hook} ({program}): {why}. It is tried again next time; further failures are in the log.")
}

/// A hook was not run, for too many run already.
pub fn hook_skipped(most: usize) -> String {
    format!("it was skipped: {most} hooks run already")
}

/// A hook was ended.
pub fn hook_too_long(seconds: u64) -> String {
    format!("it took longer than {seconds} s, and was ended")
}

/// Nobody can be reached by a phone number.
pub fn no_numbers(number: &str) -> String {
    let number = printable(number, 40);
    format!("Nobody on your list is called {number}, and phone numbers can't be called yet. Choose somebody, or Esc.")
}

/// A link was opened while something is being typed.
pub fn link_waits(key: &str) -> String {
    format!("A link was opened: it is shown once you close what is open ({key}).")
}

/// The phone's socket could not be opened.
pub fn not_steered(why: &str) -> String {
    format!("Other programs can't steer this phone: {}. Calls are not affected.", printable(why, 200))
}

/// What a phone does that is in no call, while a script waits.
pub const NO_CALL_INSTEAD: &str = "no call";

/// The same, without a connection.
pub const NO_LINK_INSTEAD: &str = "no call, and no connection to the service";

/// A call, in a list of those there are.
pub fn a_call(who: &str, state: &str) -> String {
    format!("{} ({state})", printable(who, 40))
}

/// What a script waited for did not happen.
pub fn not_met(what: &str, seconds: f64, instead: &str) -> String {
    format!("Waited for `{what}` for {seconds} s; there was: {instead}.")
}

/// A script that is recorded takes nothing more.
pub const NOT_RECORDED: &str = "The script is not recorded any more: its file is full, or can't be written.";

/// A command of standard input would make another call.
pub const ONE_CALL: &str = "This phone is for one call: `switchboard play` plays scripts with several.";

/// There is nothing to hold an expectation against.
pub const NO_CALL_ENDED: &str = "Expectations are of the call that ended last, and none has ended yet.";
