//! The Keychain of macOS, and the Credential Manager of Windows. Their calls block, and are made on threads for that.

use std::sync::Arc;

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
use keyring_core::api::CredentialStoreApi;
use keyring_core::{Entry, Error};
#[cfg(windows)]
use windows_native_keyring_store::Store;

use super::{KeyringTrouble, PROGRAM};
use crate::base::secret::Secret;

/// Keeps it; what a person sees there is the item, which stands in the file of the sign-in.
pub(super) async fn put(
    _: Option<&str>,
    item: &str,
    _label: &str,
    secret: &Secret<String>,
) -> Result<(), KeyringTrouble> {
    // As bytes: as text, Windows keeps half as much.
    let secret = secret.clone();
    on(item, move |entry| entry.set_secret(secret.expose().as_bytes())).await
}

pub(super) async fn get(_: Option<&str>, item: &str) -> Result<Option<Secret<String>>, KeyringTrouble> {
    let kept = on(item, |entry| match entry.get_secret() {
        Ok(kept) => Ok(Some(kept)),
        Err(Error::NoEntry) => Ok(None),
        Err(why) => Err(why),
    });
    let kept = kept.await?.map(String::from_utf8).transpose();
    kept.map(|kept| kept.map(Secret::new)).map_err(|_| KeyringTrouble::Failed("it holds no text".to_owned()))
}

pub(super) async fn remove(_: Option<&str>, item: &str) -> Result<(), KeyringTrouble> {
    on(item, |entry| match entry.delete_credential() {
        Err(Error::NoEntry) => Ok(()),
        done => done,
    })
    .await
}

/// Does something with an item.
async fn on<T: Send + 'static>(
    item: &str,
    does: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeyringTrouble> {
    let item = item.to_owned();
    let asked = tokio::task::spawn_blocking(move || {
        let store: Arc<Store> = Store::new()?;
        does(&store.build(PROGRAM, &item, None)?)
    });
    match asked.await {
        Ok(done) => done.map_err(trouble),
        Err(why) => Err(KeyringTrouble::Failed(why.to_string())),
    }
}

fn trouble(why: Error) -> KeyringTrouble {
    match why {
        Error::NoStorageAccess(_) => KeyringTrouble::Locked,
        why => KeyringTrouble::Failed(why.to_string()),
    }
}
