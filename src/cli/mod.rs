//! The command line: its definition, what it prints and how it exits; one file per subcommand.
//!
//! What a command does is the phone's, the service's or the configuration's matter; here are its words.

mod account;
pub mod accounts;
pub mod admin;
mod asking;
pub mod block;
pub mod call;
mod certificate;
pub mod completions;
pub mod config;
mod conversation;
pub mod ctl;
mod demo;
pub mod devices;
pub mod doctor;
pub mod dtmf;
pub mod evidence;
pub mod exit;
pub mod expect;
pub mod forward;
pub mod friends;
pub mod globals;
pub mod groups;
mod headless;
pub mod history;
pub mod join;
pub mod json;
mod local;
mod log;
pub mod man;
pub mod media_flags;
mod notify;
pub mod open;
pub mod output;
pub mod password;
mod plain;
pub mod play;
mod playing;
pub mod process;
pub mod profile;
mod roster;
mod rotated;
mod run;
pub mod schema;
pub mod serve;
pub mod settings;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod softphone;
mod stand_ins;
pub mod trust;
mod version;
pub mod wait;
pub mod whoami;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use globals::Globals;
pub use run::run;
use softphone::SoftphoneArgs;

/// A softphone that lives in the terminal, and the calling service behind it.
///
/// Without a command it opens the softphone, with the saved sign-in that is in use (see `switchboard accounts`); where none is
/// saved it opens the demo, in which one person alone can try every kind of call.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version, after_help = EXAMPLES, infer_subcommands = false, max_term_width = 100)]
pub struct Cli {
    /// Flags every command takes.
    #[command(flatten)]
    pub globals: Globals,

    /// Flags of the softphone.
    #[command(flatten)]
    pub softphone: SoftphoneArgs,

    /// What to do; the softphone when absent.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  switchboard --demo                          try it: friends to call, nothing to set up
  switchboard call echo --for 10s             call the echo without a screen
  switchboard groups create \"Ops bridge\"      make a group, and get its ID, code and link
  switchboard join k7mq-3tzf                  join a group's call by its code
  switchboard play night.script               play a script of calls, waits and expectations
  switchboard ctl answer                      have the phone that runs answer
  switchboard serve                           run the service for others
  switchboard sign-in alice --server http://127.0.0.1:8790
  switchboard doctor                          find out why something does not work

Settings are read from a file, the environment and arguments: see `switchboard config show`.

Exit codes:
  0 done           3 service unreachable  6 no answer, offline, timed out   9 nobody there
  1 other failure  4 sign-in refused      7 media failed                   10 --expect or wait-for not met
  2 usage          5 declined or busy     8 not admitted or removed";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the service: sign-in, signalling, calls and their sound.
    Serve(serve::ServeArgs),
    /// Call somebody without a screen.
    Call(call::CallArgs),
    /// Join a group's call without a screen.
    Join(join::JoinArgs),
    /// Wait for calls without a screen.
    Wait(wait::WaitArgs),
    /// Play a script without a screen: calls, waits and expectations, line by line.
    Play(play::PlayArgs),
    /// Steer and follow the phone that runs.
    Ctl(ctl::CtlArgs),
    /// Show a link in the phone: tel:, switchboard: and links to groups.
    Open(open::OpenArgs),
    /// Sign in to a service and keep the sign-in.
    #[command(visible_alias = "login")]
    SignIn(sign_in::SignInArgs),
    /// Make an account for yourself, and sign in with it.
    SignUp(sign_up::SignUpArgs),
    /// Forget a sign-in, here and at the service.
    #[command(visible_alias = "logout")]
    SignOut(sign_out::SignOutArgs),
    /// The sign-ins saved on this machine.
    #[command(alias = "account")]
    Accounts(accounts::AccountsArgs),
    /// Go on as another saved sign-in.
    Use(accounts::UseArgs),
    /// Say who is signed in.
    Whoami(whoami::WhoamiArgs),
    /// The services whose certificate you accepted by its fingerprint.
    Trust(trust::TrustArgs),
    /// The friend list.
    #[command(alias = "friend")]
    Friends(friends::FriendsArgs),
    /// Block somebody: to them you are offline, and they are not told.
    Block(block::BlockArgs),
    /// Block somebody no more.
    Unblock(block::UnblockArgs),
    /// Print whom you block.
    Blocked(block::BlockedArgs),
    /// Show yourself to others under another name.
    Profile(profile::ProfileArgs),
    /// Where calls go that are not taken, and who may pick them up.
    Forward(forward::ForwardArgs),
    /// Groups: make, share and list them.
    #[command(alias = "group")]
    Groups(groups::GroupsArgs),
    /// Past calls, missed ones included.
    History(history::HistoryArgs),
    /// Microphones and speakers.
    #[command(alias = "device")]
    Devices(devices::DevicesArgs),
    /// Check devices, service, sign-in and the way of the sound; say what to do about what fails.
    Doctor(doctor::DoctorArgs),
    /// Write what the last phone remembers into one file, without secrets: for a report of a fault.
    Evidence(evidence::EvidenceArgs),
    /// The settings.
    Config(config::ConfigArgs),
    /// Print the JSON Schema of the lines of --json.
    Schema(schema::SchemaArgs),
    /// Print completions for a shell.
    Completions(completions::CompletionsArgs),
    /// Print the manual page.
    Man(man::ManArgs),
    /// Accounts, keys and tokens, for whoever runs the service.
    Admin(admin::AdminArgs),
}

impl Cli {
    /// Reads the command line; the first of `arguments` is the program's name.
    ///
    /// # Errors
    /// With the text to print and the code to exit with; a request for help is one of them.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let cli = Self::try_parse_from(arguments)?;
        if cli.softphone.any() && cli.command.is_some() {
            let why = "--demo, --ascii, --plain and --record-script belong to the softphone, which is opened without a \
                       command";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, why));
        }
        Ok(cli)
    }
}

#[cfg(test)]
mod tests;
