//! The demo's group: on the lists of the demo's people, and visited by its guests while somebody is in it.

use switchboard::domain::group::{GroupKey, GroupRow};
use switchboard::domain::id::CallId;
use switchboard::protocol::notice::Notice;
use switchboard::protocol::request::Request;
use switchboard::protocol::response::Response;

use crate::raw::{Raw, legs, offer};
use crate::support::{TestService, options};

/// The demo's group, as it is on somebody's list.
async fn demo_of(raw: &mut Raw) -> GroupRow {
    match raw.ask(Request::GroupsList {}).await.unwrap() {
        Response::Groups { groups } => {
            groups.into_iter().find(|row| row.group.name.as_ref().is_some_and(|name| name.as_str() == "Demo")).unwrap()
        }
        other => panic!("not listed: {other:?}"),
    }
}

async fn joins(raw: &mut Raw, demo: &GroupRow) -> CallId {
    let group = GroupKey::Id(demo.group.id);
    match raw.ask(Request::GroupJoin { group, offer: offer(), existing: false, muted: false }).await.unwrap() {
        Response::Joined { call_id, .. } => call_id,
        other => panic!("not joined: {other:?}"),
    }
}

/// Waits until all of these, by user name, are in the demo's group, and nobody else but perhaps Kim.
async fn sees_in(raw: &mut Raw, demo: &GroupRow, who: &[&str]) {
    raw.notice(|notice| match notice {
        Notice::GroupChanged { group_id, here } if *group_id == demo.group.id => {
            let mut here: Vec<_> =
                here.iter().map(|person| person.name.as_str()).filter(|name| *name != "kim").collect();
            here.sort_unstable();
            (here == who).then_some(())
        }
        _ => None,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_guests_come_with_the_first_visitor_and_go_with_the_last() {
    let service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    let (mut bob, _) = Raw::welcomed(&service, "bob").await;
    let (mut carol, _) = Raw::welcomed(&service, "carol").await;
    let demo = demo_of(&mut carol).await;
    assert_eq!((demo.owner.name.as_str(), demo.here.len()), ("ada", 0));
    legs(&service, 0).await;

    let call_id = joins(&mut alice, &demo).await;
    sees_in(&mut carol, &demo, &["ada", "alice", "ben"]).await;
    assert_eq!(joins(&mut bob, &demo).await, call_id);
    sees_in(&mut carol, &demo, &["ada", "alice", "ben", "bob"]).await;
    alice.ask(Request::CallHangUp { call_id }).await.unwrap();
    sees_in(&mut carol, &demo, &["ada", "ben", "bob"]).await;
    bob.ask(Request::CallHangUp { call_id }).await.unwrap();
    sees_in(&mut carol, &demo, &[]).await;
    legs(&service, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_made_once_and_stays_off_the_list_it_was_taken_off() {
    let mut service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    let (mut bob, _) = Raw::welcomed(&service, "bob").await;
    let demo = demo_of(&mut alice).await;
    bob.ask(Request::GroupRemove { group_id: demo.group.id }).await.unwrap();
    service.stop().await;
    let again = options(service.folder.path());
    let service = TestService::with(service.folder, again).await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    assert_eq!(demo_of(&mut alice).await.group, demo.group);
    let (mut bob, _) = Raw::welcomed(&service, "bob").await;
    assert_eq!(bob.ask(Request::GroupsList {}).await.unwrap(), Response::Groups { groups: Vec::new() });
}
