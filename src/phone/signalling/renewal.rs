//! Renews the access token in time, beside whatever else the connection carries: a service that is slow to answer, or a
//! program that takes its time, holds up no call.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::base::deadline::sleep_until;
use crate::base::secret::Secret;
use crate::base::seed::Seed;
use crate::base::{clock, task};
use crate::phone::account::{Account, AccountError};
use crate::texts::token;

/// Waits after renewals that failed: doubled from the first to the last, each shortened by up to a quarter at random.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(60);

/// A renewal comes up to a twentieth of its time early, so that phones that connected at once do not renew at once.
const EARLY: f64 = 0.05;

/// A token that can't be renewed is told of when it has this long to live.
const TOLD_BEFORE: Duration = Duration::from_secs(5 * 60);

/// How long the end of a connection waits for a renewal that is under way.
const FINISH_WITHIN: Duration = Duration::from_secs(12);

/// What comes of it.
#[derive(Debug)]
pub(super) enum Renewed {
    /// Another token, for the service to know.
    Token(Secret<String>),
    /// The token ends, and there is no next one as things are: what a person should know.
    Ends(String),
}

type Outcome = (Account, Result<Secret<String>, AccountError>);

/// The renewals of one connection.
#[derive(Debug)]
pub(super) struct Renewal {
    due: Option<Instant>,
    tell_at: Option<Instant>,
    running: Option<oneshot::Receiver<Outcome>>,
    wait: Duration,
    /// Why the last one failed, and whether that is to be told at once: it is for a person to mend.
    failed: Option<String>,
    tell_now: bool,
    last: Secret<String>,
}

impl Renewal {
    /// That of the account's token, which was just taken.
    pub(super) fn of(account: &Account) -> Self {
        let mut renewal = Self {
            due: None,
            tell_at: None,
            running: None,
            wait: FIRST_RETRY,
            failed: None,
            tell_now: false,
            last: account.present_token(),
        };
        renewal.plan(account, 0.0);
        renewal
    }

    /// The next thing that comes of it. Nothing is lost when this is dropped before.
    pub(super) async fn next(&mut self, account: &mut Account, seed: &mut Seed) -> Renewed {
        loop {
            if std::mem::take(&mut self.tell_now) {
                return self.ends(account);
            }
            if let Some(running) = &mut self.running {
                tokio::select! {
                    outcome = running => {
                        self.running = None;
                        if let Some(token) = self.take(outcome.ok(), account, seed) {
                            return Renewed::Token(token);
                        }
                    }
                    () = sleep_until(self.tell_at) => return self.ends_soon(account),
                }
            } else {
                tokio::select! {
                    () = sleep_until(self.due) => self.running = Some(begin(account.clone())),
                    () = sleep_until(self.tell_at) => return self.ends_soon(account),
                }
            }
        }
    }

    /// Waits for a renewal that is under way, and keeps what comes of it.
    pub(super) async fn finish(self, account: &mut Account) {
        let Some(running) = self.running else { return };
        if let Ok(Ok((renewed, Ok(_)))) = tokio::time::timeout(FINISH_WITHIN, running).await {
            *account = renewed;
        }
    }

    /// When there is a new token, it; otherwise it is tried again.
    fn take(&mut self, outcome: Option<Outcome>, account: &mut Account, seed: &mut Seed) -> Option<Secret<String>> {
        let failed = match outcome {
            Some((renewed, Ok(token))) if token != self.last => {
                *account = renewed;
                self.last = token.clone();
                (self.wait, self.failed) = (FIRST_RETRY, None);
                self.plan(account, seed.unit());
                return Some(token);
            }
            Some((_, Ok(_))) => "it is the one there was".to_owned(),
            // No try changes this: the token there is serves to its end.
            Some((_, Err(AccountError::Refused(failure)))) => {
                tracing::warn!(%failure, "the token is not renewed any more");
                (self.due, self.failed, self.tell_now) = (None, Some(failure.message), true);
                return None;
            }
            Some((_, Err(why))) => {
                self.tell_now = self.failed.is_none() && matches!(why, AccountError::File { .. });
                why.to_string()
            }
            None => "it was given up".to_owned(),
        };
        tracing::warn!(why = failed, "the token could not be renewed");
        self.failed = Some(failed);
        self.due = Some(clock::now() + self.wait.mul_f64(1.0 - seed.unit() / 4.0));
        self.wait = (self.wait * 2).min(LAST_RETRY);
        None
    }

    /// Sets the times for the token there is now; `early` from 0 to 1 spreads them.
    fn plan(&mut self, account: &Account, early: f64) {
        let now = clock::now();
        self.due = account.renewal_in().map(|wait| now + wait.mul_f64(1.0 - early * EARLY));
        let left = account.expires_at().map(|at| at.since(clock::unix_now()));
        let left = left.map(|left| Duration::from_millis(u64::try_from(left).unwrap_or(0)));
        self.tell_at = left.map(|left| {
            // Of a short life that is renewed in time, only its last part is told of.
            let before = if account.renews() { TOLD_BEFORE.min(left / 6) } else { TOLD_BEFORE };
            now + left.saturating_sub(before)
        });
    }

