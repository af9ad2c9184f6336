//! Friends and what they are doing.

use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::Identity;
use switchboard::domain::person::{Favourite, Friend};
use switchboard::domain::presence::{PresenceChoice, PresenceState};
use switchboard::phone::command::Command;
use switchboard::phone::event::{Event, Refusal};

use crate::support::proxy::TcpProxy;
use crate::support::{TestPhone, TestService, connect, silence};

#[tokio::test(flavor = "multi_thread")]
async fn friends_are_seen_to_come_talk_and_go() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let mut carol = service.silent_phone("carol").await;
    let (bobs, carols) = (bob.identity(), carol.identity());
    alice.sees(&bobs, PresenceState::Online).await;
    alice.sees(&carols, PresenceState::Online).await;
    bob.tell(Command::SetPresence(PresenceChoice::Away)).await;
    alice.sees(&bobs, PresenceState::Away).await;
    let call = connect(&mut carol, &mut bob).await;
    alice.sees(&bobs, PresenceState::InCall).await;
    alice.sees(&carols, PresenceState::InCall).await;
    carol.hangs_up(call).await;
    alice.sees(&bobs, PresenceState::Away).await;
    assert_eq!(alice.sees(&carols, PresenceState::Online).await.last_seen, None);
    bob.quits().await;
    let presence = alice.sees(&bobs, PresenceState::Offline).await;
    assert!(presence.last_seen.is_some());
    // Who comes later is told the same.
    let late = service.silent_phone("carol").await;
    let friends = late.seen.iter().find_map(|event| match event {
        Event::Friends(friends) => Some(friends.clone()),
        _ => None,
    });
    let bob = friends.unwrap().into_iter().find(|friend| friend.person.identity == bobs).unwrap();
    assert_eq!(bob.presence, presence);
}

