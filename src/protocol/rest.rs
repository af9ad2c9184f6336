//! The bodies of our own REST routes (`/api/v1/…`), which sign in and administrate before there is a socket.

mod lists;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::base::secret::Secret;
use crate::domain::id::{DisplayName, Identity, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::person::Person;
use crate::domain::role::Role;
use crate::domain::scope::Scopes;
use crate::domain::time::UnixMillis;
use crate::domain::whole;

pub use lists::{
    Befriended, BlockedPage, CallInProgress, CallStanding, CallsPage, FriendRequestsPage, FriendsPage, GroupsPage,
    HistoryPage, NewBlocked, NewFavourite, NewFriend, NewGroup, NewNote, PeopleFound,
};

/// `POST /api/v1/sign-in`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SignIn {
    /// Who.
    pub user: UserName,
    /// The password of an account, or the demo secret of `service.json` for a demo account.
    pub password: Secret<String>,
}

/// `POST /api/v1/sign-up`: makes an account, and signs in with it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SignUp {
    /// The name to sign in with.
    pub user: UserName,
    /// How the person is shown; the user name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// The password, 8 to 256 characters.
    #[schemars(length(min = 8, max = 256))]
    pub password: Secret<String>,
}

/// `POST /api/v1/refresh`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Refresh {
    /// The refresh token of the last sign-in or refresh; each works once.
    pub refresh_token: Secret<String>,
}

/// The answer to both: who it is, and the tokens.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
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

/// `GET /api/v1/sign-in/ways`: how people sign in here; open to anyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignInWays {
    /// With a user name and a password.
    pub password: bool,
    /// Whether somebody without an account may make one.
    pub registration: bool,
    /// At whom people sign in with an account they have there, by the device authorization grant: the host of the issuer;
    /// `null` where nobody does.
    pub oidc: Option<String>,
}

/// The answer to `POST /api/v1/sign-in/device`: what a person has to do to sign in with an account elsewhere, by the device
/// authorization grant (RFC 8628).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviceSignIn {
    /// What this sign-in is asked after by.
    pub handle: Secret<String>,
    /// At whom: the host of the issuer.
    pub issuer: String,
    /// What the person types there.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// The same with the code in it, where the issuer has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verification_uri_complete: Option<String>,
    /// In how many seconds it is too late.
    pub expires_in: u32,
    /// After how many seconds to ask for the first time.
    pub interval: u32,
}

/// `POST /api/v1/sign-in/device/poll`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DevicePoll {
    /// Of the sign-in.
    pub handle: Secret<String>,
}

/// The answer to that.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DevicePolled {
    /// The person has not signed in there yet.
    Pending {
        /// After how many seconds to ask again; it grows when the issuer asks for that.
        interval: u32,
    },
    /// Done: the tokens, as of any sign-in.
    SignedIn(Box<SignedIn>),
}

/// `POST /api/v1/admin/users/{user}/bind` and `…/unbind`: somebody as another issuer knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutsideSubject {
    /// The issuer, as its tokens have it in `iss`: an address of https (of http on the service's own machine).
    #[schemars(length(min = 1, max = 512), regex(pattern = "^https?://[^?#]+$"))]
    pub issuer: String,
    /// Its own name for the person, as its tokens have it in `sub`.
    #[schemars(length(min = 1, max = 512))]
    pub subject: String,
}

/// As the audit trail names it.
impl fmt::Display for OutsideSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.subject, self.issuer)
    }
}

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// The organisation it belongs to.
    #[serde(default)]
    pub organisation: Organisation,
}

/// `POST /api/v1/admin/users`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NewAccount {
    /// The name to sign in with.
    pub user: UserName,
    /// How the person is shown; the user name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// The first password, 8 to 256 characters.
    #[schemars(length(min = 8, max = 256))]
    pub password: Secret<String>,
    /// The organisation it belongs to.
    #[serde(default, skip_serializing_if = "Organisation::is_main")]
    pub organisation: Organisation,
}

impl NewAccount {
    /// An account of the usual organisation, shown by its user name.
    pub fn new(user: UserName, password: Secret<String>) -> Self {
        Self { user, display_name: None, password, organisation: Organisation::default() }
    }
}

