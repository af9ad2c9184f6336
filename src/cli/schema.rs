//! `switchboard schema`: what the lines of `--json` hold, for programs that read them.

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::exit::Failure;
use super::json::{EventName, schema};
use super::output::Output;

/// Print the JSON Schema of the lines of --json.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
It is JSON Schema of draft 2020-12, of the lines of call, join, wait and play. Lines may gain fields, and new events may come; none \
goes or changes its meaning while `v` is 1.

Examples:
  switchboard schema > switchboard.schema.json
  switchboard schema summary                          of the last line of a call")]
pub struct SchemaArgs {
    /// Of the lines of this event only
    #[arg(value_name = "EVENT", value_parser = PossibleValuesParser::new(EventName::WORDS))]
    pub event: Option<String>,
}

/// Prints it.
///
/// # Errors
/// When it can't be printed.
pub fn run(arguments: &SchemaArgs, output: &mut Output) -> Result<(), Failure> {
    let named = |word: &String| EventName::ALL.iter().copied().find(|event| event.as_str() == word);
    let schema = schema::of(arguments.event.as_ref().and_then(named));
    Ok(output.result(&format!("{schema:#}"))?)
}
