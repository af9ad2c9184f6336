//! The list of groups, sharing, inviting, and what is told of a group call that runs.

use super::kit::{Bench, CALL, group, listed, person, row};
use crate::config::JoinMuted;
use crate::domain::end_reason::EndReason;
use crate::domain::group::GroupKey;
use crate::phone::command::Command;
use crate::phone::event::{Event, Refusal};
use crate::protocol::failure::FailureCode;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;

#[tokio::test]
async fn the_list_is_kept_once_it_was_asked_for() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let changed = |here| Notice::GroupChanged { group_id: listed(3, "Ops").group.id, here };
    bench.notices(changed(vec![person("bob")])).await;
    bench.tell(Command::LoadGroups).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::GroupsList {}, "nobody asked for it before");
    bench.answers(id, Response::Groups { groups: vec![listed(3, "Ops"), listed(4, "Fire")] }).await;
    assert_eq!(groups(&mut bench).await, [("Ops".into(), 0), ("Fire".into(), 0)]);
    bench.notices(changed(vec![person("bob"), person("carol")])).await;
    assert_eq!(groups(&mut bench).await, [("Ops".into(), 2), ("Fire".into(), 0)]);
    bench.notices(Notice::GroupRemoved { group_id: listed(4, "Fire").group.id }).await;
    assert_eq!(groups(&mut bench).await, [("Ops".into(), 2)]);
    bench.notices(Notice::GroupShared { group: listed(6, "New").group, by: person("bob"), here: 4 }).await;
    let shared = bench.next().await;
    assert!(
        matches!(&shared, Event::GroupShared { card, here: 4, .. } if card.group.code == group().code),
        "{shared:?}"
    );
    assert_eq!(bench.asks().await.1, Request::GroupsList {}, "whose it is, and who is there, has to be asked");
}

#[tokio::test]
async fn a_group_that_another_client_made_is_asked_for() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    bench.tell(Command::LoadGroups).await;
    let (id, _) = bench.asks().await;
    bench.answers(id, Response::Groups { groups: vec![listed(4, "Fire")] }).await;
    assert_eq!(groups(&mut bench).await, [("Fire".into(), 0)]);
    bench.notices(Notice::GroupChanged { group_id: listed(3, "Ops").group.id, here: vec![] }).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::GroupsList {});
    bench.answers(id, Response::Groups { groups: vec![listed(4, "Fire"), listed(3, "Ops")] }).await;
    assert_eq!(groups(&mut bench).await, [("Fire".into(), 0), ("Ops".into(), 0)]);
}

#[tokio::test]
async fn a_group_is_shared_with_everybody_named_or_with_nobody() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    let key: GroupKey = "k7mq-3tzf".parse().unwrap();
    let share = |names: &[&str]| {
        let with = names.iter().map(|name| (*name).to_owned()).collect();
        Command::ShareGroup { group: key.clone(), with }
    };
    bench.tell(share(&["bob", "carol", "BOB"])).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::PeopleSearch { text: "carol".into() }, "Bob is a friend");
    bench.answers(id, Response::People { people: vec![person("carol")] }).await;
    let (id, request) = bench.asks().await;
    let with = vec![person("bob").identity, person("carol").identity];
    assert_eq!(request, Request::GroupShare { group: key.clone(), with }, "nobody twice");
    bench.answers(id, Response::Done {}).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::GroupShow { group: key.clone() });
    bench.answers(id, Response::Group { group: listed(5, "Ops") }).await;
    let shared = Event::Shared { group: group().id, with: vec![person("bob"), person("carol")] };
    assert_eq!(bench.next().await, shared);

    bench.tell(share(&["bob", "nobody"])).await;
    let (id, _) = bench.asks().await;
    bench.answers(id, Response::People { people: Vec::new() }).await;
    assert_eq!(bench.refused("share").await, Refusal::NobodyCalled("nobody".into()));
    bench.tell(share(&[])).await;
    assert!(matches!(bench.refused("share").await, Refusal::NotNow(_)));
}

#[tokio::test]
async fn groups_are_made_shown_and_removed() {
    let mut bench = Bench::new(JoinMuted::Auto).await;
    bench.tell(Command::CreateGroup("Ops".parse().unwrap())).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::GroupCreate { name: "Ops".parse().unwrap() });
    bench.answers(id, Response::Group { group: listed(3, "Ops") }).await;
    let made = bench.next().await;
    assert!(matches!(&made, Event::Group { card, row } if card.link.ends_with("/j/k7mq-3tzf") && row.here.is_empty()));
    bench.tell(Command::ShowGroup("ops".into())).await;
    let (id, _) = bench.asks().await;
    bench.answers(id, Response::Groups { groups: vec![listed(3, "Ops")] }).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::GroupShow { group: GroupKey::Id(listed(3, "Ops").group.id) });
    bench.refuses(id, FailureCode::NotFound).await;
    assert!(matches!(bench.refused("show group").await, Refusal::Service(_)));
    bench.tell(Command::ShowGroup("https://".into())).await;
    assert!(matches!(bench.refused("show group").await, Refusal::NotAPlace(_)));
    bench.tell(Command::RemoveGroup(group().id)).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::GroupRemove { group_id: group().id });
    bench.refuses(id, FailureCode::Forbidden).await;
    bench.refused("remove group").await;
}

#[tokio::test]
async fn a_group_call_is_steered_and_heard_of() {
    let mut bench = Bench::new(JoinMuted::Never).await;
    bench.tell(Command::Invite { call: CALL, who: "bob".into() }).await;
    assert!(matches!(bench.refused("invite").await, Refusal::NotNow(_)), "there is no call yet");
    let (id, offer, _) = bench.asks_to_join(None).await;
    bench.lets_in(id, &offer, true).await;
    bench.is_connected().await;
    bench.tells_roster(true, vec![row(1, "me")], vec![]).await;
    bench.notices(Notice::CallSpeakers { call_id: CALL, speakers: vec![1] }).await;
    let told = bench.until("say who speaks", |event| match event {
        Event::Speakers { speakers, .. } => Some(speakers.clone()),
        _ => None,
    });
    assert_eq!(told.await, [1], "the user is among them");
    bench.tell(Command::Invite { call: CALL, who: "bob".into() }).await;
    let invite = Request::CallInvite { call_id: CALL, to: person("bob").identity };
    let (id, request) = bench.asks().await;
    assert_eq!(request, invite);
    bench.refuses(id, FailureCode::Conflict).await;
    assert!(matches!(bench.refused("invite").await, Refusal::Service(_)));
    let ended = Notice::CallInviteEnded { call_id: CALL, person: person("bob"), reason: EndReason::DECLINED };
    bench.notices(ended).await;
    assert_eq!(bench.refused("invite").await, Refusal::NotNow("bob declined the call.".into()));
    bench.tell(Command::EndForAll(CALL)).await;
    let (id, request) = bench.asks().await;
    assert_eq!(request, Request::CallEndForAll { call_id: CALL });
    bench.refuses(id, FailureCode::Forbidden).await;
    assert!(matches!(bench.refused("end for all").await, Refusal::Service(_)));
}

async fn groups(bench: &mut Bench) -> Vec<(String, usize)> {
    match bench.next().await {
        Event::Groups(rows) => {
            rows.into_iter().map(|row| (row.group.name.unwrap().to_string(), row.here.len())).collect()
        }
        other => panic!("{other:?}"),
    }
}
