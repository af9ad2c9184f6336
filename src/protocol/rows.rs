//! Rows of a roster that go to many: shared by all copies of a notice, so that telling hundreds costs no copy each.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::call::RosterRow;

/// Rows of a roster; a clone is the same rows. On the wire a plain list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows(Arc<Vec<RosterRow>>);

impl Rows {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Rows {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl From<Vec<RosterRow>> for Rows {
    fn from(rows: Vec<RosterRow>) -> Self {
        Self(Arc::new(rows))
    }
}

impl FromIterator<RosterRow> for Rows {
    fn from_iter<I: IntoIterator<Item = RosterRow>>(rows: I) -> Self {
        Self::from(Vec::from_iter(rows))
    }
}

impl Deref for Rows {
    type Target = [RosterRow];

    fn deref(&self) -> &[RosterRow] {
        &self.0
    }
}

impl IntoIterator for Rows {
    type Item = RosterRow;
    type IntoIter = std::vec::IntoIter<RosterRow>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a Rows {
    type Item = &'a RosterRow;
    type IntoIter = std::slice::Iter<'a, RosterRow>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.as_slice().serialize(to)
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Self::from)
    }
}
