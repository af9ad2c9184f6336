//! Supervised tasks: every long-running task has a name, and its panic is logged and contained.

use std::future::Future;

use futures_util::FutureExt;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::Instrument;

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

/// Runs `future` as a task called `name` to its end, also when nobody waits for what comes of it any more, so that it is never
/// half done. It logs as part of what asks for it. `None` when it panicked.
pub async fn to_the_end<T, F>(name: &'static str, future: F) -> Option<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (done, is_done) = oneshot::channel();
    let work = async move {
        // Who is gone needs no answer.
        done.send(future.await).ok();
    };
    spawn(name, work.instrument(tracing::Span::current()));
    is_done.await.ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_begun_is_done_though_nobody_waits_for_it() {
        let (may_end, end) = oneshot::channel();
        let (done, is_done) = oneshot::channel();
        let waiting = to_the_end("test", async move {
            end.await.unwrap();
            done.send("done").unwrap();
        });
        assert!(waiting.now_or_never().is_none());
        may_end.send(()).unwrap();
        assert_eq!(is_done.await, Ok("done"));
    }

    #[tokio::test]
    async fn of_what_panics_nothing_comes() {
        assert_eq!(to_the_end("test", async { 7 }).await, Some(7));
        assert_eq!(to_the_end("test", async { panic!("as it should") }).await, None::<u8>);
    }
}
