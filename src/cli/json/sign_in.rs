//! The line of a sign-in with an account elsewhere.

use schemars::JsonSchema;
use serde::Serialize;

/// What a person has to do to sign in with an account elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SignInCodeLine<'a> {
    /// Where the account is: the host of the issuer.
    pub issuer: &'a str,
    /// The code to type there.
    pub user_code: &'a str,
    /// The address to open.
    pub verification_uri: &'a str,
    /// The same with the code in it, where the issuer has one.
    pub verification_uri_complete: Option<&'a str>,
    /// For how many seconds the code counts.
    pub expires_in: u32,
}
