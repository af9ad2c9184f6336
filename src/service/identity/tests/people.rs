//! Finding people, friend lists, last seen.

use super::*;
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
    assert_eq!(search("ünal").await, ["Fred Ünal"], "case folds beyond ASCII");
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
    kit.identities.set_disabled(&alice, true).await.unwrap();
    assert!(kit.identities.search("alice").await.unwrap().is_empty());
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
