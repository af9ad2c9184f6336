//! What the ladder is narrowed by: `call:ID`, `kind:notice`, and words that are somewhere in the message. All must fit.

use crate::phone::evidence::entry::{Entry, What};
use crate::phone::evidence::export;

/// A filter, read from what is typed.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    /// Beginnings of the ids of calls.
    calls: Vec<String>,
    /// Beginnings of kinds.
    kinds: Vec<String>,
    /// Words, in small letters.
    words: Vec<String>,
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
            } else {
                filter.words.push(word);
            }
        }
        filter
    }

    /// Whether typing on can only show less: a word may still become a `call:` or a `kind:`, which are something else.
    pub(crate) fn only_narrows(&self) -> bool {
        self.calls.is_empty() && self.kinds.is_empty()
    }

    /// Whether an entry is shown.
    pub(crate) fn fits(&self, entry: &Entry) -> bool {
        if self.kinds.is_empty() && super::is_routine(entry) {
            return false;
        }
        let of_call = |start: &String| entry.call.is_some_and(|call| call.to_string().starts_with(start));
        self.calls.iter().all(of_call)
            && self.kinds.iter().all(|kind| export::kind(entry).starts_with(kind.as_str()))
            && self.words.iter().all(|word| says(entry, word.as_bytes()))
    }
}

/// Whether a word is in what an entry says.
fn says(entry: &Entry, word: &[u8]) -> bool {
    match &entry.what {
        What::Frame(frame) => {
            holds(frame.name.as_bytes(), word)
                || holds(frame.json.text().as_bytes(), word)
                || holds(frame.kind.name().as_bytes(), word)
        }
        _ => holds(export::label(entry).as_bytes(), word) || holds(export::kind(entry).as_bytes(), word),
    }
}

/// Whether `text` holds `word`, which is in small letters; ASCII letters count alike.
fn holds(text: &[u8], word: &[u8]) -> bool {
    let Some((first, rest)) = word.split_first() else { return true };
    let upper = first.to_ascii_uppercase();
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| byte == first || *byte == upper) {
        let after = from + at + 1;
        if text.get(after..after + rest.len()).is_some_and(|follows| follows.eq_ignore_ascii_case(rest)) {
            return true;
        }
        from = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn words_are_found_in_any_letters() {
        for (text, word, found) in [
            ("call_start", "start", true),
            ("Bob Smith", "bob", true),
            ("BOB", "bob", true),
            ("bo", "bob", false),
            ("abobo bob", "obob", false),
            ("x", "", true),
            ("", "x", false),
            ("Ünique", "ünique", false),
            ("日本", "本", true),
        ] {
            assert_eq!(holds(text.as_bytes(), word.as_bytes()), found, "{word} in {text}");
        }
    }
}
