//! The service's own certificate authority: made once, kept in the data folder, signs the service's own certificates alone.

use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PublicKeyData, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;

use super::{DAY, StartError, files, read};
use crate::base::entropy;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::time::UnixMillis;

/// Its files.
const CERTIFICATE: &str = "ca.pem";
const KEY: &str = "ca.key";

/// How long it lasts, in days: ten years.
const LIFE: i64 = 3652;

/// How long before its end it is said that everybody will need a new one, in days.
const SAY_BEFORE: i64 = 180;

/// How much earlier than now certificates begin, for clients whose clock is slow.
const SLACK: i64 = DAY;

/// An authority that can sign.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    until: UnixMillis,
    file: PathBuf,
}

impl Authority {
    /// Reads that of `folder`, or makes it where there is none.
    ///
    /// # Errors
    /// When what is there is damaged or has ended: clients trust it, so that it is never replaced unasked.
    pub(super) fn open(folder: &Path, now: UnixMillis) -> Result<Self, StartError> {
        let (file, key_file) = (folder.join(CERTIFICATE), folder.join(KEY));
        let damaged = |path: &Path, why: &str| StartError::Damaged { path: path.to_owned(), why: why.to_owned() };
        match (files::read(&file)?, files::read(&key_file)?) {
            (Some(certificate), Some(key)) => Self::read(file, &key_file, &certificate, &key, now),
            (None, None) => Self::make(file, &key_file, now),
            (None, Some(_)) => Err(damaged(&file, "is missing")),
            (Some(_), None) => Err(damaged(&key_file, "is missing")),
        }
    }

    fn make(file: PathBuf, key_file: &Path, now: UnixMillis) -> Result<Self, StartError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(making)?;
        let mut params = params(now, now.plus(LIFE * DAY));
        // Programs that are given several authorities tell them apart by their names.
        let number: String = entropy::bytes::<4>().iter().map(|byte| format!("{byte:02x}")).collect();
        params.distinguished_name.push(DnType::CommonName, format!("Switchboard authority {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(making)?;
        // The key first: without its certificate it is noticed, and nobody trusts it yet.
        files::write_secret(key_file, key.serialize_pem().as_bytes())?;
        files::write(&file, certificate.pem().as_bytes())?;
        tracing::info!("a certificate authority was made for this service");
        let (until, certificate) = (now.plus(LIFE * DAY), certificate.der().clone());
        Ok(Self { issuer: Issuer::new(params, key), certificate, until, file })
    }

    fn read(
        file: PathBuf,
        key_file: &Path,
        certificate: &[u8],
        key: &[u8],
        now: UnixMillis,
    ) -> Result<Self, StartError> {
        let damaged = |path: &Path, why: String| StartError::Damaged { path: path.to_owned(), why };
        let certificate = CertificateDer::from_pem_slice(certificate)
            .map_err(|_| damaged(&file, "is no certificate in PEM".into()))?;
        let key = str::from_utf8(key).ok().and_then(|pem| KeyPair::from_pem(pem).ok());
        let key = key.ok_or_else(|| damaged(key_file, "is no private key in PEM".into()))?;
        let until = judge(&certificate, &key, now).map_err(|why| damaged(&file, why))?;
        let left = until.since(now) / DAY;
        if left < SAY_BEFORE {
            tracing::warn!(
                days = left,
                "the service's own certificate authority ends soon: remove ca.pem and ca.key before it does, and have \
                 every client trust the new one"
            );
        }
        let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(making)?;
        Ok(Self { issuer, certificate, until, file })
    }

    /// The file with its certificate, for clients of this machine.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Its certificate.
    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// What people know it by.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let hash = digest(&SHA256, &self.certificate);
        Fingerprint(hash.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// Signs a certificate with `key` that lasts `days`, and never longer than the authority.
    ///
    /// # Errors
    /// When the library refuses.
    pub(super) fn sign(
        &self,
        fill: impl FnOnce(&mut CertificateParams),
        key: &KeyPair,
        days: i64,
        now: UnixMillis,
    ) -> Result<CertificateDer<'static>, StartError> {
        let mut params = params(now, now.plus(days * DAY).min(self.until));
        params.use_authority_key_identifier_extension = true;
        fill(&mut params);
        Ok(params.signed_by(key, &self.issuer).map_err(making)?.der().clone())
    }
}

/// Until when a kept authority holds.
///
/// # Errors
/// Why it is none, as the end of a sentence.
fn judge(certificate: &CertificateDer<'_>, key: &KeyPair, now: UnixMillis) -> Result<UnixMillis, String> {
    let parsed = read::parse(certificate)?;
    let signs = parsed.key_usage().ok().flatten().is_some_and(|usage| usage.value.key_cert_sign());
    if !parsed.is_ca() || !signs {
        return Err("is no certificate of an authority".to_owned());
    }
    if parsed.public_key().raw != key.subject_public_key_info() {
        return Err("does not belong to ca.key".to_owned());
    }
    let until = UnixMillis(parsed.validity().not_after.timestamp().saturating_mul(1000));
    if until <= now { Err("has expired".to_owned()) } else { Ok(until) }
}

fn params(now: UnixMillis, until: UnixMillis) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = date(now.plus(-SLACK));
    params.not_after = date(until);
    params.distinguished_name = DistinguishedName::new();
    // Positive, and as long as RFC 5280 section 4.1.2.2 allows.
    let mut serial = entropy::bytes::<19>();
    serial[0] = serial[0] & 0x7f | 0x40;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params
}

/// Whole seconds, as certificates have them; what no calendar holds is 1970.
fn date(at: UnixMillis) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

pub(super) fn making(error: rcgen::Error) -> StartError {
    StartError::Making(error.to_string())
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").field("file", &self.file).finish_non_exhaustive()
    }
}
