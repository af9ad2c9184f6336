//! One WebSocket: the hello, then requests in and answers and notices out, until either side ends it.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use tokio::sync::mpsc;
use tokio::time::{interval_at, timeout};
use tokio_tungstenite::tungstenite::{self, error::ProtocolError};

use super::requests::{Caller, Outcome};
use super::session::{Attached, KEEP_FOR, Outgoing, SessionHandle};
use super::{Signalling, why_closed};
use crate::base::{clock, deadline};
use crate::domain::forwarding::AccountRules;
use crate::protocol::codec;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::frame::{FromClient, FromService, Hello, Welcome};
use crate::protocol::notice::ClosingReason;
use crate::service::limits::{Buckets, Rate};

/// How long a socket may take to say hello.
const HELLO_WITHIN: Duration = Duration::from_secs(5);

/// The service pings this often, and gives up a socket that was silent for [`SILENT`].
const PING_EVERY: Duration = Duration::from_secs(5);
const SILENT: Duration = Duration::from_secs(12);

/// How long one frame may take to be written.
const WRITE_WITHIN: Duration = Duration::from_secs(5);

/// How often a client may ask for something.
const REQUESTS: Rate = Rate { burst: 60, every: Duration::from_millis(30) };

/// How often a client may ping: far more often than any does.
const PINGS: Rate = Rate { burst: 50, every: Duration::from_millis(200) };

/// How many frames may be refused, and pings come too often, before the socket is closed.
const PATIENCE: Rate = Rate { burst: 50, every: Duration::from_secs(1) };

/// Serves one socket from its hello to its end.
pub(super) async fn serve(signalling: Signalling, mut socket: WebSocket, peer: IpAddr, encrypted: bool) {
    // Boxed: what it takes to say hello, or to carry a request out, is not kept for as long as the socket is open.
    let greeted = timeout(HELLO_WITHIN, Box::pin(greet(&signalling, &mut socket, peer, encrypted))).await;
    match greeted {
        Ok(Ok(greeted)) => Conversation::new(signalling, socket, greeted).run().await,
        Ok(Err(Some(failure))) => {
            let frame = FromService::Failure { id: None, failure };
            write(&mut socket, codec::encode(&frame)).await.ok();
            close(&mut socket, close_code::POLICY, "the hello was refused").await;
        }
        Ok(Err(None)) => {}
        Err(_) => close(&mut socket, close_code::POLICY, "no hello in time").await,
    }
}

/// A socket that said a good hello.
struct Greeted {
    session: SessionHandle,
    attached: Attached,
    caller: Caller,
}

/// Reads the hello and attaches the socket to a session. `None` is a peer that just went away.
async fn greet(
    signalling: &Signalling,
    socket: &mut WebSocket,
    peer: IpAddr,
    encrypted: bool,
) -> Result<Greeted, Option<Failure>> {
    let hello = read_hello(socket).await?;
    signalling.allow_hello(peer)?;
    let mut caller = signalling.verify(&hello).await?;
    if let Some(presence) = hello.presence {
        signalling.presence_set(&caller.person.identity, presence).await?;
    }
    let resumed = resume(signalling, &hello, &caller).await;
    let went_on = resumed.is_some();
    let (session, attached) = match resumed {
        Some(resumed) => resumed,
        None => signalling.open_session(&hello, &caller).await?,
    };
    caller.calls = session.calls.clone();
    // What is revoked from now on ends the session; what was, before it was entered, shows here.
    if let Err(failure) = signalling.identities.still_counts(&session.identity, caller.issued_at).await {
        session.refuse(caller.issued_at, why_closed(&failure)).await;
        return Err(Some(failure));
    }
    let mut welcome = Welcome {
        session_id: session.id,
        resumed: went_on,
        me: caller.person.clone(),
        friends: Vec::new(),
        friend_requests: Vec::new(),
        blocked: Vec::new(),
        calls: Vec::new(),
        public_url: signalling.public_url.as_deref().map(str::to_owned),
        fingerprint: signalling.fingerprint.filter(|_| encrypted || signalling.public_url.is_some()),
        missed: 0,
        parked: Vec::new(),
        rules: AccountRules::default(),
    };
    if !went_on {
        welcome.friends = signalling.friends_of(&caller.person.identity).await?;
        welcome.friend_requests = signalling.identities.friend_requests(&caller.person.identity).await?;
        welcome.blocked = signalling.identities.blocked(&caller.person.identity).await?;
        welcome.calls = signalling.calls.ongoing(caller.endpoint).await;
        welcome.parked = signalling.calls.parked(&caller.person.identity).await;
        welcome.rules = signalling.identities.rules(&caller.person.identity).await?;
        welcome.missed = signalling.missed_by(&caller.person.identity).await?;
    }
    let frame = FromService::Welcome { welcome: Box::new(welcome) };
    write(socket, codec::encode(&frame)).await.map_err(|()| None)?;
    Ok(Greeted { session, attached, caller })
}

