//! Sharing a group: what a link is, said to whoever has one, and what stands in its way.

/// A link leads to a service that only programs of its own machine reach.
pub fn this_machine_only() -> &'static str {
    "This link works on this machine only. To open the service up, run it with this machine's address there: switchboard \
     serve --tls-listen ADDRESS:8791 --media ADDRESS:8790 --media-tcp ADDRESS:8792 --public-url https://ADDRESS:8791"
}

/// What the page behind a link is called.
pub const JOIN: &str = "Join a group call";

/// What a link is.
pub fn what_a_link_is(origin: &str) -> String {
    format!("This link leads to a group call on {origin}. Whoever has an account there can join with it.")
}

/// How to use it.
pub const HOW_TO_JOIN: &str = "In a terminal, or pasted into the open phone:";

/// The command that joins.
pub fn join_command(link: &str) -> String {
    format!("switchboard join {link}")
}

/// How to sign in, before the first call.
pub const SIGN_IN_FIRST: &str = "Not signed in there yet?";

/// The command that signs in.
pub fn sign_in_command(origin: &str) -> String {
    format!("switchboard sign-in NAME --server {origin}")
}

/// How to get the program.
pub const GET_THE_PROGRAM: &str = "Switchboard is one program, a phone for the terminal. If this machine does not have \
    it, whoever sent the link can tell where to get it; from its sources, this installs it:";

/// The command that installs it, in a copy of its sources.
pub const INSTALL_COMMAND: &str = "cargo install --path . --locked";

/// What the page of a link that leads nowhere is called.
pub const NO_GROUP: &str = "No group call here";

/// What to do about a link that can't be read.
pub const NOT_A_LINK: &str = "This is no link to a group: the code in it has eight letters and digits, like k7mq-3tzf. \
    Check that it was copied whole.";
