//! The HTTP routes: our own (sign-in, who am I, health, keys, administration, the page behind a link), and those of
//! Azure Communication Services for programs.
//!
//! One table says which routes there are and who may call each; the router is built from it and from nothing else.
//! Decisions are taken by [`crate::service::identity`]; sockets are bound by whoever starts the service.

pub mod acs;
mod admin;
mod answer;
mod audit;
mod body;
mod calls;
mod challenge;
mod device;
mod doors;
mod groups;
mod keys;
mod link;
mod names;
pub mod openapi;
mod paging;
mod people;
mod session;
mod upkeep;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodFilter, MethodRouter, on};
use axum::{Router, middleware};

use super::groups::Groups;
use super::identity::{AccessKeys, DeviceSignIns, Identities, Issuers};
use super::limits::{Buckets, Rate};
use super::observe::Observer;
use super::signalling::Signalling;
use super::tls::{ANSWER_PATH, Answers};
use crate::base::secret::Secret;
use crate::domain::audit::Deed;
use crate::domain::fingerprint::Fingerprint;

pub use self::answer::{Refusal, status_of};
pub use self::names::Names;
use self::openapi::{Operation, operations as of};

/// The longest body of a request, in bytes.
pub const MAX_BODY: usize = 16 * 1024;

/// How long a request may take, its body included.
const DEADLINE: Duration = Duration::from_secs(15);

/// The route of backups, which may take longer.
const BACKUP: &str = "/api/v1/admin/backup";
const BACKUP_DEADLINE: Duration = Duration::from_secs(100);

/// How often one peer may call any of these routes.
const PER_PEER: Rate = Rate { burst: 400, every: Duration::from_millis(25) };

/// How often it is noted of one peer that it tries too many passwords.
const NOTED: Rate = Rate { burst: 1, every: Duration::from_secs(60) };
/// How often one peer may call the routes of programs: a little more than all their limits together.
const PER_PROGRAM: Rate = Rate { burst: 5000, every: Duration::from_millis(5) };

/// How many peers are remembered for that.
const PEERS: usize = 10_000;

/// What the routes need.
#[derive(Clone)]
pub struct Rest {
    identities: Identities,
    groups: Groups,
    signalling: Signalling,
    observer: Observer,
    access_keys: AccessKeys,
    issuers: Issuers,
    device_sign_ins: DeviceSignIns,
    limits: acs::Limits,
    instance: String,
    admin_secret: Secret<String>,
    public_url: Option<Arc<str>>,
    fingerprint: Option<Fingerprint>,
    answers: Answers,
    deadline: Duration,
    peers: Arc<Mutex<Buckets<IpAddr>>>,
    /// Peers of whom it was noted that they try too many passwords.
    throttled: Arc<Mutex<Buckets<IpAddr>>>,
    programs: Arc<Mutex<Buckets<IpAddr>>>,
}

/// Who may act with the service: people, and programs.
pub(crate) struct Holders {
    /// People and their tokens, and the tokens of programs.
    pub(crate) identities: Identities,
    /// What programs sign with.
    pub(crate) access_keys: AccessKeys,
    /// Whose tokens can be exchanged.
    pub(crate) issuers: Issuers,
    /// How people sign in with accounts elsewhere.
    pub(crate) device_sign_ins: DeviceSignIns,
}

