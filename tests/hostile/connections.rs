//! Connections by the thousand, and such that speak no HTTP: a call is still a call afterwards, and every file is closed.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use socket2::SockRef;
use switchboard::config::ServiceFile;
use switchboard::domain::call::CallState;
use switchboard::phone::account::Account;
use switchboard::phone::audio::device::{SinkChoice, SourceChoice};
use switchboard::phone::audio::voice::VoiceConfig;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::raw::{PATIENCE, Raw};
use crate::support::{TestPhone, TestService};

#[tokio::test(flavor = "multi_thread")]
async fn what_speaks_no_http_is_hung_up_on() {
    let service = TestService::start().await;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    let fields = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(5_000));
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"\x00\x00\x00\x00\x00\x00\x00\x00\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"INVITE sip:bob@example.com SIP/2.0\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"\r\n\r\n\r\n\r\n\0\r\n\r\n",
        long.as_bytes(),
        fields.as_bytes(),
    ] {
        let mut stream = TcpStream::connect(service.http).await.unwrap();
        stream.write_all(bytes).await.ok();
        stream.shutdown().await.ok();
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is never hung up on").ok();
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    Raw::welcomed(&service, "alice").await.0.is_served().await;
}

/// In a process of its own, so that its files can be counted.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_connections_come_and_go_and_a_call_is_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::start(folder.path());
    served.carries_a_call().await;
    let before = served.files();
    for batch in 0..40 {
        join_all((0..250).map(|n| comes_and_goes(served.http, batch * 250 + n))).await;
    }
    for _ in 0..20 {
        join_all((0..100).map(|_| Raw::connect(served.http))).await;
    }
    served.carries_a_call().await;
    let closed = async {
        // The database opens a connection more when it likes.
        while served.files() > before + 10 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, closed).await.unwrap_or_else(|_| panic!("{} files instead of {before}", served.files()));
}

/// A connection dropped at once, after half a request, or by a reset.
async fn comes_and_goes(at: SocketAddr, n: usize) {
    let mut stream = timeout(PATIENCE, TcpStream::connect(at)).await.expect("nobody takes it").unwrap();
    if n.is_multiple_of(3) {
        stream.write_all(b"GET /signal HTTP/1.1\r\nHost: loc").await.ok();
    }
    // Most by a reset, so that the test does not run out of ports on its own side.
    if !n.is_multiple_of(5) {
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// The program as a service.
struct Served {
    child: Child,
    http: SocketAddr,
    file: ServiceFile,
}

impl Served {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", "--data"]).arg(folder);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).stdin(Stdio::null()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.contains("\"ready\""), "{ready}");
        let file = ServiceFile::read(&folder.join("service/service.json")).unwrap();
        let http = file.http.trim_start_matches("http://").parse().unwrap();
        Self { child, http, file }
    }

    fn files(&self) -> usize {
        match std::fs::read_dir(format!("/proc/{}/fd", self.child.id())) {
            Ok(files) => files.count(),
            // Only Linux tells.
            Err(_) => 0,
        }
    }

    async fn phone(&self, name: &str) -> TestPhone {
        let secret = self.file.demo_secret.clone().unwrap();
        let server = self.http.to_string().parse().unwrap();
        let account = Account::sign_in(&server, name.parse().unwrap(), secret).await.unwrap();
        let voice =
            VoiceConfig { microphone: SourceChoice::Tone(440), speaker: SinkChoice::Nowhere, ..VoiceConfig::default() };
        TestPhone::start(name, account, voice).await
    }

    async fn carries_a_call(&self) {
        let (mut alice, mut bob) = (self.phone("alice").await, self.phone("bob").await);
        let call = alice.calls("bob").await;
        assert_eq!(bob.answers().await, call);
        alice.is(CallState::Connected).await;
        bob.hears_something().await;
        alice.hangs_up(call).await;
        alice.ends().await;
        bob.ends().await;
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
