//! Tones, as they are heard.

use super::kit::{Bench, CALL, answer, person};
use crate::domain::call::{CallState, Participant, ParticipantState};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::id::CallId;
use crate::domain::transfer::HandedTo;
use crate::media::tick::Tick;
use crate::media::tones::strength;
use crate::phone::audio::device::SinkChoice;
use crate::phone::audio::wav::WavReader;
use crate::phone::command::Command;
use crate::phone::event::Event;
use crate::protocol::notice::Notice;
use crate::protocol::request::Request;
use crate::protocol::response::Response;
use uuid::Uuid;

#[tokio::test]
async fn a_second_call_is_heard_softly_within_the_first_while_it_rings_and_does_not_ring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heard.wav");
    let mut bench = Bench::for_calls_playing_to(SinkChoice::File(path.clone()), 8).await;
    let (id, offer, _) = bench.asks_to_join(None).await;
    bench.lets_in(id, &offer, false).await;
    bench.stands(CALL, CallState::Connected).await;
    seconds_pass(&mut bench, 0.2).await;
    let other = CallId(Uuid::from_u128(78));
    bench.rings(other, "bob").await;
    seconds_pass(&mut bench, 1.5).await;
    bench.notices(Notice::CallIncomingEnded { call_id: other, reason: EndReason::CANCELLED }).await;
    seconds_pass(&mut bench, 3.5).await;
    bench.quits().await;
    // Two bursts of 0.2 s. The next two would come 3 s after them, had the ringing not ended; the ring would go on, and
    // at other pitches.
    let heard = pieces_of(&path, 425.0, 0.05);
    assert!((2..=10).contains(&heard), "{heard} pieces of 50 ms");
    assert_eq!(pieces_of(&path, 659.26, 0.05), 0, "no ring");
}

#[tokio::test]
async fn who_is_handed_on_hears_that_somebody_rings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heard.wav");
    let mut bench = Bench::for_calls_playing_to(SinkChoice::File(path.clone()), 1).await;
    bench.talks_to(CALL, "alice").await;
    let to = HandedTo::Person { person: person("carol") };
    bench.notices(Notice::CallHandedOn { call_id: CALL, by: person("alice"), to, forwarded: None }).await;
    let ringing = bench.stands(CALL, CallState::Ringing).await;
    assert!(ringing.connected_at.is_some(), "the time goes on");
    seconds_pass(&mut bench, 1.5).await;
    bench.stands(CALL, CallState::Connected).await;
    seconds_pass(&mut bench, 4.5).await;
    bench.quits().await;
    // A second of tone, and four of silence: it would come again 5 s after it began.
    let heard = pieces_of(&path, 425.0, 0.05);
    assert!((5..=24).contains(&heard), "{heard} pieces of 50 ms");
}

#[tokio::test]
async fn who_is_forwarded_goes_on_hearing_that_it_rings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("heard.wav");
    let mut bench = Bench::for_calls_playing_to(SinkChoice::File(path.clone()), 1).await;
    bench.tell(Command::Call { to: "bob".into(), ring_for: None }).await;
    let (id, Request::CallStart { call_id, offer, .. }) = bench.asks().await else { panic!("no call") };
    bench.answers(id, Response::Leg { answer: answer(&offer) }).await;
    bench.stands(call_id, CallState::Ringing).await;
    let to = HandedTo::Person { person: person("carol") };
    let forwarded = Some(ForwardWhen::Busy);
    bench.notices(Notice::CallHandedOn { call_id, by: person("bob"), to, forwarded }).await;
    let participant = Participant { person: person("carol"), state: ParticipantState::Ringing, muted: false };
    bench.notices(Notice::CallParticipant { call_id, participant }).await;
    bench.stands(call_id, CallState::Ringing).await;
    seconds_pass_in(call_id, &mut bench, 2.0).await;
    bench.quits().await;
    let heard = pieces_of(&path, 425.0, 0.05);
    assert!((5..=24).contains(&heard), "{heard} pieces of 50 ms: one second of tone, which began once");
}

/// Lets time pass as the call counts it: levels are told ten times a second.
async fn seconds_pass(bench: &mut Bench, seconds: f64) {
    seconds_pass_in(CALL, bench, seconds).await;
}

async fn seconds_pass_in(id: CallId, bench: &mut Bench, seconds: f64) {
    for _ in 0..(seconds * 10.0) as usize {
        let levels = |event: &Event| matches!(event, Event::Levels { call, .. } if *call == id).then_some(());
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
