//! Where the user's calls go: the list of rules, and the commands for them. What is set is told by the phone once the
//! service has it; only what is turned by a key is shown at once, so that the next key counts from there.

use super::super::message::Effect;
use super::super::model::{Model, Mood, Popup, Purpose, RuleRow, beside, rule_rows};
use super::{choose, say};
use crate::domain::forwarding::{AccountRules, ForwardAfter, ForwardWhen, NotATime};
use crate::domain::text::printable;
use crate::phone::command::Command;
use crate::texts::rules as texts;

/// How much one key turns the time by, seconds.
const STEP: u16 = 5;

/// Opens the list.
pub(super) fn open(model: &mut Model) {
    model.popup = Some(Popup::Rules(0));
}

/// Opens the list at the row that an entry for a person was opened from.
pub(super) fn back_to(model: &mut Model, purpose: Purpose) {
    let row = match purpose {
        Purpose::Forward(when) => RuleRow::Forward(when),
        _ => RuleRow::AddExcept,
    };
    let at = rule_rows(&model.rules).iter().position(|known| *known == row);
    model.popup = Some(Popup::Rules(at.unwrap_or(0)));
}

/// Takes the row selected: asks for whom it is, or takes its next value.
pub(super) fn accept(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.rule_selected() {
        Some(RuleRow::Forward(when)) => choose::open(model, Purpose::Forward(when), "", effects),
        Some(RuleRow::AddExcept) => choose::open(model, Purpose::Except, "", effects),
        Some(RuleRow::PickUp) => adjust(model, true, effects),
        Some(RuleRow::Except(_)) | None => {}
    }
}

/// Turns the row selected up (or down), or takes its next value (or the one before).
pub(super) fn adjust(model: &mut Model, up: bool, effects: &mut Vec<Effect>) {
    match model.rule_selected().filter(|row| row.turns(&model.rules)) {
        Some(RuleRow::Forward(ForwardWhen::NoAnswer)) => {
            let rules = &mut model.rules.rules;
            let seconds = rules.after_seconds.seconds();
            let seconds = if up { seconds.saturating_add(STEP) } else { seconds.saturating_sub(STEP) };
            let Ok(after) = ForwardAfter::try_from(seconds) else { return };
            rules.after_seconds = after;
            let to = rules.no_answer.as_ref().map(|to| to.as_str().to_owned());
            forward(ForwardWhen::NoAnswer, to, Some(after), effects);
        }
        Some(RuleRow::PickUp) => {
            let by = beside(&texts::PICK_UP_BY, model.rules.rules.pick_up, up);
            model.rules.rules.pick_up = by;
            effects.push(Effect::Phone(Command::LetPickUp(by)));
        }
        Some(RuleRow::Forward(_) | RuleRow::Except(_) | RuleRow::AddExcept) | None => {}
    }
}

/// Takes away what the row selected holds.
pub(super) fn clear(model: &mut Model, effects: &mut Vec<Effect>) {
    match model.rule_selected().filter(|row| row.is_set(&model.rules)) {
        Some(RuleRow::Forward(when)) => forward(when, None, None, effects),
        Some(RuleRow::Except(who)) => {
            effects.push(Effect::Phone(Command::Except { who: who.as_str().to_owned(), on: false }));
        }
        Some(RuleRow::AddExcept | RuleRow::PickUp) | None => {}
    }
}

fn forward(when: ForwardWhen, to: Option<String>, after: Option<ForwardAfter>, effects: &mut Vec<Effect>) {
    effects.push(Effect::Phone(Command::Forward { when, to, after }));
}

/// Somebody was chosen for a rule.
pub(super) fn chosen(model: &mut Model, purpose: Purpose, whom: String, effects: &mut Vec<Effect>) {
    // Without a screen there is no list to go back to: what changes is told.
    if model.plain.is_none() {
        back_to(model, purpose);
    }
    match purpose {
        Purpose::Forward(when) => forward(when, Some(whom), None, effects),
        _ => effects.push(Effect::Phone(Command::Except { who: whom, on: true })),
    }
}

