//! Takes HTTP connections in, plain ones and those with TLS: how many at once, how long one may take to say what it wants,
//! and how much may wait for it.
//!
//! What is asked over them is none of its business: that is the router's. A WebSocket keeps the seat of the connection it
//! began as; so does a handshake, which has to end as soon as a request's head.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::tls::{ACME_TLS, Encrypted};
use crate::base::task;

/// The most connections at once, WebSockets included; fewer where the process may not have so many files.
const MOST: usize = 10_000;

/// How long the system's queue towards a client may get, in bytes: one that does not read is noticed soon, and costs little.
const SEND_BUFFER: usize = 128 * 1024;

/// The most of a request's head that is kept, in bytes, and the most header fields in it.
const HEAD: usize = 16 * 1024;
const FIELDS: usize = 64;

/// How long the last request of a connection may take once the connection is to end.
const LAST_REQUEST: Duration = Duration::from_secs(20);

/// What a peer hears that speaks HTTP where TLS is spoken.
const SPEAK_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 58\r\n\
Connection: close\r\n\r\nThis port speaks HTTPS: write https:// before its address\n";

/// How long such a peer is listened to, so that it hears that, and how much of what it says, in bytes.
const HEAR_OUT: Duration = Duration::from_secs(1);
const HEAR_MOST: u64 = 64 * 1024;

/// What a TLS handshake begins with (RFC 8446 section 5.1).
const HANDSHAKE: u8 = 22;

/// How long to wait when the system can't give another connection.
const BREATH: Duration = Duration::from_millis(200);

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    /// How many there may be; further ones wait in the system's queue.
    pub(super) connections: usize,
    /// How long one may take to end its handshake, to bring the head of its first request, and of each further one.
    pub(super) head_within: Duration,
    /// How long one may go on before it is asked to end; WebSockets are not.
    pub(super) life: Duration,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { connections: seats(), head_within: Duration::from_secs(10), life: Duration::from_secs(120) }
    }
}

impl Allowance {
    /// The seats for connections, of all listeners together.
    pub(super) fn seats(&self) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(self.connections))
    }
}

/// Where connections come in.
pub(super) struct Door {
    /// What is listened on.
    pub(super) listener: TcpListener,
    /// How TLS is spoken there; plain HTTP without.
    pub(super) tls: Option<TlsAcceptor>,
    /// The seats, shared with the other doors.
    pub(super) seats: Arc<Semaphore>,
}

/// Serves `router` until told to stop, and returns when the last request is answered. WebSockets end on their own.
pub(super) async fn serve(door: Door, router: Router, allowance: Allowance, mut stopping: watch::Receiver<bool>) {
    let Door { listener, tls, seats } = door;
    let (all, each) = watch::channel(());
    loop {
        let (seated, peer) = tokio::select! {
            // A sender that is gone wants no service any more.
            _ = stopping.wait_for(|stop| *stop) => break,
            accepted = accept(&listener, &seats) => accepted,
        };
        let host = Host { router: router.clone(), allowance, stopping: stopping.clone(), encrypted: None };
        let (tls, each) = (tls.clone(), each.clone());
        task::spawn("http connection", async move {
            match tls {
                Some(tls) => host.converse_in_secret(tls, seated, peer).await,
                None => host.converse(seated, peer).await,
            }
            drop(each);
        });
    }
    drop((listener, each));
    all.closed().await;
}

/// The next connection, once there is a seat for it.
async fn accept(listener: &TcpListener, seats: &Arc<Semaphore>) -> (Seated<TcpStream>, SocketAddr) {
    let seat = Arc::clone(seats).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                // Where the system refuses these, its own ways have to do.
                stream.set_nodelay(true).ok();
                SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER).ok();
                return (Seated { stream, seat }, peer);
            }
            // The peer went away while it waited.
            Err(e) if matches!(e.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) => {}
            Err(e) => {
                tracing::error!(error = %e, "no connection can be taken in");
                sleep(BREATH).await;
            }
        }
    }
}

