//! The phone's end of the signalling WebSocket: connects, says hello, resumes, renews the token, and connects again by itself.
//!
//! One task owns the socket. It carries requests and notices and decides nothing about calls: that is the engine's.

mod opening;
mod renewal;

use std::net::IpAddr;
use std::ops::ControlFlow;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, interval_at, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

use self::opening::{Greeting, greet, open};
use self::renewal::{Renewal, Renewed};
use super::account::{Account, AccountError};
use super::connector::{Connector, Stream};
use super::evidence::entry::{LinkStep, Way};
use super::evidence::{Limits, Recorder};
use crate::base::{clock, seed::Seed};
use crate::domain::id::ClientId;
use crate::domain::presence::PresenceChoice;
use crate::protocol::codec;
use crate::protocol::failure::Failure;
use crate::protocol::frame::{FromClient, FromService, Hello, Resume, Welcome};
use crate::protocol::notice::{ClosingReason, Notice};
use crate::protocol::request::Request;
use crate::protocol::response::Response;

/// How long connecting and the hello may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// The phone pings this often, and gives up a socket that was silent for [`SILENT`].
const PING_EVERY: Duration = Duration::from_secs(4);
const SILENT: Duration = Duration::from_secs(10);

/// Waits between tries: doubled from the first to the last, each shortened by up to a quarter at random.
const FIRST_RETRY: Duration = Duration::from_millis(300);
const LAST_RETRY: Duration = Duration::from_secs(10);

/// Request ids of this task's own requests start here; the engine's are below.
const OWN_IDS: u64 = 1 << 52;

/// Opens the signalling WebSocket, and says nothing on it.
pub(super) async fn try_signalling(way: &Connector) -> Result<(), String> {
    let unseen = Recorder::new(Limits::default(), None);
    match open(way, &unseen).await {
        Ok(_) => Ok(()),
        Err(Trouble::Retry(why) | Trouble::Refused(why)) => Err(why),
        Err(Trouble::Bye) => Err("the connection was given up".to_owned()),
    }
}

/// What the engine asks of this task.
#[derive(Debug)]
pub(crate) enum ToLink {
    /// Send a request.
    Request {
        /// Chosen by the engine.
        id: u64,
        /// What.
        request: Request,
    },
    /// What the user chose to be: said by the hellos until the service has taken it.
    Presence(PresenceChoice),
    /// Say bye and stop.
    Bye,
}

/// What this task tells the engine.
#[derive(Debug)]
pub(crate) enum FromLink {
    /// A connection is being made.
    Connecting,
    /// The service welcomed this phone.
    Welcome {
        /// What it said.
        welcome: Box<Welcome>,
        /// Where the socket goes, for the media to go the same way.
        service: IpAddr,
    },
    /// The answer to a request.
    Answer {
        /// The request's id.
        id: u64,
        /// `None` when the connection was lost before an answer.
        result: Option<Result<Response, Failure>>,
    },
    /// Something happened.
    Notice(Notice),
    /// The connection is lost, or was not made.
    Down {
        /// Why, for a person.
        reason: String,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The service refuses this phone: another try is of no use.
    Refused {
        /// Why, for a person.
        reason: String,
    },
    /// The access token ends, and there is no next one as things are.
    TokenEnds {
        /// What a person should know.
        text: String,
    },
}

/// The task.
pub(crate) struct Link {
    account: Account,
    client: ClientId,
    /// In how many calls it can be at once.
    max_calls: u8,
    /// What the user chose to be, and the service does not know yet; and the request that says so.
    presence: Option<PresenceChoice>,
    presence_request: Option<u64>,
    requests: mpsc::Receiver<ToLink>,
    events: mpsc::Sender<FromLink>,
    resume: Option<Resume>,
    pending: Vec<u64>,
    seed: Seed,
    /// Whether the program that hands out tokens was asked for another since the service last took one.
    asked_again: bool,
    recorder: Recorder,
}

type Socket = WebSocketStream<Stream>;

/// Why a connection was not made, or ended.
enum Trouble {
    Retry(String),
    Refused(String),
    Bye,
}

impl Link {
    /// A task for `account`; run it with [`Link::run`].
    pub(crate) fn new(
        account: Account,
        client: ClientId,
        max_calls: u8,
        requests: mpsc::Receiver<ToLink>,
        events: mpsc::Sender<FromLink>,
        recorder: Recorder,
    ) -> Self {
        Self {
            account,
            client,
            max_calls,
            presence: None,
            presence_request: None,
            requests,
            events,
            resume: None,
            pending: Vec::new(),
            seed: Seed::fresh(),
            asked_again: false,
            recorder,
        }
    }

