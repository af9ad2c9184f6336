//! What a signed-in phone that does nothing costs the service's process: five thousand of them, each a WebSocket of this
//! process that says hello and then only answers pings, on the loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{SinkExt as _, StreamExt as _, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use switchboard::base::secret::Secret;
use switchboard::base::{clock, task};
use switchboard::config::ServiceFile;
use switchboard::domain::id::ClientId;
use switchboard::domain::scope::Scopes;
use switchboard::protocol::frame::{FromClient, FromService, Hello};
use switchboard::protocol::{PATH, SUBPROTOCOL, codec};
use switchboard::service::identity::{Identities, Settings};
use switchboard::service::store;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpSocket;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use uuid::Uuid;

use crate::program::Program;
use crate::table::Row;
use crate::usage;

/// Phones whose memory is measured, and those before them: the first bring what all share.
const PHONES: usize = 5000;
const FIRST: usize = 50;
/// How many connect at once.
const AT_ONCE: usize = 32;
/// How many have the same address: fewer than the service lets in from one at once.
const PER_ADDRESS: usize = 60;
/// How long everything gets to come to rest: pings come every five seconds.
const SETTLE: Duration = Duration::from_secs(12);
/// How long the processor time is watched.
const SPAN: Duration = Duration::from_secs(20);
/// Beside the sockets of the phones, for files of this process.
const OTHER_FILES: u64 = 200;

/// Measures over plain WebSockets, as behind a proxy, then over TLS.
pub fn measure() -> Result<Vec<Row>> {
    let files = raise_files()?;
    if files < (FIRST + PHONES) as u64 + OTHER_FILES {
        return Ok(vec![Row::skipped("idle phones", format!("a process may have only {files} files here"))]);
    }
    let (folder, tokens) = accounts()?;
    let mut rows = Vec::new();
    for encrypted in [false, true] {
        rows.extend(over(folder.path(), &tokens, encrypted)?);
    }
    Ok(rows)
}

fn over(folder: &Path, tokens: &[Secret<String>], encrypted: bool) -> Result<Vec<Row>> {
    let service = Program::serve(folder, &[])?;
    let way = Way::to(folder, encrypted)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (ended, mut ends) = mpsc::channel(1);
    runtime.block_on(open(&way, &tokens[..FIRST], 0, &ended))?;
    runtime.block_on(async { tokio::time::sleep(SETTLE).await });
    let before = usage::rss(service.pid()).context("/proc has no memory of processes here")?;
    runtime.block_on(open(&way, &tokens[FIRST..], FIRST, &ended))?;
    runtime.block_on(async { tokio::time::sleep(SETTLE).await });
    let after = usage::rss(service.pid()).context("it was told before")?;
    let pid = service.pid();
    let watching = runtime.spawn_blocking(move || usage::over(pid, SPAN));
    let used = runtime.block_on(watching)?;
    if let Ok(why) = ends.try_recv() {
        bail!("a phone was cut off: {why}");
    }
    let each = after.saturating_sub(before) as f64 / PHONES as f64 / 1e3;
    let how = if encrypted { "TLS 1.3" } else { "plain, as behind a proxy" };
    let conditions = format!("{PHONES} phones, {how}; growth of the service's RSS, {FIRST} were there before");
    let rested = format!("{PHONES} phones, {how}, {} s; each is pinged every 5 s", SPAN.as_secs());
    let aim = if encrypted { "" } else { "≤ 40 kB" };
    Ok(vec![
        Row::new("idle phones: memory of the service for each", format!("{each:.1} kB"), aim, conditions),
        Row::new("idle phones: share of a core, service", usage::told(used), "", rested),
    ])
}

/// How the service is reached.
struct Way {
    at: SocketAddr,
    tls: Option<TlsConnector>,
}

