//! Why a request was refused.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Subcode of a `conflict`: as many as may be are in the group call already. (Ours; ACS has none.)
pub const GROUP_FULL: u32 = 1;

/// Subcode of a `not_found`: the code stood for a group until lately. (Ours.)
pub const CODE_ENDED: u32 = 1;

/// Subcode of a `not_found`: nobody is in the group, and somebody was to be there. (Ours.)
pub const NOBODY_THERE: u32 = 2;

/// Subcode of a `not_found`: the sign-in elsewhere ran out before it was done, or there never was such a one. (Ours.)
pub const SIGN_IN_OVER: u32 = 3;

/// Subcode of a `forbidden`: the person, or the issuer, said no to the sign-in. (Ours.)
pub const SIGN_IN_DENIED: u32 = 1;

/// What kind of refusal it is; programs decide by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// The frame or the request can't be read, or a value is out of range.
    BadRequest,
    /// The request is well-formed, but this service does not know it.
    NotUnderstood,
    /// No token, or one that can't be verified; or a wrong name or password.
    Unauthenticated,
    /// The token ran out.
    TokenExpired,
    /// Known, but not allowed.
    Forbidden,
    /// No such person, call or session.
    NotFound,
    /// It contradicts what is: already answered, already ended, already there.
    Conflict,
    /// The offered media can't be used.
    MediaRefused,
    /// Too many requests; try again later.
    TooManyRequests,
    /// The service can't do it now.
    Unavailable,
    /// A fault of the service; the message carries a reference for its log.
    Internal,
    /// A code of a newer service.
    #[serde(other)]
    Unknown,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, JsonSchema)]
#[error("{message}")]
pub struct Failure {
    /// What kind of refusal.
    pub code: FailureCode,
    /// Which case of that kind, where programs need to know; 0 otherwise. The numbers are those of ACS where it has one.
    #[serde(default)]
    pub sub_code: u32,
    /// A sentence a person can act on.
    pub message: String,
}

impl Failure {
    /// A refusal without a subcode.
    pub fn new(code: FailureCode, message: impl Into<String>) -> Self {
        Self { code, sub_code: 0, message: message.into() }
    }

    /// What a service says of a fault of its own, which it has logged.
    pub fn broken() -> Self {
        Self::new(FailureCode::Internal, "the service failed; its log knows more")
    }

    /// The same refusal with a subcode.
    #[must_use]
    pub fn with_sub_code(mut self, sub_code: u32) -> Self {
        self.sub_code = sub_code;
        self
    }
}
