//! Plain mode: what is told in lines, and what typed lines do.

use super::desk_kit::{id, over, parked, rings, with};
use super::history::noted;
use super::kit::{CALL, Desk, NOW, devices, friends, incoming, person, records, sound, summary, view};
use super::plain_kit::Line;
use crate::domain::call::{CallState, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, PickUpBy};
use crate::domain::presence::{Presence, PresenceState};
use crate::domain::record::Outcome;
use crate::phone::command::Command;
use crate::phone::event::{AudioDevice, CallView, Diagnosis, Event, Link, MediaState, SoundState};
use crate::terminal::keys::TABLE;
use crate::terminal::message::{Effect, Message};

#[test]
fn the_start_tells_who_one_is_and_what_was_missed() {
    let mut line = Line::blank(false);
    line.takes(Message::Tick(NOW));
    line.hears(Event::Me(person("alice")));
    line.hears(Event::Link(Link::Up));
    line.hears(Event::Missed(2));
    line.hears(Event::Missed(2));
    let welcome = "Switchboard, plain mode. Type help for the words, where for how things stand, quit to leave.";
    let told = [
        welcome,
        "You are signed in as Alice (alice).",
        "Connected to the service.",
        "You missed 2 calls: type history.",
    ];
    assert_eq!(line.told(), told);
}

#[test]
fn a_call_is_told_from_its_first_ring_to_its_end_one_line_each() {
    let mut line = Line::ready();
    line.hears(Event::Incoming(incoming("bob")));
    line.types("answer");
    assert_eq!(line.commands(), [Command::Answer(CALL)]);
    let state = |state| Event::Call(view(state));
    line.hears(state(CallState::Connected));
    line.hears(Event::Active(Some(CALL)));
    line.hears(state(CallState::Connected));
    line.hears(Event::Levels { call: CALL, microphone: -10.0, speaker: -20.0, heard: Vec::new() });
    line.waits(5000);
    line.types("hold");
    line.hears(state(CallState::LocalHold));
    line.hears(state(CallState::Connected));
    line.hears(state(CallState::RemoteHold));
    line.hears(state(CallState::Connected));
    line.types("mute");
    line.hears(Event::Call(CallView { muted: true, ..view(CallState::Connected) }));
    line.types("mute");
    line.hears(Event::Call(CallView { muted: false, ..view(CallState::Connected) }));
    line.hears(Event::Call(CallView { media: MediaState::Lost, ..view(CallState::Connected) }));
    line.hears(Event::Call(view(CallState::Connected)));
    line.types("hangup");
    line.hears(Event::Ended(summary(EndReason::HUNG_UP, Some(200))));
    let told = [
        "Bob calls. Type answer or decline.",
        "You are connected with Bob.",
        "Bob is on hold and hears music. Type resume to go on.",
        "You talk with Bob again.",
        "Bob put you on hold. Wait, or type hangup.",
        "You talk with Bob again.",
        "Your microphone is off: Bob does not hear you. Type unmute to be heard.",
        "Your microphone is off: Bob does not hear you. Type unmute to be heard.",
        "Your microphone is on: Bob hears you.",
        "The sound of the call with Bob was cut, and is being brought back. Wait, or type hangup.",
        "The sound of the call with Bob is back.",
        "The call with Bob is over after 3 min 20 s. The call ended normally.",
    ];
    assert_eq!(line.told(), told);
    assert_eq!(line.commands().last(), Some(&Command::HangUp(CALL)), "once is enough");
}

#[test]
fn a_missed_call_that_never_rang_here_is_told() {
    let mut line = Line::ready();
    let mut missed = records().remove(0);
    (missed.call_id, missed.outcome) = (id(77), Outcome::Missed);
    line.hears(Event::Recorded(missed));
    line.hears(Event::Missed(1));
    assert_eq!(line.told(), ["Missed call from Carol."]);
}

#[test]
fn who_rings_comes_with_the_note_about_them() {
    let mut line = Line::ready();
    line.hears(Event::History(noted()));
    let about = line.model.history.records.iter().find(|record| record.note.is_some()).unwrap();
    let (who, note) = (about.with.person().unwrap().clone(), about.note.clone().unwrap());
    line.hears(Event::Incoming(crate::phone::event::Incoming { from: who, ..incoming("bob") }));
    assert!(line.told()[0].ends_with(&format!("Your note: {}", note.as_str())));
}

