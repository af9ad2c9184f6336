//! The names this service goes by: what a request may have as its `Host` and as its `Origin`.
//!
//! A web page of another site may not talk to this service through a visitor's browser, neither openly (its `Origin`
//! tells) nor by pointing its own name at this machine (its `Host` tells).

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::uri::Authority;

/// The names and ports of a service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Names {
    known: Arc<[(String, u16)]>,
}

impl Names {
    /// A service that listens on `ports` and is reached as `localhost`, as a loopback address, and under `more`: names
    /// or addresses (`phone.example.com`, `192.0.2.7`, `[2001:db8::1]`), with a port where it is not one of `ports`
    /// (`phone.example.com:443`), or whole URLs (`https://phone.example.com`).
    pub fn new(ports: &[u16], more: &[String]) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"];
        let known = loopback.into_iter().chain(more.iter().map(String::as_str)).flat_map(|name| known(name, ports));
        Self { known: known.collect() }
    }

    /// Its names and addresses without ports, each once: what its certificate has to name.
    pub fn hosts(&self) -> BTreeSet<String> {
        self.known.iter().map(|(name, _)| name.trim_start_matches('[').trim_end_matches(']').to_owned()).collect()
    }

    /// Whether a `Host` header names this service. Without a port it means that of plain HTTP or HTTPS.
    pub fn is_host(&self, host: &str) -> bool {
        match parts(host) {
            Some((name, Some(port))) => self.knows(&name, port),
            Some((name, None)) => self.knows(&name, 80) || self.knows(&name, 443),
            None => false,
        }
    }

    /// Whether an `Origin` header is a page of this service.
    pub fn is_origin(&self, origin: &str) -> bool {
        url(origin).is_some_and(|(name, port)| self.knows(&name, port))
    }

    fn knows(&self, name: &str, port: u16) -> bool {
        self.known.iter().any(|(known, at)| known == name && *at == port)
    }
}

/// One configured name with each port it stands for; none when it can't be read.
fn known(name: &str, ports: &[u16]) -> Vec<(String, u16)> {
    if let Some(known) = url(name) {
        return vec![known];
    }
    match parts(name) {
        Some((name, Some(port))) => vec![(name, port)],
        Some((name, None)) => ports.iter().map(|port| (name.clone(), *port)).collect(),
        None => Vec::new(),
    }
}

/// Host and port of an `http` or `https` URL.
fn url(text: &str) -> Option<(String, u16)> {
    let (scheme, rest) = text.split_once("://")?;
    let usual = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let (name, port) = parts(rest.split('/').next().unwrap_or_default())?;
    Some((name, port.unwrap_or(usual)))
}

/// Host in lower case, and port, of `host[:port]`.
fn parts(text: &str) -> Option<(String, Option<u16>)> {
    let authority: Authority = text.parse().ok()?;
    if text.contains('@') || authority.host().is_empty() {
        return None;
    }
    let port = match text.rsplit_once(':').filter(|_| !text.ends_with(']')) {
        Some((_, port)) => Some(port.parse().ok()?),
        None => None,
    };
    Some((authority.host().to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let more = ["phone.example.com", "192.0.2.7:9000", "https://calls.example.org/"].map(str::to_owned);
        Names::new(&[8790, 8791], &more)
    }

    #[test]
    fn the_service_answers_to_its_own_names_only() {
        for good in [
            "localhost:8790",
            "LOCALHOST:8791",
            "127.0.0.1:8790",
            "[::1]:8790",
            "phone.example.com:8790",
            "192.0.2.7:9000",
            "calls.example.org",
            "calls.example.org:443",
        ] {
            assert!(names().is_host(good), "{good}");
        }
        for bad in [
            "",
            "localhost",
            "localhost:80",
            "localhost:",
            "localhost:x",
            "localhost:8790@evil.example",
            "evil@localhost:8790",
            "evil.example:8790",
            "phone.example.com.evil.example:8790",
            "192.0.2.7:8790",
            "127.0.0.2:8790",
            "[::1",
            "localhost:8790, evil.example",
            "localhost:8790/..",
        ] {
            assert!(!names().is_host(bad), "{bad}");
        }
    }

    #[test]
    fn each_host_is_known_once_and_without_its_port() {
        let hosts: Vec<_> = names().hosts().into_iter().collect();
        let all = ["127.0.0.1", "192.0.2.7", "::1", "calls.example.org", "localhost", "phone.example.com"];
        assert_eq!(hosts, all);
    }

    #[test]
    fn only_pages_of_the_service_are_its_origin() {
        for good in ["http://localhost:8790", "https://127.0.0.1:8791", "https://calls.example.org"] {
            assert!(names().is_origin(good), "{good}");
        }
        for bad in [
            "null",
            "",
            "http://localhost:3000",
            "http://evil.example",
            "file://",
            "ftp://localhost:8790",
            "localhost:8790",
        ] {
            assert!(!names().is_origin(bad), "{bad}");
        }
    }
}
