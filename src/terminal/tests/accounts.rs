//! Going on as somebody else: the list of saved sign-ins, what keeps from changing, signing out, the header.

use super::kit::{CALL, Desk, view};
use super::states::check;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::phone::account::{Keeper, Who};
use crate::phone::event::Event;
use crate::terminal::message::{Effect, Message, NotSignedOut};
use crate::terminal::model::{GoOn, Popup, SavedAccount, ScreenOptions};

fn account(user: &str, server: &str, used: bool) -> SavedAccount {
    let keeper = if used { Keeper::Keyring } else { Keeper::File };
    SavedAccount { user: user.parse().unwrap(), server: server.parse().unwrap(), keeper, used }
}

/// A screen of Alice, who is signed in at another service too, as Bob is.
fn several() -> Desk {
    let accounts = vec![
        account("alice", "https://calls.example:8791", true),
        account("alice", "http://127.0.0.1:8790", false),
        account("bob", "https://calls.example:8791", false),
    ];
    Desk::fresh_with(&ScreenOptions { accounts, ..ScreenOptions::default() }, true).furnished()
}

fn who(text: &str) -> Who {
    text.parse().unwrap()
}

impl Desk {
    fn goes_on(&mut self) -> Vec<Effect> {
        let all = std::mem::take(&mut self.effects);
        all.into_iter().filter(|effect| matches!(effect, Effect::GoOn(_) | Effect::SignOut(_))).collect()
    }
}

#[test]
fn another_one_is_chosen_from_the_list_or_named() {
    let mut desk = several();
    desk.presses("S Enter");
    assert_eq!(desk.goes_on(), [], "that is who she is");
    assert!(desk.sees(80, 24).contains("who you are now"));
    desk.presses("S Down Enter");
    assert_eq!(desk.goes_on(), [Effect::GoOn(GoOn::As(who("alice@127.0.0.1:8790")))]);
    desk.presses("S End Enter");
    assert_eq!(desk.goes_on(), [Effect::GoOn(GoOn::AsNew)]);
    for (text, effects, said) in [
        ("use bob", vec![Effect::GoOn(GoOn::As(who("bob@calls.example:8791")))], ""),
        ("use alice@localhost", vec![Effect::GoOn(GoOn::As(who("alice@127.0.0.1:8790")))], ""),
        ("use alice", vec![], "say which"),
        ("use zed", vec![], "zed is not signed in"),
        ("use a b", vec![], "names no sign-in"),
    ] {
        let mut desk = several();
        desk.presses(":");
        desk.types(text);
        desk.presses("Enter");
        assert_eq!(desk.goes_on(), effects, "{text}");
        assert!(desk.sees(132, 38).contains(said), "{text}");
    }
}

#[test]
fn a_call_keeps_from_changing() {
    let mut desk = several();
    desk.calls(view(CallState::Connected));
    desk.presses("S Down Enter");
    assert_eq!(desk.goes_on(), []);
    assert!(desk.sees(80, 24).contains("You are in a call: hang up first, then change."));
    desk.hears(Event::Ended(super::kit::summary(EndReason::HUNG_UP, Some(3))));
    desk.presses("Esc S Down Enter");
    assert_eq!(desk.goes_on().len(), 1, "{CALL:?} is over");
}

#[test]
fn signing_out_asks_first() {
    let mut desk = several();
    desk.presses("S Down Delete");
    assert!(desk.sees(80, 24).contains("Sign out of alice@127.0.0.1:8790"));
    desk.presses("Esc");
    assert_eq!(desk.goes_on(), []);
    desk.presses("S Down Delete y");
    let gone = who("alice@127.0.0.1:8790");
    assert_eq!(desk.goes_on(), [Effect::SignOut(gone.clone())]);
    let failed = NotSignedOut { why: "the file can't be removed".to_owned(), stays: true };
    desk.takes(Message::SignedOut { who: gone.clone(), failed: Some(failed) });
    assert_eq!(desk.model.accounts.len(), 3);
    assert!(desk.sees(80, 24).contains("alice@127.0.0.1:8790 is not signed out: the file can't be removed"));
    let failed = NotSignedOut { why: "the service could not be told".to_owned(), stays: false };
    desk.takes(Message::SignedOut { who: gone, failed: Some(failed) });
    assert_eq!(desk.model.accounts.len(), 2);
    assert!(desk.sees(80, 24).contains("the service could not be told"));
    // Of the one in use by going on without it.
    desk.presses("S Delete y");
    assert_eq!(desk.goes_on(), [Effect::GoOn(GoOn::Without(who("alice@calls.example:8791")))]);
    desk.presses("S End Delete");
    assert!(matches!(desk.model.popup, Some(Popup::Accounts(_))), "there is nothing to sign out of");
}

#[test]
fn the_header_says_where_if_it_could_be_elsewhere() {
    assert!(several().sees(80, 24).contains("Alice at calls.example"));
    let accounts = vec![account("alice", "https://calls.example:8791", true)];
    let desk = Desk::fresh_with(&ScreenOptions { accounts, ..ScreenOptions::default() }, true);
    assert!(!desk.sees(80, 24).contains("calls.example"));
    let accounts = vec![account("alice", "http://127.0.0.1:1", true), account("alice", "http://127.0.0.1:2", false)];
    let desk = Desk::fresh_with(&ScreenOptions { accounts, ..ScreenOptions::default() }, true);
    assert!(desk.sees(80, 24).contains("at 127.0.0.1:1"));
}

#[test]
fn why_it_did_not_change_is_said_first() {
    let said = "the keyring is locked".to_owned();
    let desk = Desk::fresh_with(&ScreenOptions { said, ..ScreenOptions::default() }, true);
    assert!(desk.sees(80, 24).contains("the keyring is locked"));
}

#[test]
fn the_list_at_three_sizes() {
    let mut desk = several();
    desk.presses("S Down");
    check("accounts", &desk);
}
