//! Friends and what they are doing.

use switchboard::config::FriendPolicy;
use switchboard::domain::call::Direction;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::Identity;
use switchboard::domain::organisation::Organisation;
use switchboard::domain::person::{Favourite, Friend, Person};
use switchboard::domain::presence::{PresenceChoice, PresenceState};
use switchboard::phone::command::Command;
use switchboard::phone::event::{Event, Refusal};
use switchboard::service::store::FILE;

use crate::support::proxy::TcpProxy;
use crate::support::{TestPhone, TestService, connect, options, silence};

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

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shown_otherwise_is_so_to_everybody_who_is_there_and_in_the_next_call() {
    let service = TestService::start().await;
    let (mut alice, mut bob) = (service.silent_phone("alice").await, service.silent_phone("bob").await);
    let (bobs, acme) = (bob.identity(), "acme".parse::<Organisation>().unwrap());
    let user = "bob".parse().unwrap();
    service.identities().set_organisation(&user, &acme).await.unwrap();
    service.identities().set_display_name(&user, "Robert".into()).await.unwrap();
    let is_it = |person: &Person| person.organisation == acme && person.display_name.as_str() == "Robert";
    bob.until("be told", |event| matches!(event, Event::Me(me) if is_it(me)).then_some(())).await;
    alice
        .lists("bob of acme", |friends| {
            friends.iter().any(|friend| {
                friend.person.identity == bobs
                    && is_it(&friend.person)
                    && friend.presence.state == PresenceState::Online
            })
        })
        .await;
    bob.calls("alice").await;
    assert!(is_it(&alice.rings().await.from));
    // Who comes later is told the same.
    let later = service.silent_phone("bob").await;
    assert!(is_it(&later.person()));
}

/// A service whose people ask before they are friends; its demo accounts know nobody.
async fn where_friends_are_asked() -> TestService {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.identity.people.friends = FriendPolicy::Request;
    TestService::with(folder, options).await
}

/// Waits until these are the open requests.
async fn knows_requests(phone: &mut TestPhone, wanted: &[(&Identity, Direction)]) {
    let is_so = |event: &Event| match event {
        Event::FriendRequests(open) => {
            let open: Vec<_> = open.iter().map(|request| (&request.person.identity, request.direction)).collect();
            (open == wanted).then_some(())
        }
        _ => None,
    };
    phone.until(&format!("know of {} requests", wanted.len()), is_so).await;
}

/// Two who are no friends of each other any more.
async fn strangers(service: &TestService) -> (TestPhone, TestPhone) {
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let (alices, bobs) = (alice.identity(), bob.identity());
    alice.tell(Command::RemoveFriend(bobs.clone())).await;
    alice.lists("forget bob", |friends| !has(friends, &bobs)).await;
    bob.lists("forget alice", |friends| !has(friends, &alices)).await;
    (alice, bob)
}

