//! The two access keys programs sign their requests with: either counts, so that one can be replaced while programs
//! still use the other.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{StartError, locked};
use crate::base::secret::Secret;
use crate::base::{clock, entropy};
use crate::protocol::failure::Failure;
use crate::protocol::rest::{AccessKeyName, AccessKeyPair};
use crate::service::store::{Db, StoreError, access_keys};

/// As many bytes as a key of ACS has.
const BYTES: usize = 64;

/// The access keys of a service. Cheap to clone; all clones are the same keys.
#[derive(Clone)]
pub struct AccessKeys {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    /// Primary, secondary.
    kept: Mutex<[AccessKey; 2]>,
    /// Held while one is replaced, so that the last one on the disk is the last one here.
    rotating: tokio::sync::Mutex<()>,
}

/// One access key.
#[derive(Debug, Clone)]
struct AccessKey {
    text: Secret<String>,
    bytes: Secret<Vec<u8>>,
}

impl AccessKeys {
    /// The keys kept in an open database; made there on the first start.
    ///
    /// # Errors
    /// When the store fails, or a kept key is damaged.
    pub async fn load(db: Db) -> Result<Self, StartError> {
        let [primary, secondary] = AccessKeyName::ALL;
        let kept = [kept(&db, primary).await?, kept(&db, secondary).await?];
        let rotating = tokio::sync::Mutex::default();
        Ok(Self { inner: Arc::new(Inner { db, kept: Mutex::new(kept), rotating }) })
    }

    /// Both keys, as text.
    pub fn pair(&self) -> AccessKeyPair {
        let [primary, secondary] = &*locked(&self.inner.kept);
        AccessKeyPair { primary: primary.text.clone(), secondary: secondary.text.clone() }
    }

    /// Both keys, as the bytes that sign.
    pub fn bytes(&self) -> [Secret<Vec<u8>>; 2] {
        locked(&self.inner.kept).each_ref().map(|key| key.bytes.clone())
    }

    /// Makes a new key in the place of one. What was signed with the old one is refused from now on; the other key goes
    /// on counting.
    ///
    /// # Errors
    /// When the store fails; the old key counts then.
    pub async fn rotate(&self, name: AccessKeyName) -> Result<AccessKeyPair, Failure> {
        let made = made();
        let _turn = self.inner.rotating.lock().await;
        access_keys::replace(&self.inner.db, name.word(), &made.text, clock::unix_now()).await?;
        let place = match name {
            AccessKeyName::Primary => 0,
            AccessKeyName::Secondary => 1,
        };
        locked(&self.inner.kept)[place] = made;
        Ok(self.pair())
    }
}

async fn kept(db: &Db, name: AccessKeyName) -> Result<AccessKey, StartError> {
    let text = access_keys::keep(db, name.word(), &made().text, clock::unix_now()).await?;
    let damaged = || StartError::Store(StoreError::Damaged("access key"));
    let bytes = STANDARD.decode(text.expose()).ok().filter(|bytes| bytes.len() == BYTES).ok_or_else(damaged)?;
    Ok(AccessKey { text, bytes: Secret::new(bytes) })
}

fn made() -> AccessKey {
    let bytes = entropy::bytes::<BYTES>().to_vec();
    AccessKey { text: Secret::new(STANDARD.encode(&bytes)), bytes: Secret::new(bytes) }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::Poll;

    use super::*;
    use crate::service::store;

    /// Goes on with something once; whether it is done.
    async fn goes_on(work: &mut Pin<Box<impl Future>>) -> bool {
        std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn of_two_keys_made_at_once_the_one_that_is_kept_counts() {
        let folder = tempfile::tempdir().unwrap();
        let db = store::open(folder.path()).await.unwrap();
        let keys = AccessKeys::load(db.clone()).await.unwrap();
        let kept = async || AccessKeys::load(db.clone()).await.unwrap().pair();
        let first = keys.pair();
        let [mut one, mut other] = [(); 2].map(|()| Box::pin(keys.rotate(AccessKeyName::Primary)));
        let (mut one_is_done, mut other_is_done) = (false, false);
        while kept().await == first {
            one_is_done = one_is_done || goes_on(&mut one).await;
        }
        // The one is on the disk, and does not go on while the other does, as long as that would take.
        for _ in 0..50 {
            other_is_done = other_is_done || goes_on(&mut other).await;
            kept().await;
        }
        if !one_is_done {
            one.await.unwrap();
        }
        if !other_is_done {
            other.await.unwrap();
        }
        assert_eq!(kept().await, keys.pair());
    }

    #[tokio::test]
    async fn keys_last_and_one_is_replaced_without_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let db = store::open(folder.path()).await.unwrap();
        let keys = AccessKeys::load(db.clone()).await.unwrap();
        let first = keys.pair();
        assert_ne!(first.primary, first.secondary);
        assert_eq!(first.primary.expose().len(), 88, "64 bytes in base64");
        assert_eq!(AccessKeys::load(db.clone()).await.unwrap().pair(), first);

        let second = keys.rotate(AccessKeyName::Primary).await.unwrap();
        assert_ne!(second.primary, first.primary);
        assert_eq!(second.secondary, first.secondary);
        let third = keys.rotate(AccessKeyName::Secondary).await.unwrap();
        assert_eq!(third.primary, second.primary);
        assert_ne!(third.secondary, second.secondary);
        assert_eq!(keys.bytes().map(|bytes| STANDARD.encode(bytes.expose()))[1], *third.secondary.expose());
        assert_eq!(AccessKeys::load(db.clone()).await.unwrap().pair(), third);
        assert!(!format!("{third:?}").contains(third.primary.expose()));

        sqlx::query("UPDATE access_keys SET key = 'c2hvcnQ='").execute(&db).await.unwrap();
        assert!(matches!(AccessKeys::load(db).await, Err(StartError::Store(StoreError::Damaged("access key")))));
    }
}
