//! What a phone tells. Every event holds whole values, so that a listener needs no memory of earlier ones.

mod figures;
mod sound;

use std::sync::Arc;
use std::time::Duration;

pub use self::figures::{DeviceFigures, HandedOver, Heard, Outbound, Quality, Summary};
pub use self::sound::{AudioState, DeviceState, SoundState};
use super::audio::device::Devices;
pub use crate::control::diagnosis::{AudioDevice, Diagnosis};
use crate::domain::call::{CallState, Direction, Peer, RosterRow};
use crate::domain::dtmf::Tone;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, ForwardWhen};
use crate::domain::group::{Group, GroupRow};
use crate::domain::id::{CallId, GroupId, Identity};
use crate::domain::link::OpenedLink;
use crate::domain::park::{ParkSlot, ParkedCall};
use crate::domain::person::{Friend, FriendRequest, Person};
use crate::domain::presence::Presence;
use crate::domain::record::{CallRecord, HistoryFilter};
use crate::domain::time::UnixMillis;
use crate::domain::transfer::{HandedTo, Via};
pub use crate::domain::transport::Transport;
use crate::protocol::failure::Failure;

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The connection to the service changed.
    Link(Link),
    /// Who the user is: told once signed in, and whenever the user is shown otherwise.
    Me(Person),
    /// What others see of the user now.
    MyPresence(Presence),
    /// The whole friend list.
    Friends(Vec<Friend>),
    /// The open friend requests, in both directions; told at the start and whenever they change.
    FriendRequests(Vec<FriendRequest>),
    /// A friend request was made, by somebody to the user, or by the user on any phone. The list of them was told before.
    FriendRequested(FriendRequest),
    /// The people the user blocks, by display name; told at the start and whenever they change.
    Blocked(Vec<Person>),
    /// The presence of one friend.
    Presence {
        /// Whose.
        identity: Identity,
        /// What it is now.
        presence: Presence,
    },
    /// People found for a search text.
    People {
        /// The text of the search.
        text: String,
        /// Who was found.
        people: Vec<Person>,
    },
    /// Call records, newest first.
    History(Vec<CallRecord>),
    /// Call records that match, newest first.
    HistoryFound {
        /// What was asked for.
        filter: HistoryFilter,
        /// What was found.
        records: Vec<CallRecord>,
    },
    /// How many calls were missed since the last look at them; told at the start and whenever it changes.
    Missed(u32),
    /// One call record is new, or complete now.
    Recorded(CallRecord),
    /// Somebody calls: this phone rings.
    Incoming(Incoming),
    /// This phone stopped ringing, for another reason than being answered here.
    IncomingEnded {
        /// Which call.
        call: CallId,
        /// Who called.
        from: Person,
        /// Why.
        reason: EndReason,
    },
    /// A call began or changed. A phone may be in several.
    Call(CallView),
    /// Another call is the active one now: the one that is heard, and hears. Every other call is held, or not connected
    /// yet.
    Active(Option<CallId>),
    /// The other side of a call hands it on; the views that follow tell how that goes.
    HandedOn {
        /// Which call.
        call: CallId,
        /// Who hands it on.
        by: Person,
        /// Where to.
        to: HandedTo,
        /// In which case, where `by` never was in the call and forwards it.
        forwarded: Option<ForwardWhen>,
    },
    /// A call goes on under another id, with other people: its [`Event::Call`] came before; of the old id nothing more
    /// comes.
    Moved {
        /// Which call.
        call: CallId,
        /// As which it goes on.
        into: CallId,
    },
    /// A call has been on hold by this phone for a while, and somebody waits; told again and again while it is.
    HeldLong {
        /// Which call.
        call: CallId,
        /// Since when.
        since: UnixMillis,
    },
    /// The rules of the user's account; told at the start and whenever they change.
    Rules(AccountRules),
    /// A parked call, or one that rang at somebody else, was picked up: its [`Event::Call`] came before.
    PickedUp(CallId),
    /// A call of this phone was parked.
    Parked {
        /// Which call.
        call: CallId,
        /// Where.
        slot: ParkSlot,
    },
    /// The parked calls, by slot; told at the start and whenever they change.
    ParkedCalls(Vec<ParkedCall>),
    /// A group's call was joined: its [`Event::Call`] came before, with who is there and with the microphone on or off as
    /// it stays. Where the service does not say who is there within two seconds, it is told without.
    Joined {
        /// Which call.
        call: CallId,
        /// The group.
        group: GroupCard,
        /// Whether nobody was there: the call began with this.
        first: bool,
    },
    /// Who speaks now in a group call.
    Speakers {
        /// Which call.
        call: CallId,
        /// Numbers in the roster, the loudest first; empty when nobody does.
        speakers: Vec<u16>,
    },
    /// The groups of the user's list.
    Groups(Vec<GroupRow>),
    /// A group: made, or asked for.
    Group {
        /// What to share of it.
        card: GroupCard,
        /// Its row.
        row: GroupRow,
    },
    /// Somebody shares a group with the user.
    GroupShared {
        /// The group.
        card: GroupCard,
        /// Who shares it.
        by: Person,
        /// How many are in it now.
        here: u32,
    },
    /// A group was shared with these people.
    Shared {
        /// Which.
        group: GroupId,
        /// With whom.
        with: Vec<Person>,
    },
    /// A DTMF tone arrived from the other side.
    Dtmf {
        /// In which call.
        call: CallId,
        /// From whom.
        from: Identity,
        /// The tone.
        tone: Tone,
    },
    /// Sound levels of a call, about ten times a second while there is one; about once of a call that is held beside another.
    Levels {
        /// Which call.
        call: CallId,
        /// What the microphone picks up, dBFS (−127 is silence).
        microphone: f32,
        /// What is heard, dBFS (−127 is silence).
        speaker: f32,
        /// What is heard of each participant that is audible now, by number in the roster and in that order, dBFS; of a
        /// direct call empty.
        heard: Vec<(u16, f32)>,
    },
    /// Quality of a call, once a second while there is one.
    Quality {
        /// Which call.
        call: CallId,
        /// The figures.
        quality: Quality,
    },
    /// The sound of a call goes over TCP, or over UDP again; that it goes over UDP at first is not told.
    Transport {
        /// Which call.
        call: CallId,
        /// What it goes over.
        transport: Transport,
        /// Whether it has to, as UDP does not get through; else it was asked for.
        forced: bool,
    },
    /// What is wrong with the sound of a call now, whenever that changes; empty when nothing is.
    Diagnoses {
        /// Which call.
        call: CallId,
        /// All of it, the gravest first.
        diagnoses: Vec<Diagnosis>,
    },
    /// The sound file that was the microphone of a call is over.
    MicrophoneFinished(CallId),
    /// A call is over.
    Ended(Summary),
    /// The sound devices there are, and those in use.
    Devices(Devices),
    /// The sound devices in use changed state: working, absent, failed.
    Audio(AudioState),
    /// What is done to the sound, and how loud it is; told at the start and whenever it changes.
    Sound(SoundState),
    /// A link was opened outside the phone: the person is to be asked what it asks for.
    Opened(OpenedLink),
    /// The service did what a command asked for; everything else to tell of that was told before, or follows.
    Done {
        /// What was asked, in the words of the screen's palette, as a refusal has it.
        what: &'static str,
    },
    /// A command could not be carried out.
    Refused(Refused),
    /// Something a person should know, though nothing failed.
    Warning(String),
}

