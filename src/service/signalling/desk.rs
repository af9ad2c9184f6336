//! Requests of somebody at a desk: calls that go on with somebody else.

use super::Signalling;
use super::requests::Caller;
use crate::base::clock;
use crate::domain::forwarding::PickUpBy;
use crate::domain::id::{CallId, GroupId, Identity};
use crate::domain::park::ParkSlot;
use crate::domain::person::Person;
use crate::domain::transfer::TransferTarget;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::request::Sdp;
use crate::protocol::response::Response;
use crate::service::calls::Handed;

impl Signalling {
    pub(super) async fn call_transfer(
        &self,
        caller: &Caller,
        call: CallId,
        to: TransferTarget,
    ) -> Result<Response, Failure> {
        let to = match to {
            TransferTarget::Person { identity } => Handed::Person(self.somebody_else(caller, &identity).await?),
            TransferTarget::Call { call_id } => Handed::Call(call_id),
        };
        caller.calls.transfer(caller.endpoint, call, to).await?;
        Ok(Response::Done {})
    }

    async fn somebody_else(&self, caller: &Caller, who: &Identity) -> Result<Person, Failure> {
        if *who == caller.person.identity {
            return Err(Failure::new(FailureCode::BadRequest, "that is yourself; transfer the call to somebody else"));
        }
        let nobody = || Failure::new(FailureCode::NotFound, format!("nobody has the identity {who}"));
        self.identities.person(who).await?.ok_or_else(nobody)
    }

    pub(super) async fn call_merge(&self, caller: &Caller, call: CallId, with: CallId) -> Result<Response, Failure> {
        let mine = caller.calls.ongoing(caller.endpoint).await.into_iter().find(|mine| mine.call_id == call);
        let not_there = || Failure::new(FailureCode::NotFound, "there is no such call, or it is over");
        let group = match mine.ok_or_else(not_there)?.group {
            Some(group) => group,
            None => self.groups.begin(&caller.person.identity, GroupId(call.0), clock::unix_now()).await?,
        };
        caller.calls.merge(caller.endpoint, call, with, group).await?;
        Ok(Response::Done {})
    }

    pub(super) async fn call_park(
        &self,
        caller: &Caller,
        call: CallId,
        slot: Option<ParkSlot>,
    ) -> Result<Response, Failure> {
        let slot = caller.calls.park(caller.endpoint, call, slot).await?;
        Ok(Response::Parked { slot })
    }

    pub(super) async fn call_pick_up(&self, caller: &Caller, slot: ParkSlot, offer: &Sdp) -> Result<Response, Failure> {
        let nothing = || Failure::new(FailureCode::NotFound, format!("nothing is parked in slot {slot}"));
        let parked = self
            .calls
            .parked(&caller.person.identity)
            .await
            .into_iter()
            .find(|parked| parked.slot == slot)
            .ok_or_else(nothing)?;
        let (leg, answer) = self.open_leg(parked.call_id, offer).await?;
        let picked_up = caller.calls.pick_up(caller.endpoint, slot, parked.call_id, leg).await;
        self.unless_refused(leg, &picked_up);
        picked_up.map(|()| Response::PickedUp { call_id: parked.call_id, person: parked.person, answer })
    }

    pub(super) async fn call_pick_up_ringing(
        &self,
        caller: &Caller,
        at: &Identity,
        offer: &Sdp,
    ) -> Result<Response, Failure> {
        if *at == caller.person.identity {
            return Err(Failure::new(FailureCode::BadRequest, "what rings at you, you answer"));
        }
        let nobody = || Failure::new(FailureCode::NotFound, format!("nobody has the identity {at}"));
        let owner = self.identities.person(at).await?.ok_or_else(nobody)?;
        self.check_pick_up(&owner, &caller.person.identity).await?;
        let (call_id, person) = caller.calls.rings_at(caller.endpoint, at.clone()).await?;
        let (leg, answer) = self.open_leg(call_id, offer).await?;
        let picked_up = caller.calls.pick_up_ringing(caller.endpoint, at.clone(), call_id, leg).await;
        self.unless_refused(leg, &picked_up);
        picked_up.map(|()| Response::PickedUp { call_id, person, answer })
    }

    /// Whether `owner` lets `asker` pick up what rings there.
    async fn check_pick_up(&self, owner: &Person, asker: &Identity) -> Result<(), Failure> {
        let rules = self.identities.rules(&owner.identity).await?.rules;
        let (allowed, whom) = match rules.pick_up {
            PickUpBy::Everybody => (true, "everybody"),
            PickUpBy::Friends => (self.identities.is_friend(&owner.identity, asker).await?, "friends alone"),
            PickUpBy::Nobody => (false, "nobody"),
        };
        let forbidden = || format!("{} lets {whom} pick up calls that ring there", owner.display_name);
        if allowed { Ok(()) } else { Err(Failure::new(FailureCode::Forbidden, forbidden())) }
    }
}
