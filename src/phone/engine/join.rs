//! Joining a group's call, and picking up a parked one: from what was typed to a call, and nobody left behind where it came
//! to nothing.

use std::time::{Duration, Instant};

use super::call::{Call, CallLeg, Entering, GroupCall};
use super::places::{self, Meaning};
use super::{Engine, Pending};
use crate::base::{clock, entropy};
use crate::config::JoinMuted;
use crate::domain::call::{Direction, Peer};
use crate::domain::group::{Group, GroupKey, GroupName, GroupRow};
use crate::domain::id::{CallId, GroupId, Identity};
use crate::domain::park::ParkSlot;
use crate::domain::person::Person;
use crate::phone::event::{Event, Refusal};
use crate::phone::leg::OfferedLeg;
use crate::protocol::notice::Notice;
use crate::protocol::request::{Request, Sdp};

/// How many others have to be there for the microphone to be off at first, where their number decides.
const CROWD: usize = 2;

/// How long the roster is awaited before it is told that a call was joined.
const ROSTER_WITHIN: Duration = Duration::from_secs(2);

/// Notices kept that came before the answer they belong to.
const MOST_EARLY: usize = 256;

/// What a typed place is looked up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    Join,
    Show,
}

impl Goal {
    /// The words of the palette for it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Show => "show group",
        }
    }
}

/// Why nothing else can begin meanwhile.
pub(super) const JOINING: &str = "wait a moment: this phone is on its way into another call";

/// What is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    /// The call of a group, `existing` only where somebody is there.
    Group { existing: bool },
    /// Who waits in a slot.
    Slot(ParkSlot),
    /// Whoever calls somebody else.
    Ringing,
}

impl Entry {
    /// The words of the palette for it.
    fn words(self) -> &'static str {
        match self {
            Self::Group { .. } => "join",
            Self::Slot(_) | Self::Ringing => "pick up",
        }
    }
}

/// A join that is under way.
pub(super) struct Joining {
    entry: Entry,
    /// Whether the microphone is to be off; `None` while the number of people decides.
    muted: Option<bool>,
    leg: Option<Box<OfferedLeg>>,
    /// Hung up before it was answered.
    pub(super) cancelled: bool,
    /// What was told of calls unknown so far: of this one, perhaps.
    early: Vec<(CallId, Notice)>,
}

/// The answer to a join.
pub(super) struct Joined {
    pub(super) call: CallId,
    pub(super) group: Group,
    pub(super) first: bool,
    pub(super) answer: Sdp,
}

impl Engine {
    pub(super) async fn join(&mut self, place: &str, existing: bool, muted: Option<bool>) {
        let muted = muted.or(match self.options.join_muted {
            JoinMuted::Auto => None,
            JoinMuted::Always => Some(true),
            JoinMuted::Never => Some(false),
        });
        if self.begin_join(Entry::Group { existing }, muted).await {
            self.look_up(place, Goal::Join).await;
        }
    }

    /// Joins a group that nobody knows yet: the microphone is off only where it always is.
    pub(super) async fn start_group(&mut self, name: Option<GroupName>) {
        let muted = self.options.join_muted == JoinMuted::Always;
        if !self.begin_join(Entry::Group { existing: false }, Some(muted)).await {
            return;
        }
        match name {
            None => self.join_group(GroupKey::Id(GroupId(entropy::uuid()))).await,
            Some(name) => self.request(Request::GroupCreate { name }, Pending::CreateToJoin).await,
        }
    }

    /// Picks up who waits in a slot.
    pub(super) async fn pick_up(&mut self, slot: ParkSlot) {
        if let Some(offer) = self.begin_pick_up(Entry::Slot(slot)).await {
            self.request(Request::CallPickUp { slot, offer }, Pending::PickUp).await;
        }
    }

    /// Picks up who calls somebody else.
    pub(super) async fn pick_up_ringing(&mut self, at: Identity) {
        if let Some(offer) = self.begin_pick_up(Entry::Ringing).await {
            self.request(Request::CallPickUpRinging { at, offer }, Pending::PickUp).await;
        }
    }

    async fn begin_pick_up(&mut self, entry: Entry) -> Option<Sdp> {
        if !self.begin_join(entry, Some(false)).await {
            return None;
        }
        let Some((leg, offer)) = self.offer_leg(entry.words(), None).await else {
            self.joining = None;
            return None;
        };
        if let Some(joining) = &mut self.joining {
            joining.leg = Some(Box::new(leg));
        }
        Some(offer)
    }

    async fn begin_join(&mut self, entry: Entry, muted: Option<bool>) -> bool {
        let wait = self.joining.is_some().then(|| JOINING.to_owned());
        if let Some(sentence) = self.no_room().or(wait) {
            self.refuse(entry.words(), None, Refusal::NotNow(sentence)).await;
            return false;
        }
        self.joining = Some(Joining { entry, muted, leg: None, cancelled: false, early: Vec::new() });
        true
    }

    /// Finds out which group is meant, in the user's list where it may be a name, and goes on with it.
    pub(super) async fn look_up(&mut self, typed: &str, goal: Goal) {
        match self.addresses.meaning(typed) {
            Ok(Meaning::Group(key)) => self.found(key, goal).await,
            Ok(Meaning::Listed { name, otherwise }) => {
                self.request(Request::GroupsList {}, Pending::LookUp { name, otherwise, goal }).await;
            }
            Err(why) => self.not_found(goal, why).await,
        }
    }

    /// The service has answered which groups are in the list.
    pub(super) async fn on_listed(
        &mut self,
        name: String,
        otherwise: Option<GroupKey>,
        goal: Goal,
        groups: &[GroupRow],
    ) {
        match places::called(&name, groups).map(|group| GroupKey::Id(group.id)).or(otherwise) {
            Some(key) => self.found(key, goal).await,
            None => self.not_found(goal, Refusal::NoGroupCalled(name)).await,
        }
    }

