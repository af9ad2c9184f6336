//! Lines of a script, read. What can't be read is named with its line, its column, and what was probably meant.

use std::fmt;

use super::{Line, Step, wait, words};
use crate::base::duration;
use crate::config::nearest;
use crate::domain::text::printable;

/// The longest line, in bytes.
pub const LONGEST: usize = 4096;

/// The most lines of a script, those that ask for nothing included.
pub const MOST: usize = 100_000;

/// What a script may name that is known elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    /// The events of `wait-for event`.
    pub events: &'static [&'static str],
    /// Reads an expression of `expect`; what is wrong with it otherwise.
    pub expectation: fn(&str) -> Result<(), String>,
}

/// Something in a script that can't be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
    /// What is the matter with it: a sentence without its full stop.
    pub what: String,
}

/// A mistake within a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Slip {
    pub(super) column: usize,
    pub(super) what: String,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// The column it begins in.
    pub(super) column: usize,
    /// Whether it stands between quotes.
    pub(super) quoted: bool,
}

/// Reads a script. What asks for nothing, empty lines and those that begin with `#`, is left out.
///
/// # Errors
/// With all mistakes, in their order; none is hidden by another, but for those in one line.
pub fn script(text: &str, known: Known) -> Result<Vec<Line>, Vec<Mistake>> {
    let mut lines = Vec::new();
    let mut mistakes = Vec::new();
    for (number, text) in (1..).zip(text.lines()) {
        if number > MOST {
            mistakes.push(Mistake { line: number, column: 1, what: format!("a script has at most {MOST} lines") });
            break;
        }
        match line(number, text, known) {
            Ok(read) => lines.extend(read),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(lines) } else { Err(mistakes) }
}

/// Reads a line; `None` when it asks for nothing.
///
/// # Errors
/// When it can't be read.
pub fn line(number: usize, text: &str, known: Known) -> Result<Option<Line>, Mistake> {
    let read = || {
        if text.len() > LONGEST {
            return Err(slip(1, format!("a line has at most {LONGEST} bytes")));
        }
        let bare = text.trim_start_matches('\u{feff}').trim();
        if bare.is_empty() || bare.starts_with('#') {
            return Ok(None);
        }
        let step = step(text, &split(text)?, known)?;
        Ok(Some(Line { number, words: printable(bare, LONGEST), step }))
    };
    read().map_err(|Slip { column, what }| Mistake { line: number, column, what })
}

fn step(text: &str, line: &[Word], known: Known) -> Result<Step, Slip> {
    let Some((first, rest)) = line.split_first() else { return Err(slip(1, "there are no words in it")) };
    match first.text.as_str() {
        "wait-for" => wait::read(first, rest, known).map(Step::WaitFor),
        "sleep" => {
            let (word, more) = first_of(rest, first, "say how long, such as 2s")?;
            no_more(more)?;
            time(word).map(Step::Sleep)
        }
        "expect" => {
            let (word, _) = first_of(rest, first, "say what, such as heard_ms>1000")?;
            // Blanks may stand around the comparison.
            let expression =
                text.chars().skip(word.column - 1).collect::<String>().trim().trim_matches('\'').to_owned();
            (known.expectation)(&expression).map_err(|why| slip(word.column, printable(&why, 1000)))?;
            Ok(Step::Expect(expression))
        }
        verb if words::is_verb(verb) => words::read(first, rest).map(Step::Order),
        verb => {
            let verbs = words::verbs().chain(["wait-for", "sleep", "expect"]);
            Err(slip(first.column, unknown(verb, "no command", verbs)))
        }
    }
}

/// Splits a line into words; what holds blanks is put between double quotes.
fn split(text: &str) -> Result<Vec<Word>, Slip> {
    let mut words = Vec::new();
    let mut chars = (1..).zip(text.chars().filter(|c| *c != '\u{feff}')).peekable();
    while let Some((column, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut text = String::new();
        if c == '"' {
            loop {
                match chars.next() {
                    None => return Err(slip(column, "this quote is not closed")),
                    Some((_, '"')) => break,
                    Some((_, '\\')) => text.extend(chars.next().map(|(_, escaped)| escaped)),
                    Some((_, c)) => text.push(c),
                }
            }
            if let Some((at, _)) = chars.peek().filter(|(_, c)| !c.is_whitespace()) {
                return Err(slip(*at, "a blank belongs behind a closed quote"));
            }
        } else {
            text.push(c);
            while let Some((_, c)) = chars.next_if(|(_, c)| !c.is_whitespace()) {
                text.push(c);
            }
        }
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return Err(slip(column, format!("the character U+{:04X} has no place in a script", u32::from(c))));
        }
        words.push(Word { text, column, quoted: c == '"' });
    }
    Ok(words)
}

/// A word as it is written so that [`split`] reads it again.
pub(super) fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && !word.starts_with(['"', '#', '-']) && !word.contains(char::is_whitespace);
    // Somebody may be called like a word that means something where names stand.
    if plain && !matches!(word, "within" | "off") {
        return word.to_owned();
    }
    let escaped: String =
        word.chars().flat_map(|c| [Some('\\').filter(|_| matches!(c, '"' | '\\')), Some(c)]).flatten().collect();
    format!("\"{escaped}\"")
}

