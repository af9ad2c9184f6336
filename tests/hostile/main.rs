//! What means harm, or is merely broken: sockets, frames, offers, datagrams and files, against the real service and
//! every reader of foreign bytes. Whatever comes, it is refused in words, ends nothing else, and leaves nothing behind.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says where")]

#[path = "../support/mod.rs"]
mod support;

mod bad_input;
mod calls;
mod connections;
mod datagrams;
mod desk;
mod flood;
mod groups;
mod hello;
mod offers;
mod raw;
mod readers;
mod resume;
mod rules;
mod talk;