/// Waits until one looks like that to others.
async fn looks(phone: &mut TestPhone, state: PresenceState) {
    let like_that = |event: &Event| matches!(event, Event::MyPresence(presence) if presence.state == state);
    phone.until(&format!("look {state:?}"), |event| like_that(event).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_on_one_phone_holds_for_all_and_all_are_told() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut desk = service.silent_phone("bob").await;
    let mut mobile = service.silent_phone("bob").await;
    desk.tell(Command::SetPresence(PresenceChoice::DoNotDisturb)).await;
    looks(&mut desk, PresenceState::DoNotDisturb).await;
    looks(&mut mobile, PresenceState::DoNotDisturb).await;
    alice.calls("bob").await;
    assert_eq!(alice.ends().await.end, EndReason::DO_NOT_DISTURB);
    // Whoever changes it, changes it for all.
    mobile.tell(Command::SetPresence(PresenceChoice::Away)).await;
    looks(&mut desk, PresenceState::Away).await;
    looks(&mut mobile, PresenceState::Away).await;
    let call = alice.calls("bob").await;
    assert_eq!([desk.rings().await.call, mobile.rings().await.call], [call; 2]);
    mobile.tell(Command::Decline(call)).await;
    assert_eq!(desk.stops_ringing().await, EndReason::DECLINED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_chosen_without_a_connection_is_said_with_the_next_and_then_no_more() {
    let (service, proxy) = TcpProxy::with_a_service().await;
    let mut desk = TestPhone::start("bob", service.account_by(proxy.at, "bob").await, silence()).await;
    let mut mobile = service.silent_phone("bob").await;
    looks(&mut mobile, PresenceState::Online).await;
    proxy.cut();
    desk.is_down().await;
    desk.tell(Command::SetPresence(PresenceChoice::DoNotDisturb)).await;
    desk.is_refused("presence").await;
    proxy.restore();
    looks(&mut mobile, PresenceState::DoNotDisturb).await;
    mobile.tell(Command::SetPresence(PresenceChoice::Away)).await;
    looks(&mut desk, PresenceState::Away).await;
    // The desk said it once: another connection of its says nothing of it.
    proxy.cut();
    desk.is_down().await;
    proxy.restore();
    desk.is_up().await;
    mobile.tell(Command::SetPresence(PresenceChoice::Online)).await;
    looks(&mut mobile, PresenceState::Online).await;
    let after =
        mobile.seen.iter().rposition(|event| matches!(event, Event::MyPresence(it) if it.state == PresenceState::Away));
    let since = &mobile.seen[after.unwrap()..];
    let disturbed = |event: &Event| matches!(event, Event::MyPresence(it) if it.state == PresenceState::DoNotDisturb);
    assert!(!since.iter().any(disturbed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_friend_added_or_removed_on_one_phone_is_so_on_the_other() {
    let service = TestService::start().await;
    let mut desk = service.silent_phone("alice").await;
    let mut mobile = service.silent_phone("alice").await;
    let bob = service.silent_phone("bob").await;
    let bobs = bob.identity();
    let lists_bob = |friends: &[Friend]| {
        friends.iter().any(|friend| friend.person.identity == bobs && friend.presence.state == PresenceState::Online)
    };
    desk.tell(Command::RemoveFriend(bobs.clone())).await;
    for phone in [&mut desk, &mut mobile] {
        phone.lists("forget bob", |friends| !lists_bob(friends)).await;
    }
    mobile.tell(Command::AddFriend("bob".to_owned())).await;
    for phone in [&mut desk, &mut mobile] {
        phone.lists("list bob", lists_bob).await;
    }
    desk.tell(Command::AddFriend("bob".to_owned())).await;
    assert!(matches!(desk.is_refused("add friend").await, Refusal::Service(_)));
    desk.tell(Command::AddFriend("zorro".to_owned())).await;
    assert_eq!(desk.is_refused("add friend").await, Refusal::NobodyCalled("zorro".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn favourites_are_the_same_on_all_phones_and_last() {
    let service = TestService::start().await;
    let mut desk = service.silent_phone("alice").await;
    let mut mobile = service.silent_phone("alice").await;
    let (bob, carol) = (service.silent_phone("bob").await, service.silent_phone("carol").await);
    let one: Favourite = 1.try_into().unwrap();
    let favourite = |friends: &[Friend]| -> Vec<Identity> {
        let favourites = friends.iter().filter(|friend| friend.favourite == Some(one));
        favourites.map(|friend| friend.person.identity.clone()).collect()
    };
    desk.tell(Command::Favour { identity: bob.identity(), favourite: Some(one) }).await;
    for phone in [&mut desk, &mut mobile] {
        phone.lists("have bob under 1", |friends| favourite(friends) == [bob.identity()]).await;
    }
    mobile.tell(Command::Favour { identity: carol.identity(), favourite: Some(one) }).await;
    for phone in [&mut desk, &mut mobile] {
        phone.lists("have carol under 1 alone", |friends| favourite(friends) == [carol.identity()]).await;
    }
    desk.tell(Command::Favour { identity: desk.identity(), favourite: Some(one) }).await;
    assert!(matches!(desk.is_refused("favour").await, Refusal::Service(_)));
    let late = service.silent_phone("alice").await;
    let friends = late.seen.iter().find_map(|event| match event {
        Event::Friends(friends) => Some(friends.clone()),
        _ => None,
    });
    assert_eq!(favourite(&friends.unwrap()), [carol.identity()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_part_of_a_name() {
    let service = TestService::start().await;
    service.silent_phone("bob").await;
    let mut alice = service.silent_phone("alice").await;
    alice.tell(Command::SearchPeople("bo".to_owned())).await;
    let found = alice.until("find people", |event| match event {
        Event::People { text, people } if text == "bo" => Some(people.clone()),
        _ => None,
    });
    let found = found.await;
    assert!(found.iter().any(|person| person.name.as_str() == "bob"), "{found:?}");
    assert!(found.iter().all(|person| person.name.as_str() != "carol"), "{found:?}");
}