pub(super) fn slip(column: usize, what: impl Into<String>) -> Slip {
    Slip { column, what: what.into() }
}

/// The first of the words behind `before`.
pub(super) fn first_of<'a>(rest: &'a [Word], before: &Word, what: &str) -> Result<(&'a Word, &'a [Word]), Slip> {
    let behind = before.column + before.text.chars().count() + 1;
    rest.split_first()
        .ok_or_else(|| slip(behind, format!("something is missing behind `{}`: {what}", printable(&before.text, 40))))
}

pub(super) fn no_more(rest: &[Word]) -> Result<(), Slip> {
    match rest.first() {
        None => Ok(()),
        Some(word) => Err(slip(
            word.column,
            format!(
                "`{}` is one word too many; what holds blanks is put between quotes: \"Bob Smith\"",
                printable(&word.text, 40)
            ),
        )),
    }
}

pub(super) fn time(word: &Word) -> Result<std::time::Duration, Slip> {
    duration::parse(&word.text).map_err(|why| slip(word.column, format!("`{}`: {why}", printable(&word.text, 40))))
}

/// What is said of a word that is none of those there are.
pub(super) fn unknown<'a>(word: &str, what: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    let shown = printable(word, 40);
    match nearest(&word.to_lowercase(), known.iter().copied()) {
        Some(meant) => format!("`{shown}` is {what}; did you mean `{meant}`?"),
        None => format!("`{shown}` is {what}; there are: {}", known.join(", ")),
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} ({})", self.number, self.words)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::{Until, WaitFor};
    use super::*;
    use crate::outside::order::Order;

    const KNOWN: Known = Known {
        events: &["dtmf", "participant"],
        expectation: |text| if text.contains('>') { Ok(()) } else { Err("use FIELD and a number".to_owned()) },
    };

    #[track_caller]
    fn read(text: &str) -> Step {
        line(1, text, KNOWN).unwrap_or_else(|why| panic!("{text}: {why}")).unwrap().step
    }

    #[track_caller]
    fn mistake(text: &str) -> (usize, String) {
        let mistake = line(7, text, KNOWN).expect_err(text);
        assert_eq!(mistake.line, 7);
        (mistake.column, mistake.what)
    }

    #[test]
    fn lines_are_orders_waits_pauses_and_expectations() {
        let Step::Order(asked) = read("  transfer \"Carol \\\"C\\\" Jones\" --call 2 ") else { panic!() };
        assert_eq!(asked.order, Order::Transfer { to: "Carol \"C\" Jones".to_owned() });
        assert_eq!(asked.call.as_deref(), Some("2"));
        assert_eq!(read("sleep 1m30s"), Step::Sleep(Duration::from_secs(90)));
        assert_eq!(read("expect heard_ms > 1000"), Step::Expect("heard_ms > 1000".to_owned()));
        assert_eq!(read("expect 'heard_ms>1000'"), Step::Expect("heard_ms>1000".to_owned()));
        let until = Until::Dtmf("#".to_owned());
        assert_eq!(read("wait-for dtmf # within 5s"), Step::WaitFor(WaitFor { until, within: Duration::from_secs(5) }));
        for nothing in ["", "   ", "# call bob", "\t# x", "\u{feff}"] {
            assert_eq!(line(1, nothing, KNOWN), Ok(None), "{nothing:?}");
        }
    }

    #[test]
    fn mistakes_say_where_and_what_was_meant() {
        for (text, column, what) in [
            ("cal bob", 1, "`cal` is no command; did you mean `call`?"),
            ("  waitfor connected", 3, "did you mean `wait-for`?"),
            ("explode", 1, "there are: answer"),
            ("call", 6, "something is missing behind `call`"),
            ("call bob smith", 10, "`smith` is one word too many"),
            ("call \"bob", 6, "this quote is not closed"),
            ("call \"bob\"x", 11, "a blank belongs behind a closed quote"),
            ("sleep 2", 7, "`2`: use a number and a unit"),
            ("sleep", 7, "say how long"),
            ("wait-for conected", 10, "did you mean `connected`?"),
            ("wait-for event dtfm", 16, "did you mean `dtmf`?"),
            ("wait-for", 10, "say for what"),
            ("wait-for dtmf 5 within", 24, "say how long"),
            ("wait-for dtmf x", 15, "not a DTMF tone"),
            ("wait-for dtmf \"\"", 15, "say which tones"),
            ("dtmf \"\"", 6, "say which tones"),
            ("wait-for incoming bob", 19, "say `from bob`"),
            ("wait-for sound", 16, "say how long"),
            ("expect beauty", 8, "use FIELD"),
            ("pick-up 21", 9, "slots 1 to 20"),
            ("mute maybe", 6, "on or off"),
            ("hold --cal 2", 6, "did you mean `--call`?"),
            ("hold --call", 13, "say which"),
            ("presence gone", 10, "there are: online, away, dnd"),
            ("call b\u{7}b", 6, "U+0007"),
        ] {
            let (at, told) = mistake(text);
            assert!(at == column && told.contains(what), "{text}: column {at}: {told}");
        }
        let long = "x".repeat(LONGEST + 1);
        assert!(mistake(&long).1.contains("at most 4096 bytes"));
    }

    #[test]
    fn all_mistakes_of_a_script_are_told() {
        let text = "call bob\n\n# fine\nhangpu\nwait-for nothing\nhangup\n";
        let mistakes = script(text, KNOWN).unwrap_err();
        assert_eq!(mistakes.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(mistakes[0].to_string(), "line 4, column 1: `hangpu` is no command; did you mean `hangup`?");
        let lines = script("call bob\r\n\n  hangup", KNOWN).unwrap();
        assert_eq!(
            lines.iter().map(|line| (line.number, line.words.as_str())).collect::<Vec<_>>(),
            [(1, "call bob"), (3, "hangup")]
        );
        let many = "hangup\n".repeat(MOST + 1);
        assert_eq!(script(&many, KNOWN).unwrap_err()[0].line, MOST + 1);
    }

    #[test]
    fn what_is_quoted_is_read_as_it_was() {
        for word in ["bob", "Bob Smith", "a\"b", "\\", "", "#1", "--call", "8:acs:1_2", "say \"x\\y\" "] {
            let words = split(&format!("call {}", quoted(word))).unwrap();
            assert_eq!(words[1].text, word, "{word:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(?s).{0,200}") {
            let read = script(&text, KNOWN);
            if let Err(mistakes) = read {
                proptest::prop_assert!(!mistakes.is_empty());
            }
        }

        #[test]
        fn every_name_survives(name in "[^\\x00-\\x1f\\x7f]{1,40}") {
            let line = format!("call {}", quoted(&name));
            if !name.chars().any(|c| c.is_control() || c == '\u{feff}') {
                let words = split(&line).unwrap();
                proptest::prop_assert_eq!(&words[1].text, &name);
            }
        }
    }
}