    /// Keeps a connection until the engine says bye or goes away, or the service refuses this phone.
    pub(crate) async fn run(mut self) {
        let mut wait = FIRST_RETRY;
        loop {
            self.recorder.link(LinkStep::Began);
            self.tell(FromLink::Connecting).await;
            let trouble = match self.connect().await {
                Ok((socket, service, welcome)) => {
                    wait = FIRST_RETRY;
                    self.tell(FromLink::Welcome { welcome, service }).await;
                    self.serve(socket).await
                }
                Err(trouble) => trouble,
            };
            self.fail_pending().await;
            let pause = match trouble {
                Trouble::Bye => return,
                Trouble::Refused(reason) => {
                    self.recorder.link_refused(&reason);
                    self.tell(FromLink::Refused { reason }).await;
                    Duration::MAX
                }
                Trouble::Retry(reason) => {
                    let pause = wait.mul_f64(1.0 - self.seed.unit() / 4.0);
                    wait = (wait * 2).min(LAST_RETRY);
                    self.recorder.link_down(&reason, pause);
                    self.tell(FromLink::Down { reason, retry_in: pause }).await;
                    pause
                }
            };
            if self.pause(pause).await.is_break() {
                return;
            }
        }
    }

    async fn connect(&mut self) -> Result<(Socket, IpAddr, Box<Welcome>), Trouble> {
        let token = self.account.fresh_token().await.map_err(account_trouble)?;
        let connector = self.account.connector().clone();
        let hello = Hello {
            token,
            client_id: self.client,
            presence: self.presence,
            max_calls: self.max_calls,
            resume: self.resume,
        };
        let attempt = async {
            let (mut socket, service) = open(&connector, &self.recorder).await?;
            let welcome = greet(&mut socket, hello, &self.recorder).await?;
            Ok::<_, Greeting>((socket, service, welcome))
        };
        let timed_out = |_| {
            Err(Greeting::from(Trouble::Retry(format!(
                "no answer from {} for {} s",
                connector.server(),
                CONNECT_TIMEOUT.as_secs()
            ))))
        };
        let (socket, service, welcome) = match timeout(CONNECT_TIMEOUT, attempt).await.unwrap_or_else(timed_out) {
            Ok(connected) => connected,
            Err(Greeting::TokenExpired) => {
                self.account.renew().await.map_err(account_trouble)?;
                return Err(Trouble::Retry("the sign-in was renewed".into()));
            }
            Err(Greeting::TokenRefused(reason)) => return Err(self.ask_again(reason).await),
            Err(Greeting::Trouble(trouble)) => return Err(trouble),
        };
        self.on_welcome(&welcome);
        Ok((socket, service, welcome))
    }

    /// The service does not take this token. Where a program hands out tokens, it may hand out a good one; once.
    async fn ask_again(&mut self, reason: String) -> Trouble {
        if !self.account.of_program() || std::mem::replace(&mut self.asked_again, true) {
            return Trouble::Refused(reason);
        }
        match self.account.renew().await {
            Ok(_) => Trouble::Retry("the service took the last token no more; there is another".into()),
            Err(why) => account_trouble(why),
        }
    }

