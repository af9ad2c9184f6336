//! What a phone can be told to do. The caller never waits: every effect, refusals too, comes back as an event.

use std::time::Duration;

use super::audio::device::{SinkChoice, SourceChoice};
use super::event::AudioDevice;
use crate::domain::dtmf::Tone;
use crate::domain::forwarding::{ForwardAfter, ForwardWhen, PickUpBy};
use crate::domain::group::{GroupKey, GroupName};
use crate::domain::id::{CallId, DisplayName, GroupId, Identity};
use crate::domain::park::ParkSlot;
use crate::domain::person::Favourite;
use crate::domain::presence::PresenceChoice;
use crate::domain::record::{CallNote, HistoryFilter};
use crate::media::processing::Wishes;
use crate::media::profile::Profile;

/// How many call records [`Command::LoadHistory`] brings at the most: the newest.
pub const HISTORY: u16 = 200;

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Calls somebody: a friend's name, a user name, or an identity.
    Call {
        /// Whom, as typed.
        to: String,
        /// How long it may ring; the service's own limit when absent.
        ring_for: Option<Duration>,
    },
    /// Holds this call, and calls somebody to ask first: the new call's view names this one
    /// ([`super::event::CallView::consult_of`]). [`Command::Transfer`] into it completes the transfer.
    Consult {
        /// The call that waits meanwhile.
        call: CallId,
        /// Whom to ask, as typed.
        to: String,
    },
    /// Makes this call the active one: it is resumed, and the one that was active is held.
    Activate(CallId),
    /// Hands the other side of a direct call on; the call is over for this phone then.
    Transfer {
        /// Which.
        call: CallId,
        /// To whom.
        to: TransferTo,
    },
    /// Brings the people of two calls together: those of the second come into the first.
    Merge {
        /// Which call.
        call: CallId,
        /// Whose people come into it.
        with: CallId,
    },
    /// Parks the other side of a direct call; answered by [`super::event::Event::Parked`].
    Park {
        /// Which.
        call: CallId,
        /// Where; the first free slot when absent.
        slot: Option<ParkSlot>,
    },
    /// Picks up a parked call.
    PickUp(ParkSlot),
    /// Picks up the call that rings at somebody: a friend's name, a user name, or an identity.
    PickUpRinging(String),
    /// Forwards calls of this account, or does so no more; answered by [`super::event::Event::Rules`].
    Forward {
        /// In which case.
        when: ForwardWhen,
        /// To whom, as typed; nobody when absent.
        to: Option<String>,
        /// How long calls ring before that, for those nobody answers; as before when absent.
        after: Option<ForwardAfter>,
    },
    /// Lets somebody ring in spite of do not disturb, or no more; answered by [`super::event::Event::Rules`].
    Except {
        /// Whom, as typed.
        who: String,
        /// Whether that person may ring.
        on: bool,
    },
    /// Says who may pick up calls that ring here; answered by [`super::event::Event::Rules`].
    LetPickUp(PickUpBy),
    /// Accepts the friend request of somebody: each is a friend of the other.
    AcceptFriend(String),
    /// Declines the friend request of somebody, who is not told.
    DeclineFriend(String),
    /// Withdraws the friend request to somebody.
    WithdrawFriend(String),
    /// Blocks somebody: a friend's name, a user name, or an identity; answered by [`super::event::Event::Blocked`].
    Block(String),
    /// Blocks somebody no more; answered by [`super::event::Event::Blocked`].
    Unblock(String),
    /// Shows the user under another name from now on; answered by [`super::event::Event::Me`].
    SetDisplayName(DisplayName),
    /// Makes a friend a favourite, with this number; or none any more.
    Favour {
        /// Whom.
        identity: Identity,
        /// The number.
        favourite: Option<Favourite>,
    },
    /// Joins a group's call: its ID, code, link or name, as typed. Answered by [`super::event::Event::Joined`], or a
    /// refusal of `join`.
    Join {
        /// Where, as typed.
        place: String,
        /// Refuses to begin a call: somebody has to be there.
        existing: bool,
        /// Whether to join with the microphone off; as the options say when absent.
        muted: Option<bool>,
    },
    /// Begins a group call of a new group: named and kept, or without a name. Answered as a join.
    StartGroup {
        /// The name.
        name: Option<GroupName>,
    },
    /// Rings one more person into a call: a friend's name, a user name, or an identity.
    Invite {
        /// Which call.
        call: CallId,
        /// Whom, as typed.
        who: String,
    },
    /// Ends a group call for everybody.
    EndForAll(CallId),
    /// Answers an incoming call.
    Answer(CallId),
    /// Declines an incoming call.
    Decline(CallId),
    /// Hangs up a call, or cancels one that rings out.
    HangUp(CallId),
    /// Holds a call, or resumes it.
    Hold {
        /// Which.
        call: CallId,
        /// Whether it is to be held.
        on: bool,
    },
    /// Turns the microphone off for a call, or on.
    Mute {
        /// Which.
        call: CallId,
        /// Whether the microphone is to be off.
        on: bool,
    },
    /// Sends a DTMF tone into a call.
    Dtmf {
        /// Which.
        call: CallId,
        /// The tone.
        tone: Tone,
    },
    /// Says what the user wants to be for others; it holds for all phones of the account.
    SetPresence(PresenceChoice),
    /// Puts somebody on the friend list: a user name or an identity.
    AddFriend(String),
    /// Takes somebody off the friend list.
    RemoveFriend(Identity),
    /// Looks for people; answered by [`super::event::Event::People`] with the same text.
    SearchPeople(String),
    /// Asks for the groups of the user's list; answered by [`super::event::Event::Groups`].
    LoadGroups,
    /// Makes a group that the service keeps; answered by [`super::event::Event::Group`].
    CreateGroup(GroupName),
    /// Asks for a group: its ID, code, link or name, as typed; answered by [`super::event::Event::Group`].
    ShowGroup(String),
    /// Shares a group with friends: names or identities, as typed; answered by [`super::event::Event::Shared`].
    ShareGroup {
        /// Which.
        group: GroupKey,
        /// With whom.
        with: Vec<String>,
    },
    /// Takes a group off the user's list; of its owner, gives it up.
    RemoveGroup(GroupId),
    /// Asks for the call records; answered by [`super::event::Event::History`].
    LoadHistory,
    /// Asks for the call records that match; answered by [`super::event::Event::HistoryFound`].
    SearchHistory(HistoryFilter),
    /// Notes something about a call, or takes the note away; answered by [`super::event::Event::Recorded`].
    NoteCall {
        /// Which call.
        call: CallId,
        /// The note.
        note: Option<CallNote>,
    },
    /// The user has seen which calls were missed.
    SeeMissed,
    /// Asks for the sound devices; answered by [`super::event::Event::Devices`].
    ListDevices,
    /// Takes sound from here from now on.
    UseMicrophone(SourceChoice),
    /// Plays sound there from now on.
    UseSpeaker(SinkChoice),
    /// Plays ringing there from now on; `None`: where calls are played.
    UseRinger(Option<SinkChoice>),
    /// Makes sound for something else from now on, also in running calls.
    UseProfile(Profile),
    /// Says what is to be done to the microphone's sound, beside the profile.
    Process(Wishes),
    /// Turns a device up or down; remembered for this device.
    SetVolume {
        /// Which.
        device: AudioDevice,
        /// By how much, dB; brought into −40 to 20.
        db: i8,
    },
    /// Ends the calls, says bye to the service and stops; the event stream then ends.
    Quit,
}

/// To whom a call is transferred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferTo {
    /// To a friend's name, a user name, or an identity, as typed.
    Person(String),
    /// To the other side of another call of this phone.
    Call(CallId),
}
