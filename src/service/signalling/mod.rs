//! The WebSocket side of the service: authenticates sockets, keeps sessions, carries requests out, pushes notices.
//!
//! It decides nothing about calls: requests become verbs of `calls`, and what `calls` tells becomes notices.

mod desk;
mod groups;
mod history;
mod occupied;
mod outbox;
pub(crate) mod registry;
mod requests;
pub(crate) mod rules;
mod session;
mod socket;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use self::registry::Registry;
use self::requests::Caller;
use self::session::{Attached, SessionHandle};
use super::bus::{Listener, News, Topic};
use super::calls::{Calls, PresenceChanged};
use super::groups::Groups;
use super::identity::Identities;
use super::limits::{self, Buckets, Rate};
use super::sfu::Sfu;
use super::store::Db;
use crate::base::{clock, task};
use crate::domain::id::{EndpointId, Identity};
use crate::domain::person::{Friend, Person};
use crate::domain::presence::Presence;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::frame::Hello;
use crate::protocol::notice::{ClosingReason, Notice};
use crate::protocol::rest::ErrorBody;
use crate::protocol::{MAX_FRAME, MAX_SERVICE_FRAME, SUBPROTOCOL};

/// How often one peer may open a session: phones that reconnect stay far below.
const HELLOS: Rate = Rate { burst: 100, every: Duration::from_millis(50) };

/// Peers remembered for that.
const PEERS: usize = 10_000;

/// The signalling part; cheap to clone.
#[derive(Clone)]
pub(crate) struct Signalling {
    identities: Identities,
    groups: Groups,
    calls: Calls,
    sfu: Sfu,
    db: Db,
    /// Where links begin, as the operator says.
    public_url: Option<Arc<str>>,
    registry: Registry,
    /// Whose count of missed calls changed.
    missed: Topic<Identity>,
    hellos: Arc<Mutex<Buckets<IpAddr>>>,
    /// In which what an account says is kept and told.
    accounts: Arc<rules::Turns>,
}

impl Signalling {
    pub(crate) fn new(identities: Identities, groups: Groups, calls: Calls, sfu: Sfu, db: Db) -> Self {
        let hellos = Arc::new(Mutex::new(Buckets::new(HELLOS, PEERS)));
        let (registry, missed) = (Registry::default(), Topic::new());
        let accounts = Arc::default();
        Self { identities, groups, calls, sfu, db, public_url: None, registry, missed, hellos, accounts }
    }

    /// The same, whose links begin with `public_url`.
    pub(crate) fn at(self, public_url: Option<&str>) -> Self {
        Self { public_url: public_url.map(Arc::from), ..self }
    }

    /// The same, that hears from `missed` who has missed a call.
    pub(crate) fn counting(self, missed: Topic<Identity>) -> Self {
        Self { missed, ..self }
    }

    /// The sessions there are.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Passes on presence to friends, who is in which group to those who have it on their list, and how many calls somebody
    /// missed to all of their clients; looks up rules that name accounts which come and go; ends the sessions of identities
    /// whose tokens were revoked, and codes that are not used any more, for as long as the service runs.
    pub(crate) fn follow(&self) {
        task::spawn("presence", self.clone().follow_presence(self.calls.presence_changes()));
        task::spawn("occupied", self.clone().follow_occupied(self.calls.occupied()));
        task::spawn("group codes", self.clone().tend_codes());
        task::spawn("missed calls", self.clone().follow_missed(self.missed.listen()));
        task::spawn("rules", self.clone().follow_standings(self.identities.standing_changed()));
        task::spawn("revoked", self.clone().follow_revoked(self.identities.revoked()));
    }

    async fn follow_presence(self, mut changes: broadcast::Receiver<PresenceChanged>) {
        loop {
            let passed_on = match changes.recv().await {
                Ok(change) => self.on_presence(&change).await,
                // Which ones were missed is unknown: everybody gets all friends anew.
                Err(RecvError::Lagged(_)) => self.tell_all_presences().await,
                Err(RecvError::Closed) => return,
            };
            if let Err(failure) = passed_on {
                tracing::warn!(%failure, "a presence was not passed on");
            }
        }
    }

    async fn tell_all_presences(&self) -> Result<(), Failure> {
        for session in self.registry.all() {
            for Friend { person, presence, .. } in self.friends_of(&session.identity).await? {
                session.notify(Notice::PresenceChanged { identity: person.identity, presence });
            }
        }
        Ok(())
    }

    async fn on_presence(&self, change: &PresenceChanged) -> Result<(), Failure> {
        let PresenceChanged { identity, presence } = change.clone();
        let notice = Notice::PresenceChanged { identity, presence };
        self.registry.notify(&change.identity, &notice);
        for follower in self.identities.followers(&change.identity).await? {
            self.registry.notify(&follower, &notice);
        }
        Ok(())
    }

