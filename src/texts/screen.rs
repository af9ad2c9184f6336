//! Sentences of the screen. Where one names a key, it is handed that key: the key table is the only place that knows it.

use crate::domain::call::CallState;

/// There is no call that could be muted, held or hung up.
pub const NO_CALL: &str = "There is no call now.";

/// There is nothing to answer or decline.
pub const NOTHING_RINGS: &str = "Nothing rings now.";

/// A call has to be answered before it can be held.
pub const HOLD_LATER: &str = "A call can be held once it is answered.";

/// A call has to be answered before it takes tones.
pub const TONES_LATER: &str = "Tones can be sent once the call is answered.";

/// Nobody was called yet.
pub const NO_LAST_CALL: &str = "You called nobody yet who could be called again.";

/// The phone's queue of commands is full.
pub const PHONE_BUSY: &str = "The phone is busy: that was not done. Try again.";

/// The link came up.
pub const LINKED: &str = "connected to the service";

/// The link is being made.
pub const LINKING: &str = "Connecting to the service.";

/// The link is lost while a call runs.
pub const CALL_GOES_ON: &str = "The call goes on";

/// Leaving during a call.
pub const LEAVING_HANGS_UP: &str = "Leaving hangs up the call.";

/// There is no such device, during a call.
pub const WORKS_WITHOUT: &str = "none: the call works without; choose one:";

/// A device can't be used, during a call.
pub const CANNOT_BE_USED: &str = "can't be used; choose another:";

/// The screen is too small, without and with a call.
pub const MAKE_ME_BIGGER: [&str; 2] = ["make me bigger: 40x10", "make me bigger - call still live"];

/// Nothing fits what is searched in the help.
pub const NOTHING_FITS: &str = "nothing fits";

/// The first line for somebody new, by the state of the link: up, coming, down, refused.
pub const WELCOME: [&str; 4] = [
    "You are signed in. Try this:",
    "Connecting to the service. Then try this:",
    "There is no connection to the service now. Once it is back, try this:",
    "The service refused the sign-in; the line above says what to do.",
];

/// What the entry for a person says: nothing typed yet; looking; nobody found.
pub const ENTRY: [&str; 3] =
    ["type a name, such as echo", "looking ...", "nobody found by this name; it can be tried as typed"];

/// The sound devices are being listed.
pub const LOOKING_FOR_DEVICES: &str = "looking for sound devices ...";

/// There is no microphone, or no speaker.
pub fn no_device(what: &str) -> String {
    format!("There is no {what} here. Calls work without.")
}

/// A device failed; `key` opens the choice of another.
pub fn device_failed(what: &str, why: &str, key: &str) -> String {
    format!("The {what} can't be used: {why}. Press {key} to choose another.")
}

/// Tones can't be sent into a held call.
pub fn resume_first(key: &str) -> String {
    format!("Resume the call first ({key}), then send tones.")
}

/// Nobody is selected who could be called.
pub fn nobody_selected(key: &str) -> String {
    format!("Nobody is selected. Press {key} to call somebody by name.")
}

/// The letter that hangs up was pressed once.
pub fn press_again(key: &str) -> String {
    format!("press {key} again to hang up")
}

/// A friend goes off the list soon.
pub fn taken_off(name: &str, seconds: i64, key: &str) -> String {
    format!("{name} is taken off the list in {seconds} s: {key} undoes it")
}

/// No command begins like this.
pub fn no_command(typed: &str, key: &str) -> String {
    format!("There is no command `{typed}`. {key} lists what there is.")
}

/// Signing in was refused for good.
pub fn sign_in_again(key: &str) -> String {
    format!("Leave with {key}, then run `switchboard sign-in`, or check the address of the service.")
}

/// When the link is tried again; `None` while it is being tried.
pub fn trying_again(seconds: Option<i64>) -> String {
    seconds.map_or_else(|| "trying again now".to_owned(), |seconds| format!("trying again in {seconds} s"))
}

/// Somebody calls.
pub fn calls(name: &str) -> String {
    format!("{name} calls")
}

