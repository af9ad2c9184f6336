//! Asks the system to run the voice thread before others: late sound is lost sound. A system that refuses, as most do
//! without being told to allow it, is no obstacle.

use thread_priority::{ThreadPriority, ThreadPriorityValue};

/// Above every ordinary thread, and below those of the sound server and the kernel.
const REAL_TIME: u8 = 10;

/// On the scale from 0 to 99 of ordinary threads: a nice value of about −11.
const PREFERRED: u8 = 77;

/// Asks for real-time scheduling of this thread, or else for a better share.
///
/// A build for tests, which is slow, asks for the better share only: in real time, the voices of a few phones in it would
/// keep everything else on a small machine from running, and with that whoever they talk to.
pub(super) fn raise() {
    let (Some(real_time), Some(preferred)) = (value(REAL_TIME), value(PREFERRED)) else { return };
    let in_real_time = !cfg!(debug_assertions) && ask_for_real_time(real_time).is_ok();
    if !in_real_time && let Err(refused) = preferred.set_for_current() {
        tracing::debug!(%refused, "the voice thread runs as any other");
    }
}

fn value(number: u8) -> Option<ThreadPriority> {
    ThreadPriorityValue::try_from(number).ok().map(ThreadPriority::Crossplatform)
}

#[cfg(unix)]
fn ask_for_real_time(priority: ThreadPriority) -> Result<(), thread_priority::Error> {
    use thread_priority::unix::{
        RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
    };
    // Taking turns with others of its kind, should it ever not get done.
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::RoundRobin);
    set_thread_priority_and_policy(thread_native_id(), priority, policy)
}

/// Elsewhere the highest priority there is does what real time does here.
#[cfg(not(unix))]
fn ask_for_real_time(_: ThreadPriority) -> Result<(), thread_priority::Error> {
    ThreadPriority::Max.set_for_current()
}
