//! What is said about saved sign-ins: where they are kept, which is used, what keeps from changing to another one.

use crate::domain::text::printable;

/// Where a sign-in is kept.
pub const IN_KEYRING: &str = "in the keyring";
/// The same.
pub const IN_FILE: &str = "in a file only you can read";

/// What the popup of the screen is called.
pub const TITLE: &str = "SIGNED IN AS";
/// Its last row.
pub const ADD: &str = "sign in as somebody else, or at another service...";
/// What stands beside the one that is used.
pub const USED: &str = "in use";
/// The one that is used was chosen.
pub const IS_USED: &str = "That is who you are now.";
/// Somebody who is here without a saved sign-in looks for another one.
pub const NONE: &str = "No sign-in is saved on this machine.";
/// Somebody else signs in: who. Nobody goes back or, where the service has an issuer of its people's accounts, there.
pub fn ask_who(issuer: Option<&str>) -> String {
    match issuer {
        Some(issuer) => format!("User (none: with your account at {}): ", printable(issuer, 200)),
        None => "User (none: back): ".to_owned(),
    }
}

/// The keyring was to take a sign-in in, and did not: it is in a file.
pub fn kept_in_file(why: &str) -> String {
    format!("{why}: the sign-in is kept in a file only you can read")
}

/// The keyring was to take a sign-in in, and nothing else was.
pub fn not_kept(why: &str) -> String {
    format!(
        "{why}, and `phone.keep` is keyring: the sign-in is not kept; unlock the keyring, or set phone.keep to auto"
    )
}

/// A sign-in moved, because the setting says so.
pub fn moved(who: &str, place: &str) -> String {
    format!("the sign-in of {who} is kept {place} now")
}

/// A sign-in should have moved.
pub fn not_moved(who: &str, why: &str) -> String {
    format!("{why}: the sign-in of {who} stays where it is")
}

/// A sign-in can't be taken out of the keyring now.
pub fn in_keyring(why: &str) -> String {
    format!(
        "the sign-in is in the keyring, but {why}: unlock it as you do on your desktop, or sign in again with \
         `switchboard sign-in`"
    )
}

/// It is in the keyring no more.
pub const GONE: &str = "the sign-in is not in the keyring any more: sign in again with `switchboard sign-in`";

/// Something else is in its place.
pub const NO_SIGN_IN: &str = "what the keyring holds is no sign-in: sign in again with `switchboard sign-in`";

/// Several could be meant.
pub fn ambiguous(who: &str, which: &[String]) -> String {
    format!("{who} can mean {}: say which", which.join(" or "))
}

/// Who acts when nobody is named.
pub const YOU: &str = "no sign-in was chosen (`switchboard use NAME` does): you";

/// A sign-in was asked for at one service, and another one is set.
pub fn elsewhere(who: &str, server: &str) -> String {
    format!("{who} is not at {server}, which is the service that is set: name it with --server URL")
}

/// Nobody of that name is signed in here.
pub fn nobody(who: &str, saved: &[String]) -> String {
    match saved {
        [] => format!("{who} is not signed in on this machine: use `switchboard sign-in {who}`"),
        saved => format!("{who} is not signed in on this machine; signed in are {}", saved.join(", ")),
    }
}

/// Nobody is signed in at a service: how to, also with an account at its issuer or a new one, where that is known to be a way.
pub fn nobody_there(server: &str, issuer: Option<&str>, may_sign_up: bool) -> String {
    let issuer = issuer.map(|issuer| {
        let issuer = printable(issuer, 200);
        format!("; with your account at {issuer}, `switchboard sign-in --oidc --server {server}`")
    });
    let sign_up = if may_sign_up { "; `switchboard sign-up` makes an account there" } else { "" };
    format!(
        "nobody is signed in at {server}: use `switchboard sign-in NAME --server {server}`, or --as NAME with \
         SWITCHBOARD_PASSWORD set{}{sign_up}",
        issuer.unwrap_or_default()
    )
}

/// Calls keep from changing to another sign-in.
pub fn calls_first(calls: usize) -> String {
    match calls {
        0 => "A call rings: answer or decline it first.".to_owned(),
        1 => "You are in a call: hang up first, then change.".to_owned(),
        calls => format!("You are in {calls} calls: hang up first, then change."),
    }
}

/// Whether to sign out of one.
pub fn sign_out(who: &str) -> String {
    format!("Sign out of {who}, here and at the service?")
}

/// It was done.
pub fn signed_out(who: &str) -> String {
    format!("{who} is signed out.")
}

/// It could not be done.
pub fn still_in(who: &str, why: &str) -> String {
    format!("{who} is not signed out: {why}")
}

/// It was done while this phone ran, by another one or from the command line.
pub fn signed_out_here(name: &str) -> String {
    format!("{name} was signed out on this machine: sign in again with `switchboard sign-in {name}`")
}

/// A phone runs with what was signed out of.
pub fn still_runs(who: &str) -> String {
    format!("a phone still runs as {who}, until its access token ends: quit it to end that at once")
}

/// It was only done here.
pub fn only_here(who: &str, why: &str) -> String {
    format!("{who} is forgotten here, and the service could not be told: {why}")
}

/// What can be done in the popup.
pub fn keys(take: &str, away: &str) -> String {
    format!("{take} go on as, {away} sign out")
}

/// What is told in plain mode.
pub fn from_outside(saved: &[String]) -> String {
    let saved = if saved.is_empty() { NONE.to_owned() } else { format!("Saved sign-ins: {}.", saved.join(", ")) };
    format!("{saved} Leave, and `switchboard use NAME` or `switchboard sign-in` goes on as another one.")
}

/// As whom the phone is used now.
pub fn now(who: &str) -> String {
    format!("{who} is used from now on")
}

/// Somebody else is to sign in, and nobody may be asked who.
pub const NOT_ASKED: &str =
    "with --no-input nothing is asked: sign in with `switchboard sign-in`, then change to it here";

/// Somebody else signs in: where, if not at the service that was used.
pub fn ask_where(server: &str) -> String {
    format!("Service [{server}]: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_signed_in_is_told_the_ways_in_that_are_known() {
        let server = "https://calls.example:8791";
        let plain = nobody_there(server, None, false);
        assert!(plain.contains(&format!("sign-in NAME --server {server}`")) && !plain.contains("--oidc"), "{plain}");
        let all = nobody_there(server, Some("login.example"), true);
        assert!(all.contains("at login.example, `switchboard sign-in --oidc") && all.contains("sign-up"), "{all}");
    }
}
