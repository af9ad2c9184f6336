//! What clients meet first: what HTTP is listened for on, by which names, and which certificate is shown there.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{ServiceOptions, StartError};
use crate::base::task;
use crate::config::ServerUrl;
use crate::domain::fingerprint::Fingerprint;
use crate::protocol;
use crate::service::listener::{self, Allowance, Door};
use crate::service::reach::Reach;
use crate::service::rest::{self, Names, Rest};
use crate::service::sfu;
use crate::service::signalling::{self, Signalling};
use crate::service::tls::{Answers, Tls};

/// What HTTP is listened for on, and where that is: in the clear, and with TLS.
pub(super) struct Bound {
    plain: (TcpListener, SocketAddr),
    secret: Option<(TcpListener, SocketAddr)>,
}

impl Bound {
    pub(super) async fn take(options: &ServiceOptions) -> Result<Self, StartError> {
        let at = options.listen;
        let plain = listen(at).await.map_err(|source| StartError::Listen { at, source })?;
        let secret = match options.tls_listen {
            Some(at) => Some(listen(at).await.map_err(|source| StartError::ListenTls { at, source })?),
            None => None,
        };
        Ok(Self { plain, secret })
    }

    pub(super) fn http(&self) -> SocketAddr {
        self.plain.1
    }

    pub(super) fn https(&self) -> Option<SocketAddr> {
        self.secret.as_ref().map(|(_, at)| *at)
    }

    pub(super) fn reach<'a>(&self, options: &'a ServiceOptions) -> Reach<'a> {
        let (media, media_tcp, public) = (options.media, options.media_tcp, options.public_url.as_ref());
        Reach { http: self.http(), https: self.https(), media, media_tcp, public }
    }
}

/// The names the service goes by, and what proves them.
pub(super) struct Secured {
    names: Names,
    pub(super) answers: Answers,
    tls: Option<Tls>,
}

impl Secured {
    pub(super) fn with(options: &ServiceOptions, bound: &Bound) -> Result<Self, StartError> {
        let (names, answers) = (names(options, &[Some(bound.http()), bound.https()]), Answers::default());
        let tls = match bound.https() {
            Some(_) => {
                let (source, answers) = (options.certificate.clone(), answers.clone());
                Some(Tls::start(&options.folder, &names.hosts(), source, answers)?)
            }
            None => None,
        };
        Ok(Self { names, answers, tls })
    }

    pub(super) fn ca(&self) -> Option<PathBuf> {
        self.tls.as_ref().map(|tls| tls.ca.clone())
    }

    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        self.tls.as_ref().and_then(|tls| tls.fingerprint)
    }
}

/// What links to the service hold.
pub(super) struct Public {
    pub(super) url: Option<String>,
    pub(super) fingerprint: Option<Fingerprint>,
}

impl Public {
    /// As people are told it. A fingerprint is of use only where there is a certificate.
    pub(super) fn written(&self) -> Option<String> {
        let url = ServerUrl::to_sign_in(self.url.as_ref()?);
        let fingerprint = self.fingerprint.filter(|_| url.starts_with("https://"));
        Some(fingerprint.map_or_else(|| url.clone(), |fingerprint| format!("{url}#{fingerprint}")))
    }
}

/// Serves what was bound, until the sender says to stop.
pub(super) fn open_doors(
    bound: Bound,
    secured: Secured,
    rest: Rest,
    signalling: &Signalling,
) -> (watch::Sender<bool>, Vec<JoinHandle<()>>) {
    let socket = Router::new().route(protocol::PATH, get(signalling::upgrade)).with_state(signalling.clone());
    let (stop, stopping) = watch::channel(false);
    let (router, allowance) = (rest::router(rest, secured.names, socket), Allowance::default());
    let seats = allowance.seats();
    let acceptor = secured.tls.map(|tls| tls.acceptor);
    let doors = [Some((bound.plain.0, None)), bound.secret.map(|(listener, _)| (listener, acceptor))];
    let doors = doors.into_iter().flatten().map(|(listener, tls)| Door { listener, tls, seats: Arc::clone(&seats) });
    let serve = |door| listener::serve(door, router.clone(), allowance, stopping.clone());
    (stop, doors.map(|door| task::spawn("http", serve(door))).collect())
}

/// A listener, and where it is.
async fn listen(at: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(at).await?;
    let at = listener.local_addr()?;
    Ok((listener, at))
}

/// The configured names, that of the links, and the addresses `listened` on.
fn names(options: &ServiceOptions, listened: &[Option<SocketAddr>]) -> Names {
    let listened = || listened.iter().flatten();
    let addresses = listened().flat_map(|at| local(at.ip()).into_iter().map(|ip| SocketAddr::new(ip, at.port())));
    let addresses = addresses.map(|at| at.to_string());
    // A proxy may name the host with its own port or with ours; an ACME authority comes to that of plain HTTP.
    let public = options.public_url.iter().flat_map(|url| {
        let host = url.host();
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        [url.to_string(), format!("http://{host}"), host]
    });
    let names: Vec<_> = options.names.iter().cloned().chain(public).chain(addresses).collect();
    Names::new(&listened().map(SocketAddr::port).collect::<Vec<_>>(), &names)
}

/// The addresses of this machine that `ip` stands for.
fn local(ip: IpAddr) -> Vec<IpAddr> {
    if ip.is_unspecified() { sfu::local_addresses(ip).unwrap_or_default() } else { vec![ip] }
}