impl Rest {
    /// Routes to `holders` and groups, and to what `signalling` does for people who ask this way, whose requests `observer`
    /// counts. `instance` names this run of the service, as `service.json` does; whoever shows `admin_secret` as a bearer
    /// token administrates.
    pub(crate) fn new(
        (holders, groups, signalling): (Holders, Groups, Signalling),
        observer: Observer,
        instance: String,
        admin_secret: Secret<String>,
    ) -> Self {
        let Holders { identities, access_keys, issuers, device_sign_ins } = holders;
        Self {
            identities,
            groups,
            signalling,
            observer,
            access_keys,
            issuers,
            device_sign_ins,
            limits: acs::Limits::new(),
            instance,
            admin_secret,
            public_url: None,
            fingerprint: None,
            answers: Answers::default(),
            deadline: DEADLINE,
            peers: Arc::new(Mutex::new(Buckets::new(PER_PEER, PEERS))),
            throttled: Arc::new(Mutex::new(Buckets::new(NOTED, PEERS))),
            programs: Arc::new(Mutex::new(Buckets::new(PER_PROGRAM, PEERS))),
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

    /// The same, which gives an ACME authority the `answers` it looks for.
    pub(crate) fn answering(self, answers: Answers) -> Self {
        Self { answers, ..self }
    }
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Anyone who can reach the service.
    Anyone,
    /// Somebody with an access token.
    User,
    /// A program: with an access key, or a token for programs.
    App,
    /// Whoever knows the admin secret, an access key, or somebody whose account has the role.
    Admin,
    /// Who asks on this machine, and elsewhere whoever may administrate.
    Local,
}

/// Whose words a route speaks: what it says when it refuses, and how often it may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// Our own.
    Ours,
    /// That of Azure Communication Services.
    Acs,
}

/// One route.
struct Route {
    method: Method,
    path: &'static str,
    access: Access,
    dialect: Dialect,
    /// What the audit trail says where it succeeds.
    noted: Option<Deed>,
    /// What the OpenAPI document says of it, where it is one of our own.
    described: Option<Operation>,
    handler: Box<dyn FnOnce(MethodFilter) -> MethodRouter<Rest>>,
}

impl Route {
    /// The same, kept in the audit trail as `deed`.
    fn noted(self, deed: Deed) -> Self {
        Self { noted: Some(deed), ..self }
    }

