//! How a service is to be run.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::base::secret::Secret;
use crate::config::{Oidc, PublicUrl};
use crate::service::{bots, identity, tls};

/// How long the audit trail is kept where nobody says.
const AUDIT_KEPT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How a service is to be run.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// Where HTTP and WebSocket are served; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Where the same is served with TLS; `None` for nowhere.
    pub tls_listen: Option<SocketAddr>,
    /// Where media is served (UDP).
    pub media: SocketAddr,
    /// Where media is served over TCP, for clients whom no UDP reaches; `None`: nowhere.
    pub media_tcp: Option<SocketAddr>,
    /// The addresses media clients are told, where they differ from the machine's own.
    pub advertise: Vec<IpAddr>,
    /// Further names a `Host` header may have.
    pub names: Vec<String>,
    /// Where links to this service begin; its host is a name too.
    pub public_url: Option<PublicUrl>,
    /// The folder of the database.
    pub folder: PathBuf,
    /// What may be chosen about identities.
    pub identity: identity::Settings,
    /// Which certificate is shown at `tls_listen`.
    pub certificate: tls::Source,
    /// Other issuers of tokens that are believed.
    pub oidc: Oidc,
    /// What this service proves itself with at the issuer that people sign in with.
    pub oidc_secret: Option<Secret<String>>,
    /// Whether there are demo accounts, that sign in with a secret made at this start.
    pub demo: bool,
    /// How long the Callback bot waits before it calls back.
    pub callback_after: Duration,
    /// How long the audit trail is kept.
    pub audit_kept: Duration,
}

impl ServiceOptions {
    /// A service for this machine alone, on any free ports, without a demo; its database in `folder`.
    pub fn new(folder: &Path) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            listen: any,
            tls_listen: Some(any),
            media: any,
            media_tcp: Some(any),
            advertise: Vec::new(),
            names: Vec::new(),
            public_url: None,
            folder: folder.to_owned(),
            identity: identity::Settings::default(),
            certificate: tls::Source::default(),
            oidc: Oidc::default(),
            oidc_secret: None,
            demo: false,
            callback_after: bots::CALLBACK_AFTER,
            audit_kept: AUDIT_KEPT,
        }
    }
}
