//! The service: identity, signalling, calls and the SFU behind them. [`Service::start`] puts the parts together.

pub mod bots;
pub mod bus;
pub mod calls;
pub(crate) mod groups;
mod guests;
pub mod identity;
pub mod limits;
mod listener;
pub(crate) mod observe;
mod ports;
mod reach;
pub mod rest;
pub mod sfu;
mod signalling;
mod start;
pub mod store;
pub mod tls;
pub mod voice;

pub use self::start::{Running, Service, ServiceOptions, StartError, lock};
