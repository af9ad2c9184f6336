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
mod reach;
pub mod rest;
pub mod sfu;
mod signalling;
pub mod store;
pub mod tls;
pub mod voice;

use std::fs::{File, OpenOptions};
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use futures_util::future::join_all;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinHandle};

use self::bots::BotParts;
use self::bots::demo_group::GuestParts;
use self::bus::Topic;
use self::calls::Calls;
use self::groups::Groups;
use self::identity::{AccessKeys, DeviceSignIns, Identities, Issuers};
use self::listener::{Allowance, Door};
use self::observe::{Observer, Watched};
use self::ports::{BotCalls, SfuSwitch, StoreRecords};
use self::reach::Reach;
use self::rest::{Holders, Names, Rest};
use self::sfu::{Sfu, SfuConfig, SfuError, SfuEvent};
use self::signalling::Signalling;
use self::store::{Db, audit, records};
use self::tls::{Answers, Tls};
use self::voice::{HoldMusic, Sounds, Voice};
use crate::base::secret::Secret;
use crate::base::{clock, crypto, entropy, task};
use crate::config::{Oidc, PublicUrl};
use crate::domain::end_reason::EndReason;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::id::Identity;
use crate::domain::person::Person;
use crate::protocol;

/// How a service is to be run.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Where HTTP and WebSocket are served; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where the same is served with TLS; `None` for nowhere.
    pub tls_listen: Option<SocketAddr>,
    /// Where media is served (UDP).
    pub media: SocketAddr,
    /// Where media is served over TCP, for clients whom no UDP reaches; `None`: nowhere.
    pub media_tcp: Option<SocketAddr>,
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
    /// Which certificate is shown at `tls_listen`.
    pub certificate: tls::Source,
    /// Other issuers of tokens that are believed.
    pub oidc: Oidc,
    /// What this service proves itself with at the issuer that people sign in with.
    pub oidc_secret: Option<Secret<String>>,
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
            tls_listen: Some(any),
            media: any,
            media_tcp: Some(any),
            advertise: Vec::new(),
            names: Vec::new(),
            public_url: None,
            folder: folder.to_owned(),
            identity: identity::Settings::default(),
            certificate: tls::Source::default(),
            oidc: Oidc::default(),
            oidc_secret: None,
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
    /// The HTTPS port can't be had.
    #[error(
        "{at} can't be listened on: {source}; choose another with --tls-listen HOST:PORT (port 0 takes any free one)"
    )]
    ListenTls {
        /// Which address.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// There are no certificates.
    #[error(transparent)]
    Tls(#[from] tls::StartError),
    /// The media port can't be had.
    #[error("{source}: {reason}; choose another with --media HOST:PORT (port 0 takes any free one)", reason = reason(source))]
    Media {
        /// Why.
        source: SfuError,
    },
    /// The media port for TCP can't be had.
    #[error(
        "{source}: {reason}; choose another with --media-tcp HOST:PORT (port 0 takes any free one, '' none)",
        reason = reason(source)
    )]
    MediaTcp {
        /// Why.
        source: SfuError,
    },
}

impl From<SfuError> for StartError {
    fn from(source: SfuError) -> Self {
        match source {
            SfuError::BindTcp { .. } => Self::MediaTcp { source },
            source => Self::Media { source },
        }
    }
}

fn reason(error: &SfuError) -> String {
    std::error::Error::source(error).map_or_else(|| "no further reason is known".to_owned(), ToString::to_string)
}

