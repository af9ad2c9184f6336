//! The groups of the user's list, what is done with them, and what the service tells of a group call.

use super::people::Wanted;
use super::roster::Batch;
use super::{Engine, Pending};
use crate::base::clock;
use crate::domain::call::Direction;
use crate::domain::end_reason::EndReason;
use crate::domain::group::{Group, GroupKey, GroupRow};
use crate::domain::id::{CallId, GroupId};
use crate::domain::person::Person;
use crate::media::tones::ShortTone;
use crate::phone::event::{Event, Refusal};
use crate::protocol::request::Request;
use crate::texts::end;

/// With more people in a group call, nobody's coming and going is heard.
const MOST_WITH_TONES: usize = 12;

/// A group that is being shared, while it is found out with whom.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sharing {
    pub(super) group: GroupKey,
    pub(super) with: Vec<Person>,
    /// Names not looked up yet, the last one first.
    pub(super) names: Vec<String>,
}

impl Engine {
    pub(super) async fn load_groups(&mut self) {
        self.request(Request::GroupsList {}, Pending::Groups { asked: true }).await;
    }

    /// The list may have changed: it is asked for again, if it was once asked for.
    pub(super) async fn refresh_groups(&mut self) {
        if self.groups.is_none() || self.service.is_none() {
            return;
        }
        let asked = self.pending.values().any(|pending| matches!(pending, Pending::Groups { .. }));
        if asked {
            self.groups_stale = true;
        } else {
            self.request(Request::GroupsList {}, Pending::Groups { asked: false }).await;
        }
    }

    pub(super) async fn on_groups(&mut self, groups: Vec<GroupRow>) {
        self.groups = Some(groups);
        self.tell_groups().await;
        if std::mem::take(&mut self.groups_stale) {
            self.refresh_groups().await;
        }
    }

    async fn tell_groups(&mut self) {
        if let Some(groups) = self.groups.clone() {
            self.emit(Event::Groups(groups)).await;
        }
    }

    /// The service has made a group, or shown one.
    pub(super) async fn on_group(&mut self, row: GroupRow) {
        let card = self.addresses.card(row.group.clone());
        self.emit(Event::Group { card, row }).await;
        self.refresh_groups().await;
    }

    pub(super) async fn share_group(&mut self, group: GroupKey, mut names: Vec<String>) {
        if names.is_empty() {
            let sentence = "say with whom to share it: names or identities";
            return self.refuse("share", None, Refusal::NotNow(sentence.into())).await;
        }
        names.reverse();
        self.share_on(Sharing { group, with: Vec::new(), names }).await;
    }

    /// Looks the names up that are left, and shares once all are found.
    pub(super) async fn share_on(&mut self, mut sharing: Sharing) {
        while let Some(name) = sharing.names.pop() {
            match self.friend_meant(&name) {
                Ok(Some(person)) => sharing.add(person),
                Ok(None) => {
                    let request = Request::PeopleSearch { text: name.clone() };
                    return self.request(request, Pending::Resolve { name, wanted: Wanted::Share(sharing) }).await;
                }
                Err(why) => return self.refuse("share", None, why).await,
            }
        }
        let with = sharing.with.iter().map(|person| person.identity.clone()).collect();
        self.request(Request::GroupShare { group: sharing.group.clone(), with }, Pending::Share(sharing)).await;
    }

    /// The service has shared a group. Where only its code is known, its ID is asked for: the event tells it.
    pub(super) async fn on_shared(&mut self, sharing: Sharing) {
        match self.group_id(&sharing.group) {
            Some(group) => self.emit(Event::Shared { group, with: sharing.with }).await,
            None => {
                let request = Request::GroupShow { group: sharing.group.clone() };
                self.request(request, Pending::Shared(sharing.with)).await;
            }
        }
    }

    fn group_id(&self, key: &GroupKey) -> Option<GroupId> {
        let code = match key {
            GroupKey::Id(id) => return Some(*id),
            GroupKey::Code(code) => code,
        };
        let here = self.board.live().filter_map(|call| Some(&call.group.as_ref()?.card.group));
        let listed = self.groups.iter().flatten().map(|row| &row.group);
        here.chain(listed).find(|group| group.code == *code).map(|group| group.id)
    }

    pub(super) async fn on_group_shared(&mut self, group: Group, by: Person, here: u32) {
        let card = self.addresses.card(group);
        self.emit(Event::GroupShared { card, by, here }).await;
        self.refresh_groups().await;
    }

    pub(super) async fn on_group_changed(&mut self, id: GroupId, here: Vec<Person>) {
        let Some(groups) = &mut self.groups else { return };
        match groups.iter_mut().find(|row| row.group.id == id) {
            Some(row) => {
                row.here = here;
                self.tell_groups().await;
            }
            None => self.refresh_groups().await,
        }
    }

    pub(super) async fn on_group_removed(&mut self, id: GroupId) {
        let Some(groups) = &mut self.groups else { return };
        let before = groups.len();
        groups.retain(|row| row.group.id != id);
        if groups.len() != before {
            self.tell_groups().await;
        }
    }

    /// A call of this phone is a group call now.
    pub(super) async fn on_call_group(&mut self, id: CallId, group: Group, may_end: bool) {
        let card = self.addresses.card(group);
        let Some(call) = self.board.get_mut(id) else { return };
        call.set_group(card).may_end = may_end;
        let view = call.view();
        self.emit(Event::Call(view)).await;
    }

    pub(super) async fn on_roster(&mut self, id: CallId, batch: Batch) {
        let Some(me) = self.me.as_ref().map(|me| me.identity.clone()) else { return };
        let Some(call) = self.board.get_mut(id).filter(|call| !call.is_direct()) else { return };
        let (moves, tones) = call.apply_roster(batch, &me);
        let few = call.group.as_ref().is_some_and(|group| group.roster.others_here(&me) < MOST_WITH_TONES);
        let view = call.view();
        let moved = if moves.came { Some(ShortTone::Came) } else { moves.went.then_some(ShortTone::Went) };
        let heard = self.board.active() == Some(id);
        if let Some(tone) = moved.filter(|_| few && heard && self.options.roster_tones) {
            self.play_once(tone);
        }
        self.emit(Event::Call(view)).await;
        for (from, tone) in tones {
            self.emit(Event::Dtmf { call: id, from, tone }).await;
        }
        self.enter(id, clock::now()).await;
    }

    /// Nobody came by an invitation of this phone.
    pub(super) async fn on_invite_ended(&mut self, id: CallId, who: &Person, reason: EndReason) {
        let end::Ending { what, advice } = end::ending(reason, Direction::Outgoing, who.display_name.as_str());
        let sentence = format!("{what} {advice}").trim_end().to_owned();
        self.refuse("invite", Some(id), Refusal::NotNow(sentence)).await;
    }

    pub(super) async fn on_speakers(&mut self, id: CallId, speakers: Vec<u16>) {
        if self.board.get(id).is_some() {
            self.emit(Event::Speakers { call: id, speakers }).await;
        }
    }
}

impl Sharing {
    /// Nobody twice.
    pub(super) fn add(&mut self, person: Person) {
        if self.with.iter().all(|known| known.identity != person.identity) {
            self.with.push(person);
        }
    }
}