async fn read_hello(socket: &mut WebSocket) -> Result<Hello, Option<Failure>> {
    loop {
        match socket.recv().await {
            Some(Ok(Message::Text(text))) => {
                return match codec::decode_client(&text) {
                    Ok(FromClient::Hello { hello }) => Ok(hello),
                    Ok(FromClient::Request { .. }) => {
                        Err(Some(Failure::new(FailureCode::Unauthenticated, "say hello first")))
                    }
                    Err((_, failure)) => Err(Some(failure)),
                };
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(Some(Failure::new(FailureCode::BadRequest, "frames are text"))),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
        }
    }
}

async fn resume(signalling: &Signalling, hello: &Hello, caller: &Caller) -> Option<(SessionHandle, Attached)> {
    let wanted = hello.resume?;
    let session = signalling.registry.of(hello.client_id)?;
    if session.id != wanted.session_id || session.identity != caller.person.identity {
        return None;
    }
    let attached = session.attach(caller.client(hello), Some(wanted.seq)).await?;
    Some((session, attached))
}

/// A greeted socket at work.
struct Conversation {
    signalling: Signalling,
    socket: WebSocket,
    session: SessionHandle,
    number: u64,
    frames: mpsc::Receiver<Outgoing>,
    caller: Caller,
    requests: Buckets<()>,
    pings: Buckets<()>,
    patience: Buckets<()>,
    heard: Instant,
}

/// How a conversation ended.
enum End {
    /// The client said bye.
    Bye,
    /// The socket broke, went silent, or its client fell behind.
    Lost,
    /// The client broke the rules of the WebSocket, or those of this service too often.
    Misbehaved(u16, &'static str),
    /// The service closed the session.
    Closed,
}

impl Conversation {
    fn new(signalling: Signalling, socket: WebSocket, greeted: Greeted) -> Self {
        let now = clock::now();
        Self {
            signalling,
            socket,
            session: greeted.session,
            number: greeted.attached.socket,
            frames: greeted.attached.frames,
            caller: greeted.caller,
            requests: Buckets::new(REQUESTS, 1),
            pings: Buckets::new(PINGS, 1),
            patience: Buckets::new(PATIENCE, 1),
            heard: now,
        }
    }

    async fn run(mut self) {
        match self.talk().await {
            End::Bye => {
                self.session.detach(self.number, true).await;
                close(&mut self.socket, close_code::NORMAL, "bye").await;
            }
            End::Lost => self.session.detach(self.number, false).await,
            End::Misbehaved(code, why) => {
                self.session.detach(self.number, false).await;
                close(&mut self.socket, code, why).await;
            }
            End::Closed => close(&mut self.socket, close_code::AWAY, "the session was closed").await,
        }
    }

    async fn talk(&mut self) -> End {
        let mut ping = interval_at(tokio::time::Instant::now() + PING_EVERY, PING_EVERY);
        loop {
            let expiry = self.caller.expires;
            tokio::select! {
                frame = self.socket.recv() => {
                    self.heard = clock::now();
                    if let Some(end) = self.on_frame(frame).await { return end }
                }
                out = self.frames.recv() => match out {
                    Some(Outgoing::Frame(frame)) => if write(&mut self.socket, frame).await.is_err() { return End::Lost },
                    Some(Outgoing::Close) => return End::Closed,
                    None => return End::Lost,
                },
                _ = ping.tick() => {
                    let silent = clock::now().saturating_duration_since(self.heard) >= SILENT;
                    if silent || send(&mut self.socket, Message::Ping(Vec::new().into())).await.is_err() {
                        return End::Lost;
                    }
                }
                () = deadline::sleep_until(expiry) => {
                    self.session.refuse(self.caller.issued_at, ClosingReason::TokenExpired).await;
                    self.caller.expires = Some(clock::now() + KEEP_FOR);
                }
            }
        }
    }

    async fn on_frame(&mut self, frame: Option<Result<Message, axum::Error>>) -> Option<End> {
        match frame {
            Some(Ok(Message::Text(text))) => self.on_text(&text).await,
            Some(Ok(Message::Binary(_))) => self.refuse(None, bad("frames are text")).await,
            // The library answers pings itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                let too_often = self.pings.take((), clock::now()).is_err();
                if too_often { self.lose_patience() } else { None }
            }
            Some(Err(error)) => Some(fault(error).map_or(End::Lost, |(code, why)| End::Misbehaved(code, why))),
            Some(Ok(Message::Close(_))) | None => Some(End::Lost),
        }
    }

    async fn on_text(&mut self, text: &str) -> Option<End> {
        // The client has another socket, or is told in a moment that its session is over: nobody waits for an answer here.
        if self.frames.is_closed() {
            return None;
        }
        let (id, request) = match codec::decode_client(text) {
            Ok(FromClient::Request { id, request }) => (id, request),
            Ok(FromClient::Hello { .. }) => return self.refuse(None, bad("hello was said already")).await,
            Err((id, failure)) => return self.refuse(id, failure).await,
        };
        if self.requests.take((), clock::now()).is_err() {
            let failure = Failure::new(FailureCode::TooManyRequests, "too many requests; slow down");
            return self.refuse(Some(id), failure).await;
        }
        let (before, changes_lists) = (self.caller.token(), request.changes_lists());
        let outcome = Box::pin(self.signalling.carry_out(&mut self.caller, request)).await;
        if self.caller.token() != before {
            self.renewed().await;
        }
        let frame = match outcome {
            Outcome::Bye => return Some(End::Bye),
            Outcome::Answer(Ok(response)) => FromService::Response { id, response },
            Outcome::Answer(Err(failure)) => FromService::Failure { id: Some(id), failure },
        };
        let frame = codec::encode(&frame);
        if changes_lists {
            self.session.answer(self.number, frame).await;
            return None;
        }
        write(&mut self.socket, frame).await.err().map(|()| End::Lost)
    }

    /// The client has brought another token, by which its session goes from now on. What was revoked meanwhile ends it.
    async fn renewed(&mut self) {
        let Caller { person, issued_at, .. } = &self.caller;
        self.session.renewed(self.number, self.caller.token()).await;
        if let Err(failure) = self.signalling.identities.still_counts(&person.identity, *issued_at).await {
            self.session.refuse(*issued_at, why_closed(&failure)).await;
        }
    }

    /// Answers what can't be read or is too much; a client that does nothing else is cut off.
    async fn refuse(&mut self, id: Option<u64>, failure: Failure) -> Option<End> {
        if let Some(end) = self.lose_patience() {
            return Some(end);
        }
        let frame = FromService::Failure { id, failure };
        write(&mut self.socket, codec::encode(&frame)).await.err().map(|()| End::Lost)
    }

    fn lose_patience(&mut self) -> Option<End> {
        let lost = self.patience.take((), clock::now()).is_err();
        lost.then_some(End::Misbehaved(close_code::POLICY, "too many frames had to be refused"))
    }
}

/// Which rule of the WebSocket was broken, if the socket did not just break.
fn fault(error: axum::Error) -> Option<(u16, &'static str)> {
    match error.into_inner().downcast_ref::<tungstenite::Error>()? {
        tungstenite::Error::Capacity(_) => Some((close_code::SIZE, "a frame is too long")),
        tungstenite::Error::Utf8(_) => Some((close_code::INVALID, "a text frame is not UTF-8")),
        // Somebody who vanished without a close broke a rule too, but is not there to be told.
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => None,
        tungstenite::Error::Protocol(_) => Some((close_code::PROTOCOL, "a frame is against RFC 6455")),
        _ => None,
    }
}

fn bad(message: &str) -> Failure {
    Failure::new(FailureCode::BadRequest, message)
}

async fn write(socket: &mut WebSocket, frame: String) -> Result<(), ()> {
    send(socket, Message::Text(frame.into())).await
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), ()> {
    let sent = timeout(WRITE_WITHIN, socket.send(message)).await;
    if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(()) }
}

async fn close(socket: &mut WebSocket, code: u16, reason: &'static str) {
    let frame = CloseFrame { code, reason: reason.into() };
    send(socket, Message::Close(Some(frame))).await.ok();
}
