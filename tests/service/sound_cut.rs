//! The way of the sound is cut while the signalling lives.

use std::net::{IpAddr, SocketAddr};

use switchboard::domain::call::{CallState, ParticipantState};
use switchboard::phone::event::{CallView, MediaState};
use switchboard::service::ServiceOptions;

use crate::support::proxy::UdpProxy;
use crate::support::{TestPhone, TestService, connect, options, tone};

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_sound_is_cut_gets_it_back_by_a_new_leg() {
    let folder = tempfile::tempdir().unwrap();
    let options = ServiceOptions { advertise: vec![IpAddr::from(UdpProxy::ADVERTISED)], ..options(folder.path()) };
    let service = TestService::with(folder, options).await;
    let proxy = UdpProxy::to(SocketAddr::from(([127, 0, 0, 1], service.media.port()))).await;
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    let call = connect(&mut alice, &mut bob).await;
    alice.hears_something().await;
    bob.hears_something().await;

    proxy.cut_all_there_are();
    alice.shows("lose its sound", |view| view.media == MediaState::Lost).await;
    bob.sees_other("reconnecting", |alice| alice.state == ParticipantState::Reconnecting).await;
    let flows = |view: &CallView| view.media == MediaState::Flowing && view.state == CallState::Connected;
    alice.shows("have its sound back", flows).await;
    bob.sees_other("back", |alice| alice.state == ParticipantState::Connected).await;
    alice.hears_something().await;
    bob.hears_something().await;
    alice.presses(call, "7").await;
    assert_eq!(bob.is_pressed(&alice.identity(), 1).await, "7");
}
