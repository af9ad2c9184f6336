//! The screen in named states, under key scripts, and under anything at all.

mod calling;
mod choosing;
mod idle;
mod kit;
mod picture;
mod random;
mod states;
