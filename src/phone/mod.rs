//! The softphone without a screen: typed [`command::Command`]s in, typed [`event::Event`]s out.
//!
//! Both the screen and the headless commands drive it through these two types and nothing else.

pub mod audio;
pub mod command;
pub mod event;
