//! Makes a connection: from the name of the service to its welcome, each step told to the recorder. What becomes of the
//! connection is [`super::Link`]'s.

use std::net::IpAddr;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::client_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message, client::IntoClientRequest};

use super::{Socket, Trouble, lost};
use crate::base::clock;
use crate::control::explanation::Stage;
use crate::phone::connector::{ConnectError, Connection, Connector};
use crate::phone::evidence::Recorder;
use crate::phone::evidence::entry::Way;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::frame::{FromClient, FromService, Hello, Welcome};
use crate::protocol::{MAX_FRAME, MAX_SERVICE_FRAME, SUBPROTOCOL, codec};

/// Why a hello was not answered by a welcome.
pub(super) enum Greeting {
    TokenExpired,
    /// The token is not taken, and why.
    TokenRefused(String),
    Trouble(Trouble),
}

impl From<Trouble> for Greeting {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Opens the socket. Also says where it goes.
pub(super) async fn open(connector: &Connector, recorder: &Recorder) -> Result<(Socket, IpAddr), Trouble> {
    let server = connector.server();
    let mut began = clock::now();
    let mut taken = |stage| {
        let now = clock::now();
        recorder.linked(stage, now.saturating_duration_since(std::mem::replace(&mut began, now)));
    };
    let connected = connector.connect(&mut taken).await;
    let Connection { stream, peer: service, tls } = connected.map_err(|why| unconnected(connector, why, recorder))?;
    if let Some(facts) = tls {
        recorder.secured(&facts.to_string());
    }
    let unreachable = |e: &dyn std::fmt::Display| {
        recorder.link_failed(Stage::WebSocket, &e.to_string());
        Trouble::Retry(format!("no service at {server}: {e}"))
    };
    let mut request = server.signalling().into_client_request().map_err(|e| unreachable(&e))?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", tungstenite::http::HeaderValue::from_static(SUBPROTOCOL));
    let (socket, _) = client_async_with_config(request, stream, Some(socket_config())).await.map_err(|e| match e {
        // A gateway whose service is away for the moment, or overloaded.
        tungstenite::Error::Http(response) if response.status().is_server_error() => {
            unreachable(&format_args!("it answered {}", response.status()))
        }
        tungstenite::Error::Http(response) => {
            recorder.link_failed(Stage::WebSocket, &format!("it answered {}", response.status()));
            Trouble::Refused(format!(
                "{server} answered {}: not a Switchboard service this phone can use",
                response.status()
            ))
        }
        other => unreachable(&other),
    })?;
    taken(Stage::WebSocket);
    Ok((socket, service))
}

fn unconnected(connector: &Connector, why: ConnectError, recorder: &Recorder) -> Trouble {
    match &why {
        ConnectError::Tcp(why) => recorder.unconnected(why),
        why => recorder.link_failed(why.stage(), &why.to_string()),
    }
    match why {
        ConnectError::Untrusted(why) if !why.may_pass() => Trouble::Refused(why.to_string()),
        ConnectError::Untrusted(why) => Trouble::Retry(why.to_string()),
        why => Trouble::Retry(format!("no service at {}: {why}", connector.server())),
    }
}

/// Small buffers: the library's own are 128 KiB each.
fn socket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(8 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(4 * MAX_FRAME)
        .max_message_size(Some(MAX_SERVICE_FRAME))
        .max_frame_size(Some(MAX_SERVICE_FRAME))
}

/// Says hello, and waits for the welcome.
pub(super) async fn greet(socket: &mut Socket, hello: Hello, recorder: &Recorder) -> Result<Box<Welcome>, Greeting> {
    let began = clock::now();
    let text = codec::encode(&FromClient::Hello { hello });
    recorder.frame(Way::Out, &text);
    socket.send(Message::Text(text.into())).await.map_err(|e| lost(&e))?;
    while let Some(frame) = socket.next().await {
        let Message::Text(text) = frame.map_err(|e| lost(&e))? else { continue };
        recorder.frame(Way::In, &text);
        match codec::decode_service(&text) {
            Some(FromService::Welcome { welcome }) => {
                recorder.linked(Stage::SignIn, clock::now().saturating_duration_since(began));
                return Ok(welcome);
            }
            Some(FromService::Failure { failure, .. }) => {
                recorder.link_failed(Stage::SignIn, &failure.message);
                return Err(refusal(failure));
            }
            _ => {}
        }
    }
    Err(Trouble::Retry("the service closed the connection".into()).into())
}

fn refusal(failure: Failure) -> Greeting {
    match failure.code {
        FailureCode::TokenExpired => Greeting::TokenExpired,
        FailureCode::Unauthenticated => Greeting::TokenRefused(failure.message),
        FailureCode::TooManyRequests | FailureCode::Unavailable | FailureCode::Internal => {
            Trouble::Retry(failure.message).into()
        }
        _ => Trouble::Refused(failure.message).into(),
    }
}
