//! What is told because somebody asked: lists, help, the link of a group.

use super::{news, whereabouts};
use crate::domain::call::Peer;
use crate::domain::person::Friend;
use crate::domain::presence::PresenceState;
use crate::domain::record::CallRecord;
use crate::terminal::message::Subject;
use crate::terminal::model::{ContactRow, Model, Pane, title};
use crate::terminal::update::words;
use crate::texts::contacts as texts;
use crate::texts::{clock, group, history, organisation, plain, share, state};

/// How many past calls, and events, are listed at the most.
const MOST: usize = 20;

/// Tells of a subject.
pub(super) fn tell(model: &Model, subject: &Subject, lines: &mut Vec<String>) {
    match subject {
        Subject::Where => whereabouts::tell(model, lines),
        Subject::Help(word) => help(model, word, lines),
        Subject::List(Pane::Friends) => friends(model, lines),
        Subject::List(Pane::Groups) => groups(model, lines),
        Subject::List(Pane::People) => people(model, lines),
        Subject::List(Pane::History) => calls(model, lines),
        Subject::List(Pane::Events) => events(model, lines),
        Subject::Contacts => contacts(model, lines),
        Subject::Rules => whereabouts::rules(model, lines),
        Subject::Quality => whereabouts::quality_of(model, lines),
        Subject::Microphone => {
            let heard = model.board.active().or_else(|| model.call());
            lines.extend(heard.map(|live| news::microphone(model, live)));
        }
        Subject::Share(card) => {
            lines.push(plain::share(&title(&card.group), &card.link, &card.group.code.to_string()));
            if card.reach == crate::phone::event::LinkReach::ThisMachine {
                lines.push(news::sentence(share::this_machine_only()));
            }
        }
        Subject::Said(text) => lines.push(text.clone()),
        // The question itself is told where questions are.
        Subject::Question => {}
    }
}

/// A list with its head; or that it is empty.
fn list(lines: &mut Vec<String>, what: &str, numbers: bool, rows: Vec<String>) {
    if rows.is_empty() {
        return lines.push(plain::empty(what));
    }
    lines.push(plain::list(rows.len(), what, numbers));
    lines.extend((1..).zip(rows).map(|(number, row)| plain::row(number, &row)));
}

fn friends(model: &Model, lines: &mut Vec<String>) {
    list(lines, "friends", true, model.friends.shown().map(|row| friend(model, row)).collect());
}

fn friend(model: &Model, friend: &Friend) -> String {
    let name = organisation::named(&friend.person, model.me.as_ref());
    let presence = state::presence(friend.presence.state);
    let seen = friend.presence.last_seen.filter(|_| friend.presence.state == PresenceState::Offline);
    let seen =
        seen.map_or_else(String::new, |at| format!(", seen {}", clock::moment(at, model.now, model.look.offset)));
    let favourite = friend.favourite.map_or_else(String::new, |number| format!(", {}", plain::favourite(number)));
    format!("{name}, {presence}{seen}{favourite}")
}

fn contacts(model: &Model, lines: &mut Vec<String>) {
    let row = |row: ContactRow<'_>| {
        let what = match row {
            ContactRow::Asks(_) => texts::ROWS[0],
            ContactRow::Asked(_) => texts::ROWS[1],
            ContactRow::Blocked(_) => texts::ROWS[2],
        };
        format!("{}, {what}", row.person().display_name)
    };
    list(lines, "friend requests and blocked people", false, model.contacts.rows().into_iter().map(row).collect());
}

fn groups(model: &Model, lines: &mut Vec<String>) {
    let rows = model.groups.list.iter().map(|row| {
        let names: Vec<&str> = row.here.iter().map(|person| person.display_name.as_str()).collect();
        let here = group::here(names.len());
        if names.is_empty() {
            format!("{}, {here}", title(&row.group))
        } else {
            format!("{}, {here}: {}", title(&row.group), names.join(", "))
        }
    });
    list(lines, "groups", true, rows.collect());
}

fn people(model: &Model, lines: &mut Vec<String>) {
    let Some(call) = model.group_call() else { return };
    let rows = call.view.participants.iter().map(|row| {
        let person = &row.participant;
        let speaks = call.roster.speakers.contains(&row.number);
        let name = organisation::named(&person.person, model.me.as_ref());
        format!("{name}, {}", state::participant(person.state, speaks, person.muted))
    });
    list(lines, "others in the call", false, rows.collect());
}

fn calls(model: &Model, lines: &mut Vec<String>) {
    if !model.history.loaded {
        return lines.push(plain::CALLS_COME.to_owned());
    }
    list(
        lines,
        "calls",
        true,
        model.history.shown().into_iter().take(MOST).map(|record| call(model, record)).collect(),
    );
}

fn call(model: &Model, record: &CallRecord) -> String {
    let when = clock::moment(record.started_at, model.now, model.look.offset);
    let who = match &record.with {
        Peer::Person(person) => person.display_name.as_str(),
        peer @ Peer::Group(_) => state::peer(peer),
    };
    let talked = history::talked(record);
    let long = if talked > 0 { format!(", {}", clock::span(talked)) } else { String::new() };
    let note = record.note.as_ref().map_or_else(String::new, |note| format!(", {}", plain::noted(note.as_str())));
    let how = match &record.answered_by {
        Some(_) => history::how(record),
        None => history::how(record).to_lowercase(),
    };
    format!("{when}, {} {who}, {how}{long}{note}", state::direction(record.direction))
}

fn events(model: &Model, lines: &mut Vec<String>) {
    let entries = &model.events.entries;
    let newest = entries.iter().skip(entries.len().saturating_sub(MOST));
    lines.extend(
        newest.map(|entry| {
            format!("{}: {}", clock::time_of_day(entry.at, model.look.offset), news::sentence(&entry.text))
        }),
    );
}

/// All the words, or one.
fn help(model: &Model, asked: &str, lines: &mut Vec<String>) {
    let told = |row: &crate::terminal::keys::Row| {
        plain::word(row.words, row.argument, plain::help_instead(row.name).unwrap_or(row.help))
    };
    let own = plain::OWN_WORDS.iter().map(|(word, help)| (*word, plain::word(&[word], "", help)));
    if asked.is_empty() {
        let now = words().filter(|row| !row.hint.is_empty() && model.offers(row.action)).take(8);
        lines.push(plain::help(&now.map(|row| row.words[0]).collect::<Vec<_>>()));
        lines.extend(own.map(|(_, line)| line));
        lines.extend(words().filter(|row| row.name != "help").map(told));
        return;
    }
    let before = lines.len();
    lines.extend(own.filter(|(word, _)| *word == asked).map(|(_, line)| line));
    let is_it = |row: &&crate::terminal::keys::Row| row.name != "help" && row.words.contains(&asked);
    lines.extend(words().filter(is_it).map(told));
    if lines.len() == before {
        let like = words().flat_map(|row| row.words.iter().copied()).filter(|word| word.contains(asked)).take(3);
        lines.push(plain::no_command(asked, &like.collect::<Vec<_>>()));
    }
}
