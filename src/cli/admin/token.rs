//! `switchboard admin token`: tokens for testers and programs.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use serde::Serialize;

use super::office::Office;
use crate::base::duration;
use crate::cli::exit::{Exit, Failure};
use crate::cli::json::rfc3339;
use crate::cli::output::Output;
use crate::domain::id::Identity;
use crate::domain::scope::{Scope, Scopes};
use crate::protocol::rest::{NewToken, RevokeTokens, TokenHolder};

/// Tokens for testers and programs.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard --token \"$(switchboard admin token issue --user alice)\" call echo
  switchboard admin token issue --user 8:acs:… --scope voip.join --expires 1h
  switchboard admin token issue --app crm               a program shows it as bearer in place of an access key
  switchboard admin token revoke --user alice           alice is signed out everywhere, at once")]
pub struct TokenArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TokenCommand,
}

/// What can be done with tokens.
#[derive(Debug, Clone, Subcommand)]
pub enum TokenCommand {
    /// Print a token, and nothing else
    Issue(IssueArgs),
    /// End every token of a person, and so every sign-in; those issued from then on count
    Revoke {
        /// Whose: a user name, or an identity
        #[arg(long = "user", value_name = "NAME|IDENTITY")]
        person: String,
    },
}

/// Which token.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("holder").required(true).args(["person", "app"])))]
pub struct IssueArgs {
    /// For a person: a user name, or an identity
    #[arg(long = "user", value_name = "NAME|IDENTITY")]
    pub person: Option<String>,

    /// For a program: what it is called in the logs
    #[arg(long, value_name = "NAME")]
    pub app: Option<String>,

    /// For how long, 1h to 24h
    #[arg(long, value_name = "DURATION", value_parser = life, default_value = "24h")]
    pub expires: Duration,

    /// What a person's token is good for: chat, voip, voip.join, …; chat and voip when absent
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', conflicts_with = "app")]
    pub scope: Vec<Scope>,
}

/// A token, as a line.
#[derive(Serialize)]
struct TokenLine<'a> {
    v: u8,
    token: &'a str,
    expires: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
}

/// Does it.
///
/// # Errors
/// When the service refuses.
pub(super) async fn run(command: &TokenCommand, office: &Office, output: &mut Output) -> Result<Exit, Failure> {
    let asked = match command {
        TokenCommand::Issue(asked) => asked,
        TokenCommand::Revoke { person } => return revoke(person, office, output).await,
    };
    let issued = office.issue(&wanted(asked)).await?;
    if output.json() {
        let (token, identity) = (issued.token.expose().as_str(), issued.identity.as_ref().map(Identity::as_str));
        output.json_line(&TokenLine { v: 1, token, expires: rfc3339(issued.expires_at), identity })?;
    } else {
        output.result(issued.token.expose())?;
    }
    Ok(Exit::Done)
}

async fn revoke(person: &str, office: &Office, output: &mut Output) -> Result<Exit, Failure> {
    office.revoke(&RevokeTokens { user: person.to_owned() }).await?;
    output.progress(&format!("every token of {person} is ended, and with them every sign-in"));
    Ok(Exit::Done)
}

fn wanted(asked: &IssueArgs) -> NewToken {
    let scopes: Scopes = asked.scope.iter().copied().collect();
    let scopes = (!scopes.is_empty()).then(|| scopes.to_string());
    let person = asked.person.clone().map(|name| TokenHolder::User { name, scopes });
    let holder = person.unwrap_or_else(|| TokenHolder::App { name: asked.app.clone().unwrap_or_default() });
    NewToken { holder, minutes: u16::try_from(asked.expires.as_secs() / 60).unwrap_or(u16::MAX) }
}

/// Reads for how long a token lasts.
fn life(text: &str) -> Result<Duration, String> {
    let life = duration::parse(text).map_err(|why| why.to_string())?;
    let whole = life.as_secs().is_multiple_of(60) && life.subsec_nanos() == 0;
    let inside = (60 * 60..=24 * 60 * 60).contains(&life.as_secs());
    if whole && inside { Ok(life) } else { Err("a token lasts 1h to 24h, in whole minutes".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lasts_an_hour_to_a_day() {
        for (text, seconds) in [("1h", 3600), ("24h", 86_400), ("90m", 5400)] {
            assert_eq!(life(text), Ok(Duration::from_secs(seconds)));
        }
        for bad in ["59m", "25h", "1h30s", "1", "", "3600001ms"] {
            assert!(life(bad).is_err(), "{bad}");
        }
    }
}
