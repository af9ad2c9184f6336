//! The SFU: UDP sockets and TCP connections, DTLS-SRTP, and which leg hears which.
//!
//! It is told who hears whom ([`Sfu::hear`], [`Sfu::set_source`]) and knows nothing else: not who the people are, not what a
//! call is beyond the room its legs share. Each shard is one operating-system thread with its own UDP port; a room lives wholly in one shard, so that
//! forwarding takes no lock. A leg is either a WebRTC connection or a [`LocalLeg`] inside this process.

mod allowance;
mod counters;
mod demux;
mod dtmf_clock;
mod egress;
mod event;
mod handle;
mod keys;
mod late;
mod leg;
mod legs;
mod local;
mod negotiate;
mod once;
mod outbox;
mod packet;
mod pattern;
mod payloads;
mod ports;
mod redundancy;
mod remote;
mod room;
mod rooms;
mod seal;
mod shard;
mod slot;
mod slots;
pub mod socket;
mod stream;
mod tcp;
mod timers;

#[cfg(test)]
mod tests;

pub use counters::Counts;
pub use event::{LegFailure, SfuEvent, SlotUse};
pub use handle::{Sfu, SfuConfig, SfuError};
pub use local::{Heard, LocalLeg};
pub use negotiate::OfferError;
pub use packet::LocalPacket;
pub use socket::expand as local_addresses;