    fn on_welcome(&mut self, welcome: &Welcome) {
        self.presence = None;
        self.asked_again = false;
        if !welcome.resumed {
            self.resume = Some(Resume { session_id: welcome.session_id, seq: 0 });
        }
    }

    /// Carries requests and notices until the socket ends.
    async fn serve(&mut self, mut socket: Socket) -> Trouble {
        let mut heard = Instant::now();
        let mut ping = interval_at(heard + PING_EVERY, PING_EVERY);
        let mut renewal = Renewal::of(&self.account);
        let trouble = self.carry(&mut socket, &mut renewal, &mut ping, &mut heard).await;
        // A refresh token works once: what it was exchanged for must not get lost.
        renewal.finish(&mut self.account).await;
        trouble
    }

    async fn carry(
        &mut self,
        socket: &mut Socket,
        renewal: &mut Renewal,
        ping: &mut Interval,
        heard: &mut Instant,
    ) -> Trouble {
        loop {
            tokio::select! {
                frame = socket.next() => {
                    *heard = Instant::now();
                    if let ControlFlow::Break(trouble) = self.on_frame(frame).await {
                        return trouble;
                    }
                }
                order = self.requests.recv() => {
                    if let ControlFlow::Break(trouble) = self.on_order(order, socket).await {
                        return trouble;
                    }
                }
                _ = ping.tick() => {
                    if heard.elapsed() >= SILENT {
                        return Trouble::Retry("the connection to the service went silent".into());
                    }
                    if let Err(e) = socket.send(Message::Ping(Vec::new().into())).await {
                        return lost(&e);
                    }
                }
                renewed = renewal.next(&mut self.account, &mut self.seed) => {
                    if let ControlFlow::Break(trouble) = self.on_renewed(renewed, socket).await {
                        return trouble;
                    }
                }
            }
        }
    }

