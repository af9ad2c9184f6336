//! Programs of the configuration that are run when something happens to a call. A hook that is not there, fails or hangs
//! is told once, and never holds up the phone.

mod facts;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

pub(super) use self::facts::{Happening, Kind, Watch};
use crate::base::{clock, task};
use crate::config;
use crate::texts::outside;

/// How many hooks may run at once.
const AT_ONCE: usize = 4;

/// How long a hook may run.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a running hook is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long the end of the phone waits for hooks to be started.
const STARTED_WITHIN: Duration = Duration::from_secs(1);

/// How much trouble may wait to be told.
const TROUBLES: usize = 16;

/// Trouble with a hook: which, and what.
pub(super) type Trouble = (Kind, String);

/// Whose phone it is, so that a hook can steer it with `switchboard ctl`.
#[derive(Debug, Clone, Default)]
pub(super) struct Owner {
    /// The name its user signs in with.
    pub(super) account: String,
    /// The folder of `--data`.
    pub(super) data: Option<PathBuf>,
}

/// Runs the hooks.
#[derive(Debug)]
pub(super) struct Hooks {
    settings: config::Hooks,
    running: Arc<AtomicUsize>,
    /// How many are about to be started.
    starting: Arc<AtomicUsize>,
    patience: Duration,
    troubles: mpsc::Sender<Trouble>,
    told: BTreeSet<Kind>,
}

impl Hooks {
    /// Hooks of the settings; what goes wrong with them comes out of the receiver.
    pub(super) fn new(settings: config::Hooks) -> (Self, mpsc::Receiver<Trouble>) {
        let (troubles, news) = mpsc::channel(TROUBLES);
        (
            Self {
                settings,
                running: Arc::default(),
                starting: Arc::default(),
                patience: PATIENCE,
                troubles,
                told: BTreeSet::new(),
            },
            news,
        )
    }

    /// Runs the hook for what happened, if there is one.
    pub(super) fn run(&self, happening: &Happening, missed: u32, owner: &Owner) {
        let kind = happening.kind;
        let Some(mut command) = self.command(happening, missed, owner) else { return };
        let Some(place) = Place::take(&self.running, AT_ONCE) else {
            return trouble(&self.troubles, kind, outside::hook_skipped(AT_ONCE));
        };
        let (troubles, patience) = (self.troubles.clone(), self.patience);
        let start = Place::take(&self.starting, usize::MAX);
        let run = move || {
            let started = command.spawn();
            drop(start);
            let outcome = started.map_err(|why| why.to_string()).and_then(|child| run_to_its_end(child, patience));
            drop(place);
            if let Err(why) = outcome {
                trouble(&troubles, kind, why);
            }
        };
        if let Err(why) = task::thread("hook", run) {
            trouble(&self.troubles, kind, why.to_string());
        }
    }

    /// Waits until all are started that are due, though not long: whoever ends the program then ends none of them.
    pub(super) async fn are_started(&self) {
        let until = clock::now() + STARTED_WITHIN;
        while self.starting.load(Ordering::Acquire) > 0 && clock::now() < until {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What is to be said of trouble with a hook: the first time something, and then nothing more.
    pub(super) fn tell(&mut self, (kind, why): &Trouble) -> Option<String> {
        let program = self.setting(*kind).parts()?.0.to_owned();
        tracing::warn!(hook = kind.setting(), program, why, "a hook");
        self.told.insert(*kind).then(|| outside::hook_failed(kind.setting(), &program, why))
    }

    fn setting(&self, kind: Kind) -> &config::Program {
        match kind {
            Kind::Ringing => &self.settings.on_ringing,
            Kind::Missed => &self.settings.on_missed,
            Kind::Connected => &self.settings.on_connected,
            Kind::Ended => &self.settings.on_ended,
        }
    }

    fn command(&self, happening: &Happening, missed: u32, owner: &Owner) -> Option<Command> {
        let (program, arguments) = self.setting(happening.kind).parts()?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for name in config::SECRET_VARIABLES {
            command.env_remove(name);
        }
        for (name, value) in happening.facts(missed) {
            command.env(format!("SWITCHBOARD_{name}"), value);
        }
        command.env("SWITCHBOARD_AS", &owner.account);
        if let Some(data) = &owner.data {
            command.env("SWITCHBOARD_DATA", data);
        }
        // What it starts ends with it, when it takes too long; and no key of the terminal reaches it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        Some(command)
    }
}

/// Trouble nobody has time for is in the log at least.
fn trouble(to: &mpsc::Sender<Trouble>, kind: Kind, why: String) {
    if let Err(lost) = to.try_send((kind, why)) {
        tracing::warn!(hook = kind.setting(), why = lost.into_inner().1, "a hook");
    }
}

/// One of so many places; given back when it is dropped.
#[derive(Debug)]
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(places: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let more = |count: usize| (count < most).then_some(count + 1);
        places.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
        Some(Self(Arc::clone(places)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Waits for a program's end, or ends it.
fn run_to_its_end(mut child: Child, patience: Duration) -> Result<(), String> {
    let until = clock::now() + patience;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(status.to_string()),
            Ok(None) if clock::now() < until => std::thread::sleep(LOOK_EVERY),
            Ok(None) => {
                end(&mut child);
                return Err(outside::hook_too_long(patience.as_secs()));
            }
            Err(why) => return Err(why.to_string()),
        }
    }
}

/// Ends a program that takes too long, with all it started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        // It was not waited for yet, so that its number is still its own; gone already, all the better.
        kill_process_group(Pid::from_child(child), Signal::KILL).ok();
    }
    #[cfg(not(unix))]
    child.kill().ok();
    if let Err(why) = child.wait() {
        tracing::warn!(%why, "a hook could not be ended");
    }
}

#[cfg(test)]
mod tests;
