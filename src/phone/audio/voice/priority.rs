//! Asks the system to run the threads of sound before others: late sound is lost sound. A system that refuses, as most do
//! without being told to allow it, is no obstacle. Whatever such a thread starts inherits that on Linux: so threads that
//! only help are made ordinary again.

use thread_priority::{ThreadPriority, ThreadPriorityValue};

/// Above every ordinary thread, and below those of the sound server and the kernel.
const REAL_TIME: u8 = 10;

/// On the scale from 0 to 99 of ordinary threads: a nice value of about −11.
const PREFERRED: u8 = 77;

/// On the same scale a nice value of 0.
#[cfg(target_os = "linux")]
const USUAL: u8 = 47;

/// Asks for real-time scheduling of this thread, or else for a better share.
///
/// A build for tests, which is slow, asks for the better share only: in real time, the voices of a few phones in it would
/// keep everything else on a small machine from running, and with that whoever they talk to.
pub(in crate::phone::audio) fn raise() {
    let (Some(real_time), Some(preferred)) = (value(REAL_TIME), value(PREFERRED)) else { return };
    let in_real_time = !cfg!(debug_assertions) && ask_for_real_time(real_time).is_ok();
    if !in_real_time && let Err(refused) = preferred.set_for_current() {
        tracing::debug!(%refused, "a thread of sound runs as any other");
    }
}

/// Gives back what this thread inherited of the one that started it.
#[cfg(target_os = "linux")]
pub(super) fn ordinary() {
    use thread_priority::unix::{
        NormalThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
    };
    let Some(usual) = value(USUAL) else { return };
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
    if let Err(refused) = set_thread_priority_and_policy(thread_native_id(), usual, policy) {
        tracing::debug!(%refused, "a helping thread runs as the one that started it");
    }
}

/// Elsewhere nothing is inherited.
#[cfg(not(target_os = "linux"))]
pub(super) fn ordinary() {}

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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::thread;

    use thread_priority::unix::{
        NormalThreadSchedulePolicy, ThreadSchedulePolicy, thread_native_id, thread_schedule_policy_param,
    };

    use super::*;

    #[test]
    fn what_a_thread_of_sound_starts_is_ordinary() {
        let usual = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other);
        let policy = || thread_schedule_policy_param(thread_native_id()).unwrap().0;
        let of_helper = thread::spawn(move || {
            // Who is refused it inherits nothing either.
            ask_for_real_time(value(REAL_TIME).unwrap()).ok();
            let helper = thread::spawn(move || {
                let inherited = policy();
                ordinary();
                (inherited, policy())
            });
            (policy(), helper.join().unwrap())
        });
        let (raised, (inherited, helps)) = of_helper.join().unwrap();
        assert_eq!(raised, inherited, "this is why");
        assert_eq!(helps, usual);
    }
}