/// The connection to the service.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// Being made.
    Connecting,
    /// Up.
    Up,
    /// Lost; it comes back by itself.
    Down {
        /// Why, for a person.
        reason: String,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// Refused for good: somebody has to sign in again, or mend the address.
    Refused {
        /// Why, for a person.
        reason: String,
    },
}

/// A call that rings here.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// Which call.
    pub call: CallId,
    /// Who calls.
    pub from: Person,
    /// Since when.
    pub at: UnixMillis,
    /// The group it is to join, for an invitation into a group call.
    pub group: Option<Group>,
    /// How it comes to ring here, when `from` did not simply call.
    pub via: Option<Via>,
}

/// What is shared of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupCard {
    /// The group.
    pub group: Group,
    /// The link to it.
    pub link: String,
    /// Where the link works.
    pub reach: LinkReach,
}

/// Where a link works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkReach {
    /// On this machine only: the service is reached by a loopback address.
    ThisMachine,
    /// Wherever the service's address leads.
    Network,
}

/// A call as this phone sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallView {
    /// Which call.
    pub call: CallId,
    /// Who called whom.
    pub direction: Direction,
    /// Whom it was with when it began.
    pub with: Peer,
    /// The group, once it is a group call.
    pub group: Option<GroupCard>,
    /// Whether this user may end it for everybody.
    pub may_end: bool,
    /// Its state.
    pub state: CallState,
    /// When it began, for the screen's timer while it rings.
    pub started_at: UnixMillis,
    /// When it was connected.
    pub connected_at: Option<UnixMillis>,
    /// Whether this microphone is off.
    pub muted: bool,
    /// Who is in it: the other side of a direct call (number 0), or the roster of a group call in the order of
    /// appearance, without this user. Shared, so that a large roster is not copied with every change.
    pub participants: Arc<[RosterRow]>,
    /// Whether sound flows, as far as this phone can tell.
    pub media: MediaState,
    /// The call that waits while this one is to ask somebody first.
    pub consult_of: Option<CallId>,
    /// How it came to ring here, when it was not simply made by who it is with.
    pub via: Option<Via>,
    /// Since when this phone holds it.
    pub held_since: Option<UnixMillis>,
}

impl CallView {
    /// Whom a direct call is with now, be it somebody else than when it began; of a group call nobody.
    pub fn other_side(&self) -> Option<&Person> {
        if self.group.is_some() {
            return None;
        }
        self.participants.first().map(|row| &row.participant.person).or_else(|| self.with.person())
    }
}

/// Whether sound flows in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaState {
    /// Not up yet.
    Connecting,
    /// It flows.
    Flowing,
    /// It was cut; the phone tries to bring it back.
    Lost,
}

/// A command that could not be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// What was asked, in the words of the screen's palette: `call`, `answer`, `add friend`…
    pub what: &'static str,
    /// The call it was about, if there is one.
    pub call: Option<CallId>,
    /// Why.
    pub why: Refusal,
}

/// Why a command could not be carried out.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// The service refused.
    Service(Failure),
    /// There is no connection to the service.
    NotConnected,
    /// Nobody has this name.
    NobodyCalled(String),
    /// Several people have this name.
    Ambiguous {
        /// The name.
        name: String,
        /// Who could be meant.
        candidates: Vec<Person>,
    },
    /// No group of the user's list has this name.
    NoGroupCalled(String),
    /// What was typed is no place to join: a sentence that shows what one looks like.
    NotAPlace(crate::domain::place::NotAPlace),
    /// The link is of another service.
    OtherService {
        /// Its scheme, host and port.
        origin: String,
    },
    /// It does not fit the state of the phone; a sentence that says what to do.
    NotNow(String),
}
