//! `[service]`: what `switchboard serve` listens on and how it signs people in.

use std::net::{Ipv4Addr, SocketAddr};

use super::public_url::PublicUrl;
use super::section::section;
use super::value::Whole;

section! {
    /// The service, for `switchboard serve`. The demo's service takes any free ports of this machine instead.
    Service in "service" {
        /// Where HTTP and WebSocket are served; port 0 takes any free one. They are not encrypted: beyond this
        /// machine, listen only inside a network you trust.
        listen: SocketAddr = (Ipv4Addr::LOCALHOST, 8790).into(),
        /// Where the same is served with TLS (HTTPS and WSS); port 0 takes any free one. Empty: nowhere.
        tls_listen: Option<SocketAddr> = Some((Ipv4Addr::LOCALHOST, 8791).into()),
        /// Where sound is received and sent, over UDP; port 0 takes any free one. Sound is always encrypted.
        media: SocketAddr = (Ipv4Addr::LOCALHOST, 8790).into(),
        /// Further host names under which clients may reach the service; others are refused. The addresses it listens
        /// on, and localhost, need not be listed.
        names: Vec<String> = Vec::new(),
        /// Where links to groups begin, such as `https://calls.example:8791`: the address under which everybody reaches
        /// the service. Its host counts among the names. Empty: the address each client uses itself.
        public_url: Option<PublicUrl> = None,
        /// Whether people may make accounts for themselves (`switchboard sign-up`); else you make them.
        registration: bool = false,
        /// How long an access token lasts, in minutes, 60 to 1440. Clients renew theirs unasked.
        token_minutes: Whole<60, 1440> = Whole::clamped(60),
        /// How many days the audit trail is kept: who did what with accounts, tokens and keys; 1 to 3650.
        audit_days: Whole<1, 3650> = Whole::clamped(365),
    }
}