    /// The same, described in the OpenAPI document.
    fn described(self, operation: Operation) -> Self {
        Self { described: Some(operation), ..self }
    }
}

/// Every route there is.
fn routes() -> Vec<Route> {
    use Access::{Admin, Anyone, App, Local, User};

    vec![
        route(Method::GET, "/healthz", Anyone, session::health),
        route(Method::GET, "/readyz", Anyone, upkeep::readiness),
        route(Method::GET, "/metrics", Local, upkeep::metrics),
        route(Method::GET, "/.well-known/jwks.json", Anyone, session::keys),
        route(Method::GET, ANSWER_PATH, Anyone, challenge::answer),
        route(Method::GET, "/j/{key}", Anyone, link::page),
        route(Method::GET, "/api/v1/openapi.json", Anyone, session::document).described(of::DOCUMENT),
        route(Method::GET, "/api/v1/sign-in/ways", Anyone, session::ways).described(of::SIGN_IN_WAYS),
        route(Method::POST, "/api/v1/sign-in", Anyone, session::sign_in).described(of::SIGN_IN),
        route(Method::POST, "/api/v1/sign-in/device", Anyone, device::begin).described(of::BEGIN_DEVICE_SIGN_IN),
        route(Method::POST, "/api/v1/sign-in/device/poll", Anyone, device::poll).described(of::POLL_DEVICE_SIGN_IN),
        route(Method::POST, "/api/v1/sign-up", Anyone, session::sign_up)
            .described(of::SIGN_UP)
            .noted(Deed::AccountSignedUp),
        route(Method::POST, "/api/v1/refresh", Anyone, session::refresh).described(of::REFRESH),
        route(Method::POST, "/api/v1/sign-out", Anyone, session::sign_out).described(of::SIGN_OUT),
        route(Method::GET, "/api/v1/me", User, session::me).described(of::ME),
        route(Method::PATCH, "/api/v1/me", User, session::change_me).described(of::CHANGE_ME),
        route(Method::GET, "/api/v1/people", User, people::search).described(of::PEOPLE),
        route(Method::GET, "/api/v1/friends", User, people::friends).described(of::FRIENDS),
        route(Method::POST, "/api/v1/friends", User, people::befriend).described(of::BEFRIEND),
        route(Method::DELETE, "/api/v1/friends/{identity}", User, people::unfriend).described(of::UNFRIEND),
        route(Method::PUT, "/api/v1/friends/{identity}/favourite", User, people::favour).described(of::FAVOUR),
        route(Method::GET, "/api/v1/friend-requests", User, people::requests).described(of::FRIEND_REQUESTS),
        route(Method::POST, "/api/v1/friend-requests/{identity}/accept", User, people::accept)
            .described(of::ACCEPT_FRIEND),
        route(Method::POST, "/api/v1/friend-requests/{identity}/decline", User, people::decline)
            .described(of::DECLINE_FRIEND),
        route(Method::POST, "/api/v1/friend-requests/{identity}/withdraw", User, people::withdraw)
            .described(of::WITHDRAW_FRIEND),
        route(Method::GET, "/api/v1/blocked", User, people::blocked).described(of::BLOCKED),
        route(Method::POST, "/api/v1/blocked", User, people::block).described(of::BLOCK),
        route(Method::DELETE, "/api/v1/blocked/{identity}", User, people::unblock).described(of::UNBLOCK),
        route(Method::GET, "/api/v1/groups", User, groups::list).described(of::GROUPS),
        route(Method::POST, "/api/v1/groups", User, groups::create).described(of::CREATE_GROUP),
        route(Method::GET, "/api/v1/groups/{group}", User, groups::show).described(of::SHOW_GROUP),
        route(Method::DELETE, "/api/v1/groups/{group}", User, groups::remove).described(of::REMOVE_GROUP),
        route(Method::GET, "/api/v1/calls", User, calls::mine).described(of::MY_CALLS),
        route(Method::GET, "/api/v1/history", User, calls::history).described(of::HISTORY),
        route(Method::POST, "/api/v1/history/seen", User, calls::seen).described(of::HISTORY_SEEN),
        route(Method::PUT, "/api/v1/history/{call}/note", User, calls::note).described(of::NOTE),
        route(Method::GET, "/api/v1/admin/users", Admin, admin::list).described(of::ACCOUNTS),
        route(Method::POST, "/api/v1/admin/users", Admin, admin::add)
            .described(of::ADD_ACCOUNT)
            .noted(Deed::AccountAdded),
        route(Method::GET, "/api/v1/admin/users/{user}", Admin, admin::show).described(of::SHOW_ACCOUNT),
        route(Method::DELETE, "/api/v1/admin/users/{user}", Admin, admin::remove)
            .described(of::REMOVE_ACCOUNT)
            .noted(Deed::AccountRemoved),
        route(Method::POST, "/api/v1/admin/users/{user}/disable", Admin, admin::disable)
            .described(of::DISABLE_ACCOUNT)
            .noted(Deed::AccountDisabled),
        route(Method::POST, "/api/v1/admin/users/{user}/enable", Admin, admin::enable)
            .described(of::ENABLE_ACCOUNT)
            .noted(Deed::AccountEnabled),
        route(Method::POST, "/api/v1/admin/users/{user}/password", Admin, admin::set_password)
            .described(of::RESET_PASSWORD)
            .noted(Deed::PasswordReset),
        route(Method::POST, "/api/v1/admin/users/{user}/display-name", Admin, admin::set_display_name)
            .described(of::RENAME_ACCOUNT)
            .noted(Deed::DisplayNameChanged),
        route(Method::POST, "/api/v1/admin/users/{user}/role", Admin, admin::set_role)
            .described(of::SET_ROLE)
            .noted(Deed::RoleChanged),
        route(Method::POST, "/api/v1/admin/users/{user}/organisation", Admin, admin::set_organisation)
            .described(of::SET_ORGANISATION)
            .noted(Deed::OrganisationChanged),
        route(Method::POST, "/api/v1/admin/users/{user}/bind", Admin, admin::bind)
            .described(of::BIND)
            .noted(Deed::SubjectBound),
        route(Method::POST, "/api/v1/admin/users/{user}/unbind", Admin, admin::unbind)
            .described(of::UNBIND)
            .noted(Deed::SubjectUnbound),
        route(Method::GET, "/api/v1/admin/organisations", Admin, admin::organisations).described(of::ORGANISATIONS),
        route(Method::GET, "/api/v1/admin/calls", Admin, calls::all).described(of::ALL_CALLS),
        route(Method::GET, "/api/v1/admin/audit", Admin, audit::list).described(of::AUDIT),
        route(Method::GET, BACKUP, Admin, upkeep::backup).described(of::BACKUP).noted(Deed::BackupMade),
        route(Method::GET, "/api/v1/admin/keys", Admin, keys::show)
            .described(of::ACCESS_KEYS)
            .noted(Deed::AccessKeysShown),
        route(Method::POST, "/api/v1/admin/keys/{name}/rotate", Admin, keys::rotate)
            .described(of::ROTATE_ACCESS_KEY)
            .noted(Deed::AccessKeyRotated),
        route(Method::POST, "/api/v1/admin/signing-key/rotate", Admin, keys::rotate_signing)
            .described(of::ROTATE_SIGNING_KEY)
            .noted(Deed::SigningKeyRotated),
        route(Method::POST, "/api/v1/admin/tokens", Admin, keys::issue)
            .described(of::ISSUE_TOKEN)
            .noted(Deed::TokenIssued),
        route(Method::POST, "/api/v1/admin/tokens/revoke", Admin, keys::revoke)
            .described(of::REVOKE_TOKENS)
            .noted(Deed::TokensRevoked),
        of_acs(Method::POST, "/identities", App, acs::create).noted(Deed::IdentityMade),
        of_acs(Method::POST, "/identities/{id}/:issueAccessToken", App, acs::issue).noted(Deed::TokenIssued),
        of_acs(Method::POST, "/identities/{id}/:revokeAccessTokens", App, acs::revoke).noted(Deed::TokensRevoked),
        of_acs(Method::DELETE, "/identities/{id}", App, acs::delete).noted(Deed::IdentityDeleted),
        of_acs(Method::POST, "/teamsUser/:exchangeAccessToken", App, acs::teams_user).noted(Deed::TokenIssued),
        // These take a token of another issuer as their proof, and check it themselves.
        of_acs(Method::POST, "/access/entra/:exchangeAccessToken", Anyone, acs::exchange_for_access)
            .noted(Deed::TokenIssued),
        of_acs(Method::POST, "/access/teamsExtension/:exchangeAccessToken", Anyone, acs::exchange_for_access)
            .noted(Deed::TokenIssued),
    ]
}

/// The whole HTTP side: the routes of the table, and `more` (such as the signalling socket), all of it only for requests
/// that name this service and come from no other web site.
///
/// Serve it with `ConnectInfo<SocketAddr>` in every request: peers are told apart by their address.
pub fn router(rest: Rest, names: Names, more: Router) -> Router {
    let ours = of_dialect(Dialect::Ours, &rest)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(rest.clone(), doors::in_time))
        .layer(from_fn_with_state(rest.clone(), doors::not_too_often));
    let for_programs = of_dialect(Dialect::Acs, &rest)
        .layer(DefaultBodyLimit::max(acs::MAX_BODY))
        .layer(middleware::from_fn(acs::known_version))
        .layer(from_fn_with_state(rest.clone(), doors::in_time))
        .layer(from_fn_with_state(rest.clone(), acs::in_bounds))
        .layer(middleware::map_response(acs::in_its_words))
        .layer(middleware::from_fn(acs::answer_as_asked));
    ours.merge(for_programs)
        .layer(middleware::map_response(answer::not_stored))
        .with_state(rest.clone())
        .merge(more)
        .fallback(answer::no_such_route)
        .layer(from_fn_with_state(names, doors::only_ours))
        .layer(from_fn_with_state(rest, upkeep::observed))
}

