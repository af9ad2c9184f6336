//! Certificates by ACME, from a real authority for tests (pebble), over both ways of proving a name.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use switchboard::base::{crypto, task};
use switchboard::config::AcmeChallenge;
use switchboard::service::ServiceOptions;
use switchboard::service::tls::{AcmeSettings, Source};
use tempfile::tempdir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::raw::PATIENCE;
use crate::support::{TestService, options};

const HOST: &str = "calls.example";

/// How often something is looked for that only others can tell of.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A program that ends with the test.
struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// An authority that finds `calls.example` on this machine.
struct Authority {
    _programs: [Helper; 2],
    directory: String,
    management: SocketAddr,
    /// The authority of the directory's own certificate.
    ca: PathBuf,
}

/// Whether pebble is here. Where the whole is tested, it has to be.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn pebble_is_missing() -> bool {
    let missing = ["pebble", "pebble-challtestsrv"].iter().any(|name| {
        let found = Command::new(name).arg("-help").stdout(Stdio::null()).stderr(Stdio::null()).status();
        found.is_err()
    });
    assert!(!missing || std::env::var_os("CI").is_none(), "pebble is missing: install it (./dev test does)");
    if missing {
        eprintln!("pebble is not installed: ACME is not tried (./dev test installs it)");
    }
    missing
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// How often ports that were free a moment ago may be taken by somebody else.
const TRIES: usize = 10;

/// Runs a program that `start` gives free ports, until it listens on one of them. Yields both.
async fn runs(start: impl Fn(&[SocketAddr; 3]) -> Command) -> (Helper, [SocketAddr; 3]) {
    for _ in 0..TRIES {
        let ports = [free(), free(), free()];
        let mut command = start(&ports);
        let mut helper = Helper(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let up = async {
            loop {
                if helper.0.try_wait().unwrap().is_some() {
                    return false;
                }
                if TcpStream::connect(ports[0]).await.is_ok() && TcpStream::connect(ports[1]).await.is_ok() {
                    return true;
                }
                sleep(LOOK_EVERY).await;
            }
        };
        if timeout(PATIENCE, up).await.expect("a program listens on nothing") {
            return (helper, ports);
        }
    }
    panic!("a program ends at once, {TRIES} times");
}

/// A port that leads to the service once that runs.
struct Relay(tokio::net::TcpListener);

impl Relay {
    async fn new() -> Self {
        Self(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    fn leads_to(self, at: SocketAddr) {
        task::spawn("relay", async move {
            while let Ok((mut near, _)) = self.0.accept().await {
                task::spawn("relayed", async move {
                    if let Ok(mut far) = TcpStream::connect(at).await {
                        tokio::io::copy_bidirectional(&mut near, &mut far).await.ok();
                    }
                });
            }
        });
    }
}

impl Authority {
    /// Certificates last `seconds`; names are looked at on these ports.
    async fn start(folder: &Path, seconds: u32, http: u16, tls: u16) -> Self {
        let ca = certify(folder);
        let (names, [_, dns, _]) = runs(|[management, dns, _]| {
            let mut command = Command::new("pebble-challtestsrv");
            command.args(["-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-http01", "", "-https01", ""]);
            command.args(["-tlsalpn01", "", "-dns01", &dns.to_string(), "-management", &management.to_string()]);
            command
        })
        .await;
        let (pebble, [directory, management, _]) = runs(|[listen, management, _]| {
            let config = serde_json::json!({ "pebble": {
                "listenAddress": listen, "managementListenAddress": management,
                "certificate": folder.join("directory.pem"), "privateKey": folder.join("directory.key"),
                "httpPort": http, "tlsPort": tls, "certificateValidityPeriod": seconds,
            }});
            let file = folder.join("pebble.json");
            fs::write(&file, config.to_string()).unwrap();
            let mut command = Command::new("pebble");
            command.args(["-config", file.to_str().unwrap(), "-dnsserver", &dns.to_string()]);
            command.envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_AUTHZREUSE", "0"), ("PEBBLE_WFE_NONCEREJECT", "0")]);
            command
        })
        .await;
        let directory = format!("https://localhost:{}/dir", directory.port());
        Self { _programs: [names, pebble], directory, management, ca }
    }

    /// What clients trust who trust this authority.
    async fn roots(&self) -> RootCertStore {
        let ca = reqwest::Certificate::from_pem(&fs::read(&self.ca).unwrap()).unwrap();
        let client = reqwest::Client::builder().add_root_certificate(ca).build().unwrap();
        let url = format!("https://localhost:{}/roots/0", self.management.port());
        let pem = client.get(url).send().await.unwrap().bytes().await.unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&pem).unwrap()).unwrap();
        roots
    }

    fn origin(&self) -> &str {
        self.directory.trim_end_matches("/dir")
    }

    fn settings(&self) -> AcmeSettings {
        let contact = Some("mailto:ops@calls.example".to_owned());
        AcmeSettings {
            directory: self.directory.clone(),
            contact,
            ca: Some(self.ca.clone()),
            host: HOST.to_owned(),
            challenge: AcmeChallenge::Auto,
        }
    }
}

/// Makes the directory's own certificate; its authority's file.
fn certify(folder: &Path) -> PathBuf {
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let pem = root.self_signed(&root_key).unwrap().pem();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
    fs::write(folder.join("directory.pem"), leaf.pem()).unwrap();
    fs::write(folder.join("directory.key"), key.serialize_pem()).unwrap();
    let ca = folder.join("directory-ca.pem");
    fs::write(&ca, pem).unwrap();
    ca
}

async fn connects(at: SocketAddr, roots: &RootCertStore) -> Option<TlsStream<TcpStream>> {
    let builder =
        ClientConfig::builder_with_provider(crypto::provider()).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots.clone()).with_no_client_auth();
    let stream = TcpStream::connect(at).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(HOST.try_into().unwrap(), stream).await.ok()
}

