//! Whatever can ring and take part in calls: a signalling session registers as one, and so does a bot.

use tokio::sync::mpsc;

use crate::domain::id::EndpointId;
use crate::domain::person::Person;
use crate::protocol::notice::Notice;

/// An endpoint, as it registers.
#[derive(Debug)]
pub struct Endpoint {
    /// Which. A client's is that of its client id.
    pub id: EndpointId,
    /// Who rings when it rings.
    pub person: Person,
    /// In how many calls it can be at once: as many as a client says, more for most bots. With 0 it is always busy.
    pub max_calls: usize,
    /// In how many calls it is seen as in a call by others: 1 for a client, more for bots that take many.
    pub busy_from: usize,
    /// Whether others see that it rings: so for a client, not for a bot, which answers by itself.
    pub seen_ringing: bool,
    /// Where its notices go. They are never waited for: when the queue is full the endpoint is too slow, the queue is
    /// closed, and the endpoint counts as lost until it registers again.
    pub notices: mpsc::Sender<Notice>,
}

/// One registration of an endpoint; news of an earlier one, replaced since, is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    pub(super) id: EndpointId,
    pub(super) turn: u64,
}

impl Registration {
    /// Which endpoint was registered.
    pub fn endpoint(&self) -> EndpointId {
        self.id
    }
}
