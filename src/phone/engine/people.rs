//! Names that are looked up, for whatever is wanted of who is meant; and the friend list as it changes.

use std::time::Duration;

use super::groups::Sharing;
use super::{Engine, Pending};
use crate::domain::forwarding::{ForwardAfter, ForwardWhen};
use crate::domain::id::{CallId, Identity};
use crate::domain::person::{Friend, Person};
use crate::phone::event::{Event, Refusal};
use crate::phone::whom::{Meant, meant};
use crate::protocol::request::Request;

/// What a name is looked up for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    Call { ring_for: Option<Duration> },
    Consult(CallId),
    Transfer(CallId),
    Invite(CallId),
    Share(Sharing),
    AddFriend,
    Block,
    PickUp,
    Forward { when: ForwardWhen, after: Option<ForwardAfter> },
    Except { on: bool },
}

impl Wanted {
    /// The words of the palette for it.
    pub(super) fn words(&self) -> &'static str {
        match self {
            Self::Call { .. } => "call",
            Self::Consult(_) => "consult",
            Self::Transfer(_) => "transfer",
            Self::Invite(_) => "invite",
            Self::Share(_) => "share",
            Self::AddFriend => "add friend",
            Self::Block => "block",
            Self::PickUp => "pick up",
            Self::Forward { .. } => "forward",
            Self::Except { .. } => "except",
        }
    }

    /// The call it is about.
    pub(super) fn call(&self) -> Option<CallId> {
        match self {
            Self::Consult(call) | Self::Transfer(call) | Self::Invite(call) => Some(*call),
            Self::Call { .. }
            | Self::Share(_)
            | Self::AddFriend
            | Self::Block
            | Self::PickUp
            | Self::Forward { .. }
            | Self::Except { .. } => None,
        }
    }
}

impl Engine {
    /// Finds out whom `name` means, among friends first and then at the service, and goes on with what is wanted.
    pub(super) async fn resolve(&mut self, name: String, wanted: Wanted) {
        let friend = if wanted == Wanted::AddFriend { Ok(None) } else { self.friend_meant(&name) };
        match friend {
            Ok(Some(person)) => self.resolved(person, wanted).await,
            Err(why) => self.refuse(wanted.words(), wanted.call(), why).await,
            Ok(None) => {
                let request = Request::PeopleSearch { text: name.clone() };
                self.request(request, Pending::Resolve { name, wanted }).await;
            }
        }
    }

    /// Which friend `name` means, if any.
    pub(super) fn friend_meant(&self, name: &str) -> Result<Option<Person>, Refusal> {
        match meant(name, self.friends.iter().map(|friend: &Friend| &friend.person)) {
            Meant::One(person) => Ok(Some(person)),
            Meant::Several(candidates) => Err(Refusal::Ambiguous { name: name.to_owned(), candidates }),
            Meant::Nobody => Ok(None),
        }
    }

    /// The service has answered who could be meant.
    pub(super) async fn on_found(&mut self, name: String, wanted: Wanted, people: &[Person]) {
        let why = match meant(&name, people.iter()) {
            Meant::One(person) => return self.resolved(person, wanted).await,
            Meant::Several(candidates) => Refusal::Ambiguous { name, candidates },
            Meant::Nobody => Refusal::NobodyCalled(name),
        };
        self.refuse(wanted.words(), wanted.call(), why).await;
    }

    async fn resolved(&mut self, person: Person, wanted: Wanted) {
        match wanted {
            Wanted::Call { ring_for } => self.start_call(person, ring_for, None).await,
            Wanted::Consult(call) => self.start_consult(person, call).await,
            Wanted::Transfer(call) => self.hand_on_to(call, person).await,
            Wanted::Invite(call) => {
                let request = Request::CallInvite { call_id: call, to: person.identity };
                self.request(request, Pending::Verb { what: "invite", call: Some(call) }).await;
            }
            Wanted::Share(mut sharing) => {
                sharing.add(person);
                self.share_on(sharing).await;
            }
            Wanted::AddFriend => {
                let request = Request::FriendAdd { identity: person.identity };
                self.request(request, Pending::Verb { what: "add friend", call: None }).await;
            }
            Wanted::Block => {
                let request = Request::PersonBlock { identity: person.identity };
                self.request(request, Pending::Verb { what: "block", call: None }).await;
            }
            Wanted::PickUp => self.pick_up_ringing(person.identity).await,
            Wanted::Forward { when, after } => self.forward_to(when, Some(person.identity), after).await,
            Wanted::Except { on } => self.except(person.identity, on).await,
        }
    }

    /// A row of the friend list is new, or another now.
    pub(super) async fn on_friend(&mut self, friend: Friend) {
        self.friends.retain(|known| known.person.identity != friend.person.identity);
        let key = friend.person.display_name.as_str().to_lowercase();
        let at = self.friends.partition_point(|known| known.person.display_name.as_str().to_lowercase() <= key);
        self.friends.insert(at, friend);
        self.emit(Event::Friends(self.friends.clone())).await;
    }

    pub(super) async fn on_friend_removed(&mut self, identity: &Identity) {
        self.friends.retain(|known| known.person.identity != *identity);
        self.emit(Event::Friends(self.friends.clone())).await;
    }
}
