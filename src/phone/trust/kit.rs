//! For tests: authorities, certificates, and a service that speaks TLS with them.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::base::{crypto, task};
use crate::config::ServerUrl;
use crate::domain::fingerprint::Fingerprint;
use crate::phone::trust::fingerprint_of;

/// An authority of a test.
pub(in crate::phone) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(in crate::phone) pem: String,
    certificate: CertificateDer<'static>,
}

/// A certificate with what vouches for it, and its key.
pub(in crate::phone) struct Identity {
    pub(in crate::phone) chain: Vec<CertificateDer<'static>>,
    key: Vec<u8>,
}

impl Authority {
    pub(in crate::phone) fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let (pem, certificate) = (certificate.pem(), certificate.der().clone());
        Self { issuer: Issuer::new(params, key), pem, certificate }
    }

    /// A certificate for these names, as `change` has it.
    pub(in crate::phone) fn signs(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let mut params = of_names(names);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        Identity { chain: vec![leaf, self.certificate.clone()], key: key.serialize_der() }
    }

    pub(in crate::phone) fn fingerprint(&self) -> Fingerprint {
        fingerprint_of(std::slice::from_ref(&self.certificate)).unwrap()
    }
}

/// A certificate that is its own authority.
pub(in crate::phone) fn self_signed(names: &[&str], ca: IsCa) -> Identity {
    let mut params = of_names(names);
    params.is_ca = ca;
    let key = KeyPair::generate().unwrap();
    Identity { chain: vec![params.self_signed(&key).unwrap().der().clone()], key: key.serialize_der() }
}

fn of_names(names: &[&str]) -> CertificateParams {
    CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap()
}

impl Identity {
    pub(in crate::phone) fn fingerprint(&self) -> Fingerprint {
        fingerprint_of(&self.chain).unwrap()
    }

    /// A service with this certificate on any free port: it answers every request with an empty object.
    pub(in crate::phone) async fn serves(&self) -> ServerUrl {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.clone()));
        let config = rustls::ServerConfig::builder_with_provider(crypto::provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(self.chain.clone(), key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        task::spawn("test service", async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                task::spawn("test connection", async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                        let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
                        stream.write_all(answer.as_bytes()).await.ok();
                        stream.flush().await.ok();
                    }
                });
            }
        });
        https(address)
    }
}

/// The URL of a service with TLS at `address`.
pub(in crate::phone) fn https(address: SocketAddr) -> ServerUrl {
    format!("https://{address}").parse().unwrap()
}
