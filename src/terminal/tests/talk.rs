//! Push-to-talk, in virtual time: held where the terminal tells of released keys, toggled with an end where it does not.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::desk_kit::{id, over, with};
use super::kit::{Desk, friends, records};
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::phone::command::Command;
use crate::phone::event::{CallView, Event};
use crate::terminal::message::{Effect, Message};
use crate::terminal::model::ScreenOptions;

fn mute(call: u128, on: bool) -> Command {
    Command::Mute { call: id(call), on }
}

impl Desk {
    /// Push-to-talk in a terminal that tells of released keys, or not; no call yet.
    fn pushing(releases: bool) -> Self {
        let options = ScreenOptions { push_to_talk: true, ..ScreenOptions::default() };
        let mut desk = Self::fresh_with(&options, true);
        desk.takes(Message::TellsReleases(releases));
        desk.hears(Event::Friends(friends()));
        desk.hears(Event::History(records()));
        desk.effects.clear();
        desk
    }

    /// The same, in a call with Bob that push-to-talk has muted.
    fn pushing_in_call(releases: bool) -> Self {
        let mut desk = Self::pushing(releases);
        desk.tells(with(1, "bob", CallState::Connected));
        desk.hears(Event::Active(Some(id(1))));
        assert_eq!(desk.commands(), [mute(1, true)], "a call begins muted");
        desk.is_muted(1, true);
        desk
    }

    /// The phone tells that a microphone is off now, or on.
    fn is_muted(&mut self, call: u128, muted: bool) {
        self.tells(CallView { muted, ..with(call, "bob", CallState::Connected) });
    }

    fn key(&mut self, code: KeyCode, kind: KeyEventKind) {
        let key = KeyEvent::new_with_kind(code, KeyModifiers::NONE, kind);
        self.takes(Message::Key(key));
    }

    fn space(&mut self, kind: KeyEventKind) {
        self.key(KeyCode::Char(' '), kind);
    }
}

use KeyEventKind::{Press, Release, Repeat};

#[test]
fn who_holds_the_key_talks_and_who_lets_go_is_muted_at_once() {
    let mut desk = Desk::pushing_in_call(true);
    assert!(desk.sees(132, 38).contains("muted: hold Space to talk"));
    desk.space(Press);
    assert_eq!(desk.commands(), [mute(1, false)]);
    desk.is_muted(1, false);
    for size in [(132, 38), (80, 24), (60, 20)] {
        let seen = desk.sees(size.0, size.1);
        assert!(seen.contains("TALKING while you hold Space"), "{seen}");
    }
    desk.space(Repeat);
    desk.space(Repeat);
    desk.waits(1000);
    assert_eq!(desk.commands(), [], "a key that is held is pressed once");
    desk.space(Release);
    assert_eq!(desk.commands(), [mute(1, true)]);
    desk.is_muted(1, true);
    assert!(desk.sees(132, 38).contains("MUTED"));
    desk.space(Release);
    assert_eq!(desk.commands(), []);
}

#[test]
fn the_answers_of_quick_presses_come_late_and_change_nothing() {
    let mut desk = Desk::pushing_in_call(true);
    for kind in [Press, Release, Press, Release] {
        desk.space(kind);
    }
    assert_eq!(desk.commands(), [mute(1, false), mute(1, true), mute(1, false), mute(1, true)]);
    for muted in [false, true, false, true] {
        desk.is_muted(1, muted);
    }
    assert!(desk.model.talk.now.is_none());
    assert!(desk.sees(132, 38).contains("muted: hold Space to talk"));
    desk.waits(70_000);
    assert_eq!(desk.commands().iter().filter(|command| **command == mute(1, false)).count(), 0);
}

#[test]
fn a_key_is_let_go_though_another_was_pressed_with_it() {
    let mut desk = Desk::pushing_in_call(true);
    desk.key(KeyCode::Char('m'), Press);
    desk.key(KeyCode::Char('M'), Release);
    assert_eq!(desk.commands(), [mute(1, false), mute(1, true)]);
    desk.space(Press);
    desk.takes(Message::Key(KeyEvent::new_with_kind(KeyCode::Char(' '), KeyModifiers::CONTROL, Release)));
    assert_eq!(desk.commands(), [mute(1, false), mute(1, true)]);
}

#[test]
fn nobody_talks_on_who_looks_elsewhere_or_types() {
    let mut desk = Desk::pushing_in_call(true);
    desk.space(Press);
    desk.takes(Message::FocusLost);
    assert_eq!(desk.commands(), [mute(1, false), mute(1, true)]);
    desk.is_muted(1, true);
    // Where a text is typed, the terminal does not tell of released keys.
    desk.space(Press);
    assert!(desk.model.wants_releases());
    desk.presses("d");
    assert!(!desk.model.wants_releases());
    assert_eq!(desk.commands(), [mute(1, false), mute(1, true)]);
    desk.types("jo e");
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(132, 38).contains("jo e"), "the space bar types where text is typed");
}

#[test]
fn a_release_that_is_lost_does_not_leave_the_microphone_on() {
    let mut desk = Desk::pushing_in_call(true);
    desk.space(Press);
    desk.is_muted(1, false);
    desk.commands();
    desk.waits(49_999);
    desk.space(Repeat);
    desk.waits(49_000);
    assert!(!desk.model.notice.as_ref().is_some_and(|notice| notice.text.contains("muted in")), "it is held");
    desk.waits(1_001);
    assert!(desk.sees(132, 38).contains("You are muted in 10 s: let go of Space and hold it anew"));
    assert_eq!(desk.commands(), []);
    desk.waits(10_000);
    assert_eq!(desk.commands(), [mute(1, true)]);
    assert!(desk.sees(132, 38).contains("You are muted after 60 s"));
    desk.space(Repeat);
    assert_eq!(desk.commands(), [], "only a new press talks again");
}

