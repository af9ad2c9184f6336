//! Our own HTTP routes: sign-in, who am I, health, keys, the administration of accounts, and the page behind a link.
//!
//! One table says which routes there are and who may call each; the router is built from it and from nothing else.
//! Decisions are taken by [`crate::service::identity`]; sockets are bound by whoever starts the service.

mod admin;
mod answer;
mod audit;
mod body;
mod doors;
mod link;
mod names;
mod operation;
mod session;

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
use super::identity::Identities;
use super::limits::{Buckets, Rate};
use super::observe::Observer;
use crate::base::secret::Secret;
use crate::domain::audit::Deed;

pub use self::answer::{Refusal, status_of};
pub use self::names::Names;

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

/// How many peers are remembered for that.
const PEERS: usize = 10_000;

/// What the routes need.
#[derive(Clone)]
pub struct Rest {
    identities: Identities,
    groups: Groups,
    observer: Observer,
    instance: String,
    admin_secret: Secret<String>,
    public_url: Option<Arc<str>>,
    deadline: Duration,
    peers: Arc<Mutex<Buckets<IpAddr>>>,
    /// Peers of whom it was noted that they try too many passwords.
    throttled: Arc<Mutex<Buckets<IpAddr>>>,
}

impl Rest {
    /// Routes to identities and groups, whose requests `observer` counts. `instance` names this run of the service, as `service.json` does; whoever shows
    /// `admin_secret` as a bearer token administrates.
    pub(crate) fn new(
        (identities, groups): (Identities, Groups),
        observer: Observer,
        instance: String,
        admin_secret: Secret<String>,
    ) -> Self {
        let peers = Arc::new(Mutex::new(Buckets::new(PER_PEER, PEERS)));
        let throttled = Arc::new(Mutex::new(Buckets::new(NOTED, PEERS)));
        Self {
            identities,
            groups,
            observer,
            instance,
            admin_secret,
            public_url: None,
            deadline: DEADLINE,
            peers,
            throttled,
        }
    }

    /// The same, whose links begin with `public_url`.
    pub(crate) fn at(self, public_url: Option<&str>) -> Self {
        Self { public_url: public_url.map(Arc::from), ..self }
    }
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Anyone who can reach the service.
    Anyone,
    /// Somebody with an access token.
    User,
    /// Whoever knows the admin secret, or somebody whose account has the role.
    Admin,
    /// Who asks on this machine, and elsewhere whoever may administrate.
    Local,
}

/// One route.
struct Route {
    method: Method,
    path: &'static str,
    access: Access,
    /// What the audit trail says where it succeeds.
    noted: Option<Deed>,
    handler: Box<dyn FnOnce(MethodFilter) -> MethodRouter<Rest>>,
}

impl Route {
    /// The same, kept in the audit trail as `deed`.
    fn noted(self, deed: Deed) -> Self {
        Self { noted: Some(deed), ..self }
    }
}

/// Every route there is.
fn routes() -> Vec<Route> {
    use Access::{Admin, Anyone, Local, User};

    vec![
        route(Method::GET, "/healthz", Anyone, session::health),
        route(Method::GET, "/readyz", Anyone, operation::readiness),
        route(Method::GET, "/metrics", Local, operation::metrics),
        route(Method::GET, "/.well-known/jwks.json", Anyone, session::keys),
        route(Method::GET, "/j/{key}", Anyone, link::page),
        route(Method::POST, "/api/v1/sign-in", Anyone, session::sign_in),
        route(Method::POST, "/api/v1/refresh", Anyone, session::refresh),
        route(Method::POST, "/api/v1/sign-out", Anyone, session::sign_out),
        route(Method::GET, "/api/v1/me", User, session::me),
        route(Method::GET, "/api/v1/admin/users", Admin, admin::list),
        route(Method::POST, "/api/v1/admin/users", Admin, admin::add).noted(Deed::AccountAdded),
        route(Method::GET, "/api/v1/admin/users/{user}", Admin, admin::show),
        route(Method::DELETE, "/api/v1/admin/users/{user}", Admin, admin::remove).noted(Deed::AccountRemoved),
        route(Method::POST, "/api/v1/admin/users/{user}/disable", Admin, admin::disable).noted(Deed::AccountDisabled),
        route(Method::POST, "/api/v1/admin/users/{user}/enable", Admin, admin::enable).noted(Deed::AccountEnabled),
        route(Method::POST, "/api/v1/admin/users/{user}/password", Admin, admin::set_password)
            .noted(Deed::PasswordReset),
        route(Method::POST, "/api/v1/admin/users/{user}/display-name", Admin, admin::set_display_name)
            .noted(Deed::DisplayNameChanged),
        route(Method::POST, "/api/v1/admin/users/{user}/role", Admin, admin::set_role).noted(Deed::RoleChanged),
        route(Method::GET, "/api/v1/admin/audit", Admin, audit::list),
        route(Method::GET, BACKUP, Admin, operation::backup).noted(Deed::BackupMade),
    ]
}

/// The whole HTTP side: the routes of the table, and `more` (such as the signalling socket), all of it only for requests
/// that name this service and come from no other web site.
///
/// Serve it with `ConnectInfo<SocketAddr>` in every request: peers are told apart by their address.
pub fn router(rest: Rest, names: Names, more: Router) -> Router {
    let mut ours = Router::new();
    for route in routes() {
        ours = ours.route(route.path, guarded(route, &rest));
    }
    ours.method_not_allowed_fallback(answer::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn_with_state(rest.clone(), doors::in_time))
        .layer(from_fn_with_state(rest.clone(), doors::not_too_often))
        .layer(middleware::map_response(answer::not_stored))
        .with_state(rest.clone())
        .merge(more)
        .fallback(answer::no_such_route)
        .layer(from_fn_with_state(names, doors::only_ours))
        .layer(from_fn_with_state(rest, operation::observed))
}

fn route<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Rest>,
    T: 'static,
{
    Route { method, path, access, noted: None, handler: Box::new(move |filter| on(filter, handler)) }
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
        Access::Admin => handler.route_layer(from_fn_with_state(rest.clone(), doors::admins)),
        Access::Local => handler.route_layer(from_fn_with_state(rest.clone(), doors::locals)),
    }
}
