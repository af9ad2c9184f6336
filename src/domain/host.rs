//! Hosts, as they are written in addresses.

use std::net::IpAddr;

/// Whether `host` can mean nothing but the machine that says it; an IPv6 address may stand in brackets.
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost") || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_the_loopback_are_this_machine() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["", "localhost.example", "x.localhost", "192.0.2.7", "::2", "0.0.0.0", "calls.example"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
