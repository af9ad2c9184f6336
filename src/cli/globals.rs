//! The flags every command takes, and the environment variables that stand for them.

use std::io::BufRead;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::exit::Failure;
use crate::base::secret::Secret;
use crate::config::{ServerUrl, TOKEN_VARIABLE};
use crate::domain::fingerprint::Fingerprint;
use crate::phone::account::Who;

/// Flags every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// The service to use, such as https://HOST:8791 or http://127.0.0.1:8790
    #[arg(long, global = true, value_name = "URL", env = "SWITCHBOARD_SERVER", hide_env_values = true)]
    pub server: Option<ServerUrl>,

    /// The saved sign-in to act as, for this command: its name, with its service where several have that name
    #[arg(long = "as", global = true, value_name = "NAME[@HOST]", env = "SWITCHBOARD_AS", hide_env_values = true)]
    pub user: Option<Who>,

    /// An access token to use instead of a sign-in; - reads it from standard input
    #[arg(long, global = true, value_name = "JWT|-", env = TOKEN_VARIABLE, hide_env_values = true)]
    pub token: Option<Secret<String>>,

    /// A file with the authorities that sign the service's certificate [setting: phone.ca]
    #[arg(long, global = true, value_name = "FILE", env = "SWITCHBOARD_CA", hide_env_values = true)]
    pub ca: Option<PathBuf>,

    /// The fingerprint the service's certificate must have, as whoever runs it says
    #[arg(long, global = true, value_name = "SHA256:…")]
    pub fingerprint: Option<Fingerprint>,

    /// The configuration file
    #[arg(long, global = true, value_name = "FILE", env = "SWITCHBOARD_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Keep everything below this folder instead of in the system's places
    #[arg(long, global = true, value_name = "DIR", env = "SWITCHBOARD_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,

    /// Print results as JSON, one object per line
    #[arg(long, global = true)]
    pub json: bool,

    /// Print no progress, only results and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Tell more on standard error; twice for even more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,

    /// When to use colours
    #[arg(long, alias = "colour", global = true, value_name = "WHEN", value_enum)]
    pub color: Option<When>,

    /// Never ask; fail where an answer would be needed
    #[arg(long, global = true)]
    pub no_input: bool,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// Unless NO_COLOR is set or the output is no terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Globals {
    /// The access token that was handed over, if one was; `-` takes the first line of `input`.
    ///
    /// # Errors
    /// When the input can't be read or holds no token.
    pub fn token(&self, input: &mut dyn BufRead) -> Result<Option<Secret<String>>, Failure> {
        match &self.token {
            Some(token) if token.expose() == "-" => secret_line(input, "access token").map(Some),
            token => Ok(token.clone()),
        }
    }
}

/// The first line of `input`: for what must not be seen in a list of processes.
///
/// # Errors
/// When the input can't be read or its first line is empty; `what` names what is missing.
pub fn secret_line(input: &mut dyn BufRead, what: &str) -> Result<Secret<String>, Failure> {
    let mut line = String::new();
    input.read_line(&mut line).map_err(|why| Failure::usage(format!("can't read standard input: {why}")))?;
    let text = line.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Failure::usage(format!("standard input holds no {what}")));
    }
    Ok(Secret::new(text.to_owned()))
}
