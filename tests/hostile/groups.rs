//! Groups asked for wrongly, or without end: refused in words, and those who are in a group stay undisturbed.

use futures_util::SinkExt;
use futures_util::future::join_all;
use switchboard::base::entropy;
use switchboard::domain::call::CallState;
use switchboard::domain::group::{Group, GroupKey};
use switchboard::domain::id::{CallId, GroupId};
use switchboard::phone::command::Command;
use switchboard::phone::event::Event;
use switchboard::protocol::MAX_FRAME;
use switchboard::protocol::codec::encode;
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::frame::{FromClient, FromService, Resume};
use switchboard::protocol::notice::Notice;
use switchboard::protocol::request::{Request, Sdp};
use switchboard::protocol::response::Response;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::raw::{Raw, client, legs, offer, token};
use crate::support::TestService;

fn new_group() -> GroupKey {
    GroupKey::Id(GroupId(entropy::uuid()))
}

fn join(group: &GroupKey) -> Request {
    Request::GroupJoin { group: group.clone(), offer: offer(), existing: false, muted: false }
}

async fn joins(raw: &mut Raw, group: &GroupKey) -> CallId {
    match raw.ask_patiently(join(group)).await {
        Ok(Response::Joined { call_id, .. }) => call_id,
        other => panic!("not joined: {other:?}"),
    }
}

