//! The screen of the softphone, in the Elm manner: a [`model`], [`message`]s that [`update()`](update::update) takes
//! into it, and a [`view()`](view::view) drawn from it; [`plain`] is a second view of the same model, in lines. Only [`run`]
//! and [`plain::run`] do input and output.

pub mod alert;
mod clipboard;
mod errands;
mod guard;
mod job;
pub mod keys;
pub mod message;
pub mod model;
pub mod picture;
pub mod plain;
pub mod run;
pub mod screen;
pub mod theme;
pub mod update;
pub mod view;
mod widgets;

#[cfg(test)]
mod tests;
