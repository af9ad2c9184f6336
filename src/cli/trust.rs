//! `switchboard trust`, and which certificates count at a service a command goes to.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;
use tokio::time::timeout;

use super::asking;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::json::rfc3339;
use super::output::Output;
use super::settings::Settings;
use crate::config::{ServerUrl, ServiceFile};
use crate::domain::fingerprint::Fingerprint;
use crate::phone::connector::{ConnectError, Connector};
use crate::phone::trust::known::{KnownError, KnownService, KnownServices};
use crate::phone::trust::{BadAuthorities, Distrust, Pinned, Trust};
use crate::texts::trust as texts;

/// How long a look at the certificate may hold up what it is done before.
const LOOK_WITHIN: Duration = Duration::from_secs(8);

/// The services whose certificate you accepted by its fingerprint.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
A service without a certificate of a public authority makes an authority of its own. Whoever runs it tells its fingerprint; \
links of the service end in it. What is accepted once is kept; when it changes, nothing is sent to the service before it was \
accepted anew, here.

Examples:
  switchboard trust list
  switchboard trust add https://calls.example:8791                 look at it, and ask
  switchboard trust add https://calls.example:8791 --fingerprint SHA256:…
  switchboard trust remove https://calls.example:8791")]
pub struct TrustArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: TrustCommand,
}

/// What can be done with accepted fingerprints.
#[derive(Debug, Clone, Subcommand)]
pub enum TrustCommand {
    /// Print them
    List,
    /// Accept the fingerprint of a service: the one of --fingerprint or, with a person at the terminal, the one it shows
    Add {
        /// The service
        #[arg(value_name = "URL")]
        url: ServerUrl,
    },
    /// Forget the fingerprint of a service
    Remove {
        /// The service
        #[arg(value_name = "URL")]
        url: ServerUrl,
    },
}

/// A service that is known by its fingerprint, as a line.
#[derive(Serialize)]
struct KnownLine<'a> {
    v: u8,
    server: &'a str,
    fingerprint: Fingerprint,
    since: String,
}

/// Does it.
///
/// # Errors
/// When the file can't be read or written, or the service shows nothing that could be accepted.
pub async fn run(
    arguments: &TrustArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let known = known(settings);
    match &arguments.command {
        TrustCommand::List => {
            for service in known.list().map_err(unusable)? {
                print(&service, output)?;
            }
        }
        TrustCommand::Add { url } => add(url, &known, globals, settings, output).await?,
        TrustCommand::Remove { url } if known.forget(url).map_err(unusable)? => {
            output.progress(&format!("the fingerprint of {url} is forgotten"));
        }
        TrustCommand::Remove { url } => {
            let why = format!("no fingerprint was accepted for {url}; `switchboard trust list` lists those that were");
            return Err(Failure::new(Exit::NobodyThere, why));
        }
    }
    Ok(Exit::Done)
}

