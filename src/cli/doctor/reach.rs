//! Which ways to a service there are from here: TCP, TLS, HTTP, the WebSocket. None of them needs a sign-in.
//!
//! A check is a variant of [`Reach`], in `ALL` too, and its arm in [`Reach::check`].

use std::time::Duration;

use serde::Serialize;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{CheckLine, Verdict, check};
use crate::base::clock;
use crate::cli::local;
use crate::domain::fingerprint::Fingerprint;
use crate::phone;
use crate::phone::connector::{ConnectError, Connector, TlsFacts};
use crate::phone::trust::Distrust;
use crate::texts::trust as texts;

/// How long a check may take.
const WITHIN: Duration = Duration::from_secs(8);

/// A certificate that is to be renewed by then is warned of, in days.
const DAYS: i64 = 14;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The checks, in their order: one that fails leaves those after it no chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The name has an address, and somebody listens there.
    Tcp,
    /// TLS is agreed on, and the certificate counts here.
    Tls,
    /// What answers is a service, and of which version.
    Service,
    /// Calls are signalled over a WebSocket, which some proxies do not let through.
    WebSocket,
}

/// What is known of a certificate, for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct TlsLine {
    tls: String,
    fingerprint: Fingerprint,
    issuer: String,
    names: Vec<String>,
    days_left: i64,
    trusted_by: &'static str,
}

impl Reach {
    /// All of them.
    const ALL: [Self; 4] = [Self::Tcp, Self::Tls, Self::Service, Self::WebSocket];

    /// Makes the check; `None` where it has nothing to say.
    async fn check(self, way: &Connector) -> Option<CheckLine> {
        Some(match self {
            Self::Tcp => tcp(way).await,
            Self::Tls if !way.server().is_tls() => plain(way)?,
            Self::Tls => tls(way).await,
            Self::Service => service(way).await,
            Self::WebSocket => web_socket(way).await,
        })
    }
}

/// Makes all checks of the way to a service, up to one that fails.
pub(super) async fn checks(way: &Connector) -> Vec<CheckLine> {
    let mut found = Vec::new();
    for reach in Reach::ALL {
        found.extend(reach.check(way).await);
        if found.last().is_some_and(|last: &CheckLine| last.verdict == Verdict::Fail) {
            break;
        }
    }
    found
}

async fn tcp(way: &Connector) -> CheckLine {
    let server = way.server();
    let began = clock::now();
    let next = "start it with `switchboard serve`, let its port through the firewall, or mend the address: --server URL, or the \
                setting phone.server";
    match timeout(WITHIN, TcpStream::connect(server.socket())).await {
        Ok(Ok(stream)) => {
            let took = clock::now().saturating_duration_since(began).as_millis();
            let at = stream.peer_addr().map_or_else(|_| server.to_string(), |address| address.to_string());
            check("tcp", Verdict::Pass, format!("{at} takes connections, after {took} ms"), "")
        }
        Ok(Err(why)) => check("tcp", Verdict::Fail, format!("no service answers at {server}: {why}"), next),
        Err(_) => {
            let found = format!("no answer from {server} within {} s: a firewall may drop it", WITHIN.as_secs());
            check("tcp", Verdict::Fail, found, next)
        }
    }
}

/// Without TLS nothing is hidden on the way: of no matter within this machine.
fn plain(way: &Connector) -> Option<CheckLine> {
    let next = "have whoever runs the service offer https:// (docs/operating.md), and use that";
    let found = "the service is reached without TLS: whoever is on the way can read the sign-in";
    (!way.server().is_loopback()).then(|| check("tls", Verdict::Warn, found, next))
}

