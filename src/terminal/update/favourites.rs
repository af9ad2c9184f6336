//! Favourites: who is one, and what their keys do.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{Handing, Model, Mood, Pending};
use super::{call, desk, note, say};
use crate::domain::person::{Favourite, Friend};
use crate::domain::text::printable;
use crate::phone::command::Command;
use crate::texts::favourites as texts;

/// Makes the selected friend a favourite, or none any more.
pub(super) fn toggle(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(friend) = model.friends.current().cloned() else {
        return say(model, Mood::Plain, texts::SELECT_A_FRIEND);
    };
    let number = match friend.favourite {
        Some(_) => None,
        None => match model.friends.free_number() {
            Some(free) => Some(free),
            None => return say(model, Mood::Warn, texts::ALL_GIVEN),
        },
    };
    favour(&friend, number, effects);
}

fn favour(friend: &Friend, favourite: Option<Favourite>, effects: &mut Vec<Effect>) {
    let identity = friend.person.identity.clone();
    effects.push(Effect::Phone(Command::Favour { identity, favourite }));
}

/// Makes a friend a favourite as a text says: a name, a number, or both; `off` instead of the number takes it away.
pub(super) fn named(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let (name, last) = text.rsplit_once(' ').unwrap_or(("", text));
    let (name, number) = match (last.parse::<Favourite>(), last) {
        (Ok(number), _) => (name, Some(Some(number))),
        (Err(_), "off") => (name, Some(None)),
        (Err(_), _) => (text, None),
    };
    let friend = if name.trim().is_empty() { model.friends.current() } else { called(&model.friends.list, name) };
    let Some(friend) = friend.cloned() else {
        // A number that no favourite can have is no part of a name, unless somebody is called so.
        let text = match last.parse::<Favourite>() {
            Err(why) if last.parse::<u32>().is_ok() => why.to_string(),
            _ => texts::no_friend(&printable(name, 40)),
        };
        return say(model, Mood::Warn, text);
    };
    match number.or_else(|| model.friends.free_number().map(Some)) {
        Some(number) => favour(&friend, number, effects),
        None => say(model, Mood::Warn, texts::ALL_GIVEN),
    }
}

/// The friend of a name: a whole user name or identity before a whole display name.
fn called<'a>(friends: &'a [Friend], name: &str) -> Option<&'a Friend> {
    let name = name.trim();
    let exact = |friend: &&Friend| {
        let person = &friend.person;
        person.identity.as_str() == name || person.name.as_str().eq_ignore_ascii_case(name)
    };
    let shown = |friend: &&Friend| friend.person.display_name.as_str().to_lowercase() == name.to_lowercase();
    friends.iter().find(exact).or_else(|| friends.iter().find(shown))
}

/// What the direct key of a desk telephone does: picks up what rings there, or else hands the call on to them, or else
/// calls them.
pub(super) fn direct(model: &mut Model, number: usize, effects: &mut Vec<Effect>) {
    let favourite = u8::try_from(number).ok().and_then(|number| Favourite::try_from(number).ok());
    let friend = favourite.and_then(|number| model.friends.favourite(number));
    let Some(friend) = friend.cloned() else {
        let text = texts::nobody_has(number, &model.key_of(Action::Favour));
        return say(model, Mood::Plain, text);
    };
    let to = friend.person.identity.as_str().to_owned();
    if model.rings_at(&friend) {
        effects.push(Effect::Phone(Command::PickUpRinging(to)));
    } else if model.call().is_some() {
        // A key that repeats while it is held must neither begin anew nor hurry.
        let begun = |pending: &Pending| matches!(&pending.what, Handing::Transfer { to: begun, .. } if *begun == to);
        if !model.pending.as_ref().is_some_and(begun) {
            desk::transfer_to(model, to, friend.person.display_name.as_str(), effects);
        }
    } else {
        call::start(model, to, effects);
    }
}

/// The same for the number a text names.
pub(super) fn direct_named(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match text.parse::<Favourite>() {
        Ok(number) => direct(model, usize::from(number.number()), effects),
        Err(why) => say(model, Mood::Warn, why.to_string()),
    }
}

/// The friend list, as the phone told it: who became a favourite is news.
pub(super) fn listed(model: &mut Model, list: Vec<Friend>) {
    let news: Vec<String> =
        if model.friends.loaded { list.iter().filter_map(|now| changed(model, now)).collect() } else { Vec::new() };
    model.friends.set(list);
    for text in news {
        note(model, Mood::Plain, text);
    }
}

fn changed(model: &Model, now: &Friend) -> Option<String> {
    let before = model.friends.list.iter().find(|friend| friend.person.identity == now.person.identity)?;
    let name = now.person.display_name.as_str();
    (before.favourite != now.favourite).then(|| texts::became(name, now.favourite))
}
