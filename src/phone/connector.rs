//! The way to one service: its address, which certificates count there, and connections made so, for REST and for the
//! WebSocket alike.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use x509_parser::prelude::FromDer;

use super::trust::{self, Distrust, Trust, fingerprint_of, tls_error};
use crate::base::crypto;
use crate::config::ServerUrl;
use crate::control::explanation::Stage;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::time::UnixMillis;

/// How long a REST request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// The way to a service.
#[derive(Debug, Clone)]
pub struct Connector {
    server: ServerUrl,
    trust: Trust,
    made: Arc<OnceLock<Result<Made, Distrust>>>,
}

/// What is made once, with the first connection: looking through the system's authorities takes its time.
#[derive(Debug)]
struct Made {
    tls: Arc<ClientConfig>,
    client: reqwest::Client,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("{0}")]
    Name(io::Error),
    /// Nobody listens there, or nothing comes through.
    #[error("{0}")]
    Tcp(io::Error),
    /// TLS is not agreed on.
    #[error("{0}")]
    Tls(String),
    /// The certificate does not count.
    #[error("{0}")]
    Untrusted(Distrust),
}

impl ConnectError {
    /// The step that failed.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Name(_) => Stage::Dns,
            Self::Tcp(_) => Stage::Tcp,
            Self::Tls(_) | Self::Untrusted(_) => Stage::Tls,
        }
    }
}

/// What TLS has agreed on, and what the service presented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// The version, such as `TLSv1_3`.
    pub version: String,
    /// The cipher suite.
    pub cipher: String,
    /// What the service is known by: the last certificate it presents.
    pub fingerprint: Fingerprint,
    /// Who signed its certificate.
    pub issuer: String,
    /// The names the certificate is for.
    pub names: Vec<String>,
    /// When the certificate runs out.
    pub expires_at: UnixMillis,
    /// What this machine went by when it trusted it.
    pub basis: &'static str,
}

impl std::fmt::Display for TlsFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { version, cipher, fingerprint, issuer, basis, .. } = self;
        write!(f, "{version}, {cipher}; certificate by {issuer}, {fingerprint}; trusted by {basis}")
    }
}

impl From<ServerUrl> for Connector {
    /// Trusting the authorities of the system, or the fingerprint written behind the address.
    fn from(server: ServerUrl) -> Self {
        let pinned = server.fingerprint().map(|fingerprint| trust::Pinned { fingerprint, kept: false });
        Self::new(server, Trust::default().with_pinned(pinned))
    }
}

impl From<&ServerUrl> for Connector {
    fn from(server: &ServerUrl) -> Self {
        server.clone().into()
    }
}

impl Connector {
    /// The way to `server`, where the certificates of `trust` count.
    pub fn new(server: ServerUrl, trust: Trust) -> Self {
        Self { server, trust, made: Arc::default() }
    }

    /// Where it leads.
    pub fn server(&self) -> &ServerUrl {
        &self.server
    }

    /// Which certificates count.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// What REST requests are made with.
    ///
    /// # Errors
    /// When there is nothing to judge certificates by.
    pub fn client(&self) -> Result<&reqwest::Client, Distrust> {
        self.made().map(|made| &made.client)
    }

    /// Opens a connection; each step that was taken is told.
    ///
    /// # Errors
    /// The step that failed, and why.
    pub async fn connect(&self, mut taken: impl FnMut(Stage)) -> Result<Connection, ConnectError> {
        let addresses = tokio::net::lookup_host(self.server.socket()).await.map_err(ConnectError::Name)?;
        let addresses: Vec<SocketAddr> = addresses.collect();
        taken(Stage::Dns);
        let stream = TcpStream::connect(&addresses[..]).await.map_err(ConnectError::Tcp)?;
        let peer = stream.peer_addr().map_err(ConnectError::Tcp)?.ip();
        stream.set_nodelay(true).ok();
        taken(Stage::Tcp);
        if !self.server.is_tls() {
            return Ok(Connection { stream: Stream::Plain(stream), peer, tls: None });
        }
        let stream = self.shake_hands(stream).await?;
        taken(Stage::Tls);
        let tls = self.facts(&stream);
        Ok(Connection { stream: Stream::Tls(Box::new(stream)), peer, tls })
    }

    async fn shake_hands(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, ConnectError> {
        let config = Arc::clone(&self.made().map_err(ConnectError::Untrusted)?.tls);
        let (host, _) = self.server.socket();
        let name = ServerName::try_from(host.to_owned()).map_err(|why| ConnectError::Tls(why.to_string()))?;
        match timeout(HANDSHAKE_TIMEOUT, TlsConnector::from(config).connect(name, stream)).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(why)) => Err(handshake_failed(&why)),
            Err(_) => {
                let seconds = HANDSHAKE_TIMEOUT.as_secs();
                Err(ConnectError::Tls(format!(
                    "it takes the connection, and does not answer the TLS handshake within {seconds} s: does it serve https there?"
                )))
            }
        }
    }

    fn facts(&self, stream: &TlsStream<TcpStream>) -> Option<TlsFacts> {
        let (_, session) = stream.get_ref();
        let chain = session.peer_certificates()?;
        let (_, leaf) = x509_parser::certificate::X509Certificate::from_der(chain.first()?).ok()?;
        let debug = |version: Option<rustls::ProtocolVersion>| version.map(|version| format!("{version:?}"));
        Some(TlsFacts {
            version: debug(session.protocol_version()).unwrap_or_default(),
            cipher: session.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite())).unwrap_or_default(),
            fingerprint: fingerprint_of(chain)?,
            issuer: crate::domain::text::printable(&leaf.issuer().to_string(), 120),
            names: trust::names_of(chain.first()?),
            expires_at: UnixMillis(leaf.validity().not_after.timestamp().saturating_mul(1000)),
            basis: self.trust.basis(),
        })
    }

    fn made(&self) -> Result<&Made, Distrust> {
        self.made.get_or_init(|| self.make()).as_ref().map_err(Clone::clone)
    }

    fn make(&self) -> Result<Made, Distrust> {
        let unusable = |why: String| Distrust::Unusable { server: self.server.to_string(), why };
        let config = if self.server.is_tls() {
            self.trust.client_config(&self.server)?
        } else {
            // No certificate is ever judged by it: a plain connection needs none.
            let builder = ClientConfig::builder_with_provider(crypto::provider()).with_safe_default_protocol_versions();
            let builder = builder.map_err(|why| unusable(why.to_string()))?;
            builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
        };
        let client = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .tls_backend_preconfigured(config.clone())
            // What is sent is for this service alone, wherever else it may point.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|why| unusable(why.to_string()))?;
        Ok(Made { tls: Arc::new(config), client })
    }
}

fn handshake_failed(error: &io::Error) -> ConnectError {
    match tls_error(error) {
        Some(why) => trust::distrust(why).map_or_else(|| ConnectError::Tls(trust::words(why)), ConnectError::Untrusted),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            ConnectError::Tls("it closed the connection in the TLS handshake: does it serve https there?".to_owned())
        }
        None => ConnectError::Tls(format!("the TLS handshake failed: {error}")),
    }
}

/// A connection to a service.
#[derive(Debug)]
pub struct Connection {
    /// What is written and read.
    pub stream: Stream,
    /// Where it goes.
    pub peer: IpAddr,
    /// What was agreed on, where it is TLS.
    pub tls: Option<TlsFacts>,
}

/// A stream of bytes to a service, encrypted or not.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// In TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
