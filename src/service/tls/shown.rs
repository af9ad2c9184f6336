//! Which certificate a connection is shown.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// What a peer speaks that only looks whether the service has a host name (TLS-ALPN-01, RFC 8737 section 6.2).
pub(crate) const ACME_TLS: &[u8] = b"acme-tls/1";

/// A certificate that others have signed.
#[derive(Debug, Clone)]
pub(super) struct Foreign {
    /// It, and its key.
    pub(super) key: Arc<CertifiedKey>,
    /// Whom it names.
    pub(super) hosts: BTreeSet<String>,
}

impl Foreign {
    /// Whether it names `host`; `*.example.com` names what is one label below (RFC 6125 section 6.4.3).
    pub(super) fn names(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let wild = host.split_once('.').map(|(_, above)| format!("*.{above}"));
        self.hosts.contains(&host) || wild.is_some_and(|wild| self.hosts.contains(&wild))
    }

    fn names_an_address(&self) -> bool {
        self.hosts.iter().any(|host| host.parse::<std::net::IpAddr>().is_ok())
    }
}

/// The certificates at hand; new connections see what was set last, old ones go on with theirs.
#[derive(Debug)]
pub(super) struct Shown {
    own: RwLock<Arc<CertifiedKey>>,
    foreign: RwLock<Option<Foreign>>,
    challenges: RwLock<HashMap<String, Arc<CertifiedKey>>>,
}

impl Shown {
    /// With the certificate of the service's own authority.
    pub(super) fn new(own: Arc<CertifiedKey>) -> Self {
        Self { own: RwLock::new(own), foreign: RwLock::default(), challenges: RwLock::default() }
    }

    /// Shows another of the service's own authority from now on.
    pub(super) fn set_own(&self, own: Arc<CertifiedKey>) {
        *self.own.write().unwrap_or_else(PoisonError::into_inner) = own;
    }

    /// Shows one of another authority from now on, but for this machine's own names that it lacks.
    pub(super) fn set_foreign(&self, foreign: Foreign) {
        *self.foreign.write().unwrap_or_else(PoisonError::into_inner) = Some(foreign);
    }

    /// Shows `key` to whoever looks whether `host` is this service.
    pub(super) fn set_challenge(&self, host: &str, key: Arc<CertifiedKey>) {
        self.challenges.write().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), key);
    }

    /// Has nothing to show any more to whoever looks.
    pub(super) fn clear_challenges(&self) {
        self.challenges.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What is shown to somebody who asks for `host`, or for an address.
    pub(super) fn of(&self, host: Option<&str>) -> Arc<CertifiedKey> {
        let foreign = self.foreign.read().unwrap_or_else(PoisonError::into_inner);
        let fits = |foreign: &&Foreign| match host {
            None => foreign.names_an_address(),
            Some(host) => !host.eq_ignore_ascii_case("localhost") || foreign.names(host),
        };
        match foreign.as_ref().filter(fits) {
            Some(foreign) => Arc::clone(&foreign.key),
            None => Arc::clone(&self.own.read().unwrap_or_else(PoisonError::into_inner)),
        }
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let looks = hello.alpn().is_some_and(|mut spoken| spoken.any(|name| name == ACME_TLS));
        if looks {
            let challenges = self.challenges.read().unwrap_or_else(PoisonError::into_inner);
            return challenges.get(&hello.server_name()?.to_ascii_lowercase()).cloned();
        }
        Some(self.of(hello.server_name()))
    }
}
