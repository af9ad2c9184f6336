//! The kit: a signalling socket in the raw, which can say anything at any time, and sentences over it.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use switchboard::base::entropy;
use switchboard::base::secret::Secret;
use switchboard::domain::id::{CallId, ClientId, Identity};
use switchboard::protocol::codec::{decode_service, encode};
use switchboard::protocol::failure::{Failure, FailureCode};
use switchboard::protocol::frame::{FromClient, FromService, Hello, Resume, Welcome};
use switchboard::protocol::notice::Notice;
use switchboard::protocol::request::{Request, Sdp};
use switchboard::protocol::response::Response;
use switchboard::protocol::{PATH, SUBPROTOCOL};
use tokio::net::TcpStream;
use tokio::time::{timeout, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::support::TestService;

/// Far longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A signalling socket.
pub struct Raw {
    pub socket: WebSocketStream<TcpStream>,
    /// Notices that came while something else was waited for.
    pub notices: Vec<(u64, Notice)>,
    asked: u64,
}

/// How a socket ended.
#[derive(Debug)]
pub struct Ending {
    /// What was said before.
    pub frames: Vec<FromService>,
    /// The close code, unless the connection just broke.
    pub code: Option<CloseCode>,
}

/// The request that opens a signalling socket.
pub fn opening(at: SocketAddr) -> http::Request<()> {
    let mut request = format!("ws://{at}{PATH}").into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", http::HeaderValue::from_static(SUBPROTOCOL));
    request
}

/// Opens a socket by `request`; a refusal is its status and body.
pub async fn open(at: SocketAddr, request: http::Request<()>) -> Result<Raw, (u16, String)> {
    let stream = TcpStream::connect(at).await.unwrap();
    open_over(stream, request).await
}

pub async fn open_over(stream: TcpStream, request: http::Request<()>) -> Result<Raw, (u16, String)> {
    match timeout(PATIENCE, client_async(request, stream)).await.expect("no answer to the handshake") {
        Ok((socket, _)) => Ok(Raw { socket, notices: Vec::new(), asked: 0 }),
        Err(tungstenite::Error::Http(response)) => {
            let body = response.body().clone().unwrap_or_default();
            Err((response.status().as_u16(), String::from_utf8(body).unwrap()))
        }
        Err(other) => panic!("{other}"),
    }
}

pub fn client() -> ClientId {
    ClientId(entropy::uuid())
}

pub fn call() -> CallId {
    CallId(entropy::uuid())
}

impl Raw {
    /// A socket that has not said hello.
    pub async fn connect(at: SocketAddr) -> Self {
        open(at, opening(at)).await.unwrap()
    }

    /// A socket that the service has welcomed.
    pub async fn welcomed(service: &TestService, name: &str) -> (Self, Welcome) {
        Self::greets(service, &token(service, name).await, client(), None).await.unwrap()
    }

    pub async fn greets(
        service: &TestService,
        token: &Secret<String>,
        client_id: ClientId,
        resume: Option<Resume>,
    ) -> Result<(Self, Welcome), Failure> {
        let mut raw = Self::connect(service.http).await;
        raw.says_hello(token, client_id, resume).await;
        match raw.frame().await {
            Some(FromService::Welcome { welcome }) => Ok((raw, *welcome)),
            Some(FromService::Failure { failure, .. }) => Err(failure),
            other => panic!("neither welcomed nor refused: {other:?}"),
        }
    }

    pub async fn says_hello(&mut self, token: &Secret<String>, client_id: ClientId, resume: Option<Resume>) {
        let hello = Hello { token: token.clone(), client_id, presence: None, max_calls: 1, resume };
        self.says(&encode(&FromClient::Hello { hello })).await;
    }

    pub async fn says(&mut self, text: &str) {
        self.sends(Message::text(text)).await;
    }

    /// Sends, unless the service has hung up: that is found out by what it says.
    pub async fn sends(&mut self, message: Message) {
        self.socket.send(message).await.ok();
    }

    /// The next frame; `None` when the socket has ended.
    pub async fn frame(&mut self) -> Option<FromService> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("the service says nothing") {
                Some(Ok(Message::Text(text))) => return Some(decode_service(&text).expect("a frame that can be read")),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame that is no notice.
    pub async fn answer(&mut self) -> Option<FromService> {
        loop {
            match self.frame().await {
                Some(FromService::Notice { seq, notice }) => self.notices.push((seq, notice)),
                other => return other,
            }
        }
    }

    /// Waits until the service hangs up.
    pub async fn ends(&mut self) -> Ending {
        let mut frames = Vec::new();
        // Pings come for as long as it does not.
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match timeout_at(deadline, self.socket.next()).await.expect("the service does not hang up") {
                Some(Ok(Message::Text(text))) => frames.extend(decode_service(&text)),
                Some(Ok(Message::Close(close))) => return Ending { frames, code: close.map(|close| close.code) },
                Some(Err(_)) | None => return Ending { frames, code: None },
                Some(Ok(_)) => {}
            }
        }
    }

    /// Asks, and returns the number of what was asked.
    pub async fn requests(&mut self, request: Request) -> u64 {
        self.asked += 1;
        self.says(&encode(&FromClient::Request { id: self.asked, request })).await;
        self.asked
    }

    /// Asks without ever reading; an error when the service has hung up.
    pub async fn requests_unheard(&mut self, request: Request) -> Result<(), ()> {
        self.asked += 1;
        let text = encode(&FromClient::Request { id: self.asked, request });
        self.socket.send(Message::text(text)).await.map_err(drop)
    }

    /// Asks, and waits for the answer.
    pub async fn ask(&mut self, request: Request) -> Result<Response, Failure> {
        let asked = self.requests(request).await;
        loop {
            match self.answer().await {
                Some(FromService::Response { id, response }) if id == asked => return Ok(response),
                Some(FromService::Failure { id: Some(id), failure }) if id == asked => return Err(failure),
                Some(_) => {}
                None => panic!("hung up on instead of answered"),
            }
        }
    }

    /// Asks, and asks again while it is too often.
    pub async fn ask_patiently(&mut self, request: Request) -> Result<Response, Failure> {
        loop {
            match self.ask(request.clone()).await {
                Err(failure) if failure.code == FailureCode::TooManyRequests => {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                other => return other,
            }
        }
    }

    /// Asks what must be refused.
    pub async fn is_refused(&mut self, request: Request) -> FailureCode {
        match self.ask_patiently(request).await {
            Err(failure) => {
                assert!(!failure.message.is_empty());
                failure.code
            }
            Ok(response) => panic!("not refused: {response:?}"),
        }
    }

    /// The next notice that `pick` picks, of those that came already first.
    pub async fn notice<T>(&mut self, mut pick: impl FnMut(&Notice) -> Option<T>) -> T {
        while !self.notices.is_empty() {
            let (_, notice) = self.notices.remove(0);
            if let Some(picked) = pick(&notice) {
                return picked;
            }
        }
        loop {
            match self.frame().await {
                Some(FromService::Notice { notice, .. }) => {
                    if let Some(picked) = pick(&notice) {
                        return picked;
                    }
                }
                Some(_) => {}
                None => panic!("hung up on instead of told"),
            }
        }
    }

    /// It still works: a plain request is answered.
    pub async fn is_served(&mut self) {
        assert!(matches!(self.ask_patiently(Request::FriendsList {}).await, Ok(Response::Friends { .. })));
    }

    /// Calls somebody who is there; returns once the service has taken the call.
    pub async fn starts_call(&mut self, to: &Identity) -> CallId {
        let call_id = call();
        let request = Request::CallStart { call_id, to: to.clone(), offer: offer(), ring_seconds: None };
        assert!(matches!(self.ask_patiently(request).await, Ok(Response::Leg { .. })));
        call_id
    }

    /// Waits until it rings here.
    pub async fn rings(&mut self) -> CallId {
        self.notice(|notice| match notice {
            Notice::CallIncoming { call_id, .. } => Some(*call_id),
            _ => None,
        })
        .await
    }
}

/// An access token of a demo account.
pub async fn token(service: &TestService, name: &str) -> Secret<String> {
    service.account(name).await.fresh_token().await.unwrap()
}

/// An offer that the service can answer, of a client that will never send anything.
pub fn offer() -> Sdp {
    use str0m::media::{Direction, MediaKind};
    let mut rtc = str0m::Rtc::builder()
        .set_rtp_mode(true)
        .clear_codecs()
        .enable_opus(true, false)
        .build(switchboard::base::clock::now());
    let at = SocketAddr::from(([127, 0, 0, 1], 9));
    rtc.add_local_candidate(str0m::Candidate::host(at, "udp").unwrap());
    let mut change = rtc.sdp_api();
    change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    for _ in 0..4 {
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
    }
    Sdp(change.apply().unwrap().0.to_sdp_string())
}

/// Waits until the SFU has so many legs.
pub async fn legs(service: &TestService, wanted: u64) {
    let running = service.running.as_ref().unwrap();
    let count = || running.media_counts().legs;
    let reached = async {
        while count() != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{} legs instead of {wanted}", count()));
}
