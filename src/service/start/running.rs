//! A running service, and its end.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinHandle};

use crate::base::secret::Secret;
use crate::domain::fingerprint::Fingerprint;
use crate::service::calls::Calls;
use crate::service::identity::Identities;
use crate::service::observe::Observer;
use crate::service::sfu::{self, Sfu};
use crate::service::signalling::Signalling;
use crate::service::store::Db;

/// How long HTTP requests may take to end when the service stops.
const STOP_WITHIN: Duration = Duration::from_secs(3);

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
    pub(super) identities: Identities,
    pub(super) signalling: Signalling,
    pub(super) calls: Calls,
    pub(super) sfu: Sfu,
    pub(super) db: Db,
    pub(super) observer: Observer,
    pub(super) stop_http: watch::Sender<bool>,
    pub(super) http_tasks: Vec<JoinHandle<()>>,
    pub(super) _lock: File,
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
