//! Rows of a roster that go to many: shared by all copies of a notice, so that telling hundreds costs no copy each, nor
//! writing them as JSON each time.

use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::domain::call::RosterRow;

/// Rows of a roster; a clone is the same rows. On the wire a plain list.
#[derive(Debug, Clone)]
pub struct Rows {
    rows: Arc<Vec<RosterRow>>,
    /// The same as JSON, where they were written beforehand.
    text: Option<Arc<RawValue>>,
}

impl Rows {
    /// Rows that are written as JSON now, for as many frames as there will be. Only JSON can be made of them.
    pub fn for_many(rows: Vec<RosterRow>) -> Self {
        let text = to_raw_value(&rows).expect("protocol types serialise");
        Self { rows: Arc::new(rows), text: Some(text.into()) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl PartialEq for Rows {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl Eq for Rows {}

impl Default for Rows {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl From<Vec<RosterRow>> for Rows {
    fn from(rows: Vec<RosterRow>) -> Self {
        Self { rows: Arc::new(rows), text: None }
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
        &self.rows
    }
}

impl IntoIterator for Rows {
    type Item = RosterRow;
    type IntoIter = std::vec::IntoIter<RosterRow>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.rows).into_iter()
    }
}

impl<'a> IntoIterator for &'a Rows {
    type Item = &'a RosterRow;
    type IntoIter = std::slice::Iter<'a, RosterRow>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.iter()
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.text {
            Some(text) => text.serialize(to),
            None => self.rows.as_slice().serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::deserialize(from).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::call::{Participant, ParticipantState};
    use crate::domain::id::CallId;
    use crate::domain::person::Person;
    use crate::protocol::codec;
    use crate::protocol::frame::FromService;
    use crate::protocol::notice::Notice;

    #[test]
    fn rows_for_many_are_written_and_read_as_any_others() {
        let person = Person::new("8:acs:demo_ann".parse().unwrap(), "ann".parse().unwrap(), "Ann \"\u{fc}\" <3".into());
        let participant = Participant { person, state: ParticipantState::Connected, muted: true };
        for rows in [vec![], vec![RosterRow { number: 3, participant }; 2]] {
            let frame = |rows: Rows| {
                let call_id = CallId(Uuid::from_u128(7));
                FromService::Notice { seq: 5, notice: Notice::CallRoster { call_id, whole: true, rows, left: vec![1] } }
            };
            let (plain, many) = (frame(rows.clone().into()), frame(Rows::for_many(rows)));
            let text = codec::encode(&many);
            assert_eq!(text, codec::encode(&plain));
            assert_eq!(codec::decode_service(&text), Some(plain.clone()));
            assert_eq!(many, plain);
        }
    }
}
