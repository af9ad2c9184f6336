//! Groups over the wire: joining, sharing, lists, codes, links. Clients here only signal; nothing ever flows in their legs.

use std::collections::BTreeSet;
use std::time::Duration;

use switchboard::base::clock;
use switchboard::base::entropy;
use switchboard::domain::group::{Group, GroupKey, GroupRow};
use switchboard::domain::id::{CallId, GroupId, Identity};
use switchboard::domain::person::Person;
use switchboard::domain::record::HistoryFilter;
use switchboard::protocol::failure::{CODE_ENDED, Failure, FailureCode, NOBODY_THERE};
use switchboard::protocol::frame::FromService;
use switchboard::protocol::notice::Notice;
use switchboard::protocol::request::{Request, Sdp};
use switchboard::protocol::response::Response;
use switchboard::service::{ServiceOptions, store};

use crate::raw::{PATIENCE, Raw, client, legs, offer, token};
use crate::support::process::ServiceProcess;
use crate::support::{TestService, options};

fn new_id() -> GroupId {
    GroupId(entropy::uuid())
}

fn by_id(group: GroupId) -> GroupKey {
    GroupKey::Id(group)
}

fn by_code(group: &Group) -> GroupKey {
    GroupKey::Code(group.code.clone())
}

fn join(group: GroupKey) -> Request {
    Request::GroupJoin { group, offer: offer(), existing: false, muted: false }
}

fn join_existing(group: GroupKey) -> Request {
    Request::GroupJoin { group, offer: offer(), existing: true, muted: false }
}

/// What a client got for joining.
#[derive(Debug, Clone, PartialEq)]
struct Joined {
    call: CallId,
    group: Group,
    first: bool,
}

/// Sentences about groups over a raw socket.
trait InGroups {
    async fn asks_to(&mut self, request: Request) -> Result<Joined, Failure>;
    async fn joins(&mut self, group: GroupKey) -> Joined;
    async fn makes(&mut self, name: &str) -> Group;
    async fn list(&mut self) -> Vec<GroupRow>;
    async fn shows(&mut self, group: GroupKey) -> Result<GroupRow, Failure>;
    async fn shares(&mut self, group: GroupKey, with: &[&Person]) -> Result<Response, Failure>;
    async fn sees_in(&mut self, group: GroupId, who: &[&Person]);
}

impl InGroups for Raw {
    async fn asks_to(&mut self, request: Request) -> Result<Joined, Failure> {
        match self.ask_patiently(request).await? {
            Response::Joined { call_id, group, first, answer } => {
                assert!(answer.0.starts_with("v=0"), "{answer:?}");
                Ok(Joined { call: call_id, group, first })
            }
            other => panic!("not joined: {other:?}"),
        }
    }

    async fn joins(&mut self, group: GroupKey) -> Joined {
        self.asks_to(join(group)).await.unwrap()
    }

    async fn makes(&mut self, name: &str) -> Group {
        match self.ask(Request::GroupCreate { name: name.parse().unwrap() }).await.unwrap() {
            Response::Group { group } => group.group,
            other => panic!("not made: {other:?}"),
        }
    }

    /// Without the demo's own group.
    async fn list(&mut self) -> Vec<GroupRow> {
        match self.ask(Request::GroupsList {}).await.unwrap() {
            Response::Groups { groups } => groups.into_iter().filter(|row| row.owner.name.as_str() != "ada").collect(),
            other => panic!("not listed: {other:?}"),
        }
    }

    async fn shows(&mut self, group: GroupKey) -> Result<GroupRow, Failure> {
        match self.ask(Request::GroupShow { group }).await? {
            Response::Group { group } => Ok(group),
            other => panic!("not shown: {other:?}"),
        }
    }

    async fn shares(&mut self, group: GroupKey, with: &[&Person]) -> Result<Response, Failure> {
        let with = with.iter().map(|person| person.identity.clone()).collect();
        self.ask(Request::GroupShare { group, with }).await
    }

