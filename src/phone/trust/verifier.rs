//! Judges the certificates a service presents.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};
use x509_parser::prelude::FromDer;

use super::{Distrust, Pinned, Trust, fingerprint_of, words};
use crate::base::crypto;
use crate::config::ServerUrl;
use crate::domain::fingerprint::Fingerprint;

/// The judge of one service's certificates.
#[derive(Debug)]
pub(super) struct Verifier {
    server: String,
    /// Those the file or the system vouches for; absent where only a fingerprint counts.
    authorities: Option<Arc<dyn ServerCertVerifier>>,
    pinned: Option<Pinned>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(server: &ServerUrl, trust: &Trust) -> Result<Self, rustls::Error> {
        let provider = crypto::provider();
        let authorities: Option<Arc<dyn ServerCertVerifier>> = if !trust.authorities.is_empty() {
            Some(of_roots(&trust.authorities, &provider)?)
        } else if trust.pinned.is_none() {
            Some(Arc::new(rustls_platform_verifier::Verifier::new(Arc::clone(&provider))?))
        } else {
            None
        };
        Ok(Self { server: server.to_string(), authorities, pinned: trust.pinned, provider })
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Distrust> {
        let shown = fingerprint_of(if others.is_empty() { std::slice::from_ref(leaf) } else { others });
        let shown = shown.expect("a chain that is presented has a certificate");
        let by_authority = self.authorities.as_ref().map(|all| all.verify_server_cert(leaf, others, name, ocsp, now));
        let refused = match by_authority {
            Some(Ok(counts)) => return Ok(counts),
            Some(Err(why)) => Some(why),
            None => None,
        };
        match (self.pinned, refused) {
            (Some(pinned), _) if pinned.fingerprint == shown => self.by_fingerprint(leaf, others, name, now, shown),
            (Some(pinned), _) => Err(self.another(pinned, shown)),
            (None, Some(why)) => Err(self.distrust(&why, leaf, shown)),
            (None, None) => Err(Distrust::UnknownAuthority { server: self.server.clone(), fingerprint: shown }),
        }
    }

    /// The last certificate is the one that is known: it is the only root now.
    fn by_fingerprint(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
        shown: Fingerprint,
    ) -> Result<ServerCertVerified, Distrust> {
        // Files with a whole chain hold one that is its own authority twice.
        let Some((root, between)) = others.split_last().filter(|(root, _)| *root != leaf) else {
            return self.in_time(leaf, now).map(|()| ServerCertVerified::assertion());
        };
        let verifier = of_roots(&[root.clone().into_owned()], &self.provider);
        let judged = verifier.and_then(|verifier| verifier.verify_server_cert(leaf, between, name, &[], now));
        judged.map_err(|why| match self.distrust(&why, leaf, shown) {
            Distrust::UnknownAuthority { server, .. } => Distrust::Unusable {
                server,
                why: "the authority it shows has the right fingerprint, but did not sign it".to_owned(),
            },
            why => why,
        })
    }

    /// Of a certificate that is known by itself only the dates are left to look at.
    fn in_time(&self, leaf: &CertificateDer<'_>, now: UnixTime) -> Result<(), Distrust> {
        let Ok((_, parsed)) = x509_parser::certificate::X509Certificate::from_der(leaf) else {
            return Err(Distrust::Unusable { server: self.server.clone(), why: "it is none".to_owned() });
        };
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let (from, to) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
        match now {
            now if now < from => Err(Distrust::NotYetValid(self.server.clone())),
            now if now > to => Err(Distrust::Expired(self.server.clone())),
            _ => Ok(()),
        }
    }

    fn another(&self, pinned: Pinned, now: Fingerprint) -> Distrust {
        let server = self.server.clone();
        match pinned {
            Pinned { fingerprint: known, kept: true } => Distrust::Changed { server, known, now },
            Pinned { fingerprint: expected, kept: false } => Distrust::Unexpected { server, expected, now },
        }
    }

    fn distrust(&self, why: &rustls::Error, leaf: &CertificateDer<'_>, shown: Fingerprint) -> Distrust {
        let server = self.server.clone();
        let rustls::Error::InvalidCertificate(what) = why else {
            return Distrust::Unusable { server, why: words(why) };
        };
        match what {
            CertificateError::UnknownIssuer => Distrust::UnknownAuthority { server, fingerprint: shown },
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired(server),
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Distrust::NotYetValid(server)
            }
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Distrust::WrongName { server, names: names(leaf) }
            }
            // A certificate that is its own authority, as `openssl req -x509` makes them.
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
                Distrust::UnknownAuthority { server, fingerprint: shown }
            }
            other => Distrust::Unusable { server, why: other.to_string() },
        }
    }
}

fn of_roots(
    roots: &[CertificateDer<'static>],
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone())?;
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider)).build();
    verifier.map_err(|why| rustls::Error::General(why.to_string()))
}

/// The names a certificate is for, made printable: whoever made it wrote them.
pub(in crate::phone) fn names(leaf: &CertificateDer<'_>) -> Vec<String> {
    use std::net::{Ipv4Addr, Ipv6Addr};
    use x509_parser::extensions::GeneralName;
    let Ok((_, parsed)) = x509_parser::certificate::X509Certificate::from_der(leaf) else { return Vec::new() };
    let Ok(Some(extension)) = parsed.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| Ipv4Addr::from(bytes).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| Ipv6Addr::from(bytes).to_string()),
            _ => None,
        },
        _ => None,
    };
    let names = extension.value.general_names.iter().filter_map(name);
    names.map(|name| crate::domain::text::printable(&name, 80)).take(20).collect()
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.judge(end_entity, intermediates, server_name, ocsp_response, now)
            .map_err(|why| rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(why)))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
