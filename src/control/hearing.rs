//! Whom a leg hears, as the calls decide it and the SFU carries it out.

use crate::domain::id::LegId;

/// Whom a leg hears. It never hears itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hearing {
    /// Who is chosen from.
    pub choice: Choice,
    /// Never heard, whoever is chosen: the other legs of the same person, who would hear an echo.
    pub except: Vec<LegId>,
    /// Heard whatever the choice says, and before all others: announcements, hold music.
    pub pinned: Vec<LegId>,
}

/// Who is chosen from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// These legs, the most important first; those that are not open (yet) are skipped.
    Only(Vec<LegId>),
    /// The loudest speakers of the room among its open sources ([`Source::open`]), so many at the most.
    Loudest(u8),
    /// Every open source of the room: for recorders.
    All,
}

impl Hearing {
    /// Hears these legs and no other.
    pub fn only(legs: impl Into<Vec<LegId>>) -> Self {
        Self { choice: Choice::Only(legs.into()), ..Self::default() }
    }
}

impl Default for Choice {
    /// Nobody.
    fn default() -> Self {
        Self::Only(Vec::new())
    }
}

/// How a leg is offered to those that choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Source {
    /// Whether [`Choice::Loudest`] and [`Choice::All`] may choose it; `false` until said.
    pub open: bool,
    /// The mark its packets carry to those who hear it ([`crate::media::mark`]): the participant's number in the call.
    pub mark: Option<u16>,
}
