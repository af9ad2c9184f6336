//! `[media]`: how clients outside reach the service's media port.

use std::net::IpAddr;

use super::section::section;

section! {
    /// How sound reaches the service.
    Media in "media" {
        /// The IP addresses clients are told to send sound to, with the port of `service.media`. Empty: the address
        /// it listens on or, where that is all of them, every address of this machine.
        advertise: Vec<IpAddr> = Vec::new(),
    }
}