#[test]
fn what_is_wrong_is_told_once_and_when_it_is_over() {
    let mut line = Line::talking();
    let wrong = |diagnoses: &[Diagnosis]| Event::Diagnoses { call: id(1), diagnoses: diagnoses.to_vec() };
    for now in [&[Diagnosis::NetworkPoor][..], &[Diagnosis::NetworkPoor], &[], &[Diagnosis::NetworkPoor], &[]] {
        line.hears(wrong(now));
    }
    let told = line.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("The network loses"), "{told:?}");
    assert_eq!(told[1], "No longer: poor network.");
}

#[test]
fn somebody_called_like_a_word_is_meant_where_a_name_is_asked_for() {
    let mut line = Line::talking();
    let mut named = friends();
    named.push(super::kit::friend("echo", PresenceState::Online));
    named.push(super::kit::friend("answer", PresenceState::Online));
    line.hears(Event::Friends(named));
    line.types("consult");
    line.types("echo");
    assert_eq!(line.commands(), [Command::Consult { call: id(1), to: "8:acs:demo_echo".to_owned() }]);
    line.types("consult");
    line.hears(Event::Incoming(rings(2, "carol")));
    line.types("answer");
    assert_eq!(line.commands(), [Command::Answer(id(2))], "who rings does not wait for a question");
}

#[test]
fn a_name_that_could_be_several_is_asked_again() {
    let mut line = Line::talking();
    line.types("consult");
    line.told();
    // Frank and Grace.
    line.types("ra");
    let told = line.told();
    assert_eq!(told.len(), 3, "{told:?}");
    line.types("frank");
    assert_eq!(line.commands(), [Command::Consult { call: id(1), to: "8:acs:demo_frank".to_owned() }]);
}

#[test]
fn where_tells_how_everything_stands() {
    let mut line = Line::ready();
    line.types("where");
    assert_eq!(line.told(), ["There is no call now.", "You: Alice, online, connected to the service."]);
    line.hears(Event::Call(CallView { muted: true, ..with(1, "bob", CallState::Connected) }));
    line.hears(Event::Active(Some(id(1))));
    line.hears(Event::Incoming(rings(2, "carol")));
    line.hears(Event::ParkedCalls(vec![parked(4, "dave", "erin", 65)]));
    line.told();
    line.types("WHERE");
    let told = line.told();
    assert_eq!(told[0], "Call 1: Bob, talking, 4 min 31 s, your microphone is off, active.");
    assert_eq!(told[1], "Call 2: Carol calls, for 7 s.");
    assert_eq!(told[2], "Slot 4: Dave, parked by Erin, waiting for 1 min 05 s.");
}

#[test]
fn lists_have_numbers_that_choose() {
    let mut line = Line::ready();
    line.types("friends");
    let told = line.told();
    assert_eq!(told[0], "Friends: 6. A number selects one, call and a number calls it.");
    assert_eq!(told[1], "1: Bob, online.");
    line.types("2");
    assert_eq!(line.told(), ["Carol is selected. Type accept to call, note, or remove friend."]);
    line.types("call 1");
    let call = Command::Call { to: "8:acs:demo_bob".to_owned(), ring_for: None };
    assert_eq!(line.commands(), [call]);
    line.told();
    line.types("9");
    assert_eq!(line.told(), ["The list has no number 9."]);
    line.types("history");
    assert_eq!(line.told()[1], "1: 13:50, from Carol, missed.");
    line.types("filter bob");
    let told = line.told();
    assert_eq!((told.len(), told[0].as_str()), (2, "Calls: 1. A number selects one, call and a number calls it."));
    line.types("events");
    assert!(line.told().iter().any(|line| line.ends_with("Connected to the service.")));
}

#[test]
fn calls_are_not_said_to_be_none_before_they_are_loaded() {
    let mut line = Line::blank(false);
    line.hears(Event::Me(person("alice")));
    line.told();
    line.types("history");
    assert_eq!(line.told(), ["Your calls are still being loaded."]);
    line.hears(Event::History(Vec::new()));
    line.types("history");
    assert_eq!(line.told(), ["There are no calls."]);
}

#[test]
fn words_that_are_none_get_the_nearest() {
    let mut line = Line::ready();
    for (typed, told) in [
        ("hol", "There is no command hol. Did you mean hold?"),
        ("unmte", "There is no command unmte. Did you mean unmute?"),
        ("xyzzy", "There is no command xyzzy. Type help for the words."),
        ("yes", "Nothing is asked now."),
        ("back", "Nothing is asked now."),
        ("ladder", "That is shown on the screen only, without --plain."),
    ] {
        line.types(typed);
        assert_eq!(line.told(), [told]);
    }
    line.types("");
    line.types("   ");
    assert_eq!(line.told(), [""; 0], "an empty line repeats nothing");
}

