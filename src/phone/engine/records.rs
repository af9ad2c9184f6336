//! Call records: looked for, noted, seen to be missed.

use super::{Engine, Pending};
use crate::domain::id::CallId;
use crate::domain::record::{CallNote, CallRecord, HistoryFilter};
use crate::phone::event::Event;
use crate::protocol::request::Request;

/// How many records that match are asked for: as many as the service tells at once.
const FOUND: u16 = 500;

impl Engine {
    pub(super) async fn search_history(&mut self, filter: HistoryFilter) {
        let request = Request::HistoryList { limit: FOUND, filter: filter.clone() };
        self.request(request, Pending::HistoryFound(filter)).await;
    }

    pub(super) async fn on_records(&mut self, filter: HistoryFilter, records: Vec<CallRecord>) {
        self.emit(Event::HistoryFound { filter, records }).await;
    }

    /// The record comes back by a notice, to all clients of the account.
    pub(super) async fn note_call(&mut self, call: CallId, note: Option<CallNote>) {
        let pending = Pending::Verb { what: "note", call: Some(call) };
        self.request(Request::HistoryNote { call_id: call, note }, pending).await;
    }

    pub(super) async fn see_missed(&mut self) {
        self.request(Request::HistorySeen {}, Pending::Verb { what: "history", call: None }).await;
    }
}
