//! TLS before a service that speaks plain HTTP, with an authority of its own: what a reverse proxy does.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use switchboard::base::{crypto, task};
use switchboard::domain::fingerprint::Fingerprint;
use switchboard::phone::trust::fingerprint_of;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// A TLS way to a service.
pub struct TlsFront {
    pub at: SocketAddr,
    pub fingerprint: Fingerprint,
    /// Its authority, in PEM.
    pub pem: String,
    target: watch::Sender<Option<SocketAddr>>,
}

impl TlsFront {
    /// A way that leads nowhere yet: the service has to know its address before it starts.
    pub async fn new() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// The same on a port that was taken before.
    pub fn on(listener: TcpListener) -> Self {
        let at = listener.local_addr().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test authority");
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap();
        let issuer = Issuer::new(params, key);
        let leaf_key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let leaf = CertificateParams::new(names).unwrap().signed_by(&leaf_key, &issuer).unwrap();
        let chain = vec![leaf.der().clone(), authority.der().clone()];
        let fingerprint = fingerprint_of(&chain).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(crypto::provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, leaf_key.serialize_der().try_into().unwrap())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (target, follow) = watch::channel(None);
        task::spawn("tls front", async move {
            while let Ok((client, _)) = listener.accept().await {
                task::spawn("tls way", carry(client, acceptor.clone(), *follow.borrow()));
            }
        });
        Self { at, fingerprint, pem: authority.pem(), target }
    }

    pub fn leads_to(&self, service: SocketAddr) {
        self.target.send_replace(Some(service));
    }
}

async fn carry(client: TcpStream, acceptor: TlsAcceptor, target: Option<SocketAddr>) {
    let (Ok(mut client), Some(target)) = (acceptor.accept(client).await, target) else { return };
    let mut service = TcpStream::connect(target).await.unwrap();
    copy_bidirectional(&mut client, &mut service).await.ok();
}
