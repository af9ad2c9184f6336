//! `switchboard admin`.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::json::rfc3339;
use super::output::Output;
use super::settings::Settings;
use super::{local, password};
use crate::config::ServiceFile;
use crate::domain::id::{DisplayName, Identity, UserName};
use crate::protocol::failure::FailureCode;
use crate::protocol::rest::{Account, ErrorBody, NewAccount, NewPassword};
use crate::service::identity::{self, Identities};
use crate::service::store;

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

/// An account, as a line.
#[derive(Serialize)]
struct AccountLine<'a> {
    v: u8,
    user: &'a str,
    display_name: &'a str,
    identity: Option<&'a str>,
    disabled: bool,
    created: String,
}

/// Does it, at the running service or else in its data folder.
///
/// # Errors
/// When the service refuses, or its folder can't be opened.
pub async fn run(
    arguments: &AdminArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let AdminCommand::User(UserArgs { command }) = &arguments.command;
    let office = Office::open(settings).await?;
    match command {
        UserCommand::Add { name, display_name, password_stdin } => {
            let question = format!("Password for {name}");
            let password = password::obtain_new(globals, *password_stdin, &question, output)?;
            let display_name = display_name.as_deref().map(DisplayName::from);
            let account = office.add(NewAccount { user: name.clone(), display_name, password }).await?;
            print(&account, output)?;
        }
        UserCommand::List => {
            for account in office.list().await? {
                print(&account, output)?;
            }
        }
        UserCommand::Disable { name } => print(&office.set_disabled(name, true).await?, output)?,
        UserCommand::Enable { name } => print(&office.set_disabled(name, false).await?, output)?,
        UserCommand::ResetPassword { name, password_stdin } => {
            let question = format!("New password for {name}");
            let password = password::obtain_new(globals, *password_stdin, &question, output)?;
            office.set_password(name, NewPassword { password }).await?;
            output.progress(&format!("{name} has a new password; sign-ins with the old one are ended"));
        }
        UserCommand::Remove { name } => {
            office.remove(name).await?;
            output.progress(&format!("{name} is removed"));
        }
    }
    Ok(Exit::Done)
}

fn print(account: &Account, output: &mut Output) -> Result<(), Failure> {
    if output.json() {
        let line = AccountLine {
            v: 1,
            user: account.user.as_str(),
            display_name: account.display_name.as_str(),
            identity: account.identity.as_ref().map(Identity::as_str),
            disabled: account.disabled,
            created: rfc3339(account.created_at),
        };
        return Ok(output.json_line(&line)?);
    }
    let state = if account.disabled { "  disabled" } else { "" };
    let identity = account.identity.as_ref().map_or("no identity yet", Identity::as_str);
    Ok(output.result(&format!(
        "{:<16}  {:<20}  {identity}{state}",
        account.user.as_str(),
        account.display_name.as_str()
    ))?)
}

/// Where accounts are administrated.
enum Office {
    /// The running service.
    Running(ServiceFile),
    /// The folder of a service that does not run, held closed to services meanwhile.
    Folder { identities: Identities, _lock: std::fs::File },
}

impl Office {
    async fn open(settings: &Settings) -> Result<Self, Failure> {
        if let Some(file) = local::find(&settings.paths).await {
            return Ok(Self::Running(file));
        }
        let failed = |why: String| Failure::new(Exit::Failed, why);
        let folder = &settings.paths.service;
        let lock = crate::service::lock(folder).map_err(|why| failed(why.to_string()))?;
        let db = store::open(folder).await.map_err(|why| failed(why.to_string()))?;
        let identities = Identities::start(db, identity::Settings::default(), Vec::new());
        let identities = identities.await.map_err(|why| failed(why.to_string()))?;
        Ok(Self::Folder { identities, _lock: lock })
    }

    async fn add(&self, new: NewAccount) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => read(file, post(file, "").json(&new)).await,
            Self::Folder { identities, .. } => identities.add_account(new).await.map_err(refused),
        }
    }

    async fn list(&self) -> Result<Vec<Account>, Failure> {
        match self {
            Self::Running(file) => read(file, client().get(route(file, ""))).await,
            Self::Folder { identities, .. } => identities.accounts().await.map_err(refused),
        }
    }

    async fn set_disabled(&self, user: &UserName, disabled: bool) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => {
                let verb = if disabled { "disable" } else { "enable" };
                read(file, post(file, &format!("/{user}/{verb}"))).await
            }
            Self::Folder { identities, .. } => identities.set_disabled(user, disabled).await.map_err(refused),
        }
    }

    async fn set_password(&self, user: &UserName, new: NewPassword) -> Result<(), Failure> {
        match self {
            Self::Running(file) => send(file, post(file, &format!("/{user}/password")).json(&new)).await.map(drop),
            Self::Folder { identities, .. } => identities.set_password(user, new.password).await.map_err(refused),
        }
    }

    async fn remove(&self, user: &UserName) -> Result<(), Failure> {
        match self {
            Self::Running(file) => send(file, client().delete(route(file, &format!("/{user}")))).await.map(drop),
            Self::Folder { identities, .. } => identities.remove_account(user).await.map_err(refused),
        }
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::new()
}

fn route(file: &ServiceFile, rest: &str) -> String {
    format!("{}/api/v1/admin/users{rest}", file.http)
}

fn post(file: &ServiceFile, rest: &str) -> reqwest::RequestBuilder {
    client().post(route(file, rest))
}

async fn read<A: serde::de::DeserializeOwned>(
    file: &ServiceFile,
    request: reqwest::RequestBuilder,
) -> Result<A, Failure> {
    send(file, request).await?.json().await.map_err(|why| unreachable(file, &why))
}

async fn send(file: &ServiceFile, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
    let sent = request.bearer_auth(file.admin_secret.expose()).send().await;
    let response = sent.map_err(|why| unreachable(file, &why))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let body: ErrorBody = response.json().await.map_err(|why| unreachable(file, &why))?;
    Err(refused(body.error))
}

fn unreachable(file: &ServiceFile, why: &reqwest::Error) -> Failure {
    Failure::new(Exit::Unreachable, format!("no usable answer from {}: {why}", file.http))
}

fn refused(failure: crate::protocol::failure::Failure) -> Failure {
    let exit = match failure.code {
        FailureCode::BadRequest => Exit::Usage,
        _ => Exit::of_refusal(&failure),
    };
    Failure::new(exit, failure.message)
}
