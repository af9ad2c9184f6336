//! The signalling messages that client and service share: JSON over one WebSocket (`/signal`, subprotocol `switchboard.v1`).
//!
//! The client's first frame is a [`frame::FromClient::Hello`]; then requests are answered by responses or failures with
//! the same id, and the service pushes notices, numbered so that a client that lost its socket gets what it missed.
//! Unknown fields are ignored; an unknown request gets the failure `not_understood`. Pure: no sockets, no clocks.

pub mod codec;
pub mod failure;
pub mod frame;
pub mod notice;
pub mod request;
pub mod response;
pub mod rest;
pub mod rows;

/// The WebSocket subprotocol (`Sec-WebSocket-Protocol`) both sides must name.
pub const SUBPROTOCOL: &str = "switchboard.v1";

/// The path of the signalling WebSocket.
pub const PATH: &str = "/signal";

/// The longest frame of a client, in bytes. An SDP offer of a client is about 6 kB.
pub const MAX_FRAME: usize = 64 * 1024;

/// The longest frame of the service, in bytes: a full friend list, or as many call records as may be asked for, with names
/// of the longest kind.
pub const MAX_SERVICE_FRAME: usize = 1024 * 1024;
