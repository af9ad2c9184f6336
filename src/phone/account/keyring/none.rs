//! No keyring: this program was built without one, or for a system that has none it knows.

use super::KeyringTrouble;
use crate::base::secret::Secret;

fn absent() -> KeyringTrouble {
    KeyringTrouble::Absent("this program was built without one".to_owned())
}

pub(super) async fn put(_: Option<&str>, _: &str, _: &str, _: &Secret<String>) -> Result<(), KeyringTrouble> {
    std::future::ready(Err(absent())).await
}

pub(super) async fn get(_: Option<&str>, _: &str) -> Result<Option<Secret<String>>, KeyringTrouble> {
    std::future::ready(Err(absent())).await
}

pub(super) async fn remove(_: Option<&str>, _: &str) -> Result<(), KeyringTrouble> {
    std::future::ready(Err(absent())).await
}
