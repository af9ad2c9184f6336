//! One group call, from the first who joins to the last who leaves, as a machine: events in, effects out.
//!
//! ```text
//!   the first joins        a third is invited into a direct call
//!        │                               │ same call, same legs, nothing is rung or wired anew
//!        ▼                               ▼
//!   ┌───────────────────────────────────────┐   the last leaves, ended for all,
//!   │ running: people come, go, ring        │   the service stops
//!   └───────────────────────────────────────┘ ───────────────────────────────────▶ finished (what rings, stops)
//!
//!   a person, as the others see it (a row of the roster; of several clients the best counts):
//!
//!    invited by one in the call                            joins, uninvited; or comes from another call
//!        │                                                        │
//!        ▼                                                        │
//!   connecting ─ rings ─▶ ringing ── answers ─────────────────────┤
//!        │                   │                                    ▼
//!        │ offline           │ declines, 60 s                connecting ── leg not up within 15 s ──▶ out
//!        ▼                   ▼                                    │ leg up                      (NO_MEDIA_PATH)
//!       out (the inviter is told why)                             ▼
//!                                           ┌───────────────▶ connected ◀──── hold / resume ────▶ hold
//!                         socket back and   │                     │
//!                         leg heard, or a   │                     │ socket lost, or nothing from the leg
//!                         new leg up        │                     ▼
//!                                           ├────────────── reconnecting ── 120 s ──▶ out (VANISHED, MEDIA_LOST)
//!                                           │                     │ both, for 3 s
//!                                           └────────────── disconnected ── 10 s ──▶ out (VANISHED)
//! ```
//!
//! Who is out leaves the others alone: the call goes on. All clients of one person are one row, muted only when all of
//! them are, and their legs never hear each other.
//!
//! Every leg hears the loudest of the others, so a join or a leave changes no other leg's wiring. Changes of the roster
//! are gathered for [`GATHER`] and told to all at once; one that joins is told the whole roster immediately.
//!
//! The machine reads no clock, does no IO and can't fail: a request that is not allowed yields [`Effect::Refuse`].
//! Which group it is, and where its calls are found, is known elsewhere.

mod effects;
mod events;
mod inviting;
mod joining;
mod leaving;
mod member;
mod talking;
mod view;

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

pub use effects::{Effect, Entry, News, Refusal};
pub use events::{Event, Expect, Invite, Join};

use crate::domain::id::{EndpointId, Identity, LegId};
use crate::domain::person::Person;
use member::{Member, Row};

/// How long changes of the roster are gathered before all are told.
pub const GATHER: Duration = Duration::from_millis(200);

/// The most rows in one [`News::Roster`]; a larger roster is told in several.
pub const ROWS_MAX: usize = 100;

/// How many endpoints of one person may take part at once.
pub const CLIENTS_MAX: usize = 16;

/// How many people may be rung into a call at once.
pub const RINGING_MAX: usize = 20;

/// A group call.
#[derive(Debug, Default)]
pub struct GroupCall {
    /// Who may end it for everybody.
    enders: BTreeSet<Identity>,
    rows: BTreeMap<u16, Row>,
    /// The numbers of all who ever had a row: whoever comes back has the same.
    numbers: BTreeMap<Identity, u16>,
    members: BTreeMap<EndpointId, Member>,
    legs: BTreeMap<LegId, EndpointId>,
    /// The endpoints that ring, and the row of each.
    rung: BTreeMap<EndpointId, u16>,
    /// The rows that are invited.
    invited: BTreeSet<u16>,
    /// Who speaks, as last told.
    speakers: Vec<u16>,
    batch: Batch,
    changes: Changes,
    over: bool,
}

/// What of the roster is to be told to all.
#[derive(Debug, Default)]
struct Batch {
    numbers: BTreeSet<u16>,
    due: Option<Instant>,
}

/// What the event at hand has changed so far.
#[derive(Debug, Default)]
struct Changes {
    /// Rows to look at.
    rows: BTreeSet<u16>,
    /// Endpoints that know nothing of the roster.
    newcomers: Vec<EndpointId>,
    /// Whether people came or went.
    people: bool,
}

impl GroupCall {
    /// Begins a call with the first who joins. The effects open with [`Effect::Accept`].
    pub fn start(first: Join, now: Instant) -> (Self, Vec<Effect>) {
        let mut call = Self { enders: [first.person.identity.clone()].into(), ..Self::default() };
        let effects = call.handle(Event::Join(first), now);
        (call, effects)
    }

