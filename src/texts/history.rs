//! Past calls: how one went, and all of them as a table for spreadsheets.

use serde::Serialize;

use super::clock::rfc3339;
use super::{end, state};
use crate::domain::group::GroupName;
use crate::domain::record::CallRecord;

/// How a call went: a word or two, with who answered instead.
pub fn how(record: &CallRecord) -> String {
    match &record.answered_by {
        Some(person) => format!("answered by {}", person.display_name),
        None => state::outcome(record.outcome).to_owned(),
    }
}

/// Why a call ended, as a sentence; `None` while it goes on.
pub fn why_ended(record: &CallRecord) -> Option<String> {
    record.end.map(|reason| end::ending(reason, record.direction, state::peer(&record.with)).what)
}

/// How a call ended and who answered it, in sentences; empty while it goes on.
pub fn told(record: &CallRecord) -> String {
    let answered = record.answered_by.as_ref().map(|person| format!("Answered by {}.", person.display_name));
    let told: Vec<String> = answered.into_iter().chain(why_ended(record)).collect();
    told.join(" ")
}

/// What is told beside a call where there is little room: who answered instead, and the note.
pub fn beside(record: &CallRecord) -> String {
    let by = record.answered_by.as_ref().map(|person| format!("by {}", person.display_name));
    let note = record.note.as_ref().map(|note| note.as_str().to_owned());
    by.into_iter().chain(note).collect::<Vec<_>>().join(": ")
}

/// What stands before a note about somebody, written at a call `when`.
pub fn note_about(who: &str, when: &str) -> String {
    format!("note about {who}, {when}:")
}

/// What the entry for a note says; `there` is one already.
pub fn note_hint(who: &str, there: bool) -> String {
    let emptied = if there { " Emptied, the note is taken away." } else { "" };
    format!("It is shown when {who} calls or is called again, and found by searching.{emptied}")
}

/// How long they talked, ms.
pub fn talked(record: &CallRecord) -> i64 {
    record.answered_at.zip(record.ended_at).map_or(0, |(answered, ended)| ended.since(answered).max(0))
}

/// The first row of the table.
const HEAD: [&str; 15] = [
    "call_id",
    "direction",
    "outcome",
    "started",
    "answered",
    "ended",
    "seconds",
    "display_name",
    "name",
    "identity",
    "group",
    "group_id",
    "answered_by",
    "end",
    "note",
];

/// The calls as comma-separated values (RFC 4180), with a head row. Instants are UTC (RFC 3339). A text that a spreadsheet
/// would take for a formula gets an apostrophe before it.
pub fn csv<'a>(records: impl IntoIterator<Item = &'a CallRecord>) -> String {
    let mut table = row(&HEAD.map(str::to_owned));
    for record in records {
        table.push_str(&row(&fields(record)));
    }
    table
}

fn fields(record: &CallRecord) -> [String; HEAD.len()] {
    let (person, group) = (record.with.person(), record.with.group());
    let of_person = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let instant = |at: Option<_>| at.map(rfc3339).unwrap_or_default();
    [
        record.call_id.to_string(),
        word(&record.direction),
        word(&record.outcome),
        rfc3339(record.started_at),
        instant(record.answered_at),
        instant(record.ended_at),
        format!("{:.1}", talked(record) as f64 / 1000.0),
        of_person(person.map(|person| person.display_name.as_str())),
        of_person(person.map(|person| person.name.as_str())),
        of_person(person.map(|person| person.identity.as_str())),
        of_person(group.and_then(|group| group.name.as_ref()).map(GroupName::as_str)),
        group.map(|group| group.id.to_string()).unwrap_or_default(),
        of_person(record.answered_by.as_ref().map(|person| person.display_name.as_str())),
        why_ended(record).unwrap_or_default(),
        of_person(record.note.as_ref().map(|note| note.as_str())),
    ]
}

/// The word a value has on the wire and in JSON.
fn word(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default().trim_matches('"').to_owned()
}

fn row(fields: &[String]) -> String {
    let fields: Vec<String> = fields.iter().map(|text| field(text)).collect();
    fields.join(",") + "\r\n"
}

fn field(text: &str) -> String {
    // The wide forms count as well where East Asian input is at home.
    let formula = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let guard = if text.starts_with(formula) { "'" } else { "" };
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::call::{Direction, Peer};
    use crate::domain::end_reason::EndReason;
    use crate::domain::group::GroupRef;
    use crate::domain::id::{CallId, GroupId};
    use crate::domain::person::Person;
    use crate::domain::record::Outcome;
    use crate::domain::time::UnixMillis;

    fn person(name: &str, shown: &str) -> Person {
        Person::new(format!("8:{name}").parse().unwrap(), name.parse().unwrap(), shown.into())
    }

    fn record(with: Peer, note: &str) -> CallRecord {
        CallRecord {
            call_id: CallId(Uuid::nil()),
            with,
            direction: Direction::Outgoing,
            outcome: Outcome::Answered,
            started_at: UnixMillis(0),
            answered_at: Some(UnixMillis(1500)),
            ended_at: Some(UnixMillis(4000)),
            end: Some(EndReason::HUNG_UP),
            answered_by: None,
            note: note.parse().ok(),
        }
    }

    #[test]
    fn a_call_is_one_row_of_the_table() {
        let mut answered = record(Peer::Person(person("bob", "Smith, \"Bob\"")), "");
        answered.answered_by = Some(person("carol", "Carol"));
        assert_eq!(how(&answered), "answered by Carol");
        let group = GroupRef { id: GroupId(Uuid::nil()), name: Some("Ops".parse().unwrap()) };
        let nil = "00000000-0000-0000-0000-000000000000";
        let begin = format!("{nil},outgoing,answered,1970-01-01T00:00:00.000Z,1970-01-01T00:00:01.500Z,");
        let begin = format!("{begin}1970-01-01T00:00:04.000Z,2.5,");
        let expected = format!(
            "call_id,direction,outcome,started,answered,ended,seconds,display_name,name,identity,group,group_id,\
             answered_by,end,note\r\n\
             {begin}\"Smith, \"\"Bob\"\"\",bob,8:bob,,,Carol,The call ended normally.,\r\n\
             {begin},,,Ops,{nil},,The call ended normally.,\"wants a refund, soon\"\r\n"
        );
        assert_eq!(csv(&[answered, record(Peer::Group(group), "wants a refund, soon")]), expected);
    }

    #[test]
    fn nothing_is_taken_for_a_formula() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("+49 30 1", "'+49 30 1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("=cmd|'/c calc'!A1,\"x\"", "\"'=cmd|'/c calc'!A1,\"\"x\"\"\""),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(field(text), safe);
        }
        let noted = csv(&[record(Peer::Person(person("bob", "=HYPERLINK(\"http://h\")")), "@x")]);
        assert!(noted.contains(",\"'=HYPERLINK(\"\"http://h\"\")\",") && noted.ends_with(",'@x\r\n"), "{noted}");
    }
}
