//! As many as may be in, and more; what each is told of the others, in bytes.

use std::collections::BTreeSet;

use super::*;
use crate::domain::group::MAX_PARTICIPANTS;
use crate::protocol::codec;
use crate::protocol::failure::GROUP_FULL;
use crate::protocol::frame::FromService;

/// A phone whose queue nobody reads until it is counted.
async fn silent_phone(house: &House, name: &str) -> Phone {
    let (mut endpoint, _) = endpoint_of(name, 1);
    let (notices, queue) = mpsc::channel(4096);
    endpoint.notices = notices;
    Phone::register(house, (endpoint, queue)).await
}

/// How many bytes the notices waiting for a phone are on the wire, and how many notices of the roster are among them.
fn waiting(phone: &mut Phone) -> (usize, usize) {
    let (mut bytes, mut rosters) = (0, 0);
    while let Ok(notice) = phone.notices.try_recv() {
        rosters += usize::from(matches!(notice, Notice::CallRoster { .. }));
        bytes += codec::encode(&FromService::Notice { seq: 100, notice }).len();
    }
    (bytes, rosters)
}

#[tokio::test(start_paused = true)]
async fn so_many_may_be_in_and_what_each_is_told_of_the_others_is_little() {
    let house = House::new();
    let mut first = silent_phone(&house, "p0").await;
    first.joins(&group(1)).await;
    waiting(&mut first);
    let mut phones = Vec::new();
    for n in 1..MAX_PARTICIPANTS {
        let phone = silent_phone(&house, &format!("p{n}")).await;
        tokio::time::sleep(Duration::from_secs(10) / 350).await;
        phone.joins(&group(1)).await;
        phones.push(phone);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (bytes, rosters) = waiting(&mut first);
    let changes = MAX_PARTICIPANTS - 1;
    assert!(bytes / changes <= 1024, "{} bytes for each who joined", bytes / changes);
    assert!(rosters <= 55, "{rosters} notices in ten seconds");
    let (whole, parts) = waiting(phones.last_mut().unwrap());
    assert!(parts <= 6 && whole < 200 * 1024, "the whole roster is {whole} bytes in {parts} parts");

    let late = silent_phone(&house, "late").await;
    let full = late.tries_to_join(&group(1)).await.unwrap_err();
    assert_eq!((full.code, full.sub_code), (FailureCode::Conflict, GROUP_FULL));
    assert_eq!(full.message, "this group call is full: 350 are in it");
    let here = house.calls.here(&[group(1).id]).await;
    let distinct: BTreeSet<_> = here[0].iter().map(|person| person.identity.clone()).collect();
    assert_eq!((here[0].len(), distinct.len()), (MAX_PARTICIPANTS, MAX_PARTICIPANTS));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_who_join_at_once_are_all_answered() {
    let house = House::new();
    let mut phones = Vec::new();
    for n in 0..1000 {
        phones.push(silent_phone(&house, &format!("p{n}")).await);
    }
    let group = group(1);
    let joins = phones.iter().map(|phone| phone.tries_to_join(&group));
    let joined = futures_util::future::join_all(joins).await;
    let firsts = joined.iter().filter(|j| matches!(j, Ok((_, _, true)))).count();
    let inside = joined.iter().filter(|j| j.is_ok()).count();
    let full = joined.iter().filter(|j| matches!(j, Err(f) if f.sub_code == GROUP_FULL)).count();
    assert_eq!((firsts, inside, full), (1, MAX_PARTICIPANTS, 1000 - MAX_PARTICIPANTS));
}