    /// Waits until it is told that just these are in the group.
    async fn sees_in(&mut self, group: GroupId, who: &[&Person]) {
        let wanted: BTreeSet<_> = who.iter().map(|person| &person.identity).collect();
        self.notice(|notice| match notice {
            Notice::GroupChanged { group_id, here } if *group_id == group => {
                let here: BTreeSet<_> = here.iter().map(|person| &person.identity).collect();
                (here == wanted).then_some(())
            }
            _ => None,
        })
        .await;
    }
}

/// A client of a demo account, and who that is.
async fn welcomed(service: &TestService, name: &str) -> (Raw, Person) {
    let (raw, welcome) = Raw::welcomed(service, name).await;
    (raw, welcome.me)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_comes_first_is_told_and_the_others_meet_there_by_id_or_code() {
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let (mut bob, _) = welcomed(&service, "bob").await;
    let (mut carol, _) = welcomed(&service, "carol").await;
    let id = new_id();
    let first = alice.joins(by_id(id)).await;
    assert!(first.first);
    assert_eq!((first.group.id, &first.group.name), (id, &None));
    let second = bob.joins(by_code(&first.group)).await;
    assert_eq!(second, Joined { first: false, ..first.clone() });
    assert_eq!(carol.asks_to(join_existing(by_id(id))).await.unwrap(), second);
    legs(&service, 3).await;
    assert_eq!(alice.list().await, [], "a group without a name is on nobody's list");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_is_an_existing_call_is_not_begun() {
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let named = alice.makes("Ops").await;
    let unknown = new_id();
    for key in [by_id(unknown), by_id(named.id), by_code(&named)] {
        let refused = alice.asks_to(join_existing(key)).await.unwrap_err();
        assert_eq!((refused.code, refused.sub_code), (FailureCode::NotFound, NOBODY_THERE));
    }
    legs(&service, 0).await;
    assert_eq!(alice.shows(by_id(unknown)).await.unwrap_err().code, FailureCode::NotFound, "nothing was kept of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_clients_of_one_person_are_in() {
    let service = TestService::start().await;
    let (mut one, me) = welcomed(&service, "alice").await;
    let (mut other, _) = welcomed(&service, "alice").await;
    let group = one.makes("Ops").await;
    let first = one.joins(by_id(group.id)).await;
    assert_eq!(other.joins(by_code(&group)).await, Joined { first: false, ..first });
    legs(&service, 2).await;
    assert_eq!(other.shows(by_id(group.id)).await.unwrap().here, [me]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_id_nor_code_is_refused_unread() {
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    for key in ["", "k7mq", "29228d3e-040e-4656-a70e-890ab4e173e", "http://x/j/k7mq-3tzf"] {
        alice.says(&format!(r#"{{"id":77,"request":{{"group_join":{{"group":"{key}","offer":"v=0"}}}}}}"#)).await;
        match alice.answer().await {
            Some(FromService::Failure { id: Some(77), failure }) => {
                assert_eq!(failure.code, FailureCode::BadRequest);
                assert!(failure.message.contains("neither a group ID nor a group code"), "{failure}");
            }
            other => panic!("{key}: {other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_cannot_be_used_leaves_nothing() {
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let named = alice.makes("Ops").await;
    let unknown = new_id();
    for sdp in ["", "v=0\r\n", "nonsense", "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 x 1\r\n"] {
        for group in [by_id(unknown), by_id(named.id)] {
            let request = Request::GroupJoin { group, offer: Sdp(sdp.to_owned()), existing: false, muted: false };
            assert_eq!(alice.is_refused(request).await, FailureCode::MediaRefused, "{sdp:?}");
        }
    }
    assert_eq!(alice.shows(by_id(unknown)).await.unwrap_err().code, FailureCode::NotFound);
    assert_eq!(alice.shows(by_id(named.id)).await.unwrap().here, []);
    legs(&service, 0).await;
    assert!(alice.joins(by_id(unknown)).await.first, "and nothing is in the way");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_are_limited_over_all_clients_of_a_user() {
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let group = alice.makes("Ops").await;
    let (mut eve, _) = welcomed(&service, "bob").await;
    let wrong = || GroupKey::Code("2222-2222".parse().unwrap());
    for round in 0..10 {
        let request = if round % 2 == 0 { join(wrong()) } else { Request::GroupShow { group: wrong() } };
        assert_eq!(eve.ask(request).await.unwrap_err().code, FailureCode::NotFound);
    }
    let (mut again, _) = welcomed(&service, "bob").await;
    for raw in [&mut eve, &mut again] {
        for request in [join(wrong()), join(by_code(&group)), Request::GroupShow { group: by_code(&group) }] {
            assert_eq!(raw.ask(request).await.unwrap_err().code, FailureCode::TooManyRequests);
        }
    }
    again.joins(by_id(group.id)).await;
    let (mut carol, _) = welcomed(&service, "carol").await;
    carol.joins(by_code(&group)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_group_reaches_its_friends_at_once_and_stays_on_their_lists() {
    let service = TestService::start().await;
    let (mut alice, alice_is) = welcomed(&service, "alice").await;
    let (mut bob, bob_is) = welcomed(&service, "bob").await;
    let (mut bobs_other, _) = welcomed(&service, "bob").await;
    let group = alice.makes("Ops bridge").await;
    alice.joins(by_id(group.id)).await;
    alice.shares(by_id(group.id), &[&bob_is]).await.unwrap();
    for raw in [&mut bob, &mut bobs_other] {
        let shared = raw
            .notice(|notice| match notice {
                Notice::GroupShared { group, by, here } => Some((group.clone(), by.clone(), *here)),
                _ => None,
            })
            .await;
        assert_eq!(shared, (group.clone(), alice_is.clone(), 1));
    }
    let row = GroupRow { group: group.clone(), owner: alice_is.clone(), here: vec![alice_is.clone()] };
    assert_eq!(bob.list().await, [row]);
    assert_eq!(bob.makes("Ops bridge").await.name, group.name, "each names groups as they like");

    let unnamed = bob.joins(by_id(new_id())).await.group;
    bob.shares(by_code(&unnamed), &[&alice_is]).await.unwrap();
    let told = alice.notice(|notice| match notice {
        Notice::GroupShared { group, .. } => Some(group.clone()),
        _ => None,
    });
    assert_eq!(told.await, unnamed);
    assert_eq!(alice.list().await.len(), 1, "one without a name is told, and on no list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_shared_only_with_people_there_are() {
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let (mut bob, bob_is) = welcomed(&service, "bob").await;
    let group = alice.makes("Ops").await;
    let nobody = Person { identity: "8:acs:x_nobody".parse().unwrap(), ..bob_is.clone() };
    let refused = alice.shares(by_id(group.id), &[&bob_is, &nobody]).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::NotFound);
    assert!(refused.message.contains("8:acs:x_nobody"), "{refused}");
    for with in [Vec::new(), vec![&bob_is; 101]] {
        assert_eq!(alice.shares(by_id(group.id), &with).await.unwrap_err().code, FailureCode::BadRequest);
    }
    assert_eq!(alice.shares(by_id(new_id()), &[&bob_is]).await.unwrap_err().code, FailureCode::NotFound);
    assert_eq!(bob.list().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_made_on_one_client_is_told_to_the_others_of_its_owner() {
    let service = TestService::start().await;
    let (mut desk, _) = welcomed(&service, "alice").await;
    let (mut sofa, _) = welcomed(&service, "alice").await;
    let (mut bob, _) = welcomed(&service, "bob").await;
    let group = desk.makes("Ops").await;
    sofa.sees_in(group.id, &[]).await;
    assert_eq!(sofa.list().await, desk.list().await);
    bob.list().await;
    let told = bob.notices.iter().any(|(_, notice)| matches!(notice, Notice::GroupChanged { .. }));
    assert!(!told, "it is nobody else's business: {:?}", bob.notices);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_have_a_group_on_their_list_see_who_is_in_it() {
    let service = TestService::start().await;
    let (mut alice, alice_is) = welcomed(&service, "alice").await;
    let (mut bob, bob_is) = welcomed(&service, "bob").await;
    let group = alice.makes("Ops").await;
    bob.joins(by_code(&group)).await;
    alice.sees_in(group.id, &[&bob_is]).await;
    assert_eq!(alice.list().await[0].here, std::slice::from_ref(&bob_is));
    let joined = alice.joins(by_id(group.id)).await;
    bob.sees_in(group.id, &[&bob_is, &alice_is]).await;
    alice.ask(Request::CallHangUp { call_id: joined.call }).await.unwrap();
    bob.ask(Request::CallHangUp { call_id: joined.call }).await.unwrap();
    alice.sees_in(group.id, &[]).await;
    assert_eq!(bob.list().await[0].here, []);
    assert!(bob.joins(by_id(group.id)).await.first, "the group stays when everybody left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_given_up_is_gone_from_all_lists_and_its_call_goes_on() {
    let service = TestService::start().await;
    let (mut alice, alice_is) = welcomed(&service, "alice").await;
    let (mut bob, bob_is) = welcomed(&service, "bob").await;
    let (mut carol, _) = welcomed(&service, "carol").await;
    let group = alice.makes("Ops").await;
    let joined = bob.joins(by_code(&group)).await;
    let removed = |notice: &Notice| match notice {
        Notice::GroupRemoved { group_id } => Some(*group_id),
        _ => None,
    };
    alice.ask(Request::GroupRemove { group_id: group.id }).await.unwrap();
    assert_eq!(alice.notice(removed).await, group.id);
    assert_eq!(bob.notice(removed).await, group.id);
    assert_eq!((alice.list().await, bob.list().await), (Vec::new(), Vec::new()));
    let ended = carol.asks_to(join(by_code(&group))).await.unwrap_err();
    assert_eq!((ended.code, ended.sub_code), (FailureCode::NotFound, CODE_ENDED));
    // Whoever knows its ID still finds those who are there.
    let still = carol.asks_to(join_existing(by_id(group.id))).await.unwrap();
    assert_eq!((still.call, still.first), (joined.call, false));

    let again = alice.makes("Ops").await;
    alice.shares(by_id(again.id), &[&bob_is]).await.unwrap();
    bob.ask(Request::GroupRemove { group_id: again.id }).await.unwrap();
    assert_eq!(bob.notice(removed).await, again.id);
    assert_eq!(bob.list().await, [], "others only forget it");
    assert_eq!(alice.shows(by_code(&again)).await.unwrap().owner, alice_is);
    let not_there = bob.ask(Request::GroupRemove { group_id: again.id }).await.unwrap_err();
    assert_eq!(not_there.code, FailureCode::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_was_not_used_for_a_day_says_that_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let group = Group { id: new_id(), name: None, code: "k7mq-3tzf".parse().unwrap() };
    let db = store::open(folder.path()).await.unwrap();
    let yesterday = clock::unix_now().plus(-25 * 60 * 60 * 1000);
    let owner = "8:acs:x_gone".parse().unwrap();
    store::groups::add(&db, &group, &owner, 1, yesterday).await.unwrap();
    db.close().await;
    let options = options(folder.path());
    let service = TestService::with(folder, options).await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let ended = alice.asks_to(join(by_code(&group))).await.unwrap_err();
    assert_eq!((ended.code, ended.sub_code), (FailureCode::NotFound, CODE_ENDED));
    assert!(ended.message.contains("ask for a new one"), "{ended}");
    let anew = alice.joins(by_id(group.id)).await;
    assert!(anew.first && anew.group.code != group.code);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_in_a_call_invite_into_it_and_only_others() {
    let service = TestService::start().await;
    let (mut alice, alice_is) = welcomed(&service, "alice").await;
    let (mut bob, bob_is) = welcomed(&service, "bob").await;
    let call_id = alice.joins(by_id(new_id())).await.call;
    let invite = |to: &Identity| Request::CallInvite { call_id, to: to.clone() };
    assert_eq!(alice.is_refused(invite(&alice_is.identity)).await, FailureCode::BadRequest);
    assert_eq!(alice.is_refused(invite(&"8:acs:x_nobody".parse().unwrap())).await, FailureCode::NotFound);
    assert_eq!(bob.is_refused(invite(&alice_is.identity)).await, FailureCode::NotFound);
    assert_eq!(bob.is_refused(Request::CallEndForAll { call_id }).await, FailureCode::NotFound);
    assert_eq!(bob.shows(by_id(GroupId(call_id.0))).await.unwrap_err().code, FailureCode::NotFound, "none was begun");
    assert_eq!(
        alice.is_refused(Request::CallInvite { call_id: CallId(entropy::uuid()), to: bob_is.identity }).await,
        FailureCode::NotFound
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_ended_for_all_is_remembered_as_the_groups() {
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let (mut bob, _) = welcomed(&service, "bob").await;
    let group = alice.makes("Ops").await;
    let call_id = bob.joins(by_code(&group)).await.call;
    let (mut carol, _) = welcomed(&service, "carol").await;
    carol.joins(by_id(group.id)).await;
    assert_eq!(carol.is_refused(Request::CallEndForAll { call_id }).await, FailureCode::Forbidden);
    // She neither began the call nor was there before: it is her group.
    alice.joins(by_id(group.id)).await;
    alice.ask(Request::CallEndForAll { call_id }).await.unwrap();
    for raw in [&mut alice, &mut bob] {
        let record = raw.notice(|notice| match notice {
            Notice::HistoryAdded { record } if record.ended_at.is_some() => Some(record.clone()),
            _ => None,
        });
        let record = record.await;
        assert_eq!(record.with.group(), Some(&group.reference()));
        match raw.ask(Request::HistoryList { limit: 10, filter: HistoryFilter::default() }).await.unwrap() {
            Response::History { records } => assert_eq!(records, [record]),
            other => panic!("no history: {other:?}"),
        }
    }
}

/// The call a join was meant for may be over by the time the join arrives: the service looks again.
#[tokio::test(flavor = "multi_thread")]
async fn all_who_come_and_go_at_once_get_in_each_time() {
    let service = TestService::start().await;
    let id = new_id();
    let mut restless = Vec::new();
    for name in ["alice", "bob", "carol", "alice", "bob", "carol"] {
        let (mut raw, _) = welcomed(&service, name).await;
        restless.push(async move {
            let mut firsts = 0;
            for _ in 0..10 {
                let joined = raw.joins(by_id(id)).await;
                firsts += usize::from(joined.first);
                raw.ask_patiently(Request::CallHangUp { call_id: joined.call }).await.unwrap();
            }
            (raw, firsts)
        });
    }
    let done = futures_util::future::join_all(restless).await;
    assert!(done.iter().map(|(_, firsts)| firsts).sum::<usize>() >= 1);
    legs(&service, 0).await;
    let (mut last, _) = welcomed(&service, "alice").await;
    assert!(last.joins(by_id(id)).await.first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_joins_is_answered_or_limited_and_the_service_is_well() {
    const CLIENTS: usize = 10;
    const EACH: usize = 100;
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let popular = alice.makes("popular").await;
    let mut floods = Vec::new();
    for client in 0..CLIENTS {
        let (mut raw, _) = welcomed(&service, ["alice", "bob", "carol"][client % 3]).await;
        let (popular, offer) = (popular.id, offer());
        floods.push(async move {
            for number in 0..EACH {
                let group = by_id(if number % 2 == 0 { popular } else { new_id() });
                raw.requests(Request::GroupJoin { group, offer: offer.clone(), existing: false, muted: false }).await;
            }
            let (mut answered, mut joined) = (0, 0);
            // The service answers each, or has had enough of this socket.
            while answered < EACH
                && let Some(answer) = raw.answer().await
            {
                answered += 1;
                joined += usize::from(matches!(answer, FromService::Response { .. }));
            }
            (raw, answered, joined)
        });
    }
    let done = futures_util::future::join_all(floods).await;
    let counts: Vec<_> = done.iter().map(|(_, answered, joined)| (*answered, *joined)).collect();
    assert!(counts.iter().all(|(answered, joined)| *answered >= 50 && *joined >= 1), "{counts:?}");
    // A machine so slow that a leg fails meanwhile, since nothing ever flows in it, may let its client in once more. What
    // was refused or has failed may take a moment to be closed.
    let count = || service.running.as_ref().unwrap().media_counts().legs;
    let closed = async {
        while count() > CLIENTS as u64 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let each_is_in_one = tokio::time::timeout(PATIENCE, closed).await.is_ok();
    assert!(each_is_in_one, "each is in one call at a time: {} legs, {counts:?}", count());
    drop(done);
    let (mut bob, _) = welcomed(&service, "bob").await;
    bob.joins(by_id(popular.id)).await;
    // Anew: who has not answered a ping for so long may have been given up.
    let (mut alice, _) = welcomed(&service, "alice").await;
    alice.is_served().await;
    assert_eq!(alice.list().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_outlive_a_killed_service_and_their_calls_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut service = ServiceProcess::start(folder.path(), 0, 0);
    let (mut alice, _) = arrives(&service, "alice").await;
    let (mut bob, bob_is) = arrives(&service, "bob").await;
    let named = alice.makes("Ops").await;
    alice.shares(by_id(named.id), &[&bob_is]).await.unwrap();
    let unnamed = alice.joins(by_id(new_id())).await.group;
    bob.joins(by_code(&named)).await;

    service.is_killed_and_comes_back(folder.path());
    let (mut alice, alice_is) = arrives(&service, "alice").await;
    let (mut bob, _) = arrives(&service, "bob").await;
    let row = GroupRow { group: named.clone(), owner: alice_is, here: Vec::new() };
    assert_eq!(alice.list().await, std::slice::from_ref(&row));
    assert_eq!(bob.list().await, [row]);
    let again = bob.joins(by_code(&unnamed)).await;
    assert_eq!((again.group, again.first), (unnamed, true));
}

/// A client of a service in a process of its own.
async fn arrives(service: &ServiceProcess, name: &str) -> (Raw, Person) {
    let token = service.account(name).await.fresh_token().await.unwrap();
    let mut raw = Raw::connect(service.http).await;
    raw.says_hello(&token, client(), None).await;
    match raw.frame().await {
        Some(FromService::Welcome { welcome }) => (raw, welcome.me),
        other => panic!("not welcomed: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_opens_a_page_that_says_how_to_join() {
    let service = TestService::start().await;
    let (mut alice, _) = welcomed(&service, "alice").await;
    let group = alice.makes("Ops").await;
    let at = |path: &str| service.server().rest(path);
    let page = async |url: &str| {
        let response = reqwest::get(url).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let link = at(&format!("/j/{}", group.code));
    let (status, text) = page(&link).await;
    assert_eq!(status, 200);
    assert!(text.contains(&format!("switchboard join {link}<")) && !text.contains("Ops"), "{text}");
    alice.ask(Request::GroupRemove { group_id: group.id }).await.unwrap();
    let (status, text) = page(&link).await;
    assert_eq!(status, 404);
    assert!(text.contains("has ended"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_says_where_links_begin() {
    let folder = tempfile::tempdir().unwrap();
    let public_url = Some("http://calls.example:1234".parse().unwrap());
    let options = ServiceOptions { public_url, ..options(folder.path()) };
    let service = TestService::with(folder, options).await;
    let (_, welcome) = Raw::greets(&service, &token(&service, "alice").await, client(), None).await.unwrap();
    assert_eq!(welcome.public_url.as_deref(), Some("http://calls.example:1234"));
    let asked_as = async |host: &str| {
        let request =
            reqwest::Client::new().get(service.server().rest(&format!("/j/{}", new_id()))).header("host", host);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let (status, text) = asked_as("calls.example:1234").await;
    assert_eq!(status, 200);
    assert!(text.contains("switchboard join http://calls.example:1234/j/"), "{text}");
    assert_eq!(asked_as("calls.example").await.0, 200, "a proxy or an ACME authority may leave the port out");
    assert_eq!(asked_as("calls.example.net").await.0, 403);
}
