//! What arrives at the media port while people talk: noise, near-misses of STUN, DTLS, RTP and RTCP, from anybody.

use std::net::SocketAddr;
use std::time::Duration;

use switchboard::base::seed::Seed;
use switchboard::domain::call::CallState;
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::raw::PATIENCE;
use crate::readers::{corpus, mutate};
use crate::support::TestService;

#[tokio::test(flavor = "multi_thread")]
async fn garbage_at_the_media_port_ends_no_call() {
    let service = TestService::start().await;
    let (mut alice, mut bob) = (service.phone("alice", 440).await, service.phone("bob", 660).await);
    let call = alice.calls("bob").await;
    bob.answers().await;
    alice.is(CallState::Connected).await;
    bob.hears_something().await;
    let received = || service.running.as_ref().unwrap().media_counts().received;
    let before = received();
    // Much may be dropped by the system itself: they send until a good part has been looked at.
    let looked_at = async {
        while received() - before < 1_000 {
            strangers_send(service.media).await;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, looked_at).await.expect("nothing arrives at the media port");
    alice.seen.clear();
    bob.seen.clear();
    alice.hears_something().await;
    bob.hears_something().await;
    alice.hangs_up(call).await;
    assert!(bob.ends().await.end.is_normal());
}

async fn strangers_send(media: SocketAddr) {
    let mut seed = Seed::new(42);
    let corpus = corpus("datagrams");
    for _ in 0..8 {
        let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for n in 0..250 {
            let (_, bytes) = &corpus[n % corpus.len()];
            let datagram = if n < corpus.len() { bytes.clone() } else { mutate(bytes, &mut seed) };
            stranger.send_to(&datagram, media).await.ok();
            if n % 25 == 0 {
                tokio::task::yield_now().await;
            }
        }
    }
}