async fn add(
    url: &ServerUrl,
    known: &KnownServices,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<(), Failure> {
    if !url.is_tls() {
        return Err(Failure::usage(format!("{url} has no certificate: only services at https:// do")));
    }
    let fingerprint = match globals.fingerprint.or_else(|| url.fingerprint()) {
        Some(given) => given,
        None => {
            let way = Connector::new(url.clone(), authorities(settings, Trust::default())?);
            match look(&way).await {
                Ok(()) => {
                    output.progress(&format!("{url} is trusted by {} already", way.trust().basis()));
                    return Ok(());
                }
                Err(ConnectError::Untrusted(Distrust::UnknownAuthority { fingerprint, server })) => {
                    if let Some(before) = known.find(url).map_err(unusable)?.filter(|it| it.fingerprint != fingerprint)
                    {
                        output.warning(&texts::changed(&server, before.fingerprint, fingerprint));
                    }
                    let refused = Distrust::UnknownAuthority { server, fingerprint };
                    ask(&refused, fingerprint, url, globals, output).await?
                }
                Err(why) => return Err(unreached(url, &why)),
            }
        }
    };
    known.keep(url, fingerprint).map_err(unusable)?;
    if let Some(service) = known.find(url).map_err(unusable)? {
        print(&service, output)?;
    }
    Ok(())
}

fn print(service: &KnownService, output: &mut Output) -> Result<(), Failure> {
    let since = rfc3339(service.since);
    let KnownService { server, fingerprint, .. } = service;
    if output.json() {
        return Ok(output.json_line(&KnownLine { v: 1, server, fingerprint: *fingerprint, since })?);
    }
    Ok(output.result(&format!("{server:<36}  {fingerprint}  since {since}"))?)
}

/// The way to `server` as the flags, the settings and what was accepted before have it; a link may have named a `linked`
/// fingerprint. Nothing is asked of the service yet.
///
/// # Errors
/// When a file that says what to trust can't be used.
pub(crate) fn connector(
    globals: &Globals,
    settings: &Settings,
    server: &ServerUrl,
    linked: Option<Fingerprint>,
) -> Result<Connector, Failure> {
    if !server.is_tls() {
        return Ok(Connector::new(server.clone(), Trust::default()));
    }
    let kept = || known(settings).find(server).map_err(unusable);
    let pinned = match globals.fingerprint {
        Some(fingerprint) => Some(Pinned { fingerprint, kept: false }),
        None => match kept()? {
            Some(known) => Some(Pinned { fingerprint: known.fingerprint, kept: true }),
            None => server.fingerprint().or(linked).map(|fingerprint| Pinned { fingerprint, kept: false }),
        },
    };
    let mut trust = authorities(settings, Trust::default().with_pinned(pinned))?;
    if let Some(ca) = own_authority(settings, server).filter(|_| trust == Trust::default()) {
        trust = trust.with_file(&ca).map_err(bad_authorities)?;
    }
    Ok(Connector::new(server.clone(), trust))
}

fn authorities(settings: &Settings, trust: Trust) -> Result<Trust, Failure> {
    match settings.loaded.config.phone.ca.as_str() {
        "" => Ok(trust),
        file => trust
            .with_file(Path::new(file))
            .map_err(|why| Failure::usage(settings.loaded.problem("phone.ca", why).to_string())),
    }
}

/// The authority of this machine's own service, where `server` is that.
fn own_authority(settings: &Settings, server: &ServerUrl) -> Option<std::path::PathBuf> {
    let file = ServiceFile::read(&settings.paths.service_file())?;
    let own: ServerUrl = file.https?.parse().ok()?;
    file.ca.filter(|_| own.same_service(server))
}

/// The same, looked at before anything is sent: a certificate nobody vouches for is asked about once, where somebody is there
/// to answer. A phone with a screen waits for its service by itself: only what needs an answer holds it up.
///
/// # Errors
/// When the certificate does not count, or the service can't be reached and there is no screen.
pub(crate) async fn way(
    globals: &Globals,
    settings: &Settings,
    server: ServerUrl,
    linked: Option<Fingerprint>,
    screen: bool,
) -> Result<Connector, Failure> {
    let way = connector(globals, settings, &server, linked)?;
    let is_settled = way.trust().pinned().is_some_and(|pinned| pinned.kept);
    if !server.is_tls() || (screen && is_settled) {
        return Ok(way);
    }
    match look(&way).await {
        Ok(()) => Ok(way),
        Err(ConnectError::Untrusted(why @ Distrust::UnknownAuthority { fingerprint, .. })) => {
            let mut output = Output::standard(globals);
            let fingerprint = ask(&why, fingerprint, &server, globals, &mut output).await?;
            known(settings).keep(&server, fingerprint).map_err(unusable)?;
            connector(globals, settings, &server, linked)
        }
        Err(ConnectError::Untrusted(why)) => Err(Failure::new(Exit::Unreachable, why.to_string())),
        Err(_) if screen => Ok(way),
        Err(why) => Err(unreached(&server, &why)),
    }
}

/// Keeps the fingerprint a service was reached by, if it was one.
///
/// # Errors
/// When it can't be written.
pub(crate) fn keep(settings: &Settings, way: &Connector) -> Result<(), Failure> {
    match way.trust().pinned() {
        Some(pinned) if !pinned.kept => known(settings).keep(way.server(), pinned.fingerprint).map_err(unusable),
        _ => Ok(()),
    }
}

fn known(settings: &Settings) -> KnownServices {
    KnownServices::at(&settings.paths.known_services)
}

/// Makes a connection, and nothing with it.
async fn look(way: &Connector) -> Result<(), ConnectError> {
    let connected = timeout(LOOK_WITHIN, way.connect(|_| ())).await;
    let too_long = |_| Err(ConnectError::Tcp(io::Error::new(io::ErrorKind::TimedOut, "it does not answer")));
    connected.unwrap_or_else(too_long).map(drop)
}

/// Asks whether a fingerprint is the right one.
async fn ask(
    why: &Distrust,
    fingerprint: Fingerprint,
    server: &ServerUrl,
    globals: &Globals,
    output: &mut Output,
) -> Result<Fingerprint, Failure> {
    if globals.no_input || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(Failure::new(Exit::Unreachable, why.to_string()));
    }
    let answer = asking::line(&texts::question(&server.to_string(), fingerprint), output).await?;
    if is_yes(&answer) {
        return Ok(fingerprint);
    }
    Err(Failure::new(Exit::Unreachable, format!("the certificate of {server} was not accepted: nothing was sent")))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

fn unreached(server: &ServerUrl, why: &ConnectError) -> Failure {
    let message = match why {
        ConnectError::Untrusted(why) => why.to_string(),
        why => format!("no service at {server}: {why}"),
    };
    Failure::new(Exit::Unreachable, message)
}

fn unusable(why: KnownError) -> Failure {
    Failure::new(Exit::Failed, why.to_string())
}

fn bad_authorities(why: BadAuthorities) -> Failure {
    Failure::new(Exit::Failed, why.to_string())
}
