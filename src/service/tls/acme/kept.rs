//! The certificate that ACME brought last, kept between starts together with whose it is.

use std::path::Path;

use crate::domain::time::UnixMillis;
use crate::service::tls::pair::Pair;
use crate::service::tls::{StartError, files};

/// Its files.
const CERTIFICATE: &str = "acme.pem";
const KEY: &str = "acme.key";

/// Before the certificates, in their file: the directory they came from. Readers of PEM pass over it (RFC 7468 section 2).
const FROM: &str = "ACME directory: ";

/// What is kept.
pub(super) struct Kept {
    pub(super) pair: Pair,
    directory: Option<String>,
}

impl Kept {
    /// What `folder` holds; `None` where there is nothing that holds at `now`.
    pub(super) fn read(folder: &Path, now: UnixMillis) -> Option<Self> {
        let read = |name| files::read(&folder.join(name)).ok().flatten();
        let certificates = read(CERTIFICATE)?;
        let pair = Pair::holding(&certificates, &read(KEY)?, now).ok()?;
        let first = certificates.split(|byte| *byte == b'\n').next().and_then(|line| str::from_utf8(line).ok());
        let directory = first.and_then(|line| line.strip_prefix(FROM)).map(|url| url.trim_end().to_owned());
        Some(Self { pair, directory })
    }

    /// Whether it came from this directory.
    pub(super) fn is_from(&self, directory: &str) -> bool {
        self.directory.as_deref() == Some(directory)
    }
}

/// Keeps what came from `directory`, in PEM, instead of what was kept.
///
/// # Errors
/// When it can't be written.
pub(super) fn write(folder: &Path, directory: &str, certificates: &str, key: &str) -> Result<(), StartError> {
    files::write_secret(&folder.join(KEY), key.as_bytes())?;
    files::write(&folder.join(CERTIFICATE), format!("{FROM}{directory}\n{certificates}").as_bytes())
}
