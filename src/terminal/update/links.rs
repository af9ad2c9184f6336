//! Links that were opened elsewhere: what they ask for is filled in, and a person says yes to it. They take nothing that
//! is being typed.

use super::super::keys::Action;
use super::super::message::Effect;
use super::super::model::{Model, Mood, Purpose};
use super::{choose, groups, say};
use crate::domain::link::OpenedLink;
use crate::texts::outside;

/// A link was opened: it is shown now, or once nothing else is open. The last one counts.
pub(super) fn opened(model: &mut Model, link: OpenedLink) {
    model.opened = Some(link);
    if is_taken(model) {
        let text = outside::link_waits(&model.key_of(Action::Back));
        say(model, Mood::Warn, text);
    }
}

/// Whether something is open that a link would take away.
fn is_taken(model: &Model) -> bool {
    model.popup.is_some() || model.is_filtering()
}

/// Shows the link that waits, if it can be.
pub(super) fn show(model: &mut Model, effects: &mut Vec<Effect>) {
    if is_taken(model) {
        return;
    }
    match model.opened.take() {
        Some(OpenedLink::Call { to }) => choose::open(model, Purpose::Call, &to, effects),
        Some(OpenedLink::Join { place }) => groups::ask_where(model, &place),
        Some(OpenedLink::Number { number }) => {
            choose::open(model, Purpose::Call, &number, effects);
            if !is_known(model, &number) {
                say(model, Mood::Warn, outside::no_numbers(&number));
            }
        }
        None => return,
    }
    model.changed = true;
}

/// Whether somebody on the list is called by this number: as a user name, for instance of an extension.
fn is_known(model: &Model, number: &str) -> bool {
    model.friends.list.iter().any(|friend| friend.person.name.as_str() == number)
}
