//! `switchboard history`.

use clap::Args;

/// Past calls, missed ones included, newest first.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Examples:
  switchboard history
  switchboard history --limit 5 --json")]
pub struct HistoryArgs {
    /// How many at the most, 1 to 500
    #[arg(long, value_name = "N", default_value = "20", value_parser = clap::value_parser!(u16).range(1..=500))]
    pub limit: u16,
}