    async fn follow_revoked(self, mut revoked: Listener<Identity>) {
        while let Some(news) = revoked.next().await {
            match news {
                News::Item(identity) => {
                    self.close_sessions(&self.registry.of_identity(&identity), ClosingReason::Revoked).await;
                }
                // Which ones were missed is unknown: all clients come back, and only those still allowed are let in.
                News::Missed(_) => self.close_sessions(&self.registry.all(), ClosingReason::Stopping).await,
            }
        }
    }

    /// Tells every client that the service stops.
    pub(crate) async fn stop(&self) {
        self.close_sessions(&self.registry.all(), ClosingReason::Stopping).await;
    }

    async fn close_sessions(&self, sessions: &[SessionHandle], reason: ClosingReason) {
        for session in sessions {
            session.close(reason).await;
        }
    }

    fn allow_hello(&self, peer: IpAddr) -> Result<(), Failure> {
        let mut hellos = self.hellos.lock().unwrap_or_else(PoisonError::into_inner);
        hellos.take(limits::peer(peer), clock::now()).map_err(|wait| {
            let seconds = wait.0.as_secs() + 1;
            Failure::new(
                FailureCode::TooManyRequests,
                format!("too many connections from this address; try again in {seconds} s"),
            )
        })
    }

    async fn verify(&self, hello: &Hello) -> Result<Caller, Failure> {
        let now = clock::unix_now();
        let verified = self.identities.verify(hello.token.expose(), now).await?;
        let unknown = || Failure::new(FailureCode::Unauthenticated, "this account is gone; sign in again");
        let person = self.identities.person(&verified.identity).await?.ok_or_else(unknown)?;
        Ok(Caller::new(EndpointId::from(hello.client_id), person, expiry(verified.expires_at, now)))
    }

    /// Opens a new session for a client, in the place of one it had.
    async fn open_session(&self, hello: &Hello, caller: &Caller) -> Result<(SessionHandle, Attached), Failure> {
        let earlier = self.registry.of(hello.client_id);
        if earlier.as_ref().is_some_and(|session| session.identity != caller.person.identity) {
            return Err(Failure::new(FailureCode::Forbidden, "this client id belongs to somebody else"));
        }
        if let Some(earlier) = &earlier {
            earlier.is_being_replaced();
        }
        let (registry, calls) = (self.registry.clone(), self.calls.clone());
        let session = session::start(hello.into(), caller.person.clone(), registry, calls).await?;
        self.registry.enter(hello.client_id, session.clone());
        if let Some(earlier) = earlier {
            earlier.close(ClosingReason::Replaced).await;
        }
        let gone = || Failure::new(FailureCode::Unavailable, "the service is stopping");
        let attached = session.attach(None).await.ok_or_else(gone)?;
        self.tell_own_presence(&session).await;
        Ok((session, attached))
    }

    /// A session's own arrival is published before the registry knows the session: it is told by itself.
    async fn tell_own_presence(&self, session: &SessionHandle) {
        let identity = session.identity.clone();
        if let Some(presence) = self.calls.presence_of(std::slice::from_ref(&identity)).await.pop() {
            session.notify(Notice::PresenceChanged { identity, presence });
        }
    }

    async fn friends_of(&self, identity: &Identity) -> Result<Vec<Friend>, Failure> {
        let people = self.identities.friends(identity).await?;
        let favourites = self.identities.favourites(identity).await?;
        let identities: Vec<Identity> = people.iter().map(|person| person.identity.clone()).collect();
        let presences = self.calls.presence_of(&identities).await;
        let friend = |(person, presence): (Person, Presence)| {
            let favourite = favourites.get(&person.identity).copied();
            Friend { person, presence, favourite }
        };
        Ok(people.into_iter().zip(presences).map(friend).collect())
    }
}

/// When a token ends, on the clock deadlines are measured by.
fn expiry(at: UnixMillis, now: UnixMillis) -> Option<std::time::Instant> {
    let left = u64::try_from(at.since(now)).unwrap_or(0);
    clock::now().checked_add(Duration::from_millis(left))
}

/// The route: upgrades to a WebSocket that speaks the signalling subprotocol.
pub(crate) async fn upgrade(
    State(signalling): State<Signalling>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade.protocols([SUBPROTOCOL]),
        Err(rejection) => return refuse(rejection.status(), &rejection.body_text()),
    };
    if upgrade.selected_protocol().is_none() {
        return refuse(StatusCode::BAD_REQUEST, &format!("Sec-WebSocket-Protocol must name {SUBPROTOCOL}"));
    }
    upgrade
        .read_buffer_size(4 * 1024)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_SERVICE_FRAME)
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(move |socket| socket::serve(signalling, socket, peer.ip()))
}

/// Refuses what is no WebSocket of ours, before there is one.
fn refuse(status: StatusCode, message: &str) -> Response {
    let body = ErrorBody { error: Failure::new(FailureCode::BadRequest, message) };
    (status, Json(body)).into_response()
}
