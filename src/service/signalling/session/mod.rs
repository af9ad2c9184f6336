//! One session: what a client is to the service, whether it has a socket at the moment or not.
//!
//! A task owns the session's outbox and the way to its socket. It outlives the socket for [`KEEP_FOR`], so that notices go on
//! being collected and the client can come back to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::outbox::Outbox;
use super::registry::Registry;
use crate::base::{clock, deadline, entropy, task};
use crate::domain::id::{ClientId, Identity, SessionId};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::codec;
use crate::protocol::failure::Failure;
use crate::protocol::frame::{FromService, Hello};
use crate::protocol::notice::{ClosingReason, Notice};
use crate::service::calls::{Calls, Endpoint, Registration};

/// How long a session waits for its client to come back (ACS: reconnection 120 s).
pub(super) const KEEP_FOR: Duration = Duration::from_secs(120);

/// Letters waiting for the session's task.
const MAILBOX: usize = 256;

/// Frames waiting for a socket; a client that is further behind is cut off, and resumes.
const SOCKET_QUEUE: usize = 256;

/// In how many calls a client may be at once, however many it says it can.
const CALLS_MAX: u8 = 8;

/// What reaches a session.
#[derive(Debug)]
pub(super) enum Letter {
    /// Something the client should know.
    Notice(Box<Notice>),
    /// A socket for the client.
    Attach {
        /// The last notice the client has, if it wants to go on after it.
        after: Option<u64>,
        /// The way to the socket, unless the session can't go on after `after`.
        reply: oneshot::Sender<Option<Attached>>,
    },
    /// The socket is gone.
    Detach {
        /// Which one.
        socket: u64,
        /// Whether the client said bye.
        bye: bool,
    },
    /// The service ends the session.
    Close(ClosingReason),
    /// The service ends the session, unless its client has come with a later token than the one issued at this instant.
    Refuse(UnixMillis, ClosingReason),
}

/// A frame on its way to a socket.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A text frame.
    Frame(String),
    /// Close the socket after this.
    Close,
}

/// A socket's end of a session.
#[derive(Debug)]
pub(super) struct Attached {
    /// Which socket of the session this is.
    pub(super) socket: u64,
    /// Its frames.
    pub(super) frames: mpsc::Receiver<Outgoing>,
}

/// A way to reach a session.
#[derive(Debug, Clone)]
pub(crate) struct SessionHandle {
    /// Which session.
    pub(super) id: SessionId,
    /// Whose.
    pub(super) identity: Identity,
    letters: mpsc::Sender<Letter>,
    marks: Arc<Marks>,
}

/// What a session is told past its mailbox.
#[derive(Debug, Default)]
struct Marks {
    /// A notice found no room in the mailbox.
    behind: AtomicBool,
    /// Another session of the same client takes its place.
    replaced: AtomicBool,
    /// When the latest token was issued its client came with, in Unix milliseconds.
    token_issued_at: AtomicI64,
}

impl SessionHandle {
    /// Passes a notice on. A session that is too far behind to take it is given up: its client starts afresh.
    pub(crate) fn notify(&self, notice: Notice) {
        if let Err(TrySendError::Full(_)) = self.letters.try_send(Letter::Notice(Box::new(notice))) {
            self.marks.behind.store(true, Ordering::Relaxed);
        }
    }

    /// Says when a token was issued that the client came with. An earlier one than it had, as on a socket that another has
    /// taken the place of, changes nothing.
    pub(super) fn acts_with(&self, issued_at: UnixMillis) {
        self.marks.token_issued_at.fetch_max(issued_at.0, Ordering::AcqRel);
    }

    /// When the latest of them was issued.
    pub(super) fn token_issued_at(&self) -> UnixMillis {
        UnixMillis(self.marks.token_issued_at.load(Ordering::Acquire))
    }

    /// Says that another session takes this one's place, before `calls` closes its queue for that.
    pub(super) fn is_being_replaced(&self) {
        self.marks.replaced.store(true, Ordering::Release);
    }

    /// Gives the session a socket; `None` when it can't go on after `after`, or is gone.
    pub(super) async fn attach(&self, after: Option<u64>) -> Option<Attached> {
        let (reply, answer) = oneshot::channel();
        self.letters.send(Letter::Attach { after, reply }).await.ok()?;
        answer.await.ok().flatten()
    }

    /// Tells the session that a socket is gone.
    pub(super) async fn detach(&self, socket: u64, bye: bool) {
        self.letters.send(Letter::Detach { socket, bye }).await.ok();
    }

    /// Ends the session, unless its client comes with a token that was issued after `issued_at` until it does.
    pub(super) async fn refuse(&self, issued_at: UnixMillis, reason: ClosingReason) {
        self.letters.send(Letter::Refuse(issued_at, reason)).await.ok();
    }

    /// Ends the session.
    pub(super) async fn close(&self, reason: ClosingReason) {
        self.letters.send(Letter::Close(reason)).await.ok();
    }
}

