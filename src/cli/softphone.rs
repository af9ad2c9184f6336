//! `switchboard` without a command: the flags of the softphone.

use std::path::PathBuf;

use clap::Args;
use time::UtcOffset;

use super::account::{self, Acting};
use super::asking::unless_ended;
use super::exit::{Exit, Failure};
use super::globals::Globals;
#[cfg(target_os = "linux")]
use super::log;
use super::output::Output;
use super::settings::Settings;
use super::{demo, evidence, sign_in, sign_out};
use crate::config::{Argument, Colour, Notify, ServerUrl};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::link::OpenedLink;
use crate::domain::place::Place;
use crate::outside::{Setup, tapped};
use crate::phone::account::{Account, SavedSignIn};
#[cfg(target_os = "linux")]
use crate::phone::audio::alsa::StderrAside;
use crate::phone::{self, PhoneOptions};
use crate::terminal::alert::{Notifier, Surroundings, Way};
use crate::terminal::model::{GoOn, SavedAccount, ScreenOptions, SshSession};
use crate::terminal::plain::run::run as lines;
use crate::terminal::run::{Hands, Left, NotSignedOut, SignOut, run as show};
use crate::terminal::theme::ColourChoice;
use crate::texts::{accounts as texts, screen};

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
    let first = async {
        match link.as_ref().and_then(origin) {
            Some((origin, fingerprint)) => account::acting_at(globals, settings, &origin, fingerprint, true).await,
            None => account::acting(globals, settings, arguments.demo, true).await,
        }
    };
    let mut acting = unless_ended(first).await?;
    let mut open = Opening { arguments, globals, settings, plain, link, said: String::new(), recorded: false };
    loop {
        let used = open.saved_of(&acting.account);
        let go_on = match open.phone(&acting).await? {
            Left::GoOn(go_on) => go_on,
            Left::Quit => return Ok(Exit::Done),
            Left::PhoneStopped => return Ok(Exit::Failed),
            Left::NoTerminal => return Ok(Exit::HungUp),
            Left::Signal(signal) => return Ok(signal.into()),
        };
        // The demo's account is free for the next phone.
        drop(acting.taken.take());
        acting = match open.next(&go_on, acting.account.server(), used).await? {
            Some(next) => next,
            None => return Ok(Exit::Done),
        };
    }
}

/// What a phone with a screen is opened with, one after the other.
struct Opening<'a> {
    arguments: &'a SoftphoneArgs,
    globals: &'a Globals,
    settings: &'a Settings,
    plain: bool,
    link: Option<OpenedLink>,
    /// What the next one says first.
    said: String,
    /// Whether the script is recorded that was asked for.
    recorded: bool,
}

