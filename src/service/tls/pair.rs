//! A certificate with its key, in PEM: judged before it is shown.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

use super::day;
use super::read::Chain;
use super::shown::Foreign;
use crate::base::crypto;
use crate::domain::time::UnixMillis;

/// A certificate with its key.
#[derive(Debug)]
pub(super) struct Pair {
    /// As it is shown.
    pub(super) foreign: Foreign,
    /// From when it holds.
    pub(super) from: UnixMillis,
    /// Until when.
    pub(super) until: UnixMillis,
}

/// What is wrong with one; as the end of a sentence that begins with what it is about.
#[derive(Debug)]
pub(super) enum Flaw {
    /// Of the certificate, and those that lead to its authority.
    Certificate(String),
    /// Of the key.
    Key(String),
    /// Each is good, but they don't belong together.
    Strangers,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(why) => write!(f, "the certificate {why}"),
            Self::Key(why) => write!(f, "its key {why}"),
            Self::Strangers => f.write_str("its key is that of another certificate"),
        }
    }
}

impl Pair {
    /// Reads one, whenever it holds.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn of_pem(certificates: &[u8], key: &[u8]) -> Result<Self, Flaw> {
        let chain = Chain::of_pem(certificates).map_err(Flaw::Certificate)?;
        let form = "holds no private key in PEM (PKCS#8, SEC1 or RSA, without a passphrase)";
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Flaw::Key(form.to_owned()))?;
        let made = CertifiedKey::from_der(chain.certificates, key, &crypto::provider());
        let key = made.map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => Flaw::Strangers,
            other => Flaw::Key(format!("can't be used: {other}")),
        })?;
        let foreign = Foreign { key: Arc::new(key), hosts: chain.hosts };
        Ok(Self { foreign, from: chain.from, until: chain.until })
    }

    /// Reads one that holds at `now`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn holding(certificates: &[u8], key: &[u8], now: UnixMillis) -> Result<Self, Flaw> {
        let pair = Self::of_pem(certificates, key)?;
        if pair.until <= now {
            return Err(Flaw::Certificate(format!("has expired on {}; renew it", day(pair.until))));
        }
        if pair.from > now {
            let why = format!("does not hold before {}; is this machine's clock right?", day(pair.from));
            return Err(Flaw::Certificate(why));
        }
        Ok(pair)
    }
}
