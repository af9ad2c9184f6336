//! `switchboard` without a command: the flags of the softphone.

use clap::Args;

use crate::config::Argument;

/// The softphone.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Softphone options")]
pub struct SoftphoneArgs {
    /// Open the demo: a service of your own on this machine, with friends and bots to call
    #[arg(long)]
    pub demo: bool,

    /// Draw with plain ASCII characters only [setting: screen.ascii]
    #[arg(long)]
    pub ascii: bool,
}

impl SoftphoneArgs {
    /// Whether any of them was given.
    pub fn any(self) -> bool {
        self.demo || self.ascii
    }

    /// The settings among the flags.
    pub fn settings(self) -> Vec<Argument> {
        let ascii = self.ascii.then(|| Argument { key: "screen.ascii", flag: "--ascii", text: "true".to_owned() });
        ascii.into_iter().collect()
    }
}