/// A running service; it stops when told to, not when dropped.
pub struct Running {
    /// Where HTTP and WebSocket are served.
    pub http: SocketAddr,
    /// Where the same is served with TLS.
    pub https: Option<SocketAddr>,
    /// The file with the certificate of the service's own authority, where it serves TLS.
    pub ca: Option<PathBuf>,
    /// What people know that authority by, where it is the one that clients meet.
    pub fingerprint: Option<Fingerprint>,
    /// Where everybody reaches it, as its operator said; with that fingerprint behind it.
    pub public: Option<String>,
    /// Where media is served, as clients are told.
    pub media: Vec<SocketAddr>,
    /// Where media is served over TCP, as clients are told.
    pub media_tcp: Vec<SocketAddr>,
    /// Which start this is.
    pub instance: String,
    /// What `admin` commands show.
    pub admin_secret: Secret<String>,
    /// What the demo accounts sign in with.
    pub demo_secret: Option<Secret<String>>,
    identities: Identities,
    signalling: Signalling,
    calls: Calls,
    sfu: Sfu,
    db: Db,
    observer: Observer,
    stop_http: watch::Sender<bool>,
    http_tasks: Vec<JoinHandle<()>>,
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
        let (lock, db) = open(&options.folder).await?;
        let bound = Bound::take(&options).await?;
        let secured = Secured::with(&options, &bound)?;
        let reach = bound.reach(&options);
        let media = Media::start(&options, &reach).await?;
        let people = People::load(&options, &db).await?;
        let (calls, missed) = start_calls(&options, &db, &people, &media.sfu, media.events).await?;
        let public = Public {
            url: options.public_url.as_ref().map(ToString::to_string),
            fingerprint: secured.fingerprint().filter(|_| reach.links_meet_us()),
        };
        let signalling = people.signalling(&db, &calls, &media.sfu);
        let signalling = signalling.at(public.url.as_deref()).known_by(public.fingerprint).counting(missed);
        signalling.follow();
        let observer = Observer::new(Watched {
            folder: options.folder.clone(),
            db: db.clone(),
            identities: people.identities.clone(),
            calls: calls.clone(),
            sfu: media.sfu.clone(),
            sessions: signalling.registry().clone(),
        });
        let (instance, admin_secret) = (entropy::uuid().to_string(), make_secret());
        let parts = (people.holders(&options), people.groups, signalling.clone());
        let rest = Rest::new(parts, observer.clone(), instance.clone(), admin_secret.clone());
        let rest = rest.at(public.url.as_deref()).known_by(public.fingerprint).answering(secured.answers.clone());
        reach.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
        let (http, https, ca) = (bound.http(), bound.https(), secured.ca());
        let fingerprint = secured.fingerprint();
        let (stop_http, http_tasks) = open_doors(bound, secured, rest, &signalling);
        Ok(Running {
            http,
            https,
            ca,
            fingerprint,
            public: public.written(),
            media: media.addresses,
            media_tcp: media.sfu.tcp_addresses(),
            instance,
            admin_secret,
            demo_secret: people.demo_secret,
            identities: people.identities,
            signalling,
            calls,
            sfu: media.sfu,
            db,
            observer,
            stop_http,
            http_tasks,
            _lock: lock,
        })
    }
}

/// Takes the folder, and the database in it as the last service left it.
async fn open(folder: &Path) -> Result<(File, Db), StartError> {
    let lock = lock(folder)?;
    let db = store::open(folder).await?;
    store::backup::unpack(&db, folder).await?;
    let forgotten = records::close_open(&db, EndReason::SERVICE_LOST).await?;
    if forgotten > 0 {
        tracing::warn!(forgotten, "calls of a service that was killed were closed");
    }
    Ok((lock, db))
}

/// What HTTP is listened for on, and where that is: in the clear, and with TLS.
struct Bound {
    plain: (TcpListener, SocketAddr),
    secret: Option<(TcpListener, SocketAddr)>,
}

impl Bound {
    async fn take(options: &ServiceOptions) -> Result<Self, StartError> {
        let at = options.listen;
        let plain = listen(at).await.map_err(|source| StartError::Listen { at, source })?;
        let secret = match options.tls_listen {
            Some(at) => Some(listen(at).await.map_err(|source| StartError::ListenTls { at, source })?),
            None => None,
        };
        Ok(Self { plain, secret })
    }

    fn http(&self) -> SocketAddr {
        self.plain.1
    }

    fn https(&self) -> Option<SocketAddr> {
        self.secret.as_ref().map(|(_, at)| *at)
    }

