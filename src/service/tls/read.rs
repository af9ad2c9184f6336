//! Reads certificates: a chain in PEM, and what its first one says of itself.

use std::collections::BTreeSet;
use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

use crate::domain::time::UnixMillis;

/// Certificates, the service's own first, and what that one says.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// In the order they are sent.
    pub(super) certificates: Vec<CertificateDer<'static>>,
    /// Whom it names: host names in lower case, and addresses.
    pub(super) hosts: BTreeSet<String>,
    /// From when it holds.
    pub(super) from: UnixMillis,
    /// Until when.
    pub(super) until: UnixMillis,
}

impl Chain {
    /// Reads PEM.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence that begins with the file's name.
    pub(super) fn of_pem(pem: &[u8]) -> Result<Self, String> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        Self::of(certificates.map_err(|e| format!("is not PEM: {e}"))?)
    }

    fn of(certificates: Vec<CertificateDer<'static>>) -> Result<Self, String> {
        let first = certificates.first().ok_or("holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")?;
        let parsed = parse(first)?;
        let hosts = hosts(&parsed);
        let validity = parsed.validity();
        let [from, until] =
            [validity.not_before, validity.not_after].map(|time| UnixMillis(time.timestamp().saturating_mul(1000)));
        Ok(Self { certificates, hosts, from, until })
    }
}

/// The certificate in DER.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>, String> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err("holds no certificate that can be read".to_owned()),
    }
}

fn hosts(certificate: &X509Certificate<'_>) -> BTreeSet<String> {
    let Ok(Some(names)) = certificate.subject_alternative_name() else { return BTreeSet::new() };
    let host = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => address(bytes).map(|address| address.to_string()),
        _ => None,
    };
    names.value.general_names.iter().filter_map(host).collect()
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}
