//! Decisions as machines: `handle(event, now) -> effects` and `next_deadline()`. Pure: they read no clock, take no lock, cannot fail.

pub mod call;
pub mod connection;
pub mod diagnosis;
pub mod explanation;
pub mod forwarding;
pub mod group;
pub mod hearing;
pub mod ring;
pub mod speakers;
