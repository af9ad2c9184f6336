//! Password hashes: argon2id, off the async threads, few at once.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use tokio::sync::Semaphore;

use crate::base::entropy;
use crate::base::secret::Secret;
use crate::protocol::failure::{Failure, FailureCode};

/// How long a password is, in characters.
pub(super) const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;

/// 46 MiB, one pass, one lane: the first of the equally strong settings of OWASP's password storage cheat sheet. Taken
/// rather than its 19 MiB sibling because the C library maps blocks above 32 MiB one by one and gives them back at once,
/// where smaller ones would stay with the process.
const MEMORY_KIB: u32 = 47_104;
const PASSES: u32 = 1;
const LANES: u32 = 1;

/// A hash nobody has the password of, with the costs above: what unknown users are compared with.
const NOBODY: &str = "$argon2id$v=19$m=47104,t=1,p=1$bm9ib2R5cy1zYWx0LTE2$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes at once; bounds memory and leaves a core to the calls.
const AT_ONCE: usize = 2;

/// Hashes waiting or running; more are refused.
const WAITING: usize = 64;

/// Hashes and compares passwords.
pub(super) struct Passwords {
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { running: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::new(Semaphore::new(WAITING)) }
    }

    /// The hash to keep, in PHC form.
    ///
    /// # Errors
    /// `bad_request` for a password too short or too long; `unavailable` when too many wait.
    pub(super) async fn hash(&self, password: Secret<String>) -> Result<Secret<String>, Failure> {
        if !LENGTH.contains(&password.expose().chars().count()) {
            let message = format!("a password has {} to {} characters", LENGTH.start(), LENGTH.end());
            return Err(Failure::new(FailureCode::BadRequest, message));
        }
        let hashed = self.run(move || argon2().hash_password_with_salt(password.expose().as_bytes(), &salt())).await?;
        hashed.map(|hash| Secret::new(hash.to_string())).map_err(|error| fault(&error))
    }

    /// Whether `password` is the one hashed. Takes the same work when there is no hash; the answer is no then.
    ///
    /// # Errors
    /// `unavailable` when too many wait.
    pub(super) async fn matches(
        &self,
        password: Secret<String>,
        hash: Option<Secret<String>>,
    ) -> Result<bool, Failure> {
        self.run(move || {
            let kept = hash.as_ref().map_or(NOBODY, |hash| hash.expose().as_str());
            let right = PasswordHash::new(kept)
                .is_ok_and(|kept| argon2().verify_password(password.expose().as_bytes(), &kept).is_ok());
            right && hash.is_some()
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
        let waiting = self.waiting.clone().try_acquire_owned().map_err(|_| {
            Failure::new(FailureCode::Unavailable, "too many people are signing in; try again in a few seconds")
        })?;
        let running = self.running.clone().acquire_owned().await.map_err(|error| fault(&error))?;
        let job = move || {
            // Held by the job, not by the caller, who may give up waiting while the work goes on.
            let _held = (waiting, running);
            work()
        };
        tokio::task::spawn_blocking(job).await.map_err(|error| fault(&error))
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the costs are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn salt() -> [u8; 16] {
    entropy::bytes()
}

fn fault(error: &dyn std::fmt::Display) -> Failure {
    tracing::error!(%error, "a password could not be hashed");
    Failure::new(FailureCode::Internal, "the service failed to check the password; its log knows more")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_password_that_was_hashed_matches() {
        let passwords = Passwords::new();
        let hash = passwords.hash(secret("correct horse")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=47104,t=1,p=1$"));
        assert!(passwords.matches(secret("correct horse"), Some(hash.clone())).await.unwrap());
        assert!(!passwords.matches(secret("correct hors"), Some(hash)).await.unwrap());
        assert!(!passwords.matches(secret("correct horse"), None).await.unwrap());
    }

    #[test]
    fn unknown_users_cost_what_known_ones_do() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let params = Params::try_from(&nobody).unwrap();
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), (MEMORY_KIB, PASSES, LANES));
        assert_eq!(nobody.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
    }

    #[tokio::test]
    async fn passwords_have_a_length() {
        let passwords = Passwords::new();
        for bad in ["seven..".to_owned(), "x".repeat(257)] {
            assert_eq!(passwords.hash(secret(&bad)).await.unwrap_err().code, FailureCode::BadRequest);
        }
        for good in ["eight...".to_owned(), "é".repeat(256)] {
            assert!(passwords.hash(secret(&good)).await.is_ok());
        }
    }
}
