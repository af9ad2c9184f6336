//! Who there is when a service starts, and what they prove themselves with.

use super::{ServiceOptions, StartError, make_secret};
use crate::base::secret::Secret;
use crate::domain::person::Person;
use crate::service::calls::Calls;
use crate::service::groups::Groups;
use crate::service::identity::{AccessKeys, DeviceSignIns, Identities, Issuers};
use crate::service::rest::Holders;
use crate::service::sfu::Sfu;
use crate::service::signalling::Signalling;
use crate::service::store::Db;
use crate::service::{bots, guests};

/// Who there is, and what they prove themselves with.
pub(super) struct People {
    pub(super) identities: Identities,
    access_keys: AccessKeys,
    pub(super) groups: Groups,
    pub(super) demo_secret: Option<Secret<String>>,
}

impl People {
    pub(super) async fn load(options: &ServiceOptions, db: &Db) -> Result<Self, StartError> {
        let identities = Identities::start(db.clone(), options.identity.clone(), persons(options.demo)).await?;
        let access_keys = AccessKeys::load(db.clone()).await?;
        let demo_secret = demo_secret(&identities, options.demo).await?;
        let groups = Groups::new(db.clone(), identities.clone());
        Ok(Self { identities, access_keys, groups, demo_secret })
    }

    pub(super) fn holders(&self, options: &ServiceOptions) -> Holders {
        let (identities, access_keys) = (self.identities.clone(), self.access_keys.clone());
        let issuers = Issuers::new(&options.oidc);
        let device_sign_ins = DeviceSignIns::new(&options.oidc, options.oidc_secret.clone(), &issuers);
        Holders { identities, access_keys, issuers, device_sign_ins }
    }

    pub(super) fn signalling(&self, db: &Db, calls: &Calls, sfu: &Sfu) -> Signalling {
        Signalling::new(self.identities.clone(), self.groups.clone(), calls.clone(), sfu.clone(), db.clone())
    }
}

async fn demo_secret(identities: &Identities, demo: bool) -> Result<Option<Secret<String>>, StartError> {
    if !demo {
        return Ok(None);
    }
    let secret = make_secret();
    identities.ensure_demo(secret.clone(), &bots::persons()).await?;
    Ok(Some(secret))
}

/// People without an account: the bots and, in the demo, the guests of its group.
fn persons(demo: bool) -> Vec<Person> {
    let mut persons = bots::persons();
    if demo {
        persons.extend(guests::persons());
    }
    persons
}