    async fn found(&mut self, key: GroupKey, goal: Goal) {
        match goal {
            Goal::Join => self.join_group(key).await,
            Goal::Show => self.request(Request::GroupShow { group: key }, Pending::Group("show group")).await,
        }
    }

    pub(super) async fn not_found(&mut self, goal: Goal, why: Refusal) {
        match goal {
            Goal::Join => self.not_joined(why).await,
            Goal::Show => self.refuse(goal.words(), None, why).await,
        }
    }

    /// Offers a leg for the call of a group.
    pub(super) async fn join_group(&mut self, group: GroupKey) {
        if self.joining.as_ref().is_none_or(|joining| joining.cancelled) {
            self.joining = None;
            return;
        }
        let Some((leg, offer)) = self.offer_leg("join", None).await else {
            self.joining = None;
            return;
        };
        let Some(joining) = &mut self.joining else { return };
        joining.leg = Some(Box::new(leg));
        let existing = joining.entry == Entry::Group { existing: true };
        let muted = joining.muted.unwrap_or(true);
        self.request(Request::GroupJoin { group, offer, existing, muted }, Pending::Join).await;
    }

    /// Nothing came of a join.
    pub(super) async fn not_joined(&mut self, why: Refusal) {
        if let Some(joining) = self.joining.take().filter(|joining| !joining.cancelled) {
            self.refuse(joining.entry.words(), None, why).await;
        }
    }

    /// Gives up a join that is not answered yet; should it come about, it is hung up. Whether there was one. Who is being
    /// picked up is not hung up for that.
    pub(super) async fn cancel_join(&mut self) -> bool {
        let group = |joining: &&mut Joining| matches!(joining.entry, Entry::Group { .. }) && !joining.cancelled;
        let Some(joining) = self.joining.as_mut().filter(group) else { return false };
        joining.cancelled = true;
        self.refuse("join", None, Refusal::NotNow("the join was given up".into())).await;
        true
    }

    /// The service has let this phone into a group's call.
    pub(super) async fn on_joined(&mut self, joined: Joined) {
        let id = joined.call;
        let Some(Joining { muted, leg: Some(leg), cancelled: false, early, .. }) = self.joining.take() else {
            return self.request(Request::CallHangUp { call_id: id }, Pending::Silent).await;
        };
        let now = clock::now();
        let with = Peer::Group(joined.group.reference());
        let mut call = Call::new(id, Direction::Outgoing, with, *leg, clock::unix_now());
        call.muted = muted.unwrap_or(true);
        let mut group = GroupCall::new(self.addresses.card(joined.group));
        group.entering = Some(Entering { first: joined.first, mute_by_size: muted.is_none(), by: now + ROSTER_WITHIN });
        call.group = Some(group);
        self.begin(call).await;
        self.start_leg(id, &joined.answer).await;
        self.tell_early(id, early).await;
        self.enter(id, now).await;
        self.refresh_groups().await;
    }

    /// The service has let this phone pick up a parked call.
    pub(super) async fn on_picked_up(&mut self, id: CallId, person: Person, answer: &Sdp) {
        let Some(Joining { leg: Some(leg), early, .. }) = self.joining.take() else { return };
        match self.board.get_mut(id) {
            // It rang here too, and was answered in the same moment: what becomes of that answer does not matter any more.
            Some(call) => {
                call.leg = CallLeg::Offered(leg);
                self.pending.retain(|_, pending| !matches!(pending, Pending::Answer(call) if *call == id));
            }
            None => self.begin(Call::new(id, Direction::Incoming, Peer::Person(person), *leg, clock::unix_now())).await,
        }
        self.start_leg(id, answer).await;
        self.tell_early(id, early).await;
    }

    /// Takes what was told of a call before it was known to be this phone's.
    async fn tell_early(&mut self, id: CallId, early: Vec<(CallId, Notice)>) {
        for (_, notice) in early.into_iter().filter(|(call, _)| *call == id) {
            self.on_call_notice(id, notice).await;
        }
    }

    /// Tells that the call was joined, once it is known who is there: whether the microphone is off is final by then.
    pub(super) async fn enter(&mut self, id: CallId, now: Instant) {
        let (Some(call), Some(me)) = (self.board.get(id), &self.me) else { return };
        let Some(group) = &call.group else { return };
        let Some(entering) = group.entering else { return };
        let known = entering.first || group.roster.is_known();
        if !known && now < entering.by {
            return;
        }
        let crowd = !known || group.roster.others_coming(&me.identity) >= CROWD;
        let card = group.card.clone();
        self.entered(id);
        if entering.mute_by_size && !crowd {
            self.mute(id, false).await;
        }
        self.emit(Event::Joined { call: id, group: card, first: entering.first }).await;
    }

    fn entered(&mut self, id: CallId) {
        if let Some(group) = self.board.get_mut(id).and_then(|call| call.group.as_mut()) {
            group.entering = None;
        }
    }

    /// Takes a notice of a call that is not this phone's: kept while a join may make it so. One that was joined without
    /// this phone having learnt it is hung up.
    pub(super) async fn on_stray(&mut self, id: CallId, notice: Notice) {
        if let Some(joining) = &mut self.joining {
            if joining.early.len() < MOST_EARLY {
                joining.early.push((id, notice));
            }
        } else if self.join_lost && !self.board.knows(id) {
            self.join_lost = false;
            if !matches!(notice, Notice::CallEnded { .. }) {
                self.request(Request::CallHangUp { call_id: id }, Pending::Silent).await;
            }
        }
    }
}
