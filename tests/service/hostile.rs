//! Garbage, on the way of the sound and from the microphone.

use switchboard::base::seed::Seed;
use switchboard::domain::call::CallState;
use switchboard::phone::audio::device::SourceChoice;
use switchboard::phone::audio::voice::VoiceConfig;
use switchboard::phone::event::{DeviceState, Event};
use tokio::net::UdpSocket;

use crate::support::{TestPhone, TestService, connect, tone};

#[tokio::test(flavor = "multi_thread")]
async fn garbage_on_the_media_port_does_not_disturb_a_call() {
    let service = TestService::start().await;
    let mut alice = service.phone("alice", 440).await;
    let mut bob = service.phone("bob", 660).await;
    let call = connect(&mut alice, &mut bob).await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut seed = Seed::new(7);
    for _ in 0..5_000 {
        let length = usize::try_from(seed.below(1_600)).unwrap();
        let mut datagram: Vec<u8> = (0..length).map(|_| seed.next_u64().to_le_bytes()[0]).collect();
        // The first byte says what it pretends to be: STUN, DTLS, RTP, RTCP, or nothing known (RFC 7983).
        if let Some(first) = datagram.first_mut() {
            *first = [0, 22, 128, 144, 255][usize::try_from(seed.below(5)).unwrap()];
        }
        stranger.send_to(&datagram, service.media).await.unwrap();
    }
    alice.hears_for(10).await;
    bob.hears_for(10).await;
    alice.presses(call, "8").await;
    assert_eq!(bob.is_pressed(&alice.identity(), 1).await, "8");
    let counts = service.running.as_ref().unwrap().media_counts();
    assert!(counts.dropped > 0, "{counts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wav_that_is_none_is_said_so_and_the_call_goes_on() {
    let service = TestService::start().await;
    let file = service.folder.path().join("song.wav");
    std::fs::write(&file, b"#EXTM3U").unwrap();
    let voice = VoiceConfig { microphone: SourceChoice::File(file), ..tone(440) };
    let mut alice = TestPhone::start("alice", service.account("alice").await, voice).await;
    let mut bob = service.phone("bob", 660).await;
    let call = alice.calls("bob").await;
    bob.answers().await;
    bob.is(CallState::Connected).await;
    let why = alice.until("say why its microphone fails", |event| match event {
        Event::Audio(state) => match &state.microphone {
            DeviceState::Failed(why) => Some(why.clone()),
            _ => None,
        },
        _ => None,
    });
    let why = why.await;
    assert!(why.contains("song.wav"), "{why}");
    alice.hears_something().await;
    alice.hangs_up(call).await;
    bob.ends().await;
}
