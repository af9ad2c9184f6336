//! Somebody in a group who sends packets without end, of lies and garbage: the others hear each other as before.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::{Extension, ExtensionValues, RtpWrite};
use str0m::{Candidate, Event as RtcEvent, Input, Output, Rtc};
use switchboard::base::seed::Seed;
use switchboard::base::{clock, entropy};
use switchboard::domain::call::CallState;
use switchboard::domain::group::GroupKey;
use switchboard::domain::id::{CallId, GroupId};
use switchboard::phone::command::Command;
use switchboard::phone::event::Event;
use switchboard::protocol::request::{Request, Sdp};
use switchboard::protocol::response::Response;

use crate::raw::{PATIENCE, Raw, legs};
use crate::support::{TestPhone, TestService};

/// A media connection, all in order until it is up.
struct Flooder {
    rtc: Rtc,
    socket: UdpSocket,
    microphone: Mid,
    pending: Option<SdpPendingOffer>,
    seed: Seed,
    sequence: u64,
}

/// A flood that goes on until it is stopped.
struct Flood {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Flooder {
    fn new() -> (Self, Sdp) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut config = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, true)
            .set_extension(1, Extension::AudioLevel);
        let rate = Frequency::FORTY_EIGHT_KHZ;
        config.codec_config().add_config(110.into(), None, Codec::Tele, rate, None, FormatParams::default());
        let mut rtc = config.build(clock::now());
        rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        let mut change = rtc.sdp_api();
        let microphone = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
        let (offer, pending) = change.apply().unwrap();
        let offer = Sdp(offer.to_sdp_string());
        (Self { rtc, socket, microphone, pending: Some(pending), seed: Seed::new(350), sequence: 0 }, offer)
    }

    /// Takes the service's answer; once it is up, it sends as fast as it can.
    fn begins(mut self, answer: &Sdp) -> Flood {
        let answer = SdpAnswer::from_sdp_string(&answer.0).unwrap();
        self.rtc.sdp_api().accept_answer(self.pending.take().unwrap(), answer).unwrap();
        self.socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            let here = self.socket.local_addr().unwrap();
            let mut up = false;
            while !stopped.load(Ordering::Relaxed) {
                for _ in 0..if up { 10 } else { 0 } {
                    self.lies();
                    self.input(Input::Timeout(clock::now()));
                    up |= self.drain();
                }
                up |= self.drain();
                self.receives(&mut buffer, here);
            }
        });
        Flood { stop, thread }
    }

    /// Writes a packet of noise that says it is as loud as can be, or silent.
    fn lies(&mut self) {
        let params = self.rtc.codec_config().params();
        let pts: Vec<_> = params.iter().flat_map(|params| [Some(params.pt()), params.red()]).flatten().collect();
        let pt = pts[usize::try_from(self.seed.below(pts.len() as u64)).unwrap()];
        let length = usize::try_from(self.seed.below(1_100)).unwrap();
        let payload: Vec<u8> = (0..length).map(|_| self.seed.next_u64().to_le_bytes()[0]).collect();
        self.sequence += if self.seed.below(50) == 0 { 1 + self.seed.below(2_000) } else { 1 };
        let timestamp = self.seed.next_u64().to_le_bytes();
        let timestamp = u32::from_le_bytes([timestamp[0], timestamp[1], timestamp[2], timestamp[3]]);
        let said = ExtensionValues {
            audio_level: Some(if self.seed.below(3) == 0 { -127 } else { 0 }),
            voice_activity: Some(self.seed.below(2) == 0),
            ..ExtensionValues::default()
        };
        let write = RtpWrite::new(pt, self.sequence.into(), timestamp, clock::now(), payload);
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.microphone, None).unwrap();
        stream.write_rtp(write.marker(self.seed.below(2) == 0).ext_vals(said));
    }

    /// Sends what there is to send. Whether the connection has come up by it.
    fn drain(&mut self) -> bool {
        let mut up = false;
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(_)) | Err(_) => return up,
                Ok(Output::Transmit(datagram)) => {
                    self.socket.send_to(&datagram.contents, datagram.destination).ok();
                }
                Ok(Output::Event(event)) => up |= matches!(event, RtcEvent::Connected),
            }
        }
    }

    fn receives(&mut self, buffer: &mut [u8], here: SocketAddr) {
        let Ok((length, source)) = self.socket.recv_from(buffer) else {
            return self.input(Input::Timeout(clock::now()));
        };
        let Ok(contents) = DatagramRecv::try_from(&buffer[..length]) else { return };
        self.input(Input::Receive(clock::now(), Receive { proto: Protocol::Udp, source, destination: here, contents }));
    }

    fn input(&mut self, input: Input<'_>) {
        self.rtc.handle_input(input).ok();
    }
}

impl Flood {
    fn ends(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
    }
}

async fn joins(phone: &mut TestPhone, group: GroupId) -> CallId {
    phone.tell(Command::Join { place: group.to_string(), existing: false, muted: Some(false) }).await;
    let call = phone
        .until("join", |event| match event {
            Event::Joined { call, .. } => Some(*call),
            _ => None,
        })
        .await;
    phone.is(CallState::Connected).await;
    call
}

/// Waits until it has heard this participant for a second and a half.
async fn hears(phone: &mut TestPhone, number: u16) {
    let mut tenths = 0;
    phone
        .until(&format!("hear {number}"), |event| match event {
            Event::Levels { heard, .. } => {
                tenths += usize::from(heard.iter().any(|(who, level)| *who == number && *level > -40.0));
                (tenths == 15).then_some(())
            }
            _ => None,
        })
        .await;
}

/// Waits until that many packets were thrown away because their sender sent too many.
async fn flooded(service: &TestService, wanted: u64) {
    let count = || service.running.as_ref().unwrap().media_counts().flooded;
    let reached = async {
        while count() < wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{} were thrown away", count()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_floods_a_group_is_cut_down_and_the_others_hear_each_other() {
    let service = TestService::start().await;
    let (mut alice, mut bob) = (service.phone("alice", 440).await, service.phone("bob", 660).await);
    let (mut eve, _) = Raw::welcomed(&service, "carol").await;
    let group = GroupId(entropy::uuid());
    let call = joins(&mut alice, group).await;
    assert_eq!(joins(&mut bob, group).await, call);
    let (flooder, offer) = Flooder::new();
    let join = Request::GroupJoin { group: GroupKey::Id(group), offer, existing: true, muted: false };
    let Ok(Response::Joined { answer, .. }) = eve.ask_patiently(join).await else { panic!("eve is not in") };
    let flood = flooder.begins(&answer);
    flooded(&service, 1_000).await;
    for on in (0..150).map(|n| n % 2 == 0) {
        eve.requests(Request::CallMute { call_id: call, on }).await;
    }
    hears(&mut alice, 2).await;
    hears(&mut bob, 1).await;
    alice.presses(call, "8").await;
    let alice_is = alice.identity();
    bob.until("hear the tone of alice", |event| match event {
        Event::Dtmf { from, tone, .. } if *from == alice_is && tone.key() == '8' => Some(()),
        _ => None,
    })
    .await;
    flooded(&service, 2_000).await;
    flood.ends();
    let (mut carol, _) = Raw::welcomed(&service, "carol").await;
    carol.is_served().await;
    alice.tell(Command::EndForAll(call)).await;
    alice.ends().await;
    bob.ends().await;
    legs(&service, 0).await;
}