    /// Takes one event. `now` never runs backwards.
    pub fn handle(&mut self, event: Event, now: Instant) -> Vec<Effect> {
        let mut out = Vec::new();
        match event {
            Event::Join(join) => self.join(join, now, &mut out),
            Event::Expect(expect) => self.expect(expect, now, &mut out),
            Event::Invite(invite) => self.invite(invite, now, &mut out),
            Event::Ringing { endpoint } => self.ringing(endpoint, &mut out),
            Event::Answer { endpoint, leg } => self.answer(endpoint, leg, now, &mut out),
            Event::Decline { endpoint } => self.decline(endpoint, &mut out),
            Event::Leave { endpoint } => self.leave(endpoint, &mut out),
            Event::Hold { endpoint, on } => self.hold(endpoint, on, &mut out),
            Event::Mute { endpoint, on } => self.mute(endpoint, on, &mut out),
            Event::Rejoin { endpoint, leg } => self.rejoin(endpoint, leg, now, &mut out),
            Event::EndForAll { endpoint } => self.end_for_all(endpoint, &mut out),
            Event::Appeared { endpoint, who } => self.appeared(endpoint, &who, now, &mut out),
            Event::Lost { endpoint } => self.lost(endpoint, now),
            Event::Back { endpoint } => self.back(endpoint, now),
            Event::Left { endpoint } => self.left(endpoint, now, &mut out),
            Event::Revoked { endpoint } => self.revoked(endpoint, now, &mut out),
            Event::LegUp { leg } => self.leg_up(leg),
            Event::LegSilent { leg } => self.leg_silent(leg, now),
            Event::LegHeard { leg } => self.leg_heard(leg),
            Event::LegFailed { leg } => self.leg_failed(leg, now, &mut out),
            Event::Speakers(legs) => self.speak(&legs, &mut out),
            Event::DeadlinePassed => self.deadline_passed(now, &mut out),
            Event::Stop => self.stop(&mut out),
        }
        self.settle(now, &mut out);
        out
    }

    /// When [`Event::DeadlinePassed`] is due next; `None` once the call is over, or while nothing has to happen.
    pub fn next_deadline(&self) -> Option<Instant> {
        let endings = self.members.values().filter_map(Member::ending).map(|(at, _)| at);
        let gone = self.members.values().filter(|m| !m.link.gone).filter_map(|m| m.link.gone_from());
        let rings = self.rings().flat_map(|(_, ring)| ring.endings()).map(|(at, _)| at);
        endings.chain(gone).chain(rings).chain(self.batch.due).min()
    }

    /// Whether the call is over: it takes no more events, and yields no effects but refusals.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Every endpoint that takes part.
    pub fn endpoints(&self) -> impl Iterator<Item = EndpointId> {
        self.members.keys().copied()
    }

    /// Whether this endpoint takes part.
    pub fn has(&self, endpoint: EndpointId) -> bool {
        self.members.contains_key(&endpoint)
    }

    /// Whether this endpoint takes part, and its leg was up.
    pub fn is_connected(&self, endpoint: EndpointId) -> bool {
        self.members.get(&endpoint).is_some_and(Member::is_connected)
    }

    /// Whether an endpoint of this person takes part.
    pub fn has_person(&self, who: &Identity) -> bool {
        self.row_of(who).is_some_and(|row| !row.endpoints.is_empty())
    }

    /// Who is in the call, in the order of appearance; who only rings is not.
    pub fn here(&self) -> impl Iterator<Item = &Person> {
        self.rows.values().filter(|row| !row.endpoints.is_empty()).map(|row| &row.person)
    }

    /// The endpoint a leg of this call belongs to, and whose it is.
    pub fn owner_of(&self, leg: LegId) -> Option<(EndpointId, &Person)> {
        let endpoint = *self.legs.get(&leg)?;
        let row = self.rows.get(&self.members.get(&endpoint)?.number)?;
        Some((endpoint, &row.person))
    }

    fn row_of(&self, who: &Identity) -> Option<&Row> {
        self.rows.get(self.numbers.get(who)?)
    }

    /// A member to be changed: its row will be looked at.
    fn member_mut(&mut self, endpoint: EndpointId) -> Option<&mut Member> {
        let member = self.members.get_mut(&endpoint)?;
        self.changes.rows.insert(member.number);
        Some(member)
    }

    fn leg_mut(&mut self, leg: LegId) -> Option<&mut Member> {
        let endpoint = *self.legs.get(&leg)?;
        self.member_mut(endpoint)
    }

    /// Why a request of an endpoint that takes no part is refused.
    fn stranger(&self) -> Effect {
        Effect::Refuse(if self.over { Refusal::Over } else { Refusal::NotInCall })
    }
}
