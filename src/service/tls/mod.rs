//! Certificates of the service: of an authority of its own, of given files, or by ACME; and which one a connection is shown.
//!
//! Connections are taken in by `listener`; which names the service has, it is told. The service's own authority is always
//! there: programs of this machine trust it, and it stands in until another certificate is had.

mod acme;
mod answers;
mod authority;
mod files;
mod given;
mod leaf;
mod pair;
mod read;
mod shown;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustls::ServerConfig;
use time::OffsetDateTime;
use tokio_rustls::TlsAcceptor;

use self::acme::Acme;
use self::authority::Authority;
use self::given::Given;
use self::shown::Shown;
use crate::base::{clock, crypto, task};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::time::UnixMillis;

pub use self::acme::AcmeSettings;
pub(crate) use self::answers::{ANSWER_PATH, Answers};
pub(crate) use self::shown::ACME_TLS;

/// Which certificate clients from elsewhere meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Source {
    /// One of the service's own authority.
    #[default]
    Own,
    /// One in files that others keep.
    Given {
        /// It, and those that lead to its authority, in PEM.
        certificate: PathBuf,
        /// Its key, in PEM.
        key: PathBuf,
    },
    /// One that is fetched and renewed by ACME.
    Acme(AcmeSettings),
}

/// Marks requests that came over TLS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Encrypted;

/// The folder of certificates and keys, in that of the database.
pub const FOLDER: &str = "tls";

/// How often it is looked whether a certificate has to be renewed.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// In milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Why there are no certificates to start with.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A file can't be read or written.
    #[error("{path} can't be used: {source}", path = path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is kept of the service's own authority is none.
    #[error(
        "the service's own certificate authority is damaged: {path} {why}. Put ca.pem and ca.key back from a backup; or \
         remove both, and the next start makes a new authority, which every client has to be told to trust anew",
        path = path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A given file does not do.
    #[error("{path} {why}", path = path.display())]
    Given {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The library makes no certificate of what it is given.
    #[error("no certificate can be made: {0}")]
    Making(String),
}

/// Tells the time of day.
type Wall = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// The certificates of a running service.
pub(super) struct Tls {
    /// The file with the certificate of the service's own authority.
    pub(super) ca: PathBuf,
    /// What people compare, and links carry; absent where clients meet another authority.
    pub(super) fingerprint: Option<Fingerprint>,
    /// What connections are taken in with.
    pub(super) acceptor: TlsAcceptor,
}

impl Tls {
    /// Reads or makes the certificates in `folder` for `hosts` (names and addresses), and renews them while the service runs.
    /// What an ACME authority has to be answered over plain HTTP is put into `answers`.
    ///
    /// # Errors
    /// See [`StartError`].
    pub(super) fn start(
        folder: &Path,
        hosts: &BTreeSet<String>,
        source: Source,
        answers: Answers,
    ) -> Result<Self, StartError> {
        Self::start_at(folder, hosts, source, answers, Arc::new(clock::unix_now))
    }

    fn start_at(
        folder: &Path,
        hosts: &BTreeSet<String>,
        source: Source,
        answers: Answers,
        wall: Wall,
    ) -> Result<Self, StartError> {
        let folder = folder.join(FOLDER);
        files::make_folder(&folder)?;
        let authority = Authority::open(&folder, wall())?;
        let own = leaf::kept_or_made(&authority, hosts, wall())?;
        let shown = Arc::new(Shown::new(own.key.clone()));
        let tls = Self {
            ca: authority.file().to_owned(),
            fingerprint: (source == Source::Own).then(|| authority.fingerprint()),
            acceptor: TlsAcceptor::from(Arc::new(configuration(Arc::clone(&shown))?)),
        };
        match source {
            Source::Own => {}
            Source::Given { certificate, key } => {
                let given = Given::start(&certificate, &key, &shown, wall())?;
                task::spawn("given certificate", given.keep(Arc::downgrade(&shown), Arc::clone(&wall)));
            }
            Source::Acme(settings) => {
                let acme = Acme::start(settings, &folder, &shown, answers, Arc::clone(&wall))?;
                task::spawn("acme", acme.keep(Arc::downgrade(&shown)));
            }
        }
        let keeper = Keeper { authority, hosts: hosts.clone(), own, shown: Arc::downgrade(&shown), wall };
        task::spawn("certificates", keeper.run());
        Ok(tls)
    }
}

/// When a certificate is to be replaced: at two thirds of its life.
fn due_at(from: UnixMillis, until: UnixMillis) -> UnixMillis {
    from.plus(until.since(from) / 3 * 2)
}

/// The day of `at`, as people write it: `2026-11-23`.
fn day(at: UnixMillis) -> String {
    OffsetDateTime::from_unix_timestamp(at.seconds()).map_or_else(|_| "never".to_owned(), |at| at.date().to_string())
}

fn configuration(shown: Arc<Shown>) -> Result<ServerConfig, StartError> {
    let builder = ServerConfig::builder_with_provider(crypto::provider());
    let builder = builder.with_safe_default_protocol_versions().map_err(|e| StartError::Making(e.to_string()))?;
    let mut configuration = builder.with_no_client_auth().with_cert_resolver(shown);
    configuration.alpn_protocols = vec![b"http/1.1".to_vec(), ACME_TLS.to_vec()];
    Ok(configuration)
}

/// Renews the certificate of the service's own authority.
struct Keeper {
    authority: Authority,
    hosts: BTreeSet<String>,
    own: leaf::Leaf,
    shown: Weak<Shown>,
    wall: Wall,
}

impl Keeper {
    /// Goes on until nothing shows the certificates any more.
    async fn run(mut self) {
        while let Some(shown) = self.shown.upgrade() {
            self.look(&shown);
            drop(shown);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn look(&mut self, shown: &Shown) {
        let now = (self.wall)();
        if !self.own.is_due(now) {
            return;
        }
        match leaf::make(&self.authority, &self.hosts, now) {
            Ok(leaf) => {
                tracing::info!("the certificate of the service's own authority was renewed");
                shown.set_own(leaf.key.clone());
                self.own = leaf;
            }
            Err(error) => tracing::warn!(%error, "the certificate was not renewed; the one before goes on"),
        }
    }
}

#[cfg(test)]
mod tests;
