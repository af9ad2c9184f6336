//! What is kept in the audit trail.

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// An account was made.
    AccountAdded,
    /// An account was closed to sign-ins.
    AccountDisabled,
    /// An account was opened to sign-ins again.
    AccountEnabled,
    /// An account was removed for good.
    AccountRemoved,
    /// An account got another password.
    PasswordReset,
    /// An account is shown under another name.
    DisplayNameChanged,
    /// An account got another role.
    RoleChanged,
    /// An account belongs to another organisation.
    OrganisationChanged,
    /// Somebody whom another issuer knows was bound to an account.
    SubjectBound,
    /// That was ended.
    SubjectUnbound,
    /// Somebody made an account without an administrator.
    AccountSignedUp,
    /// A refresh token was used that was exchanged before: somebody had a copy, and the sign-in was ended.
    RefreshTokenReused,
    /// Somebody was kept from trying more passwords.
    SignInThrottled,
    /// A program made an identity.
    IdentityMade,
    /// An identity was deleted.
    IdentityDeleted,
    /// An access token was issued for an identity, or for an app.
    TokenIssued,
    /// All tokens of an identity were revoked.
    TokensRevoked,
    /// An access key was replaced.
    AccessKeyRotated,
    /// An access key was shown.
    AccessKeysShown,
    /// Tokens are signed with another key.
    SigningKeyRotated,
    /// A backup was made.
    BackupMade,
}

impl Deed {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountAdded => "account-added",
            Self::AccountDisabled => "account-disabled",
            Self::AccountEnabled => "account-enabled",
            Self::AccountRemoved => "account-removed",
            Self::PasswordReset => "password-reset",
            Self::DisplayNameChanged => "display-name-changed",
            Self::RoleChanged => "role-changed",
            Self::OrganisationChanged => "organisation-changed",
            Self::SubjectBound => "subject-bound",
            Self::SubjectUnbound => "subject-unbound",
            Self::AccountSignedUp => "account-signed-up",
            Self::RefreshTokenReused => "refresh-token-reused",
            Self::SignInThrottled => "sign-in-throttled",
            Self::IdentityMade => "identity-made",
            Self::IdentityDeleted => "identity-deleted",
            Self::TokenIssued => "token-issued",
            Self::TokensRevoked => "tokens-revoked",
            Self::AccessKeyRotated => "access-key-rotated",
            Self::AccessKeysShown => "access-keys-shown",
            Self::SigningKeyRotated => "signing-key-rotated",
            Self::BackupMade => "backup-made",
        }
    }
}
