//! What is asked of somebody who makes an account.

/// Which name to sign in with.
pub const USER: &str = "Name to sign in with";

/// Which password.
pub const PASSWORD: &str = "Password, at least 8 characters";

/// How to be shown; `user` where nothing is typed.
pub fn display_name(user: &str) -> String {
    format!("How others see you [{user}]")
}

/// That the service lets nobody make an account.
pub fn not_here(server: &str) -> String {
    format!("accounts of {server} are made by whoever runs it: ask them for one")
}
