//! The vocabulary of the product as plain values: parsed at the door, trusted afterwards. No behaviour, no IO.

pub mod audit;
pub mod call;
pub mod dtmf;
pub mod end_reason;
pub mod fingerprint;
pub mod forwarding;
pub mod group;
pub mod host;
pub mod id;
pub mod link;
pub mod organisation;
pub mod park;
pub mod person;
pub mod place;
pub mod presence;
pub mod record;
pub mod role;
pub mod scope;
pub mod text;
pub mod time;
pub mod transfer;
pub mod transport;
pub mod whole;
