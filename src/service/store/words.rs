//! Values that are one word on the wire: the store uses the same.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;

/// The word for a value.
pub(super) fn word<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("values that are stored so are words on the wire, not {other:?}"),
    }
}

/// The value of a word.
pub(super) fn from_word<T: DeserializeOwned>(word: String) -> Result<T, StoreError> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(|_| StoreError::Damaged("word"))
}
