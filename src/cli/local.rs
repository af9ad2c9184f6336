//! The service of this user on this machine: found by its `service.json`, or started as a detached demo.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::exit::Exit;
use super::rotated::{LONGEST, Rotated};
use crate::base::clock;
use crate::config::{Paths, ServiceFile};
use crate::phone::connector::Connector;
use crate::phone::trust::Trust;
use crate::protocol::rest::Health;

/// How long a service may take to answer `/healthz`.
const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a demo service may take to start (its first start makes a signing key).
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How often a starting service is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(15);

/// How long the demo's service stays when nobody is connected any more.
const DEMO_IDLE: &str = "60s";

/// The running service of this user, if there is one that answers; a stale file counts as none.
pub(crate) async fn find(paths: &Paths) -> Option<ServiceFile> {
    let file = ServiceFile::read(&paths.service_file())?;
    let health = health(&connector(&file)?).await?;
    (health.instance == file.instance).then_some(file)
}

/// The way to a service of this user on this machine.
pub(crate) fn connector(file: &ServiceFile) -> Option<Connector> {
    Some(Connector::new(file.http.parse().ok()?, Trust::default()))
}

/// What the service says of itself, if there is one that answers.
pub(crate) async fn health(way: &Connector) -> Option<Health> {
    let request = way.client().ok()?.get(way.server().rest("/healthz")).timeout(HEALTH_TIMEOUT);
    request.send().await.ok()?.json().await.ok()
}

/// The running service of this user, or a demo service started now. Two that start at once both find the one that won.
pub(crate) async fn find_or_start_demo(paths: &Paths, data: Option<&Path>) -> Result<ServiceFile> {
    if let Some(file) = find(paths).await {
        return Ok(file);
    }
    let log = paths.logs.join("demo-service.log");
    let mut child = spawn_demo(data, &log)?;
    let give_up = clock::now() + START_TIMEOUT;
    let mut ended: Option<ExitStatus> = None;
    loop {
        if let Some(file) = find(paths).await {
            reap_later(child);
            return Ok(file);
        }
        ended = ended.or(child.try_wait().context("the demo service can't be watched")?);
        let failed =
            ended.is_some_and(|status| !status.success() && status.code() != Some(Exit::AlreadyRunning.code().into()));
        if failed {
            bail!("the demo service could not start: {}", last_line(&log));
        }
        if clock::now() >= give_up && ended.is_some() {
            bail!(
                "a service runs in {} and does not answer: stop it, or choose another folder with --data",
                paths.service.display()
            );
        }
        if clock::now() >= give_up {
            bail!("the demo service did not start within {} s; its log is {}", START_TIMEOUT.as_secs(), log.display());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// CREATE_NEW_PROCESS_GROUP and DETACHED_PROCESS of Windows' CreateProcess.
#[cfg(windows)]
const APART: u32 = 0x0200 | 0x0008;

fn spawn_demo(data: Option<&Path>, log: &Path) -> Result<Child> {
    let program = std::env::current_exe().context("this program can't find itself")?;
    let mut command = Command::new(program);
    command.args(["serve", "--demo", "--log-to-file", "--until-idle", DEMO_IDLE]);
    if let Some(folder) = data {
        command.arg("--data").arg(absolute(folder)?);
    }
    let errors = open_log(log)?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
    // A process group of its own: closing this terminal, or Ctrl-C in it, ends nobody's call.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, APART);
    command.spawn().context("the demo service can't be started")
}

fn absolute(folder: &Path) -> Result<PathBuf> {
    std::path::absolute(folder).with_context(|| format!("the folder {}", folder.display()))
}

fn open_log(log: &Path) -> Result<File> {
    // Appended to: of two that start at once, the one that loses must not wipe what the other wrote. What the service logs
    // itself goes to a file of its own; here is what it says when it can't start.
    let log_file = Rotated::open(log, LONGEST).and_then(|log| log.file().try_clone());
    log_file.with_context(|| format!("the log {} can't be written", log.display()))
}

fn last_line(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .map_or_else(|| format!("see {}", log.display()), str::to_owned)
}

/// The service outlives this process as a rule; if it ends first it must not stay a zombie.
fn reap_later(mut child: Child) {
    let waited = crate::base::task::thread("reaper", move || {
        child.wait().ok();
    });
    waited.map(drop).ok();
}

/// Lets this process have as many sockets open as the system allows: the usual soft limit is 1024.
#[cfg(unix)]
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where that is refused the usual limit has to do.
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).ok();
}

/// There is no such limit.
#[cfg(not(unix))]
pub(crate) fn raise_file_limit() {}
