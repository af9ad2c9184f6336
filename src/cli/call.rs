//! `switchboard call`.

use std::time::Duration;

use clap::Args;

use super::duration;
use super::media_flags::MediaFlags;

/// Call somebody without a screen.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The call lasts until the other side hangs up, --for is over, or the file of --mic is. Ctrl-C hangs up.

Examples:
  switchboard call echo --for 10s                        talk to the echo for ten seconds
  switchboard call bob --mic greeting.wav --record talk.wav
  switchboard call echo --mic tone --speaker none --for 5s --expect 'heard_ms>1000' --json
  switchboard call bob --dtmf 1,2#                       press 1, wait two seconds, press 2 and #")]
pub struct CallArgs {
    /// Whom: a friend's name, a user name, or an identity
    #[arg(value_name = "TO")]
    pub to: String,

    /// Give up after ringing this long, 1s to 5m [setting: phone.ring_seconds]
    #[arg(long, value_name = "DURATION", value_parser = duration::of_ringing)]
    pub ring_for: Option<Duration>,

    /// Sound, and when the call is over.
    #[command(flatten)]
    pub media: MediaFlags,
}
