//! What every part may lean on: the clock, seeded numbers, deadlines, secrets, supervised tasks, the system's signals,
//! files that are put in place whole.
//!
//! Knows nothing of calls. The only place that reads the machine's clock and its random source.

pub mod cause;
pub mod clock;
pub mod crypto;
pub mod deadline;
pub mod duration;
pub mod entropy;
pub mod file;
pub mod secret;
pub mod seed;
pub mod signals;
pub mod task;
