//! The keyring of the system: the Secret Service, the Keychain, the Credential Manager. Whatever becomes of it, it is known
//! within a short time, and nobody is asked anything: a keyring that is locked counts as none.

#[cfg(all(feature = "keyring", unix, not(target_os = "macos")))]
#[path = "secret_service.rs"]
mod system;

#[cfg(all(feature = "keyring", any(target_os = "macos", windows)))]
#[path = "native.rs"]
mod system;

#[cfg(not(all(feature = "keyring", any(unix, windows))))]
#[path = "none.rs"]
mod system;

use std::time::Duration;

use crate::base::secret::Secret;

/// How long the keyring may take to take something in. There is another place for that.
const TAKES_WITHIN: Duration = Duration::from_millis(1500);

/// How long it may take to hand something out: it is nowhere else. It may have to be started first.
const HANDS_OUT_WITHIN: Duration = Duration::from_secs(4);

/// What all items of this program are found by.
const PROGRAM: &str = "switchboard";

/// Why the keyring is of no use now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringTrouble {
    /// There is none.
    #[error("there is no keyring here ({0})")]
    Absent(String),
    /// It is locked.
    #[error("the keyring is locked")]
    Locked,
    /// It does not answer.
    #[error("the keyring does not answer")]
    Slow,
    /// It answers, and does not do it.
    #[error("the keyring fails: {0}")]
    Failed(String),
}

/// The keyring of this user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keyring {
    /// Where it is looked for; `None` is where the system has it. For a bus of one's own.
    bus: Option<String>,
}

impl Keyring {
    /// The keyring on the D-Bus at `address`.
    #[cfg(test)]
    pub(super) fn on(address: &str) -> Self {
        Self { bus: Some(address.to_owned()) }
    }

    /// Keeps `secret` as `item`, in place of what was kept as that; a person who looks into the keyring sees `label`. It is
    /// read back before it counts as kept.
    ///
    /// # Errors
    /// When it is not known to be kept.
    pub(super) async fn put(&self, item: &str, label: &str, secret: &Secret<String>) -> Result<(), KeyringTrouble> {
        let putting = async {
            system::put(self.bus.as_deref(), item, label, secret).await?;
            match system::get(self.bus.as_deref(), item).await? {
                Some(kept) if kept == *secret => Ok(()),
                _ => Err(KeyringTrouble::Failed("it kept something else".to_owned())),
            }
        };
        within(TAKES_WITHIN, putting).await
    }

    /// What is kept as `item`; `None` where nothing is.
    ///
    /// # Errors
    /// When that is not known.
    pub(super) async fn get(&self, item: &str) -> Result<Option<Secret<String>>, KeyringTrouble> {
        within(HANDS_OUT_WITHIN, system::get(self.bus.as_deref(), item)).await
    }

    /// Forgets `item`.
    ///
    /// # Errors
    /// When it may still be there.
    pub(super) async fn remove(&self, item: &str) -> Result<(), KeyringTrouble> {
        within(TAKES_WITHIN, system::remove(self.bus.as_deref(), item)).await
    }
}

async fn within<T>(
    patience: Duration,
    asked: impl Future<Output = Result<T, KeyringTrouble>>,
) -> Result<T, KeyringTrouble> {
    tokio::time::timeout(patience, asked).await.unwrap_or(Err(KeyringTrouble::Slow))
}

#[cfg(all(test, feature = "keyring", unix, not(target_os = "macos")))]
#[path = "tests.rs"]
pub(super) mod tests;
