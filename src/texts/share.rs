//! What is said beside a group's link.

/// The link works on this machine only: that it does, and how to open the service up.
pub fn this_machine_only() -> &'static str {
    "This link works on this machine only. For others, run the service at an address of the network: \
     switchboard serve --listen HOST:8790 --media HOST:8790"
}
