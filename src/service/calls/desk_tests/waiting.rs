//! Several calls at one client: call waiting.

use super::*;
use crate::domain::presence::PresenceState;
use crate::protocol::failure::FailureCode;

#[tokio::test(start_paused = true)]
async fn a_second_call_rings_where_there_is_room_though_others_see_a_call() {
    let mut house = House::new();
    let [mut alice, mut bob, mut carol] = desks(&house, ["alice", "bob", "carol"]).await;
    let (first, ..) = talk(&house, &mut alice, &mut bob).await;
    house.sees("bob", PresenceState::InCall).await;
    let (second, ..) = talk(&house, &mut carol, &mut bob).await;
    assert_eq!(house.calls.ongoing(bob.id).await.len(), 2);
    house.calls.hang_up(bob.id, first).await.unwrap();
    alice.ends(EndReason::HUNG_UP).await;
    assert_eq!(house.calls.presence_of(&[person("bob").identity]).await, [Presence::now(PresenceState::InCall)]);
    house.calls.hang_up(bob.id, second).await.unwrap();
    house.sees("bob", PresenceState::Online).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_in_as_many_calls_as_it_can_be_is_busy_and_is_told_so() {
    let house = House::new();
    let mut bob = desk(&house, "bob").await;
    for _ in 0..8 {
        let mut somebody = house.phone("alice").await;
        talk(&house, &mut somebody, &mut bob).await;
    }
    let mut carol = house.phone("carol").await;
    carol.calls("bob").await;
    carol.ends(EndReason::BUSY).await;
    let failure = bob.tries_to_call("carol").await.unwrap_err();
    assert_eq!(failure.code, FailureCode::Conflict);
    assert_eq!(failure.message, "this client is in 8 calls, as many as it can be; end one of them first");
}
