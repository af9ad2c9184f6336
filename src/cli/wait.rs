//! `switchboard wait`.

use std::num::NonZeroU32;
use std::time::Duration;

use clap::Args;

use super::duration;
use super::media_flags::MediaFlags;

/// Wait for calls without a screen.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
With neither --answer nor --decline it only reports that it rings.

Examples:
  switchboard wait --answer --mic welcome.wav --record message.wav    a simple answering machine
  switchboard wait --as bob --answer --timeout 30s --json             for scripts")]
pub struct WaitArgs {
    /// Answer calls
    #[arg(long, conflicts_with = "decline")]
    pub answer: bool,

    /// Decline calls
    #[arg(long)]
    pub decline: bool,

    /// End after this many calls
    #[arg(long, value_name = "N", default_value = "1")]
    pub calls: NonZeroU32,

    /// Give up, with exit code 6, when no call came for this long
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub timeout: Option<Duration>,

    /// Sound, and when a call is over.
    #[command(flatten)]
    pub media: MediaFlags,
}
