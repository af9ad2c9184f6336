//! Finding people, friend lists, last seen.

use super::*;
use crate::config::{Directory, FriendPolicy};
use crate::domain::person::Favourite;

#[tokio::test]
async fn people_are_found_by_name_and_by_identity() {
    let kit = Kit::new().await;
    let alice = kit.person("alice").await;
    assert_eq!(kit.identities.person(&alice).await.unwrap().unwrap().name, name("alice"));
    assert_eq!(kit.identities.find(&name("alice")).await.unwrap().unwrap().identity, alice);
    let echo = kit.identities.find(&name("echo")).await.unwrap().unwrap();
    assert_eq!(kit.identities.person(&echo.identity).await.unwrap(), Some(echo));
    assert_eq!(kit.identities.find(&name("nobody")).await.unwrap(), None);
    assert_eq!(kit.identities.person(&"8:acs:other_person".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn somebody_found_twice_at_once_gets_one_identity() {
    let kit = Kit::new().await;
    let user = kit.add("alice").await;
    let found = futures_util::future::join_all((0..8).map(|_| kit.identities.find(&user))).await;
    let identities: Vec<_> = found.into_iter().map(|found| found.unwrap().unwrap().identity).collect();
    assert!(identities.windows(2).all(|pair| pair[0] == pair[1]), "{identities:?}");
}

#[tokio::test]
async fn a_search_lists_the_best_first() {
    let kit = Kit::new().await;
    for (user, shown) in [("ed", "Ed"), ("edna", "Zoe"), ("x1", "Edgar"), ("x2", "Fred Ünal"), ("x3", "100%_!")] {
        kit.add_called(user, Some(shown)).await;
    }
    let search = async |text: &str| -> Vec<String> {
        let people = kit.identities.search(text).await.unwrap();
        people.iter().map(|person| person.display_name.as_str().to_owned()).collect()
    };
    assert_eq!(search("ED").await, ["Ed", "Edgar", "Zoe", "Fred Ünal"]);
    for text in ["ünal", "UNAL", "U\u{308}nal"] {
        assert_eq!(search(text).await, ["Fred Ünal"], "{text}: case folds beyond ASCII, and diacritics do not count");
    }
    assert_eq!(search("%_").await, ["100%_!"], "nothing in it is a pattern");
    assert_eq!(search("_d").await, [] as [&str; 0]);
    assert_eq!(search("ech").await, ["Echo"], "bots too");
    assert_eq!(search("").await.len(), 7);
    let edgar = kit.identities.search("edgar").await.unwrap().remove(0);
    assert_eq!(kit.identities.search(edgar.identity.as_str()).await.unwrap(), [edgar]);
}

#[tokio::test]
async fn disabled_people_are_not_found_by_searching() {
    let kit = Kit::new().await;
    let alice = kit.add("alice").await;
    let identity = kit.identities.find(&alice).await.unwrap().unwrap().identity;
    kit.identities.set_disabled(&alice, true).await.unwrap();
    for text in ["alice", identity.as_str()] {
        assert!(kit.identities.search(text).await.unwrap().is_empty(), "{text}");
    }
}

#[tokio::test]
async fn a_search_gives_identities_that_last() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let found = kit.identities.search("ali").await.unwrap();
    let kit = kit.restart().await;
    assert_eq!(kit.identities.search("ali").await.unwrap(), found);
    assert_eq!(kit.sign_in("alice", PASSWORD).await.unwrap().me, found[0]);
}

#[tokio::test]
async fn friends_are_sorted_and_last() {
    let kit = Kit::new().await;
    let alice = kit.person("alice").await;
    for (user, shown) in [("x", "dora"), ("y", "Carl"), ("z", "Eve")] {
        let user = kit.add_called(user, Some(shown)).await;
        let friend = kit.identities.find(&user).await.unwrap().unwrap();
        assert_eq!(kit.identities.add_friend(&alice, &friend.identity).await.unwrap(), friend);
    }
    kit.identities.add_friend(&alice, &"8:echo123".parse().unwrap()).await.unwrap();
    let kit = kit.restart().await;
    assert_eq!(names(&kit.identities.friends(&alice).await.unwrap()), ["y", "x", "echo", "z"]);
}

#[tokio::test]
async fn what_can_not_be_on_a_friend_list_is_refused() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    let nobody = "8:acs:other_person".parse().unwrap();
    kit.identities.add_friend(&alice, &bob).await.unwrap();
    assert_eq!(kit.identities.add_friend(&alice, &bob).await.code(), FailureCode::Conflict);
    assert_eq!(kit.identities.add_friend(&alice, &alice).await.code(), FailureCode::BadRequest);
    assert_eq!(kit.identities.add_friend(&alice, &nobody).await.code(), FailureCode::NotFound);
    assert_eq!(kit.identities.add_friend(&nobody, &alice).await.code(), FailureCode::NotFound);
    assert_eq!(names(&kit.identities.friends(&alice).await.unwrap()), ["bob"]);
    kit.identities.remove_friend(&alice, &bob).await.unwrap();
    assert_eq!(kit.identities.remove_friend(&alice, &bob).await.code(), FailureCode::NotFound);
}

#[tokio::test]
async fn a_number_has_one_favourite_and_a_favourite_one_number() {
    let kit = Kit::new().await;
    let (alice, bob, carol) = (kit.person("alice").await, kit.person("bob").await, kit.person("carol").await);
    let echo: Identity = "8:echo123".parse().unwrap();
    for friend in [&bob, &carol, &echo] {
        kit.identities.add_friend(&alice, friend).await.unwrap();
    }
    let number = |number: u8| Some(Favourite::try_from(number).unwrap());
    let favour = async |friend: &Identity, to| kit.identities.favour(&alice, friend, to).await;
    assert_eq!(favour(&bob, number(1)).await.unwrap(), std::slice::from_ref(&bob));
    assert_eq!(favour(&echo, number(9)).await.unwrap(), std::slice::from_ref(&echo));
    assert_eq!(favour(&bob, number(2)).await.unwrap(), std::slice::from_ref(&bob));
    assert_eq!(favour(&carol, number(2)).await.unwrap(), [bob.clone(), carol.clone()], "bob lost it");
    assert_eq!(favour(&alice, number(2)).await.code(), FailureCode::NotFound, "who is no friend takes nobody's number");
    let kit = kit.restart().await;
    let listed = kit.identities.favourites(&alice).await.unwrap();
    assert_eq!(
        listed.into_iter().collect::<Vec<_>>(),
        [(carol.clone(), number(2).unwrap()), (echo.clone(), number(9).unwrap())]
    );
    kit.identities.favour(&alice, &carol, None).await.unwrap();
    kit.identities.remove_friend(&alice, &echo).await.unwrap();
    kit.identities.add_friend(&alice, &echo).await.unwrap();
    assert!(kit.identities.favourites(&alice).await.unwrap().is_empty());
}

#[tokio::test]
async fn followers_are_those_who_listed_somebody() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    kit.identities.add_friend(&alice, &bob).await.unwrap();
    assert_eq!(kit.identities.followers(&bob).await.unwrap(), std::slice::from_ref(&alice));
    assert!(kit.identities.followers(&alice).await.unwrap().is_empty());
}

