//! Where the service is: its address as a person writes it, and the URLs made from it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use toml::Value;

use super::value::Setting;
use crate::protocol;

/// The address of a service: `http://HOST[:PORT]`. A bare `HOST[:PORT]` means http.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    host: String,
    port: u16,
}

/// The port of `switchboard serve` when none is given.
pub const DEFAULT_PORT: u16 = 8790;

/// Why a text is no address of a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAServer {
    /// Not of the right form.
    #[error("`{0}` is no address of a service: write http://HOST:PORT, such as http://127.0.0.1:8790")]
    Malformed(String),
    /// TLS is asked for.
    #[error(
        "`{0}`: this version reaches services by http:// only; run the phone on the service's machine or through a tunnel (ssh -L 8790:127.0.0.1:8790 HOST)"
    )]
    Tls(String),
}

impl FromStr for ServerUrl {
    type Err = NotAServer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || NotAServer::Malformed(crate::domain::text::printable(text, 80));
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = reqwest::Url::parse(&full).map_err(|_| malformed())?;
        match url.scheme() {
            "http" | "ws" => {}
            "https" | "wss" => return Err(NotAServer::Tls(crate::domain::text::printable(text, 80))),
            _ => return Err(malformed()),
        }
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        let host = url.host_str().filter(|_| bare).ok_or_else(malformed)?.to_owned();
        // A URL with port 80 written out parses to "no port": then it was meant.
        let named_80 = full.trim_end_matches('/').ends_with(":80");
        let port = url.port().unwrap_or(if named_80 { 80 } else { DEFAULT_PORT });
        Ok(Self { host, port })
    }
}

impl ServerUrl {
    /// Host and port as a `TcpStream` connects to them.
    pub fn socket(&self) -> (&str, u16) {
        (self.host.trim_start_matches('[').trim_end_matches(']'), self.port)
    }

    /// Whether both lead to the same port of the same host: all names of this machine's own loopback are one.
    pub fn same_service(&self, other: &Self) -> bool {
        let same_host = self.host.eq_ignore_ascii_case(&other.host) || (self.is_loopback() && other.is_loopback());
        same_host && self.port == other.port
    }

    /// Whether it leads nowhere but to this machine.
    pub fn is_loopback(&self) -> bool {
        let host = self.socket().0;
        let address = host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        address || host.eq_ignore_ascii_case("localhost")
    }

    /// The URL of a REST route, given with its leading slash.
    pub fn rest(&self, route: &str) -> String {
        format!("{self}{route}")
    }

    /// The URL of the signalling WebSocket.
    pub fn signalling(&self) -> String {
        format!("ws://{}:{}{}", self.host, self.port, protocol::PATH)
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

impl Setting for ServerUrl {
    fn read(value: &Value) -> Result<Self, String> {
        let text = value.as_str().ok_or_else(|| NotAServer::Malformed(value.to_string()).to_string())?;
        text.parse().map_err(|why: NotAServer| why.to_string())
    }

    fn write(&self) -> Value {
        Value::String(self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, full) in [
            ("127.0.0.1:1234", "http://127.0.0.1:1234"),
            ("http://example.org", "http://example.org:8790"),
            ("http://example.org:80/", "http://example.org:80"),
            ("[::1]:99", "http://[::1]:99"),
            ("localhost", "http://localhost:8790"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), full);
        }
    }

    #[test]
    fn one_service_may_have_several_names() {
        let same = |a: &str, b: &str| a.parse::<ServerUrl>().unwrap().same_service(&b.parse().unwrap());
        assert!(same("http://localhost:99", "127.0.0.1:99") && same("[::1]:99", "LOCALHOST:99"));
        assert!(same("http://Calls.example", "calls.example:8790"));
        assert!(!same("127.0.0.1:99", "127.0.0.1:98") && !same("127.0.0.1:99", "192.0.2.1:99"));
    }

    #[test]
    fn what_is_no_address_says_what_to_write() {
        for bad in ["", "http://", "ftp://x", "http://x/path", "http://u@x", "http://x:99999", "a b"] {
            assert!(matches!(bad.parse::<ServerUrl>(), Err(NotAServer::Malformed(_))), "{bad}");
        }
        assert!(matches!("https://x".parse::<ServerUrl>(), Err(NotAServer::Tls(_))));
    }
}
