//! The service: identity, signalling, calls and the SFU behind them.

pub mod sfu;
