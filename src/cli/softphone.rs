//! `switchboard` without a command: the flags of the softphone.

use clap::Args;

/// The softphone.
#[derive(Debug, Clone, Copy, Args)]
pub struct SoftphoneArgs {
    /// Open the demo: a service of your own on this machine, with friends and bots to call
    #[arg(long)]
    pub demo: bool,

    /// Draw with plain ASCII characters only
    #[arg(long)]
    pub ascii: bool,
}

impl SoftphoneArgs {
    /// Whether any of them was given.
    pub fn any(self) -> bool {
        self.demo || self.ascii
    }
}
