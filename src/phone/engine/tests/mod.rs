//! The engine among commands, a service and events, step by step.

mod answering;
mod desk;
mod diagnosing;
mod groups;
mod joining;
mod kit;
mod moved;
mod records;
mod rules;
mod several;
mod tones;
