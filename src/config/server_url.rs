//! Where the service is: its address as a person writes it, and the URLs made from it.

use std::fmt;
use std::str::FromStr;

use toml::Value;

use super::value::Setting;
use crate::domain::fingerprint::{Fingerprint, NotAFingerprint};
use crate::domain::host::is_this_machine;
use crate::protocol;

/// The address of a service: `http://HOST[:PORT]` or `https://HOST[:PORT]`. A bare `HOST[:PORT]` means http. The fingerprint of
/// its certificate may follow, as in links: `https://HOST#SHA256:…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    tls: bool,
    host: String,
    port: u16,
    fingerprint: Option<Fingerprint>,
}

/// The ports of `switchboard serve` when none is given: without TLS, and with it.
pub const DEFAULT_PORT: u16 = 8790;
const DEFAULT_TLS_PORT: u16 = 8791;

/// Why a text is no address of a service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAServer {
    /// Not of the right form.
    #[error(
        "`{0}` is no address of a service: write https://HOST:PORT or http://HOST:PORT, such as http://127.0.0.1:8790"
    )]
    Malformed(String),
    /// Of the right form, but for what follows the `#`.
    #[error("`{0}`: what follows the # is {1}")]
    Fingerprint(String, NotAFingerprint),
}

impl FromStr for ServerUrl {
    type Err = NotAServer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shown = || crate::domain::text::printable(text, 160);
        let malformed = || NotAServer::Malformed(shown());
        let full = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = reqwest::Url::parse(&full).map_err(|_| malformed())?;
        let tls = match url.scheme() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            _ => return Err(malformed()),
        };
        let bare = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        let host = url.host_str().filter(|_| bare).ok_or_else(malformed)?.to_owned();
        let fingerprint = url.fragment().map(str::parse).transpose();
        let fingerprint = fingerprint.map_err(|why| NotAServer::Fingerprint(shown(), why))?;
        // A URL with its scheme's own port written out parses to "no port": then it was meant.
        let (own, default) = if tls { (443, DEFAULT_TLS_PORT) } else { (80, DEFAULT_PORT) };
        let address = full.split('#').next().unwrap_or_default().trim_end_matches('/');
        let named_own = address.ends_with(&format!(":{own}"));
        let port = url.port().unwrap_or(if named_own { own } else { default });
        Ok(Self { tls, host, port, fingerprint })
    }
}

impl ServerUrl {
    /// Whether it is reached through TLS.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Host and port as a `TcpStream` connects to them.
    pub fn socket(&self) -> (&str, u16) {
        (self.host.trim_start_matches('[').trim_end_matches(']'), self.port)
    }

    /// The fingerprint that was written behind it.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }

    /// As it is written with its fingerprint, if it has one.
    pub fn written(&self) -> String {
        let fragment = self.fingerprint.map(|fingerprint| format!("#{fingerprint}"));
        format!("{self}{}", fragment.unwrap_or_default())
    }

    /// The service a link to one of its groups leads to; `origin` is the link's beginning. Links are for browsers too: in
    /// one without a port it is that of its scheme.
    ///
    /// # Errors
    /// When it is no address.
    pub fn of_origin(origin: &str) -> Result<Self, NotAServer> {
        let mut server: Self = origin.parse()?;
        let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
        let names_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
        if !names_port {
            server.port = if server.tls { 443 } else { 80 };
        }
        Ok(server)
    }

    /// How people name the service when they sign in whose links begin with `origin`: with the port, which is another one where
    /// an address has none.
    pub fn to_sign_in(origin: &str) -> String {
        Self::of_origin(origin).map_or_else(|_| origin.to_owned(), |server| server.to_string())
    }

    /// Whether both lead to the same port of the same host in the same way: all names of this machine's own loopback are
    /// one.
    pub fn same_service(&self, other: &Self) -> bool {
        let same_host = self.host.eq_ignore_ascii_case(&other.host) || (self.is_loopback() && other.is_loopback());
        same_host && self.port == other.port && self.tls == other.tls
    }

    /// Whether it leads nowhere but to this machine.
    pub fn is_loopback(&self) -> bool {
        is_this_machine(self.socket().0)
    }

