//! Everything a person reads, in one place: why calls end, why something was refused, words for states, times.
//!
//! English; every sentence is plain ASCII, so that it can be shown on any terminal. The words of keys and palette
//! commands live with the key table (`terminal::keys`), which is the only place that knows them.

pub mod accounts;
pub mod clock;
pub mod contacts;
pub mod demo;
pub mod desk;
pub mod diagnosis;
pub mod end;
pub mod evidence;
pub mod explanation;
pub mod favourites;
pub mod group;
pub mod history;
pub mod organisation;
pub mod outside;
pub mod plain;
pub mod quality;
pub mod refusal;
pub mod rules;
pub mod screen;
pub mod share;
pub mod sign_in;
pub mod sign_up;
pub mod sound;
pub mod ssh;
pub mod state;
pub mod talk;
pub mod token;
pub mod trust;
