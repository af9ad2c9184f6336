//! What is open to share a group, to join one, to name one.

use std::collections::BTreeSet;

use qrcode::{Color, EcLevel, QrCode};

use super::Input;
use crate::domain::id::{GroupId, Identity};
use crate::domain::person::Person;
use crate::phone::account::Who;
use crate::phone::event::GroupCard;

/// The share card.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareCard {
    /// What is shared.
    pub card: GroupCard,
    /// The link as a QR code; `None` when it is too long for one.
    pub code: Option<Qr>,
}

/// The modules of a QR code (ISO/IEC 18004), without its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Qr {
    /// How many modules it has on a side.
    side: u16,
    /// Which are dark, row by row.
    dark: Vec<bool>,
}

impl ShareCard {
    /// The card of a group.
    pub fn new(card: GroupCard) -> Self {
        let code = Qr::new(&card.link);
        Self { card, code }
    }
}

impl Qr {
    /// How many light modules have to be left around it (ISO/IEC 18004, 6.3.8).
    pub const QUIET: u16 = 4;

    /// The smallest code of a text, with the least error correction: it is read from a screen.
    pub fn new(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
        let side = u16::try_from(code.width()).ok()?;
        Some(Self { side, dark: code.into_colors().into_iter().map(|colour| colour == Color::Dark).collect() })
    }

    /// How many modules it has on a side, the quiet zone included.
    pub fn size(&self) -> u16 {
        self.side + 2 * Self::QUIET
    }

    /// Whether the module in this column and row is dark, counted from the corner of the quiet zone.
    pub fn is_dark(&self, column: u16, row: u16) -> bool {
        let inside = |at: u16| at.checked_sub(Self::QUIET).filter(|at| *at < self.side).map(usize::from);
        match (inside(column), inside(row)) {
            (Some(column), Some(row)) => self.dark[row * usize::from(self.side) + column],
            _ => false,
        }
    }
}

/// The friends to share a group with.
#[derive(Debug, Clone, PartialEq)]
pub struct ShareWith {
    /// The card it was opened from.
    pub share: ShareCard,
    /// Who is marked.
    pub marked: BTreeSet<Identity>,
    /// Which row is selected.
    pub selected: usize,
}

/// The prompt for a place to join.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JoinPrompt {
    /// What is typed.
    pub input: Input,
}

/// What a new group is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// To be called at once; a name is not needed.
    Start,
    /// To be kept.
    Create,
}

/// The prompt for the name of a new group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamePrompt {
    /// What for.
    pub naming: Naming,
    /// What is typed.
    pub input: Input,
}

/// A question that has to be answered with yes before it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Whether to leave during a call.
    Quit,
    /// Whether to end the group call for everybody.
    EndForAll,
    /// Whether to block somebody.
    Block(Person),
    /// Whether to take a group off the list.
    RemoveGroup {
        /// Which.
        group: GroupId,
        /// What it is called.
        title: String,
        /// Whether it is the user's own, and is given up by that.
        mine: bool,
    },
    /// Whether to sign out of this saved sign-in.
    SignOut(Who),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_a_code_of_version_three_with_a_quiet_zone() {
        let code = Qr::new("http://192.168.178.42:8790/j/k7mq-3tzf").unwrap();
        assert_eq!(code.size(), 29 + 8);
        // The corner of the finder pattern is dark, what lies around it light.
        assert!(code.is_dark(4, 4) && code.is_dark(10, 4) && code.is_dark(4, 10));
        assert!(!code.is_dark(3, 4) && !code.is_dark(4, 3) && !code.is_dark(5, 5) && !code.is_dark(33, 33));
        assert!(!code.is_dark(u16::MAX, u16::MAX));
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert_eq!(Qr::new(&"x".repeat(3000)), None);
    }
}