impl Opening<'_> {
    /// Opens the phone of one account until it is left.
    async fn phone(&mut self, acting: &Acting) -> Result<Left, Failure> {
        let settings = self.settings;
        let failed = |why: String| Failure::new(Exit::Failed, why);
        let options = PhoneOptions {
            max_calls: phone::MOST_CALLS,
            voice: settings.voice(settings.microphone()?, settings.speaker()?)?,
            record: None,
            tones: true,
            rings: true,
            groups: settings.in_groups(),
            media_over: settings.media_over(),
            evidence: Some(settings.paths.evidence.clone()),
        };
        let (accounts, said) = (self.accounts(&acting.account), std::mem::take(&mut self.said));
        let look = ScreenOptions { accounts, said, ..screen_options(settings, acting.demo) };
        let tap = Setup { screen: true, opened: self.link.take(), ..settings.tap(&acting.account) };
        let phone = phone::start(acting.account.clone(), options);
        let phone = phone.map_err(|why| failed(format!("the phone can't start: {why}")))?;
        let phone = match acting.demo {
            true => demo::missed(phone, settings.paths.clone(), self.globals.data.clone()),
            false => phone,
        };
        let (phone, steering) = tapped(phone, tap);
        // A new file can be begun once.
        if let Some(file) =
            self.arguments.record_script.as_ref().filter(|_| !std::mem::replace(&mut self.recorded, true))
        {
            let shown = file.display().to_string();
            steering.record(file).map_err(|why| Failure::usage(screen::script_failed(&shown, &why.to_string())))?;
        }
        // Sound libraries print on standard error, which is where the screen is.
        #[cfg(target_os = "linux")]
        let aside = log::file(settings, "phone").and_then(|file| StderrAside::to(&file)).ok();
        let hands = Hands { collector: evidence::collector(settings), sign_out: self.sign_out() };
        let left = if self.plain {
            lines(phone, look, hands, steering).await
        } else {
            show(phone, look, hands, steering).await
        };
        #[cfg(target_os = "linux")]
        drop(aside);
        left.map_err(|why| failed(why.to_string()))
    }

    /// The saved sign-in that an account is of, if it is of one.
    fn saved_of(&self, account: &Account) -> Option<SavedSignIn> {
        let place = account.place()?;
        account::sign_ins(self.settings).list().saved.into_iter().find(|saved| saved.place == *place)
    }

    /// The saved sign-ins, as the screen of `account` lists them.
    fn accounts(&self, account: &Account) -> Vec<SavedAccount> {
        let saved = account::sign_ins(self.settings).list().saved.into_iter();
        let row = |saved: SavedSignIn| SavedAccount {
            used: account.place() == Some(&saved.place),
            user: saved.me.name,
            server: saved.server,
            keeper: saved.keeper,
        };
        saved.map(row).collect()
    }

    /// Who goes on: whom the person wants or, where that comes to nothing, who was `used` before; nobody, where the last one
    /// was signed out of.
    async fn next(
        &mut self,
        go_on: &GoOn,
        server: &ServerUrl,
        used: Option<SavedSignIn>,
    ) -> Result<Option<Acting>, Failure> {
        let why = match unless_ended(self.go_on(go_on, server)).await {
            Err(why) if self.goes_back(go_on, &why) => why,
            known => return known,
        };
        self.said = why.message;
        let (globals, settings) = (self.globals, self.settings);
        let back = async {
            match used {
                Some(used) => account::saved(globals, settings, &used, None, true).await.map(account::plain),
                None => account::acting(globals, settings, self.arguments.demo, true).await,
            }
        };
        unless_ended(back).await.map(Some)
    }

    /// Whether there is somebody to go back to, and the program is not to end.
    fn goes_back(&self, go_on: &GoOn, why: &Failure) -> bool {
        let ends = matches!(why.exit, Exit::Terminated | Exit::HungUp);
        let is_gone = matches!(go_on, GoOn::Without(who) if account::one(self.settings, who).is_err());
        !ends && !is_gone
    }

    async fn go_on(&mut self, go_on: &GoOn, server: &ServerUrl) -> Result<Option<Acting>, Failure> {
        let (globals, settings) = (self.globals, self.settings);
        let mut output = Output::standard(globals);
        match go_on {
            GoOn::As(who) => {
                let chosen = account::one(settings, who)?;
                let account = account::saved(globals, settings, &chosen, None, true).await?;
                account::sign_ins(settings).set_used(&chosen).map_err(account::failure)?;
                Ok(Some(account::plain(account)))
            }
            GoOn::AsNew => sign_in::ask(server, globals, settings, &mut output).await.map(Some),
            GoOn::Without(who) => {
                match sign_out::sign_out(&account::one(settings, who)?, globals, settings).await {
                    Ok(()) => output.progress(&texts::signed_out(&who.to_string())),
                    Err(why) if account::one(settings, who).is_ok() => return Err(why),
                    Err(why) => output.failure(&why),
                }
                let Some(next) = account::sign_ins(settings).list().saved.into_iter().next() else { return Ok(None) };
                let account = account::saved(globals, settings, &next, None, true).await?;
                account::sign_ins(settings).set_used(&next).map_err(account::failure)?;
                Ok(Some(account::plain(account)))
            }
        }
    }

    /// Signs out of one that is not in use.
    fn sign_out(&self) -> SignOut {
        let (globals, settings) = (self.globals.clone(), self.settings.clone());
        Box::new(move |who| {
            let (globals, settings) = (globals.clone(), settings.clone());
            Box::pin(async move {
                let ended = async { sign_out::sign_out(&account::one(&settings, &who)?, &globals, &settings).await };
                let stays =
                    |why: Failure| NotSignedOut { why: why.message, stays: account::one(&settings, &who).is_ok() };
                ended.await.map_err(stays)
            })
        })
    }
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
