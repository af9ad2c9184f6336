//! DTMF tones as they are typed: `1,2#` presses 1, waits two seconds, presses 2 and #.

use std::str::FromStr;
use std::time::Duration;

use crate::domain::dtmf::{NotATone, Tone};

/// How long a comma waits.
pub const COMMA: Duration = Duration::from_secs(2);

/// Tones and waits, in order; at least one tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script(Vec<Step>);

/// One step of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send this tone.
    Press(Tone),
    /// Do nothing for so long.
    Wait(Duration),
}

/// Why a text is no script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAScript {
    /// A character is no tone.
    #[error("`{0}` is no DTMF tone: use 0-9, *, # or A-D, and a comma to wait 2 seconds")]
    NotATone(char),
    /// There is no tone in it.
    #[error("no tone to send")]
    Empty,
}

impl Script {
    /// The steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromStr for Script {
    type Err = NotAScript;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let step = |key: char| match key {
            ',' => Ok(Step::Wait(COMMA)),
            key => Tone::try_from(key).map(Step::Press).map_err(|NotATone| NotAScript::NotATone(key)),
        };
        let steps = text.chars().map(step).collect::<Result<Vec<_>, _>>()?;
        let any_tone = steps.iter().any(|step| matches!(step, Step::Press(_)));
        if any_tone { Ok(Self(steps)) } else { Err(NotAScript::Empty) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_wait_and_keys_press() {
        let press = |key: char| Step::Press(key.try_into().unwrap());
        let script: Script = "1,b#".parse().unwrap();
        assert_eq!(script.steps(), [press('1'), Step::Wait(COMMA), press('B'), press('#')]);
        assert_eq!("1x".parse::<Script>(), Err(NotAScript::NotATone('x')));
        for empty in ["", ",,"] {
            assert_eq!(empty.parse::<Script>(), Err(NotAScript::Empty));
        }
    }
}