    /// The URL of a REST route, given with its leading slash.
    pub fn rest(&self, route: &str) -> String {
        format!("{self}{route}")
    }

    /// The URL of the signalling WebSocket.
    pub fn signalling(&self) -> String {
        let scheme = if self.tls { "wss" } else { "ws" };
        format!("{scheme}://{}:{}{}", self.host, self.port, protocol::PATH)
    }
}

/// Without its fingerprint.
impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl Setting for ServerUrl {
    fn read(value: &Value) -> Result<Self, String> {
        let text = value.as_str().ok_or_else(|| NotAServer::Malformed(value.to_string()).to_string())?;
        text.parse().map_err(|why: NotAServer| why.to_string())
    }

    fn write(&self) -> Value {
        Value::String(self.written())
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
            ("https://Calls.example", "https://calls.example:8791"),
            ("https://calls.example:443/", "https://calls.example:443"),
            ("wss://[::1]:7/", "https://[::1]:7"),
            ("https://calls.example:80", "https://calls.example:80"),
        ] {
            assert_eq!(text.parse::<ServerUrl>().unwrap().to_string(), full);
        }
        assert_eq!(server("https://h:7").signalling(), format!("wss://h:7{}", protocol::PATH));
        assert_eq!(server("http://h:7").signalling(), format!("ws://h:7{}", protocol::PATH));
    }

    #[test]
    fn a_fingerprint_may_follow_and_is_no_part_of_the_address() {
        let fingerprint = Fingerprint([7; 32]);
        let full = format!("https://h:443/#{fingerprint}");
        let parsed = server(&full);
        assert_eq!((parsed.fingerprint(), parsed.to_string().as_str()), (Some(fingerprint), "https://h:443"));
        assert_eq!(parsed.written().parse(), Ok(parsed.clone()));
        assert!(parsed.same_service(&server("https://h:443")));
        for bad in ["https://h#", "https://h#SHA256:x", "https://h#top"] {
            assert!(matches!(bad.parse::<ServerUrl>(), Err(NotAServer::Fingerprint(..))), "{bad}");
        }
    }

    #[test]
    fn a_link_without_a_port_means_that_of_its_scheme() {
        for (origin, full) in [
            ("https://calls.example", "https://calls.example:443"),
            ("http://calls.example", "http://calls.example:80"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]:443"),
            ("https://calls.example:8791", "https://calls.example:8791"),
        ] {
            assert_eq!(ServerUrl::of_origin(origin).unwrap().to_string(), full);
        }
        assert!(ServerUrl::of_origin("ftp://x").is_err());
    }

    fn server(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn one_service_may_have_several_names() {
        let same = |a: &str, b: &str| a.parse::<ServerUrl>().unwrap().same_service(&b.parse().unwrap());
        assert!(same("http://localhost:99", "127.0.0.1:99") && same("[::1]:99", "LOCALHOST:99"));
        assert!(same("http://Calls.example", "calls.example:8790"));
        assert!(same("https://localhost:99", "wss://127.0.0.1:99"));
        assert!(!same("127.0.0.1:99", "127.0.0.1:98") && !same("127.0.0.1:99", "192.0.2.1:99"));
        assert!(!same("https://127.0.0.1:99", "http://127.0.0.1:99"));
    }

    #[test]
    fn people_sign_in_where_links_lead() {
        for (origin, address) in [
            ("https://calls.example", "https://calls.example:443"),
            ("http://calls.example", "http://calls.example:80"),
            ("https://calls.example:8791", "https://calls.example:8791"),
        ] {
            assert_eq!(ServerUrl::to_sign_in(origin), address);
            let signs_in: ServerUrl = address.parse().unwrap();
            assert!(signs_in.same_service(&ServerUrl::of_origin(origin).unwrap()));
        }
    }

    #[test]
    fn what_is_no_address_says_what_to_write() {
        for bad in ["", "http://", "ftp://x", "http://x/path", "http://u@x", "http://x:99999", "a b"] {
            assert!(matches!(bad.parse::<ServerUrl>(), Err(NotAServer::Malformed(_))), "{bad}");
        }
    }
}
