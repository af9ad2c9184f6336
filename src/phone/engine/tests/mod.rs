//! The engine among commands, a service and events: group calls, step by step.

mod diagnosing;
mod groups;
mod joining;
mod kit;
