//! Sound without devices or sockets: codec, jitter buffer, processing, mixer, tones, DTMF, levels,
//! scores. Pure: time is an argument.

pub mod dtmf;
pub mod framing;
pub mod jitter;
pub mod level;
pub mod mark;
pub mod mixer;
pub mod mos;
pub mod opus;
pub mod packet;
pub mod processing;
pub mod profile;
pub mod resample;
pub mod tick;
pub mod tones;
pub mod trial;
