//! The real service as a process, with another issuer beside it, and programs that are run against it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use switchboard::config::ServiceFile;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::issuer::{APP, AUDIENCE, Issuer, USER};
use crate::told;

/// A service that runs; stopped when dropped.
pub struct SdkService {
    folder: TempDir,
    child: Child,
    file: ServiceFile,
    issuer: Option<Issuer>,
    /// The issuer lives in it.
    _runtime: Runtime,
}

impl SdkService {
    pub fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let issuer = runtime.block_on(Issuer::start());
        let settings = format!("[oidc]\nissuers = [\"{}\"]\naudiences = [\"{AUDIENCE}\"]\n", issuer.url);
        Self::with(&settings, Some(issuer), runtime)
    }

    /// A service that believes no other issuer.
    pub fn start_alone() -> Self {
        Self::with("", None, Runtime::new().unwrap())
    }

    fn with(settings: &str, issuer: Option<Issuer>, runtime: Runtime) -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("config.toml"), settings).unwrap();
        let (child, file) = serve(folder.path(), &["--demo"]);
        Self { folder, child, file, issuer, _runtime: runtime }
    }

    /// Where it serves plain HTTP.
    pub fn http(&self) -> &str {
        &self.file.http
    }

    /// What an administrator shows.
    pub fn admin_secret(&self) -> String {
        self.file.admin_secret.expose().clone()
    }

    /// What `switchboard admin …` prints.
    pub fn admin(&self, words: &[&str]) -> String {
        self.prints(&[&["admin"], words].concat())
    }

    /// What `switchboard …` prints.
    pub fn prints(&self, words: &[&str]) -> String {
        let done = switchboard(self.folder.path()).args(words).output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", told(&done));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    /// Runs a script whose `switchboard` is the one under test, with its data, and whose `$SERVER` is this service.
    pub fn shell(&self, script: &str) -> Output {
        let quoted = [env!("CARGO_BIN_EXE_switchboard").as_ref(), self.folder.path()]
            .map(|path: &Path| format!("'{}'", path.display()));
        let ours = format!("switchboard() {{ {} --data {} \"$@\"; }}\n", quoted[0], quoted[1]);
        Command::new("sh").arg("-c").arg(ours + script).env("SERVER", &self.file.http).output().unwrap()
    }

    /// Runs a program by `switchboard admin exec`.
    pub fn execs(&self, command: &[String]) -> Output {
        self.exec(command).output().unwrap()
    }

    pub fn over_https(&self, command: &[String]) -> Output {
        let mut exec = self.exec(command);
        self.tell(&mut exec, self.file.https.as_deref().unwrap());
        exec.output().unwrap()
    }

    pub fn over_http(&self, command: &[String]) -> Output {
        let mut plain = Command::new(&command[0]);
        plain.args(&command[1..]);
        plain.env("COMMUNICATION_SERVICES_CONNECTION_STRING", self.admin(&["key", "show", "--http"]));
        self.tell(&mut plain, &self.file.http);
        plain.output().unwrap()
    }

    fn exec(&self, command: &[String]) -> Command {
        let mut exec = switchboard(self.folder.path());
        exec.args(["admin", "exec", "--"]).args(command);
        exec
    }

    /// What the programs of this folder want to know.
    fn tell(&self, command: &mut Command, endpoint: &str) {
        let key = |words: &[&str]| {
            let line = self.admin(words);
            line.split_once("accesskey=").unwrap().1.to_owned()
        };
        command.env("SDK_ENDPOINT", endpoint);
        command.env("SDK_KEY", key(&["key", "show"]));
        command.env("SDK_SECONDARY", key(&["key", "show", "--secondary"]));
        command.env("SDK_APP_TOKEN", self.admin(&["token", "issue", "--app", "tester"]));
        let issuer = self.issuer.as_ref().expect("programs of the SDKs are shown another issuer");
        command.env("SDK_OUTSIDE_TOKEN", &issuer.token);
        command.env("SDK_OUTSIDE_APP", APP).env("SDK_OUTSIDE_USER", USER);
    }
}

impl Drop for SdkService {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The real service on a folder of its own, at any free ports.
pub fn serve(folder: &Path, more: &[&str]) -> (Child, ServiceFile) {
    let mut command = switchboard(folder);
    command.args(["serve", "--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"]);
    command.args(["--media", "127.0.0.1:0", "--media-tcp", "127.0.0.1:0"]).args(more);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    assert!(ready.contains("ready"), "not ready: {ready}");
    (child, ServiceFile::read(&folder.join("service/service.json")).unwrap())
}

/// The real program on a folder of its own, with no settings of whoever runs the tests, nor their keyring.
pub fn switchboard(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SWITCHBOARD_") {
            command.env_remove(name);
        }
    }
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").arg("--data").arg(data);
    command
}