    fn ends_soon(&mut self, account: &Account) -> Renewed {
        self.tell_at = None;
        self.ends(account)
    }

    fn ends(&self, account: &Account) -> Renewed {
        let left = account.expires_at().map_or(0, |at| at.since(clock::unix_now()).max(0));
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        Renewed::Ends(token::ends(left, self.failed.as_deref()))
    }
}

/// Renews on a task of its own, which goes on whatever becomes of the connection.
fn begin(mut account: Account) -> oneshot::Receiver<Outcome> {
    let (to, from) = oneshot::channel();
    task::spawn("renewal", async move {
        let renewed = account.renew().await;
        to.send((account, renewed)).ok();
    });
    from
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::base::seed::Seed;
    use crate::config::ServerUrl;
    use crate::protocol::failure::{Failure, FailureCode};

    /// An account with a token from outside that lasts so long.
    fn account(seconds: i64) -> Account {
        let now = clock::unix_now().0 / 1000;
        let claims = format!(r#"{{"iat":{now},"exp":{}}}"#, now + seconds);
        let token = format!("e30.{}.x", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims));
        Account::token("127.0.0.1:1".parse::<ServerUrl>().unwrap(), token.into())
    }

    fn failure(code: FailureCode) -> AccountError {
        AccountError::Refused(Failure::new(code, "revoked"))
    }

    #[test]
    fn renewals_that_fail_are_tried_again_after_ever_longer_waits() {
        for seed in 0..20 {
            let (mut account, mut seed) = (account(3600), Seed::new(seed));
            let mut renewal = Renewal::of(&account);
            for longest in [1, 2, 4, 8, 16, 32, 60, 60] {
                let failed = (account.clone(), Err(AccountError::Unreachable("no answer".to_owned())));
                assert!(renewal.take(Some(failed), &mut account, &mut seed).is_none());
                let wait = renewal.due.unwrap().saturating_duration_since(clock::now());
                let longest = Duration::from_secs(longest);
                assert!(wait <= longest && wait > longest.mul_f64(0.7), "{seed:?}: {wait:?} of {longest:?}");
            }
            assert_eq!(renewal.failed.as_deref(), Some("no answer"));
        }
    }

    #[test]
    fn the_same_token_again_is_none_and_another_one_ends_the_waiting() {
        let (mut account, mut seed) = (account(3600), Seed::new(1));
        let mut renewal = Renewal::of(&account);
        let same = (account.clone(), Ok(account.present_token()));
        assert!(renewal.take(Some(same), &mut account, &mut seed).is_none());
        assert!(renewal.take(None, &mut account, &mut seed).is_none());
        let other = Secret::new("a.b.c".to_owned());
        let renewed = (account.clone(), Ok(other.clone()));
        assert_eq!(renewal.take(Some(renewed), &mut account, &mut seed), Some(other));
        assert_eq!((renewal.wait, renewal.failed), (FIRST_RETRY, None));
    }

    #[test]
    fn what_the_service_refuses_is_not_asked_again() {
        let (mut account, mut seed) = (account(3600), Seed::new(1));
        let mut renewal = Renewal::of(&account);
        let refused = (account.clone(), Err(failure(FailureCode::Unauthenticated)));
        assert!(renewal.take(Some(refused), &mut account, &mut seed).is_none());
        assert_eq!((renewal.due, renewal.failed.as_deref()), (None, Some("revoked")));
    }

    #[tokio::test]
    async fn what_only_a_person_can_mend_is_told_at_once() {
        let damaged =
            || AccountError::File { path: "sign-in.json".into(), source: std::io::ErrorKind::InvalidData.into() };
        for (why, said) in [(failure(FailureCode::Unauthenticated), "revoked"), (damaged(), "sign-in.json")] {
            let (mut account, mut seed) = (account(3600), Seed::new(1));
            let mut renewal = Renewal::of(&account);
            assert!(renewal.take(Some((account.clone(), Err(why))), &mut account, &mut seed).is_none());
            let Renewed::Ends(text) = renewal.next(&mut account, &mut seed).await else { panic!("renewed") };
            assert!(text.contains("ends in 60 min") && text.contains(said), "{text}");
        }
        // It is tried again, and not told each time.
        let (mut account, mut seed) = (account(3600), Seed::new(1));
        let mut renewal = Renewal::of(&account);
        for told in [true, false] {
            assert!(renewal.take(Some((account.clone(), Err(damaged()))), &mut account, &mut seed).is_none());
            assert_eq!((renewal.tell_now, renewal.due.is_some()), (told, true));
        }
    }

    #[tokio::test]
    async fn a_token_that_can_not_be_renewed_is_told_of_in_its_last_minutes() {
        let (mut short, mut seed) = (account(200), Seed::new(1));
        let Renewed::Ends(text) = Renewal::of(&short).next(&mut short, &mut seed).await else { panic!() };
        assert!(text.contains("ends in 4 min") && text.contains("can't renew it"), "{text}");
        let renewal = Renewal::of(&account(3600));
        let until = renewal.tell_at.unwrap().saturating_duration_since(clock::now());
        assert!(until > Duration::from_secs(3200) && until <= Duration::from_secs(3300), "{until:?}");
        assert_eq!(renewal.due, None);
    }
}
