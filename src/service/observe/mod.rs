//! What the service tells whoever runs it: figures for Prometheus, and whether it is ready for work.
//!
//! Nothing is global: each service has an [`Observer`] of its own. What is hot is not counted here, but read where it is
//! kept when somebody asks. Who may ask is decided by [`super::rest`].

mod figures;
mod process;
mod readiness;
#[cfg(test)]
pub(crate) mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use self::readiness::Looked;
use super::calls::Calls;
use super::identity::Identities;
use super::sfu::Sfu;
use super::signalling::registry::Registry;
use super::store::Db;
use crate::base::clock;
use crate::domain::time::UnixMillis;

/// The content type of [`Observer::metrics`].
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The buckets of answers, in seconds: most take some milliseconds, those that check a password a tenth of a second.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0];

/// The parts that are looked at.
#[derive(Clone)]
pub(crate) struct Watched {
    /// The data folder.
    pub(crate) folder: PathBuf,
    pub(crate) db: Db,
    pub(crate) identities: Identities,
    pub(crate) calls: Calls,
    pub(crate) sfu: Sfu,
    pub(crate) sessions: Registry,
}

/// Observes one service; cheap to clone.
#[derive(Clone)]
pub(crate) struct Observer {
    inner: Arc<Inner>,
}

struct Inner {
    watched: Watched,
    began: Instant,
    began_at: UnixMillis,
    stopping: AtomicBool,
    requests: Family<Request, Counter>,
    times: Times,
    unrecorded: Counter,
    looked: Looked,
}

/// How long answers took, by route.
type Times = Family<[(&'static str, String); 1], Histogram, fn() -> Histogram>;

/// The labels of a request: method, route and status.
type Request = [(&'static str, String); 3];

impl Observer {
    /// Observes these parts, which just began.
    pub(crate) fn new(watched: Watched) -> Self {
        let inner = Inner {
            watched,
            began: clock::now(),
            began_at: clock::unix_now(),
            stopping: AtomicBool::new(false),
            requests: Family::default(),
            times: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            unrecorded: Counter::default(),
            looked: Looked::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.inner.watched.folder
    }

    /// Where the audit trail is kept.
    pub(crate) fn db(&self) -> &Db {
        &self.inner.watched.db
    }

    /// From now on it is not ready for work.
    pub(crate) fn stopping(&self) {
        self.inner.stopping.store(true, Ordering::Relaxed);
    }

    /// A request was answered. `method` and `route` are from a closed list.
    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let request = [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.to_string())];
        self.inner.requests.get_or_create(&request).inc();
        self.inner.times.get_or_create(&[("route", route.to_owned())]).observe(took.as_secs_f64());
    }

    /// Something was done that the audit trail could not take.
    pub(crate) fn not_audited(&self) {
        self.inner.unrecorded.inc();
    }
}