/// A client, as it says hello.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client {
    /// Which.
    pub(super) id: ClientId,
    /// In how many calls it can be at once, as it says.
    pub(super) max_calls: u8,
    /// Whether its token is good for calls; nothing rings at one whose token is not.
    pub(super) may_join_calls: bool,
}

impl From<&Hello> for Client {
    fn from(hello: &Hello) -> Self {
        Self { id: hello.client_id, max_calls: hello.max_calls, may_join_calls: true }
    }
}

/// Starts a session for a client: an endpoint of `calls`. Its task forgets it there and in `registry` when it ends.
///
/// # Errors
/// As [`Calls::register`].
pub(super) async fn start(
    client: Client,
    person: Person,
    registry: Registry,
    calls: Calls,
) -> Result<SessionHandle, Failure> {
    let (letters, mailbox) = mpsc::channel(MAILBOX);
    let (notices, from_calls) = mpsc::channel(MAILBOX);
    let identity = person.identity.clone();
    let Client { id: client, max_calls, may_join_calls } = client;
    let max_calls = if may_join_calls { usize::from(max_calls.clamp(1, CALLS_MAX)) } else { 0 };
    let (id, busy_from, seen_ringing) = (client.into(), 1, true);
    let endpoint = Endpoint { id, person, max_calls, busy_from, seen_ringing, notices };
    let registration = calls.register(endpoint).await?;
    let id = SessionId(entropy::uuid());
    let marks = Arc::<Marks>::default();
    let session = Session {
        id,
        client,
        registration,
        registry,
        calls,
        outbox: Outbox::default(),
        socket: None,
        sockets: 0,
        expires: Some(clock::now() + KEEP_FOR),
        marks: Arc::clone(&marks),
    };
    task::spawn("session", session.run(mailbox, from_calls));
    Ok(SessionHandle { id, identity, letters, marks })
}

struct Session {
    id: SessionId,
    client: ClientId,
    registration: Registration,
    registry: Registry,
    calls: Calls,
    outbox: Outbox,
    socket: Option<(u64, mpsc::Sender<Outgoing>)>,
    sockets: u64,
    /// When the session ends without a socket.
    expires: Option<Instant>,
    marks: Arc<Marks>,
}

impl Session {
    async fn run(mut self, mut mailbox: mpsc::Receiver<Letter>, mut from_calls: mpsc::Receiver<Notice>) {
        loop {
            let ended = tokio::select! {
                // What the calls told first reaches the client before the end of the session does.
                biased;
                notice = from_calls.recv() => match notice {
                    Some(notice) => {
                        self.on_notice(notice).await;
                        false
                    }
                    None => self.close(self.why_queue_closed()),
                },
                letter = mailbox.recv() => match letter {
                    Some(letter) => self.on_letter(letter).await,
                    None => true,
                },
                // Whoever served the socket is gone without a word.
                () = gone(self.socket.as_ref()) => {
                    self.lose_socket().await;
                    false
                }
                () = deadline::sleep_until(self.expires) => true,
            };
            if ended {
                break;
            }
        }
        self.registry.forget(self.client, self.id);
        // A registration that was replaced since is ignored there.
        self.calls.left(self.registration).await;
    }

    /// Handles a letter; true when the session is over.
    async fn on_letter(&mut self, letter: Letter) -> bool {
        if self.marks.behind.load(Ordering::Relaxed) {
            return self.close(ClosingReason::TooSlow);
        }
        match letter {
            Letter::Notice(notice) => self.on_notice(*notice).await,
            Letter::Attach { after, reply } => self.on_attach(after, reply).await,
            Letter::Detach { socket, bye } => return self.on_detach(socket, bye).await,
            Letter::Close(reason) => return self.close(reason),
            Letter::Refuse(issued_at, reason) => {
                let renewed = self.marks.token_issued_at.load(Ordering::Acquire) > issued_at.0;
                return !renewed && self.close(reason);
            }
        }
        false
    }

    /// Why the calls have closed the queue: another session has its place, they ended, or this one fell behind.
    fn why_queue_closed(&self) -> ClosingReason {
        if self.marks.replaced.load(Ordering::Acquire) {
            ClosingReason::Replaced
        } else if self.calls.is_stopped() {
            ClosingReason::Stopping
        } else {
            ClosingReason::TooSlow
        }
    }

    fn close(&mut self, reason: ClosingReason) -> bool {
        let notice = Notice::Closing { reason };
        let frame = codec::encode(&FromService::Notice { seq: self.outbox.push(notice.clone()), notice });
        if let Some((_, socket)) = self.socket.take() {
            socket.try_send(Outgoing::Frame(frame)).ok();
            socket.try_send(Outgoing::Close).ok();
        }
        true
    }

