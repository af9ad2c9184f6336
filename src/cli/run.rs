//! Does what the command line says, and exits with the code for how it went.

use std::ffi::OsString;
use std::process::ExitCode;

use super::asking::unless_ended;
use super::exit::{Exit, Failure};
use super::output::Output;
use super::settings::{self, Settings};
use super::{
    Cli, Command, accounts, admin, block, call, completions, config, ctl, devices, doctor, evidence, forward, friends,
    groups, history, join, log,
};
use super::{man, open, play, profile, schema, serve, sign_in, sign_out, sign_up, softphone, trust, wait, whoami};
use crate::config::Argument;

/// Runs the program; the first of `arguments` is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::read(arguments) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let mut output = Output::standard(&cli.globals);
    let exit = carry_out(&cli, &mut output).unwrap_or_else(|failure| {
        output.failure(&failure);
        failure.exit
    });
    ExitCode::from(exit.code())
}

fn carry_out(cli: &Cli, output: &mut Output) -> Result<Exit, Failure> {
    match &cli.command {
        Some(Command::Completions(arguments)) => return completions::run(arguments, output).map(|()| Exit::Done),
        Some(Command::Man(arguments)) => return man::run(arguments, output).map(|()| Exit::Done),
        Some(Command::Schema(arguments)) => return schema::run(arguments, output).map(|()| Exit::Done),
        _ => {}
    }
    let settings = settings::load(&cli.globals, arguments(cli), settings::environment())?;
    for warning in &settings.loaded.warnings {
        output.warning(warning);
    }
    match &cli.command {
        Some(Command::Config(arguments)) => return config::run(arguments, &settings, output).map(|()| Exit::Done),
        Some(Command::Devices(arguments)) => return devices::run(*arguments, &settings, output),
        Some(Command::Accounts(_)) => return accounts::run(&settings, output),
        Some(Command::Use(arguments)) => return accounts::choose(arguments, &settings, output),
        Some(Command::Serve(arguments)) if arguments.log_to_file => log::to_file(&settings, "service"),
        Some(Command::Serve(_)) => log::to_stderr(&settings),
        // It is the other phone's log that tells; a status line asks every second.
        Some(Command::Ctl(_)) => {}
        _ => log::to_file(&settings, "phone"),
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|why| Failure::new(Exit::Failed, format!("the program can't start: {why}")))?;
    let done = runtime.block_on(with_runtime(cli, &settings, output));
    // What still blocks (a device that hangs) does not keep the program from ending.
    runtime.shutdown_background();
    done
}

/// The settings among the flags of the subcommand.
pub(super) fn arguments(cli: &Cli) -> Vec<Argument> {
    match &cli.command {
        None => cli.softphone.settings(),
        Some(Command::Serve(arguments)) => arguments.settings(),
        Some(Command::Call(arguments)) => arguments.media.sound.settings(),
        Some(Command::Join(arguments)) => arguments.media.sound.settings(),
        Some(Command::Wait(arguments)) => arguments.media.sound.settings(),
        Some(Command::Play(arguments)) => arguments.sound.settings(),
        Some(Command::Doctor(arguments)) => arguments.sound_flags.settings(),
        Some(_) => Vec::new(),
    }
}

async fn with_runtime(cli: &Cli, settings: &Settings, output: &mut Output) -> Result<Exit, Failure> {
    let globals = &cli.globals;
    match &cli.command {
        None => softphone::run(&cli.softphone, globals, settings).await,
        Some(Command::Serve(arguments)) => serve::run(arguments, globals, settings, output).await,
        Some(Command::Call(arguments)) => call::run(arguments, globals, settings, output).await,
        Some(Command::Join(arguments)) => join::run(arguments, globals, settings, output).await,
        Some(Command::Wait(arguments)) => wait::run(arguments, globals, settings, output).await,
        Some(Command::Play(arguments)) => play::run(arguments, globals, settings, output).await,
        Some(Command::Ctl(arguments)) => ctl::run(arguments, globals, settings, output).await,
        Some(Command::Open(arguments)) => open::run(arguments, globals, settings, output).await,
        Some(Command::SignUp(arguments)) => unless_ended(sign_up::run(arguments, globals, settings, output)).await,
        Some(Command::SignIn(arguments)) => unless_ended(sign_in::run(arguments, globals, settings, output)).await,
        Some(Command::SignOut(arguments)) => sign_out::run(arguments, globals, settings, output).await,
        Some(Command::Whoami(arguments)) => whoami::run(*arguments, globals, settings, output).await,
        Some(Command::Trust(arguments)) => trust::run(arguments, globals, settings, output).await,
        Some(Command::Friends(arguments)) => friends::run(arguments, globals, settings, output).await,
        Some(Command::Block(arguments)) => block::block(arguments, globals, settings, output).await,
        Some(Command::Unblock(arguments)) => block::unblock(arguments, globals, settings, output).await,
        Some(Command::Blocked(arguments)) => block::blocked(*arguments, globals, settings, output).await,
        Some(Command::Profile(arguments)) => profile::run(arguments, globals, settings, output).await,
        Some(Command::Forward(arguments)) => forward::run(arguments, globals, settings, output).await,
        Some(Command::Groups(arguments)) => groups::run(arguments, globals, settings, output).await,
        Some(Command::History(arguments)) => history::run(arguments, globals, settings, output).await,
        Some(Command::Doctor(arguments)) => doctor::run(arguments, globals, settings, output).await,
        Some(Command::Evidence(arguments)) => evidence::run(arguments, globals, settings, output).await,
        Some(Command::Admin(arguments)) => admin::run(arguments, globals, settings, output).await,
        Some(
            Command::Config(_)
            | Command::Accounts(_)
            | Command::Use(_)
            | Command::Devices(_)
            | Command::Completions(_)
            | Command::Man(_)
            | Command::Schema(_),
        ) => {
            unreachable!("carried out without a runtime")
        }
    }
}
