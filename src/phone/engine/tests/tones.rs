//! Tones, as they are heard.

use super::kit::{Bench, CALL, person};
use crate::config::JoinMuted;
use crate::domain::id::CallId;
use crate::domain::time::UnixMillis;
use crate::media::tick::Tick;
use crate::media::tones::strength;
use crate::phone::audio::device::SinkChoice;
use crate::phone::audio::wav::WavReader;
use crate::phone::event::Event;
use crate::protocol::notice::Notice;
use uuid::Uuid;

#[tokio::test]
async fn a_second_call_is_heard_softly_within_the_first_and_does_not_ring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heard.wav");
    let mut bench = Bench::playing_to(SinkChoice::File(path.clone()), JoinMuted::Never).await;
    let (id, offer, _) = bench.asks_to_join(None).await;
    bench.is_connected().await;
    bench.lets_in(id, &offer, false).await;
    seconds_pass(&mut bench, 0.2).await;
    let other = CallId(Uuid::from_u128(78));
    bench
        .notices(Notice::CallIncoming {
            call_id: other,
            from: person("bob"),
            at: UnixMillis(1),
            group: None,
            via: None,
        })
        .await;
    bench.until("tell of it", |event| matches!(event, Event::Incoming(_)).then_some(())).await;
    seconds_pass(&mut bench, 2.0).await;
    bench.quits().await;
    // Two bursts of 0.2 s; the ring would go on, and at other pitches.
    let heard = pieces_of(&path, 425.0, 0.05);
    assert!((2..=10).contains(&heard), "{heard} pieces of 50 ms");
    assert_eq!(pieces_of(&path, 659.26, 0.05), 0, "no ring");
}

/// Lets time pass as the call counts it: levels are told ten times a second.
async fn seconds_pass(bench: &mut Bench, seconds: f64) {
    for _ in 0..(seconds * 10.0) as usize {
        let levels = |event: &Event| matches!(event, Event::Levels { call, .. } if *call == CALL).then_some(());
        bench.until("measure levels", levels).await;
    }
}

/// How many pieces of 50 ms hold a tone: a machine that is held up may leave gaps.
fn pieces_of(path: &std::path::Path, hertz: f64, least: f64) -> usize {
    let (mut reader, mut sound, mut tick) = (WavReader::open(path).unwrap(), Vec::new(), Tick::default());
    while let samples @ 1.. = reader.read(&mut tick) {
        sound.extend_from_slice(&tick.left()[..samples]);
    }
    sound.chunks_exact(2400).filter(|piece| strength(piece, hertz) > least).count()
}
