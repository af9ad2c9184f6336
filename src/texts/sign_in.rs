//! What is said to somebody who signs in with an account elsewhere.

/// What to do, over the address.
pub fn open_this(issuer: &str) -> String {
    format!("To sign in with {issuer}, open this address on any device:")
}

/// Over the code.
pub const TYPE_THIS: &str = "and type this code there:";

/// Over the address as a QR code.
pub const OR_SCAN: &str = "or scan this:";

/// While the person is busy there; `left` in seconds.
pub fn waiting(issuer: &str, left: u64) -> String {
    format!("waiting for {issuer}: {}:{:02} left; Ctrl-C gives up", left / 60, left % 60)
}

/// The same where nothing is written over.
pub fn waiting_for(issuer: &str) -> String {
    format!("waiting for {issuer}; Ctrl-C gives up")
}

/// The time is over.
pub fn ran_out(issuer: &str) -> String {
    format!("nobody signed in at {issuer} in time: begin again")
}

/// It was ended here.
pub const GIVEN_UP: &str = "given up";

/// Whether to sign in with an issuer, before the softphone opens.
pub fn question(server: &str, issuer: &str) -> String {
    format!("Nobody is signed in at {server}.\nSign in with {issuer}? [Y/n] ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_read_as_a_clock() {
        assert_eq!(waiting("login.example", 545), "waiting for login.example: 9:05 left; Ctrl-C gives up");
    }
}
