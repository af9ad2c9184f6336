//! Whether the phone is used over SSH: then the sound card is not where the person is.

/// An SSH session the phone runs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSession {
    /// The name of this host, whose sound card is used.
    pub host: String,
    /// This host's address as the person's machine reached it, if known.
    pub address: Option<String>,
    /// The address of the person's machine, if known.
    pub client: Option<String>,
}

impl SshSession {
    /// The session that the variables `SSH_CONNECTION` ("client port server port", ssh(1)) and `SSH_TTY` tell of; `None`
    /// without one. `host` is the name of this host.
    pub fn found(connection: Option<&str>, tty: Option<&str>, host: &str) -> Option<Self> {
        let mut words = connection.unwrap_or_default().split_whitespace();
        let is_address = |word: &&str| word.split('%').next().is_some_and(|ip| ip.parse::<std::net::IpAddr>().is_ok());
        let client = words.next().filter(is_address).map(str::to_owned);
        let address = words.nth(1).filter(is_address).map(str::to_owned);
        let is_one = client.is_some() || tty.is_some_and(|tty| !tty.is_empty());
        is_one.then(|| Self { host: crate::domain::text::printable(host, 64), address, client })
    }

    /// Where this host is reached: its address if known, else its name.
    pub fn reached_at(&self) -> &str {
        self.address.as_deref().unwrap_or(&self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_tells_both_ends() {
        let session = SshSession::found(Some("203.0.113.7 50122 192.0.2.7 22"), Some("/dev/pts/3"), "atlas").unwrap();
        assert_eq!(session.client.as_deref(), Some("203.0.113.7"));
        assert_eq!((session.host.as_str(), session.reached_at()), ("atlas", "192.0.2.7"));
        let link_local = SshSession::found(Some("fe80::1%eth0 50122 fe80::2%eth0 22"), None, "atlas").unwrap();
        assert_eq!(link_local.client.as_deref(), Some("fe80::1%eth0"));
    }

    #[test]
    fn a_terminal_alone_is_a_session_and_nothing_is_none() {
        let session = SshSession::found(None, Some("/dev/pts/3"), "at\u{1b}las").unwrap();
        assert_eq!((session.client.as_deref(), session.reached_at()), (None, "atlas"));
    }

    #[test]
    fn without_the_variables_there_is_none() {
        for (connection, tty) in [(None, None), (Some(""), Some("")), (Some("x y z"), None)] {
            assert_eq!(SshSession::found(connection, tty, "atlas"), None);
        }
    }
}