#[tokio::test]
async fn last_seen_is_remembered() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    kit.identities.add_friend(&alice, &bob).await.unwrap();
    assert_eq!(kit.identities.last_seen(&bob).await.unwrap(), None);
    kit.identities.set_last_seen(&bob, UnixMillis(77)).await.unwrap();
    let kit = kit.restart().await;
    assert_eq!(kit.identities.last_seen(&bob).await.unwrap(), Some(UnixMillis(77)));
    let of_friends = kit.identities.last_seen_of_friends(&alice).await.unwrap();
    assert_eq!(of_friends.into_iter().collect::<Vec<_>>(), [(bob, UnixMillis(77))]);
}

/// Two of the usual organisation, two of another.
async fn two_organisations(directory: Directory) -> Kit {
    let people = config::People { directory, ..config::People::default() };
    let kit = Kit::with(Settings { people, ..Settings::default() }).await;
    for user in ["anna", "annabel", "ann", "annika"] {
        kit.add(user).await;
    }
    for user in ["ann", "annika"] {
        kit.identities.set_organisation(&name(user), &"acme".parse().unwrap()).await.unwrap();
    }
    kit
}

#[tokio::test]
async fn a_part_of_a_name_finds_whom_the_directory_is_open_for_and_a_whole_user_name_anyone() {
    for (directory, of_main, of_acme) in [
        (Directory::Everyone, vec!["ann", "anna", "annabel", "annika"], vec!["ann", "anna", "annabel", "annika"]),
        // The very user name is found wherever it belongs.
        (Directory::Organisation, vec!["ann", "anna", "annabel"], vec!["ann", "annika"]),
        (Directory::Nobody, vec!["ann"], vec!["ann"]),
    ] {
        let kit = two_organisations(directory).await;
        for (asker, found) in [("anna", of_main), ("annika", of_acme)] {
            let asker = kit.identities.find(&name(asker)).await.unwrap().unwrap().identity;
            let people = kit.identities.search_for(&asker, "ann").await.unwrap();
            assert_eq!(names(&people), found, "{directory:?}");
            for whole in ["annabel", "annika", "echo"] {
                let people = kit.identities.search_for(&asker, whole).await.unwrap();
                assert_eq!(names(&people), [whole], "{directory:?}");
                let identity = people[0].identity.as_str();
                assert_eq!(kit.identities.search_for(&asker, identity).await.unwrap(), people);
            }
        }
        assert_eq!(kit.identities.search("ann").await.unwrap().len(), 4, "for administrators");
    }
}

