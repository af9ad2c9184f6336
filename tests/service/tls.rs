//! HTTPS and WSS: what is served, what is refused, and that nobody is kept out by it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};
use switchboard::base::crypto;
use switchboard::protocol::frame::FromService;
use switchboard::protocol::rest::Health;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::client_async;

use crate::raw::{PATIENCE, opening};
use crate::support::TestService;

/// Trusts the service's own authority and nobody else.
fn trusting(service: &TestService, versions: &[&'static SupportedProtocolVersion]) -> TlsConnector {
    let ca = service.running.as_ref().unwrap().ca.clone().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(crypto::provider());
    let builder = builder.with_protocol_versions(versions).unwrap().with_root_certificates(roots);
    TlsConnector::from(Arc::new(builder.with_no_client_auth()))
}

async fn connects(service: &TestService, name: &'static str) -> TlsStream<TcpStream> {
    let tls = trusting(service, rustls::ALL_VERSIONS);
    timeout(PATIENCE, tls.connect(name.try_into().unwrap(), plain(service).await)).await.unwrap().unwrap()
}

async fn plain(service: &TestService) -> TcpStream {
    TcpStream::connect(service.running.as_ref().unwrap().https.unwrap()).await.unwrap()
}

/// Whether somebody who knows the authority is served over HTTPS.
async fn serves(service: &TestService) {
    let at = service.running.as_ref().unwrap().https.unwrap();
    let mut stream = connects(service, "localhost").await;
    let ask = format!("GET /healthz HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    stream.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(PATIENCE, stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let health: Health = serde_json::from_str(body).unwrap();
    assert_eq!(health.instance, service.running.as_ref().unwrap().instance);
}

/// All a peer says once `bytes` were sent to it.
async fn answer_to(service: &TestService, bytes: &[u8]) -> Vec<u8> {
    let mut stream = plain(service).await;
    // It may hang up before it has heard all.
    stream.write_all(bytes).await.ok();
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is never hung up on").ok();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_knows_the_authority_is_served_under_every_name() {
    let service = TestService::start().await;
    serves(&service).await;
    for name in ["localhost", "127.0.0.1", "::1"] {
        let stream = connects(&service, name).await;
        let chain = stream.get_ref().1.peer_certificates().unwrap();
        assert_eq!(chain.len(), 2, "its own certificate, and that of the authority");
    }
    let running = service.running.as_ref().unwrap();
    let pem = std::fs::read(running.ca.as_ref().unwrap()).unwrap();
    let client = reqwest::Client::builder().add_root_certificate(reqwest::Certificate::from_pem(&pem).unwrap());
    let url = format!("https://localhost:{}/healthz", running.https.unwrap().port());
    assert_eq!(client.build().unwrap().get(url).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signalling_goes_over_tls_as_it_goes_without() {
    let service = TestService::start().await;
    let at = service.running.as_ref().unwrap().https.unwrap();
    let stream = connects(&service, "localhost").await;
    let (mut socket, _) = timeout(PATIENCE, client_async(opening(at), stream)).await.unwrap().unwrap();
    let hello = r#"{"type":"hello","hello":{"token":"none","client_id":"00000000-0000-4000-8000-000000000000"}}"#;
    use futures_util::{SinkExt, StreamExt};
    socket.send(hello.into()).await.unwrap();
    let frame = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    let frame = switchboard::protocol::codec::decode_service(frame.to_text().unwrap()).unwrap();
    assert!(matches!(frame, FromService::Failure { .. }), "{frame:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_hears_that_the_port_speaks_https() {
    let service = TestService::start().await;
    for ask in ["GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "POST / HTTP/1.1\r\n"] {
        let answer = String::from_utf8(answer_to(&service, ask.as_bytes()).await).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400") && body.contains("https://"), "{answer}");
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_old_tls_are_hung_up_on() {
    let service = TestService::start().await;
    for (old, version) in [("SSL 3", 0_u8), ("TLS 1.0", 1), ("TLS 1.1", 2)] {
        let answer = answer_to(&service, &client_hello(3, version)).await;
        // A fatal alert: protocol_version, or handshake_failure.
        assert!(answer.len() >= 7 && answer[0] == 21 && answer[5] == 2, "{old}: {answer:?}");
    }
    let garbage: Vec<Vec<u8>> = vec![
        b"\0".to_vec(),
        b"\x16".repeat(20_000),
        b"\x16\x03\x01\xff\xff".to_vec().into_iter().chain([0; 70_000]).collect(),
        b"\x16\x03\x01\x00\x00".repeat(2_000),
        b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(),
        b"\x80\x2e\x01\x00\x02".to_vec(),
        vec![0xff; 4096],
    ];
    // By the hundred at once: each ends, and somebody else is served.
    let all = (0..1000).map(|n| {
        let bytes = garbage[n % garbage.len()].clone();
        let service = &service;
        async move {
            let mut stream = plain(service).await;
            stream.write_all(&bytes).await.ok();
            if !n.is_multiple_of(4) {
                stream.shutdown().await.ok();
                let mut rest = Vec::new();
                timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it is never hung up on").ok();
            }
        }
    });
    let mut all: Vec<_> = all.collect();
    while !all.is_empty() {
        join_all(all.drain(..all.len().min(200))).await;
    }
    serves(&service).await;
}

/// A ClientHello of an old version (RFC 2246, RFC 4346) that offers what these knew, and no supported_versions.
fn client_hello(major: u8, minor: u8) -> Vec<u8> {
    let mut body = vec![major, minor];
    body.extend([7; 32]);
    body.push(0);
    // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, TLS_RSA_WITH_AES_128_CBC_SHA; no compression.
    body.extend([0, 4, 0xc0, 0x09, 0x00, 0x2f, 1, 0]);
    // Groups: P-256; point formats: uncompressed.
    body.extend([0, 14, 0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0]);
    let length = u8::try_from(body.len()).unwrap();
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(body);
    record
}

#[tokio::test(flavor = "multi_thread")]
async fn both_modern_versions_are_spoken() {
    let service = TestService::start().await;
    for version in rustls::ALL_VERSIONS {
        let tls = trusting(&service, &[version]);
        let stream = tls.connect("localhost".try_into().unwrap(), plain(&service).await).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(version.version));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_is_not_mistaken_for_the_service() {
    let (service, other) = (TestService::start().await, TestService::start().await);
    let tls = trusting(&other, rustls::ALL_VERSIONS);
    let refused = tls.connect("localhost".try_into().unwrap(), plain(&service).await).await;
    assert!(refused.is_err(), "an authority of another service was trusted");
    let prints = [&service, &other].map(|service| service.running.as_ref().unwrap().fingerprint.unwrap());
    assert_ne!(prints[0], prints[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fingerprint_is_that_of_the_last_certificate_shown() {
    use aws_lc_rs::digest::{SHA256, digest};
    let service = TestService::start().await;
    let stream = connects(&service, "localhost").await;
    let last = stream.get_ref().1.peer_certificates().unwrap().last().unwrap().clone();
    let fingerprint = service.running.as_ref().unwrap().fingerprint.unwrap();
    assert_eq!(digest(&SHA256, &last).as_ref(), fingerprint.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn handshakes_that_stop_halfway_are_given_up() {
    let service = TestService::start().await;
    let mut stream = plain(&service).await;
    let config = ClientConfig::builder_with_provider(crypto::provider()).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
    let mut hello = Vec::new();
    client.write_tls(&mut hello).unwrap();
    stream.write_all(&hello[..hello.len() / 2]).await.unwrap();
    let mut silent = plain(&service).await;
    for stream in [&mut stream, &mut silent] {
        let mut rest = Vec::new();
        let ended = timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "a handshake goes on for ever");
    }
    serves(&service).await;
}
