//! `switchboard admin address`: what people are told to sign in at.

use clap::Args;
use serde::Serialize;

use crate::cli::exit::{Exit, Failure};
use crate::cli::globals::Globals;
use crate::cli::local;
use crate::cli::output::Output;
use crate::cli::settings::Settings;

/// What people sign in at.
#[derive(Debug, Clone, Copy, Args)]
#[command(after_help = "\
Of the service that runs on this machine for this user; its setting service.public_url, or serve --public-url, says where everybody
reaches it. Where it has a certificate authority of its own, the address ends in the fingerprint of that: who signs in with
it is asked nothing, and sent to nobody else.

Example, the second line on another machine:
  switchboard admin address
  switchboard sign-in alice --server 'https://calls.example:8791#SHA256:…'")]
pub struct AddressArgs {}

/// It, as a line.
#[derive(Serialize)]
struct Line<'a> {
    v: u8,
    address: &'a str,
}

/// There is no service to ask.
pub(super) const NONE_HERE: &str = "no service runs on this machine for this user: start one with `switchboard serve`";

/// Prints it.
///
/// # Errors
/// When no service runs, or it has no such address.
pub(super) async fn run(globals: &Globals, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    if globals.server.is_some() {
        return Err(Failure::usage(
            "the address is told by the service's own machine: run this there, without --server",
        ));
    }
    let file = local::find(&settings.paths).await.ok_or_else(|| Failure::new(Exit::Unreachable, NONE_HERE))?;
    let unknown =
        "where everybody reaches the service is not known: say it with service.public_url or serve --public-url";
    let address = file.public.ok_or_else(|| Failure::new(Exit::Failed, unknown))?;
    if output.json() {
        output.json_line(&Line { v: 1, address: &address })?;
    } else {
        output.result(&address)?;
    }
    Ok(Exit::Done)
}
