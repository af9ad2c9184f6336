//! What the plain side answers an ACME authority that looks whether a host name is this service (HTTP-01, RFC 8555 section 8.3).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

/// Where such questions come in.
pub(crate) const ANSWER_PATH: &str = "/.well-known/acme-challenge/{token}";

/// Answers by their tokens. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answers(Arc<RwLock<HashMap<String, String>>>);

impl Answers {
    /// The answer to `token`, while an order is under way.
    pub(crate) fn to(&self, token: &str) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    /// Answers `token` from now on.
    pub(super) fn set(&self, token: &str, answer: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned(), answer.to_owned());
    }

    /// Answers nothing any more.
    pub(super) fn clear(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
