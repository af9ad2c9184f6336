//! A certificate and a key in files that others keep: read at the start, and again when they change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

use super::read::Chain;
use super::shown::{Foreign, Shown};
use super::{StartError, Wall, day};
use crate::base::crypto;
use crate::domain::time::UnixMillis;

/// How often it is looked whether the files changed.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long before its end a certificate that nobody has renewed is spoken of, in days; daily.
const SAY_BEFORE: i64 = 14;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A certificate that was read.
#[derive(Debug)]
pub(super) struct Pair {
    /// As it is shown.
    pub(super) foreign: Foreign,
    /// From when it holds.
    pub(super) from: UnixMillis,
    /// Until when.
    pub(super) until: UnixMillis,
}

/// Reads a certificate and its key.
///
/// # Errors
/// Which file is wrong, and how.
pub(super) fn read(certificate: &Path, key: &Path, now: UnixMillis) -> Result<Pair, StartError> {
    let load = |path: &Path| fs::read(path).map_err(|source| StartError::File { path: path.to_owned(), source });
    let refused = |path: &Path, why: String| StartError::Given { path: path.to_owned(), why };
    let chain = Chain::of_pem(&load(certificate)?).map_err(|why| refused(certificate, why))?;
    let secret = PrivateKeyDer::from_pem_slice(&load(key)?)
        .map_err(|_| refused(key, "holds no private key in PEM (PKCS#8, SEC1 or RSA, without a passphrase)".into()))?;
    if chain.until <= now {
        return Err(refused(certificate, format!("has expired on {}; renew it", day(chain.until))));
    }
    if chain.from > now {
        return Err(refused(
            certificate,
            format!("does not hold before {}; is this machine's clock right?", day(chain.from)),
        ));
    }
    let made =
        CertifiedKey::from_der(chain.certificates, secret, &crypto::provider()).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                refused(key, format!("is not the key of the certificate in {}", certificate.display()))
            }
            other => refused(key, format!("can't be used: {other}")),
        })?;
    let foreign = Foreign { key: Arc::new(made), hosts: chain.hosts };
    Ok(Pair { foreign, from: chain.from, until: chain.until })
}

/// Files that are looked after.
pub(super) struct Given {
    certificate: PathBuf,
    key: PathBuf,
    seen: [Option<(SystemTime, u64)>; 2],
    until: UnixMillis,
    said: UnixMillis,
}

impl Given {
    /// Reads them for the first time, and shows what they hold.
    ///
    /// # Errors
    /// When they can't be used.
    pub(super) fn start(certificate: &Path, key: &Path, shown: &Shown, now: UnixMillis) -> Result<Self, StartError> {
        // Looked at first: what changes while it is read is read again.
        let seen = [certificate, key].map(look);
        let pair = read(certificate, key, now)?;
        shown.set_foreign(pair.foreign);
        let (certificate, key) = (certificate.to_owned(), key.to_owned());
        Ok(Self { certificate, key, seen, until: pair.until, said: UnixMillis(0) })
    }

    /// Goes on until nothing shows certificates any more.
    pub(super) async fn keep(mut self, shown: Weak<Shown>, wall: Wall) {
        while let Some(shown) = shown.upgrade() {
            self.look(&shown, wall());
            drop(shown);
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn look(&mut self, shown: &Shown, now: UnixMillis) {
        let seen = [&self.certificate, &self.key].map(|path| look(path));
        if seen != self.seen {
            self.seen = seen;
            self.read_again(shown, now);
        }
        self.speak_of_the_end(now);
    }

    fn read_again(&mut self, shown: &Shown, now: UnixMillis) {
        match read(&self.certificate, &self.key, now) {
            Ok(pair) => {
                tracing::info!(until = %day(pair.until), "the certificate was read again, and is shown from now on");
                shown.set_foreign(pair.foreign);
                self.until = pair.until;
            }
            Err(error) => tracing::warn!(%error, "the certificate changed and can't be used; the one before goes on"),
        }
    }

    fn speak_of_the_end(&mut self, now: UnixMillis) {
        if self.until.plus(-SAY_BEFORE * DAY) > now || now.since(self.said) < DAY {
            return;
        }
        self.said = now;
        let until = day(self.until);
        if self.until <= now {
            tracing::error!(%until, "the certificate has expired, and clients refuse it: put a new one into its file");
        } else {
            tracing::warn!(%until, "the certificate ends soon: put a new one into its file");
        }
    }
}

/// What tells whether a file is still the same.
fn look(path: &Path) -> Option<(SystemTime, u64)> {
    let facts = fs::metadata(path).ok()?;
    Some((facts.modified().ok()?, facts.len()))
}
