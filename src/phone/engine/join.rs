//! Joining a group's call, and picking up a parked one: from what was typed to a call, and nobody left behind where it came
//! to nothing.

use std::time::{Duration, Instant};

use super::call::{Call, CallLeg, Entering};
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
use crate::protocol::frame::OngoingCall;
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
    /// Set once the connection was lost before the answer came: whether the service let this phone in will be seen.
    lost: Option<Lost>,
    /// What was told of calls unknown so far: of this one, perhaps.
    early: Vec<(CallId, Notice)>,
}

/// A join whose answer was lost.
#[derive(Default)]
struct Lost {
    /// Calls that were hung up meanwhile: what is told of them is of no join.
    left: Vec<CallId>,
}

/// With whom a call is that this phone is let into.
enum With {
    Person(Person),
    Group(Group),
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
        self.joining = Some(Joining { entry, muted, leg: None, cancelled: false, lost: None, early: Vec::new() });
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
    /// picked up is not hung up for that, unless the answer was lost.
    pub(super) async fn cancel_join(&mut self) -> bool {
        let may = |joining: &&mut Joining| {
            !joining.cancelled && (joining.lost.is_some() || matches!(joining.entry, Entry::Group { .. }))
        };
        let Some(joining) = self.joining.as_mut().filter(may) else { return false };
        joining.cancelled = true;
        let what = joining.entry.words();
        self.refuse(what, None, Refusal::NotNow(format!("the {} was given up", what.replace(' ', "-")))).await;
        true
    }

    /// The service has let this phone into a group's call.
    pub(super) async fn on_joined(&mut self, joined: Joined) {
        let id = joined.call;
        let Some(Joining { muted, leg: Some(leg), cancelled: false, early, .. }) = self.joining.take() else {
            return self.request(Request::CallHangUp { call_id: id }, Pending::Silent).await;
        };
        let now = clock::now();
        let entering = Entering::new(joined.first, muted, now);
        let with = Peer::Group(joined.group.reference());
        let card = self.addresses.card(joined.group);
        match self.board.get_mut(id) {
            Some(call) => {
                call.leg = CallLeg::Offered(leg);
                call.enters(card, entering);
                let view = call.view();
                self.emit(Event::Call(view)).await;
            }
            None => {
                let mut call = Call::new(id, Direction::Outgoing, with, *leg, clock::unix_now());
                call.enters(card, entering);
                self.begin(call).await;
            }
        }
        self.forget_answer(id);
        self.rejoin_leg(id, &joined.answer).await;
        self.tell_early(id, early).await;
        self.enter(id, now).await;
        self.refresh_groups().await;
    }

    /// What becomes of an answer to a call that rang here too, and is this phone's in another way now, matters no more.
    fn forget_answer(&mut self, id: CallId) {
        self.pending.retain(|_, pending| !matches!(pending, Pending::Answer(call) if *call == id));
    }

    /// The service has let this phone pick up a parked call.
    pub(super) async fn on_picked_up(&mut self, id: CallId, person: Person, answer: &Sdp) {
        let Some(Joining { leg: Some(leg), early, .. }) = self.joining.take() else { return };
        match self.board.get_mut(id) {
            Some(call) => call.leg = CallLeg::Offered(leg),
            None => self.begin(Call::new(id, Direction::Incoming, Peer::Person(person), *leg, clock::unix_now())).await,
        }
        self.forget_answer(id);
        self.emit(Event::PickedUp(id)).await;
        self.rejoin_leg(id, answer).await;
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

    /// Takes a notice of a call that is not this phone's: kept while a join may make it so. Where the answer to that was
    /// lost, it is seen from this.
    pub(super) async fn on_stray(&mut self, id: CallId, notice: Notice) {
        let known = self.board.knows(id);
        let Some(joining) = &mut self.joining else { return };
        if joining.early.len() < MOST_EARLY {
            joining.early.push((id, notice.clone()));
        }
        let with = match (joining.entry, notice) {
            (Entry::Group { .. }, Notice::CallGroup { group, .. }) => With::Group(group),
            (Entry::Slot(_) | Entry::Ringing, Notice::CallParticipant { participant, .. }) => {
                With::Person(participant.person)
            }
            _ => return,
        };
        if joining.lost.as_ref().is_some_and(|lost| !known && !lost.left.contains(&id)) {
            Box::pin(self.come_back(id, with)).await;
        }
    }

    /// The connection was lost before a join was answered: the next one will tell whether the service let this phone in.
    pub(super) fn on_join_lost(&mut self) {
        if let Some(joining) = &mut self.joining {
            joining.leg = None;
            joining.lost.get_or_insert_default();
        }
    }

    /// The session goes on, in which a join may have been let in: what was missed of it is told before the answer to this.
    pub(super) async fn look_for_join(&mut self, hung_up: &[CallId]) {
        let Some(Joining { lost: Some(lost), .. }) = &mut self.joining else { return };
        lost.left.extend(hung_up);
        self.request(Request::ParkedList {}, Pending::LookForJoin).await;
    }

    /// All is told that a join may be seen from whose answer was lost: nothing came of it.
    pub(super) async fn no_join_found(&mut self) {
        if self.joining.as_ref().is_some_and(|joining| joining.lost.is_some()) {
            self.not_joined(Refusal::NotConnected).await;
        }
    }

    /// As far as the service knows, this phone is in a call that it does not know itself: by a join, or else by one given up.
    pub(super) async fn on_unknown(&mut self, ongoing: OngoingCall) {
        let OngoingCall { call_id: id, participants, group, .. } = ongoing;
        let lost = self.joining.as_ref().filter(|joining| joining.lost.is_some());
        let other = participants.into_iter().next().map(|participant| participant.person);
        let with = match (lost.map(|joining| joining.entry), group, other) {
            (Some(Entry::Group { .. }), Some(group), _) => With::Group(group),
            (Some(Entry::Slot(_) | Entry::Ringing), None, Some(person)) => With::Person(person),
            _ => return self.request(Request::CallHangUp { call_id: id }, Pending::Silent).await,
        };
        self.come_back(id, with).await;
    }

    /// The service has let this phone into a call, and the answer to that was lost, with the leg it was for: it comes back
    /// with another.
    async fn come_back(&mut self, id: CallId, with: With) {
        let Some(Joining { muted, cancelled: false, early, .. }) = self.joining.take() else {
            return self.request(Request::CallHangUp { call_id: id }, Pending::Silent).await;
        };
        let (now, wall) = (clock::now(), clock::unix_now());
        let mut call = match with {
            With::Person(person) => Call::without_leg(id, Direction::Incoming, Peer::Person(person), wall),
            With::Group(group) => {
                let mut call = Call::without_leg(id, Direction::Outgoing, Peer::Group(group.reference()), wall);
                call.enters(self.addresses.card(group), Entering::new(false, muted, now));
                call
            }
        };
        let direct = call.is_direct();
        call.awaits_leg(now);
        self.begin(call).await;
        if direct {
            self.emit(Event::PickedUp(id)).await;
        }
        self.tell_early(id, early).await;
        self.try_rejoin(id, now).await;
        self.enter(id, now).await;
    }
}

impl Entering {
    /// Joined at `now`; `muted` is whether the microphone is to be off, or `None` where that is seen from who is there.
    fn new(first: bool, muted: Option<bool>, now: Instant) -> Self {
        Self { first, muted: muted.unwrap_or(true), mute_by_size: muted.is_none(), by: now + ROSTER_WITHIN }
    }
}
