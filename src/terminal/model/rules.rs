//! Where the user's calls go, as rows to choose from.

use super::{Model, Popup};
use crate::domain::forwarding::{AccountRules, ForwardWhen};
use crate::domain::id::Identity;

/// A row of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleRow {
    /// Where calls go in this case.
    Forward(ForwardWhen),
    /// Somebody who rings in spite of do not disturb.
    Except(Identity),
    /// One more of those.
    AddExcept,
    /// Who may pick up.
    PickUp,
}

/// The rows, in order.
pub fn rule_rows(rules: &AccountRules) -> Vec<RuleRow> {
    let forwards = ForwardWhen::ALL.into_iter().map(RuleRow::Forward);
    let except = rules.rules.except.iter().cloned().map(RuleRow::Except);
    forwards.chain(except).chain([RuleRow::AddExcept, RuleRow::PickUp]).collect()
}

impl RuleRow {
    /// Whether it holds something that can be taken away.
    pub fn is_set(&self, rules: &AccountRules) -> bool {
        match self {
            Self::Forward(when) => rules.rules.to(*when).is_some(),
            Self::Except(_) => true,
            Self::AddExcept | Self::PickUp => false,
        }
    }

    /// Whether it is turned up and down: there is no time to turn where calls go nowhere.
    pub fn turns(&self, rules: &AccountRules) -> bool {
        match self {
            Self::Forward(when) => *when == ForwardWhen::NoAnswer && self.is_set(rules),
            Self::PickUp => true,
            Self::Except(_) | Self::AddExcept => false,
        }
    }
}

impl Model {
    /// The row selected in the list of rules, while it is open.
    pub fn rule_selected(&self) -> Option<RuleRow> {
        match self.popup {
            Some(Popup::Rules(selected)) => rule_rows(&self.rules).into_iter().nth(selected),
            _ => None,
        }
    }
}
