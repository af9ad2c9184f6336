//! A fence around every machine: should one panic, its call ends, and no other is touched.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::owner::Owner;
use crate::base::clock;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, EndpointId, LegId};
use crate::protocol::notice::Notice;

/// Runs a part of a call's machine; `None` when it panicked. The machine is not to be asked again then.
pub(super) fn fenced<T>(call: CallId, body: impl FnOnce() -> T) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(body));
    if done.is_err() {
        tracing::error!(%call, "the machine of a call panicked; the call ends");
    }
    done.ok()
}

impl Owner {
    /// Ends a call whose machine is broken, from what is known without it.
    pub(super) fn break_off(&mut self, call: CallId, now: Instant) {
        let reason = EndReason::SERVICE_LOST;
        let legs: Vec<LegId> = self.legs.iter().filter(|(_, of)| **of == call).map(|(leg, _)| *leg).collect();
        for leg in legs {
            self.legs.remove(&leg);
            self.switch.close(leg);
        }
        let concerned: Vec<EndpointId> = self.roster.concerned_by(call).collect();
        for endpoint in concerned {
            let Some(seat) = self.roster.seat_mut(endpoint) else { continue };
            let took_part = seat.calls.remove(&call);
            seat.ringing.remove(&call);
            let notice = if took_part {
                Notice::CallEnded { call_id: call, reason }
            } else {
                Notice::CallIncomingEnded { call_id: call, reason }
            };
            self.push(endpoint, notice, now);
            self.publish_of(endpoint, now);
        }
        self.calls_to.retain(|_, calls| {
            calls.remove(&call);
            !calls.is_empty()
        });
        if let Some(running) = self.running.get_mut(&call) {
            running.book.break_off(reason, clock::unix_now());
        }
        self.write_records(call, None);
        let group = self.running.get(&call).and_then(|running| Some(running.group()?.id));
        self.finish(call, now);
        if let Some(group) = group {
            self.occupied(group, now);
        }
    }
}
