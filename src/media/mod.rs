//! Sound without devices or sockets: codec, jitter buffer, mixer, tones, DTMF, levels. Pure: time is an argument.

pub mod packet;
