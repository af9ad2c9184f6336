//! Sound devices and the voice thread: everything between a microphone and Opus packets, and back.

pub mod device;