    fn reach<'a>(&self, options: &'a ServiceOptions) -> Reach<'a> {
        let public = options.public_url.as_ref();
        Reach { http: self.http(), https: self.https(), media: options.media, public }
    }
}

/// The names the service goes by, and what proves them.
struct Secured {
    names: Names,
    answers: Answers,
    tls: Option<Tls>,
}

impl Secured {
    fn with(options: &ServiceOptions, bound: &Bound) -> Result<Self, StartError> {
        let (names, answers) = (names(options, &[Some(bound.http()), bound.https()]), Answers::default());
        let tls = match bound.https() {
            Some(_) => {
                let (source, answers) = (options.certificate.clone(), answers.clone());
                Some(Tls::start(&options.folder, &names.hosts(), source, answers)?)
            }
            None => None,
        };
        Ok(Self { names, answers, tls })
    }

    fn ca(&self) -> Option<PathBuf> {
        self.tls.as_ref().map(|tls| tls.ca.clone())
    }

    fn fingerprint(&self) -> Option<Fingerprint> {
        self.tls.as_ref().and_then(|tls| tls.fingerprint)
    }
}

/// What links to the service hold.
struct Public {
    url: Option<String>,
    fingerprint: Option<Fingerprint>,
}

impl Public {
    /// As people are told it. A fingerprint is of use only where there is a certificate.
    fn written(&self) -> Option<String> {
        let url = self.url.as_ref()?;
        let fingerprint = self.fingerprint.filter(|_| url.starts_with("https://"));
        Some(fingerprint.map_or_else(|| url.clone(), |fingerprint| format!("{url}#{fingerprint}")))
    }
}

/// The SFU.
struct Media {
    sfu: Sfu,
    /// Where clients are told to send to.
    addresses: Vec<SocketAddr>,
    /// What it tells.
    events: mpsc::Receiver<SfuEvent>,
}

impl Media {
    async fn start(options: &ServiceOptions, reach: &Reach<'_>) -> Result<Self, StartError> {
        let (told, events) = mpsc::channel(SFU_EVENTS);
        let advertise = if options.advertise.is_empty() { reach.addresses().await } else { options.advertise.clone() };
        let config = SfuConfig { bind: options.media, tcp: options.media_tcp, advertise, ..SfuConfig::default() };
        let (sfu, addresses) = Sfu::start(&config, &told)?;
        Ok(Self { sfu, addresses, events })
    }
}

/// Who there is, and what they prove themselves with.
struct People {
    identities: Identities,
    access_keys: AccessKeys,
    groups: Groups,
    demo_secret: Option<Secret<String>>,
}

impl People {
    async fn load(options: &ServiceOptions, db: &Db) -> Result<Self, StartError> {
        let identities = Identities::start(db.clone(), options.identity.clone(), persons(options.demo)).await?;
        let access_keys = AccessKeys::load(db.clone()).await?;
        let demo_secret = demo_secret(&identities, options.demo).await?;
        let groups = Groups::new(db.clone(), identities.clone());
        Ok(Self { identities, access_keys, groups, demo_secret })
    }

    fn holders(&self, options: &ServiceOptions) -> Holders {
        let (identities, access_keys) = (self.identities.clone(), self.access_keys.clone());
        let device_sign_ins = DeviceSignIns::new(&options.oidc, options.oidc_secret.clone());
        Holders { identities, access_keys, issuers: Issuers::new(&options.oidc), device_sign_ins }
    }

    fn signalling(&self, db: &Db, calls: &Calls, sfu: &Sfu) -> Signalling {
        Signalling::new(self.identities.clone(), self.groups.clone(), calls.clone(), sfu.clone(), db.clone())
    }
}

