//! `switchboard schema`: what the lines of `--json` hold, and what the service's own REST routes take and bring, for
//! programs.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::exit::Failure;
use super::json::{EventName, schema};
use super::output::Output;
use crate::service::rest::openapi;

/// Print the JSON Schema of the lines of --json, or the OpenAPI document of the service.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
It is JSON Schema of draft 2020-12, of the lines of call, join, wait, play and sign-in --oidc. Lines may gain fields, and new events may come; none \
goes or changes its meaning while `v` is 1.

Examples:
  switchboard schema > switchboard.schema.json
  switchboard schema summary                          of the last line of a call
  switchboard schema --api > switchboard.openapi.json  of api/v1, as every service has it at /api/v1/openapi.json")]
pub struct SchemaArgs {
    /// Of the lines of this event only
    #[arg(value_name = "EVENT", value_parser = PossibleValuesParser::new(EventName::WORDS))]
    pub event: Option<String>,
    /// The OpenAPI document (3.1) of the service's own REST routes instead
    #[arg(long, conflicts_with = "event")]
    pub api: bool,
}

/// Prints it.
///
/// # Errors
/// When it can't be printed.
pub fn run(arguments: &SchemaArgs, output: &mut Output) -> Result<(), Failure> {
    if arguments.api {
        return Ok(output.result(&format!("{:#}", openapi::document()))?);
    }
    let named = |word: &String| EventName::ALL.iter().copied().find(|event| event.as_str() == word);
    let schema = schema::of(arguments.event.as_ref().and_then(named));
    Ok(output.result(&format!("{schema:#}"))?)
}
