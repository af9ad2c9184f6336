//! Calls that ring here.

use super::{Engine, Pending};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::phone::audio::voice::SoundSummary;
use crate::phone::event::{Event, Incoming};
use crate::protocol::request::Request;

impl Engine {
    pub(super) async fn on_incoming(&mut self, incoming: Incoming) {
        let id = incoming.call;
        if self.incoming.contains_key(&id) || self.board.get(id).is_some() {
            return;
        }
        // One that was handed on may be back before its last figures are in: whoever heard of its end only after this would
        // take it for over.
        self.finish_call(id, &SoundSummary::default()).await;
        self.incoming.insert(id, incoming.clone());
        if self.options.rings {
            self.request(Request::CallRinging { call_id: id }, Pending::Silent).await;
        }
        self.play_tone();
        self.emit(Event::Incoming(incoming)).await;
    }

    pub(super) async fn on_incoming_ended(&mut self, id: CallId, reason: EndReason) {
        let Some(incoming) = self.incoming.remove(&id) else { return };
        self.play_tone();
        self.emit(Event::IncomingEnded { call: id, from: incoming.from, reason }).await;
    }

    /// The service has forgotten the session: whoever still rings is announced anew.
    pub(super) async fn drop_incoming(&mut self) {
        let ids: Vec<CallId> = self.incoming.keys().copied().collect();
        for id in ids {
            self.on_incoming_ended(id, EndReason::SERVICE_LOST).await;
        }
    }
}
