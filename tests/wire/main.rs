//! What goes over the wire, held by samples: client and service of different versions, and programs of others, rely on it.
//!
//! `samples/` has one for every message, word and body. A sample may gain optional fields, and further samples may join
//! it; what is there never changes.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says where")]

#[macro_use]
mod samples;

mod bodies;
mod frames;
mod words;
