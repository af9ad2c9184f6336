//! A certificate and a key in files that others keep: read at the start, and again when they change.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::{Duration, SystemTime};

use super::pair::{Flaw, Pair};
use super::shown::Shown;
use super::{DAY, StartError, Wall, day};
use crate::domain::time::UnixMillis;

/// How often it is looked whether the files changed.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long before its end a certificate that nobody has renewed is spoken of, in days; daily.
const SAY_BEFORE: i64 = 14;

/// Reads a certificate and its key.
///
/// # Errors
/// Which file is wrong, and how.
fn read(certificate: &Path, key: &Path, now: UnixMillis) -> Result<Pair, StartError> {
    let load = |path: &Path| fs::read(path).map_err(|source| StartError::File { path: path.to_owned(), source });
    Pair::holding(&load(certificate)?, &load(key)?, now).map_err(|flaw| {
        let (path, why) = match flaw {
            Flaw::Certificate(why) => (certificate, why),
            Flaw::Key(why) => (key, why),
            Flaw::Strangers => (key, format!("is not the key of the certificate in {}", certificate.display())),
        };
        StartError::Given { path: path.to_owned(), why }
    })
}

/// Files that are looked after.
pub(super) struct Given {
    certificate: PathBuf,
    key: PathBuf,
    seen: [Option<(SystemTime, u64)>; 2],
    /// Why what was seen last can't be used.
    refused: Option<String>,
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
        Ok(Self { certificate, key, seen, refused: None, until: pair.until, said: UnixMillis(0) })
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
        // What could not be used may do later without a change that is seen: its day comes, or it may be read at last.
        if seen != self.seen || self.refused.is_some() {
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
                (self.until, self.refused) = (pair.until, None);
            }
            Err(error) => self.refuse(error.to_string()),
        }
    }

    fn refuse(&mut self, error: String) {
        if self.refused.as_ref() != Some(&error) {
            tracing::warn!(error, "the certificate changed and can't be used; the one before goes on");
            self.refused = Some(error);
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