async fn tls(way: &Connector) -> CheckLine {
    match timeout(WITHIN, way.connect(|_| ())).await {
        Ok(Ok(connection)) => match connection.tls {
            Some(facts) => certificate(facts),
            None => check("tls", Verdict::Warn, "nothing is known of the certificate", "run it again"),
        },
        Ok(Err(why)) => {
            let (found, next) = match why {
                ConnectError::Untrusted(Distrust::UnknownAuthority { server, fingerprint }) => (
                    format!("nobody this machine trusts vouches for the certificate; its fingerprint is {fingerprint}"),
                    format!("if whoever runs the service says the same: {}", texts::add(&server, fingerprint)),
                ),
                why => (why.to_string(), "ask whoever runs the service".to_owned()),
            };
            check("tls", Verdict::Fail, found, next)
        }
        Err(_) => check("tls", Verdict::Fail, "no answer", "ask whoever runs the service"),
    }
}

fn certificate(facts: TlsFacts) -> CheckLine {
    let days_left = facts.expires_at.since(clock::unix_now()).div_euclid(DAY_MS);
    let TlsFacts { version, fingerprint, issuer, names, basis, .. } = facts;
    let found = format!(
        "{version}; certificate for {}, by {issuer}, {days_left} days left; {fingerprint}; trusted by {basis}",
        names.join(", ")
    );
    let (verdict, next) = if days_left < DAYS {
        (Verdict::Warn, "have whoever runs the service see why it is not renewed")
    } else {
        (Verdict::Pass, "")
    };
    let tls = TlsLine { tls: version, fingerprint, issuer, names, days_left, trusted_by: basis };
    CheckLine { tls: Some(tls), ..check("tls", verdict, found, next) }
}

async fn service(way: &Connector) -> CheckLine {
    let own = env!("CARGO_PKG_VERSION");
    match local::health(way).await {
        Some(health) => {
            let version = crate::domain::text::printable(&health.version, 40);
            check("service", Verdict::Pass, format!("{} answers: version {version}; this is {own}", way.server()), "")
        }
        None => {
            let next = if way.server().is_tls() {
                "mend the address: --server URL, or the setting phone.server"
            } else {
                "mend the address, or try https://: --server URL, or the setting phone.server"
            };
            check("service", Verdict::Fail, format!("what answers at {} is no Switchboard service", way.server()), next)
        }
    }
}

async fn web_socket(way: &Connector) -> CheckLine {
    let next = "have the proxy in between let WebSockets (the Upgrade header of HTTP/1.1) through";
    match timeout(WITHIN, phone::try_signalling(way)).await {
        Ok(Ok(())) => check("websocket", Verdict::Pass, "calls can be signalled", ""),
        Ok(Err(why)) => check("websocket", Verdict::Fail, why, next),
        Err(_) => check("websocket", Verdict::Fail, "no answer", next),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::UnixMillis;

    fn facts(days: i64) -> TlsFacts {
        TlsFacts {
            version: "TLSv1_3".to_owned(),
            cipher: "TLS13_AES_256_GCM_SHA384".to_owned(),
            fingerprint: Fingerprint([1; 32]),
            issuer: "CN=ours".to_owned(),
            names: vec!["calls.example".to_owned(), "192.0.2.7".to_owned()],
            expires_at: UnixMillis(clock::unix_now().0 + days * DAY_MS + DAY_MS / 2),
            basis: "its fingerprint",
        }
    }

    #[test]
    fn a_certificate_that_is_not_renewed_in_time_is_warned_of() {
        let well = certificate(facts(60));
        assert_eq!((well.verdict, well.tls.unwrap().days_left), (Verdict::Pass, 60));
        assert!(well.found.contains("calls.example, 192.0.2.7") && well.found.contains("60 days"), "{}", well.found);
        assert_eq!(certificate(facts(13)).verdict, Verdict::Warn);
    }

    #[tokio::test]
    async fn a_port_where_nobody_listens_ends_the_checks() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let way = Connector::from(format!("https://{free}").parse::<crate::config::ServerUrl>().unwrap());
        let found = checks(&way).await;
        assert_eq!((found.len(), found[0].check, found[0].verdict), (1, "tcp", Verdict::Fail));
        assert!(found[0].next.contains("switchboard serve"));
    }
}