/// Starts the calls, and everybody who lives in the service; who missed a call is told at the topic.
async fn start_calls(
    options: &ServiceOptions,
    db: &Db,
    people: &People,
    sfu: &Sfu,
    from_sfu: mpsc::Receiver<SfuEvent>,
) -> Result<(Calls, Topic<Identity>), StartError> {
    let (voice, sounds) = (Voice::start()?, Sounds::start()?);
    let switch = SfuSwitch::new(sfu.clone(), HoldMusic::new(sfu.clone(), voice.clone(), sounds.clone()));
    let missed = Topic::new();
    let kept = StoreRecords::new(db.clone(), people.identities.clone(), missed.clone());
    let calls = Calls::run(Box::new(switch), Arc::new(kept));
    task::spawn("sfu events", pass_on(from_sfu, calls.clone()));
    task::spawn("alive", keep_alive(db.clone(), calls.clone()));
    task::spawn("audit", tend_audit(db.clone(), calls.clone(), options.audit_kept));
    let guests = GuestParts::new(sfu.clone(), voice.clone(), sounds.clone(), clock::now());
    let parts = BotParts { sfu: sfu.clone(), voice, sounds, callback_after: options.callback_after };
    signalling::rules::load(&people.identities, &calls).await?;
    BotCalls::register_all(&calls, &parts).await?;
    if options.demo
        && let Some(group) = guests::group(db, &people.groups, &people.identities).await?
    {
        guests::invite(&calls, group, &guests).await?;
    }
    Ok((calls, missed))
}

/// Serves what was bound, until the sender says to stop.
fn open_doors(
    bound: Bound,
    secured: Secured,
    rest: Rest,
    signalling: &Signalling,
) -> (watch::Sender<bool>, Vec<JoinHandle<()>>) {
    let socket = Router::new().route(protocol::PATH, get(signalling::upgrade)).with_state(signalling.clone());
    let (stop, stopping) = watch::channel(false);
    let (router, allowance) = (rest::router(rest, secured.names, socket), Allowance::default());
    let seats = allowance.seats();
    let acceptor = secured.tls.map(|tls| tls.acceptor);
    let doors = [Some((bound.plain.0, None)), bound.secret.map(|(listener, _)| (listener, acceptor))];
    let doors = doors.into_iter().flatten().map(|(listener, tls)| Door { listener, tls, seats: Arc::clone(&seats) });
    let serve = |door| listener::serve(door, router.clone(), allowance, stopping.clone());
    (stop, doors.map(|door| task::spawn("http", serve(door))).collect())
}

impl Running {
    /// The identities of this service, and their tokens.
    pub fn identities(&self) -> &Identities {
        &self.identities
    }

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
        let aborts: Vec<_> = self.http_tasks.iter().map(JoinHandle::abort_handle).collect();
        if tokio::time::timeout(STOP_WITHIN, join_all(self.http_tasks)).await.is_err() {
            aborts.iter().for_each(AbortHandle::abort);
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

/// A listener, and where it is.
async fn listen(at: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(at).await?;
    let at = listener.local_addr()?;
    Ok((listener, at))
}

async fn demo_secret(identities: &Identities, demo: bool) -> Result<Option<Secret<String>>, StartError> {
    if !demo {
        return Ok(None);
    }
    let secret = make_secret();
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
fn make_secret() -> Secret<String> {
    use base64::Engine as _;
    Secret::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(entropy::bytes::<32>()))
}

/// The configured names, that of the links, and the addresses `listened` on.
fn names(options: &ServiceOptions, listened: &[Option<SocketAddr>]) -> Names {
    let listened = || listened.iter().flatten();
    let addresses = listened().flat_map(|at| local(at.ip()).into_iter().map(|ip| SocketAddr::new(ip, at.port())));
    let addresses = addresses.map(|at| at.to_string());
    // A proxy may name the host with its own port or with ours; an ACME authority comes to that of plain HTTP.
    let public = options.public_url.iter().flat_map(|url| {
        let host = url.host();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        [url.to_string(), format!("http://{host}"), host]
    });
    let names: Vec<_> = options.names.iter().cloned().chain(public).chain(addresses).collect();
    Names::new(&listened().map(SocketAddr::port).collect::<Vec<_>>(), &names)
}

/// The addresses of this machine that `ip` stands for.
fn local(ip: IpAddr) -> Vec<IpAddr> {
    if ip.is_unspecified() { sfu::local_addresses(ip).unwrap_or_default() } else { vec![ip] }
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
