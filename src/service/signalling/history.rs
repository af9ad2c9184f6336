//! Past calls: what is asked and noted about them; and how many were missed, told to all clients of whoever missed them.

use std::ops::RangeInclusive;

use super::Signalling;
use super::requests::{Caller, SEARCH_TEXT};
use crate::domain::id::{CallId, Identity};
use crate::domain::record::{CallNote, CallRecord, HistoryFilter};
use crate::domain::text;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::notice::Notice;
use crate::protocol::response::Response;
use crate::protocol::{MAX_SERVICE_FRAME, codec};
use crate::service::bus::{Listener, News};
use crate::service::store::records;

/// How many call records may be asked for.
const HISTORY_RANGE: RangeInclusive<u16> = 1..=500;

/// How many bytes of records fit into one frame, with room for what is around them.
const FRAME: usize = MAX_SERVICE_FRAME - 1024;

impl Signalling {
    pub(super) async fn history_list(
        &self,
        caller: &Caller,
        limit: u16,
        filter: HistoryFilter,
    ) -> Result<Response, Failure> {
        if !HISTORY_RANGE.contains(&limit) {
            return Err(Failure::new(FailureCode::BadRequest, "ask for 1 to 500 call records"));
        }
        let text = filter.text.map(|text| text::printable(&text, SEARCH_TEXT)).filter(|text| !text.is_empty());
        let filter = HistoryFilter { text, ..filter };
        let mut records = records::list(&self.db, &caller.person.identity, &filter, limit.into()).await?;
        records.truncate(fitting(&records, FRAME));
        Ok(Response::History { records })
    }

    pub(super) async fn history_note(
        &self,
        caller: &Caller,
        call: CallId,
        note: Option<CallNote>,
    ) -> Result<Response, Failure> {
        let owner = &caller.person.identity;
        let none = || Failure::new(FailureCode::NotFound, "there is no such call in your history");
        let record = records::note(&self.db, owner, call, note.as_ref()).await?.ok_or_else(none)?;
        self.registry.notify(owner, &Notice::HistoryAdded { record });
        Ok(Response::Done {})
    }

    pub(super) async fn history_seen(&self, caller: &Caller) -> Result<Response, Failure> {
        if records::seen(&self.db, &caller.person.identity).await? {
            // One task counts and tells, so that what is told last is what was counted last.
            self.missed.tell(caller.person.identity.clone());
        }
        Ok(Response::Done {})
    }

    /// How many calls somebody missed since they last looked.
    pub(super) async fn missed_by(&self, who: &Identity) -> Result<u32, Failure> {
        Ok(records::missed(&self.db, who).await?)
    }

    pub(super) async fn follow_missed(self, mut changed: Listener<Identity>) {
        while let Some(news) = changed.next().await {
            let told = match news {
                News::Item(who) => self.tell_missed(&who).await,
                // Whose count changed meanwhile is unknown: everybody is told.
                News::Missed(_) => self.tell_all_missed().await,
            };
            if let Err(failure) = told {
                tracing::warn!(%failure, "a count of missed calls was not told");
            }
        }
    }

    async fn tell_missed(&self, who: &Identity) -> Result<(), Failure> {
        if !self.registry.of_identity(who).is_empty() {
            let missed = self.missed_by(who).await?;
            self.registry.notify(who, &Notice::MissedChanged { missed });
        }
        Ok(())
    }

    async fn tell_all_missed(&self) -> Result<(), Failure> {
        for who in self.registry.identities() {
            self.tell_missed(&who).await?;
        }
        Ok(())
    }
}

/// How many of `records`, from the first on, take at most `room` bytes on the wire: notes may be long.
fn fitting(records: &[CallRecord], room: usize) -> usize {
    let mut taken = 0;
    let fits = |record: &&CallRecord| {
        // With the comma behind it.
        taken += codec::encode(record).len() + 1;
        taken <= room
    };
    records.iter().take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::call::{Direction, Peer};
    use crate::domain::record::Outcome;
    use crate::domain::time::UnixMillis;
    use crate::service::calls::kit::person;

    #[test]
    fn of_very_long_notes_as_many_are_told_as_fit() {
        let record = |number: u128| CallRecord {
            call_id: CallId(Uuid::from_u128(number)),
            with: Peer::Person(person("bob")),
            direction: Direction::Incoming,
            outcome: Outcome::Answered,
            started_at: UnixMillis(1),
            answered_at: None,
            ended_at: None,
            end: None,
            answered_by: None,
            note: Some("\u{1f4de}".repeat(CallNote::LONGEST).parse().unwrap()),
        };
        let records: Vec<CallRecord> = (0..500).map(record).collect();
        let count = fitting(&records, FRAME);
        assert!(count > 400 && count < 500, "{count}");
        let response = Response::History { records: records[..count].to_vec() };
        assert!(codec::encode(&response).len() < FRAME);
        assert_eq!(fitting(&records[..3], FRAME), 3);
        assert_eq!(fitting(&records, 0), 0);
    }
}
