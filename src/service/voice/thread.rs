//! The thread that ticks the legs in this process: every 20 ms by the clock, not at all while there is no leg.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use super::participant::{Participant, Tick};
use crate::base::{clock, task};
use crate::service::sfu::LocalLeg;

const TICK: Duration = Duration::from_millis(20);
/// Later than this, the missed ticks are left out: a burst would only fill queues.
const TOO_LATE: Duration = Duration::from_millis(100);
/// Legs that may wait to be taken up.
const WAITING: usize = 256;
/// The most a participant may hear in one tick; the rest stays in its queue.
const HEARD_PER_TICK: usize = 64;

/// The handle to the thread. It ends when the last clone is dropped.
#[derive(Clone)]
pub struct Voice {
    newcomers: SyncSender<Seat>,
}

/// Why a leg cannot be ticked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VoiceError {
    /// More legs are waiting than the thread has taken up.
    #[error("too many calls with the service itself begin at once")]
    Overloaded,
    /// The thread has ended.
    #[error("the service's voice has stopped")]
    Stopped,
}

struct Seat {
    leg: LocalLeg,
    participant: Box<dyn Participant>,
    since: Option<Instant>,
}

impl Voice {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left to give.
    pub fn start() -> std::io::Result<Self> {
        let (newcomers, inbox) = sync_channel(WAITING);
        task::thread("voice", move || run(&inbox))?;
        Ok(Self { newcomers })
    }

    /// Lets `participant` hear and speak on `leg` until the leg is closed.
    ///
    /// # Errors
    /// When the thread is overloaded or has ended; the leg is closed then.
    pub fn add(&self, leg: LocalLeg, participant: impl Participant + 'static) -> Result<(), VoiceError> {
        let seat = Seat { leg, participant: Box::new(participant), since: None };
        self.newcomers.try_send(seat).map_err(|error| match error {
            TrySendError::Full(_) => VoiceError::Overloaded,
            TrySendError::Disconnected(_) => VoiceError::Stopped,
        })
    }
}

fn run(inbox: &Receiver<Seat>) {
    let mut seats: Vec<Seat> = Vec::new();
    let mut due = clock::now();
    loop {
        let newcomer = if seats.is_empty() {
            let newcomer = inbox.recv().map_err(|_| RecvTimeoutError::Disconnected);
            due = clock::now();
            newcomer
        } else {
            inbox.recv_timeout(due.saturating_duration_since(clock::now()))
        };
        match newcomer {
            Ok(seat) => seats.push(seat),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let now = clock::now();
        if now < due {
            continue;
        }
        seats.retain_mut(|seat| seat.tick(due));
        due = following(due, now);
    }
}

/// When the next tick is due.
fn following(due: Instant, now: Instant) -> Instant {
    let late = now.saturating_duration_since(due);
    if late <= TOO_LATE {
        return due + TICK;
    }
    // Whole ticks are left out, so that timestamps stay multiples of a frame.
    let missed = u32::try_from(late.as_micros() / TICK.as_micros()).unwrap_or(u32::MAX - 1);
    due + TICK * (missed + 1)
}

impl Seat {
    /// Whether the participant stays.
    fn tick(&mut self, now: Instant) -> bool {
        if self.leg.is_closed() {
            return false;
        }
        let since = *self.since.get_or_insert(now);
        let leg = std::cell::RefCell::new(&mut self.leg);
        let mut left = HEARD_PER_TICK;
        let mut ear = || {
            left = left.checked_sub(1)?;
            leg.borrow_mut().hear()
        };
        // A full queue means that the SFU is overloaded: what is said now would come too late anyway.
        let mut mouth = |packet| {
            let _ = leg.borrow_mut().speak(packet);
        };
        let participant = &mut self.participant;
        let mut tick = Tick::new(now, since, &mut ear, &mut mouth);
        let ticked = catch_unwind(AssertUnwindSafe(|| participant.tick(&mut tick)));
        if ticked.is_err() {
            tracing::error!("a participant inside the service panicked; its leg is closed");
        }
        ticked.is_ok()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;
    use crate::domain::id::{CallId, LegId};
    use crate::service::sfu::{Sfu, SfuConfig};

    struct Clumsy;

    impl Participant for Clumsy {
        fn tick(&mut self, _: &mut Tick<'_>) {
            panic!("this panic is part of a test");
        }
    }

    struct Counter(std::sync::mpsc::Sender<u32>);

    impl Participant for Counter {
        fn tick(&mut self, tick: &mut Tick<'_>) {
            let _ = self.0.send(tick.timestamp());
        }
    }

    #[test]
    fn a_participant_that_panics_ends_alone() {
        let (to, _events) = mpsc::channel(8);
        let (sfu, _) = Sfu::start(&SfuConfig::default(), &to).unwrap();
        let leg = |n| sfu.open_local_leg(CallId(Uuid::nil()), LegId(Uuid::from_u128(n))).unwrap();
        let voice = Voice::start().unwrap();
        let (count, counted) = std::sync::mpsc::channel();
        voice.add(leg(1), Clumsy).unwrap();
        voice.add(leg(2), Counter(count)).unwrap();
        for n in 0..5 {
            let timestamp = counted.recv_timeout(Duration::from_secs(60)).unwrap();
            assert!(timestamp >= n * 960 && timestamp % 960 == 0, "tick {n} at {timestamp}");
        }
        let until = clock::now() + Duration::from_secs(60);
        while sfu.counts().legs != 1 {
            assert!(clock::now() < until, "its leg stayed");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn ticks_keep_to_the_clock_and_leave_out_what_is_too_late() {
        let start = clock::now();
        let ms = Duration::from_millis;
        assert_eq!(following(start, start), start + ms(20));
        assert_eq!(following(start, start + ms(90)), start + ms(20), "a little late is made up for");
        assert_eq!(following(start, start + ms(115)), start + ms(120));
        assert_eq!(following(start, start + ms(1_000)), start + ms(1_020));
    }
}
