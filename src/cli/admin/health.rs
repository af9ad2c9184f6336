//! `switchboard admin health`: whether the service can take work, for service managers and containers.

use std::time::Duration;

use clap::Args;

use super::address::NONE_HERE;
use crate::cli::exit::{Exit, Failure};
use crate::cli::globals::Globals;
use crate::cli::output::Output;
use crate::cli::settings::Settings;
use crate::cli::{account, local, trust};
use crate::config::ServerUrl;
use crate::phone::account::{read, unreachable};
use crate::protocol::rest::Readiness;

/// How long the service may take to answer.
const WITHIN: Duration = Duration::from_secs(5);

/// Whether the service can take work.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Asks the service that runs on this machine for this user, or the one of --server, and needs no sign-in. Exits with 0 when it can
take work, with 1 when it runs and can't, and with 3 when it does not answer.

Examples:
  switchboard admin health
  switchboard admin health --server https://calls.example:8791")]
pub struct HealthArgs {}

/// The service that runs on this machine for this user.
async fn running_here(settings: &Settings) -> Result<ServerUrl, Failure> {
    let file = local::find(&settings.paths).await.ok_or_else(|| Failure::new(Exit::Unreachable, NONE_HERE))?;
    account::server_in(&file)
}

/// Asks it.
///
/// # Errors
/// When it does not answer.
pub(super) async fn run(globals: &Globals, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let server = match &globals.server {
        Some(server) => server.clone(),
        None => running_here(settings).await?,
    };
    let way = trust::connector(globals, settings, &server, None)?;
    let client = way.client().map_err(|why| Failure::new(Exit::Unreachable, why.to_string()))?;
    let response = client.get(server.rest("/readyz")).timeout(WITHIN).send().await;
    let response = response.map_err(|why| account::failure(unreachable(&way, &why)))?;
    let found: Readiness = read(&way, response).await.map_err(account::failure)?;
    if output.json() {
        output.json_line(&found)?;
    } else {
        for check in &found.checks {
            let problem = check.problem.as_deref().unwrap_or("well");
            output.result(&format!("{:<12}  {problem}", check.name))?;
        }
    }
    if found.ready { Ok(Exit::Done) } else { Err(Failure::new(Exit::Failed, format!("{server} can take no work now"))) }
}
