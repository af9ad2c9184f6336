//! Signing in with an account at another issuer, by the device authorization grant (RFC 8628): the service is the client
//! there, so phones need to know nothing of it. What the issuer's answers mean is `answer`, when it is asked `waiting`,
//! what people are called here `names`: all of them pure. Whose account it is, `outsiders` decides.
//!
//! The device code stays here. Whoever began a sign-in asks after it by a handle, which is random, works once, and is
//! forgotten when the sign-in is over.

mod answer;
mod names;
mod provider;
mod waiting;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use self::answer::{Begun, Told};
pub(super) use self::names::Names;
use self::provider::Provider;
use self::waiting::{Heard, Step, Waiting};
use super::{Identities, Issuers, locked};
use crate::base::secret::Secret;
use crate::base::{clock, entropy};
use crate::config::{Oidc, OidcAccounts};
use crate::domain::id::UserName;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode, SIGN_IN_DENIED, SIGN_IN_OVER};
use crate::protocol::rest::{DeviceSignIn, SignedIn};
use crate::service::limits::{self, Buckets, Rate};

/// How many sign-ins may be open at once.
const MAX_OPEN: usize = 1024;

/// How many of them from one peer: people behind one address, and few peers never hold all there are.
const MAX_OPEN_PER_PEER: usize = 32;

/// How often a peer may begin one.
const PER_PEER: Rate = Rate { burst: 10, every: Duration::from_secs(20) };

/// How many peers are remembered for that.
const PEERS: usize = 10_000;

/// Sign-ins with accounts at another issuer, where the settings name one. Cheap to clone; all clones share what is open.
#[derive(Clone)]
pub struct DeviceSignIns {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    provider: Provider,
    accounts: OidcAccounts,
    open: Mutex<Open>,
}

struct Open {
    by_handle: HashMap<String, Entry>,
    begun: Buckets<IpAddr>,
}

#[derive(Clone)]
struct Entry {
    /// Who began it.
    peer: IpAddr,
    ends: Instant,
    /// Held while the issuer is asked.
    sign_in: Arc<tokio::sync::Mutex<SignIn>>,
}

/// A sign-in that is open.
struct SignIn {
    device_code: Secret<String>,
    nonce: String,
    waiting: Waiting,
}

/// How a sign-in stands.
#[derive(Debug)]
pub enum Polled {
    /// The issuer waits for the person; ask again after this long.
    Pending(Duration),
    /// Done.
    Done {
        /// The tokens.
        signed_in: Box<SignedIn>,
        /// The account that was made for it.
        made: Option<UserName>,
    },
}

impl DeviceSignIns {
    /// Those of the settings; `secret` is that of the client there, if it has one. Nothing is fetched yet, and nothing twice
    /// that `issuers` know.
    pub fn new(settings: &Oidc, secret: Option<Secret<String>>, issuers: &Issuers) -> Self {
        let inner = settings.sign_in.as_ref().map(|issuer| {
            let open = Open { by_handle: HashMap::new(), begun: Buckets::new(PER_PEER, PEERS) };
            let provider = Provider::new((issuer, issuers.source(issuer)), settings, secret);
            Arc::new(Inner { provider, accounts: settings.accounts, open: Mutex::new(open) })
        });
        Self { inner }
    }

    /// The host of the issuer people sign in with, if there is one.
    pub fn host(&self) -> Option<&str> {
        self.inner.as_ref().map(|inner| inner.provider.host())
    }

    /// Begins a sign-in: what the person has to do, and what to ask after it by.
    ///
    /// # Errors
    /// `not_found` where people sign in with passwords only; `too_many_requests` for a peer that begins too many or has too
    /// many open, and while too many are open of all; `unavailable` when the issuer can't be asked, or refuses.
    pub async fn begin(&self, peer: IpAddr) -> Result<DeviceSignIn, Failure> {
        let (inner, peer) = (self.inner()?, limits::peer(peer));
        inner.count(peer)?;
        // Before the issuer is asked, who would begin what nobody can finish.
        locked(&inner.open).has_room(peer, clock::now())?;
        let nonce = random();
        let begun = inner.provider.begin(&nonce).await.map_err(|why| inner.unavailable(&why))?;
        let handle = random();
        inner.keep(&handle, peer, nonce, &begun)?;
        Ok(DeviceSignIn {
            handle: Secret::new(handle),
            issuer: inner.provider.host().to_owned(),
            user_code: begun.user_code,
            verification_uri: begun.verification_uri,
            verification_uri_complete: begun.verification_uri_complete,
            expires_in: seconds(begun.expires_in),
            interval: seconds(begun.interval),
        })
    }