#[tokio::test]
async fn somebody_without_an_account_is_of_the_usual_organisation_for_a_search() {
    let kit = two_organisations(Directory::Organisation).await;
    let made = kit.identities.create_identity(clock::unix_now()).await.unwrap();
    let called = kit.identities.person(&made).await.unwrap().unwrap().name;
    for (asker, part, found) in [("anna", "user-", 1), ("annika", "user-", 0), ("annika", called.as_str(), 1)] {
        let asker = kit.identities.find(&name(asker)).await.unwrap().unwrap().identity;
        assert_eq!(kit.identities.search_for(&asker, part).await.unwrap().len(), found, "{part}");
    }
}

async fn asking(burst: u32) -> Kit {
    let people = config::People { friends: FriendPolicy::Request, ..config::People::default() };
    let per_asker = Rate { burst, every: Duration::from_secs(3600) };
    Kit::with(Settings { people, per_asker, ..Settings::default() }).await
}

#[tokio::test]
async fn so_many_may_be_asked_and_so_often_and_bots_are_not_asked() {
    let kit = asking(3).await;
    let alice = kit.person("alice").await;
    for user in ["bob", "carol", "dave"] {
        let other = kit.person(user).await;
        assert!(matches!(kit.identities.befriend(&alice, &other).await, Ok(Befriended::Asked(_))));
    }
    let erin = kit.person("erin").await;
    assert_eq!(kit.identities.befriend(&alice, &erin).await.code(), FailureCode::TooManyRequests);
    let echo = "8:echo123".parse().unwrap();
    assert!(matches!(kit.identities.befriend(&alice, &echo).await, Ok(Befriended::Added(_))));
    assert_eq!(kit.identities.friend_requests(&alice).await.unwrap().len(), 3);
}

#[tokio::test]
async fn who_has_as_many_open_requests_as_may_be_asks_and_is_asked_no_more() {
    let kit = asking(1000).await;
    let alice = kit.person("alice").await;
    let mut others = Vec::new();
    for number in 0..=MAX_REQUESTS {
        let other = kit.identities.create_identity(clock::unix_now()).await.unwrap();
        let asked = kit.identities.befriend(&alice, &other).await;
        assert_eq!(asked.is_ok(), number < MAX_REQUESTS, "{number}");
        others.push(other);
    }
    let bob = kit.person("bob").await;
    for (number, other) in others.iter().enumerate() {
        let asked = kit.identities.befriend(other, &bob).await;
        assert_eq!(asked.is_ok(), number < MAX_REQUESTS, "{number}");
    }
    // One who is declined, or blocked, is none of those he sees.
    kit.identities.decline_friend(&bob, &others[0]).await.unwrap();
    let last = others.last().unwrap();
    assert!(kit.identities.befriend(last, &bob).await.is_ok());
    let blocked = kit.identities.person(&others[1]).await.unwrap().unwrap();
    kit.identities.block(&bob, &blocked, None).await.unwrap();
    assert_eq!(kit.identities.friend_requests(&bob).await.unwrap().len(), MAX_REQUESTS - 1);
    assert_eq!(kit.identities.decline_friend(&bob, &others[1]).await.code(), FailureCode::NotFound);
    assert!(kit.identities.withdraw_friend(&others[0], &bob).await.is_ok_and(|shown| !shown));
}

#[tokio::test]
async fn who_asked_cannot_tell_who_declined_from_who_blocks_and_who_has_not_answered() {
    let kit = asking(100).await;
    let alice = kit.person("alice").await;
    let [declines, blocks, waits] = [kit.person("bob").await, kit.person("carol").await, kit.person("dave").await];
    let me = kit.identities.person(&alice).await.unwrap().unwrap();
    kit.identities.block(&blocks, &me, None).await.unwrap();
    for asked in [&declines, &blocks, &waits] {
        assert!(matches!(kit.identities.befriend(&alice, asked).await, Ok(Befriended::Asked(_))));
    }
    kit.identities.decline_friend(&declines, &alice).await.unwrap();
    for (asked, name) in [(&declines, "bob"), (&blocks, "carol"), (&waits, "dave")] {
        let again = kit.identities.befriend(&alice, asked).await.unwrap_err();
        assert_eq!((again.code, again.message), (FailureCode::Conflict, format!("you have asked {name} already")));
        kit.identities.withdraw_friend(&alice, asked).await.unwrap();
        assert!(matches!(kit.identities.befriend(&alice, asked).await, Ok(Befriended::Asked(_))));
    }
    assert_eq!(kit.identities.friend_requests(&alice).await.unwrap().len(), 3);
    for (asked, sees) in [(&declines, 1), (&blocks, 0), (&waits, 1)] {
        assert_eq!(kit.identities.friend_requests(asked).await.unwrap().len(), sees);
    }
}

