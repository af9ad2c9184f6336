//! Ringing one person: which of the person's endpoints ring, and when it is over by itself. The same for every kind of
//! call.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::domain::end_reason::EndReason;
use crate::domain::id::EndpointId;

/// How long a call rings when nobody says otherwise.
pub const RING_DEFAULT: Duration = Duration::from_secs(60);

/// How long it rings on when none of the endpoints that rang is connected any more.
pub const NOBODY_MAX: Duration = Duration::from_secs(5);

/// An endpoint of somebody who is to be rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub endpoint: EndpointId,
    /// Whether it can ring.
    pub reach: Reach,
}

/// Whether an endpoint can ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It can.
    Free,
    /// It takes part in another call.
    InCall,
    /// Its user does not want to be disturbed.
    DoNotDisturb,
    /// Its socket is lost for the moment.
    Lost,
}

/// Why none of these can ring, nor will soon; `None` when one can, or is lost only for the moment.
pub fn unreachable(candidates: &[Candidate]) -> Option<EndReason> {
    let any = |reach| candidates.iter().any(|c| c.reach == reach);
    if any(Reach::Free) {
        None
    } else if any(Reach::InCall) {
        Some(EndReason::BUSY)
    } else if any(Reach::DoNotDisturb) {
        Some(EndReason::DO_NOT_DISTURB)
    } else if any(Reach::Lost) {
        None
    } else {
        Some(EndReason::OFFLINE)
    }
}

/// One person that is rung.
#[derive(Debug)]
pub(super) struct Ring {
    /// The endpoints that ring, and whether the socket of each is lost: what it is told waits for it then.
    rung: BTreeMap<EndpointId, bool>,
    until: Instant,
    /// Since when none of them is connected.
    alone_since: Option<Instant>,
}

impl Ring {
    /// Rings nobody yet, and waits for one that was lost or will appear.
    pub fn new(until: Instant, now: Instant) -> Self {
        Self { rung: BTreeMap::new(), until, alone_since: Some(now) }
    }

    pub fn add(&mut self, endpoint: EndpointId, now: Instant) {
        self.rung.insert(endpoint, false);
        self.note_alone(now);
    }

    pub fn lost(&mut self, endpoint: EndpointId, now: Instant) {
        self.set_lost(endpoint, true, now);
    }

    pub fn back(&mut self, endpoint: EndpointId, now: Instant) {
        self.set_lost(endpoint, false, now);
    }

    pub fn left(&mut self, endpoint: EndpointId, now: Instant) {
        if self.rung.remove(&endpoint).is_some() {
            self.note_alone(now);
        }
    }

    pub fn rings(&self, endpoint: EndpointId) -> bool {
        self.rung.contains_key(&endpoint)
    }

    pub fn endpoints(&self) -> impl Iterator<Item = EndpointId> {
        self.rung.keys().copied()
    }

    /// When, and why, the ringing ends by itself.
    pub fn endings(&self) -> impl Iterator<Item = (Instant, EndReason)> + use<> {
        let alone = self.alone_since.map(|since| (since + NOBODY_MAX, EndReason::OFFLINE));
        [(self.until, EndReason::RING_TIMEOUT)].into_iter().chain(alone)
    }

    fn set_lost(&mut self, endpoint: EndpointId, is: bool, now: Instant) {
        if let Some(lost) = self.rung.get_mut(&endpoint) {
            *lost = is;
            self.note_alone(now);
        }
    }

    fn note_alone(&mut self, now: Instant) {
        let alone = self.rung.values().all(|lost| *lost);
        self.alone_since = alone.then(|| self.alone_since.unwrap_or(now));
    }
}
