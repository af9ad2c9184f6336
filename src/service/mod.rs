//! The service: identity, signalling, calls and the SFU behind them.

pub mod bots;
pub mod sfu;
pub mod voice;
