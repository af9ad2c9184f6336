//! The real service with real phones over loopback.

#[path = "../support/mod.rs"]
mod support;

mod direct_calls;
