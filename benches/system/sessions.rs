//! The sessions of a crowd: a WebSocket for each client, all on one thread, that asks what it is told to ask and counts what
//! the service tells it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde::{Deserialize, Serialize};
use switchboard::base::secret::Secret;
use switchboard::base::{clock, task};
use switchboard::domain::id::{CallId, ClientId};
use switchboard::protocol::frame::{FromClient, FromService, Hello};
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;
use switchboard::protocol::{PATH, SUBPROTOCOL, codec};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};
use uuid::Uuid;

type Socket = WebSocketStream<TcpStream>;

/// How many may say hello at once, and how soon one more: what the service allows one address.
const AT_ONCE: usize = 90;
const ONE_MORE: Duration = Duration::from_millis(55);

/// The sessions of all clients.
pub struct Sessions {
    asks: Vec<mpsc::Sender<Request>>,
    answers: Receiver<Result<Answered>>,
    counted: Arc<Counted>,
}

/// A client was let into the call.
pub struct Answered {
    /// Which client.
    pub client: usize,
    /// The call.
    pub call: CallId,
    /// The SDP answer.
    pub answer: String,
    /// When the answer came.
    pub at: Instant,
}

/// Bytes of the notices that came, as JSON.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Notices {
    /// Changes of the roster, to the first client.
    pub changes_to_first: u64,
    /// Changes of the roster, to all.
    pub changes: u64,
    /// Whole rosters, to all.
    pub wholes: u64,
    /// All else, to all.
    pub others: u64,
}

#[derive(Default)]
struct Counted {
    changes_to_first: AtomicU64,
    changes: AtomicU64,
    wholes: AtomicU64,
    others: AtomicU64,
}

impl Sessions {
    /// Opens a session for each token; all are open when this returns.
    pub fn open(service: SocketAddr, tokens: Vec<String>) -> Result<Self> {
        let (to_crowd, answers) = channel();
        let (asks, queues): (Vec<_>, Vec<_>) = tokens.iter().map(|_| mpsc::channel(4)).unzip();
        let counted = Arc::new(Counted::default());
        let (ready, is_ready) = channel();
        let clients = tokens.into_iter().zip(queues).enumerate();
        let clients: Vec<_> = clients
            .map(|(client, (token, asks))| {
                (token, Session { client, asks, answers: to_crowd.clone(), counted: Arc::clone(&counted), requests: 0 })
            })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        task::thread("sessions", move || {
            runtime.block_on(async {
                let opened = open_all(service, clients).await;
                // Whoever waits for it has ended when it can't be told.
                ready.send(opened).ok();
                std::future::pending::<()>().await;
            });
        })?;
        is_ready.recv().context("the sessions ended")??;
        Ok(Self { asks, answers, counted })
    }

    /// Asks in the name of a client.
    pub fn ask(&self, client: usize, request: Request) -> Result<()> {
        Ok(self.asks[client].try_send(request)?)
    }

    /// The next answer to a join, if it has come.
    pub fn answered(&self) -> Result<Option<Answered>> {
        self.answers.try_recv().ok().transpose()
    }

    /// What was counted since the last time this was asked.
    pub fn notices(&self) -> Notices {
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        Notices {
            changes_to_first: take(&self.counted.changes_to_first),
            changes: take(&self.counted.changes),
            wholes: take(&self.counted.wholes),
            others: take(&self.counted.others),
        }
    }
}

async fn open_all(service: SocketAddr, clients: Vec<(String, Session)>) -> Result<()> {
    for (token, session) in clients {
        if session.client >= AT_ONCE {
            tokio::time::sleep(ONE_MORE).await;
        }
        let socket = open(service, token, session.client).await?;
        task::spawn("session", session.run(socket));
    }
    Ok(())
}

async fn open(service: SocketAddr, token: String, client: usize) -> Result<Socket> {
    let stream = TcpStream::connect(service).await?;
    stream.set_nodelay(true)?;
    let mut request = format!("ws://{service}{PATH}").into_client_request()?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
    let (mut socket, _) = client_async(request, stream).await?;
    let client_id = ClientId(Uuid::from_u128(client as u128 + 1));
    let hello = Hello { token: Secret::new(token), client_id, presence: None, max_calls: 1, resume: None };
    socket.send(Message::text(codec::encode(&FromClient::Hello { hello }))).await?;
    let welcome = socket.next().await.context("the service hung up")??;
    match codec::decode_service(welcome.to_text()?) {
        Some(FromService::Welcome { .. }) => Ok(socket),
        other => bail!("the hello was answered by {other:?}"),
    }
}

/// One client's session.
struct Session {
    client: usize,
    asks: mpsc::Receiver<Request>,
    answers: Sender<Result<Answered>>,
    counted: Arc<Counted>,
    requests: u64,
}

impl Session {
    async fn run(mut self, mut socket: Socket) {
        let ended = self.talk(&mut socket).await;
        if let Err(why) = ended {
            // The crowd has ended when nobody reads it.
            self.answers.send(Err(why.context(format!("session {}", self.client)))).ok();
        }
    }

    async fn talk(&mut self, socket: &mut Socket) -> Result<()> {
        loop {
            tokio::select! {
                request = self.asks.recv() => {
                    let Some(request) = request else { return Ok(()) };
                    self.requests += 1;
                    let frame = FromClient::Request { id: self.requests, request };
                    socket.send(Message::text(codec::encode(&frame))).await?;
                }
                frame = socket.next() => match frame.context("the service hung up")?? {
                    Message::Text(text) => self.take(text.as_str())?,
                    Message::Close(_) => bail!("the service closed the session"),
                    _ => {}
                },
            }
        }
    }

    fn take(&self, text: &str) -> Result<()> {
        // Notices are counted as they are: to read all of them costs more than to send them.
        if text.starts_with(r#"{"seq""#) {
            self.count(text);
            return Ok(());
        }
        match codec::decode_service(text) {
            Some(FromService::Response { response: Response::Joined { call_id: call, answer, .. }, .. }) => {
                let answered = Answered { client: self.client, call, answer: answer.0, at: clock::now() };
                Ok(self.answers.send(Ok(answered))?)
            }
            Some(FromService::Response { .. }) => Ok(()),
            other => bail!("the service answered {other:?}"),
        }
    }

    fn count(&self, text: &str) {
        let add = |counter: &AtomicU64| counter.fetch_add(text.len() as u64, Ordering::Relaxed);
        if !text.contains(r#""notice":{"call_roster""#) {
            add(&self.counted.others);
        } else if text.contains(r#""whole":true"#) {
            add(&self.counted.wholes);
        } else {
            add(&self.counted.changes);
            if self.client == 0 {
                add(&self.counted.changes_to_first);
            }
        }
    }
}
