//! The WebSocket side of the service: authenticates sockets, keeps sessions, carries requests out, pushes notices.
//!
//! It decides nothing about calls: requests become verbs of `calls`, and what `calls` tells becomes notices.

mod desk;
mod elsewhere;
mod groups;
mod history;
#[cfg(test)]
mod kit;
mod occupied;
mod outbox;
mod people;
pub(crate) mod registry;
mod requests;
mod right;
pub(crate) mod rules;
mod session;
mod shown;
mod socket;

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{ConnectInfo, State, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use self::people::Sight;
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
use super::tls::Encrypted;
use crate::base::{clock, task};
use crate::domain::fingerprint::Fingerprint;
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
    /// What the service's own authority is known by, where links lead to it.
    fingerprint: Option<Fingerprint>,
    registry: Registry,
    /// Whose count of missed calls changed.
    missed: Topic<Identity>,
    hellos: Arc<Mutex<Buckets<IpAddr>>>,
    /// In which what an account says is kept and told.
    accounts: Arc<rules::Turns>,
    /// Who sees somebody else's presence otherwise now: blocked, or not any more.
    seen_otherwise: Topic<Sight>,
}

impl Signalling {
    pub(crate) fn new(identities: Identities, groups: Groups, calls: Calls, sfu: Sfu, db: Db) -> Self {
        let hellos = Arc::new(Mutex::new(Buckets::new(HELLOS, PEERS)));
        let (registry, missed) = (Registry::default(), Topic::new());
        let (accounts, seen_otherwise) = (Arc::default(), Topic::new());
        let (public_url, fingerprint) = (None, None);
        Self {
            identities,
            groups,
            calls,
            sfu,
            db,
            public_url,
            fingerprint,
            registry,
            missed,
            hellos,
            accounts,
            seen_otherwise,
        }
    }

    /// The same, whose links begin with `public_url`.
    pub(crate) fn at(self, public_url: Option<&str>) -> Self {
        Self { public_url: public_url.map(Arc::from), ..self }
    }

    /// The same, whose links carry `fingerprint` where they are encrypted.
    pub(crate) fn known_by(self, fingerprint: Option<Fingerprint>) -> Self {
        Self { fingerprint, ..self }
    }

    /// The same, that hears from `missed` who has missed a call.
    pub(crate) fn counting(self, missed: Topic<Identity>) -> Self {
        Self { missed, ..self }
    }

    /// The sessions there are.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// For as long as the service runs, passes on presence to friends, who is in which group to those who have it on their
    /// list, how many calls somebody missed to all of their clients, and how somebody is shown now to that user's clients and
    /// followers; looks up rules that name accounts which come and go, and tells those on whose lists they were; and ends the
    /// sessions of identities whose tokens were revoked, and codes that are not used any more.
    pub(crate) fn follow(&self) {
        task::spawn(
            "presence",
            self.clone().follow_presence(self.calls.presence_changes(), self.seen_otherwise.listen()),
        );
        task::spawn("occupied", self.clone().follow_occupied(self.calls.occupied()));
        task::spawn("group codes", self.clone().tend_codes());
        task::spawn("missed calls", self.clone().follow_missed(self.missed.listen()));
        task::spawn("rules", self.clone().follow_standings(self.identities.standing_changed()));
        task::spawn("shown otherwise", self.clone().follow_shown(self.identities.shown_otherwise()));
        task::spawn("gone", self.clone().follow_gone(self.identities.gone()));
        task::spawn("revoked", self.clone().follow_revoked(self.identities.revoked()));
    }