#[test]
fn without_releases_a_press_talks_and_the_next_one_mutes_or_the_end_does() {
    let mut desk = Desk::pushing_in_call(false);
    assert!(!desk.model.wants_releases());
    assert!(desk.sees(132, 38).contains("muted: Space to talk, Space again to mute"));
    desk.presses("Space");
    assert_eq!(desk.commands(), [mute(1, false)]);
    desk.is_muted(1, false);
    desk.waits(17_000);
    let seen = desk.sees(132, 38);
    assert!(seen.contains("TALKING: Space again to mute, at the latest in 0:43"), "{seen}");
    desk.takes(Message::FocusLost);
    assert_eq!(desk.commands(), [], "nobody holds anything");
    desk.presses("Space");
    assert_eq!(desk.commands(), [mute(1, true)]);
    desk.is_muted(1, true);
    desk.waits(1000);
    desk.presses("Space");
    desk.is_muted(1, false);
    desk.commands();
    desk.waits(50_000);
    assert!(desk.sees(132, 38).contains("You are muted in 10 s: press Space twice"));
    assert!(desk.effects.contains(&Effect::Bell));
    desk.waits(10_000);
    assert_eq!(desk.commands(), [mute(1, true)]);
}

#[test]
fn a_key_held_in_a_terminal_that_does_not_tell_does_not_flicker() {
    let mut desk = Desk::pushing_in_call(false);
    for _ in 0..40 {
        desk.presses("Space");
        desk.waits(33);
    }
    assert_eq!(desk.commands(), [mute(1, false)]);
}

#[test]
fn only_the_call_that_is_heard_is_talked_into() {
    let mut desk = Desk::pushing_in_call(true);
    desk.space(Press);
    desk.is_muted(1, false);
    desk.commands();
    desk.tells(with(2, "carol", CallState::Connected));
    assert_eq!(desk.commands(), [mute(2, true)]);
    desk.tells(CallView { muted: true, ..with(2, "carol", CallState::Connected) });
    desk.hears(Event::Active(Some(id(2))));
    assert_eq!(desk.commands(), [mute(1, true)], "the call before is muted though the key is held");
    desk.space(Release);
    assert_eq!(desk.commands(), []);
    desk.space(Press);
    assert_eq!(desk.commands(), [mute(2, false)]);
    desk.hears(Event::Ended(over(2, "carol", EndReason::HUNG_UP)));
    assert!(desk.model.talk.now.is_none());
}

#[test]
fn a_call_put_on_hold_is_muted_and_takes_no_talk() {
    let mut desk = Desk::pushing_in_call(true);
    desk.space(Press);
    desk.is_muted(1, false);
    desk.commands();
    desk.tells(CallView { muted: false, ..with(1, "bob", CallState::LocalHold) });
    assert_eq!(desk.commands(), [mute(1, true)]);
    desk.tells(CallView { muted: true, ..with(1, "bob", CallState::LocalHold) });
    desk.space(Press);
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(132, 38).contains("Resume the call first (x), then talk."));
}

#[test]
fn whoever_unmutes_from_outside_talks_for_a_while() {
    let mut desk = Desk::pushing_in_call(true);
    desk.is_muted(1, false);
    assert_eq!(desk.commands(), []);
    assert!(desk.sees(132, 38).contains("TALKING: Space again to mute, at the latest in 1:00"));
    desk.waits(60_000);
    assert_eq!(desk.commands(), [mute(1, true)]);
}

#[test]
fn it_is_turned_on_and_off_by_word() {
    let mut desk = Desk::talking();
    desk.presses(":");
    desk.types("push-to-talk on");
    desk.presses("Enter");
    assert!(desk.effects.contains(&Effect::AskReleases));
    assert_eq!(desk.commands(), [mute(1, true)]);
    desk.takes(Message::TellsReleases(false));
    assert!(desk.sees(132, 38).contains("This terminal does not tell when a key is released."));
    desk.is_muted(1, true);
    desk.presses(":");
    desk.types("talk");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [mute(1, false)]);
    desk.is_muted(1, false);
    desk.presses(":");
    desk.types("push-to-talk off");
    desk.presses("Enter");
    assert_eq!(desk.commands(), [mute(1, true)], "who talked is muted, and stays so");
    desk.is_muted(1, true);
    desk.presses("Space");
    assert_eq!(desk.commands(), [mute(1, false)], "the key mutes as it did");
    desk.presses(":");
    desk.types("push-to-talk loud");
    desk.presses("Enter");
    assert!(desk.sees(132, 38).contains("loud"));
}

#[test]
fn the_hint_says_that_the_key_talks() {
    let mut desk = Desk::pushing_in_call(false);
    let seen = desk.sees(80, 24);
    assert!(seen.contains(" talk ") && !seen.contains("unmute"), "{seen}");
    desk.is_muted(1, false);
    assert!(desk.sees(80, 24).contains("mute"));
}

#[test]
fn released_keys_do_nothing_else() {
    let mut desk = Desk::pushing_in_call(true);
    for code in [KeyCode::Char('b'), KeyCode::Char('q'), KeyCode::F(4), KeyCode::Enter, KeyCode::Esc] {
        desk.key(code, Release);
    }
    assert_eq!(desk.effects, []);
    assert!(desk.model.popup.is_none());
}
