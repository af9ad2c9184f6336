//! The service: identity, signalling, calls and the SFU behind them.
//!
//! [`Service::start`] is the only wiring: it makes the parts, hands each what it needs, and serves until told to stop.

pub mod bots;
pub mod bus;
pub mod calls;
pub(crate) mod groups;
mod guests;
pub mod identity;
pub mod limits;
mod listener;
pub(crate) mod observe;
mod ports;
pub mod rest;
pub mod sfu;
mod signalling;
pub mod store;
pub mod voice;

use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use self::bots::BotParts;
use self::bots::demo_group::GuestParts;
use self::bus::Topic;
use self::calls::Calls;
use self::groups::Groups;
use self::identity::Identities;
use self::listener::Allowance;
use self::observe::{Observer, Watched};
use self::ports::{BotCalls, SfuSwitch, StoreRecords};
use self::rest::{Names, Rest};
use self::sfu::{Sfu, SfuConfig, SfuError, SfuEvent};
use self::signalling::Signalling;
use self::store::{Db, audit, records};
use self::voice::{HoldMusic, Sounds, Voice};
use crate::base::secret::Secret;
use crate::base::{clock, crypto, entropy, task};
use crate::config::PublicUrl;
use crate::domain::end_reason::EndReason;
use crate::domain::person::Person;
use crate::protocol;

/// How a service is to be run.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Where HTTP and WebSocket are served; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where media is served (UDP).
    pub media: SocketAddr,
    /// The addresses media clients are told, where they differ from the machine's own.
    pub advertise: Vec<IpAddr>,
    /// Further names a `Host` header may have.
    pub names: Vec<String>,
    /// Where links to this service begin; its host is a name too.
    pub public_url: Option<PublicUrl>,
    /// The folder of the database.
    pub folder: PathBuf,
    /// What may be chosen about identities.
    pub identity: identity::Settings,
    /// Whether there are demo accounts, that sign in with a secret made at this start.
    pub demo: bool,
    /// How long the Callback bot waits before it calls back.
    pub callback_after: Duration,
    /// How long the audit trail is kept.
    pub audit_kept: Duration,
}

impl ServiceOptions {
    /// A service for this machine alone, on any free ports, without a demo; its database in `folder`.
    pub fn new(folder: &Path) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: any,
            media: any,
            advertise: Vec::new(),
            names: Vec::new(),
            public_url: None,
            folder: folder.to_owned(),
            identity: identity::Settings::default(),
            demo: false,
            callback_after: bots::CALLBACK_AFTER,
            audit_kept: Duration::from_secs(365 * DAY),
        }
    }
}

