//! A line of text being typed.

/// The longest line, in characters: a note about a call has at most 500.
const LONGEST: usize = 500;

/// A line of text with a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Input {
    text: String,
    /// A byte index on a character boundary.
    cursor: usize,
}

impl Input {
    /// A line that holds `text`, the cursor behind it.
    pub fn new(text: &str) -> Self {
        let mut input = Self::default();
        input.insert(text);
        input
    }

    /// The text as typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text without blanks around it.
    pub fn trimmed(&self) -> &str {
        self.text.trim()
    }

    /// The text before the cursor.
    pub fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Types `text`: line breaks become blanks, what steers a terminal is dropped.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }) {
            let harmless = c == ' ' || !crate::domain::text::printable(c.encode_utf8(&mut [0; 4]), 1).is_empty();
            if harmless && self.text.chars().count() < LONGEST {
                self.text.insert(self.cursor, c);
                self.cursor += c.len_utf8();
            }
        }
    }

    /// Takes the character before the cursor away.
    pub fn backspace(&mut self) {
        if let Some(c) = self.before_cursor().chars().next_back() {
            self.cursor -= c.len_utf8();
            self.text.remove(self.cursor);
        }
    }

    /// Takes the character at the cursor away.
    pub fn delete(&mut self) {
        if self.cursor < self.text.len() {
            self.text.remove(self.cursor);
        }
    }

    /// Takes the word before the cursor away.
    pub fn delete_word(&mut self) {
        let kept = self.before_cursor().trim_end();
        let start = kept.rfind(' ').map_or(0, |blank| blank + 1);
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    /// Takes everything away.
    pub fn clear(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    /// Moves the cursor one character back.
    pub fn left(&mut self) {
        self.cursor -= self.before_cursor().chars().next_back().map_or(0, char::len_utf8);
    }

    /// Moves the cursor one character on.
    pub fn right(&mut self) {
        self.cursor += self.text[self.cursor..].chars().next().map_or(0, char::len_utf8);
    }

    /// Moves the cursor to the start.
    pub fn home(&mut self) {
        self.cursor = 0;
    }

    /// Moves the cursor to the end.
    pub fn end(&mut self) {
        self.cursor = self.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_edited_where_the_cursor_is() {
        let mut input = Input::new("añb");
        input.left();
        input.backspace();
        input.insert("日");
        assert_eq!((input.text(), input.before_cursor()), ("a日b", "a日"));
        input.home();
        input.delete();
        input.right();
        input.right();
        input.left();
        assert_eq!((input.text(), input.before_cursor()), ("日b", "日"));
    }

    #[test]
    fn words_are_deleted_whole() {
        let mut input = Input::new("call bob  ");
        input.delete_word();
        assert_eq!(input.text(), "call ");
        input.delete_word();
        assert_eq!(input.text(), "");
        input.delete_word();
    }

    #[test]
    fn pasted_text_is_harmless_and_bounded() {
        let mut input = Input::new("a\u{1b}[2J\nb\u{202e}");
        assert_eq!(input.text(), "a[2J b");
        input.insert(&"x".repeat(1000));
        assert_eq!(input.text().chars().count(), LONGEST);
    }
}
