//! The bodies of our own REST routes (`/api/v1/…`), which sign in and administrate before there is a socket.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::base::secret::Secret;
use crate::domain::id::{DisplayName, Identity, UserName};
use crate::domain::person::Person;
use crate::domain::role::Role;
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

/// `GET /readyz`: open to anyone; 503 where it is not ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Readiness {
    /// Whether the service can take work.
    pub ready: bool,
    /// What was looked at.
    pub checks: Vec<Check>,
}

/// One thing without which a service can't work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// What it is: `running`, `database`, `media` or `signing_key`.
    pub name: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
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
    /// What it may do besides calling.
    #[serde(default)]
    pub role: Role,
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

/// `POST /api/v1/admin/users/{user}/display-name`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewDisplayName {
    /// How the person is shown from now on; the user name where it is empty.
    pub display_name: DisplayName,
}

/// `POST /api/v1/admin/users/{user}/role`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewRole {
    /// What the account may do from now on.
    pub role: Role,
}

/// `GET /api/v1/admin/audit`: the newest entries that are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// `before` of the page that follows, where there may be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Counts on with each entry.
    pub entry: i64,
    /// When.
    pub at: UnixMillis,
    /// Who did it: `admin-secret`, `access-key:primary`, `app:NAME`, `user:NAME`, `folder` (a command while no service ran),
    /// or `nobody` where nobody was signed in.
    pub who: String,
    /// What: `account-added` and so on.
    pub what: String,
    /// About whom: a user name or an identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The address it was asked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
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
