//! Friend requests and the block list, as the service tells them, and the verbs about them.

use super::{Engine, Pending};
use crate::domain::call::Direction;
use crate::domain::id::Identity;
use crate::domain::person::{FriendRequest, Person};
use crate::phone::event::{Event, Refusal};
use crate::phone::whom::{Meant, meant};
use crate::protocol::request::Request;

impl Engine {
    /// Accepts or declines what somebody asked.
    pub(super) async fn answer_friend(&mut self, who: &str, accept: bool) {
        let what = if accept { "accept friend" } else { "decline friend" };
        match self.request_meant(who, Direction::Incoming) {
            Err(why) => self.refuse(what, None, why).await,
            Ok(identity) => {
                let request = match accept {
                    true => Request::FriendAccept { identity },
                    false => Request::FriendDecline { identity },
                };
                self.request(request, Pending::Verb { what, call: None }).await;
            }
        }
    }

    pub(super) async fn withdraw_friend(&mut self, who: &str) {
        let what = "withdraw friend";
        match self.request_meant(who, Direction::Outgoing) {
            Err(why) => self.refuse(what, None, why).await,
            Ok(identity) => {
                self.request(Request::FriendWithdraw { identity }, Pending::Verb { what, call: None }).await;
            }
        }
    }

    pub(super) async fn unblock(&mut self, who: &str) {
        match one(who, self.blocked.iter()) {
            Err(why) => self.refuse("unblock", None, why).await,
            Ok(identity) => {
                let pending = Pending::Verb { what: "unblock", call: None };
                self.request(Request::PersonUnblock { identity }, pending).await;
            }
        }
    }

    fn request_meant(&self, who: &str, direction: Direction) -> Result<Identity, Refusal> {
        let open = self.requests.iter().filter(|request| request.direction == direction);
        one(who, open.map(|request| &request.person))
    }

    /// A friend request is open.
    pub(super) async fn on_friend_requested(&mut self, request: FriendRequest) {
        self.requests.retain(|known| known.person.identity != request.person.identity);
        self.requests.push(request.clone());
        self.emit(Event::FriendRequests(self.requests.clone())).await;
        self.emit(Event::FriendRequested(request)).await;
    }

    /// There is no open friend request with somebody any more.
    pub(super) async fn on_friend_request_ended(&mut self, identity: &Identity) {
        let before = self.requests.len();
        self.requests.retain(|known| known.person.identity != *identity);
        if self.requests.len() != before {
            self.emit(Event::FriendRequests(self.requests.clone())).await;
        }
    }

    pub(super) async fn on_blocked(&mut self, person: Person) {
        self.blocked.retain(|known| known.identity != person.identity);
        let key = person.display_name.as_str().to_lowercase();
        let at = self.blocked.partition_point(|known| known.display_name.as_str().to_lowercase() <= key);
        self.blocked.insert(at, person);
        self.emit(Event::Blocked(self.blocked.clone())).await;
    }

    pub(super) async fn on_unblocked(&mut self, identity: &Identity) {
        self.blocked.retain(|known| known.identity != *identity);
        self.emit(Event::Blocked(self.blocked.clone())).await;
    }
}

/// Whom a name means among these.
fn one<'a>(name: &str, people: impl Iterator<Item = &'a Person> + Clone) -> Result<Identity, Refusal> {
    match meant(name, people) {
        Meant::One(person) => Ok(person.identity),
        Meant::Several(candidates) => Err(Refusal::Ambiguous { name: name.to_owned(), candidates }),
        Meant::Nobody => Err(Refusal::NobodyCalled(name.trim().to_owned())),
    }
}