    /// One task passes on both, so that what is told last is what holds.
    async fn follow_presence(
        self,
        mut changes: broadcast::Receiver<PresenceChanged>,
        mut seen_otherwise: Listener<Sight>,
    ) {
        loop {
            let passed_on = tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) => self.on_presence(&change).await,
                    // Which ones were missed is unknown: everybody gets all friends anew.
                    Err(RecvError::Lagged(_)) => self.tell_all_presences().await,
                    Err(RecvError::Closed) => return,
                },
                Some(sight) = seen_otherwise.next() => match sight {
                    News::Item(sight) => self.on_seen_otherwise(&sight).await,
                    News::Missed(_) => self.tell_all_presences().await,
                },
            };
            if let Err(failure) = passed_on {
                tracing::warn!(%failure, "a presence was not passed on");
            }
        }
    }

    async fn tell_all_presences(&self) -> Result<(), Failure> {
        for viewer in self.registry.identities() {
            for Friend { person, presence, .. } in self.friends_of(&viewer).await? {
                self.registry.notify(&viewer, &Notice::PresenceChanged { identity: person.identity, presence });
            }
        }
        Ok(())
    }

    async fn on_presence(&self, change: &PresenceChanged) -> Result<(), Failure> {
        let PresenceChanged { identity, presence } = change.clone();
        let notice = Notice::PresenceChanged { identity, presence };
        self.registry.notify(&change.identity, &notice);
        for watcher in self.identities.watchers(&change.identity).await? {
            self.registry.notify(&watcher, &notice);
        }
        Ok(())
    }

    async fn follow_revoked(self, mut revoked: Listener<Identity>) {
        while let Some(news) = revoked.next().await {
            match news {
                News::Item(identity) => self.on_revoked(identity).await,
                // Which ones were missed is unknown: whose token does not count any more shows.
                News::Missed(_) => {
                    for identity in self.revoked_ones().await {
                        self.on_revoked(identity).await;
                    }
                }
            }
        }
    }

    /// Takes whoever may not act any more out of all calls, and closes the sessions; one that was opened since with a new
    /// token stays.
    async fn on_revoked(&self, identity: Identity) {
        self.calls.revoked(identity.clone()).await;
        for session in self.registry.of_identity(&identity) {
            let issued_at = session.token_issued_at();
            if let Some(reason) = self.to_be_closed(&session, issued_at).await {
                session.refuse(issued_at, reason).await;
            }
        }
    }

    async fn revoked_ones(&self) -> BTreeSet<Identity> {
        let mut revoked = BTreeSet::new();
        for session in self.registry.all() {
            // Of whom it can't be told just now, nothing is taken.
            if self.to_be_closed(&session, session.token_issued_at()).await == Some(ClosingReason::Revoked) {
                revoked.insert(session.identity.clone());
            }
        }
        revoked
    }

    /// Why to close a session, unless the token counts that its client came with, issued at this instant.
    async fn to_be_closed(&self, session: &SessionHandle, issued_at: UnixMillis) -> Option<ClosingReason> {
        let counts = self.identities.still_counts(&session.identity, issued_at).await;
        counts.err().as_ref().map(why_closed)
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
        Ok(Caller::new(self.calls.clone(), EndpointId::from(hello.client_id), person, &verified, now))
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
        let client = caller.client(hello);
        let session = session::start(client, caller.person.clone(), registry, calls).await?;
        self.registry.enter(hello.client_id, session.clone());
        if let Some(earlier) = earlier {
            earlier.close(ClosingReason::Replaced).await;
        }
        let gone = || Failure::new(FailureCode::Unavailable, "the service is stopping");
        let attached = session.attach(client, None).await.ok_or_else(gone)?;
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
        let presences = self.presences_for(identity, &identities).await?;
        let friend = |(person, presence): (Person, Presence)| {
            let favourite = favourites.get(&person.identity).copied();
            Friend { person, presence, favourite }
        };
        Ok(people.into_iter().zip(presences).map(friend).collect())
    }
}

/// Why a session is closed whose token was refused. Where it could not be found out just now whether it counts, the client
/// has to come back, which only one may whose token does.
fn why_closed(refused: &Failure) -> ClosingReason {
    match refused.code {
        FailureCode::Unauthenticated | FailureCode::Forbidden => ClosingReason::Revoked,
        _ => ClosingReason::Stopping,
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
    encrypted: Option<Extension<Encrypted>>,
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
        .read_buffer_size(1024)
        .write_buffer_size(0)
        .max_write_buffer_size(2 * MAX_SERVICE_FRAME)
        .max_message_size(MAX_FRAME)
        .max_frame_size(MAX_FRAME)
        .on_upgrade(move |socket| socket::serve(signalling, socket, peer.ip(), encrypted.is_some()))
}

/// Refuses what is no WebSocket of ours, before there is one.
fn refuse(status: StatusCode, message: &str) -> Response {
    let body = ErrorBody { error: Failure::new(FailureCode::BadRequest, message) };
    (status, Json(body)).into_response()
}
