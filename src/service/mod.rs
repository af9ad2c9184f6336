//! The service: identity, signalling, calls and the SFU behind them.

pub mod bus;
pub mod calls;
pub mod identity;
pub mod limits;
pub mod rest;
pub mod sfu;
pub mod store;
