//! `switchboard devices`.

use clap::Args;

/// Microphones and speakers, by the names that device:NAME takes.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard devices
  switchboard call echo --mic 'device:NAME'       with a name from the list")]
pub struct DevicesArgs {}
