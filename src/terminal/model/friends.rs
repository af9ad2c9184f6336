//! The friend list on the screen: filter, selection, and a removal that can still be taken back.

use super::Input;
use crate::domain::id::Identity;
use crate::domain::person::{Favourite, Friend, Person};
use crate::domain::text::folded;
use crate::domain::time::UnixMillis;

/// The friend list.
#[derive(Debug, Clone, Default)]
pub struct Friends {
    /// Everybody on it, as the phone told: favourites by number, then the others by name.
    pub list: Vec<Friend>,
    /// Whether the phone told it yet.
    pub loaded: bool,
    /// The text names are filtered by.
    pub filter: Input,
    /// Whether the filter is being typed.
    pub filtering: bool,
    /// Who is selected.
    pub selected: Option<Identity>,
    /// A removal that can still be taken back.
    pub removal: Option<Removal>,
}

/// A friend who goes off the list unless the removal is taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// Who.
    pub person: Person,
    /// Until when it can be taken back.
    pub until: UnixMillis,
}

impl Friends {
    /// Takes the list as the phone told it: favourites first, by number.
    pub fn set(&mut self, mut list: Vec<Friend>) {
        list.sort_by_cached_key(|friend| {
            let number = friend.favourite.map_or(u8::MAX, Favourite::number);
            (number, friend.person.display_name.as_str().to_lowercase())
        });
        self.list = list;
        self.loaded = true;
    }

    /// The favourites, by number; without one who is being removed.
    pub fn favourites(&self) -> impl Iterator<Item = (Favourite, &Friend)> {
        let removed = self.removal.as_ref().map(|removal| &removal.person.identity);
        let favourites = self.list.iter().filter_map(|friend| Some((friend.favourite?, friend)));
        favourites.filter(move |(_, friend)| Some(&friend.person.identity) != removed)
    }

    /// The friend with this number.
    pub fn favourite(&self, number: Favourite) -> Option<&Friend> {
        self.favourites().find(|(given, _)| *given == number).map(|(_, friend)| friend)
    }

    /// The first number nobody has.
    pub fn free_number(&self) -> Option<Favourite> {
        Favourite::all().find(|number| self.favourite(*number).is_none())
    }

    /// The rows to show: those that pass the filter and are not being removed.
    pub fn shown(&self) -> impl Iterator<Item = &Friend> {
        let filter = folded(self.filter.trimmed());
        let removed = self.removal.as_ref().map(|removal| &removal.person.identity);
        self.list.iter().filter(move |f| Some(&f.person.identity) != removed && matches(&f.person, &filter))
    }

    /// The index of the selected row among those shown; the first when the selected one is not among them.
    pub fn index(&self) -> usize {
        let selected = self.selected.as_ref();
        self.shown().position(|friend| Some(&friend.person.identity) == selected).unwrap_or(0)
    }

    /// The friend of the selected row.
    pub fn current(&self) -> Option<&Friend> {
        self.shown().nth(self.index())
    }

    /// Selects the row `by` rows on (or back), staying within the list.
    pub fn select(&mut self, by: isize) {
        let last = self.shown().count().saturating_sub(1);
        let index = self.index().saturating_add_signed(by).min(last);
        let selected = self.shown().nth(index).map(|friend| friend.person.identity.clone());
        self.selected = selected;
    }
}

/// Whether one of the person's names holds `needle`, which is folded.
pub(crate) fn matches(person: &Person, needle: &str) -> bool {
    needle.is_empty()
        || person.name.as_str().contains(needle)
        || folded(person.display_name.as_str()).contains(needle)
        || person.identity.as_str().eq_ignore_ascii_case(needle)
}
