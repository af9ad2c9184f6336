//! Who people are: accounts, the communication identity of each, the tokens they act with, their friends.
//!
//! [`Identities`] is the one handle to it; its verbs are spread over the files of this module by subject. Refusals are
//! the typed failures that peers get. Knows nothing of calls or sockets; presence is only remembered as "last seen".

mod access_keys;
mod accounts;
mod admin_tokens;
mod blocks;
mod demo;
mod device;
mod friend_requests;
mod friends;
mod issuers;
mod keys;
mod outsiders;
mod passwords;
mod people;
mod programs;
mod remembered;
mod rules;
mod sign_in;
mod sign_up;
mod tally;
mod token;
mod tries;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use self::keys::KeyRing;
use self::passwords::Passwords;
use self::remembered::Remembered;
use self::tries::Tries;
use super::bus::{Listener, Topic};
use super::limits::{Buckets, Rate};
use super::store::identities::Gone;
use super::store::{Db, StoreError, settings};
use crate::base::secret::Secret;
use crate::base::{clock, entropy};
use crate::config;
use crate::domain::id::Identity;
use crate::domain::person::Person;

pub use self::access_keys::AccessKeys;
pub use self::blocks::MAX_BLOCKED;
pub use self::device::{DeviceSignIns, Polled};
pub use self::friend_requests::{Befriended, MAX_REQUESTS};
pub use self::friends::MAX_FRIENDS;
pub use self::issuers::{Issuers, NotBelieved, OutsideApp, Outsider};
pub use self::people::MAX_FOUND;
pub use self::tally::Tally;
pub use self::token::{Verified, VerifiedApp};

/// The longest a token may last: for so long, a signing key that was replaced goes on to verify.
pub const MAX_TOKEN_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// Of how many people it is remembered how often they asked to be friends.
const ASKERS: usize = 10_000;

/// What may be chosen about identities.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long an access token lasts. Whole seconds count; people may choose 60 min to 24 h.
    pub access_token_life: Duration,
    /// How long a refresh token lasts when it is not used.
    pub refresh_token_life: Duration,
    /// How often an account may be tried with a wrong password.
    pub per_account: Rate,
    /// How often a peer may give a wrong user name or password.
    pub per_peer: Rate,
    /// Whether people may make accounts for themselves.
    pub registration: bool,
    /// How people find each other and become friends.
    pub people: config::People,
    /// How often somebody may ask others to be friends.
    pub per_asker: Rate,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_life: Duration::from_secs(60 * 60),
            refresh_token_life: Duration::from_secs(30 * 24 * 60 * 60),
            per_account: Rate { burst: 10, every: Duration::from_secs(10) },
            per_peer: Rate { burst: 20, every: Duration::from_secs(5) },
            registration: false,
            people: config::People::default(),
            per_asker: Rate { burst: 20, every: Duration::from_secs(30) },
        }
    }
}

/// Why the identity service can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No signing key can be made, or the one stored can't be read.
    #[error("the token signing key can't be {0}")]
    Key(&'static str),
    /// The stored resource id is no GUID.
    #[error("the stored resource id is damaged")]
    Resource,
}

/// Accounts, identities, tokens and friends. Cheap to clone; all clones are the same service.
#[derive(Clone)]
pub struct Identities {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    settings: Settings,
    resource: Uuid,
    keys: KeyRing,
    remembered: Remembered,
    /// The latest instant a token was dated, in Unix milliseconds.
    last_dated: AtomicI64,
    passwords: Passwords,
    bots: Vec<Person>,
    demo_secret: Mutex<Option<Secret<String>>>,
    tries: Mutex<Tries>,
    sign_ups: Mutex<Buckets<IpAddr>>,
    asks: Mutex<Buckets<Identity>>,
    revoked: Topic<Identity>,
    standing_changed: Topic<Identity>,
    shown_otherwise: Topic<Identity>,
    gone: Topic<Gone>,
    tally: Tally,
}

impl Identities {
    /// Starts the identity service on an open database, making its resource id and signing key on the first start.
    /// `bots` are people without an account who can be found, called and befriended.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(db: Db, settings: Settings, bots: Vec<Person>) -> Result<Self, StartError> {
        let resource = settings::keep(&db, "resource_id", &entropy::uuid().to_string()).await?;
        let resource = resource.parse().map_err(|_| StartError::Resource)?;
        let keys = KeyRing::load(&db, clock::unix_now()).await?;
        let tries = Mutex::new(Tries::new(&settings));
        let asks = Buckets::new(settings.per_asker, ASKERS);
        let inner = Inner {
            db,
            settings,
            resource,
            keys,
            remembered: Remembered::default(),
            last_dated: AtomicI64::new(0),
            passwords: Passwords::new(),
            bots,
            demo_secret: Mutex::new(None),
            tries,
            sign_ups: Mutex::new(tries::sign_ups()),
            asks: Mutex::new(asks),
            revoked: Topic::new(),
            standing_changed: Topic::new(),
            shown_otherwise: Topic::new(),
            gone: Topic::new(),
            tally: Tally::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The id of this service as a resource: the first part of every identity it makes.
    pub fn resource(&self) -> Uuid {
        self.inner.resource
    }

    /// The public keys tokens are verified with, as a JWK set (RFC 7517).
    pub fn jwks(&self) -> serde_json::Value {
        self.inner.keys.jwks(clock::unix_now())
    }

    /// What was done so far, counted.
    pub fn tally(&self) -> &Tally {
        &self.inner.tally
    }

    /// Hears of identities whose tokens stop counting at once: revoked, disabled, deleted, or given a new password.
    pub fn revoked(&self) -> Listener<Identity> {
        self.inner.revoked.listen()
    }

    fn bot(&self, identity: &Identity) -> Option<&Person> {
        self.inner.bots.iter().find(|bot| bot.identity == *identity)
    }
}

/// The value behind a lock, also after a panic of another holder: none of ours leaves a value half changed.
fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
