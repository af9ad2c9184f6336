//! Connections that are lost and come back, while a call goes on.

use std::time::Duration;

use switchboard::domain::call::{CallState, ParticipantState};
use switchboard::domain::end_reason::EndReason;
use switchboard::phone::account::Account;
use switchboard::phone::event::{Event, Link, Refusal};
use switchboard::service::ServiceOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::proxy::TcpProxy;
use crate::support::{TestPhone, TestService, connect, options, silence};

#[tokio::test(flavor = "multi_thread")]
async fn sound_flows_on_while_the_socket_is_cut_and_what_was_missed_is_replayed() {
    let (_service, proxy, mut alice, mut bob, call) = TcpProxy::with_a_call().await;
    alice.hears_something().await;
    let before = alice.seen.len();

    proxy.cut();
    alice.is_down().await;
    bob.sees_other("reconnecting", |alice| alice.state == ParticipantState::Reconnecting).await;
    for on in [true, false] {
        bob.mutes(call, on).await;
    }
    bob.holds(call, true).await;
    bob.is(CallState::LocalHold).await;
    bob.holds(call, false).await;
    bob.is(CallState::Connected).await;
    alice.hears_for(50).await;
    bob.hears_for(20).await;
    assert!(!alice.seen.iter().any(|event| matches!(event, Event::Ended(_))));

    proxy.restore();
    bob.sees_other("back", |alice| alice.state == ParticipantState::Connected).await;
    // What comes after the replay: nothing may come twice.
    bob.mutes(call, true).await;
    bob.holds(call, true).await;
    alice
        .shows("be held and bob muted", |view| {
            view.state == CallState::RemoteHold && view.participants[0].participant.muted
        })
        .await;
    let views = alice.seen[before..].iter().filter_map(|event| match event {
        Event::Call(view) => {
            Some((view.state, view.participants[0].participant.muted, view.participants[0].participant.state))
        }
        _ => None,
    });
    let views: Vec<_> = views.collect();
    let (talks, held) = (CallState::Connected, CallState::RemoteHold);
    let (here, holds) = (ParticipantState::Connected, ParticipantState::Hold);
    let told = [
        (talks, true, here),
        (talks, false, here),
        (held, false, here),
        (held, false, holds),
        (talks, false, holds),
        (talks, false, here),
        (talks, true, here),
        (held, true, here),
    ];
    assert_eq!(views, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_ended_meanwhile_has_ended_on_return() {
    let (_service, proxy, mut alice, mut bob, call) = TcpProxy::with_a_call().await;
    proxy.cut();
    alice.is_down().await;
    bob.hangs_up(call).await;
    bob.ends().await;
    proxy.restore();
    let (ended, record) = alice.ends_and_records().await;
    assert_eq!((ended.end, record.call_id), (EndReason::HUNG_UP, call));
    connect(&mut bob, &mut alice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_hangs_up_without_a_connection_says_so_later() {
    let (_service, proxy, mut alice, mut bob, call) = TcpProxy::with_a_call().await;
    proxy.cut();
    alice.is_down().await;
    alice.hangs_up(call).await;
    assert_eq!(alice.ends().await.end, EndReason::HUNG_UP);
    proxy.restore();
    alice.is_up().await;
    assert_eq!(bob.ends().await.end, EndReason::HUNG_UP);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_stopped_ends_its_calls_and_says_goodbye() {
    let mut service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    connect(&mut alice, &mut bob).await;
    service.stop().await;
    for phone in [&mut alice, &mut bob] {
        let (mut ended, mut down) = (None, None);
        let both = phone.until("end its call and lose its connection", |event| {
            match event {
                Event::Ended(summary) => ended = Some(summary.end),
                Event::Link(Link::Down { reason, .. }) => down = down.take().or_else(|| Some(reason.clone())),
                _ => {}
            }
            ended.zip(down.clone())
        });
        assert_eq!(both.await, (EndReason::SERVICE_LOST, "the service is stopping".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_service_a_phone_says_so_and_connects_once_there_is_one() {
    let mut service = TestService::start().await;
    let (account, at) = (service.account("alice").await, service.http);
    service.stop().await;
    let mut alice = TestPhone::starts("alice", account, silence());
    let reason = alice.is_down().await;
    assert!(reason.contains(&at.to_string()), "{reason}");
    alice.calls_for("bob", Duration::from_secs(5)).await;
    assert_eq!(alice.is_refused("call").await, Refusal::NotConnected);
    let again = ServiceOptions { listen: at, ..options(service.folder.path()) };
    let _service = TestService::with(service.folder, again).await;
    alice.is_up().await;
}

/// A web server that answers everything with `status`, and a phone that takes it for its service.
async fn at_a_web_server(status: &'static str) -> TestPhone {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server: switchboard::config::ServerUrl = listener.local_addr().unwrap().to_string().parse().unwrap();
    switchboard::base::task::spawn("web server", async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let Ok(_) = client.read(&mut request).await else { continue };
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            client.write_all(answer.as_bytes()).await.ok();
        }
    });
    TestPhone::starts("alice", Account::token(server, "a.b.c".to_owned().into()), silence())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_such_service_is_said_to_be_none() {
    let reason = at_a_web_server("404 Not Found").await.is_turned_away().await;
    assert!(reason.contains("not a Switchboard service"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_whose_service_is_away_is_tried_again() {
    let mut alice = at_a_web_server("502 Bad Gateway").await;
    let (first, second) = (alice.is_down().await, alice.is_down().await);
    assert!(first.contains("502") && second.contains("502"), "{first}; {second}");
}
