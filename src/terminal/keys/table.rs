//! The rows of the table.

use super::Context;
use Context::{Confirm, Consult, Keypad, Ladder, List, Marks, Panel, Text};

/// Something a person can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is explained by the help text of its row")]
pub enum Action {
    Answer,
    Decline,
    HangUp,
    Mute,
    Hold,
    Pick,
    Swap,
    Transfer,
    Consult,
    Complete,
    Merge,
    Park,
    PickUp,
    Direct,
    Keypad,
    Dial,
    Redial,
    Join,
    StartGroup,
    CreateGroup,
    Share,
    CopyLink,
    ShareWith,
    Mark,
    JoinShared,
    Later,
    Invite,
    EndForAll,
    Accept,
    AddFriend,
    Requests,
    AcceptFriend,
    DeclineFriend,
    WithdrawFriend,
    Block,
    Unblock,
    DisplayName,
    Favour,
    Remove,
    Undo,
    Note,
    Export,
    Filter,
    Friends,
    Groups,
    People,
    History,
    Events,
    Devices,
    Quality,
    Microphone,
    Speaker,
    Ringer,
    Profile,
    Echo,
    Noise,
    Gain,
    MicrophoneVolume,
    SpeakerVolume,
    RingVolume,
    PushToTalk,
    More,
    Less,
    Presence,
    Accounts,
    Forward,
    Except,
    LetPickUp,
    Clear,
    Next,
    Previous,
    PageDown,
    PageUp,
    First,
    Last,
    NextPane,
    PreviousPane,
    Back,
    Yes,
    Ladder,
    Pause,
    TimeMode,
    Evidence,
    RecordScript,
    StopRecording,
    Palette,
    Help,
    Repaint,
    Suspend,
    Quit,
}

impl Action {
    /// The row of this action.
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.action == self).expect("a test proves every action has a row")
    }
}

/// A row of the table.
#[derive(Debug)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its name in the configuration.
    pub name: &'static str,
    /// Its default keys, separated by blanks.
    pub keys: &'static str,
    /// Where it can be reached by key.
    pub contexts: &'static [Context],
    /// The word in the hint bar; empty for what needs no hint.
    pub hint: &'static str,
    /// The palette commands that do it.
    pub words: &'static [&'static str],
    /// What the palette command takes after its word; empty for nothing.
    pub argument: &'static str,
    /// What it does, for the help menu.
    pub help: &'static str,
}

const ANY: &[Context] = &Context::ALL;
const PANEL: &[Context] = &[Panel, Consult];
const CHOICE: &[Context] = &[Panel, Consult, List, Marks];
const MOVES: &[Context] = &[Panel, Consult, Text, List, Marks, Ladder];
const ENDS: &[Context] = &[Panel, Consult, List, Marks, Ladder];

macro_rules! table {
    ($($action:ident $name:literal keys $keys:literal in $contexts:expr; hint $hint:literal; words [$($word:literal),+] $argument:literal; $help:literal.)*) => {
        /// Every action, in the order of the help menu.
        pub const TABLE: &[Row] = &[$(Row {
            action: Action::$action, name: $name, keys: $keys, contexts: $contexts, hint: $hint,
            words: &[$($word),+], argument: $argument, help: $help,
        }),*];
    };
}

