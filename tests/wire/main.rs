//! What goes over the wire, held by samples: client and service of different versions, and programs of others, rely on it.
//!
//! `samples/` has one for every message, word and body. A sample may gain optional fields, and further samples may join
//! it; what is there never changes.

#[macro_use]
mod samples;

mod bodies;
mod frames;
mod words;
