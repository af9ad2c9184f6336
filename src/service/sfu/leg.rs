//! One leg of a room: who it wants to hear, where its packets go, and its end.

use super::legs::LegKey;
use super::local::FarEnd;
use super::packet::LocalPacket;
use super::remote::Remote;
use super::timers::Queued;
use crate::domain::id::{CallId, LegId};

pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) call: CallId,
    /// Whom it is to hear, the most important first; legs that are not open (yet) are skipped.
    pub(super) wanted: Vec<LegId>,
    /// Who hears it now.
    pub(super) routes: Vec<Route>,
    pub(super) end: End,
    pub(super) queued: Queued,
}

/// One receiver of a leg's packets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Route {
    pub(super) to: LegKey,
    /// The receiver's slot; a leg inside this process has none.
    pub(super) slot: usize,
}

pub(super) enum End {
    Remote(Box<Remote>),
    Local(FarEnd),
}

/// A packet on its way through a room.
#[derive(Debug)]
pub(super) struct Media {
    /// The sender's extended sequence number.
    pub(super) sequence: u64,
    /// Whether the sender's numbering started anew with this packet.
    pub(super) anew: bool,
    pub(super) packet: LocalPacket,
}

impl Leg {
    pub(super) fn new(id: LegId, call: CallId, end: End) -> Self {
        Self { id, call, wanted: Vec::new(), routes: Vec::new(), end, queued: Queued::default() }
    }

    pub(super) fn remote(&mut self) -> Option<&mut Remote> {
        match &mut self.end {
            End::Remote(remote) => Some(remote),
            End::Local(_) => None,
        }
    }
}
