//! `switchboard friends`.

use clap::{Args, Subcommand};

/// The friend list.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard friends                  the list, with who is there
  switchboard friends search smi       look for people
  switchboard friends add bob")]
pub struct FriendsArgs {
    /// What to do; the list when absent.
    #[command(subcommand)]
    pub command: Option<FriendsCommand>,
}

/// What can be done with the friend list.
#[derive(Debug, Clone, Subcommand)]
pub enum FriendsCommand {
    /// Print it, with everybody's presence
    List,
    /// Put somebody on it
    Add {
        /// A user name or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Take somebody off it
    Remove {
        /// A friend's name, a user name, or an identity
        #[arg(value_name = "WHO")]
        who: String,
    },
    /// Look for people by part of a name
    Search {
        /// Part of a name; a whole identity finds exactly that person
        #[arg(value_name = "TEXT")]
        text: String,
    },
}
