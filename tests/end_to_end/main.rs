//! The built program, as its users meet it: in a pseudo-terminal driven by keys, and from scripts.
//!
//! Sound comes from tones and goes nowhere or into files, so that no test needs a sound device.

#![allow(clippy::unwrap_used, reason = "helpers beside the tests; a step that fails fails its test")]

mod accounts;
mod calls;
mod demo;
mod demo_script;
mod desk_screens;
mod evidence;
mod group_screens;
mod groups;
mod history;
mod kit;
mod operating;
mod outside;
mod plain;
mod screens;
mod scripts;
#[cfg(all(feature = "keyring", target_os = "linux"))]
#[path = "../support/secret_service.rs"]
mod secret_service;
mod serving;
mod sound;
mod talk;
#[path = "../support/tls.rs"]
mod tls;
mod trust;
mod words;
