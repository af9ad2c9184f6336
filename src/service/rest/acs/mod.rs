//! The REST of Azure Communication Services, as far as the official identity SDKs speak it: who may come in, and how
//! often, in which words a refusal goes out, and the handlers themselves.

mod door;
mod entra;
mod error;
mod identity;
mod limits;
pub mod signature;

pub(super) use self::door::{Unproven, answer_as_asked, in_bounds, known_version, programs, signed_by_a_key};
pub(super) use self::entra::{access as exchange_for_access, teams_user};
pub(super) use self::error::in_its_words;
pub(super) use self::identity::{create, delete, issue, revoke};
pub(super) use self::limits::Limits;

/// The longest body of a request of a program, in bytes.
pub(super) const MAX_BODY: usize = 64 * 1024;
