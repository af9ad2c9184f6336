//! `switchboard whoami`.

use clap::Args;

/// Say who is signed in: the name, the identity, the service.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard whoami
  switchboard whoami --json")]
pub struct WhoamiArgs {}