/// Who talks with one connection.
struct Host {
    router: Router,
    allowance: Allowance,
    stopping: watch::Receiver<bool>,
    encrypted: Option<Encrypted>,
}

impl Host {
    /// Agrees on keys first. Whoever does not bring its part in time, or brings none, is hung up on.
    async fn converse_in_secret(mut self, tls: TlsAcceptor, seated: Seated<TcpStream>, peer: SocketAddr) {
        let Seated { stream, seat } = seated;
        let within = self.allowance.head_within;
        let stream = tokio::select! {
            _ = self.stopping.wait_for(|stop| *stop) => return,
            shaken = timeout(within, shake_hands(tls, stream)) => match shaken {
                Ok(Some(stream)) => stream,
                Ok(None) | Err(_) => return,
            }
        };
        if stream.get_ref().1.alpn_protocol() == Some(ACME_TLS) {
            // Whoever looked has seen the certificate (RFC 8737 section 3).
            return;
        }
        self.encrypted = Some(Encrypted);
        self.converse(Seated { stream, seat }, peer).await;
    }

    async fn converse<S>(mut self, seated: Seated<S>, peer: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (routes, encrypted) = (TowerToHyperService::new(self.router), self.encrypted);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            if let Some(encrypted) = encrypted {
                request.extensions_mut().insert(encrypted);
            }
            routes.call(request)
        });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(self.allowance.head_within);
        http.max_buf_size(HEAD).max_headers(FIELDS);
        let mut connection = pin!(http.serve_connection(TokioIo::new(seated), service).with_upgrades());
        tokio::select! {
            // However it ended: there is nobody to tell.
            _ = connection.as_mut() => return,
            _ = self.stopping.wait_for(|stop| *stop) => {}
            () = sleep(self.allowance.life) => {}
        }
        connection.as_mut().graceful_shutdown();
        timeout(LAST_REQUEST, connection).await.ok();
    }
}

/// The stream behind a handshake; `None` where none came about.
async fn shake_hands(tls: TlsAcceptor, mut stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(1) if first[0] == HANDSHAKE => {}
        // Methods of HTTP are words in capitals.
        Ok(1) if first[0].is_ascii_uppercase() => {
            timeout(HEAR_OUT, point_to_https(&mut stream)).await.ok();
            return None;
        }
        _ => return None,
    }
    match tls.accept(stream).await {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
    }
}

/// Says to somebody who speaks plain HTTP what to do. What it sends is read: else the system would throw the answer away.
async fn point_to_https(stream: &mut TcpStream) {
    if stream.write_all(SPEAK_TLS).await.is_ok() && stream.shutdown().await.is_ok() {
        tokio::io::copy(&mut stream.take(HEAR_MOST), &mut tokio::io::sink()).await.ok();
    }
}

/// How many connections this process has files for, with some left for the database and the media.
fn seats() -> usize {
    #[cfg(unix)]
    {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let files = files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX);
        MOST.min(files / 4 * 3)
    }
    #[cfg(not(unix))]
    MOST
}

/// A connection and its seat, which is free again when the connection is gone.
struct Seated<S> {
    stream: S,
    seat: OwnedSemaphorePermit,
}

