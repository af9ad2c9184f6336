//! Each case of a group call: events in, effects compared. Here is what the cases share.

mod inviting;
mod joining;
mod leaving;
mod roster;

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::*;
use crate::base::clock;
use crate::control::hearing::{Choice, Hearing, Source};
use crate::domain::call::{CallState, ParticipantState, RosterRow};
use crate::domain::end_reason::EndReason;
use crate::domain::id::{DisplayName, LegId};
use crate::domain::record::Outcome;

const ALICE: Client = Client { who: 1, which: 1 };
const BOB: Client = Client { who: 2, which: 1 };
const BOB_TOO: Client = Client { who: 2, which: 2 };
const CAROL: Client = Client { who: 3, which: 1 };
const CAROL_TOO: Client = Client { who: 3, which: 2 };
const DAVE: Client = Client { who: 4, which: 1 };

/// A client of somebody: its endpoint, its person, its first leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Client {
    who: u16,
    which: u16,
}

impl Client {
    fn endpoint(self) -> EndpointId {
        EndpointId(Uuid::from_u128(u128::from(self.who) * 1000 + u128::from(self.which)))
    }

    fn leg(self) -> LegId {
        self.nth_leg(1)
    }

    fn nth_leg(self, nth: u128) -> LegId {
        LegId(Uuid::from_u128(self.endpoint().0.as_u128() + nth * 1_000_000_000))
    }

    fn identity(self) -> Identity {
        self.person().identity
    }

    fn person(self) -> Person {
        Person::new(
            Identity::acs(Uuid::nil(), Uuid::from_u128(self.who.into())),
            format!("person{}", self.who).parse().unwrap(),
            DisplayName::from(format!("Person {}", self.who)),
        )
    }

    fn join(self) -> Join {
        Join { endpoint: self.endpoint(), person: self.person(), leg: self.leg(), muted: false, owner: false }
    }
}

/// A group call and a clock.
struct Line {
    call: GroupCall,
    began: Vec<Effect>,
    now: Instant,
}

impl Line {
    fn started_by(client: Client) -> Self {
        let now = clock::now();
        let (call, began) = GroupCall::start(client.join(), now);
        Self { call, began, now }
    }

    /// All of these are in, their legs up, and everybody knows.
    fn with(clients: &[Client]) -> Self {
        let mut line = Self::started_by(clients[0]);
        for client in &clients[1..] {
            assert_eq!(line.joins(*client)[0], Effect::Accept);
        }
        for client in clients {
            line.feed(Event::LegUp { leg: client.leg() });
        }
        line.all_is_told();
        line
    }

    fn feed(&mut self, event: Event) -> Vec<Effect> {
        self.call.handle(event, self.now)
    }

    fn joins(&mut self, client: Client) -> Vec<Effect> {
        self.feed(Event::Join(client.join()))
    }

    fn invites(&mut self, inviter: Client, clients: &[Client]) -> Vec<Effect> {
        let candidates = clients.iter().map(|c| Candidate { endpoint: c.endpoint(), reach: Reach::Free }).collect();
        self.feed(Event::Invite(Invite { endpoint: inviter.endpoint(), person: clients[0].person(), candidates }))
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// Moves to the next deadline; how far away it was.
    fn wait_for_deadline(&mut self) -> Duration {
        let at = self.call.next_deadline().expect("something has to happen");
        let wait = at - self.now;
        self.now = at;
        wait
    }

    /// Lets the gathered changes of the roster be told.
    fn all_is_told(&mut self) -> Vec<Effect> {
        self.pass(GATHER);
        self.feed(Event::DeadlinePassed)
    }

    /// What the roster shows next: number, state, muted.
    fn next_rows(&mut self) -> Vec<(u16, ParticipantState, bool)> {
        let told = self.all_is_told();
        let rows = told.iter().flat_map(|effect| match effect {
            Effect::TellAll(News::Roster { rows, .. }) => rows.clone(),
            _ => Vec::new(),
        });
        rows.map(seen).collect()
    }
}

use crate::control::ring::{Candidate, Reach};

fn seen(row: RosterRow) -> (u16, ParticipantState, bool) {
    (row.number, row.participant.state, row.participant.muted)
}

fn refused(why: Refusal) -> Vec<Effect> {
    vec![Effect::Refuse(why)]
}

fn tell(client: Client, news: News) -> Effect {
    Effect::Tell { endpoint: client.endpoint(), news }
}

fn state(client: Client, state: CallState) -> Effect {
    tell(client, News::State(state))
}

fn record(client: Client, entry: Entry) -> Effect {
    Effect::Record { who: client.identity(), entry }
}

fn ended(outcome: Outcome, reason: EndReason) -> Entry {
    Entry::Ended { outcome, reason }
}

fn offered(leg: LegId, open: bool, mark: u16) -> Effect {
    Effect::SetSource { leg, source: Source { open, mark: Some(mark) } }
}

fn hears_loudest(leg: LegId, except: &[LegId]) -> Effect {
    let hearing = Hearing { choice: Choice::Loudest(4), except: except.to_vec(), pinned: Vec::new() };
    Effect::Hear { leg, hearing }
}

fn hears_nobody(leg: LegId) -> Effect {
    Effect::Hear { leg, hearing: Hearing::default() }
}

/// A client is out of the call, and so is its person.
fn out(client: Client, outcome: Outcome, reason: EndReason) -> Vec<Effect> {
    vec![
        Effect::CloseLeg { leg: client.leg() },
        tell(client, News::Ended(reason)),
        Effect::Released { endpoint: client.endpoint() },
        record(client, ended(outcome, reason)),
    ]
}

/// The rows told in these effects to a client, or to all.
fn rosters(effects: &[Effect]) -> Vec<&News> {
    let news = effects.iter().filter_map(|effect| match effect {
        Effect::Tell { news, .. } | Effect::TellAll(news) => Some(news),
        _ => None,
    });
    news.filter(|news| matches!(news, News::Roster { .. })).collect()
}
