//! Supervised tasks: every long-running task has a name, and its panic is logged and contained.

use std::future::Future;

use futures_util::FutureExt;
use tokio::task::JoinHandle;

/// Runs `future` as a task called `name`. A panic ends that task only, and is logged.
#[expect(clippy::disallowed_methods, reason = "the one place that spawns")]
pub fn spawn<F>(name: &'static str, future: F) -> JoinHandle<()>
where
    F: Future<Output = ()> + Send + 'static,
{
    // In an async block the future would be kept twice: where it was brought, and where it is awaited.
    tokio::spawn(std::panic::AssertUnwindSafe(future).catch_unwind().map(move |done| {
        if done.is_err() {
            tracing::error!(task = name, "a task panicked");
        }
    }))
}

/// Runs `body` on an operating-system thread called `name` (at most 15 bytes on Linux).
///
/// # Errors
/// When the system has no thread left to give.
pub fn thread<F>(name: &'static str, body: F) -> std::io::Result<std::thread::JoinHandle<()>>
where
    F: FnOnce() + Send + 'static,
{
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(body)).is_err() {
            tracing::error!(thread = name, "a thread panicked");
        }
    })
}
