//! Coming back: exactly what was missed, to the right client only, and afresh where that can't be.

use switchboard::base::entropy;
use switchboard::base::secret::Secret;
use switchboard::domain::id::{ClientId, Identity, SessionId};
use switchboard::domain::presence::PresenceState;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::{FromService, Resume, Welcome};
use switchboard::protocol::notice::{ClosingReason, Notice};
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;

use crate::raw::{Raw, client, token};
use crate::support::TestService;

#[tokio::test(flavor = "multi_thread")]
async fn a_resume_brings_exactly_what_was_missed_in_order_and_once() {
    let mut house = House::open().await;
    house.changes(5).await;
    let heard = house.phone_hears(5, 0).await;
    assert_eq!(told(&heard), house.said);
    house.loses_its_socket();
    house.changes(40).await;
    // It comes back knowing the first three only: the rest of the first five comes again, then what it missed.
    let third = heard.iter().filter(|(_, notice)| is_change(notice)).nth(2).unwrap().0;
    assert!(house.resumes(third).await.resumed);
    house.changes(5).await;
    let heard = house.phone_hears(47, third).await;
    assert_eq!(told(&heard), house.said[3..]);
    // And once more, from the end: nothing twice.
    let last = heard.last().unwrap().0;
    house.loses_its_socket();
    assert!(house.resumes(last).await.resumed);
    house.changes(1).await;
    assert_eq!(told(&house.phone_hears(1, last).await), house.said[50..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_resumed_starts_afresh() {
    let mut house = House::open().await;
    house.changes(2).await;
    house.loses_its_socket();
    let welcome = house.resumes(u64::MAX).await;
    assert!(!welcome.resumed && !welcome.friends.is_empty(), "resumed from the future");
    let session = house.session;
    house.session = SessionId(entropy::uuid());
    assert!(!house.resumes(0).await.resumed, "resumed somebody's session by guessing");
    house.session = session;
    assert!(!house.resumes(0).await.resumed, "resumed a session that was replaced");
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_can_not_resume_a_session() {
    let mut house = House::open().await;
    house.loses_its_socket();
    let bobs = token(&house.service, "bob").await;
    let wanted = Resume { session_id: house.session, seq: 0 };
    let Err(failure) = Raw::greets(&house.service, &bobs, house.id, Some(wanted)).await else { panic!("let in") };
    assert_eq!(failure.code, FailureCode::Forbidden);
    // Under a client id of his own he gets a session of his own.
    let (_, welcome) = Raw::greets(&house.service, &bobs, client(), Some(wanted)).await.unwrap();
    assert!(!welcome.resumed && welcome.session_id != house.session);
    assert!(house.resumes(0).await.resumed);
}

/// More is kept than a phone misses in two minutes, but not everything for ever.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_missed_too_much_starts_afresh() {
    let mut house = House::open().await;
    house.loses_its_socket();
    let alices = token(&house.service, "alice").await;
    let mut others = Vec::new();
    for friend in house.friends.clone() {
        others.push(Raw::greets(&house.service, &alices, client(), None).await.map(|(raw, _)| (raw, friend)).unwrap());
    }
    let each = 520 / others.len() / 2 + 1;
    let changing = others.into_iter().map(|(mut raw, friend)| async move {
        for _ in 0..each {
            changes(&mut raw, Request::FriendRemove { identity: friend.clone() }).await;
            changes(&mut raw, Request::FriendAdd { identity: friend.clone() }).await;
        }
    });
    futures_util::future::join_all(changing).await;
    assert!(!house.resumes(0).await.resumed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_socket_of_a_client_takes_the_place_of_the_first() {
    let mut house = House::open().await;
    let mut first = house.phone.take().unwrap();
    let (mut second, welcome) = Raw::greets(&house.service, &house.token, house.id, None).await.unwrap();
    assert!(!welcome.resumed);
    let ending = first.ends().await;
    let replaced = |frame: &FromService| {
        matches!(frame, FromService::Notice { notice: Notice::Closing { reason: ClosingReason::Replaced }, .. })
    };
    assert!(ending.frames.iter().any(replaced), "{ending:?}");
    second.is_served().await;
    // The same with a resume: the session moves to the new socket, and the old one just ends.
    house.session = welcome.session_id;
    assert!(house.resumes(0).await.resumed);
    second.ends().await;
    house.changes(1).await;
    house.phone.as_mut().unwrap().notice(|notice| is_change(notice).then_some(())).await;
    assert_eq!(house.service.running.as_ref().unwrap().clients(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_on_a_socket_that_another_has_taken_the_place_of_is_not_done() {
    let mut house = House::open().await;
    let mut first = house.phone.take().unwrap();
    assert!(house.resumes(0).await.resumed);
    let identity = house.friends[0].clone();
    // The service may have hung up by now.
    first.requests_unheard(Request::FriendRemove { identity: identity.clone() }).await.ok();
    let ending = first.ends().await;
    let answers = |frame: &FromService| !matches!(frame, FromService::Notice { .. });
    assert!(!ending.frames.iter().any(answers), "{ending:?}");
    let Ok(Response::Friends { friends }) = house.other.ask(Request::FriendsList {}).await else { panic!("no list") };
    assert!(friends.iter().any(|friend| friend.person.identity == identity));
}

#[tokio::test(flavor = "multi_thread")]
async fn bye_ends_the_session_and_shows_at_once() {
    let mut house = House::open().await;
    let bob = token(&house.service, "bob").await;
    let bobs = client();
    let (mut bob_there, welcome) = Raw::greets(&house.service, &bob, bobs, None).await.unwrap();
    house.friend_is(&welcome.me.identity, PresenceState::Online).await;
    bob_there.requests(Request::Bye {}).await;
    bob_there.ends().await;
    house.friend_is(&welcome.me.identity, PresenceState::Offline).await;
    let resume = Resume { session_id: welcome.session_id, seq: 0 };
    assert!(!Raw::greets(&house.service, &bob, bobs, Some(resume)).await.unwrap().1.resumed);
}

struct House {
    service: TestService,
    token: Secret<String>,
    id: ClientId,
    session: SessionId,
    phone: Option<Raw>,
    /// Another client of the same user, by which things happen.
    other: Raw,
    friends: Vec<Identity>,
    /// What happened so far.
    said: Vec<Notice>,
}

impl House {
    async fn open() -> Self {
        let service = TestService::start().await;
        let token = token(&service, "alice").await;
        let (other, _) = Raw::greets(&service, &token, client(), None).await.unwrap();
        let id = client();
        let (phone, welcome) = Raw::greets(&service, &token, id, None).await.unwrap();
        let friends = welcome.friends.into_iter().map(|friend| friend.person.identity).collect();
        Self { service, token, id, session: welcome.session_id, phone: Some(phone), other, friends, said: Vec::new() }
    }

    /// So many notices for every client of the user.
    async fn changes(&mut self, count: usize) {
        for _ in 0..count {
            let n = self.said.len();
            let identity = self.friends[n / 2 % self.friends.len()].clone();
            let removed = n.is_multiple_of(2);
            let request = if removed { Request::FriendRemove { identity } } else { Request::FriendAdd { identity } };
            changes(&mut self.other, request).await;
            let notice = self.other.notice(|notice| is_change(notice).then(|| notice.clone())).await;
            self.said.push(notice);
        }
    }

    async fn friend_is(&mut self, who: &Identity, wanted: PresenceState) {
        let phone = self.phone.as_mut().unwrap();
        phone
            .notice(|notice| match notice {
                Notice::PresenceChanged { identity, presence } => {
                    (identity == who && presence.state == wanted).then_some(())
                }
                _ => None,
            })
            .await;
    }

    /// All notices up to so many changes, each numbered one above the last, from `after`.
    async fn phone_hears(&mut self, changes: usize, after: u64) -> Vec<(u64, Notice)> {
        let phone = self.phone.as_mut().unwrap();
        let mut heard = Vec::new();
        while told(&heard).len() < changes {
            match phone.frame().await {
                Some(FromService::Notice { seq, notice }) => {
                    assert_eq!(seq, after + heard.len() as u64 + 1);
                    heard.push((seq, notice));
                }
                other => panic!("{other:?}"),
            }
        }
        heard
    }

    fn loses_its_socket(&mut self) {
        self.phone = None;
    }

    async fn resumes(&mut self, seq: u64) -> Welcome {
        let resume = Resume { session_id: self.session, seq };
        let (phone, welcome) = Raw::greets(&self.service, &self.token, self.id, Some(resume)).await.unwrap();
        self.phone = Some(phone);
        welcome
    }
}

async fn changes(raw: &mut Raw, request: Request) {
    assert!(matches!(raw.ask_patiently(request).await, Ok(Response::Done {})));
}

fn is_change(notice: &Notice) -> bool {
    matches!(notice, Notice::FriendAdded { .. } | Notice::FriendRemoved { .. })
}

/// The changes among what was heard.
fn told(heard: &[(u64, Notice)]) -> Vec<Notice> {
    heard.iter().map(|(_, notice)| notice).filter(|notice| is_change(notice)).cloned().collect()
}
