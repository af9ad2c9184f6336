//! A key, as it is pressed and as it is written in help and configuration.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventState, KeyModifiers};

/// A key with its modifiers. Shift is part of the character where it makes another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
}

/// Why a text names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no key: use a character, F1-F12, Enter, Esc, Space, Tab, Shift-Tab, Up, Down, Left, Right, PageUp, PageDown, Home, End, Delete, Backspace, with Ctrl- or Alt- before it"
)]
pub struct NotAKey(String);

const NAMED: &[(&str, KeyCode)] = &[
    ("Enter", KeyCode::Enter),
    ("Esc", KeyCode::Esc),
    ("Space", KeyCode::Char(' ')),
    ("Tab", KeyCode::Tab),
    ("Shift-Tab", KeyCode::BackTab),
    ("Up", KeyCode::Up),
    ("Down", KeyCode::Down),
    ("Left", KeyCode::Left),
    ("Right", KeyCode::Right),
    ("PageUp", KeyCode::PageUp),
    ("PageDown", KeyCode::PageDown),
    ("Home", KeyCode::Home),
    ("End", KeyCode::End),
    ("Delete", KeyCode::Delete),
    ("Backspace", KeyCode::Backspace),
    ("Comma", KeyCode::Char(',')),
];

impl Key {
    /// The character this key types into a text, if it types one.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// Whether this key types a character.
    pub fn types(self) -> bool {
        self.typed().is_some()
    }

    /// Whether this is a function key.
    pub fn is_function(self) -> bool {
        matches!(self.code, KeyCode::F(_))
    }

    /// Whether this key is one of the twelve of a telephone.
    pub(crate) fn is_tone(self) -> bool {
        matches!(self.typed(), Some('0'..='9' | '*' | '#'))
    }

    /// Whether this key is pressed without thinking.
    pub(crate) fn is_easy(self) -> bool {
        matches!(self.code, KeyCode::Enter | KeyCode::Char(' '))
    }

    /// The key itself, without modifiers.
    pub(crate) fn code(self) -> KeyCode {
        self.code
    }

    /// Whether Ctrl is held.
    pub(crate) fn ctrl(self) -> bool {
        self.ctrl
    }
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            KeyCode::Char(c) if ctrl => KeyCode::Char(c.to_ascii_lowercase()),
            // Terminals that tell of released keys leave Caps Lock to whoever reads the key.
            KeyCode::Char(c) if event.state.contains(KeyEventState::CAPS_LOCK) => KeyCode::Char(other_case(c)),
            code => code,
        };
        Self { code, ctrl, alt }
    }
}

/// The other one of a small letter and its capital; everything else as it is.
fn other_case(c: char) -> char {
    let mut other = if c.is_lowercase() { c.to_uppercase().to_string() } else { c.to_lowercase().to_string() };
    other.pop().filter(|_| other.is_empty()).unwrap_or(c)
}

impl FromStr for Key {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut rest, mut ctrl, mut alt) = (text, false, false);
        loop {
            if let Some(after) = rest.strip_prefix("Ctrl-").filter(|after| !after.is_empty()) {
                (rest, ctrl) = (after, true);
            } else if let Some(after) = rest.strip_prefix("Alt-").filter(|after| !after.is_empty()) {
                (rest, alt) = (after, true);
            } else {
                break;
            }
        }
        let code = code(rest).ok_or_else(|| NotAKey(text.to_owned()))?;
        Ok(Self { code, ctrl, alt })
    }
}

fn code(text: &str) -> Option<KeyCode> {
    if let Some((_, code)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Some(*code);
    }
    let mut chars = text.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control()).then_some(KeyCode::Char(c));
    }
    let number: u8 = text.strip_prefix(['F', 'f'])?.parse().ok()?;
    (1..=12).contains(&number).then_some(KeyCode::F(number))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, code)| *code == self.code) {
            return f.write_str(name);
        }
        match self.code {
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::F(n) => write!(f, "F{n}"),
            _ => f.write_str("?"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_as_written() {
        for text in ["a", "A", "?", ":", "F3", "Space", "Enter", "Shift-Tab", "Ctrl-c", "Ctrl-Alt-Up", "Comma", "-"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        for bad in ["", "F0", "F13", "Ctrl-", "Hyper-x", "ab"] {
            assert!(bad.parse::<Key>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn pressed_keys_compare_with_written_ones() {
        let pressed = Key::from(KeyEvent::new(KeyCode::Char('C'), KeyModifiers::CONTROL | KeyModifiers::SHIFT));
        assert_eq!(pressed, "Ctrl-c".parse().unwrap());
        let upper = Key::from(KeyEvent::new(KeyCode::Char('D'), KeyModifiers::SHIFT));
        assert_eq!(upper, "D".parse().unwrap());
        for (sent, meant) in [('d', "D"), ('D', "d"), ('7', "7"), (' ', "Space"), ('ß', "ß")] {
            let locked = KeyEvent { state: KeyEventState::CAPS_LOCK, ..KeyEvent::from(KeyCode::Char(sent)) };
            assert_eq!(Key::from(locked), meant.parse().unwrap());
        }
    }
}
