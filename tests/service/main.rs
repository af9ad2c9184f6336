//! The real service with real phones over loopback.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

mod accounts;
mod bots;
mod direct_calls;
mod history;
mod hold;
mod hostile;
mod killed;
mod people;
mod reconnecting;
mod ringing;
/// Elsewhere, loopback has one address only.
#[cfg(target_os = "linux")]
mod sound_cut;
mod starting;
