//! The engine among commands, a service and events: group calls, step by step.

mod answering;
mod diagnosing;
mod groups;
mod joining;
mod kit;
mod tones;
