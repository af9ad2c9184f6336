//! The real binary as a child: what can be killed without a word of goodbye.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use switchboard::base::secret::Secret;
use switchboard::config::ServiceFile;
use switchboard::phone::account::Account;

use super::TestService;

/// `switchboard` as a process; killed when dropped.
pub struct Process {
    child: Child,
}

impl Process {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        command.arg("--data").arg(folder).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        for name in ["SWITCHBOARD_SERVER", "SWITCHBOARD_AS", "SWITCHBOARD_TOKEN", "SWITCHBOARD_CONFIG"] {
            command.env_remove(name);
        }
        Self { child: command.spawn().unwrap() }
    }

    /// A phone of the demo account `name` that calls `to`, and speaks a tone.
    pub async fn calls(service: &TestService, folder: &Path, name: &str, to: &str) -> Self {
        let (server, token) = (service.server().to_string(), service.token(name).await);
        let target = ["--server", &server, "--token", token.expose()];
        Self::start(folder, &[&target[..], &["call", to, "--mic", "tone", "--speaker", "none"]].concat())
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, or been killed before.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A service in a process of its own.
pub struct ServiceProcess {
    process: Process,
    pub http: SocketAddr,
    pub media: SocketAddr,
    demo_secret: Secret<String>,
}

impl ServiceProcess {
    /// Starts it in `folder`, at these ports (0: any), and waits until it is ready.
    pub fn start(folder: &Path, http: u16, media: u16) -> Self {
        let (listen, media) = (format!("127.0.0.1:{http}"), format!("127.0.0.1:{media}"));
        let mut process = Process::start(folder, &["serve", "--demo", "--listen", &listen, "--media", &media]);
        let mut ready = String::new();
        BufReader::new(process.child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert!(ready.contains("ready"), "the service did not start: {ready:?}");
        let file = ServiceFile::read(&folder.join("service/service.json")).unwrap();
        let http = file.http.trim_start_matches("http://").parse().unwrap();
        Self { process, http, media: file.media[0].parse().unwrap(), demo_secret: file.demo_secret.unwrap() }
    }

    pub async fn account(&self, name: &str) -> Account {
        let server = self.http.to_string().parse().unwrap();
        Account::sign_in(&server, name.parse().unwrap(), self.demo_secret.clone()).await.unwrap()
    }

    /// Kills it, and starts it again at the same ports on the same folder.
    pub fn is_killed_and_comes_back(&mut self, folder: &Path) {
        self.process.kill();
        *self = Self::start(folder, self.http.port(), self.media.port());
    }
}