impl Way {
    fn to(folder: &Path, encrypted: bool) -> Result<Self> {
        let told = ServiceFile::read(&folder.join("service/service.json")).context("the service tells where it is")?;
        let address = |url: &str| Ok::<_, anyhow::Error>(url.rsplit('/').next().unwrap_or_default().parse()?);
        if !encrypted {
            return Ok(Self { at: address(&told.http)?, tls: None });
        }
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(told.ca.context("it has an authority of its own")?)?)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let at = address(&told.https.context("it serves HTTPS")?)?;
        Ok(Self { at, tls: Some(TlsConnector::from(Arc::new(config))) })
    }
}

/// Opens a session for each token; all are open when this returns.
async fn open(way: &Way, tokens: &[Secret<String>], from: usize, ended: &mpsc::Sender<String>) -> Result<()> {
    let phones = tokens.iter().enumerate().map(|(number, token)| phone(way, token, from + number, ended.clone()));
    let mut opening = stream::iter(phones).buffer_unordered(AT_ONCE);
    while let Some(opened) = opening.next().await {
        opened?;
    }
    Ok(())
}

async fn phone(way: &Way, token: &Secret<String>, number: usize, ended: mpsc::Sender<String>) -> Result<()> {
    let socket = TcpSocket::new_v4()?;
    // All of 127/8 is this machine: as many addresses as a crowd of phones has.
    let near = u32::from(Ipv4Addr::new(127, 0, 1, 0)) + u32::try_from(number / PER_ADDRESS)?;
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(near)), 0))?;
    let stream = socket.connect(way.at).await?;
    match &way.tls {
        None => greet(stream, way.at, token, number, ended).await,
        Some(tls) => {
            let name = ServerName::IpAddress(way.at.ip().into());
            greet(tls.connect(name, stream).await?, way.at, token, number, ended).await
        }
    }
}

/// Says hello, and leaves the socket to a task that answers pings.
async fn greet<S>(
    stream: S,
    at: SocketAddr,
    token: &Secret<String>,
    number: usize,
    ended: mpsc::Sender<String>,
) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut request = format!("ws://{at}{PATH}").into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
    let config = WebSocketConfig::default().read_buffer_size(1024).write_buffer_size(0);
    let (mut socket, _) = client_async_with_config(request, stream, Some(config)).await?;
    let client_id = ClientId(Uuid::from_u128(number as u128 + 1));
    let hello = Hello { token: token.clone(), client_id, presence: None, max_calls: 8, resume: None };
    socket.send(Message::text(codec::encode(&FromClient::Hello { hello }))).await?;
    let welcome = socket.next().await.context("the service hung up")??;
    let welcome = codec::decode_service(welcome.to_text()?);
    ensure!(matches!(welcome, Some(FromService::Welcome { .. })), "the hello was answered by {welcome:?}");
    task::spawn("phone", async move {
        let why = loop {
            match socket.next().await {
                Some(Ok(_)) => {}
                Some(Err(why)) => break why.to_string(),
                None => break "the service hung up".to_owned(),
            }
        };
        // The first one is enough.
        ended.try_send(why).ok();
    });
    Ok(())
}

/// A folder whose service knows as many people as there are phones, and a token for each.
fn accounts() -> Result<(TempDir, Vec<Secret<String>>)> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let tokens = runtime.block_on(async {
        let db = store::open(&folder.path().join("service")).await?;
        let identities = Identities::start(db.clone(), Settings::default(), Vec::new()).await?;
        let (now, life) = (clock::unix_now(), Duration::from_secs(24 * 60 * 60));
        let mut tokens = Vec::with_capacity(FIRST + PHONES);
        for _ in 0..FIRST + PHONES {
            let who = identities.create_identity(now).await?;
            tokens.push(identities.issue_token(&who, Scopes::USER, life, now).await?.0);
        }
        db.close().await;
        Ok::<_, anyhow::Error>(tokens)
    })?;
    Ok((folder, tokens))
}

/// Lets this process, and those it starts, have as many files as the system allows; says how many.
fn raise_files() -> Result<u64> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    Ok(maximum.unwrap_or(u64::MAX))
}
