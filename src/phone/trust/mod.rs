//! Which certificates count: those an authority of a file signed, those of one known fingerprint, or those this machine's own
//! store of authorities vouches for.
//!
//! A fingerprint is that of the last certificate a service presents, its authority's: a renewed certificate of the same
//! authority changes nothing. Pinned, that certificate is the only root, and names and dates count as always; a service that
//! presents one self-signed certificate alone is known by that one.

#[cfg(test)]
pub(super) mod kit;
pub mod known;
mod verifier;

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use self::verifier::Verifier;
pub(super) use self::verifier::names as names_of;
use crate::base::crypto;
use crate::config::ServerUrl;
use crate::domain::fingerprint::Fingerprint;
use crate::texts::trust as texts;

/// Which certificates count at one service: those of the authorities, and those of the fingerprint; where neither is given,
/// those the system vouches for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    authorities: Vec<CertificateDer<'static>>,
    pinned: Option<Pinned>,
}

/// A fingerprint a service is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pinned {
    /// The fingerprint.
    pub fingerprint: Fingerprint,
    /// Whether it was accepted before, and not just given with a link or a flag.
    pub kept: bool,
}

/// Why a certificate does not count. The texts say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// Nobody vouches for it whom this machine trusts. A person may accept the fingerprint.
    #[error("{}", texts::unknown_authority(.server, *.fingerprint))]
    UnknownAuthority {
        /// Where.
        server: String,
        /// What it is known by.
        fingerprint: Fingerprint,
    },
    /// It is another than the one that was accepted before.
    #[error("{}", texts::changed(.server, *.known, *.now))]
    Changed {
        /// Where.
        server: String,
        /// What was accepted.
        known: Fingerprint,
        /// What is presented.
        now: Fingerprint,
    },
    /// It is another than the one a link or a flag names.
    #[error("{}", texts::unexpected(.server, *.expected, *.now))]
    Unexpected {
        /// Where.
        server: String,
        /// What was given.
        expected: Fingerprint,
        /// What is presented.
        now: Fingerprint,
    },
    /// It ran out.
    #[error("{}", texts::expired(.0))]
    Expired(String),
    /// Its time has not come.
    #[error("{}", texts::not_yet_valid(.0))]
    NotYetValid(String),
    /// It is for other hosts.
    #[error("{}", texts::wrong_name(.server, .names))]
    WrongName {
        /// Where.
        server: String,
        /// The names it is for.
        names: Vec<String>,
    },
    /// Something else is wrong with it.
    #[error("{}", texts::unusable(.server, .why))]
    Unusable {
        /// Where.
        server: String,
        /// What.
        why: String,
    },
}

impl Distrust {
    /// Whether waiting may help: a certificate that ran out is renewed, and clocks are set.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Expired(_) | Self::NotYetValid(_))
    }
}

/// A file of authorities that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("the file of authorities {path}: {why}", path = path.display())]
pub struct BadAuthorities {
    /// The file.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

impl Trust {
    /// The authorities of a PEM file count.
    ///
    /// # Errors
    /// When the file can't be read or holds no certificate.
    pub fn with_file(self, path: &Path) -> Result<Self, BadAuthorities> {
        let bad = |why: String| BadAuthorities { path: path.to_owned(), why };
        let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let authorities = read.map_err(|why| bad(why.to_string()))?;
        if authorities.is_empty() {
            return Err(bad("it holds no certificate in PEM".to_owned()));
        }
        Ok(Self { authorities, ..self })
    }

    /// A certificate of this fingerprint counts.
    pub fn with_pinned(self, pinned: Option<Pinned>) -> Self {
        Self { pinned, ..self }
    }

    /// The fingerprint it goes by.
    pub fn pinned(&self) -> Option<Pinned> {
        self.pinned
    }

    /// Who vouches, in a word or two.
    pub fn basis(&self) -> &'static str {
        match (&self.pinned, self.authorities.is_empty()) {
            (Some(_), true) => "its fingerprint",
            (Some(_), false) => "a file of authorities, or its fingerprint",
            (None, false) => "a file of authorities",
            (None, true) => "the system's authorities",
        }
    }

    /// What TLS connections to `server` are made with.
    ///
    /// # Errors
    /// When the system has no store of authorities and needs it, or a file holds what is no authority.
    pub(super) fn client_config(&self, server: &ServerUrl) -> Result<ClientConfig, Distrust> {
        let unusable = |why: rustls::Error| Distrust::Unusable { server: server.to_string(), why: words(&why) };
        let verifier = Verifier::new(server, self).map_err(unusable)?;
        let builder = ClientConfig::builder_with_provider(crypto::provider()).with_safe_default_protocol_versions();
        let builder = builder.map_err(unusable)?;
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
    }
}

/// The fingerprint of a presented chain: that of its last certificate.
pub fn fingerprint_of(chain: &[CertificateDer<'_>]) -> Option<Fingerprint> {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, chain.last()?);
    digest.as_ref().try_into().ok().map(Fingerprint)
}

/// What TLS itself complains of, wherever in the chain of an error it sits.
pub(super) fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // What an I/O error wraps is not its source, but itself.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source());
    }
    None
}

/// The reason a certificate does not count, where that is what TLS complains of.
pub(super) fn distrust(error: &rustls::Error) -> Option<Distrust> {
    match error {
        rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) => other.0.downcast_ref().cloned(),
        _ => None,
    }
}

/// What TLS complains of, for a person.
pub(super) fn words(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidMessage(_) => "what answers there does not speak TLS: is it http:// instead?".to_owned(),
        rustls::Error::AlertReceived(alert) => format!("it refused TLS: {alert:?}"),
        rustls::Error::PeerIncompatible(why) => format!("it knows no TLS that is safe enough: {why:?}"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
