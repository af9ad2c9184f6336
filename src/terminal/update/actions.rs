//! What each action of the key table does.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{
    Input, Model, Mood, Naming, Palette, Pane, Popup, Purpose, Question, Removal, SoundPopup, SoundRow,
};
use super::{
    accounts, call, choose, contacts, desk, favourites, groups, history, ladder, palette, pick_up, rules, say, sharing,
    sound, talk,
};
use crate::domain::call::Peer;
use crate::phone::command::Command;
use crate::texts::desk as texts;
use crate::texts::{group, screen, state};

/// How long a removal can be taken back, ms.
const UNDO: i64 = 3000;

/// How an action was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    /// By a key that is easily pressed by mistake.
    Letter,
    /// By a function key or a typed command.
    Deliberate,
}

pub(super) fn perform(model: &mut Model, action: Action, trigger: Trigger, effects: &mut Vec<Effect>) {
    match action {
        Action::Answer => call::answer(model, effects),
        Action::Decline => call::decline(model, effects),
        Action::HangUp => call::hang_up(model, trigger, effects),
        Action::Mute => call::mute(model, None, effects),
        Action::Hold => call::hold(model, None, effects),
        // Which row or favourite is meant, the key says.
        Action::Pick | Action::Direct => {}
        Action::Favour => favourites::toggle(model, effects),
        Action::Forward => rules::open(model),
        Action::Except => choose::open(model, Purpose::Except, "", effects),
        Action::LetPickUp => rules::open(model),
        Action::Clear if matches!(model.popup, Some(Popup::Contacts(_))) => contacts::clear(model, effects),
        Action::Clear if matches!(model.popup, Some(Popup::Accounts(_))) => accounts::ask_to_sign_out(model),
        Action::Clear => rules::clear(model, effects),
        Action::Accounts => accounts::open(model),
        Action::Swap => desk::swap(model, effects),
        Action::Transfer => desk::ask_target(model, effects),
        Action::Consult => desk::ask_whom(model, effects),
        Action::Complete => desk::complete(model, effects),
        Action::Merge => desk::merge(model, "", effects),
        Action::Park => desk::park(model, "", effects),
        Action::PickUp => pick_up::ask(model, effects),
        Action::Keypad => call::keypad(model),
        Action::Dial => choose::open(model, Purpose::Call, "", effects),
        Action::Redial => redial(model, effects),
        Action::Join => groups::ask_where(model, ""),
        Action::StartGroup => groups::ask_name(model, Naming::Start),
        Action::CreateGroup => groups::ask_name(model, Naming::Create),
        Action::Share => sharing::share(model, effects),
        Action::CopyLink => sharing::copy(model, effects),
        Action::ShareWith => sharing::ask_friends(model),
        Action::Mark if matches!(model.popup, Some(Popup::Ladder(_))) => ladder::mark(model),
        Action::Mark => sharing::mark(model),
        Action::JoinShared => groups::join_shared(model, effects),
        Action::Later => groups::later(model),
        Action::Invite => groups::ask_whom(model, effects),
        Action::EndForAll => groups::ask_to_end(model),
        Action::Requests | Action::AcceptFriend | Action::DeclineFriend | Action::WithdrawFriend | Action::Unblock => {
            contacts::open(model);
        }
        Action::Block => contacts::ask_to_block(model),
        Action::DisplayName => say(model, Mood::Plain, crate::texts::contacts::SAY_A_NAME),
        Action::AddFriend => choose::open(model, Purpose::AddFriend, "", effects),
        Action::Accept => accept(model, effects),
        Action::Remove => remove(model, effects),
        Action::Undo => desk::undo(model),
        Action::Note => history::ask(model),
        Action::Export => say(model, Mood::Plain, screen::NAME_A_FILE),
        Action::RecordScript => say(model, Mood::Plain, screen::NAME_A_SCRIPT),
        Action::StopRecording => effects.push(Effect::RecordScript(None)),
        Action::Filter => filter(model),
        Action::Friends => focus(model, Pane::Friends, effects),
        Action::Groups => focus(model, Pane::Groups, effects),
        Action::People => people(model, effects),
        Action::History => focus(model, Pane::History, effects),
        Action::Events => focus(model, Pane::Events, effects),
        Action::Devices => sound::open(model, SoundRow::Microphone, effects),
        Action::Quality => quality(model),
        Action::Microphone
        | Action::Speaker
        | Action::Ringer
        | Action::Profile
        | Action::Echo
        | Action::Noise
        | Action::Gain
        | Action::MicrophoneVolume
        | Action::SpeakerVolume
        | Action::RingVolume => sound::command(model, action, "", effects),
        Action::PushToTalk => talk::command(model, "", effects),
        Action::More => adjust(model, true, effects),
        Action::Less => adjust(model, false, effects),
        Action::Presence => presence(model),
        Action::Next => choose::step(model, 1),
        Action::Previous => choose::step(model, -1),
        Action::PageDown => choose::step(model, 10),
        Action::PageUp => choose::step(model, -10),
        Action::First => choose::step(model, isize::MIN),
        Action::Last => choose::step(model, isize::MAX),
        Action::NextPane => focus(model, beside(model, true), effects),
        Action::PreviousPane => focus(model, beside(model, false), effects),
        Action::Back => back(model, effects),
        Action::Yes => yes(model, effects),
        Action::Ladder => ladder::open(model, effects),
        Action::Pause => ladder::pause(model, effects),
        Action::TimeMode => ladder::time_mode(model),
        Action::Evidence => ladder::collect(model, effects),
        Action::Palette => model.popup = Some(Popup::Palette(Palette::default())),
        Action::Help => help(model),
        Action::Repaint => effects.push(Effect::Repaint),
        Action::Suspend => {
            // Nobody sees a key released meanwhile.
            talk::end(model, effects);
            effects.push(Effect::Suspend);
        }
        Action::Quit if trigger == Trigger::Letter && closes_first(model) => model.popup = None,
        Action::Quit => quit(model, effects),
    }
    model.changed = true;
}

fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    match &model.popup {
        Some(Popup::Dial(_)) => choose::take(model, effects),
        Some(Popup::Palette(_)) => palette::run(model, effects),
        Some(Popup::Sound(popup)) => sound::accept(model, *popup, effects),
        Some(Popup::Presence(row)) => choose::presence(model, *row, effects),
        Some(Popup::PickUp(row)) => pick_up::selected(model, *row, effects),
        Some(Popup::Rules(_)) => rules::accept(model, effects),
        Some(Popup::Contacts(_)) => contacts::accept(model, effects),
        Some(Popup::Accounts(row)) => accounts::accept(model, *row, effects),
        Some(Popup::Help { .. } | Popup::Share(_) | Popup::Quality { .. }) => model.popup = None,
        Some(Popup::Join(_)) => groups::take_place(model, effects),
        Some(Popup::Name(_)) => groups::take_name(model, effects),
        Some(Popup::Note(_)) => history::take(model, effects),
        Some(Popup::ShareWith(_)) => sharing::with_friends(model, effects),
        Some(Popup::Ladder(_)) => ladder::accept(model),
        Some(Popup::Keypad | Popup::Confirm(_)) => {}
        None if model.is_filtering() => stop_filtering(model),
        None if model.pending.is_some() => desk::carry_out(model, effects),
        None => call_selected(model, effects),
    }
}

/// The text that narrows a list is kept, and typed no more.
fn stop_filtering(model: &mut Model) {
    model.friends.filtering = false;
    model.history.filtering = false;
    if let Some(call) = model.board.shown_mut() {
        call.roster.searching = false;
    }
}

fn call_selected(model: &mut Model, effects: &mut Vec<Effect>) {
    // Too easily pressed to put a talk on hold.
    if model.call().is_some() {
        let text = texts::call_beside(&model.key_of(Action::Dial), &model.key_of(Action::Consult));
        return say(model, Mood::Plain, text);
    }
    match selected(model) {
        Some(peer) => meet(model, &peer, effects),
        None if matches!(model.focus, Pane::People | Pane::Events) => {}
        None => {
            let text = screen::nobody_selected(&model.key_of(Action::Dial));
            say(model, Mood::Plain, text);
        }
    }
}

/// Whom the row selected could be called by: a friend, a group, a past call.
pub(super) fn selected(model: &Model) -> Option<Peer> {
    match model.focus {
        Pane::Friends => model.friends.current().map(|friend| Peer::Person(friend.person.clone())),
        Pane::Groups => model.groups.current().map(|row| Peer::Group(row.group.reference())),
        Pane::History => model.history.current().map(|record| record.with.clone()),
        Pane::People | Pane::Events => None,
    }
}

/// Calls a person, or joins a group.
pub(super) fn meet(model: &mut Model, peer: &Peer, effects: &mut Vec<Effect>) {
    match peer {
        Peer::Person(person) => call::start(model, person.identity.as_str().to_owned(), effects),
        Peer::Group(group) => groups::join_group(model, group.id, state::peer(peer), effects),
    }
}

fn redial(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.last_peer().cloned() {
        Some(peer) => meet(model, &peer, effects),
        None => say(model, Mood::Plain, screen::NO_LAST_CALL),
    }
}

fn remove(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.focus {
        Pane::Friends => remove_friend(model, effects),
        Pane::Groups => groups::ask_to_remove(model),
        Pane::People | Pane::History | Pane::Events => {}
    }
}

fn remove_friend(model: &mut Model, effects: &mut Vec<Effect>) {
    finish_removal(model, effects);
    let Some(person) = model.friends.current().map(|friend| friend.person.clone()) else { return };
    let index = model.friends.index();
    model.friends.removal = Some(Removal { person, until: model.now.plus(UNDO) });
    let last = model.friends.shown().count().saturating_sub(1);
    let next = model.friends.shown().nth(index.min(last)).map(|friend| friend.person.identity.clone());
    model.friends.selected = next;
}

/// Takes the removal of a friend back.
pub(super) fn keep_friend(model: &mut Model) {
    if let Some(removal) = model.friends.removal.take() {
        model.friends.selected = Some(removal.person.identity);
    }
}

