//! What the phone tells of groups, taken into the model.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{
    About, LiveCall, Model, Mood, Moves, Pane, Popup, ShareCard, SharedGroup, offer, settle, title,
};
use super::{note, note_about, say};
use crate::domain::call::RosterRow;
use crate::domain::group::GroupRow;
use crate::domain::id::{CallId, GroupId};
use crate::domain::person::Person;
use crate::domain::text::printable;
use crate::phone::event::GroupCard;
use crate::texts::group;

/// The longest link that is shown, in characters.
const LONGEST_LINK: usize = 300;

/// How long after joining it is told who comes and goes: those who were there before come as news first, ms.
const SETTLED: i64 = 1000;

/// A link is a text of the service: nothing in it may steer the terminal.
pub(super) fn made_printable(card: &mut GroupCard) {
    let link = printable(&card.link, LONGEST_LINK);
    if link != card.link {
        card.link = link;
    }
}

/// A group's call was joined.
pub(super) fn joined(model: &mut Model, call: CallId, card: &GroupCard, first: bool) {
    settle(&mut model.shared, card.group.id);
    // As a word, the one that turns the microphone off is another.
    let unmute = if model.plain.is_some() { "`unmute`".to_owned() } else { model.key_of(Action::Mute) };
    let share = model.key_of(Action::Share);
    let Some(live) = model.board.get_mut(call) else { return };
    live.first = first && live.roster.here == 0;
    let text = group::joined(live.name(), live.first, live.view.muted, live.roster.here, &unmute, &share);
    say(model, Mood::Good, text);
}

/// A call is there, or changed: one that became a group call shows its people. `was` is there for a call known before,
/// with whom it was with if it was a direct one.
pub(super) fn grown(model: &mut Model, call: CallId, was: Option<Option<String>>) {
    let Some(live) = model.board.get(call).filter(|live| live.is_group()) else { return };
    let became = match was {
        Some(None) => return,
        Some(Some(with)) => Some(group::became(&with)),
        None => None,
    };
    let in_card = model.board.shown_id() == Some(call);
    let shared = live.group().map(|card| card.group.id);
    if let Some(group) = shared {
        settle(&mut model.shared, group);
    }
    if in_card && !model.friends.filtering {
        let came_from = std::mem::replace(&mut model.focus, Pane::People);
        if let Some(live) = model.board.get_mut(call) {
            live.came_from = Some(came_from);
        }
    }
    if let Some(text) = became {
        say(model, Mood::Plain, text);
    }
}

/// People came into the group call, or left it.
pub(super) fn moved(model: &mut Model, call: CallId, moves: &Moves, earlier: &[RosterRow]) {
    let settled = |live: &&LiveCall| {
        live.view.connected_at.is_some_and(|at| live.is_connected() && model.now.since(at) >= SETTLED)
    };
    let Some(live) = model.board.get(call).filter(settled) else { return };
    let now = &live.view.participants;
    let of = |rows: &'_ [RosterRow], at: &[usize]| -> Vec<Person> {
        at.iter().filter_map(|at| rows.get(*at)).map(|row| row.participant.person.clone()).collect()
    };
    let (came, left) = (of(now, &moves.came), of(earlier, &moves.left));
    let told = |who: &[Person], but: &[Person], came: bool| {
        // Whoever has another row now, as when a direct call becomes a group call, neither came nor left.
        let stays = |person: &&Person| but.iter().all(|other| other.identity != person.identity);
        let names: Vec<&str> = who.iter().filter(stays).map(|person| person.display_name.as_str()).collect();
        (!names.is_empty()).then(|| group::came(&names, came))
    };
    let texts = [told(&came, &left, true), told(&left, &came, false)];
    for text in texts.into_iter().flatten() {
        note(model, Mood::Plain, text);
    }
}

/// A group was made, or asked for: its card is shown, unless something else was opened meanwhile.
pub(super) fn told(model: &mut Model, mut card: GroupCard, row: GroupRow) {
    made_printable(&mut card);
    let id = row.group.id;
    let mut list = std::mem::take(&mut model.groups.list);
    let loaded = model.groups.loaded;
    match list.iter_mut().find(|known| known.group.id == id) {
        Some(known) => *known = row,
        None => list.push(row),
    }
    model.groups.set(list);
    model.groups.loaded = loaded;
    if matches!(model.popup, None | Some(Popup::Share(_))) && !model.is_filtering() {
        note(model, Mood::Plain, format!("group {}: {}", title(&card.group), card.link));
        model.groups.selected = Some(id);
        model.popup = Some(Popup::Share(ShareCard::new(card)));
    } else {
        say(model, Mood::Plain, format!("group {}: {}", title(&card.group), card.link));
    }
}

/// Somebody shares a group with the user: it is told once, and rings nothing.
pub(super) fn shared(model: &mut Model, mut card: GroupCard, by: Person, here: u32, effects: &mut Vec<Effect>) {
    made_printable(&mut card);
    let text = group::shares(by.display_name.as_str(), &title(&card.group), here);
    note_about(model, Mood::Warn, About::Shared, text.clone());
    let in_it = model.group_call().and_then(|live| live.group()).is_some_and(|mine| mine.group.id == card.group.id);
    if in_it {
        return;
    }
    offer(&mut model.shared, SharedGroup { card, by, here });
    effects.push(Effect::Notify(text));
    if model.bell {
        effects.push(Effect::Bell);
    }
}

/// A group was shared with these people.
pub(super) fn was_shared(model: &mut Model, id: GroupId, with: &[Person]) {
    let of_call = model.group_call().and_then(|live| live.group()).map(|card| &card.group);
    let listed = model.groups.list.iter().map(|row| &row.group);
    let name =
        of_call.into_iter().chain(listed).find(|known| known.id == id).map_or_else(|| group::UNNAMED.to_owned(), title);
    let names: Vec<&str> = with.iter().map(|person| person.display_name.as_str()).collect();
    say(model, Mood::Good, group::shared_with(&name, &names));
}
