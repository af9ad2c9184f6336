//! The way of the sound is cut while the signalling lives.

use switchboard::domain::call::{CallState, ParticipantState};
use switchboard::phone::event::{CallView, MediaState};

use crate::support::proxy::UdpProxy;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_whose_sound_is_cut_gets_it_back_by_a_new_leg() {
    let (_service, proxy, mut alice, mut bob, call) = UdpProxy::with_a_call().await;
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
