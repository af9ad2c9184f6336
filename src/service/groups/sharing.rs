//! Sharing a group: with people there are, onto their lists.

use std::time::Duration;

use super::{Groups, MAX_FROM_OTHERS, locked, refusals};
use crate::base::clock;
use crate::domain::group::Group;
use crate::domain::id::Identity;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::Failure;
use crate::service::limits::Rate;
use crate::service::store::groups as stored;

/// With how many people a group may be shared at once.
pub(crate) const MAX_SHARED_WITH: usize = 100;

/// How often somebody may share: each time tells up to [`MAX_SHARED_WITH`] people something they did not ask for.
pub(super) const SHARES: Rate = Rate { burst: 20, every: Duration::from_secs(3) };

impl Groups {
    /// Puts a group with a name on the lists of all of these but those who block `by`, who is not told so; one without only
    /// has to be told. Says whom to tell.
    ///
    /// # Errors
    /// `bad_request` for nobody or too many, `not_found` when one of them is nobody (then it is shared with nobody),
    /// `too_many_requests`.
    pub(crate) async fn share(
        &self,
        by: &Identity,
        group: &Group,
        mut with: Vec<Identity>,
        now: UnixMillis,
    ) -> Result<Vec<Identity>, Failure> {
        if with.is_empty() || with.len() > MAX_SHARED_WITH {
            return Err(refusals::share_with_whom());
        }
        locked(&self.inner.shares).take(by.clone(), clock::now()).map_err(refusals::too_many_shares)?;
        for identity in &with {
            self.inner.identities.person(identity).await?.ok_or_else(|| refusals::nobody(identity))?;
        }
        with.sort();
        with.dedup();
        let blockers = self.inner.identities.blockers(by).await?;
        with.retain(|identity| !blockers.contains_key(identity));
        if group.name.is_some() {
            stored::list(&self.inner.db, &with, group.id, MAX_FROM_OTHERS, now).await?;
        }
        Ok(with)
    }
}
