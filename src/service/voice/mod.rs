//! Sound made inside the service: a thread that ticks the legs in this process, and prompts encoded once and replayed.
//!
//! Who speaks is a [`Participant`]; what it says and hears are packets. It does not know calls or people: who opens a leg
//! decides what plays there.

mod hold;
mod participant;
mod prompt;
mod sounds;
mod speech;
mod synth;
mod thread;

pub use hold::{HoldMusic, MusicBox};
pub use participant::{Participant, Tick};
pub use prompt::{Player, Prompt};
pub use sounds::{Sound, Sounds};
pub use speech::{PHRASES, Phrase, Timbre};
pub use thread::{Voice, VoiceError};