/// Waits until somebody who trusts the authority is shown another certificate than that of `before`, over which requests go
/// on meanwhile.
async fn is_shown(
    at: SocketAddr,
    roots: &RootCertStore,
    mut before: Option<&mut TlsStream<TcpStream>>,
) -> TlsStream<TcpStream> {
    let shown = async {
        loop {
            if let Some(before) = before.as_deref_mut() {
                is_answered(before).await;
            }
            if let Some(stream) = connects(at, roots).await
                && before.as_deref().is_none_or(|before| leaf(&stream) != leaf(before))
            {
                return stream;
            }
            sleep(LOOK_EVERY).await;
        }
    };
    timeout(PATIENCE, shown).await.expect("ACME brings no certificate")
}

fn leaf(stream: &TlsStream<TcpStream>) -> Vec<u8> {
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

async fn is_answered(stream: &mut TlsStream<TcpStream>) {
    let ask = format!("GET /healthz HTTP/1.1\r\nHost: {HOST}\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    // The answer is an object of JSON without others in it.
    while heard.last() != Some(&b'}') {
        let mut some = [0; 512];
        let count = timeout(PATIENCE, stream.read(&mut some)).await.unwrap().unwrap();
        assert_ne!(count, 0, "hung up on after {:?}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&some[..count]);
    }
    assert!(heard.starts_with(b"HTTP/1.1 200"), "{:?}", String::from_utf8_lossy(&heard));
}

/// A service that links lead to as `https://calls.example`; an authority looks for plain HTTP at `http`.
async fn serves(folder: &Path, source: Source, http: u16) -> (TestService, SocketAddr) {
    let public_url = Some(format!("https://{HOST}").parse().unwrap());
    let names = vec![format!("{HOST}:{http}")];
    let options = ServiceOptions { public_url, names, certificate: source, ..options(folder) };
    let service = TestService::with(tempdir().unwrap(), options).await;
    let https = service.running.as_ref().unwrap().https.unwrap();
    (service, https)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_comes_over_tls_and_is_renewed_while_connections_go_on() {
    if pebble_is_missing() {
        return;
    }
    let (work, folder) = (tempdir().unwrap(), tempdir().unwrap());
    let (relay, closed) = (Relay::new().await, Relay::new().await);
    let authority = Authority::start(work.path(), 15, closed.port(), relay.port()).await;
    let (mut service, tls) = serves(folder.path(), Source::Acme(authority.settings()), closed.port()).await;
    relay.leads_to(tls);
    assert_eq!(service.running.as_ref().unwrap().fingerprint, None, "clients meet another authority");
    let roots = authority.roots().await;
    let mut old = is_shown(tls, &roots, None).await;
    let mut new = is_shown(tls, &roots, Some(&mut old)).await;
    is_answered(&mut old).await;
    is_answered(&mut new).await;
    for secret in ["acme.key", "acme-account.json"] {
        let path = folder.path().join("tls").join(secret);
        assert!(path.exists(), "{secret}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o077, 0, "{secret}");
        }
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_comes_over_plain_http_and_outlives_a_start() {
    if pebble_is_missing() {
        return;
    }
    let (work, folder) = (tempdir().unwrap(), tempdir().unwrap());
    // Nothing is behind the port where TLS would be looked for.
    let (relay, closed) = (Relay::new().await, Relay::new().await);
    let http = relay.port();
    let authority = Authority::start(work.path(), 3600, http, closed.port()).await;
    let source = Source::Acme(AcmeSettings { challenge: AcmeChallenge::Http, ..authority.settings() });
    let (mut service, tls) = serves(folder.path(), source.clone(), http).await;
    relay.leads_to(service.http);
    let roots = authority.roots().await;
    let first = leaf(&is_shown(tls, &roots, None).await);
    service.stop().await;
    drop(authority);
    // The authority is gone: what came before is shown at once.
    let (mut service, tls) = serves(folder.path(), source, http).await;
    let stream = connects(tls, &roots).await.expect("the kept certificate is not shown");
    assert_eq!(leaf(&stream), first);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_was_set_up_anew_gets_a_new_account() {
    if pebble_is_missing() {
        return;
    }
    let (work, folder) = (tempdir().unwrap(), tempdir().unwrap());
    let (first, second, closed) = (Relay::new().await, Relay::new().await, Relay::new().await);
    let ports = [first.port(), second.port()];
    let source =
        |authority: &Authority| Source::Acme(AcmeSettings { challenge: AcmeChallenge::Http, ..authority.settings() });
    let before = Authority::start(work.path(), 3600, ports[0], closed.port()).await;
    let (mut service, tls) = serves(folder.path(), source(&before), ports[0]).await;
    first.leads_to(service.http);
    is_shown(tls, &before.roots().await, None).await;
    service.stop().await;
    // The other one does not know the account, which the service takes to be of that one.
    let after = Authority::start(work.path(), 3600, ports[1], closed.port()).await;
    let file = folder.path().join("tls/acme-account.json");
    let kept = fs::read_to_string(&file).unwrap();
    let moved = kept.replace(before.origin(), after.origin());
    fs::write(&file, &moved).unwrap();
    let (mut service, tls) = serves(folder.path(), source(&after), ports[1]).await;
    second.leads_to(service.http);
    is_shown(tls, &after.roots().await, None).await;
    assert_ne!(fs::read_to_string(&file).unwrap(), moved);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_not_there_stops_nothing() {
    let (folder, nobody) = (tempdir().unwrap(), Relay::new().await);
    let directory = format!("https://127.0.0.1:{}/dir", nobody.port());
    let challenge = AcmeChallenge::Auto;
    let settings = AcmeSettings { directory, contact: None, ca: None, host: HOST.to_owned(), challenge };
    let (mut service, tls) = serves(folder.path(), Source::Acme(settings), nobody.port()).await;
    let mut roots = RootCertStore::empty();
    let ca = service.running.as_ref().unwrap().ca.clone().unwrap();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let mut stream = connects(tls, &roots).await.expect("its own authority stands in");
    is_answered(&mut stream).await;
    service.stop().await;
}