/// Carries out the removal that waits to be taken back, if there is one.
pub(super) fn finish_removal(model: &mut Model, effects: &mut Vec<Effect>) {
    if let Some(removal) = model.friends.removal.take() {
        let gone = removal.person.identity;
        model.friends.list.retain(|friend| friend.person.identity != gone);
        effects.push(Effect::Phone(Command::RemoveFriend(gone)));
        model.changed = true;
    }
}

fn filter(model: &mut Model) {
    if ladder::filter(model) {
        return;
    }
    if model.focus == Pane::History {
        return history::filter(model);
    }
    let people = model.focus == Pane::People;
    match model.board.shown_mut() {
        Some(call) if people => call.roster.searching = true,
        Some(_) | None => {
            model.focus = Pane::Friends;
            model.friends.filtering = true;
        }
    }
}

fn people(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.group_call().is_some() {
        focus(model, Pane::People, effects);
    } else {
        say(model, Mood::Plain, group::NO_GROUP_CALL);
    }
}

pub(super) fn focus(model: &mut Model, pane: Pane, effects: &mut Vec<Effect>) {
    model.popup = None;
    model.focus = pane;
    if pane == Pane::History {
        history::look(model, effects);
        if !model.history.loaded {
            effects.push(Effect::Phone(Command::LoadHistory));
        }
    }
}

/// The panel after the one with the focus, or before it; the last and the first are beside each other.
fn beside(model: &Model, forward: bool) -> Pane {
    let panes: Vec<Pane> = model.panes().collect();
    let at = panes.iter().position(|pane| *pane == model.focus).unwrap_or(0);
    let step = if forward { 1 } else { panes.len() - 1 };
    panes[(at + step) % panes.len()]
}

fn quality(model: &mut Model) {
    if model.call().is_some() {
        model.popup = Some(Popup::Quality { scroll: 0 });
    } else {
        say(model, Mood::Plain, screen::NO_CALL);
    }
}

/// Turns the selected row of a list of settings up or down.
fn adjust(model: &mut Model, up: bool, effects: &mut Vec<Effect>) {
    match &model.popup {
        Some(Popup::Sound(popup)) => sound::adjust(model, *popup, up, effects),
        _ => rules::adjust(model, up, effects),
    }
}

fn presence(model: &mut Model) {
    let row = choose::CHOICES.iter().position(|choice| Some(choose::shown_as(*choice)) == model.presence);
    model.popup = Some(Popup::Presence(row.unwrap_or(0)));
}

fn help(model: &mut Model) {
    model.popup = match model.popup {
        Some(Popup::Help { .. }) => None,
        _ => Some(Popup::Help { search: Input::default(), scroll: 0 }),
    };
}

fn back(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.popup.take() {
        // The choice of friends goes back to the card it was opened from.
        Some(Popup::ShareWith(choice)) => return model.popup = Some(Popup::Share(choice.share)),
        // And a list of devices to the sound popup.
        Some(Popup::Sound(popup)) if popup.device.is_some() => {
            return model.popup = Some(Popup::Sound(SoundPopup { device: None, ..popup }));
        }
        Some(Popup::Ladder(open)) => return ladder::back(model, open),
        Some(Popup::Dial(dial)) if dial.purpose.is_rule() => return rules::back_to(model, dial.purpose),
        Some(_) => return,
        None => {}
    }
    if let Some(call) = model.board.shown_mut()
        && model.focus == Pane::People
        && (call.roster.searching || !call.roster.search.text().is_empty())
    {
        call.roster.searching = false;
        call.roster.search.clear();
        call.roster.find(&call.view.participants);
        return;
    }
    if history::clear(model) {
        return;
    }
    if model.friends.filtering || !model.friends.filter.text().is_empty() {
        model.friends.filtering = false;
        model.friends.filter.clear();
    } else if !desk::stop_asking(model, effects) && model.ended.take().is_none() {
        model.notice = None;
        model.focus = if model.group_call().is_some() { Pane::People } else { Pane::Friends };
    }
}

fn yes(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(Popup::Confirm(question)) = &model.popup else { return };
    match question.clone() {
        Question::Quit => leave(model, effects),
        Question::EndForAll => groups::end(model, effects),
        Question::Block(person) => contacts::block(model, person.identity.as_str(), effects),
        Question::RemoveGroup { group, .. } => groups::remove(model, group, effects),
        Question::SignOut(who) => accounts::sign_out(model, who, effects),
    }
}

/// Whether the letter that leaves only closes what is open.
fn closes_first(model: &Model) -> bool {
    model.popup.as_ref().is_some_and(|popup| !matches!(popup, Popup::Confirm(Question::Quit)))
}

/// Leaves; during a call it asks first, and a second time means yes.
pub(super) fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    match &model.popup {
        Some(Popup::Confirm(Question::Quit)) => leave(model, effects),
        _ if model.call().is_some() => model.popup = Some(Popup::Confirm(Question::Quit)),
        _ => leave(model, effects),
    }
}

pub(super) fn leave(model: &mut Model, effects: &mut Vec<Effect>) {
    finish_removal(model, effects);
    // Who waits is handed on rather than hung up.
    desk::carry_out(model, effects);
    effects.push(Effect::Quit);
}