    /// How a sign-in stands; the issuer is asked no more often than it wants to be. When it is done, who it is is signed in
    /// to `identities`.
    ///
    /// # Errors
    /// `not_found` with [`SIGN_IN_OVER`] when it ran out or there is none such, `forbidden` with [`SIGN_IN_DENIED`] when the
    /// person said no, `forbidden` for a disabled account or none, `unavailable` when the issuer can't be understood.
    pub async fn poll(
        &self,
        handle: &Secret<String>,
        identities: &Identities,
        now: UnixMillis,
    ) -> Result<Polled, Failure> {
        let inner = self.inner()?;
        let entry = inner.find(handle.expose()).ok_or_else(over)?;
        // Somebody else asks after the same one at this moment.
        let Ok(mut sign_in) = entry.sign_in.try_lock() else { return Ok(Polled::Pending(Duration::from_secs(1))) };
        // It may have ended between the two lines above.
        inner.find(handle.expose()).ok_or_else(over)?;
        match sign_in.waiting.step(clock::now()) {
            Step::Wait(left) => return Ok(Polled::Pending(left)),
            Step::Over => {
                inner.forget(handle.expose());
                return Err(over());
            }
            Step::Ask => {}
        }
        let told = inner.provider.ask(&sign_in.device_code).await;
        let heard = match told {
            Told::Pending => Heard::Pending,
            Told::SlowDown => Heard::SlowDown,
            Told::Nothing(why) => {
                tracing::warn!(why, "the issuer that people sign in with can't be asked");
                Heard::Nothing
            }
            last => {
                inner.forget(handle.expose());
                return inner.conclude(last, &sign_in.nonce, identities, now).await;
            }
        };
        Ok(Polled::Pending(sign_in.waiting.heard(heard, clock::now())))
    }

    fn inner(&self) -> Result<&Arc<Inner>, Failure> {
        let message = "this service has no issuer that people sign in with: sign in with a user name and a password; \
                       whoever runs it names one as oidc.sign_in in its settings";
        self.inner.as_ref().ok_or_else(|| Failure::new(FailureCode::NotFound, message))
    }
}

impl Inner {
    /// What the last answer of the issuer means for whoever signs in.
    async fn conclude(
        &self,
        told: Told,
        nonce: &str,
        identities: &Identities,
        now: UnixMillis,
    ) -> Result<Polled, Failure> {
        let host = self.provider.host();
        let tokens = match told {
            Told::Tokens(tokens) => tokens,
            Told::Denied => {
                let refused = Failure::new(FailureCode::Forbidden, format!("the sign-in was refused at {host}"));
                return Err(refused.with_sub_code(SIGN_IN_DENIED));
            }
            Told::Broken(why) | Told::Nothing(why) => return Err(self.unavailable(&why)),
            Told::Expired | Told::Pending | Told::SlowDown => return Err(over()),
        };
        let vouched = self.provider.vouched(&tokens, nonce, now).await.map_err(|why| self.unavailable(&why))?;
        let (who, names) = vouched;
        let (signed_in, made) = identities.sign_in_outsider(&who, &names, self.accounts, now).await?;
        Ok(Polled::Done { signed_in: Box::new(signed_in), made })
    }

    /// Counts a beginning of a peer.
    fn count(&self, peer: IpAddr) -> Result<(), Failure> {
        let taken = locked(&self.open).begun.take(peer, clock::now());
        taken.map_err(|limits::Wait(wait)| too_many(wait))
    }

