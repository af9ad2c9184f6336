//! Why something failed, where an error only says that it did.

use std::error::Error;

/// What is at the end of the chain of causes: what a person can act on ("Connection refused").
pub fn innermost(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
