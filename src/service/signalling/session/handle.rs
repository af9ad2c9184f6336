//! A way to reach a session, for whoever serves its socket or has news for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::{Client, Token};
use crate::domain::id::{Identity, SessionId};
use crate::domain::time::UnixMillis;
use crate::protocol::notice::{ClosingReason, Notice};
use crate::service::calls::Calls;

/// What reaches a session.
#[derive(Debug)]
pub(super) enum Letter {
    /// Something the client should know.
    Notice(Box<Notice>),
    /// A socket for the client.
    Attach {
        /// The client, as it says hello on that socket.
        client: Client,
        /// The last notice the client has, if it wants to go on after it.
        after: Option<u64>,
        /// The way to the socket, unless the session can't go on after `after`.
        reply: oneshot::Sender<Option<Attached>>,
    },
    /// The client brought another token.
    Renewed {
        /// On which socket; one that another has taken the place of changes nothing.
        socket: u64,
        /// The token.
        token: Token,
        /// Told once the session goes by it.
        done: oneshot::Sender<()>,
    },
    /// An answer to what the client asked on a socket: it goes out after the notices that were told before.
    Answer {
        /// On which socket.
        socket: u64,
        /// The answer.
        frame: String,
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
pub(in super::super) enum Outgoing {
    /// A text frame.
    Frame(String),
    /// Close the socket after this.
    Close,
}

/// A socket's end of a session.
#[derive(Debug)]
pub(in super::super) struct Attached {
    /// Which socket of the session this is.
    pub(in super::super) socket: u64,
    /// Its frames.
    pub(in super::super) frames: mpsc::Receiver<Outgoing>,
}

/// A way to reach a session.
#[derive(Clone)]
pub(crate) struct SessionHandle {
    /// Which session.
    pub(in super::super) id: SessionId,
    /// Whose.
    pub(in super::super) identity: Identity,
    /// The calls, as this session asks for them, and no other of the same client.
    pub(in super::super) calls: Calls,
    pub(super) letters: mpsc::Sender<Letter>,
    pub(super) marks: Arc<Marks>,
}

/// What a session and those who reach it tell each other past its mailbox.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// A notice found no room in the mailbox.
    pub(super) behind: AtomicBool,
    /// Another session of the same client takes its place.
    pub(super) replaced: AtomicBool,
    /// When the token was issued that the session goes by, in Unix milliseconds.
    pub(super) token_issued_at: AtomicI64,
}

impl SessionHandle {
    /// Passes a notice on. A session that is too far behind to take it is given up: its client starts afresh.
    pub(crate) fn notify(&self, notice: Notice) {
        if let Err(TrySendError::Full(_)) = self.letters.try_send(Letter::Notice(Box::new(notice))) {
            self.marks.behind.store(true, Ordering::Relaxed);
        }
    }

    /// When the token was issued that the session goes by.
    pub(in super::super) fn token_issued_at(&self) -> UnixMillis {
        UnixMillis(self.marks.token_issued_at.load(Ordering::Acquire))
    }

    /// Says that another session takes this one's place, before `calls` closes its queue for that.
    pub(in super::super) fn is_being_replaced(&self) {
        self.marks.replaced.store(true, Ordering::Release);
    }

    /// Gives the session a socket, and has it go by what the client says there; `None` when it can't go on after `after`, or
    /// is gone.
    pub(in super::super) async fn attach(&self, client: Client, after: Option<u64>) -> Option<Attached> {
        let (reply, answer) = oneshot::channel();
        self.letters.send(Letter::Attach { client, after, reply }).await.ok()?;
        answer.await.ok().flatten()
    }

    /// Has the session go by the token that its client brought on a socket; returns once it does.
    pub(in super::super) async fn renewed(&self, socket: u64, token: Token) {
        let (done, heard) = oneshot::channel();
        self.letters.send(Letter::Renewed { socket, token, done }).await.ok();
        // A session that is over needs no token.
        heard.await.ok();
    }

    /// Has the client answered on a socket, once it was told of all it was to be told of before: whoever changed a list knows
    /// it as it is when the answer comes.
    pub(in super::super) async fn answer(&self, socket: u64, frame: String) {
        self.letters.send(Letter::Answer { socket, frame }).await.ok();
    }

    /// Tells the session that a socket is gone.
    pub(in super::super) async fn detach(&self, socket: u64, bye: bool) {
        self.letters.send(Letter::Detach { socket, bye }).await.ok();
    }

    /// Ends the session, unless its client comes with a token that was issued after `issued_at` until it does.
    pub(in super::super) async fn refuse(&self, issued_at: UnixMillis, reason: ClosingReason) {
        self.letters.send(Letter::Refuse(issued_at, reason)).await.ok();
    }

    /// Ends the session.
    pub(in super::super) async fn close(&self, reason: ClosingReason) {
        self.letters.send(Letter::Close(reason)).await.ok();
    }
}
