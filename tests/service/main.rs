//! The real service with real phones over loopback.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../hostile/raw.rs"]
#[allow(dead_code, reason = "a kit of another binary; this one uses its own part of it")]
mod raw;

mod accounts;
mod acme;
mod api;
mod bots;
mod demo_group;
mod desk;
mod direct_calls;
mod forwarding;
mod group_calls;
mod groups;
mod history;
mod hold;
mod hostile;
mod killed;
/// Elsewhere, loopback has one address only.
#[cfg(target_os = "linux")]
mod over_tcp;
mod people;
mod picking;
/// Elsewhere, loopback has one address only.
#[cfg(target_os = "linux")]
mod quality;
mod reconnecting;
mod ringing;
mod several_calls;
/// Elsewhere, loopback has one address only.
#[cfg(target_os = "linux")]
mod sign_up;
mod sound_cut;
mod starting;
mod tls;
mod tokens;
mod trust;