#[test]
fn leaving_in_a_call_is_asked_about_and_the_end_of_input_asks_nothing() {
    let mut line = Line::talking();
    line.types("quit");
    assert_eq!(line.told(), ["Leaving hangs up the call. Type yes or no."]);
    line.types("maybe");
    assert_eq!(line.told(), ["Leaving hangs up the call. Type yes or no."]);
    line.types("no");
    assert_eq!(line.told(), ["Not done."]);
    assert!(!line.quit);
    line.types("quit");
    line.types("yes");
    assert!(line.quit);
    let mut line = Line::talking();
    line.types("quit");
    line.types("quit");
    assert!(line.quit, "said twice it is meant");
    let mut line = Line::talking();
    line.takes(Message::InputEnded);
    assert!(line.quit);
    let mut line = Line::ready();
    line.types("quit");
    assert!(line.quit);
}

#[test]
fn a_command_puts_a_question_away_and_an_end_withdraws_it() {
    let mut line = Line::talking();
    line.types("transfer");
    line.types("mute");
    assert_eq!(line.commands(), [Command::Mute { call: id(1), on: true }]);
    assert!(line.model.popup.is_none());
    line.types("consult");
    line.told();
    line.hears(Event::Ended(over(1, "bob", EndReason::HUNG_UP)));
    let told = line.told();
    assert_eq!(told.last().unwrap(), "That is asked no more.");
    line.types("1");
    assert_eq!(line.commands(), [], "no answer to a question that is gone");
}

#[test]
fn devices_are_listed_once_they_are_known_and_chosen_by_number() {
    let mut line = Line::ready();
    line.types("devices");
    assert_eq!(line.told(), ["The sound devices are being looked for."]);
    line.hears(Event::Devices(devices()));
    let told = line.told();
    assert_eq!(told[0], "Which device do you want to use? Type a number, or no:");
    assert_eq!(told[1], "1: microphone the system's default, chosen now.");
    assert_eq!(told[2], "2: microphone USB Mic.");
    line.commands();
    line.types("2");
    assert_eq!(line.commands().len(), 1);
    assert_eq!(line.told(), ["It is chosen."]);
    line.types("speaker-volume -3");
    line.hears(Event::Sound(SoundState { speaker_db: -3, ..sound() }));
    assert_eq!(line.commands(), [Command::SetVolume { device: AudioDevice::Speaker, db: -3 }]);
    assert_eq!(line.told(), ["The volume of the speaker is -3 dB now."]);
}

#[test]
fn presence_is_told_when_it_is_chosen_and_not_when_a_call_changes_it() {
    let mut line = Line::ready();
    line.types("dnd");
    for state in [PresenceState::InCall, PresenceState::Online, PresenceState::DoNotDisturb] {
        line.hears(Event::MyPresence(Presence::now(state)));
    }
    assert_eq!(line.told(), ["Others see you as do not disturb now."]);
}

#[test]
fn help_has_every_word_that_is_typed_and_explains_one() {
    let mut line = Line::ready();
    line.types("help");
    let all = line.told().join("\n");
    for word in ["where", "call or dial", "transfer [NAME]", "push-to-talk", "quit"] {
        assert!(all.lines().any(|line| line.starts_with(word)), "{word}\n{all}");
    }
    assert!(!all.contains("letter") && !all.contains("ladder"), "{all}");
    line.types("help hangup");
    assert_eq!(line.told(), ["hangup: Hang up."]);
    line.types("help pik");
    assert_eq!(line.told().len(), 1);
}

#[test]
fn push_to_talk_goes_by_words_and_ends_by_itself() {
    let mut line = Line::ready_with(true);
    line.hears(Event::Call(with(1, "bob", CallState::Connected)));
    line.hears(Event::Active(Some(id(1))));
    let muted = |muted| Event::Call(CallView { muted, ..with(1, "bob", CallState::Connected) });
    line.hears(muted(true));
    assert_eq!(line.told().last().unwrap(), "You are muted: Bob does not hear you. Type talk to talk.");
    line.types("talk");
    line.hears(muted(false));
    let mute = |on| Command::Mute { call: id(1), on };
    assert_eq!(line.commands(), [mute(true), mute(false)]);
    let talks = "You talk: Bob hears you, for 1 min 00 s at the longest. Type mute when you are done.";
    assert_eq!(line.told(), [talks]);
    line.waits(50_000);
    assert_eq!(line.told(), ["You are muted in 10 s: type talk twice to talk on."]);
    line.waits(10_000);
    assert_eq!(line.told(), ["You are muted after 60 s: type talk to talk on."]);
    assert_eq!(line.commands(), [mute(true)]);
}

