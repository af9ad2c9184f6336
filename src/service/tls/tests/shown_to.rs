//! Which certificate a connection is shown, by whom it asks for.

use rustls::ClientConfig;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::io::{DuplexStream, copy, duplex, split};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::given_files;
use super::pair::Pair;
use super::*;

/// Takes any certificate: what is shown is looked at afterwards.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.verify_tls13_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        crypto::provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A connection to `host`, whose other end gives back what it hears.
pub(super) async fn meets(tls: &Tls, host: &str) -> TlsStream<DuplexStream> {
    tries(tls, host, &[]).await.unwrap()
}

async fn tries(tls: &Tls, host: &str, spoken: &[&[u8]]) -> io::Result<TlsStream<DuplexStream>> {
    let (here, there) = duplex(64 * 1024);
    let acceptor = tls.acceptor.clone();
    task::spawn("test echo", async move {
        if let Ok(stream) = acceptor.accept(there).await {
            let (mut read, mut write) = split(stream);
            copy(&mut read, &mut write).await.ok();
        }
    });
    let builder =
        ClientConfig::builder_with_provider(crypto::provider()).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody)).with_no_client_auth();
    config.alpn_protocols = spoken.iter().map(|name| name.to_vec()).collect();
    let host = ServerName::try_from(host.to_owned()).unwrap();
    TlsConnector::from(Arc::new(config)).connect(host, here).await
}

/// The certificate that is shown to somebody who asks for `host`.
pub(super) async fn shows(tls: &Tls, host: &str) -> Vec<u8> {
    let stream = meets(tls, host).await;
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

fn foreign(host: &str) -> shown::Foreign {
    let (certificate, key) = given_files::pair(host, -1..60, &given_files::key());
    Pair::holding(certificate.as_bytes(), key.as_bytes(), UnixMillis(NOW)).unwrap().foreign
}

/// What is shown, and through which it can be changed.
fn exhibition() -> (Tls, Arc<Shown>, Arc<rustls::sign::CertifiedKey>, TempDir) {
    crypto::install();
    let folder = tempdir().unwrap();
    let authority = open(folder.path(), 0).unwrap();
    let own = kept(&authority, &[], 0).key;
    let shown = Arc::new(Shown::new(Arc::clone(&own)));
    let acceptor = TlsAcceptor::from(Arc::new(configuration(Arc::clone(&shown)).unwrap()));
    (Tls { ca: authority.file().to_owned(), fingerprint: None, acceptor }, shown, own, folder)
}

#[tokio::test]
async fn this_machines_own_names_keep_the_certificate_its_programs_trust() {
    let (tls, shown, own, _folder) = exhibition();
    let outside = foreign("calls.example");
    shown.set_foreign(outside.clone());
    for host in ["localhost", "127.0.0.1", "::1"] {
        assert_eq!(shows(&tls, host).await, own.cert[0].to_vec(), "{host}");
    }
    for host in ["calls.example", "CALLS.example", "other.example"] {
        assert_eq!(shows(&tls, host).await, outside.key.cert[0].to_vec(), "{host}");
    }
    let address = foreign("192.0.2.7");
    shown.set_foreign(address.clone());
    assert_eq!(shows(&tls, "192.0.2.7").await, address.key.cert[0].to_vec());
}

#[test]
fn a_star_stands_for_one_label() {
    let wild = foreign("*.example.com");
    assert!(wild.names("calls.example.com") && wild.names("Calls.Example.com"));
    assert!(!wild.names("example.com") && !wild.names("a.calls.example.com"));
}

#[tokio::test]
async fn an_authority_that_looks_sees_its_challenge_and_nobody_else_does() {
    let (tls, shown, own, _folder) = exhibition();
    assert!(tries(&tls, "calls.example", &[ACME_TLS]).await.is_err(), "nothing is ordered");
    let proof = foreign("calls.example");
    shown.set_challenge("calls.example", Arc::clone(&proof.key));
    let stream = tries(&tls, "calls.example", &[ACME_TLS]).await.unwrap();
    assert_eq!(stream.get_ref().1.peer_certificates().unwrap()[0], proof.key.cert[0]);
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(ACME_TLS));
    assert!(tries(&tls, "other.example", &[ACME_TLS]).await.is_err());
    assert_eq!(shows(&tls, "calls.example").await, own.cert[0].to_vec());
    shown.clear_challenges();
    assert!(tries(&tls, "calls.example", &[ACME_TLS]).await.is_err());
}

#[tokio::test]
async fn http_is_agreed_on_whatever_else_is_offered() {
    let (tls, ..) = exhibition();
    let stream = tries(&tls, "localhost", &[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}
