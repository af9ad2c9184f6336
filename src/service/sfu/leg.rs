//! One leg of a room: whom it is to hear, how it is offered to others, where its packets go, and its end.

use super::legs::LegKey;
use super::local::FarEnd;
use super::packet::LocalPacket;
use super::redundancy::Redundant;
use super::remote::Remote;
use super::timers::Queued;
use crate::control::hearing::{Hearing, Source};
use crate::control::speakers::Seat;
use crate::domain::id::{CallId, LegId};

pub(super) struct Leg {
    pub(super) id: LegId,
    pub(super) call: CallId,
    /// Whom it is to hear; legs that are not open (yet) are skipped.
    pub(super) hearing: Hearing,
    /// How it is offered to those that choose.
    pub(super) source: Source,
    /// Its room and its seat there; none until it is put into one.
    pub(super) place: Option<Place>,
    /// Whom it hears now.
    pub(super) edges: Vec<Edge>,
    /// Who hears it now.
    pub(super) routes: Vec<Route>,
    pub(super) end: End,
    pub(super) queued: Queued,
}

/// Where a leg sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the room.
    pub(super) room: usize,
    /// The leg's seat among those who may be on stage there.
    pub(super) seat: Seat,
}

/// One source a leg hears.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) from: LegKey,
    /// The slot it is heard in; a leg inside this process has none.
    pub(super) slot: usize,
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
    /// What it tells its receivers of its source; as that is marked when it is forwarded.
    pub(super) mark: Option<u16>,
    pub(super) packet: LocalPacket,
    /// The packet together with frames before it, when its sender repeats them.
    pub(super) redundant: Option<Redundant>,
}

impl Media {
    /// A packet as it came.
    pub(super) fn new(sequence: u64, anew: bool, packet: LocalPacket) -> Self {
        Self { sequence, anew, mark: None, packet, redundant: None }
    }
}

impl Leg {
    pub(super) fn new(id: LegId, call: CallId, end: End) -> Self {
        Self {
            id,
            call,
            hearing: Hearing::default(),
            source: Source::default(),
            place: None,
            edges: Vec::new(),
            routes: Vec::new(),
            end,
            queued: Queued::default(),
        }
    }

    /// How many sources it can hear at once.
    pub(super) fn slots(&self) -> usize {
        match &self.end {
            End::Remote(remote) => remote.assignment.len(),
            End::Local(_) => usize::MAX,
        }
    }

    pub(super) fn remote(&mut self) -> Option<&mut Remote> {
        match &mut self.end {
            End::Remote(remote) => Some(remote),
            End::Local(_) => None,
        }
    }
}