/// The routes of one dialect, each behind its door.
fn of_dialect(dialect: Dialect, rest: &Rest) -> Router<Rest> {
    // The paths of ACS hold segments that begin with a colon, which means nothing any more.
    let mut router = Router::new().without_v07_checks();
    for route in routes().into_iter().filter(|route| route.dialect == dialect) {
        router = router.route(route.path, guarded(route, rest));
    }
    router.method_not_allowed_fallback(answer::no_such_method)
}

fn of_acs<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Rest>,
    T: 'static,
{
    Route { dialect: Dialect::Acs, ..route(method, path, access, handler) }
}

fn route<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Rest>,
    T: 'static,
{
    let (dialect, noted, described) = (Dialect::Ours, None, None);
    Route { method, path, access, dialect, noted, described, handler: Box::new(move |filter| on(filter, handler)) }
}

fn guarded(route: Route, rest: &Rest) -> MethodRouter<Rest> {
    let filter = MethodFilter::try_from(route.method).expect("the table uses common methods");
    let mut handler = (route.handler)(filter);
    if let Some(deed) = route.noted {
        handler = handler.route_layer(from_fn_with_state((rest.clone(), deed), audit::noted));
    }
    match route.access {
        Access::Anyone => handler,
        Access::User => handler.route_layer(from_fn_with_state(rest.clone(), doors::users)),
        Access::App => handler.route_layer(from_fn_with_state(rest.clone(), acs::programs)),
        Access::Admin => handler.route_layer(from_fn_with_state(rest.clone(), doors::admins)),
        Access::Local => handler.route_layer(from_fn_with_state(rest.clone(), doors::locals)),
    }
}
