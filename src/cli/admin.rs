//! `switchboard admin`.

use clap::{Args, Subcommand};

use crate::domain::id::UserName;

/// Accounts, for whoever runs the service.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Goes to the service that runs on this machine for this user; when none runs, to its data folder.")]
pub struct AdminArgs {
    /// What about.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// What can be administrated.
#[derive(Debug, Clone, Subcommand)]
pub enum AdminCommand {
    /// Accounts of people who may sign in
    #[command(alias = "users")]
    User(UserArgs),
}

/// Accounts.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard admin user add alice --display-name 'Alice Smith'
  pass generate alice | switchboard admin user add alice --password-stdin
  switchboard admin user list --json
  switchboard admin user disable bob               refuse bob's sign-in")]
pub struct UserArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: UserCommand,
}

/// What can be done with accounts.
#[derive(Debug, Clone, Subcommand)]
pub enum UserCommand {
    /// Make an account; the password is asked for
    Add {
        /// The name to sign in with
        name: UserName,
        /// How the person is shown to others; the name when absent
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print the accounts
    List,
    /// Refuse sign-ins of an account, and end its sessions
    Disable {
        /// The account
        name: UserName,
    },
    /// Allow sign-ins of an account again
    Enable {
        /// The account
        name: UserName,
    },
    /// Set another password; it is asked for
    ResetPassword {
        /// The account
        name: UserName,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Remove an account, with its friend list and its call records
    Remove {
        /// The account
        name: UserName,
    },
}
