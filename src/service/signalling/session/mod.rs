//! One session: what a client is to the service, whether it has a socket at the moment or not.
//!
//! A task owns the session's outbox and the way to its socket. It outlives the socket for [`KEEP_FOR`], so that notices go on
//! being collected and the client can come back to them.

mod handle;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use self::handle::{Letter, Marks};
use super::outbox::Outbox;
use super::registry::Registry;
use crate::base::{clock, deadline, entropy, task};
use crate::domain::id::{ClientId, SessionId};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::codec;
use crate::protocol::failure::Failure;
use crate::protocol::frame::FromService;
use crate::protocol::notice::{ClosingReason, Notice};
use crate::service::calls::{Calls, Endpoint, Registration};

pub(crate) use self::handle::SessionHandle;
pub(super) use self::handle::{Attached, Outgoing};

/// How long a session waits for its client to come back (ACS: reconnection 120 s).
pub(super) const KEEP_FOR: Duration = Duration::from_secs(120);

/// Letters waiting for the session's task.
const MAILBOX: usize = 256;

/// Frames waiting for a socket; a client that is further behind is cut off, and resumes.
const SOCKET_QUEUE: usize = 256;

/// In how many calls a client may be at once, however many it says it can.
const CALLS_MAX: u8 = 8;

/// A client, as it says hello.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client {
    /// Which.
    pub(super) id: ClientId,
    /// In how many calls it can be at once, as it says.
    pub(super) max_calls: u8,
    /// What it acts with.
    pub(super) token: Token,
}

/// What of a client's token matters to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    /// When it was issued.
    pub(super) issued_at: UnixMillis,
    /// Whether it is good for calls; nothing rings at a client whose token is not.
    pub(super) may_join_calls: bool,
}

impl Client {
    /// In how many calls it can be at once, with its token.
    fn takes(self) -> usize {
        if self.token.may_join_calls { usize::from(self.max_calls.clamp(1, CALLS_MAX)) } else { 0 }
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
    let (id, max_calls, busy_from, seen_ringing) = (client.id.into(), client.takes(), 1, true);
    let endpoint = Endpoint { id, person, max_calls, busy_from, seen_ringing, notices };
    let registration = calls.register(endpoint).await?;
    let id = SessionId(entropy::uuid());
    let marks = Arc::<Marks>::default();
    marks.token_issued_at.store(client.token.issued_at.0, Ordering::Release);
    let handle =
        SessionHandle { id, identity, calls: calls.asked_by(registration), letters, marks: Arc::clone(&marks) };
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
        marks,
    };
    task::spawn("session", session.run(mailbox, from_calls));
    Ok(handle)
}

struct Session {
    id: SessionId,
    client: Client,
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
        self.registry.forget(self.client.id, self.id);
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
            Letter::Attach { client, after, reply } => self.on_attach(client, after, reply).await,
            Letter::Renewed { socket, token, done } => {
                if self.is_current(socket) {
                    self.go_by(Client { token, ..self.client }).await;
                }
                // Whoever waited and is gone needs no answer.
                let _ = done.send(());
            }
            Letter::Answer { socket, frame } => {
                if self.is_current(socket) {
                    self.send(frame).await;
                }
            }
            Letter::Detach { socket, bye } => return self.on_detach(socket, bye).await,
            Letter::Close(reason) => return self.close(reason),
            Letter::Refuse(issued_at, reason) => {
                let renewed = self.client.token.issued_at > issued_at;
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
        self.send(frame).await;
    }

    async fn send(&mut self, frame: String) {
        let Some((_, socket)) = &self.socket else { return };
        let Err(refused) = socket.try_send(Outgoing::Frame(frame)) else { return };
        if matches!(refused, TrySendError::Full(_)) {
            tracing::info!(client = %self.client.id, "a client does not read what it is sent; its socket is cut");
        }
        // Dropping the queue's sender ends the socket, if it has not ended; the client resumes where it was.
        self.lose_socket().await;
    }

    async fn on_attach(&mut self, client: Client, after: Option<u64>, reply: oneshot::Sender<Option<Attached>>) {
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
        // Before the client is welcomed: whoever calls it then finds it as it says.
        self.go_by(client).await;
        if reply.send(Some(attached)).is_ok() {
            self.socket = Some((self.sockets, frames));
            self.expires = None;
            self.calls.back(self.registration).await;
        }
    }

    /// From now on, the client is what it says it is, and acts with that token.
    async fn go_by(&mut self, client: Client) {
        let before = std::mem::replace(&mut self.client, client).takes();
        self.marks.token_issued_at.store(client.token.issued_at.0, Ordering::Release);
        if before != client.takes() {
            self.calls.set_max_calls(self.registration, client.takes()).await;
        }
    }

    fn is_current(&self, socket: u64) -> bool {
        self.socket.as_ref().is_some_and(|(mine, _)| *mine == socket)
    }

    async fn on_detach(&mut self, socket: u64, bye: bool) -> bool {
        let current = self.is_current(socket);
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