table! {
    Answer "answer" keys "a F3" in ANY; hint "answer"; words ["answer"] ""; "Answer the call that rings: the one picked, or the oldest; a talk is held meanwhile".
    Decline "decline" keys "r F5" in ANY; hint "decline"; words ["decline"] ""; "Decline the call that rings: the one picked, or the oldest".
    HangUp "hang-up" keys "b F4" in ANY; hint "hang up"; words ["hangup"] ""; "Hang up: the letter twice within a second, the function key once".
    Mute "mute" keys "m Space F6" in ANY; hint "mute"; words ["mute", "unmute", "talk"] ""; "Turn your microphone off, or on again".
    Hold "hold" keys "x F7" in ANY; hint "hold"; words ["hold", "resume"] ""; "Hold the call, or resume it; another one that is heard is held then".
    Pick "pick" keys "1 2 3 4 5 6 7 8 9" in PANEL; hint ""; words ["pick"] "ROW"; "Pick the call of this row: a held one is resumed; a ringing one is never answered by it".
    Swap "swap" keys "X" in PANEL; hint "swap"; words ["swap"] ""; "Talk to the other of the two latest calls; this one is held".
    Transfer "transfer" keys "t" in PANEL; hint "transfer"; words ["transfer"] "[NAME]"; "Hand the other side on to somebody else, without asking them first".
    Consult "consult" keys "T" in PANEL; hint "ask first"; words ["consult"] "[NAME]"; "Ask somebody first, while the call waits; then hand it on, or talk all together".
    Complete "complete" keys "Enter" in &[Consult]; hint "hand on"; words ["complete"] "[ROW]"; "Hand the waiting call on to the one you ask; or call ROW to the one you talk to".
    Merge "merge" keys "J" in &[Consult]; hint "join all three"; words ["merge"] "[ROW]"; "Bring two calls together: the people of the other, or of ROW, come into this one".
    Park "park" keys "p" in PANEL; hint "park"; words ["park"] "[SLOT]"; "Park the call in a numbered slot, where anybody picks it up".
    PickUp "pick-up" keys "U" in PANEL; hint "pick up"; words ["pick-up", "pick up"] "[WHAT]"; "Pick up a parked call (of slot WHAT), or what rings at a friend (called WHAT)".
    Direct "direct" keys "Alt-1 Alt-2 Alt-3 Alt-4 Alt-5 Alt-6 Alt-7 Alt-8 Alt-9" in PANEL; hint ""; words ["direct"] "N"; "Favourite N: pick up what rings there, or hand the call on to them, or call them".
    Keypad "keypad" keys "k F8" in &[Panel, Consult, Keypad]; hint "keypad"; words ["keypad", "dtmf"] "[TONES]"; "Open the keypad: digits become DTMF tones".
    Dial "dial" keys "d F2" in PANEL; hint "dial"; words ["call", "dial"] "[NAME]"; "Call somebody by name or identity; with the number of a row, pick that call".
    Redial "redial" keys "R" in PANEL; hint "call again"; words ["redial"] ""; "Call again whom you called last, or join that group again".
    Join "join" keys "J" in &[Panel]; hint "join group"; words ["join"] "[PLACE]"; "Join a group: its name, code, ID or link, typed or pasted".
    StartGroup "start-group" keys "n" in PANEL; hint "new group"; words ["start group"] "[NAME]"; "Start a group call, with a name that is kept or without one".
    CreateGroup "create-group" keys "C" in PANEL; hint ""; words ["create group"] "[NAME]"; "Make a group with a name, without calling it yet".
    Share "share" keys "s" in PANEL; hint "share"; words ["share"] "[GROUP]"; "Show the link, code and QR of the group: the call's, or the one selected".
    CopyLink "copy-link" keys "y" in &[Panel, Consult, List]; hint "copy link"; words ["copy link"] ""; "Copy the group's link: the card's, the call's, or the one selected".
    ShareWith "share-with" keys "w" in &[Panel, Consult, List]; hint "share with friends"; words ["share with"] ""; "Share the group with friends: they see it at once".
    JoinShared "join-shared" keys "j F9" in ANY; hint "join"; words ["join shared"] ""; "Join the group that somebody shares with you now".
    Later "later" keys "l" in ANY; hint "later"; words ["later"] ""; "Put away what somebody shares with you; it stays among your groups".
    Invite "invite" keys "i" in PANEL; hint "invite"; words ["invite"] "[NAME]"; "Ring one more person into the call; a direct call becomes a group call".
    EndForAll "end-for-all" keys "B" in PANEL; hint ""; words ["end for all"] ""; "End the group call for everybody, if you started it; asks first".
    Accept "accept" keys "Enter" in &[Panel, Text, List, Marks, Ladder]; hint "call"; words ["accept"] ""; "Call the friend or record selected, join the group; take what a list or a text offers".
    AddFriend "add-friend" keys "f" in PANEL; hint "add friend"; words ["add friend"] "[NAME]"; "Put somebody on your friend list".
    Requests "requests" keys "A" in PANEL; hint "who asks"; words ["requests"] ""; "Show who asks to be your friend, whom you asked, and whom you block".
    AcceptFriend "accept-friend" keys "" in PANEL; hint ""; words ["accept friend"] "[NAME]"; "Accept a friend request: each of you is a friend of the other".
    DeclineFriend "decline-friend" keys "" in PANEL; hint ""; words ["decline friend"] "[NAME]"; "Decline a friend request; who asked is not told".
    WithdrawFriend "withdraw-friend" keys "" in PANEL; hint ""; words ["withdraw friend"] "[NAME]"; "Withdraw a friend request of yours".
    Block "block" keys "K" in PANEL; hint ""; words ["block"] "[NAME]"; "Block who rings, or who is selected: to them you are offline, and they are not told".
    Unblock "unblock" keys "" in PANEL; hint ""; words ["unblock"] "[NAME]"; "Block somebody no more".
    DisplayName "display-name" keys "" in PANEL; hint ""; words ["display name"] "[NAME]"; "Show yourself to others under another name".
    Favour "favourite" keys "*" in PANEL; hint ""; words ["favourite"] "[NAME] [N]"; "Give the selected friend a number, 1 to 9, or take it away: see the keys of `direct`".
    Remove "remove-friend" keys "Delete -" in PANEL; hint ""; words ["remove friend", "remove group"] ""; "Take the selected friend or group off your list".
    Undo "undo" keys "u" in PANEL; hint "undo"; words ["undo"] ""; "Take back a transfer, a park, a merge or the removal of a friend, for three seconds".
    Note "note" keys "N" in PANEL; hint "note"; words ["note"] "[TEXT]"; "Note something about the call, or the record selected: shown when that person rings again".
    Export "export" keys "" in PANEL; hint ""; words ["export"] "FILE.csv"; "Write the calls listed into a new file, for a spreadsheet".
    Filter "filter" keys "/" in &[Panel, Consult, Ladder]; hint "filter"; words ["filter"] "[TEXT]"; "Show only the friends, calls, or people of the group call that hold a text".
    Friends "friends" keys "F" in PANEL; hint ""; words ["friends"] ""; "Go to the friends".
    Groups "groups" keys "G" in PANEL; hint ""; words ["groups"] ""; "Go to your groups, with who is in them now".
    People "people" keys "P" in PANEL; hint ""; words ["people"] ""; "Go to the people of the group call".
    History "history" keys "H" in PANEL; hint "history"; words ["history"] ""; "Go to the calls you made and got, missed ones included".
    Events "events" keys "E" in PANEL; hint ""; words ["events"] ""; "Go to the list of what happened".
    Devices "devices" keys "D" in PANEL; hint "sound"; words ["sound", "devices"] ""; "Sound: microphone, speaker, ringer, volumes, profile, processing".
    Quality "quality" keys "Q" in PANEL; hint "quality"; words ["quality"] ""; "Show how well you hear each of the others, and they you".
    Microphone "microphone" keys "" in PANEL; hint ""; words ["mic"] "SOURCE"; "Take sound from: default, tone, silence, FILE.wav, device:NAME".
    Speaker "speaker" keys "" in PANEL; hint ""; words ["speaker"] "SINK"; "Play calls on: default, none, FILE.wav, device:NAME".
    Ringer "ringer" keys "" in PANEL; hint ""; words ["ringer"] "SINK"; "Ring on: same (as calls), default, none, device:NAME".
    Profile "profile" keys "" in PANEL; hint ""; words ["profile"] "[WHICH]"; "standard, headset, low-latency, music, low-bandwidth".
    Echo "echo" keys "" in PANEL; hint ""; words ["echo"] "[HOW]"; "Cancel the speaker's echo: on, off, auto".
    Noise "noise" keys "" in PANEL; hint ""; words ["noise"] "[HOW]"; "Suppress noise: off, standard, strong, auto".
    Gain "gain" keys "" in PANEL; hint ""; words ["gain"] "[HOW]"; "Bring speech to an even level: on, off, auto".
    MicrophoneVolume "mic-volume" keys "" in PANEL; hint ""; words ["mic-volume"] "[DB]"; "Turn the microphone up or down: +3, -3, 0".
    SpeakerVolume "speaker-volume" keys "" in PANEL; hint ""; words ["speaker-volume"] "[DB]"; "Turn the speaker up or down: +3, -3, 0".
    RingVolume "ring-volume" keys "" in PANEL; hint ""; words ["ring-volume"] "[DB]"; "Turn ringing up or down: +3, -3, 0".
    PushToTalk "push-to-talk" keys "" in PANEL; hint ""; words ["push-to-talk"] "[HOW]"; "Calls are muted but while you hold the key that mutes: on, off".
    More "more" keys "Right +" in &[List]; hint "next"; words ["more"] ""; "In a list of settings: turn up, or take the next value".
    Less "less" keys "Left -" in &[List]; hint "previous"; words ["less"] ""; "In a list of settings: turn down, or take the value before".
    Forward "forward" keys "O" in PANEL; hint ""; words ["forward"] "[WHEN WHO]"; "Where your calls go: always, busy, no-answer, dnd; then a name, or off".
    Except "except" keys "" in PANEL; hint ""; words ["except"] "[NAME]"; "Let somebody ring in spite of do not disturb; NAME off: no more".
    LetPickUp "let-pick-up" keys "" in PANEL; hint ""; words ["let pick up"] "[WHO]"; "Who may pick up what rings at you: nobody, friends, everybody".
    Clear "clear" keys "Delete Backspace" in &[List]; hint "take away"; words ["clear"] ""; "In a list of rules, requests or blocked people: take the row selected away".
    Presence "presence" keys "o" in PANEL; hint ""; words ["presence", "online", "away", "dnd"] ""; "Choose what others see of you: online, away, do not disturb".
    Accounts "accounts" keys "S" in PANEL; hint ""; words ["accounts", "use"] "[NAME]"; "Go on as another saved sign-in, add one, or sign out of one".
    Next "next" keys "Down" in MOVES; hint ""; words ["next"] ""; "Select the next row".
    Previous "previous" keys "Up" in MOVES; hint ""; words ["previous"] ""; "Select the row before".
    PageDown "page-down" keys "PageDown" in MOVES; hint ""; words ["page down"] ""; "Go ten rows on".
    PageUp "page-up" keys "PageUp" in MOVES; hint ""; words ["page up"] ""; "Go ten rows back".
    First "first" keys "Home" in ENDS; hint ""; words ["first"] ""; "Go to the first row".
    Last "last" keys "End" in ENDS; hint ""; words ["last"] ""; "Go to the last row".
    NextPane "next-pane" keys "Tab" in CHOICE; hint "next panel"; words ["next pane"] ""; "Go to the next panel".
    PreviousPane "previous-pane" keys "Shift-Tab" in CHOICE; hint ""; words ["previous pane"] ""; "Go to the panel before".
    Back "back" keys "Esc" in ANY; hint "back"; words ["back"] ""; "Close what is open; clear the filter; hang up on who is asked, and return to the caller".
    Yes "yes" keys "y" in &[Confirm]; hint "yes"; words ["yes"] ""; "Say yes to the question asked".
    Mark "mark" keys "Space" in &[Marks, Ladder]; hint "mark"; words ["mark"] ""; "Mark the selected friend or message, or take the mark away".
    Ladder "ladder" keys "g" in PANEL; hint "ladder"; words ["ladder"] ""; "Show what was sent and received, and what came of it, as a ladder".
    Pause "pause" keys "p" in &[Ladder]; hint "pause"; words ["pause"] ""; "In the ladder: stand still, or go on".
    TimeMode "time-mode" keys "w" in &[Ladder]; hint "times"; words ["time mode"] ""; "In the ladder: the time of day, since the start, since the row above".
    Evidence "evidence" keys "e" in &[Panel, Consult, Ladder]; hint "evidence"; words ["evidence"] ""; "Write an archive that proves what happened, without secrets, and say where".
    RecordScript "record-script" keys "" in PANEL; hint ""; words ["record script"] "FILE"; "Record what you do and what happens into a new file, as a script that `switchboard play` plays".
    StopRecording "stop-recording" keys "" in PANEL; hint ""; words ["record stop"] ""; "End the recording of a script".
    Palette "palette" keys ":" in &[Panel, Consult, List, Keypad]; hint "command"; words ["palette"] ""; "Type a command".
    Help "help" keys "? F1" in ANY; hint "keys"; words ["help", "keys"] ""; "Show what can be done, with its keys; type to search".
    Repaint "repaint" keys "Ctrl-l" in ANY; hint ""; words ["repaint"] ""; "Draw the whole screen anew".
    Suspend "suspend" keys "Ctrl-z" in ANY; hint ""; words ["suspend"] ""; "Stop the phone and go back to the shell; fg brings it back".
    Quit "quit" keys "q Ctrl-c" in ANY; hint "quit"; words ["quit"] ""; "Leave; in calls it asks first".
}