    async fn on_frame(&mut self, frame: Option<Result<Message, tungstenite::Error>>) -> ControlFlow<Trouble> {
        let text = match frame {
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Close(_))) | None => {
                return ControlFlow::Break(Trouble::Retry("the service closed the connection".into()));
            }
            Some(Ok(_)) => return ControlFlow::Continue(()),
            Some(Err(e)) => return ControlFlow::Break(lost(&e)),
        };
        self.recorder.frame(Way::In, &text);
        match codec::decode_service(&text) {
            Some(FromService::Response { id, response }) => self.answer(id, Ok(response)).await,
            Some(FromService::Failure { id: Some(id), failure }) => self.answer(id, Err(failure)).await,
            Some(FromService::Failure { id: None, failure }) => {
                tracing::warn!(%failure, "the service could not read a frame");
            }
            Some(FromService::Notice { seq, notice }) => return self.on_notice(seq, notice).await,
            Some(FromService::Welcome { .. }) | None => tracing::debug!("a frame of a newer service was skipped"),
        }
        ControlFlow::Continue(())
    }

    async fn on_notice(&mut self, seq: u64, notice: Notice) -> ControlFlow<Trouble> {
        if let Some(resume) = &mut self.resume {
            if seq <= resume.seq {
                return ControlFlow::Continue(());
            }
            resume.seq = seq;
        }
        let Notice::Closing { reason } = notice else {
            self.tell(FromLink::Notice(notice)).await;
            return ControlFlow::Continue(());
        };
        ControlFlow::Break(match reason {
            ClosingReason::Stopping => Trouble::Retry("the service is stopping".into()),
            ClosingReason::TooSlow => Trouble::Retry("this phone fell behind; starting afresh".into()),
            ClosingReason::TokenExpired => match self.account.renew().await {
                Ok(_) => Trouble::Retry("the sign-in was renewed".into()),
                Err(e) => account_trouble(e),
            },
            ClosingReason::Revoked => {
                self.ask_again("this account may no longer use the service; sign in again".into()).await
            }
            ClosingReason::Replaced => Trouble::Refused("this phone was connected a second time".into()),
        })
    }

    async fn answer(&mut self, id: u64, result: Result<Response, Failure>) {
        if id >= OWN_IDS {
            if let Err(failure) = result {
                tracing::warn!(%failure, "the renewed token was refused");
            }
            return;
        }
        self.pending.retain(|&pending| pending != id);
        if self.presence_request == Some(id) {
            self.presence = None;
        }
        self.tell(FromLink::Answer { id, result: Some(result) }).await;
    }

    async fn on_order(&mut self, order: Option<ToLink>, socket: &mut Socket) -> ControlFlow<Trouble> {
        match order {
            Some(ToLink::Request { id, request }) => {
                self.pending.push(id);
                if matches!(request, Request::PresenceSet { .. }) {
                    self.presence_request = Some(id);
                }
                self.send(socket, id, request).await
            }
            Some(ToLink::Presence(choice)) => {
                self.presence = Some(choice);
                ControlFlow::Continue(())
            }
            Some(ToLink::Bye) | None => {
                let _sent = self.send(socket, OWN_IDS, Request::Bye {}).await;
                // The service closes when it has taken the bye; a broken socket has told it enough.
                let _closed =
                    timeout(Duration::from_secs(1), async { while let Some(Ok(_)) = socket.next().await {} }).await;
                ControlFlow::Break(Trouble::Bye)
            }
        }
    }

    async fn on_renewed(&mut self, renewed: Renewed, socket: &mut Socket) -> ControlFlow<Trouble> {
        match renewed {
            Renewed::Token(token) => self.send(socket, OWN_IDS, Request::TokenRenew { token }).await,
            Renewed::Ends(text) => {
                self.tell(FromLink::TokenEnds { text }).await;
                ControlFlow::Continue(())
            }
        }
    }

    /// Waits for the next try, refusing requests meanwhile.
    async fn pause(&mut self, pause: Duration) -> ControlFlow<()> {
        let until = clock::now().checked_add(pause);
        loop {
            tokio::select! {
                () = crate::base::deadline::sleep_until(until) => return ControlFlow::Continue(()),
                order = self.requests.recv() => match order {
                    Some(ToLink::Request { id, .. }) => self.tell(FromLink::Answer { id, result: None }).await,
                    Some(ToLink::Presence(choice)) => self.presence = Some(choice),
                    Some(ToLink::Bye) | None => return ControlFlow::Break(()),
                },
            }
        }
    }

    async fn fail_pending(&mut self) {
        for id in std::mem::take(&mut self.pending) {
            self.tell(FromLink::Answer { id, result: None }).await;
        }
    }

    async fn send(&self, socket: &mut Socket, id: u64, request: Request) -> ControlFlow<Trouble> {
        let text = codec::encode(&FromClient::Request { id, request });
        self.recorder.frame(Way::Out, &text);
        match socket.send(Message::Text(text.into())).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(e) => ControlFlow::Break(lost(&e)),
        }
    }

    async fn tell(&self, event: FromLink) {
        // The engine gone means that this task ends next, by its closed request queue.
        self.events.send(event).await.ok();
    }
}

fn lost(error: &tungstenite::Error) -> Trouble {
    Trouble::Retry(format!("the connection to the service was lost: {error}"))
}

fn account_trouble(error: AccountError) -> Trouble {
    match error {
        AccountError::Unreachable(reason) | AccountError::Command(reason) | AccountError::Keyring(reason) => {
            Trouble::Retry(reason)
        }
        AccountError::Refused(failure) => Trouble::Refused(failure.message),
        AccountError::Untrusted(why) if why.may_pass() => Trouble::Retry(why.to_string()),
        AccountError::Untrusted(why) => Trouble::Refused(why.to_string()),
        file @ AccountError::File { .. } => Trouble::Refused(file.to_string()),
    }
}