impl Kit {
    /// Puts so many on the list of somebody that there is room for `room` more.
    async fn fills_the_list_of(&self, owner: &Identity, room: usize) {
        let filled = sqlx::query(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $2) \
             INSERT INTO friends (identity, friend, added_at) SELECT $1, '8:acs:other_' || i, 0 FROM n",
        );
        let count = i64::try_from(MAX_FRIENDS - room).unwrap();
        filled.bind(owner.as_str()).bind(count).execute(&self.identities.inner.db).await.unwrap();
    }
}

#[tokio::test]
async fn nobody_gets_more_friends_than_may_be_whoever_of_two_asked() {
    let kit = asking(100).await;
    let (alice, bob, carol) = (kit.person("alice").await, kit.person("bob").await, kit.person("carol").await);
    assert!(matches!(kit.identities.befriend(&bob, &alice).await, Ok(Befriended::Asked(_))));
    kit.fills_the_list_of(&bob, 0).await;
    for refused in [
        kit.identities.befriend(&alice, &bob).await.map(drop),
        kit.identities.accept_friend(&alice, &bob).await.map(drop),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!((refused.code, refused.message.as_str()), (FailureCode::Conflict, "the friend list of bob is full"));
    }
    assert!(kit.identities.friends(&alice).await.unwrap().is_empty());
    assert_eq!(kit.identities.friend_requests(&alice).await.unwrap().len(), 1, "it stays open");
    assert_eq!(kit.identities.befriend(&bob, &carol).await.code(), FailureCode::Conflict);
    // Who is on it already needs no room.
    kit.identities.remove_friend(&bob, &"8:acs:other_1".parse().unwrap()).await.unwrap();
    kit.identities.add_friend(&bob, &alice).await.unwrap();
    assert!(matches!(kit.identities.befriend(&alice, &bob).await, Ok(Befriended::Both(_))));
}

#[tokio::test]
async fn of_friends_added_at_once_only_as_many_get_on_a_list_as_there_is_room_for() {
    let kit = Kit::new().await;
    let alice = kit.person("alice").await;
    kit.fills_the_list_of(&alice, 2).await;
    let mut others = Vec::new();
    for _ in 0..8 {
        others.push(kit.identities.create_identity(clock::unix_now()).await.unwrap());
    }
    let adding = others.iter().map(|other| kit.identities.add_friend(&alice, other));
    let added = futures_util::future::join_all(adding).await;
    assert_eq!(added.iter().filter(|added| added.is_ok()).count(), 2, "{added:?}");
}

#[tokio::test]
async fn nobody_blocks_themselves_a_bot_or_the_same_person_twice_and_lists_go_with_accounts() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    for (whom, code) in [(alice.as_str(), FailureCode::BadRequest), ("8:echo123", FailureCode::BadRequest)] {
        assert_eq!(kit.identities.to_block(&alice, &whom.parse().unwrap()).await.code(), code);
    }
    let person = kit.identities.to_block(&alice, &bob).await.unwrap();
    kit.identities.block(&alice, &person, Some(UnixMillis(7))).await.unwrap();
    assert_eq!(kit.identities.block(&alice, &person, None).await.code(), FailureCode::Conflict);
    assert_eq!(kit.identities.blocked(&alice).await.unwrap(), [person]);
    assert_eq!(kit.identities.blockers(&bob).await.unwrap(), [(alice.clone(), Some(UnixMillis(7)))].into());
    kit.identities.add_friend(&bob, &alice).await.unwrap();
    assert_eq!(kit.identities.followers(&alice).await.unwrap(), std::slice::from_ref(&bob));
    assert_eq!(kit.identities.watchers(&alice).await.unwrap(), [], "who is blocked is not told");
    kit.identities.remove_account(&name("bob")).await.unwrap();
    assert_eq!(kit.identities.blocked(&alice).await.unwrap(), []);
    assert_eq!(kit.identities.unblock(&alice, &bob).await.code(), FailureCode::NotFound);
}
