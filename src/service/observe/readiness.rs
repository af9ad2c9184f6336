//! Whether the service is ready for work, and what is missing.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::Observer;
use crate::base::clock;
use crate::protocol::rest::{Check, Readiness};
use crate::service::store;

/// How long the database may take to keep something.
const KEPT_WITHIN: Duration = Duration::from_secs(2);

/// For how long an answer counts: anyone may ask, and each look writes to the disk.
const COUNTS_FOR: Duration = Duration::from_secs(1);

/// What the database said last, and when.
pub(super) type Looked = Mutex<Option<(Instant, Option<String>)>>;

impl Observer {
    /// Looks whether all it needs is there.
    pub(crate) async fn readiness(&self) -> Readiness {
        let watched = &self.inner.watched;
        let stopping = self.inner.stopping.load(Ordering::Relaxed);
        let keyless = watched.identities.jwks()["keys"].as_array().is_none_or(Vec::is_empty);
        let checks = vec![
            check("running", stopping.then(|| "the service is stopping".to_owned())),
            check("database", self.database().await),
            check("media", (!watched.sfu.is_alive()).then(|| "a thread that carries sound has ended".to_owned())),
            check("signing_key", keyless.then(|| "there is no key to sign tokens with".to_owned())),
        ];
        Readiness { ready: checks.iter().all(|check| check.ok), checks }
    }

    /// Why the database keeps nothing, if so.
    async fn database(&self) -> Option<String> {
        let mut looked = self.inner.looked.lock().await;
        let now = clock::now();
        if let Some((at, problem)) = &*looked
            && now.saturating_duration_since(*at) < COUNTS_FOR
        {
            return problem.clone();
        }
        let kept = tokio::time::timeout(KEPT_WITHIN, store::probe(&self.inner.watched.db, clock::unix_now())).await;
        let problem = match kept {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                tracing::warn!(%error, "not ready: the database keeps nothing");
                Some("nothing can be written to the database; the service's log knows more".to_owned())
            }
            Err(_) => Some(format!("the database takes longer than {} s to keep anything", KEPT_WITHIN.as_secs())),
        };
        *looked = Some((clock::now(), problem.clone()));
        problem
    }
}

fn check(name: &str, problem: Option<String>) -> Check {
    Check { name: name.to_owned(), ok: problem.is_none(), problem }
}
