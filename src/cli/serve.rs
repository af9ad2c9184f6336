//! `switchboard serve`.

use std::time::Duration;

use clap::Args;

use super::duration;
use crate::config::Argument;

/// Run the service.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Prints one line on standard output when it is ready:
  {\"event\":\"ready\",\"http\":\"http://127.0.0.1:8790\",\"https\":null,\"media\":[\"127.0.0.1:8790\"],\"ca\":null}

Examples:
  switchboard serve                                    for this machine
  switchboard serve --listen 127.0.0.1:0 --media 127.0.0.1:0     on any free ports
  switchboard admin user add alice                     then add somebody who may sign in")]
pub struct ServeArgs {
    /// Where to serve HTTP and WebSocket; port 0 takes any free one [setting: service.listen]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// Where to receive and send sound, over UDP [setting: service.media]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub media: Option<String>,

    /// Have the demo's accounts and bots, for whoever can read this user's files
    #[arg(long)]
    pub demo: bool,

    /// Stop after nobody was connected for this long, such as 60s
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub until_idle: Option<Duration>,
}

impl ServeArgs {
    /// The settings among the flags.
    pub fn settings(&self) -> Vec<Argument> {
        let flags = [("service.listen", "--listen", &self.listen), ("service.media", "--media", &self.media)];
        let given = flags.into_iter().filter_map(|(key, flag, text)| Some((key, flag, text.clone()?)));
        given.map(|(key, flag, text)| Argument { key, flag, text }).collect()
    }
}
