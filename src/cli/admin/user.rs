//! `switchboard admin user`: accounts.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::office::Office;
use crate::cli::exit::{Exit, Failure};
use crate::cli::globals::Globals;
use crate::cli::json::rfc3339;
use crate::cli::output::Output;
use crate::cli::password;
use crate::domain::id::{DisplayName, Identity, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::role::Role;
use crate::protocol::rest::{
    Account, NewAccount, NewDisplayName, NewOrganisation, NewPassword, NewRole, OutsideSubject,
};

/// Accounts.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  switchboard admin user add alice --display-name 'Alice Smith'
  pass generate alice | switchboard admin user add alice --password-stdin
  switchboard admin user list --json
  switchboard admin user bind alice --issuer https://login.example --subject 24400320
  switchboard admin user disable bob               refuse bob's sign-in
  switchboard admin user add bob --organisation acme    to people of other organisations, bob is external
  switchboard admin user set-role alice admin      let alice administrate with her own sign-in")]
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
        /// The organisation the account belongs to; main when absent
        #[arg(long, value_name = "NAME")]
        organisation: Option<Organisation>,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print the accounts
    List,
    /// Print one account
    Show {
        /// The account
        name: UserName,
    },
    /// Show somebody under another name
    SetDisplayName {
        /// The account
        name: UserName,
        /// How the person is shown from now on; empty for the name to sign in with
        display_name: String,
    },
    /// Say what an account may do: user (call) or admin (administrate, too)
    SetRole {
        /// The account
        name: UserName,
        /// user or admin
        role: Role,
    },
    /// Move an account into an organisation; one nobody belonged to is there from now on
    SetOrganisation {
        /// The account
        name: UserName,
        /// The organisation, such as acme
        organisation: Organisation,
    },
    /// Bind somebody whom another issuer knows (OpenID Connect): who signs in there is signed in as this account
    Bind {
        /// The account
        name: UserName,
        /// The person there
        #[command(flatten)]
        subject: SubjectArgs,
    },
    /// End that; what is signed in stays so
    Unbind {
        /// The account
        name: UserName,
        /// The person there
        #[command(flatten)]
        subject: SubjectArgs,
    },
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

/// Somebody as another issuer knows them.
#[derive(Debug, Clone, Args)]
pub struct SubjectArgs {
    /// The issuer, as oidc.sign_in names it
    #[arg(long, value_name = "URL")]
    pub issuer: String,
    /// The issuer's own name for the person (sub)
    #[arg(long, value_name = "SUBJECT")]
    pub subject: String,
}

impl SubjectArgs {
    fn body(&self) -> OutsideSubject {
        OutsideSubject { issuer: self.issuer.clone(), subject: self.subject.clone() }
    }
}

/// Does it.
///
/// # Errors
/// When the service refuses, or a password can't be had.
pub(super) async fn run(
    command: &UserCommand,
    office: &Office,
    globals: &Globals,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        UserCommand::Add { name, display_name, organisation, password_stdin } => {
            let question = format!("Password for {name}");
            let password = password::obtain_new(globals, *password_stdin, &question, output).await?;
            let display_name = display_name.as_deref().map(DisplayName::from);
            let organisation = organisation.clone().unwrap_or_default();
            let new = NewAccount { display_name, organisation, ..NewAccount::new(name.clone(), password) };
            print(&office.add(new).await?, output)?;
        }
        UserCommand::List => {
            for account in office.list().await? {
                print(&account, output)?;
            }
        }
        UserCommand::Show { name } => print(&office.show(name).await?, output)?,
        UserCommand::SetDisplayName { name, display_name } => {
            let new = NewDisplayName { display_name: DisplayName::from(display_name.as_str()) };
            print(&office.set_display_name(name, new).await?, output)?;
        }
        UserCommand::SetRole { name, role } => print(&office.set_role(name, NewRole { role: *role }).await?, output)?,
        UserCommand::SetOrganisation { name, organisation } => {
            let new = NewOrganisation { organisation: organisation.clone() };
            print(&office.set_organisation(name, new).await?, output)?;
        }
        UserCommand::Bind { name, subject } => print(&office.bind(name, &subject.body()).await?, output)?,
        UserCommand::Unbind { name, subject } => print(&office.unbind(name, &subject.body()).await?, output)?,
        UserCommand::Disable { name } => print(&office.set_disabled(name, true).await?, output)?,
        UserCommand::Enable { name } => print(&office.set_disabled(name, false).await?, output)?,
        UserCommand::ResetPassword { name, password_stdin } => {
            let question = format!("New password for {name}");
            let password = password::obtain_new(globals, *password_stdin, &question, output).await?;
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

/// An account, as a line.
#[derive(Serialize)]
struct AccountLine<'a> {
    v: u8,
    user: &'a str,
    display_name: &'a str,
    identity: Option<&'a str>,
    disabled: bool,
    role: &'a str,
    organisation: &'a str,
    created: String,
}

fn print(account: &Account, output: &mut Output) -> Result<(), Failure> {
    if output.json() {
        let line = AccountLine {
            v: 1,
            user: account.user.as_str(),
            display_name: account.display_name.as_str(),
            identity: account.identity.as_ref().map(Identity::as_str),
            disabled: account.disabled,
            role: account.role.as_str(),
            organisation: account.organisation.as_str(),
            created: rfc3339(account.created_at),
        };
        return Ok(output.json_line(&line)?);
    }
    let disabled = if account.disabled { "  disabled" } else { "" };
    let organisation = match account.organisation.is_main() {
        true => String::new(),
        false => format!("  of {}", account.organisation),
    };
    let role = if account.role == Role::Admin { "  admin" } else { "" };
    let identity = account.identity.as_ref().map_or("no identity yet", Identity::as_str);
    Ok(output.result(&format!(
        "{:<16}  {:<20}  {identity}{organisation}{role}{disabled}",
        account.user.as_str(),
        account.display_name.as_str()
    ))?)
}
