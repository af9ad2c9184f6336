//! `[media]`: how clients outside reach the service's media ports.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::section::section;

section! {
    /// How sound reaches the service.
    Media in "media" {
        /// The IP addresses clients are told to send sound to, with the ports of `service.media` and `media.tcp`. Empty:
        /// the address it listens on or, where that is all of them, every address of this machine.
        advertise: Vec<IpAddr> = Vec::new(),
        /// Where sound is taken over TCP (ICE over TCP), for clients whose network lets no UDP through; port 0 takes any
        /// free one. Empty: nowhere.
        tcp: Option<SocketAddr> = Some((Ipv4Addr::LOCALHOST, 8792).into()),
    }
}
