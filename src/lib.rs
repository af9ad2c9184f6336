//! Switchboard: a softphone that lives in the terminal, and the calling service behind it.
//!
//! Modules only; docs/ARCHITECTURE.md says what lives where and which way imports point.

/// As in `main.rs`: a test in which a callback of a sound device allocates fails.
#[cfg(all(test, debug_assertions))]
#[global_allocator]
static ALLOCATOR: assert_no_alloc::AllocDisabler = assert_no_alloc::AllocDisabler;

pub mod base;
pub mod cli;
pub mod config;
pub mod control;
pub mod domain;
pub mod media;
pub mod outside;
pub mod phone;
pub mod protocol;
pub mod service;
pub mod terminal;
pub mod texts;
