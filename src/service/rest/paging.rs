//! Lists in pages, the same everywhere: `limit` says how many rows, `after` (or `before`, where the newest come first) the row
//! that the page follows; what `next` names in an answer is what the next page is asked for with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many rows of a page are wanted: 1–500.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "u16", into = "u16")]
#[schemars(with = "u16", inline, extend("minimum" = 1, "maximum" = Self::MOST, "default" = Self::USUAL))]
pub(super) struct Limit(u16);

/// A number no page has so many rows of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a page has 1 to {} rows", Limit::MOST)]
pub(super) struct NotALimit;

impl Limit {
    /// The most rows of one page.
    const MOST: u16 = 500;

    /// How many there are when nobody says.
    const USUAL: u16 = 100;

    pub(super) fn rows(self) -> u16 {
        self.0
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(Self::USUAL)
    }
}

impl TryFrom<u16> for Limit {
    type Error = NotALimit;

    fn try_from(rows: u16) -> Result<Self, NotALimit> {
        if (1..=Self::MOST).contains(&rows) { Ok(Self(rows)) } else { Err(NotALimit) }
    }
}

impl From<Limit> for u16 {
    fn from(limit: Limit) -> Self {
        limit.0
    }
}

/// The rows whose keys follow `after`, in the order of their keys, and the key the next page follows, where there is one.
pub(super) fn page<R, K: Ord>(
    mut rows: Vec<R>,
    key: impl Fn(&R) -> K,
    after: Option<&K>,
    limit: Limit,
) -> (Vec<R>, Option<K>) {
    rows.retain(|row| after.is_none_or(|after| key(row) > *after));
    rows.sort_by_cached_key(&key);
    let more = rows.len() > usize::from(limit.rows());
    rows.truncate(limit.rows().into());
    let next = rows.last().filter(|_| more).map(key);
    (rows, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let limit = Limit::try_from(2).unwrap();
        let (mut pages, mut after) = (Vec::new(), None);
        loop {
            let (rows, next) = page(vec![5, 1, 4, 2, 3], |row| *row, after.as_ref(), limit);
            pages.push(rows);
            let Some(next) = next else { break };
            after = Some(next);
        }
        assert_eq!(pages, [vec![1, 2], vec![3, 4], vec![5]]);
        assert_eq!(
            page(vec![1, 2], |row| *row, None, limit),
            (vec![1, 2], None),
            "nothing follows a page that is just full"
        );
    }

    #[test]
    fn a_page_has_one_row_or_five_hundred_at_the_most() {
        for (rows, good) in [(0, false), (1, true), (500, true), (501, false)] {
            assert_eq!(Limit::try_from(rows).is_ok(), good, "{rows}");
        }
    }
}
