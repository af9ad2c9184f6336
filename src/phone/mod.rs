//! The softphone without a screen: typed [`command::Command`]s in, typed [`event::Event`]s out.
//!
//! Both the screen and the headless commands drive it through these two types and nothing else.

use tokio::sync::mpsc;

pub mod audio;
pub mod command;
pub mod event;
mod words;

/// Both ends of a running phone: what it is told, and what it tells. The event stream ends when the phone has stopped.
#[derive(Debug)]
pub struct PhoneLink {
    /// What it is told.
    pub commands: mpsc::Sender<command::Command>,
    /// What it tells.
    pub events: mpsc::Receiver<event::Event>,
}
