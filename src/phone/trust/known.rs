//! `known_services.json`: the fingerprints a person has accepted, by service.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::{clock, file};
use crate::config::ServerUrl;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::time::UnixMillis;

/// A service, and the fingerprint it is known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownService {
    /// Its address.
    pub server: String,
    /// What was accepted.
    pub fingerprint: Fingerprint,
    /// When.
    pub since: UnixMillis,
}

impl KnownService {
    fn is(&self, server: &ServerUrl) -> bool {
        self.server.parse().is_ok_and(|known: ServerUrl| known.same_service(server))
    }
}

/// The file can't be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the known services {path}: {source}", path = path.display())]
pub struct KnownError {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    services: Vec<KnownService>,
}

/// The file.
#[derive(Debug, Clone)]
pub struct KnownServices(PathBuf);

impl KnownServices {
    /// The file at `path`, which need not be there yet.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// All of them.
    ///
    /// # Errors
    /// When the file is there and can't be read: a damaged one must not look like one in which nothing was accepted.
    pub fn list(&self) -> Result<Vec<KnownService>, KnownError> {
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(why) => return Err(self.failed(why)),
        };
        let contents: Result<Contents, _> = serde_json::from_str(&text);
        contents.map(|contents| contents.services).map_err(|why| self.failed(why.into()))
    }

    /// What `server` is known by.
    ///
    /// # Errors
    /// As [`KnownServices::list`].
    pub fn find(&self, server: &ServerUrl) -> Result<Option<KnownService>, KnownError> {
        Ok(self.list()?.into_iter().find(|known| known.is(server)))
    }

    /// Keeps what `server` is known by from now on, in place of what it was known by.
    ///
    /// # Errors
    /// When the file can't be read or written.
    pub fn keep(&self, server: &ServerUrl, fingerprint: Fingerprint) -> Result<(), KnownError> {
        self.change(|services| {
            services.retain(|known| !known.is(server));
            services.push(KnownService { server: server.to_string(), fingerprint, since: clock::unix_now() });
        })
    }

    /// Forgets what `server` is known by. Whether it was known.
    ///
    /// # Errors
    /// When the file can't be read or written.
    pub fn forget(&self, server: &ServerUrl) -> Result<bool, KnownError> {
        let mut was_known = false;
        self.change(|services| {
            let before = services.len();
            services.retain(|known| !known.is(server));
            was_known = services.len() < before;
        })?;
        Ok(was_known)
    }

    fn change(&self, change: impl FnOnce(&mut Vec<KnownService>)) -> Result<(), KnownError> {
        let write = || {
            if let Some(folder) = self.0.parent() {
                fs::create_dir_all(folder)?;
            }
            // Two that accept at once both have their say.
            let lock = file::private().open(self.0.with_extension("lock"))?;
            lock.lock()?;
            Ok(lock)
        };
        let _lock = write().map_err(|why| self.failed(why))?;
        let mut services = self.list()?;
        change(&mut services);
        self.write(Contents { services }).map_err(|why| self.failed(why))
    }

    fn write(&self, contents: Contents) -> io::Result<()> {
        file::replace(&self.0, serde_json::to_string_pretty(&contents)?.as_bytes())
    }

    fn failed(&self, source: io::Error) -> KnownError {
        KnownError { path: self.0.clone(), source }
    }
}