#[test]
fn every_word_of_the_table_is_told_in_printable_lines_without_boxes() {
    for start in [Line::ready, Line::talking] {
        for word in TABLE.iter().flat_map(|row| row.words) {
            let mut line = start();
            line.types(word);
            line.hears(Event::Devices(devices()));
            line.types("1");
            line.types("where");
            for told in line.told() {
                let odd = told.chars().find(|c| c.is_control() || ('\u{2500}'..'\u{2600}').contains(c));
                assert!(odd.is_none() && !told.is_empty(), "{word}: {told:?}");
            }
        }
    }
}

#[test]
fn what_others_are_called_steers_nothing() {
    let mut line = Line::ready();
    let mut from = person("bob");
    from.display_name = "Bob\x1b[2J\nquit\r\u{202e}x".into();
    let mut call = with(1, "bob", CallState::Connected);
    call.with = Peer::Person(from.clone());
    line.hears(Event::Incoming(crate::phone::event::Incoming { from, ..incoming("bob") }));
    line.hears(Event::Call(call));
    line.types("\x1b]0;x\x07where");
    assert!(line.told().iter().all(|line| line.chars().all(|c| !c.is_control())));
}

#[test]
fn the_screen_tells_nothing_in_lines() {
    let mut desk = Desk::talking();
    desk.presses("F2");
    assert!(desk.effects.iter().all(|effect| !matches!(effect, Effect::Tell(_))));
}

#[test]
fn every_line_is_answered_whatever_it_changes() {
    let mut line = Line::talking();
    line.types("resume");
    assert_eq!(line.told(), ["That changes nothing now."]);
    line.types("1");
    assert_eq!(line.told(), ["That changes nothing now."], "it is heard already");
    line.types("dtmf 12#");
    assert_eq!(line.told(), ["Tones sent: 12#."]);
    line.types("note wants a refund");
    assert_eq!(line.told(), ["It is noted."]);
    line.types("speaker none");
    assert_eq!(line.told(), ["It is chosen."]);
    line.types("echo");
    let told = line.told();
    assert!(told[0].starts_with("Echo cancellation is ") && told[1].starts_with("echo [HOW]: "), "{told:?}");
    line.types("profile");
    assert!(line.told()[0].starts_with("The profile is "));
    line.hears(Event::Incoming(rings(2, "carol")));
    line.hears(Event::Incoming(rings(3, "dave")));
    line.told();
    line.types("3");
    assert_eq!(line.told(), ["Answer and decline mean the call of Dave now."]);
    line.types("clear");
    assert_eq!(line.told(), ["That is shown on the screen only, without --plain."]);
}

#[test]
fn rules_are_told_when_they_change_and_only_then() {
    let mut line = Line::ready();
    let mut rules = AccountRules::default();
    rules.rules.except = vec![person("frank").identity];
    rules.people = vec![person("frank"), person("carol")];
    line.hears(Event::Rules(rules.clone()));
    assert_eq!(line.told(), [""; 0], "what was so before is listed by `forward`");
    line.types("forward always");
    line.told();
    line.types("carol");
    assert_eq!(line.commands().len(), 1);
    assert_eq!(line.told(), [""; 0], "nothing of how it was");
    rules.rules.no_answer = Some(person("carol").identity);
    rules.rules.after_seconds = 15.try_into().unwrap();
    line.hears(Event::Rules(rules.clone()));
    assert_eq!(line.told(), ["Calls that nobody answers within 15 s go to Carol now."]);
    rules.rules.after_seconds = 20.try_into().unwrap();
    rules.rules.except = vec![person("carol").identity];
    rules.rules.pick_up = PickUpBy::Everybody;
    line.hears(Event::Rules(rules));
    let told = [
        "Everybody may pick up calls that ring here.",
        "Frank does not ring any more while you do not want to be disturbed.",
        "Carol rings though you do not want to be disturbed.",
        "Calls that nobody answers within 20 s go to Carol now.",
    ];
    assert_eq!(line.told(), told);
    line.types("forward no-answer carol 500s");
    assert_eq!(line.commands(), []);
    assert!(line.told()[0].contains("5 to 120"), "the time is wrong, not the name");
}

#[test]
fn a_list_of_friends_has_their_numbers_as_favourites() {
    let mut line = Line::ready();
    let mut list = friends();
    list[0].favourite = 3.try_into().ok();
    line.hears(Event::Friends(list));
    line.types("friends");
    assert!(line.told().iter().any(|line| line.ends_with(", favourite 3.")));
}