    fn keep(&self, handle: &str, peer: IpAddr, nonce: String, begun: &Begun) -> Result<(), Failure> {
        let (mut open, now) = (locked(&self.open), clock::now());
        open.has_room(peer, now)?;
        let waiting = Waiting::new(begun.interval, begun.expires_in, now);
        let sign_in = SignIn { device_code: begun.device_code.clone(), nonce, waiting };
        let (ends, sign_in) = (now + begun.expires_in, Arc::new(tokio::sync::Mutex::new(sign_in)));
        let entry = Entry { peer, ends, sign_in };
        open.by_handle.insert(handle.to_owned(), entry);
        Ok(())
    }

    fn find(&self, handle: &str) -> Option<Entry> {
        locked(&self.open).by_handle.get(handle).cloned()
    }

    fn forget(&self, handle: &str) {
        locked(&self.open).by_handle.remove(handle);
    }

    /// That the issuer is of no use now; why is for the log of whoever runs the service.
    fn unavailable(&self, why: &str) -> Failure {
        let host = self.provider.host();
        tracing::warn!(host, why, "nobody can sign in with the issuer");
        let message =
            format!("nobody can sign in with {host} just now; try again later, or ask whoever runs the service");
        Failure::new(FailureCode::Unavailable, message)
    }
}

impl Open {
    /// Forgets what ran out; refuses where as many are open as may be, of all or of `peer`.
    fn has_room(&mut self, peer: IpAddr, now: Instant) -> Result<(), Failure> {
        self.by_handle.retain(|_, entry| entry.ends > now);
        let of_peer: Vec<_> = self.by_handle.values().filter(|entry| entry.peer == peer).collect();
        let first_ends = of_peer.iter().map(|entry| entry.ends).min();
        if let Some(ends) = first_ends.filter(|_| of_peer.len() >= MAX_OPEN_PER_PEER) {
            return Err(too_many_open(ends.saturating_duration_since(now)));
        }
        if self.by_handle.len() < MAX_OPEN { Ok(()) } else { Err(too_many(Duration::from_secs(60))) }
    }
}

/// 256 random bits as text.
fn random() -> String {
    URL_SAFE_NO_PAD.encode(entropy::bytes::<32>())
}

fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs()).unwrap_or(u32::MAX)
}

fn over() -> Failure {
    let message = "this sign-in ran out, or is over: begin again";
    Failure::new(FailureCode::NotFound, message).with_sub_code(SIGN_IN_OVER)
}

fn too_many(wait: Duration) -> Failure {
    let seconds = wait.as_secs() + 1;
    Failure::new(FailureCode::TooManyRequests, format!("too many sign-ins were begun; try again in {seconds} s"))
}

fn too_many_open(wait: Duration) -> Failure {
    let seconds = wait.as_secs() + 1;
    let message = format!(
        "{MAX_OPEN_PER_PEER} sign-ins are open from this address; finish one of them, or try again in {seconds} s"
    );
    Failure::new(FailureCode::TooManyRequests, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(open: &mut Open, peer: IpAddr, ends: Instant, now: Instant) -> Result<(), Failure> {
        open.has_room(peer, now)?;
        let waiting = Waiting::new(Duration::from_secs(5), ends - now, now);
        let sign_in = SignIn { device_code: Secret::new(random()), nonce: random(), waiting };
        let sign_in = Arc::new(tokio::sync::Mutex::new(sign_in));
        open.by_handle.insert(random(), Entry { peer, ends, sign_in });
        Ok(())
    }

    #[test]
    fn a_peer_holds_few_of_the_sign_ins_that_may_be_open() {
        let mut open = Open { by_handle: HashMap::new(), begun: Buckets::new(PER_PEER, PEERS) };
        let now = clock::now();
        let [one, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        for number in 0..32 {
            begin(&mut open, one, now + Duration::from_secs(60 + number), now).unwrap();
        }
        let refused = begin(&mut open, one, now + Duration::from_secs(60), now).unwrap_err();
        assert_eq!(refused.code, FailureCode::TooManyRequests);
        assert!(refused.message.contains("61 s"), "{refused}: when the first of them runs out");
        begin(&mut open, other, now + Duration::from_secs(60), now).unwrap();
        let later = now + Duration::from_secs(60);
        begin(&mut open, one, later + Duration::from_secs(60), later).unwrap();
    }
}
