//! Sound over TCP: where UDP does not get through, or only TCP is wanted.

use switchboard::config::MediaOver;
use switchboard::domain::call::{CallState, ParticipantState};
use switchboard::phone::event::{Event, MediaState, Quality, Transport};

use crate::support::proxy::UdpProxy;
use crate::support::{TestPhone, TestService, connect, tone};

/// A phone whose sound goes over TCP or not at all.
async fn over_tcp(service: &TestService, name: &str, hertz: u16) -> TestPhone {
    TestPhone::start_over(MediaOver::Tcp, name, service.account(name).await, tone(hertz)).await
}

async fn measures(phone: &mut TestPhone, enough: impl Fn(&Quality) -> bool) -> Quality {
    phone
        .until("measure both directions", |event| match event {
            Event::Quality { quality, .. } if enough(quality) => Some(quality.clone()),
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_tcp_is_heard_held_and_measured_like_any_other() {
    let service = TestService::start().await;
    let mut alice = over_tcp(&service, "alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let call = connect(&mut alice, &mut bob).await;
    assert_eq!(alice.goes_over().await, (Transport::Tcp, false));
    alice.hears_something().await;
    bob.hears_something().await;
    let complete = |quality: &Quality| {
        quality.transport.is_some()
            && quality.rtt_ms.is_some()
            && quality.outbound.is_some()
            && quality.mos_in.is_some()
    };
    let quality = measures(&mut alice, complete).await;
    assert_eq!((quality.transport, quality.lost_packets), (Some(Transport::Tcp), 0));
    assert_eq!(quality.outbound.unwrap().lost_packets, 0);
    assert_eq!(measures(&mut bob, complete).await.transport, Some(Transport::Udp));
    assert_eq!(service.running.as_ref().unwrap().media_counts().tcp_connections, 1);

    alice.presses(call, "4711#").await;
    assert_eq!(bob.is_pressed(&alice.identity(), 5).await, "4711#");
    bob.holds(call, true).await;
    alice.is(CallState::RemoteHold).await;
    bob.holds(call, false).await;
    alice.is(CallState::Connected).await;
    alice.hears_for(10).await;
    alice.hangs_up(call).await;
    assert!(alice.ends().await.heard_ms > 1_000);
    assert!(bob.ends().await.heard_ms > 0);
    assert!(!bob.seen.iter().any(|event| matches!(event, Event::Transport { .. })), "UDP is nothing to tell of");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_calls_go_over_tcp_at_once() {
    let service = TestService::start().await;
    let mut alice = over_tcp(&service, "alice", 440).await;
    let mut bob = over_tcp(&service, "bob", 660).await;
    let mut carol = over_tcp(&service, "carol", 880).await;
    let first = connect(&mut bob, &mut alice).await;
    bob.hears_something().await;
    let second = connect(&mut carol, &mut alice).await;
    carol.hears_something().await;
    alice.hangs_up(second).await;
    alice.holds(first, false).await;
    bob.is(CallState::Connected).await;
    bob.hears_for(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_udp_does_not_get_through_sound_falls_back_to_tcp_and_comes_back_when_that_breaks() {
    let (service, udp, mut tcp, at) = UdpProxy::and_tcp().await;
    udp.close();
    tcp.leads_to(at);
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let call = connect(&mut alice, &mut bob).await;
    for phone in [&mut alice, &mut bob] {
        assert_eq!(phone.goes_over().await, (Transport::Tcp, true));
        phone.hears_something().await;
    }

    tcp.cut();
    alice.shows("lose its sound", |view| view.media == MediaState::Lost).await;
    bob.sees_other("reconnecting", |alice| alice.state == ParticipantState::Reconnecting).await;
    tcp.restore();
    alice.shows("have its sound back", |view| view.media == MediaState::Flowing).await;
    alice.hears_something().await;
    bob.shows("have its sound back", |view| view.media == MediaState::Flowing).await;
    bob.hears_something().await;
    let again = |event: &&Event| matches!(event, Event::Transport { .. });
    assert_eq!(alice.seen.iter().filter(again).count(), 1, "what is known is not told again");
    alice.hangs_up(call).await;
    alice.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn udp_that_fails_in_the_middle_of_a_call_is_replaced() {
    let (service, udp, mut tcp, at) = UdpProxy::and_tcp().await;
    tcp.leads_to(at);
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    connect(&mut alice, &mut bob).await;
    alice.hears_something().await;
    let quality = measures(&mut alice, |quality| quality.transport.is_some()).await;
    assert_eq!(quality.transport, Some(Transport::Udp));

    udp.close();
    alice.shows("lose its sound", |view| view.media == MediaState::Lost).await;
    assert_eq!(alice.goes_over().await, (Transport::Tcp, true));
    assert_eq!(bob.goes_over().await, (Transport::Tcp, true));
    alice.hears_something().await;
    bob.hears_something().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_udp_holds_for_the_next_call() {
    let (service, udp, mut tcp, at) = UdpProxy::and_tcp().await;
    udp.close();
    tcp.leads_to(at);
    let mut alice = service.phone("alice", 440).await;
    let call = alice.calls("echo").await;
    assert_eq!(alice.goes_over().await, (Transport::Tcp, true));
    alice.hangs_up(call).await;
    alice.ends().await;
    // Slower ways would be found, too; that this one was taken at once shows in its evidence alone.
    let call = alice.calls("echo").await;
    assert_eq!(alice.goes_over().await, (Transport::Tcp, true));
    alice.hears_something().await;
    alice.hangs_up(call).await;
    alice.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_udp_alone_never_goes_over_tcp() {
    let (service, udp, mut tcp, at) = UdpProxy::and_tcp().await;
    udp.close();
    tcp.leads_to(at);
    let account = service.account("alice").await;
    let mut alice = TestPhone::start_over(MediaOver::Udp, "alice", account, tone(440)).await;
    let _call = alice.calls("echo").await;
    alice.ends().await;
    assert_eq!(service.running.as_ref().unwrap().media_counts().tcp_connections, 0);
    assert!(!alice.seen.iter().any(|event| matches!(event, Event::Transport { .. })));
}
