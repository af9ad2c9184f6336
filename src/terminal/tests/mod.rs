//! The screen in named states, under key scripts, and under anything at all.

mod idle;
mod kit;
mod picture;
mod random;
mod scripts;
mod states;
