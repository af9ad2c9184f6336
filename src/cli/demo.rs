//! The demo's service is started again where it was killed, by a phone of the demo that misses it.

use std::path::PathBuf;
use std::pin::Pin;

use tokio::sync::mpsc;

use super::local;
use crate::base::task;
use crate::config::{Paths, ServiceFile};
use crate::phone::PhoneLink;
use crate::phone::event::{Event, Link};
use crate::texts::demo as texts;

/// How many events may wait to be heard.
const EVENTS: usize = 64;

/// A service that is being started; in the end, what there is to say about it.
type Starting = Pin<Box<dyn Future<Output = String> + Send>>;

/// The same phone, of the demo in these folders, that starts its service again. Of several, the lock of the service's folder
/// lets one do so.
pub(super) fn missed(mut link: PhoneLink, paths: Paths, data: Option<PathBuf>) -> PhoneLink {
    let (to, events) = mpsc::channel(EVENTS);
    let from = std::mem::replace(&mut link.events, events);
    task::spawn("demo", watch(from, to, paths, data));
    link
}

/// Passes on what the phone tells, and says what became of its service, until nobody tells or listens any more.
async fn watch(mut from: mpsc::Receiver<Event>, to: mpsc::Sender<Event>, paths: Paths, data: Option<PathBuf>) {
    let mut starting: Option<Starting> = None;
    loop {
        let next = tokio::select! {
            biased;
            () = to.closed() => None,
            event = from.recv() => event,
            said = ends(&mut starting) => Some(Event::Warning(said)),
        };
        let Some(event) = next else { return };
        if matches!(event, Event::Link(Link::Down { .. })) && starting.is_none() {
            starting = killed(&paths).map(|before| start(before, paths.clone(), data.clone()));
        }
        if to.send(event).await.is_err() {
            return;
        }
    }
}

/// The demo's service that ran here last, if it was killed: one that stops takes its file away first.
fn killed(paths: &Paths) -> Option<ServiceFile> {
    ServiceFile::read(&paths.service_file()).filter(|file| file.demo_secret.is_some() && is_gone(file.pid))
}

#[cfg(unix)]
fn is_gone(process: u32) -> bool {
    use rustix::io::Errno;
    use rustix::process::{Pid, test_kill_process};
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| test_kill_process(process) == Err(Errno::SRCH))
}

/// That is not known.
#[cfg(not(unix))]
fn is_gone(_: u32) -> bool {
    false
}

fn start(before: ServiceFile, paths: Paths, data: Option<PathBuf>) -> Starting {
    Box::pin(async move {
        match local::find_or_start_demo(&paths, data.as_deref()).await {
            Ok(now) if now.http == before.http => texts::STARTED_AGAIN.to_owned(),
            Ok(_) => texts::STARTED_ELSEWHERE.to_owned(),
            Err(why) => texts::not_started(&format!("{why:#}")),
        }
    })
}

/// Waits until a service is started that is being started.
async fn ends(starting: &mut Option<Starting>) -> String {
    match starting.as_mut() {
        Some(service) => {
            let said = service.await;
            *starting = None;
            said
        }
        None => std::future::pending().await,
    }
}
