//! `switchboard sign-in`.

use clap::Args;

use crate::domain::id::UserName;

/// Sign in to a service and keep the sign-in.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
The password is asked for, or read from standard input or the variable SWITCHBOARD_PASSWORD. It is not kept: what is
kept can be taken back by the service.

Examples:
  switchboard sign-in alice --server http://127.0.0.1:8790
  pass show switchboard | switchboard sign-in alice --password-stdin")]
pub struct SignInArgs {
    /// Who; the user of --as when absent
    #[arg(value_name = "USER")]
    pub name: Option<UserName>,

    /// Read the password from the first line of standard input
    #[arg(long)]
    pub password_stdin: bool,
}
