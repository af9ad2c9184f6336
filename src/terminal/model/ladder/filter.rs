//! What the ladder is narrowed by: `call:ID`, `kind:notice`, words that the row shows, and `in:word` for one that is
//! anywhere in the message. All must fit.

use uuid::Uuid;

use crate::domain::id::CallId;
use crate::phone::evidence::entry::{Entry, Kind, What};
use crate::phone::evidence::export::{self, CALL_NAME};

/// A filter, read from what is typed.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Beginnings of the ids of calls.
    calls: Vec<String>,
    /// Beginnings of kinds.
    kinds: Vec<String>,
    /// Words that are shown.
    words: Vec<Word>,
    /// Words that are anywhere in the message.
    within: Vec<Word>,
}

impl Filter {
    /// Reads it.
    pub(crate) fn new(typed: &str) -> Self {
        let mut filter = Self::default();
        for word in typed.split_whitespace().map(str::to_ascii_lowercase) {
            if let Some(call) = word.strip_prefix("call:") {
                filter.calls.push(call.to_owned());
            } else if let Some(kind) = word.strip_prefix("kind:") {
                filter.kinds.push(kind.to_owned());
            } else if let Some(within) = word.strip_prefix("in:") {
                filter.within.push(Word::new(within.to_owned()));
            } else {
                filter.words.push(Word::new(word));
            }
        }
        filter
    }

    /// Whether typing on can only show less: a word may still become a `call:` or the like, which is something else.
    pub(crate) fn only_narrows(&self) -> bool {
        self.calls.is_empty() && self.kinds.is_empty() && self.within.is_empty()
    }

    /// Whether an entry is shown.
    pub(crate) fn fits(&self, entry: &Entry) -> bool {
        if self.kinds.is_empty() && super::is_routine(entry) {
            return false;
        }
        let of_call = |start: &String| entry.call.is_some_and(|call| call.to_string().starts_with(start));
        self.calls.iter().all(of_call)
            && self.kinds.iter().all(|kind| export::kind(entry).starts_with(kind.as_str()))
            && self.words.iter().all(|word| word.is_shown(entry))
            && self.within.iter().all(|word| word.is_said(entry))
    }
}

/// A word that is looked for, in small letters; ASCII letters count alike.
#[derive(Debug)]
struct Word {
    text: String,
    /// Where in it the byte is that is rarest in messages.
    rare: usize,
}

/// The bytes that messages are full of, the most frequent last; any other is rare.
const FREQUENT: &[u8] = b"zqxjkvbw98765gyph34fmu21ldcsrnot0iae:_\",";

impl Word {
    fn new(text: String) -> Self {
        let frequency = |at: &usize| FREQUENT.iter().position(|byte| *byte == text.as_bytes()[*at]);
        let rare = (0..text.len()).min_by_key(frequency).unwrap_or(0);
        Self { text, rare }
    }

    /// Whether `text` holds it.
    fn is_in(&self, text: &str) -> bool {
        let (word, text) = (self.text.as_bytes(), text.as_bytes());
        let Some(rare) = word.get(self.rare) else { return true };
        memchr::memchr2_iter(*rare, rare.to_ascii_uppercase(), text).any(|at| {
            let found = at.checked_sub(self.rare).and_then(|start| text.get(start..start + word.len()));
            found.is_some_and(|found| found.eq_ignore_ascii_case(word))
        })
    }

    /// Whether the row of an entry shows it. Of a message, its name is shown in words: none of them is lost by looking
    /// into the name itself.
    fn is_shown(&self, entry: &Entry) -> bool {
        let said = match &entry.what {
            What::Frame(frame) if frame.kind != Kind::Failure => self.is_in(&frame.name) || self.is_in(&frame.gist),
            What::Frame(frame) => self.is_in(&export::label(entry)) || self.is_in(&frame.gist),
            _ => self.is_in(&export::label(entry)),
        };
        said || entry.call.is_some_and(|call| self.names(call))
    }

    /// Whether it is in the beginning of a call's id, as that is shown.
    fn names(&self, call: CallId) -> bool {
        let mut buffer = Uuid::encode_buffer();
        let shown = &call.0.hyphenated().encode_lower(&mut buffer)[..CALL_NAME];
        self.text.len() <= CALL_NAME && shown.contains(&self.text)
    }

    /// Whether an entry says it at all. The text of a frame names its kind and its name, too.
    fn is_said(&self, entry: &Entry) -> bool {
        match &entry.what {
            What::Frame(frame) => self.is_in(frame.json.text()),
            _ => self.is_shown(entry),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn words_are_found_in_any_letters() {
        for (text, word, found) in [
            ("call_start", "start", true),
            ("Bob Smith", "bob", true),
            ("BOB", "bob", true),
            ("bo", "bob", false),
            ("abobo bob", "obob", false),
            ("abobob", "obob", true),
            ("x", "", true),
            ("", "x", false),
            ("Ünique", "ünique", false),
            ("日本", "本", true),
        ] {
            assert_eq!(Word::new(word.to_owned()).is_in(text), found, "{word} in {text}");
        }
    }
}
