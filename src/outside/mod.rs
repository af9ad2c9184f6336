//! The running phone, steered and followed by other programs: its socket, links opened elsewhere, and hooks.
//!
//! All of it sits in a *tap* between a phone and whoever drives it (the screen, a headless command): it hears every event
//! before they do, and may tell the phone what they could. What the phone does with it is the phone's matter; what is
//! typed to steer it, `cli`'s.

pub mod format;
mod hooks;
pub mod line;
pub mod order;
#[cfg(unix)]
mod place;
#[cfg(unix)]
pub mod reach;
mod recording;
pub mod script;
#[cfg(unix)]
mod socket;
pub mod status;
mod steering;
mod tap;
mod waiting;

#[cfg(test)]
mod kit;

use std::path::PathBuf;

pub use self::steering::Steering;
use crate::config::Hooks;
use crate::domain::link::OpenedLink;
use crate::phone::PhoneLink;

/// What the tap of a phone needs to know.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The service the phone signs in to.
    pub server: String,
    /// The folder with a folder of sockets for each user ([`crate::config::Paths::sockets`]).
    pub sockets: PathBuf,
    /// The folder of `--data`, if everything is kept there.
    pub data: Option<PathBuf>,
    /// Whether the phone has a screen, on which links can be shown.
    pub screen: bool,
    /// What to run when something happens.
    pub hooks: Hooks,
    /// A link to be shown once the phone is signed in.
    pub opened: Option<OpenedLink>,
}

/// Puts a tap into the link to a phone; what comes back is used in its place, and to ask the tap.
pub fn tapped(link: PhoneLink, setup: Setup) -> (PhoneLink, Steering) {
    tap::put_in(link, setup)
}
