//! What a phone remembers of itself, so that a call that went wrong can be explained and proven: every signalling frame,
//! what became of connections, legs and calls, the quality of each second, devices, diagnoses, commands.
//!
//! It is always on and bounded. Nothing secret goes in ([`redact`]), so nothing secret can come out. It is fed by the
//! signalling task and the engine, never by a thread that carries sound. What a call's end means is read from it
//! ([`story`]); files of it are made in [`archive`], from the texts of [`export`].

pub mod archive;
mod commands;
pub mod entry;
pub mod export;
mod recorder;
pub mod redact;
mod ring;
mod spill;
pub mod story;

#[cfg(test)]
mod tests;

pub use recorder::{News, Recorder};
pub use ring::Limits;
pub use spill::{newest_sessions, read_lines, read_session};
