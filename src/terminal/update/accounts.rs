//! Going on as somebody else: the saved sign-ins to choose from, signing out of one.

use super::super::keys::Action;
use super::super::message::{Effect, NotSignedOut};
use super::super::model::{GoOn, Model, Mood, Popup, Question, SavedAccount};
use super::say;
use crate::phone::account::Who;
use crate::texts::accounts as texts;

/// Opens the list. In plain mode the program reads its lines to the end: there it is told how it is done from outside.
pub(super) fn open(model: &mut Model) {
    if model.plain.is_some() {
        let names: Vec<String> = model.accounts.iter().map(|account| account.who().to_string()).collect();
        return say(model, Mood::Plain, texts::from_outside(&names));
    }
    let row = model.accounts.iter().position(|account| account.used).unwrap_or(0);
    model.popup = Some(Popup::Accounts(row));
}

/// How many rows the list has: one more than there are sign-ins, to add one.
pub(super) fn rows(model: &Model) -> usize {
    model.accounts.len() + 1
}

/// Takes the row selected.
pub(super) fn accept(model: &mut Model, row: usize, effects: &mut Vec<Effect>) {
    match model.accounts.get(row).cloned() {
        Some(account) => go_on_as(model, &account, effects),
        None => leave_for(model, GoOn::AsNew, effects),
    }
}

/// Goes on as the one that a text names.
pub(super) fn named(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    if model.plain.is_some() {
        return open(model);
    }
    let who: Who = match text.parse() {
        Ok(who) => who,
        Err(why) => return say(model, Mood::Warn, why.to_string()),
    };
    let meant: Vec<SavedAccount> =
        model.accounts.iter().filter(|account| who.means(&account.user, &account.server)).cloned().collect();
    let names = |accounts: &[SavedAccount]| accounts.iter().map(|one| one.who().to_string()).collect::<Vec<_>>();
    match &meant[..] {
        [only] => go_on_as(model, only, effects),
        [] => say(model, Mood::Warn, texts::nobody(text, &names(&model.accounts))),
        several => say(model, Mood::Warn, texts::ambiguous(text, &names(several))),
    }
}

fn go_on_as(model: &mut Model, account: &SavedAccount, effects: &mut Vec<Effect>) {
    if account.used {
        model.popup = None;
        return say(model, Mood::Plain, texts::IS_USED);
    }
    leave_for(model, GoOn::As(account.who()), effects);
}

/// This phone ends for another one, unless a call would end with it.
fn leave_for(model: &mut Model, go_on: GoOn, effects: &mut Vec<Effect>) {
    model.popup = None;
    let calls = model.board.live().count();
    if calls > 0 || model.is_ringing() {
        return say(model, Mood::Warn, texts::calls_first(calls));
    }
    super::actions::finish_removal(model, effects);
    effects.push(Effect::GoOn(go_on));
}

/// Asks whether to sign out of the row selected.
pub(super) fn ask_to_sign_out(model: &mut Model) {
    if let Some(account) = model.account_selected() {
        model.popup = Some(Popup::Confirm(Question::SignOut(account.who())));
    }
}

/// Signs out: of the one in use by going on as another one.
pub(super) fn sign_out(model: &mut Model, who: Who, effects: &mut Vec<Effect>) {
    let used = model.accounts.iter().any(|account| account.used && account.who() == who);
    if used {
        return leave_for(model, GoOn::Without(who), effects);
    }
    model.popup = None;
    effects.push(Effect::SignOut(who));
}

/// It is signed out of, whether the service could be told or not; or it is still saved.
pub(super) fn signed_out(model: &mut Model, who: &Who, failed: Option<NotSignedOut>) {
    if !failed.as_ref().is_some_and(|failed| failed.stays) {
        model.accounts.retain(|account| account.who() != *who);
    }
    match failed {
        None => say(model, Mood::Good, texts::signed_out(&who.to_string())),
        Some(NotSignedOut { why, stays: true }) => say(model, Mood::Warn, texts::still_in(&who.to_string(), &why)),
        Some(NotSignedOut { why, stays: false }) => say(model, Mood::Warn, why),
    }
}

/// The keys of the list, for its last line.
pub(crate) fn account_keys(model: &Model) -> String {
    texts::keys(&model.key_of(Action::Accept), &model.key_of(Action::Clear))
}