/// `POST /api/v1/admin/users/{user}/display-name`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NewDisplayName {
    /// How the person is shown from now on; the user name where it is empty.
    pub display_name: DisplayName,
}

/// `PATCH /api/v1/me`: what is absent stays as it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NewMe {
    /// How one is shown from now on; under the user name where it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
}

/// `POST /api/v1/admin/users/{user}/role`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NewRole {
    /// What the account may do from now on.
    pub role: Role,
}

/// `POST /api/v1/admin/users/{user}/organisation`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NewOrganisation {
    /// The organisation the account belongs to from now on; a name no account had makes a new one.
    pub organisation: Organisation,
}

/// A row of `GET /api/v1/admin/organisations`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrganisationRow {
    /// The organisation.
    pub name: Organisation,
    /// How many accounts belong to it, disabled ones included.
    pub members: u64,
}

/// `GET /api/v1/admin/audit`: the newest entries that are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditPage {
    /// The newest first.
    pub entries: Vec<AuditEntry>,
    /// `before` of the page that follows, where there may be one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct NewPassword {
    /// The new password, 8 to 256 characters.
    #[schemars(length(min = 8, max = 256))]
    pub password: Secret<String>,
}

/// Every error answer of these routes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// Why.
    pub error: Failure,
}

/// Which of the two access keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccessKeyName {
    /// The first.
    Primary,
    /// The other one, for while the first is replaced.
    Secondary,
}

/// What is no name of an access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are two access keys: primary and secondary")]
pub struct NotAnAccessKeyName;

impl AccessKeyName {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Primary, Self::Secondary];

    /// Its word in paths and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Primary => "primary",
            Self::Secondary => "secondary",
        }
    }
}

impl FromStr for AccessKeyName {
    type Err = NotAnAccessKeyName;

    fn from_str(word: &str) -> Result<Self, NotAnAccessKeyName> {
        Self::ALL.into_iter().find(|name| name.word() == word).ok_or(NotAnAccessKeyName)
    }
}

/// `GET /api/v1/admin/keys`, and the answer to `POST /api/v1/admin/keys/{name}/rotate`: the access keys programs sign
/// with, base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessKeyPair {
    /// The first.
    pub primary: Secret<String>,
    /// The other one.
    pub secondary: Secret<String>,
}

/// `POST /api/v1/admin/tokens`: a token for a person, or for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewToken {
    /// For whom.
    #[serde(flatten)]
    pub holder: TokenHolder,
    /// For how long it is to last, 60 to 1440.
    #[serde(deserialize_with = "whole::number")]
    #[schemars(range(min = 60, max = 1440))]
    pub minutes: u16,
}

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenHolder {
    /// A person.
    User {
        /// A user name, or an identity.
        #[schemars(regex(pattern = r"^(8:[!-~]{1,254}|[A-Za-z0-9_-][A-Za-z0-9._-]{0,63})$"))]
        name: String,
        /// What it is good for, with commas between the scopes; `chat,voip` when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(with = "Option<Scopes>")]
        scopes: Option<String>,
    },
    /// A program.
    App {
        /// What it is called.
        #[schemars(with = "UserName")]
        name: String,
    },
}

/// As the audit trail names it.
impl fmt::Display for TokenHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User { name, .. } => f.write_str(&as_kept(name)),
            Self::App { name } => write!(f, "app:{name}"),
        }
    }
}

/// A user name as accounts have it, however it was written; anything else as it is.
pub fn as_kept(name: &str) -> String {
    name.parse::<UserName>().map_or_else(|_| name.to_owned(), String::from)
}

/// `POST /api/v1/admin/tokens/revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RevokeTokens {
    /// Whose: a user name, or an identity.
    #[schemars(regex(pattern = r"^(8:[!-~]{1,254}|[A-Za-z0-9_-][A-Za-z0-9._-]{0,63})$"))]
    pub user: String,
}

/// The answer to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IssuedToken {
    /// The token (JWT).
    pub token: Secret<String>,
    /// When it runs out.
    pub expires_at: UnixMillis,
    /// Who acts with it, where that is a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}
