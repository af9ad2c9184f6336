//! `switchboard serve`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, absolute};
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::certificate;
use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::local;
use super::notify::{Manager, State};
use super::output::Output;
use super::settings::Settings;
use crate::base::secret::Secret;
use crate::base::signals::EndSignals;
use crate::base::{clock, duration};
use crate::config::{Argument, ServiceFile};
use crate::service::bots::CALLBACK_AFTER;
use crate::service::tls::Source;
use crate::service::{Running, Service, ServiceOptions, StartError, identity};

/// Run the service.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Prints one line on standard output when it is ready:
  {\"event\":\"ready\",\"http\":\"http://127.0.0.1:8790\",\"https\":\"https://127.0.0.1:8791\",
   \"media\":[\"127.0.0.1:8790\"],\"ca\":\"…/service/tls/ca.pem\"}

Examples:
  switchboard serve                                    for this machine
  switchboard serve --listen 127.0.0.1:0 --tls-listen 127.0.0.1:0 --media 127.0.0.1:0 --media-tcp 127.0.0.1:0
                                                       on any free ports
  switchboard serve --tls-listen 192.0.2.7:8791 --media 192.0.2.7:8790 --media-tcp 192.0.2.7:8792 \\
                    --public-url https://192.0.2.7:8791                          for others, too
  switchboard admin user add alice                     then add somebody who may sign in")]
pub struct ServeArgs {
    /// Where to serve HTTP and WebSocket; port 0 takes any free one [setting: service.listen]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,

    /// Where to serve the same with TLS, HTTPS and WSS; empty for nowhere [setting: service.tls_listen]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub tls_listen: Option<String>,

    /// Where to receive and send sound, over UDP [setting: service.media]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub media: Option<String>,

    /// Where to take sound over TCP, for clients whom no UDP reaches; '' nowhere [setting: media.tcp]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub media_tcp: Option<String>,

    /// Where links to groups begin: how everybody reaches the service, https://HOST:PORT [setting: service.public_url]
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,

    /// Have the demo's accounts and bots, for whoever can read this user's files
    #[arg(long)]
    pub demo: bool,

    /// Log to service.log in the folder of logs, five files of 2 MB at the most, instead of to standard error
    #[arg(long)]
    pub log_to_file: bool,

    /// Stop after nobody was connected for this long, such as 60s
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    pub until_idle: Option<Duration>,
}

impl ServeArgs {
    /// The settings among the flags.
    pub fn settings(&self) -> Vec<Argument> {
        let flags = [
            ("service.listen", "--listen", &self.listen),
            ("service.tls_listen", "--tls-listen", &self.tls_listen),
            ("service.media", "--media", &self.media),
            ("media.tcp", "--media-tcp", &self.media_tcp),
            ("service.public_url", "--public-url", &self.public_url),
        ];
        let given = flags.into_iter().filter_map(|(key, flag, text)| Some((key, flag, text.clone()?)));
        given.map(|(key, flag, text)| Argument { key, flag, text }).collect()
    }
}

/// What `serve` prints when it is ready.
#[derive(Debug, Serialize)]
pub struct Ready<'a> {
    event: &'static str,
    http: &'a str,
    https: Option<&'a str>,
    media: &'a [String],
    ca: Option<&'a Path>,
}

impl<'a> Ready<'a> {
    /// The line of the service that `file` tells of.
    pub fn new(file: &'a ServiceFile) -> Self {
        let (https, ca) = (file.https.as_deref(), file.ca.as_deref());
        Self { event: "ready", http: &file.http, https, media: &file.media, ca }
    }
}

/// How often it is looked whether anybody is connected.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Runs the service until a signal, or until it was idle for long enough.
///
/// # Errors
/// When it can't start.
pub async fn run(
    arguments: &ServeArgs,
    globals: &Globals,
    settings: &Settings,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut signals =
        EndSignals::take().map_err(|why| Failure::new(Exit::Failed, format!("signals can't be caught: {why}")))?;
    local::raise_file_limit();
    let running = start(arguments, settings).await?;
    let path = settings.paths.service_file();
    let file = service_file(&running);
    file.write(&path)
        .map_err(|why| Failure::new(Exit::Failed, format!("{} can't be written: {why}", path.display())))?;
    output.json_line(&Ready::new(&file))?;
    if !globals.json {
        output.detail(1, &format!("service.json is {}", path.display()));
    }
    let manager = Manager::of_environment();
    manager.tell(State::Ready);
    let exit = tokio::select! {
        signal = signals.next() => signal.into(),
        () = idle(&running, arguments.until_idle) => Exit::Done,
        never = manager.keep_telling() => match never {},
    };
    manager.tell(State::Stopping);
    ServiceFile::remove(&path, &file.instance);
    running.stop().await;
    Ok(exit)
}

async fn start(arguments: &ServeArgs, settings: &Settings) -> Result<Running, Failure> {
    let options = options(arguments, settings)?;
    match Service::start(options.clone()).await {
        Err(
            StartError::Listen { .. }
            | StartError::ListenTls { .. }
            | StartError::Media { .. }
            | StartError::MediaTcp { .. },
        ) if arguments.demo => Service::start(on_any_ports(arguments, options)).await.map_err(failure),
        started => started.map_err(failure),
    }
}