/// Why a service can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another service of this folder runs.
    #[error("another service runs in {folder}; stop it first, or choose another folder with --data")]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder can't be used.
    #[error("the folder {folder} can't be used: {source}. Make it writable, or choose another one with --data")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database can't be used.
    #[error(transparent)]
    Store(#[from] store::OpenError),
    /// The database failed at once.
    #[error(transparent)]
    Database(#[from] store::StoreError),
    /// The database was a backup, and what belongs beside it can't be put there.
    #[error(transparent)]
    Backup(#[from] store::backup::BackupError),
    /// Accounts and keys can't be used.
    #[error(transparent)]
    Identity(#[from] identity::StartError),
    /// The demo accounts or the bots can't be made.
    #[error("the demo accounts or the bots can't be made: {0}")]
    People(#[from] protocol::failure::Failure),
    /// No threads for the bots and the hold music.
    #[error("no thread for the service's own voice: {0}")]
    Voice(#[from] io::Error),
    /// The HTTP port can't be had.
    #[error("{at} can't be listened on: {source}; choose another with --listen HOST:PORT (port 0 takes any free one)")]
    Listen {
        /// Which address.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The media port can't be had.
    #[error("{source}: {reason}; choose another with --media HOST:PORT (port 0 takes any free one)", reason = reason(source))]
    Media {
        /// Why.
        source: SfuError,
    },
}

fn reason(error: &SfuError) -> String {
    std::error::Error::source(error).map_or_else(|| "no further reason is known".to_owned(), ToString::to_string)
}

/// A running service; it stops when told to, not when dropped.
pub struct Running {
    /// Where HTTP and WebSocket are served.
    pub http: SocketAddr,
    /// Where media is served, as clients are told.
    pub media: Vec<SocketAddr>,
    /// Which start this is.
    pub instance: String,
    /// What `admin` commands show.
    pub admin_secret: Secret<String>,
    /// What the demo accounts sign in with.
    pub demo_secret: Option<Secret<String>>,
    signalling: Signalling,
    calls: Calls,
    sfu: Sfu,
    db: Db,
    observer: Observer,
    stop_http: watch::Sender<bool>,
    http_task: JoinHandle<()>,
    _lock: File,
}

/// Starts services.
pub struct Service;

/// Letters waiting from the SFU's threads.
const SFU_EVENTS: usize = 1024;

/// The seconds of a day.
const DAY: u64 = 24 * 60 * 60;

/// How often it is looked what of the audit trail is too old.
const AUDIT_TENDED_EVERY: Duration = Duration::from_secs(60 * 60);

/// How often it is noted that calls go on: by so much the end of a call may be wrong whose service was killed.
const ALIVE_EVERY: Duration = Duration::from_secs(5);

/// How long HTTP requests may take to end when the service stops.
const STOP_WITHIN: Duration = Duration::from_secs(3);

impl Service {
    /// Starts a service; it answers when this returns.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running then.
    pub async fn start(options: ServiceOptions) -> Result<Running, StartError> {
        crypto::install();
        let lock = lock(&options.folder)?;
        let db = store::open(&options.folder).await?;
        store::backup::unpack(&db, &options.folder).await?;
        let forgotten = records::close_open(&db, EndReason::SERVICE_LOST).await?;
        if forgotten > 0 {
            tracing::warn!(forgotten, "calls of a service that was killed were closed");
        }
        let listener = listen(options.listen).await?;
        let address = listener.local_addr().map_err(|source| StartError::Listen { at: options.listen, source })?;
        let names = Names::new(&[address.port()], &names(&options, address));
        let public_url = options.public_url.as_ref().map(ToString::to_string);
        let (sfu_events, from_sfu) = mpsc::channel(SFU_EVENTS);
        let sfu_config =
            SfuConfig { bind: options.media, advertise: options.advertise.clone(), ..SfuConfig::default() };
        let (sfu, media) = Sfu::start(&sfu_config, &sfu_events).map_err(|source| StartError::Media { source })?;
        let identities = Identities::start(db.clone(), options.identity, persons(options.demo)).await?;
        let demo_secret = demo_secret(&identities, options.demo).await?;
        let (voice, sounds) = (Voice::start()?, Sounds::start()?);
        let switch = SfuSwitch::new(sfu.clone(), HoldMusic::new(sfu.clone(), voice.clone(), sounds.clone()));
        let missed = Topic::new();
        let kept = StoreRecords::new(db.clone(), identities.clone(), missed.clone());
        let calls = Calls::run(Box::new(switch), Arc::new(kept));
        task::spawn("sfu events", pass_on(from_sfu, calls.clone()));
        task::spawn("alive", keep_alive(db.clone(), calls.clone()));
        task::spawn("audit", tend_audit(db.clone(), calls.clone(), options.audit_kept));
        let guests = GuestParts::new(sfu.clone(), voice.clone(), sounds.clone(), clock::now());
        let parts = BotParts { sfu: sfu.clone(), voice, sounds, callback_after: options.callback_after };
        signalling::rules::load(&identities, &calls).await?;
        BotCalls::register_all(&calls, &parts).await?;
        let groups = Groups::new(db.clone(), identities.clone());
        if options.demo
            && let Some(group) = guests::group(&db, &groups, &identities).await?
        {
            guests::invite(&calls, group, &guests).await?;
        }
        let signalling = Signalling::new(identities.clone(), groups.clone(), calls.clone(), sfu.clone(), db.clone());
        let signalling = signalling.at(public_url.as_deref()).counting(missed);
        signalling.follow();
        let instance = entropy::uuid().to_string();
        let admin_secret = secret();
        let sessions = signalling.registry().clone();
        let observer = Observer::new(Watched {
            folder: options.folder.clone(),
            db: db.clone(),
            identities: identities.clone(),
            calls: calls.clone(),
            sfu: sfu.clone(),
            sessions,
        });
        let rest = Rest::new((identities, groups), observer.clone(), instance.clone(), admin_secret.clone());
        let rest = rest.at(public_url.as_deref());
        let socket = Router::new().route(protocol::PATH, get(signalling::upgrade)).with_state(signalling.clone());
        let (stop_http, stopping) = watch::channel(false);
        let http = listener::serve(listener, rest::router(rest, names, socket), Allowance::default(), stopping);
        let http_task = task::spawn("http", http);
        Ok(Running {
            http: address,
            media,
            instance,
            admin_secret,
            demo_secret,
            signalling,
            calls,
            sfu,
            db,
            observer,
            stop_http,
            http_task,
            _lock: lock,
        })
    }
}

impl Running {
    /// How many clients have a session.
    pub fn clients(&self) -> usize {
        self.signalling.registry().count()
    }

    /// What the SFU has done so far.
    pub fn media_counts(&self) -> sfu::Counts {
        self.sfu.counts()
    }

    /// Ends the calls, tells the clients, and stops; what was answered is on the disk.
    pub async fn stop(self) {
        self.observer.stopping();
        self.calls.stop().await;
        self.signalling.stop().await;
        self.stop_http.send(true).ok();
        let abort = self.http_task.abort_handle();
        if tokio::time::timeout(STOP_WITHIN, self.http_task).await.is_err() {
            abort.abort();
        }
        self.db.close().await;
    }
}

/// Takes the folder for one process alone, for as long as the file is open.
///
/// # Errors
/// [`StartError::Locked`] when another has it, [`StartError::Folder`] when it can't be made.
pub fn lock(folder: &Path) -> Result<File, StartError> {
    let failed = |source| StartError::Folder { folder: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    let file = options.open(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(StartError::Locked { folder: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

async fn listen(at: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(at).await.map_err(|source| StartError::Listen { at, source })
}

async fn demo_secret(identities: &Identities, demo: bool) -> Result<Option<Secret<String>>, StartError> {
    if !demo {
        return Ok(None);
    }
    let secret = secret();
    identities.ensure_demo(secret.clone(), &bots::persons()).await?;
    Ok(Some(secret))
}

/// People without an account: the bots and, in the demo, the guests of its group.
fn persons(demo: bool) -> Vec<Person> {
    let mut persons = bots::persons();
    if demo {
        persons.extend(guests::persons());
    }
    persons
}

/// 256 bits nobody can guess, as text.
fn secret() -> Secret<String> {
    use base64::Engine as _;
    Secret::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(entropy::bytes::<32>()))
}

/// The configured names, that of the links, and the addresses listened on.
fn names(options: &ServiceOptions, http: SocketAddr) -> Vec<String> {
    let ips =
        if http.ip().is_unspecified() { sfu::local_addresses(http.ip()).unwrap_or_default() } else { vec![http.ip()] };
    let addresses = ips.into_iter().map(|ip| SocketAddr::new(ip, http.port()).to_string());
    let public = options.public_url.iter().map(ToString::to_string);
    options.names.iter().cloned().chain(public).chain(addresses).collect()
}

/// Notes now and then that the calls go on: should the process be killed, that is when they ended.
async fn keep_alive(db: Db, calls: Calls) {
    while !calls.is_stopped() {
        if let Err(error) = records::alive(&db, clock::unix_now()).await {
            tracing::warn!(%error, "it was not noted that calls go on");
        }
        tokio::time::sleep(ALIVE_EVERY).await;
    }
}

/// Forgets now and then what is too old of the audit trail.
async fn tend_audit(db: Db, calls: Calls, kept: Duration) {
    let kept = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
    while !calls.is_stopped() {
        if let Err(error) = audit::forget(&db, clock::unix_now().plus(kept.saturating_neg())).await {
            tracing::warn!(%error, "old entries of the audit trail were not forgotten");
        }
        tokio::time::sleep(AUDIT_TENDED_EVERY).await;
    }
}

async fn pass_on(mut events: mpsc::Receiver<SfuEvent>, calls: Calls) {
    while let Some(event) = events.recv().await {
        match event {
            SfuEvent::LegUp { leg } => calls.leg_up(leg).await,
            SfuEvent::LegSilent { leg } => calls.leg_silent(leg).await,
            SfuEvent::LegHeard { leg } => calls.leg_heard(leg).await,
            SfuEvent::LegFailed { leg, why } => {
                tracing::info!(%leg, ?why, "a leg failed");
                calls.leg_failed(leg).await;
            }
            SfuEvent::Slots { leg, slots } => calls.slots(leg, slots.into_iter().map(ports::slot_use).collect()).await,
            SfuEvent::Speakers { call, speakers } => calls.speakers(call, speakers).await,
        }
    }
}
