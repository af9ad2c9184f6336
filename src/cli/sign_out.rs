//! `switchboard sign-out`.

use clap::Args;

/// Forget a sign-in, here and at the service.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard sign-out              the last one used
  switchboard sign-out --as alice")]
pub struct SignOutArgs {}