/// The ports of the last demo are only a preference; those of the arguments are meant.
fn on_any_ports(arguments: &ServeArgs, options: ServiceOptions) -> ServiceOptions {
    let any = |given: &Option<String>, mut at: SocketAddr| {
        if given.is_none() {
            at.set_port(0);
        }
        at
    };
    ServiceOptions {
        listen: any(&arguments.listen, options.listen),
        tls_listen: options.tls_listen.map(|at| any(&arguments.tls_listen, at)),
        media: any(&arguments.media, options.media),
        ..options
    }
}

fn failure(why: StartError) -> Failure {
    let exit = if matches!(why, StartError::Locked { .. }) { Exit::AlreadyRunning } else { Exit::Failed };
    Failure::new(exit, why.to_string())
}

fn options(arguments: &ServeArgs, settings: &Settings) -> Result<ServiceOptions, Failure> {
    let config = &settings.loaded.config;
    let (mut listen, mut media) = (config.service.listen, config.service.media);
    let mut tls_listen = config.service.tls_listen;
    if arguments.demo && arguments.listen.is_none() {
        listen.set_port(last_port(settings, |file| file.http.rsplit(':').next().map(str::to_owned)));
    }
    if let Some(at) = tls_listen.as_mut().filter(|_| arguments.demo && arguments.tls_listen.is_none()) {
        at.set_port(last_port(settings, |file| file.https.as_ref()?.rsplit(':').next().map(str::to_owned)));
    }
    if arguments.demo && arguments.media.is_none() {
        media.set_port(last_port(settings, |file| {
            file.media.first().and_then(|at| at.rsplit(':').next()).map(str::to_owned)
        }));
    }
    let mut media_tcp = config.media.tcp;
    if let Some(at) = media_tcp.as_mut().filter(|_| arguments.demo && arguments.media_tcp.is_none()) {
        at.set_port(0);
    }
    let life = Duration::from_secs(u64::from(config.service.token_minutes.get()) * 60);
    // The demo is for this machine alone.
    let certificate = if arguments.demo { Source::Own } else { certificate::source(settings)? };
    Ok(ServiceOptions {
        listen,
        tls_listen,
        media,
        media_tcp,
        advertise: config.media.advertise.clone(),
        names: config.service.names.clone(),
        public_url: config.service.public_url.clone(),
        folder: settings.paths.service.clone(),
        identity: identity::Settings {
            access_token_life: life,
            registration: config.service.registration,
            people: config.people.clone(),
            ..identity::Settings::default()
        },
        certificate,
        oidc: config.oidc.clone(),
        oidc_secret: oidc_secret(settings)?,
        demo: arguments.demo,
        callback_after: CALLBACK_AFTER,
        audit_kept: Duration::from_secs(u64::from(config.service.audit_days.get()) * 24 * 60 * 60),
    })
}

/// What the service proves itself with at the issuer that people sign in with; what of `[oidc]` is only half set is refused.
fn oidc_secret(settings: &Settings) -> Result<Option<Secret<String>>, Failure> {
    let oidc = &settings.loaded.config.oidc;
    let wrong = |key, why: &str| Failure::usage(settings.loaded.problem(key, why).to_string());
    if !oidc.programs.0.is_empty() && oidc.audiences.is_empty() {
        return Err(wrong("oidc.audiences", "oidc.programs needs them: for whom the tokens of programs have to be"));
    }
    if oidc.sign_in.is_none() {
        return Ok(None);
    }
    if oidc.client_id.is_empty() {
        return Err(wrong(
            "oidc.client_id",
            "oidc.sign_in needs it: the client id this service is registered with there",
        ));
    }
    if !oidc.scopes.iter().any(|scope| scope == "openid") {
        return Err(wrong("oidc.scopes", "openid has to be among them"));
    }
    if oidc.client_secret_file.is_empty() {
        return Ok(None);
    }
    let read = std::fs::read_to_string(&oidc.client_secret_file);
    let text = read.map_err(|why| wrong("oidc.client_secret_file", &why.to_string()))?;
    match text.trim() {
        "" => Err(wrong("oidc.client_secret_file", "the file is empty")),
        secret => Ok(Some(Secret::new(secret.to_owned()))),
    }
}

/// The port of a demo service that was killed, so that phones of its calls find the next one; 0 when there was none.
fn last_port(settings: &Settings, of: impl Fn(&ServiceFile) -> Option<String>) -> u16 {
    let file = ServiceFile::read(&settings.paths.service_file());
    file.and_then(|file| of(&file)?.parse().ok()).unwrap_or(0)
}

fn service_file(running: &Running) -> ServiceFile {
    ServiceFile {
        pid: std::process::id(),
        instance: running.instance.clone(),
        http: format!("http://{}", near(running.http)),
        https: running.https.map(|at| format!("https://{}", near(at))),
        // Clients look for it from other folders.
        ca: running.ca.as_ref().map(|path| absolute(path).unwrap_or_else(|_| path.clone())),
        public: running.public.clone(),
        media: running.media.iter().map(ToString::to_string).collect(),
        admin_secret: running.admin_secret.clone(),
        demo_secret: running.demo_secret.clone(),
    }
}

/// Where clients on this machine reach what is listened on: "every address" is none to connect to.
fn near(mut at: SocketAddr) -> SocketAddr {
    match at.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => at.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => at.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    at
}

/// Returns once nobody was connected for `limit`; never without a limit.
async fn idle(running: &Running, limit: Option<Duration>) {
    let Some(limit) = limit else { return std::future::pending().await };
    let mut idle_since = clock::now();
    while clock::now().saturating_duration_since(idle_since) < limit {
        tokio::time::sleep(LOOK_EVERY.min(limit)).await;
        if running.clients() > 0 {
            idle_since = clock::now();
        }
    }
}