impl<S: AsyncRead + Unpin> AsyncRead for Seated<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Seated<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::task::JoinHandle;

    use super::*;

    const ASK: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    const PATIENCE: Duration = Duration::from_secs(60);

    struct House {
        at: SocketAddr,
        stop: watch::Sender<bool>,
        served: JoinHandle<()>,
    }

    impl House {
        async fn with(allowance: Allowance) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let at = listener.local_addr().unwrap();
            let router =
                Router::new().route("/", get(async |ConnectInfo(peer): ConnectInfo<SocketAddr>| peer.to_string()));
            let (stop, stopping) = watch::channel(false);
            let door = Door { listener, tls: None, seats: allowance.seats() };
            let served = task::spawn("test-http", serve(door, router, allowance, stopping));
            Self { at, stop, served }
        }

        async fn connects(&self) -> TcpStream {
            TcpStream::connect(self.at).await.unwrap()
        }
    }

    /// Reads until `end` is there, or the connection ends.
    async fn read_to(stream: &mut TcpStream, end: &str) -> String {
        let (mut all, mut some) = (Vec::new(), [0; 1024]);
        let reading = async {
            while !String::from_utf8_lossy(&all).contains(end) {
                match stream.read(&mut some).await {
                    Ok(0) | Err(_) => break,
                    Ok(n) => all.extend_from_slice(&some[..n]),
                }
            }
        };
        timeout(PATIENCE, reading).await.expect("the service neither answers nor hangs up");
        String::from_utf8(all).unwrap()
    }

    #[tokio::test]
    async fn requests_are_answered_and_handlers_know_their_peers() {
        let house = House::with(Allowance::default()).await;
        let mut stream = house.connects().await;
        let me = stream.local_addr().unwrap().to_string();
        for _ in 0..2 {
            stream.write_all(ASK).await.unwrap();
            assert!(read_to(&mut stream, &me).await.starts_with("HTTP/1.1 200"));
        }
    }

    #[tokio::test]
    async fn a_head_that_trickles_in_is_hung_up_on() {
        let house = House::with(Allowance { head_within: Duration::from_millis(50), ..Allowance::default() }).await;
        let mut stream = house.connects().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.unwrap();
        let rest = read_to(&mut stream, "never").await;
        assert!(!rest.contains("200"), "{rest}");
        let mut silent = house.connects().await;
        assert_eq!(read_to(&mut silent, "never").await, "");
    }

    #[tokio::test]
    async fn a_connection_beyond_the_seats_waits_for_one() {
        let house = House::with(Allowance { connections: 1, ..Allowance::default() }).await;
        let mut first = house.connects().await;
        first.write_all(ASK).await.unwrap();
        read_to(&mut first, "200").await;
        let mut second = house.connects().await;
        second.write_all(ASK).await.unwrap();
        let early = timeout(Duration::from_millis(100), second.readable()).await;
        assert!(early.is_err(), "there was a seat too many");
        drop(first);
        assert!(read_to(&mut second, "200").await.contains("200"));
    }

    #[tokio::test]
    async fn a_connection_that_goes_on_for_too_long_is_asked_to_end() {
        let house = House::with(Allowance { life: Duration::from_millis(50), ..Allowance::default() }).await;
        // Held up for that long between its connecting and its asking, it is let go unanswered, and tries again.
        let answer = async {
            loop {
                let mut stream = house.connects().await;
                let asked = stream.write_all(ASK).await.is_ok();
                let answer = read_to(&mut stream, "never").await;
                if asked && !answer.is_empty() {
                    return answer;
                }
            }
        };
        let answer = timeout(PATIENCE, answer).await.expect("nobody is ever answered");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn what_is_no_http_or_too_long_is_refused() {
        let house = House::with(Allowance::default()).await;
        let long = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(2 * HEAD));
        let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(2 * FIELDS));
        for bad in ["\0\0\0\0\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n\r\n", &long, &many] {
            let mut stream = house.connects().await;
            stream.write_all(bad.as_bytes()).await.ok();
            let answer = read_to(&mut stream, "never").await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
        }
    }

    #[tokio::test]
    async fn a_stop_lets_idle_connections_go() {
        let house = House::with(Allowance::default()).await;
        let mut idle = house.connects().await;
        idle.write_all(ASK).await.unwrap();
        read_to(&mut idle, "200").await;
        house.stop.send(true).unwrap();
        timeout(PATIENCE, house.served).await.expect("it stops").unwrap();
        assert!(TcpStream::connect(house.at).await.is_err());
    }
}
