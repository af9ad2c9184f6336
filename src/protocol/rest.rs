//! The bodies of our own REST routes (`/api/v1/…`), which sign in and administrate before there is a socket.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::base::secret::Secret;
use crate::domain::id::{DisplayName, Identity, UserName};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;

/// `POST /api/v1/sign-in`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// Who.
    pub user: UserName,
    /// The password of an account, or the demo secret of `service.json` for a demo account.
    pub password: Secret<String>,
}

/// `POST /api/v1/refresh`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Refresh {
    /// The refresh token of the last sign-in or refresh; each works once.
    pub refresh_token: Secret<String>,
}

/// The answer to both: who it is, and the tokens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who signed in.
    pub me: Person,
    /// The access token (JWT).
    pub access_token: Secret<String>,
    /// When it runs out.
    pub expires_at: UnixMillis,
    /// For the next refresh.
    pub refresh_token: Secret<String>,
}

/// `POST /api/v1/sign-out` ends a refresh token.
pub type SignOut = Refresh;

/// `GET /healthz`: open to anyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Always `ok` when there is an answer.
    pub status: String,
    /// Which service this is; `service.json` holds the same.
    pub instance: String,
    /// The program's version.
    pub version: String,
}

/// An account, as `admin user list` shows it. `GET /api/v1/admin/users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The name signed in with.
    pub user: UserName,
    /// How the person is shown.
    pub display_name: DisplayName,
    /// The communication identity, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Whether signing in is refused.
    pub disabled: bool,
    /// When the account was made.
    pub created_at: UnixMillis,
}

/// `POST /api/v1/admin/users`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewAccount {
    /// The name to sign in with.
    pub user: UserName,
    /// How the person is shown; the user name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// The first password, at least 8 characters.
    pub password: Secret<String>,
}

/// `POST /api/v1/admin/users/{user}/password`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewPassword {
    /// The new password, at least 8 characters.
    pub password: Secret<String>,
}

/// Every error answer of these routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Why.
    pub error: Failure,
}