async fn makes(raw: &mut Raw, name: &str) -> Group {
    match raw.ask_patiently(Request::GroupCreate { name: name.parse().unwrap() }).await {
        Ok(Response::Group { group }) => group.group,
        other => panic!("not made: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_of_a_group_is_refused_in_every_request() {
    let service = TestService::start().await;
    let (mut raw, _) = Raw::welcomed(&service, "alice").await;
    let long = format!(r#""{}""#, "k".repeat(50_000));
    for key in ["7", "null", "{}", r#"["k7mq-3tzf"]"#, r#""""#, r#""k7mq-3tz\u0000""#, r#""\u202ek7mq-3tzf""#, &long] {
        for request in [
            format!(r#""group_join":{{"group":{key},"offer":"v=0"}}"#),
            format!(r#""group_show":{{"group":{key}}}"#),
            format!(r#""group_share":{{"group":{key},"with":["8:acs:x_bob"]}}"#),
            format!(r#""group_remove":{{"group_id":{key}}}"#),
        ] {
            raw.says(&format!(r#"{{"id":9,"request":{{{request}}}}}"#)).await;
            match raw.answer().await {
                Some(FromService::Failure { id: Some(9), failure }) => {
                    assert_eq!(failure.code, FailureCode::BadRequest, "{request:.80}");
                    assert!((1..500).contains(&failure.message.len()), "{request:.80}: {failure}");
                }
                other => panic!("{request:.80}: {other:?}"),
            }
        }
    }
    raw.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_joins_again_is_refused_and_stays_in_its_call() {
    let service = TestService::start().await;
    let (mut raw, _) = Raw::welcomed(&service, "alice").await;
    let (group, other) = (new_group(), new_group());
    let both = [raw.requests(join(&group)).await, raw.requests(join(&group)).await];
    let mut answers = Vec::new();
    while answers.len() < both.len() {
        answers.push(raw.answer().await.expect("an answer"));
    }
    let call_id = match answers.as_slice() {
        [
            FromService::Response { id: first, response: Response::Joined { call_id, .. } },
            FromService::Failure { id: Some(second), failure },
        ] => {
            assert_eq!([*first, *second], both);
            assert_eq!(failure.code, FailureCode::Conflict);
            assert!(failure.message.contains("already"), "{failure}");
            *call_id
        }
        other => panic!("{other:?}"),
    };
    let refused = raw.ask(join(&other)).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::Conflict);
    assert!(refused.message.contains("hang up first"), "{refused}");
    legs(&service, 1).await;
    assert!(matches!(raw.ask(Request::CallHangUp { call_id }).await, Ok(Response::Done {})));
    joins(&mut raw, &other).await;
    legs(&service, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_in_a_group_on_sixteen_clients_and_not_on_twenty() {
    let service = TestService::start().await;
    let group = new_group();
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(Raw::welcomed(&service, "alice").await.0);
    }
    let (inside, outside) = clients.split_at_mut(16);
    let mut call = None;
    for raw in &mut *inside {
        call = Some(joins(raw, &group).await);
    }
    for raw in &mut *outside {
        let refused = raw.ask(join(&group)).await.unwrap_err();
        assert_eq!(refused.code, FailureCode::Conflict);
        assert!(refused.message.contains("on 16 clients already; leave on one of them"), "{refused}");
    }
    legs(&service, 16).await;
    inside[0].ask(Request::CallHangUp { call_id: call.unwrap() }).await.unwrap();
    joins(&mut outside[0], &group).await;
    let (mut bob, _) = Raw::welcomed(&service, "bob").await;
    joins(&mut bob, &group).await;
    legs(&service, 17).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_joins_without_end_and_talks_nonsense_is_hung_up_on_and_may_come_back_into_the_call() {
    let service = TestService::start().await;
    let (id, token) = (client(), token(&service, "alice").await);
    let (mut raw, welcome) = Raw::greets(&service, &token, id, None).await.unwrap();
    let (popular, offer) = (new_group(), offer());
    let joins_of = (1..=100).map(|id| {
        let group = if id % 2 == 0 { popular.clone() } else { new_group() };
        let request = Request::GroupJoin { group, offer: offer.clone(), existing: false, muted: false };
        encode(&FromClient::Request { id, request })
    });
    // On a slow machine, joins may come no faster than they are allowed to.
    let nonsense = std::iter::repeat_n("nonsense".to_owned(), 500);
    for text in joins_of.chain(nonsense) {
        // Until it is hung up on.
        if raw.socket.feed(Message::text(text)).await.is_err() {
            break;
        }
    }
    raw.socket.flush().await.ok();
    let ending = raw.ends().await;
    assert!(matches!(ending.code, Some(CloseCode::Policy) | None), "{ending:?}");
    let resume = Resume { session_id: welcome.session_id, seq: 0 };
    let (mut back, again) = Raw::greets(&service, &token, id, Some(resume)).await.unwrap();
    assert!(again.resumed);
    match back.ask_patiently(join(&popular)).await {
        Err(refused) => assert_eq!(refused.code, FailureCode::Conflict, "it is in the first of its calls"),
        // So much later that the first of its calls has ended: nothing ever flowed in it.
        Ok(Response::Joined { .. }) => {}
        other => panic!("{other:?}"),
    }
    let (mut bob, _) = Raw::welcomed(&service, "bob").await;
    joins(&mut bob, &popular).await;
    let legs = service.running.as_ref().unwrap().media_counts().legs;
    assert!(legs <= 2, "{legs} legs of two");
    back.is_served().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_offered_to_a_call_that_runs_lets_nobody_in_and_does_not_disturb_it() {
    let service = TestService::start().await;
    let mut bob = service.silent_phone("bob").await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    let group = makes(&mut alice, "Ops").await;
    let place = group.code.to_string();
    bob.tell(Command::Join { place, existing: false, muted: None }).await;
    let joined = |event: &Event| matches!(event, Event::Joined { .. }).then_some(());
    bob.until("join", joined).await;
    bob.is(CallState::Connected).await;
    for (name, bytes) in crate::readers::corpus("sdp-none") {
        let offer = Sdp(String::from_utf8_lossy(&bytes).into_owned());
        let request = Request::GroupJoin { group: GroupKey::Id(group.id), offer, existing: true, muted: false };
        assert_eq!(alice.is_refused(request).await, FailureCode::MediaRefused, "{name}");
    }
    legs(&service, 1).await;
    let strange = |event: &Event| {
        matches!(event, Event::Call(view) if !view.participants.is_empty()) || matches!(event, Event::Ended(_))
    };
    assert!(!bob.seen.iter().any(strange), "{:?}", bob.seen);
    joins(&mut alice, &GroupKey::Id(group.id)).await;
    bob.shows("see alice", |view| view.participants.iter().any(|row| row.participant.person.name.as_str() == "alice"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_by_many_sessions_at_once_are_ten_all_together() {
    let service = TestService::start().await;
    let (mut alice, _) = Raw::welcomed(&service, "alice").await;
    let group = makes(&mut alice, "Ops").await;
    let mut sessions = Vec::new();
    for number in 0..6_u8 {
        let (mut raw, _) = Raw::welcomed(&service, "bob").await;
        let letter = char::from(b'2' + number);
        sessions.push(async move {
            let mut looked_up = 0;
            for guess in 0..8_u8 {
                let code = format!("2222-2{letter}{}b", char::from(b'2' + guess));
                let key = GroupKey::Code(code.parse().unwrap());
                let request = match guess % 3 {
                    0 => Request::GroupShow { group: key },
                    1 => join(&key),
                    _ => Request::GroupShare { group: key, with: Vec::new() },
                };
                let failure = raw.ask(request).await.unwrap_err();
                match failure.code {
                    FailureCode::NotFound => looked_up += 1,
                    FailureCode::TooManyRequests => assert!(failure.message.contains("wrong codes"), "{failure}"),
                    other => panic!("{other:?}: {failure}"),
                }
            }
            (raw, looked_up)
        });
    }
    let mut done = join_all(sessions).await;
    assert_eq!(done.iter().map(|(_, looked_up)| looked_up).sum::<u32>(), 10);
    let (eve, _) = &mut done[0];
    let right = GroupKey::Code(group.code.clone());
    assert_eq!(eve.ask(join(&right)).await.unwrap_err().code, FailureCode::TooManyRequests);
    legs(&service, 0).await;
    joins(eve, &GroupKey::Id(group.id)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_shared_with_no_crowd_and_by_no_frame_that_is_too_long() {
    let service = TestService::start().await;
    let (id, token) = (client(), token(&service, "alice").await);
    let (mut alice, welcome) = Raw::greets(&service, &token, id, None).await.unwrap();
    let (mut bob, bob_is) = Raw::welcomed(&service, "bob").await;
    let group = GroupKey::Id(makes(&mut alice, "Ops").await.id);
    let bob_is = bob_is.me.identity;
    let crowd = |many: usize| Request::GroupShare { group: group.clone(), with: vec![bob_is.clone(); many] };
    let fits = (MAX_FRAME - 200) / (bob_is.as_str().len() + 3);
    for many in [0, 101, fits] {
        assert_eq!(alice.is_refused(crowd(many)).await, FailureCode::BadRequest, "{many}");
    }
    let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
    for with in [&format!("[{}1]", "1,".repeat(30_000)), &format!("[{}\"\"]", "\"\",".repeat(20_000)), &deep, "{}", "7"]
    {
        alice.says(&format!(r#"{{"id":9,"request":{{"group_share":{{"group":"{group}","with":{with}}}}}}}"#)).await;
        let answer = alice.answer().await;
        let bad = |code| code == FailureCode::BadRequest;
        assert!(matches!(&answer, Some(FromService::Failure { failure, .. }) if bad(failure.code)), "{answer:?}");
    }
    alice.requests(crowd(fits * 2)).await;
    let ending = alice.ends().await;
    assert!(matches!(ending.code, Some(CloseCode::Size) | None), "{ending:?}");
    let resume = Resume { session_id: welcome.session_id, seq: 0 };
    let (mut back, _) = Raw::greets(&service, &token, id, Some(resume)).await.unwrap();

    // Named a hundred times, a friend is told once.
    assert!(matches!(back.ask(crowd(100)).await, Ok(Response::Done {})));
    assert!(matches!(back.ask(Request::GroupsList {}).await, Ok(Response::Groups { .. })));
    bob.is_served().await;
    let told =
        |raw: &Raw| raw.notices.iter().filter(|(_, notice)| matches!(notice, Notice::GroupShared { .. })).count();
    assert_eq!(told(&bob), 1);
    let mut refused = 0;
    for _ in 0..30 {
        match back.ask(crowd(1)).await {
            Ok(_) => {}
            Err(failure) => {
                assert_eq!(failure.code, FailureCode::TooManyRequests, "{failure}");
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "nobody is stopped from telling others the same again and again");
    bob.is_served().await;
    assert!(told(&bob) <= 31 - refused);
}
