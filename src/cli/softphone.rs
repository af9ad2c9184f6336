//! `switchboard` without a command: the flags of the softphone.

use std::path::PathBuf;

use clap::Args;
use time::UtcOffset;

use super::account;
use super::evidence;
use super::exit::{Exit, Failure};
use super::globals::Globals;
#[cfg(target_os = "linux")]
use super::log;
use super::settings::Settings;
use crate::config::{Argument, Colour, Notify};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::link::OpenedLink;
use crate::domain::place::Place;
use crate::outside::{Setup, tapped};
#[cfg(target_os = "linux")]
use crate::phone::audio::alsa::StderrAside;
use crate::phone::{self, PhoneOptions};
use crate::terminal::alert::{Notifier, Surroundings, Way};
use crate::terminal::model::{ScreenOptions, SshSession};
use crate::terminal::plain::run::run as lines;
use crate::terminal::run::{Left, run as show};
use crate::terminal::theme::ColourChoice;
use crate::texts::screen;

/// The softphone.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Softphone options")]
pub struct SoftphoneArgs {
    /// Open the demo: a service of your own on this machine, with friends and bots to call
    #[arg(long)]
    pub demo: bool,

    /// Draw with plain ASCII characters only [setting: screen.ascii]
    #[arg(long)]
    pub ascii: bool,

    /// Plain mode: one line for each event and words typed as commands, for screen readers and slow links [setting:
    /// screen.plain; also where TERM is dumb]
    #[arg(long)]
    pub plain: bool,

    /// Record what is done and what happens into this new file, as a script for `switchboard play`
    #[arg(long, value_name = "FILE")]
    pub record_script: Option<PathBuf>,
}

impl SoftphoneArgs {
    /// Whether any of them was given.
    pub fn any(&self) -> bool {
        self.demo || self.ascii || self.plain || self.record_script.is_some()
    }

    /// The settings among the flags.
    pub fn settings(&self) -> Vec<Argument> {
        let ascii = self.ascii.then(|| Argument { key: "screen.ascii", flag: "--ascii", text: "true".to_owned() });
        let plain = self.plain.then(|| Argument { key: "screen.plain", flag: "--plain", text: "true".to_owned() });
        ascii.into_iter().chain(plain).collect()
    }
}

/// Opens the softphone.
///
/// # Errors
/// When there is nobody to sign in as, the service can't be started, or the terminal can't be used.
pub async fn run(arguments: &SoftphoneArgs, globals: &Globals, settings: &Settings) -> Result<Exit, Failure> {
    open(arguments, globals, settings, None).await
}

/// Opens the softphone, and shows a link in it.
///
/// # Errors
/// As [`run`].
pub(crate) async fn open(
    arguments: &SoftphoneArgs,
    globals: &Globals,
    settings: &Settings,
    link: Option<OpenedLink>,
) -> Result<Exit, Failure> {
    use std::io::IsTerminal;
    let in_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let plain = settings.loaded.config.screen.plain || (dumb && in_terminal);
    if !plain && !in_terminal {
        let why = "the softphone needs a terminal; without one use --plain, or `switchboard call`, `wait` and the others (see \
                   --help)";
        return Err(Failure::usage(why));
    }
    let acting = match link.as_ref().and_then(origin) {
        Some((origin, fingerprint)) => account::acting_at(globals, settings, &origin, fingerprint, true).await?,
        None => account::acting(globals, settings, arguments.demo, true).await?,
    };
    let voice = settings.voice(settings.microphone()?, settings.speaker()?)?;
    let evidence = Some(settings.paths.evidence.clone());
    let groups = settings.in_groups();
    let max_calls = phone::MOST_CALLS;
    let options = PhoneOptions { max_calls, voice, record: None, tones: true, rings: true, groups, evidence };
    let look = screen_options(settings, acting.demo);
    let failed = |why: String| Failure::new(Exit::Failed, why);
    let tap = Setup { screen: true, opened: link, ..settings.tap(&acting.account) };
    let phone = phone::start(acting.account, options).map_err(|why| failed(format!("the phone can't start: {why}")))?;
    let (phone, steering) = tapped(phone, tap);
    if let Some(file) = &arguments.record_script {
        let shown = file.display().to_string();
        steering.record(file).map_err(|why| Failure::usage(screen::script_failed(&shown, &why.to_string())))?;
    }
    // Sound libraries print on standard error, which is where the screen is.
    #[cfg(target_os = "linux")]
    let aside = log::file(settings, "phone").and_then(|file| StderrAside::to(&file)).ok();
    let collector = evidence::collector(settings);
    let left = if plain {
        lines(phone, look, collector, steering).await
    } else {
        show(phone, look, collector, steering).await
    };
    #[cfg(target_os = "linux")]
    drop(aside);
    let left = left.map_err(|why| failed(why.to_string()))?;
    drop(acting.taken);
    Ok(match left {
        Left::Quit => Exit::Done,
        Left::PhoneStopped => Exit::Failed,
        Left::NoTerminal => Exit::HungUp,
        Left::Signal(signal) => signal.into(),
    })
}

/// The service that a link to a group is of, and what it says its certificate is known by.
pub(super) fn origin(link: &OpenedLink) -> Option<(String, Option<Fingerprint>)> {
    match link {
        OpenedLink::Join { place } => match place.parse() {
            Ok(Place::Link { origin, fingerprint, .. }) => Some((origin, fingerprint)),
            Ok(Place::Key(_) | Place::Name(_)) | Err(_) => None,
        },
        OpenedLink::Call { .. } | OpenedLink::Number { .. } => None,
    }
}

/// The screen as the settings want it.
pub(crate) fn screen_options(settings: &Settings, demo: bool) -> ScreenOptions {
    let screen = &settings.loaded.config.screen;
    ScreenOptions {
        ascii: screen.ascii,
        colour: match screen.colour {
            Colour::Auto => ColourChoice::Auto,
            Colour::Always => ColourChoice::Always,
            Colour::Never => ColourChoice::Never,
        },
        theme: screen.theme.clone().into_iter().collect(),
        keys: screen.keys.clone().into_iter().collect(),
        hint: if demo { "demo".to_owned() } else { String::new() },
        offset: UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC),
        bell: screen.bell,
        retitle: screen.title,
        notify: notify(screen.notify),
        ssh: ssh_session(),
        push_to_talk: settings.loaded.config.phone.push_to_talk,
        ..ScreenOptions::default()
    }
}

/// How this terminal is asked to notify the person.
fn notify(setting: Notify) -> Notifier {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let terminal = Surroundings::found(variable);
    match setting {
        Notify::Auto => terminal.notifier(),
        Notify::Osc9 => terminal.through(Way::Osc9),
        Notify::Osc777 => terminal.through(Way::Osc777),
        Notify::Bell => Notifier::Bell,
        Notify::Off => Notifier::Off,
    }
}

/// The SSH session this program runs in, if it does.
fn ssh_session() -> Option<SshSession> {
    let variable = |name: &str| std::env::var(name).ok();
    let system = rustix::system::uname();
    let host = system.nodename().to_string_lossy();
    SshSession::found(variable("SSH_CONNECTION").as_deref(), variable("SSH_TTY").as_deref(), &host)
}