fn has(friends: &[Friend], who: &Identity) -> bool {
    friends.iter().any(|friend| friend.person.identity == *who)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_to_be_a_friend_is_one_once_that_is_accepted_and_requests_outlive_the_service() {
    let mut service = where_friends_are_asked().await;
    let (mut alice, mut bob) = strangers(&service).await;
    let (alices, bobs) = (alice.identity(), bob.identity());
    bob.quits().await;
    alice.tell(Command::AddFriend("bob".to_owned())).await;
    knows_requests(&mut alice, &[(&bobs, Direction::Outgoing)]).await;
    alice.tell(Command::AddFriend("bob".to_owned())).await;
    assert!(matches!(alice.is_refused("add friend").await, Refusal::Service(_)), "asked already");
    alice.quits().await;
    service.stop().await;
    let folder = std::mem::replace(&mut service.folder, tempfile::tempdir().unwrap());
    let mut options = options(folder.path());
    options.identity.people.friends = FriendPolicy::Request;
    let service = TestService::with(folder, options).await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = TestPhone::starts("bob", service.account("bob").await, silence());
    knows_requests(&mut bob, &[(&alices, Direction::Incoming)]).await;
    bob.tell(Command::AcceptFriend("alice".to_owned())).await;
    bob.lists("have alice for a friend", |friends| has(friends, &alices)).await;
    alice.lists("have bob for a friend", |friends| has(friends, &bobs)).await;
    for phone in [&mut alice, &mut bob] {
        knows_requests(phone, &[]).await;
    }
    bob.tell(Command::SetPresence(PresenceChoice::Away)).await;
    alice.sees(&bobs, PresenceState::Away).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_declined_is_not_told_and_requests_that_cross_make_friends() {
    let service = where_friends_are_asked().await;
    let (mut alice, mut bob) = strangers(&service).await;
    let (alices, bobs) = (alice.identity(), bob.identity());
    alice.tell(Command::AddFriend("bob".to_owned())).await;
    knows_requests(&mut bob, &[(&alices, Direction::Incoming)]).await;
    knows_requests(&mut alice, &[(&bobs, Direction::Outgoing)]).await;
    bob.tell(Command::DeclineFriend("alice".to_owned())).await;
    knows_requests(&mut bob, &[]).await;
    // For her it is open, and she may withdraw it and ask once more.
    alice.tell(Command::WithdrawFriend("bob".to_owned())).await;
    knows_requests(&mut alice, &[]).await;
    alice.tell(Command::AddFriend("bob".to_owned())).await;
    knows_requests(&mut bob, &[(&alices, Direction::Incoming)]).await;
    bob.tell(Command::AddFriend("alice".to_owned())).await;
    alice.lists("have bob for a friend", |friends| has(friends, &bobs)).await;
    bob.lists("have alice for a friend", |friends| has(friends, &alices)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_favourite_stays_one_when_the_other_becomes_a_friend_too() {
    let service = where_friends_are_asked().await;
    let (mut alice, bob) = strangers(&service).await;
    let (alices, bobs, one) = (alice.identity(), bob.identity(), Favourite::try_from(1).unwrap());
    // From a time when nobody was asked.
    service.identities().add_friend(&alices, &bobs).await.unwrap();
    service.identities().favour(&alices, &bobs, Some(one)).await.unwrap();
    bob.tell(Command::AddFriend("alice".to_owned())).await;
    let under_one = |friend: &Friend| friend.person.identity == bobs && friend.favourite == Some(one);
    alice.lists("have bob under 1", |friends| friends.iter().any(under_one)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_blocked_is_kept_away_whatever_is_wrong_with_others_on_the_list() {
    let service = TestService::start().await;
    let (mut alice, mut bob) = (service.silent_phone("alice").await, service.silent_phone("bob").await);
    let carol = service.silent_phone("carol").await.identity();
    let blocks = async |bob: &mut TestPhone, name: &str| {
        bob.tell(Command::Block(name.to_owned())).await;
        let is_on_it = |event: &Event| matches!(event, Event::Blocked(people) if !people.is_empty());
        bob.until("block somebody", |event| is_on_it(event).then_some(())).await;
    };
    blocks(&mut bob, "carol").await;
    let file = sqlx::sqlite::SqliteConnectOptions::new().filename(service.folder.path().join(FILE));
    let store = sqlx::SqlitePool::connect_with(file).await.unwrap();
    let damage = sqlx::query("UPDATE accounts SET organisation = 'No Name!' WHERE user_name = 'carol'");
    damage.execute(&store).await.unwrap();
    assert!(service.identities().person(&carol).await.is_err(), "it is damaged");
    blocks(&mut bob, "alice").await;
    alice.calls("bob").await;
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_who_is_blocked_the_other_is_offline_and_whatever_they_ask_waits() {
    let service = where_friends_are_asked().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    let (alices, bobs) = (alice.identity(), bob.identity());
    alice.sees(&bobs, PresenceState::Online).await;
    // While she calls.
    let call = alice.calls("bob").await;
    assert_eq!(bob.rings().await.call, call);
    bob.tell(Command::Block("alice".to_owned())).await;
    bob.stops_ringing().await;
    let seen = alice.sees(&bobs, PresenceState::Offline).await;
    assert!(seen.last_seen.is_some(), "as if he had left just now");
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE);
    alice.calls("bob").await;
    assert_eq!(alice.ends().await.end, EndReason::OFFLINE);
    // What he chooses to be, she does not learn; a new connection shows what the last one did.
    bob.tell(Command::SetPresence(PresenceChoice::Away)).await;
    looks(&mut bob, PresenceState::Away).await;
    let late = service.silent_phone("alice").await;
    let row = late.seen.iter().find_map(|event| match event {
        Event::Friends(friends) => friends.iter().find(|friend| friend.person.identity == bobs).cloned(),
        _ => None,
    });
    assert_eq!(row.unwrap().presence, seen);
    // A friend she removes, she may ask; he is not told until he lets her.
    alice.tell(Command::RemoveFriend(bobs.clone())).await;
    bob.lists("forget alice", |friends| !has(friends, &alices)).await;
    alice.tell(Command::AddFriend("bob".to_owned())).await;
    knows_requests(&mut alice, &[(&bobs, Direction::Outgoing)]).await;
    // He may call her all the same.
    let call = bob.calls("alice").await;
    assert_eq!(alice.rings().await.call, call);
    alice.tell(Command::Decline(call)).await;
    bob.ends().await;
    let asked = |event: &Event| matches!(event, Event::FriendRequests(open) if !open.is_empty());
    assert!(!bob.seen.iter().any(asked));
    assert!(!bob.seen.iter().any(|event| matches!(event, Event::Missed(count) if *count > 0)));
    bob.tell(Command::Unblock("alice".to_owned())).await;
    knows_requests(&mut bob, &[(&alices, Direction::Incoming)]).await;
    bob.tell(Command::AcceptFriend("alice".to_owned())).await;
    let away = |friend: &Friend| friend.person.identity == bobs && friend.presence.state == PresenceState::Away;
    alice.lists("see bob away", |friends| friends.iter().any(away)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shown_under_another_name_is_so_at_once_on_all_phones_and_to_friends() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut desk = service.silent_phone("bob").await;
    let mut mobile = service.silent_phone("bob").await;
    desk.tell(Command::SetDisplayName("Bob\u{7} B.".into())).await;
    let shown = |event: &Event| matches!(event, Event::Me(me) if me.display_name.as_str() == "Bob B.").then_some(());
    desk.until("be shown otherwise", shown).await;
    mobile.until("be shown otherwise", shown).await;
    let row = |friend: &Friend| friend.person.display_name.as_str() == "Bob B.";
    alice.lists("know bob by the new name", |friends| friends.iter().any(row)).await;
    mobile.calls("alice").await;
    assert_eq!(alice.rings().await.from.display_name.as_str(), "Bob B.");
}
