//! What is said about the demo's service.

/// It was killed, and runs again.
pub const STARTED_AGAIN: &str = "The demo's service was gone: it is started again.";

/// The same, where the phone can't find it.
pub const STARTED_ELSEWHERE: &str =
    "The demo's service was gone: it is started again, at another port. Leave, and open the demo anew.";

/// It was killed, and does not run again.
pub fn not_started(why: &str) -> String {
    format!("The demo's service is gone, and can't be started again: {why}")
}