/// `forward` as typed: a case and a name, a case and `off`, or `off` for all of them.
pub(super) fn forward_named(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    let (first, rest) = text.split_once(' ').unwrap_or((text, ""));
    let off = |text: &str| text.trim() == "off";
    let when = ForwardWhen::ALL.into_iter().find(|when| texts::word(*when) == first);
    match when {
        Some(when) if off(rest) => forward(when, None, None, effects),
        Some(when) if rest.trim().is_empty() => choose::open(model, Purpose::Forward(when), "", effects),
        Some(when) => match timed(model, when, rest.trim()) {
            Ok((to, after)) => forward(when, Some(to.to_owned()), after, effects),
            Err(why) => say(model, Mood::Warn, why.to_string()),
        },
        None if off(text) => {
            for when in ForwardWhen::ALL.into_iter().filter(|when| model.rules.rules.to(*when).is_some()) {
                forward(when, None, None, effects);
            }
        }
        None => say(model, Mood::Warn, texts::no_such_case(&printable(first, 40))),
    }
}

/// Takes the time off the end of what follows `no-answer`: `carol 30s`. A number alone is one, too, behind a name that is
/// known: names may end in numbers.
fn timed<'a>(model: &Model, when: ForwardWhen, text: &'a str) -> Result<(&'a str, Option<ForwardAfter>), NotATime> {
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = |name: &str, last: &str| match last.strip_suffix('s') {
        Some(count) => is_number(count),
        None => is_number(last) && is_known(model, name) && !is_known(model, text),
    };
    match text.rsplit_once(' ').map(|(name, last)| (name.trim_end(), last)) {
        Some((name, last)) if when == ForwardWhen::NoAnswer && is_time(name, last) => Ok((name, Some(last.parse()?))),
        _ => Ok((text, None)),
    }
}

/// Whether a friend is called so, or somebody the rules name.
fn is_known(model: &Model, name: &str) -> bool {
    let name = name.to_lowercase();
    let friends = model.friends.list.iter().map(|friend| &friend.person);
    friends.chain(&model.rules.people).any(|person| {
        let names = [person.identity.as_str(), person.name.as_str(), person.display_name.as_str()];
        names.iter().any(|known| known.to_lowercase() == name)
    })
}

/// `except` as typed: a name, or a name and `off`.
pub(super) fn except_named(text: &str, effects: &mut Vec<Effect>) {
    let (who, on) = text.strip_suffix(" off").map_or((text, true), |who| (who.trim_end(), false));
    effects.push(Effect::Phone(Command::Except { who: who.to_owned(), on }));
}

/// `let pick up` as typed.
pub(super) fn let_pick_up(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    match texts::PICK_UP_BY.into_iter().find(|by| texts::pick_up_by(*by) == text) {
        Some(by) => effects.push(Effect::Phone(Command::LetPickUp(by))),
        None => say(model, Mood::Warn, texts::no_such_people(&printable(text, 40))),
    }
}

/// The rules, as the phone told them: what is another than before is news. It is said, too: nothing else on a small
/// screen shows that what was typed is done.
pub(super) fn told(model: &mut Model, rules: AccountRules) {
    let before = std::mem::replace(&mut model.rules, rules);
    // Of what was so before the start, only where calls go; the rest is listed where somebody asks.
    let known = std::mem::replace(&mut model.rules_known, true);
    for (mood, text) in news(&before, &model.rules, known) {
        say(model, mood, text);
    }
    if let Some(Popup::Rules(selected)) = &mut model.popup {
        *selected = (*selected).min(rule_rows(&model.rules).len().saturating_sub(1));
    }
}

/// What is another than before, of those who are let ring or pick up only once they were `known`. That all calls are
/// forwarded comes last, and so is what is read.
fn news(before: &AccountRules, now: &AccountRules, known: bool) -> Vec<(Mood, String)> {
    let mut news = Vec::new();
    if known && before.rules.pick_up != now.rules.pick_up {
        news.push((Mood::Plain, texts::picked_up_by(now.rules.pick_up).to_owned()));
    }
    for (one, other, on) in [(before, now, false), (now, before, true)] {
        for who in one.rules.except.iter().filter(|who| known && !other.rules.except.contains(who)) {
            let name = one.person(who).map_or(who.as_str(), |person| person.display_name.as_str());
            news.push((Mood::Plain, texts::excepted(name, on)));
        }
    }
    for when in ForwardWhen::ALL.into_iter().rev() {
        let (was, to) = (before.rules.to(when), now.rules.to(when));
        let after = now.rules.after_seconds;
        let later = when == ForwardWhen::NoAnswer && to.is_some() && before.rules.after_seconds != after;
        if was != to || later {
            let mood = if when == ForwardWhen::Always { Mood::Warn } else { Mood::Plain };
            news.push((mood, texts::goes(when, texts::to(now, when), after)));
        }
    }
    news
}
