//! Which saved sign-in is meant: `NAME`, or `NAME@HOST` where the same name is signed in at several services.

use std::fmt;
use std::str::FromStr;

use crate::config::ServerUrl;
use crate::domain::host::is_this_machine;
use crate::domain::id::UserName;
use crate::domain::text::printable;

/// A name as it is given to pick a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Whose sign-in.
    pub user: UserName,
    /// At which service, where that was said.
    pub at: Option<Host>,
}

/// A host as it is written behind a name, with its port or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

/// Why a text picks no sign-in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no sign-in: write NAME, NAME@HOST or NAME@HOST:PORT, with a name of a-z, 0-9, dot, dash and underscore"
)]
pub struct NotAWho(String);

impl FromStr for Who {
    type Err = NotAWho;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NotAWho(printable(text, 160));
        let (user, host) = text.split_once('@').map_or((text, None), |(user, host)| (user, Some(host)));
        let user = user.parse().map_err(|_| refused())?;
        let at = host.map(|host| Host::of(host).ok_or_else(refused)).transpose()?;
        Ok(Self { user, at })
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Some(Host { name, port: Some(port) }) => write!(f, "{}@{name}:{port}", self.user),
            Some(Host { name, port: None }) => write!(f, "{}@{name}", self.user),
            None => write!(f, "{}", self.user),
        }
    }
}

impl Who {
    /// Whether the sign-in of `user` at `server` can be meant.
    pub fn means(&self, user: &UserName, server: &ServerUrl) -> bool {
        self.user == *user && self.at.as_ref().is_none_or(|at| at.is_of(server))
    }

    /// The one that means nothing but the sign-in of `user` at `server`, on one machine.
    pub fn whole(user: &UserName, server: &ServerUrl) -> Self {
        let (name, port) = server.socket();
        let name = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
        Self { user: user.clone(), at: Some(Host { name, port: Some(port) }) }
    }
}

impl Host {
    /// Reads `HOST[:PORT]`, an IPv6 address in brackets; a whole address of a service does as well.
    fn of(text: &str) -> Option<Self> {
        let url: ServerUrl = text.parse().ok()?;
        let rest = text.split_once("://").map_or(text, |(_, rest)| rest).trim_end_matches('/');
        let digits = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = rest.rsplit_once(':').filter(|(_, port)| digits(port)).map(|_| url.socket().1);
        let name = url.socket().0;
        let name = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
        Some(Self { name, port })
    }

    fn is_of(&self, server: &ServerUrl) -> bool {
        let (host, port) = server.socket();
        let name = self.name.trim_start_matches('[').trim_end_matches(']');
        let same = name.eq_ignore_ascii_case(host) || (is_this_machine(name) && server.is_loopback());
        same && self.port.is_none_or(|mine| mine == port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_say_at_which_service() {
        let at = |text: &str, server: &str| {
            let who: Who = text.parse().unwrap();
            who.means(&"alice".parse().unwrap(), &server.parse().unwrap())
        };
        for (text, server) in [
            ("alice", "https://calls.example"),
            ("alice@calls.example", "https://calls.example"),
            ("alice@Calls.Example:8791", "https://calls.example"),
            ("alice@https://calls.example:8791", "https://calls.example"),
            ("alice@localhost", "http://127.0.0.1:99"),
            ("alice@[::1]:99", "http://[::1]:99"),
        ] {
            assert!(at(text, server), "{text} at {server}");
        }
        for (text, server) in [
            ("bob", "https://calls.example"),
            ("alice@calls.example:80", "https://calls.example"),
            ("alice@example", "https://calls.example"),
            ("alice@localhost:98", "http://127.0.0.1:99"),
        ] {
            assert!(!at(text, server), "{text} at {server}");
        }
    }

    #[test]
    fn the_whole_of_it_is_read_back() {
        for server in ["https://calls.example", "http://[2001:db8::1]:99", "http://127.0.0.1:8790"] {
            let (user, server) = ("alice".parse().unwrap(), server.parse().unwrap());
            let whole = Who::whole(&user, &server);
            assert_eq!(whole.to_string().parse(), Ok(whole.clone()));
            assert!(whole.means(&user, &server));
        }
    }

    #[test]
    fn what_names_nobody_says_what_to_write() {
        for bad in ["", "@h", "alice@", "Al ice", "alice@h/path", "alice@a b", "a\u{1b}b"] {
            let why = bad.parse::<Who>().unwrap_err().to_string();
            assert!(why.contains("NAME@HOST") && !why.contains('\u{1b}'), "{bad}: {why}");
        }
    }
}