    async fn on_notice(&mut self, notice: Notice) {
        let frame = codec::encode(&FromService::Notice { seq: self.outbox.push(notice.clone()), notice });
        let Some((_, socket)) = &self.socket else { return };
        let Err(refused) = socket.try_send(Outgoing::Frame(frame)) else { return };
        if matches!(refused, TrySendError::Full(_)) {
            tracing::info!(client = %self.client, "a client does not read its notices; its socket is cut");
        }
        // Dropping the queue's sender ends the socket, if it has not ended; the client resumes where it was.
        self.lose_socket().await;
    }

    async fn on_attach(&mut self, after: Option<u64>, reply: oneshot::Sender<Option<Attached>>) {
        let Some(missed) = self.outbox.since(after.unwrap_or(0)) else {
            reply.send(None).ok();
            return;
        };
        let (frames, queue) = mpsc::channel(super::outbox::KEPT + SOCKET_QUEUE);
        for (seq, notice) in missed {
            let frame = codec::encode(&FromService::Notice { seq, notice: notice.clone() });
            frames.try_send(Outgoing::Frame(frame)).ok();
        }
        self.sockets += 1;
        let attached = Attached { socket: self.sockets, frames: queue };
        if reply.send(Some(attached)).is_ok() {
            self.socket = Some((self.sockets, frames));
            self.expires = None;
            self.calls.back(self.registration).await;
        }
    }

    async fn on_detach(&mut self, socket: u64, bye: bool) -> bool {
        let current = self.socket.as_ref().is_some_and(|(mine, _)| *mine == socket);
        if current && !bye {
            self.lose_socket().await;
        }
        bye && (current || self.socket.is_none())
    }

    async fn lose_socket(&mut self) {
        self.socket = None;
        self.expires = Some(clock::now() + KEEP_FOR);
        self.calls.lost(self.registration).await;
    }
}

/// Waits until nobody takes frames for the socket any more; for ever without a socket.
async fn gone(socket: Option<&(u64, mpsc::Sender<Outgoing>)>) {
    match socket {
        Some((_, frames)) => frames.closed().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::presence::PresenceState;
    use crate::service::calls::kit::{House, person};
    use crate::service::signalling::outbox::KEPT;

    async fn session(house: &House) -> SessionHandle {
        let (client, registry) = (ClientId(entropy::uuid()), Registry::default());
        start(Client { id: client, max_calls: 1, may_join_calls: true }, person("alice"), registry, house.calls.clone())
            .await
            .unwrap()
    }

    fn notice() -> Notice {
        Notice::FriendRemoved { identity: person("bob").identity }
    }

    /// Takes all there is until the socket ends; returns how many frames and the last of them.
    async fn drain(mut attached: Attached) -> (usize, String) {
        let (mut count, mut last) = (0, String::new());
        while let Some(Outgoing::Frame(frame)) = attached.frames.recv().await {
            count += 1;
            last = frame;
        }
        (count, last)
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_that_goes_without_a_word_is_noticed() {
        let mut house = House::new();
        let session = session(&house).await;
        let attached = session.attach(None).await.unwrap();
        house.sees("alice", PresenceState::Online).await;
        drop(attached);
        house.sees("alice", PresenceState::Offline).await;
        assert!(session.attach(Some(0)).await.is_some(), "it may come back");
        house.sees("alice", PresenceState::Online).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_socket_that_is_not_read_is_cut_off_and_the_next_goes_on_after_it() {
        let house = House::new();
        let session = session(&house).await;
        let attached = session.attach(None).await.unwrap();
        let sent = KEPT + SOCKET_QUEUE + 100;
        for _ in 0..sent {
            session.notify(notice());
            tokio::task::yield_now().await;
        }
        let (got, _) = drain(attached).await;
        assert_eq!(got, KEPT + SOCKET_QUEUE);
        let mut next = session.attach(Some(got as u64)).await.unwrap();
        for seq in got + 1..=sent {
            let Some(Outgoing::Frame(frame)) = next.frames.recv().await else { panic!("{seq} is missing") };
            assert!(frame.contains(&format!("\"seq\":{seq},")), "{frame}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_ended_for_the_latest_token_of_its_client_alone() {
        let house = House::new();
        let session = session(&house).await;
        session.acts_with(UnixMillis(20));
        // As a socket does whose place another has taken.
        session.acts_with(UnixMillis(10));
        assert_eq!(session.token_issued_at(), UnixMillis(20));
        session.refuse(UnixMillis(10), ClosingReason::Revoked).await;
        let attached = session.attach(None).await.expect("it came with a later one");
        session.refuse(UnixMillis(20), ClosingReason::Revoked).await;
        let (_, last) = drain(attached).await;
        assert!(last.contains("revoked"), "{last}");
        assert!(session.attach(None).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_missed_a_notice_is_given_up_and_says_so() {
        let house = House::new();
        let session = session(&house).await;
        let attached = session.attach(None).await.unwrap();
        // All at once: the session's task has no turn in between.
        for _ in 0..=MAILBOX {
            session.notify(notice());
        }
        let (_, last) = drain(attached).await;
        assert!(last.contains("too_slow"), "{last}");
    }
}
