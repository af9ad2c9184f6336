//! The sixteen DTMF tones (RFC 4733 section 3.2 gives their event codes).

use std::fmt;

use serde::{Deserialize, Serialize};

/// One DTMF tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct Tone(u8);

/// Why a character is no DTMF tone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a DTMF tone: use 0-9, *, # or A-D")]
pub struct NotATone;

const KEYS: &[u8; 16] = b"0123456789*#ABCD";

impl Tone {
    /// The telephone-event code, 0–15.
    pub fn event(self) -> u8 {
        self.0
    }

    /// The tone with a telephone-event code; `None` above 15.
    pub fn from_event(event: u8) -> Option<Self> {
        (event < 16).then_some(Self(event))
    }

    /// The character printed on the key.
    pub fn key(self) -> char {
        char::from(KEYS[usize::from(self.0)])
    }
}

impl TryFrom<char> for Tone {
    type Error = NotATone;

    fn try_from(key: char) -> Result<Self, Self::Error> {
        let key = key.to_ascii_uppercase();
        let index = KEYS.iter().position(|&k| char::from(k) == key).ok_or(NotATone)?;
        Ok(Self(u8::try_from(index).map_err(|_| NotATone)?))
    }
}

impl From<Tone> for char {
    fn from(tone: Tone) -> Self {
        tone.key()
    }
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::Tone;

    #[test]
    fn keys_and_event_codes_are_those_of_rfc_4733() {
        for (key, event) in [('0', 0), ('9', 9), ('*', 10), ('#', 11), ('a', 12), ('D', 15)] {
            let tone = Tone::try_from(key).unwrap();
            assert_eq!(tone.event(), event);
            assert_eq!(Tone::from_event(event), Some(tone));
        }
        assert!(Tone::try_from('x').is_err());
        assert_eq!(Tone::from_event(16), None);
    }
}