/// A call was missed.
pub fn missed_from(name: &str) -> String {
    format!("missed call from {name}")
}

/// So many calls were missed.
pub fn missed(count: u32) -> String {
    format!("{count} missed")
}

/// What an empty friend list says: not told yet, nobody on it (`add` adds), nobody fits the filter (`clear` clears it).
pub fn no_friends(loaded: bool, empty: bool, add: &str, clear: &str) -> String {
    match (loaded, empty) {
        (false, _) => "not loaded yet".to_owned(),
        (true, true) => format!("nobody yet: press {add} to add somebody"),
        (true, false) => format!("nobody fits the filter; {clear} clears it"),
    }
}

/// The calls are written into a file that has to be named.
pub const NAME_A_FILE: &str = "Name the file the calls are written into: export calls.csv";

/// A script is recorded into a file that has to be named.
pub const NAME_A_SCRIPT: &str = "Name the file the script is recorded into: record script session.txt";

/// No script is being recorded.
pub const NO_SCRIPT: &str = "No script is being recorded.";

/// The session is recorded into this file.
pub fn script_begun(file: &str) -> String {
    format!("What you do, tones too, is recorded into {file} until `record stop`.")
}

/// The session is in this file.
pub fn script_ended(file: &str) -> String {
    format!("The script is in {file}: `switchboard play` plays it.")
}

/// The file for a script can't be made.
pub fn script_failed(file: &str, why: &str) -> String {
    format!("A script can't be recorded into {file}: {why}. Name another file.")
}

/// The calls are in the file, or could not be written there.
pub fn exported(file: &str, failed: Option<&str>) -> String {
    match failed {
        None => format!("The calls are in {file}."),
        Some(why) => format!("The calls can't be written into {file}: {why}. Name another file."),
    }
}

/// There is no call that something could be noted about; `key` goes to the calls.
pub fn nothing_to_note(key: &str) -> String {
    format!("There is no call to note something about. Press {key} and select one.")
}

/// No call holds what is searched for; `clear` ends the search.
pub fn no_call_holds(clear: &str) -> String {
    format!("no call holds this text; {clear} ends the search")
}

/// What an empty list of calls says.
pub fn no_calls(loaded: bool, dial: &str) -> String {
    if loaded { format!("no calls yet: press {dial} to call somebody") } else { "not loaded yet".to_owned() }
}

/// What a state means, said behind the other side's name. `muted` is this side, `they_muted` the other; the key
/// `resume` ends a hold.
pub fn means(state: CallState, muted: bool, they_muted: bool, resume: &str) -> String {
    match state {
        CallState::Connected => match (muted, they_muted) {
            (true, true) => "does not hear you, and is muted too",
            (true, false) => "does not hear you",
            (false, true) => "hears you, and is muted",
            (false, false) => "hears you",
        },
        CallState::LocalHold => return format!("hears music; {resume} resumes"),
        CallState::RemoteHold => "put you on hold; wait, or hang up",
        CallState::None | CallState::Connecting => "is being called",
        CallState::Ringing => "is being rung; wait for an answer",
        CallState::EarlyMedia => "has not answered yet, but there is something to hear",
        CallState::InLobby => "has to let you in",
        CallState::Disconnecting | CallState::Disconnected => "is being hung up",
    }
    .to_owned()
}

/// Said behind the other side's name while there is no microphone; `choose` opens the choice of one.
pub fn hears_nothing(they_muted: bool, choose: &str) -> String {
    let they = if they_muted { ", and is muted" } else { "" };
    format!("does not hear you{they}: there is no microphone; {choose} chooses one")
}

/// Said behind the other side's name while the sound is cut.
pub const SOUND_CUT: &str = "can't be heard: the sound was cut, and is being brought back";

/// Said behind the other side's name while their connection is lost.
pub const THEY_RECONNECT: &str = "has lost the connection; wait a moment";

/// Said behind the other side's name before the sound flows.
pub const SOUND_COMING: &str = "answered; the sound is coming up";
