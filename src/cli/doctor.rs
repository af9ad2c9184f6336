//! `switchboard doctor`.

use clap::Args;

/// Check devices, service, sign-in and the way of the sound; say what to do about what fails.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Takes less than ten seconds. Exits with 0 when a call would work.

Examples:
  switchboard doctor
  switchboard doctor --server http://192.0.2.7:8790")]
pub struct DoctorArgs {}
