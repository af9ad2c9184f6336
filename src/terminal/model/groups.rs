//! The groups on the screen: those of the user's list, and those somebody shares now.

use crate::domain::group::{Group, GroupRow};
use crate::domain::id::GroupId;
use crate::domain::person::Person;
use crate::phone::event::GroupCard;

/// How many groups shared by others wait at once; more are found in the list.
const SHARED: usize = 8;

/// The groups of the user's list.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    /// Every group on it, as the phone told, by name; those without a name come last, by code.
    pub list: Vec<GroupRow>,
    /// Whether the phone told them yet.
    pub loaded: bool,
    /// Which is selected.
    pub selected: Option<GroupId>,
}

/// A group that somebody shares with the user.
#[derive(Debug, Clone, PartialEq)]
pub struct SharedGroup {
    /// The group.
    pub card: GroupCard,
    /// Who shares it.
    pub by: Person,
    /// How many were in it then.
    pub here: u32,
}

impl Groups {
    /// Takes the list as the phone told it.
    pub fn set(&mut self, mut list: Vec<GroupRow>) {
        list.sort_by_cached_key(|row| {
            let name = row.group.name.as_ref().map(|name| name.as_str().to_lowercase());
            (name.is_none(), name, row.group.code.clone())
        });
        self.list = list;
        self.loaded = true;
    }

    /// The index of the selected row; the first when the selected one is gone.
    pub fn index(&self) -> usize {
        self.selected.and_then(|id| self.list.iter().position(|row| row.group.id == id)).unwrap_or(0)
    }

    /// The selected row.
    pub fn current(&self) -> Option<&GroupRow> {
        self.list.get(self.index())
    }

    /// Selects the row `by` rows on (or back), staying within the list.
    pub fn select(&mut self, by: isize) {
        let last = self.list.len().saturating_sub(1);
        let index = self.index().saturating_add_signed(by).min(last);
        self.selected = self.list.get(index).map(|row| row.group.id);
    }

    /// The group of this name, in whatever case.
    pub fn called(&self, name: &str) -> Option<&GroupRow> {
        let name = name.to_lowercase();
        self.list.iter().find(|row| row.group.name.as_ref().is_some_and(|n| n.as_str().to_lowercase() == name))
    }
}

/// What a group is called where several are listed: its name, or else its code.
pub fn title(group: &Group) -> String {
    group.name.as_ref().map_or_else(|| group.code.to_string(), ToString::to_string)
}

/// Adds a group somebody shares; one shared again takes the place of the first.
pub(crate) fn offer(shared: &mut Vec<SharedGroup>, group: SharedGroup) {
    shared.retain(|known| known.card.group.id != group.card.group.id);
    if shared.len() < SHARED {
        shared.push(group);
    }
}

/// Takes a group out of those shared: it was joined, or is gone.
pub(crate) fn settle(shared: &mut Vec<SharedGroup>, group: GroupId) {
    shared.retain(|known| known.card.group.id != group);
}
