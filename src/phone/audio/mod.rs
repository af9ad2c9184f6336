//! Sound devices and the voice thread: everything between a microphone and Opus packets, and back.
//!
//! The rest of the phone sees [`voice::Voice`], [`cards::list`] and the choices in [`device`]. What leaves here are
//! packets; numbering, encrypting and sending them is the leg's.

#[cfg(target_os = "linux")]
pub mod alsa;
#[cfg(target_os = "linux")]
mod alsa_microphone;
mod buffering;
mod callback;
mod capture;
pub mod cards;
pub mod device;
mod memory;
mod pace;
mod playback;
mod sink;
mod source;
mod streams;
pub mod voice;
mod watch;
pub mod wav;
