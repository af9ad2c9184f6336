//! The certificate that the service's own authority gives it: kept between starts, made anew when it is due or the names change.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, SanType,
};
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;

use super::authority::{Authority, making};
use super::pair::{Flaw, Pair};
use super::{StartError, due_at, files};
use crate::domain::time::UnixMillis;

/// Its files, beside those of the authority.
const CERTIFICATE: &str = "own.pem";
const KEY: &str = "own.key";

/// How long one lasts, in days.
const LIFE: i64 = 90;

/// What every service is reached as on its own machine.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A certificate that can be shown.
#[derive(Debug)]
pub(super) struct Leaf {
    /// It, that of the authority, and its key.
    pub(super) key: Arc<CertifiedKey>,
    hosts: BTreeSet<String>,
    from: UnixMillis,
    until: UnixMillis,
}

impl Leaf {
    /// Whether two thirds of its life are over, or it has not begun.
    pub(super) fn is_due(&self, now: UnixMillis) -> bool {
        now < self.from || now >= due_at(self.from, self.until)
    }
}

/// The kept one where it still does, else a new one.
///
/// # Errors
/// When it can't be made or written.
pub(super) fn kept_or_made(
    authority: &Authority,
    hosts: &BTreeSet<String>,
    now: UnixMillis,
) -> Result<Leaf, StartError> {
    let wanted = with_here(hosts);
    match kept(authority) {
        Some(leaf) if leaf.hosts == wanted && !leaf.is_due(now) => Ok(leaf),
        _ => make(authority, hosts, now),
    }
}

/// A new one, written beside the authority.
///
/// # Errors
/// When it can't be made or written.
pub(super) fn make(authority: &Authority, hosts: &BTreeSet<String>, now: UnixMillis) -> Result<Leaf, StartError> {
    let hosts = with_here(hosts);
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(making)?;
    let certificate = authority.sign(|params| fill(params, &hosts), &key, LIFE, now)?;
    let pem = pem(&certificate) + &pem(authority.certificate());
    let (certificate_file, key_file) = places(authority);
    files::write_secret(&key_file, key.serialize_pem().as_bytes())?;
    files::write(&certificate_file, pem.as_bytes())?;
    leaf(pem.as_bytes(), key.serialize_pem().as_bytes()).map_err(|flaw| StartError::Making(flaw.to_string()))
}

/// What is kept, if it is whole and of this authority. What is not is made anew: nobody relies on it.
fn kept(authority: &Authority) -> Option<Leaf> {
    let (certificate_file, key_file) = places(authority);
    let read = |path: &Path| files::read(path).ok().flatten();
    let leaf = leaf(&read(&certificate_file)?, &read(&key_file)?).ok()?;
    (leaf.key.cert.get(1) == Some(authority.certificate())).then_some(leaf)
}

fn leaf(pem: &[u8], key: &[u8]) -> Result<Leaf, Flaw> {
    let Pair { foreign, from, until } = Pair::of_pem(pem, key)?;
    Ok(Leaf { key: foreign.key, hosts: foreign.hosts, from, until })
}

fn fill(params: &mut CertificateParams, hosts: &BTreeSet<String>) {
    params.distinguished_name.push(DnType::CommonName, "Switchboard");
    params.subject_alt_names = hosts.iter().filter_map(|host| alternative(host)).collect();
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
}

fn alternative(host: &str) -> Option<SanType> {
    match host.parse() {
        Ok(address) => Some(SanType::IpAddress(address)),
        Err(_) => Ia5String::try_from(host).ok().map(SanType::DnsName),
    }
}

fn with_here(hosts: &BTreeSet<String>) -> BTreeSet<String> {
    let all = hosts.iter().map(String::as_str).chain(HERE);
    all.filter(|host| alternative(host).is_some()).map(as_certified).collect()
}

/// A host as it is read from a certificate, however it was written: addresses have several ways.
fn as_certified(host: &str) -> String {
    host.parse().map_or_else(|_| host.to_ascii_lowercase(), |address: IpAddr| address.to_string())
}

fn places(authority: &Authority) -> (PathBuf, PathBuf) {
    (authority.file().with_file_name(CERTIFICATE), authority.file().with_file_name(KEY))
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line)).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
