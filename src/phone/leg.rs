//! One media connection of this phone: a str0m peer on a UDP socket of its own, driven by one OS thread.
//!
//! Packets of sound cross to and from the voice thread by lock-free queues; everything else (codec, jitter, devices) is there.
//! The offer names one sending section and [`RECEIVE_SLOTS`] receiving ones, so that joins and leaves cost no new SDP.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, SeqNo, Ssrc};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};
use tokio::sync::mpsc;

use super::audio::voice::LegSound;
use crate::base::{clock, deadline, task};
use crate::media::packet::{Kind, Outgoing, Received};
use crate::protocol::request::Sdp;

/// How many people can be heard at once; more are chosen from by the service.
pub const RECEIVE_SLOTS: usize = 4;

/// Packets waiting in either direction between this thread and the voice thread: about 1.3 s.
const QUEUE: usize = 64;

/// With nothing received for this long, the media connection counts as lost (STUN answers come every few seconds at least).
const LOST_AFTER: Duration = Duration::from_secs(5);

/// STUN checks go out at least this often: the service takes three seconds without any datagram for a lost phone.
const STUN_EVERY: Duration = Duration::from_secs(1);

/// Datagrams taken from the socket before timers and outgoing sound get their turn.
const BATCH: usize = 64;

/// The longest datagram read; media packets stay below the usual MTU of 1500.
const DATAGRAM: usize = 2000;

const SOCKET: Token = Token(0);
const WAKE: Token = Token(1);

/// Payload types offered for telephone-event at 48 kHz and 8 kHz (dynamic range; the numbers browsers use).
const EVENT_48K: u8 = 110;
const EVENT_8K: u8 = 126;

/// Which leg an event is from: counted by the engine, so that late words of a replaced leg are told apart.
pub(crate) type LegTag = u64;

/// What a leg tells the engine.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LegEvent {
    /// Sound can flow.
    Up,
    /// Nothing arrives any more.
    Lost,
    /// Packets arrive again.
    Back,
    /// The connection can't be made, or broke for good.
    Failed(String),
    /// Round trip to the service, measured by STUN (RFC 7675 consent checks).
    RoundTrip(Duration),
}

/// Why a leg could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LegError {
    /// No UDP socket.
    #[error("no UDP socket for the sound: {0}")]
    Socket(#[from] io::Error),
    /// The service's answer is no SDP that fits the offer.
    #[error("the service's media answer can't be used: {0}")]
    Answer(String),
    /// str0m refused our own set-up.
    #[error("the media connection can't be set up: {0}")]
    Setup(String),
}

/// A leg that was offered and waits for the answer.
pub(crate) struct OfferedLeg {
    rtc: Rtc,
    pending: SdpPendingOffer,
    socket: UdpSocket,
    local: SocketAddr,
    send: Mid,
    slots: Vec<Mid>,
}

/// A running leg; dropping it closes the connection.
pub(crate) struct Leg {
    close: SyncSender<()>,
    waker: Arc<Waker>,
    /// The media section of each receive slot, in order.
    pub(crate) slots: Vec<String>,
}

/// Makes a leg and the offer for it. `service` is where the signalling goes: sound is sent from the address that reaches it.
pub(crate) fn offer(service: IpAddr, now: Instant) -> Result<(OfferedLeg, Sdp), LegError> {
    let local_ip = address_towards(service)?;
    let socket = UdpSocket::bind(SocketAddr::new(local_ip, 0))?;
    let local = socket.local_addr()?;
    let mut rtc = new_rtc(now);
    let candidate = Candidate::host(local, "udp").map_err(|e| LegError::Setup(e.to_string()))?;
    rtc.add_local_candidate(candidate);
    let mut change = rtc.sdp_api();
    let send = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    let slots =
        (0..RECEIVE_SLOTS).map(|_| change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None)).collect();
    let (offer, pending): (SdpOffer, _) = change.apply().ok_or_else(|| LegError::Setup("nothing to offer".into()))?;
    let sdp = Sdp(offer.to_sdp_string());
    Ok((OfferedLeg { rtc, pending, socket, local, send, slots }, sdp))
}

fn new_rtc(now: Instant) -> Rtc {
    let mut config = Rtc::builder()
        .set_rtp_mode(true)
        .clear_codecs()
        .enable_opus(true, false)
        .set_stats_interval(Some(Duration::from_secs(1)));
    config.set_max_stun_rto(STUN_EVERY);
    let codecs = config.codec_config();
    for (pt, rate) in [(EVENT_48K, Frequency::FORTY_EIGHT_KHZ), (EVENT_8K, Frequency::EIGHT_KHZ)] {
        codecs.add_config(pt.into(), None, Codec::Tele, rate, None, FormatParams::default());
    }
    config.build(now)
}

/// The local address the system would send from to reach `service` (nothing is sent to find out).
fn address_towards(service: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if service.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let probe = std::net::UdpSocket::bind(SocketAddr::new(any, 0))?;
    probe.connect(SocketAddr::new(service, 9))?;
    Ok(probe.local_addr()?.ip())
}

impl OfferedLeg {
    /// Takes the service's answer and starts the leg.
    pub(crate) fn start(
        self,
        answer: &Sdp,
        tag: LegTag,
        events: mpsc::Sender<(LegTag, LegEvent)>,
    ) -> Result<(Leg, LegSound), LegError> {
        let Self { mut rtc, pending, socket, local, send, slots } = self;
        let answer = SdpAnswer::from_sdp_string(&answer.0).map_err(|e| LegError::Answer(e.to_string()))?;
        rtc.sdp_api().accept_answer(pending, answer).map_err(|e| LegError::Answer(e.to_string()))?;
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (close, closed) = sync_channel(1);
        let (to_voice, incoming) = rtrb::RingBuffer::new(QUEUE);
        let (from_voice, outgoing) = rtrb::RingBuffer::new(QUEUE);
        let slot_names = slots.iter().map(ToString::to_string).collect();
        let mut driver = Driver {
            rtc,
            socket,
            local,
            send,
            slot_of: slots.into_iter().zip(0..).collect(),
            slot_of_ssrc: BTreeMap::new(),
            next_sequence: 1,
            incoming: to_voice,
            outgoing,
            tag,
            events,
            heard_at: clock::now(),
            lost: false,
            failed: false,
        };
        task::thread("leg", move || driver.run(poll, &closed))?;
        let leg = Leg { close, waker: Arc::clone(&waker), slots: slot_names };
        Ok((leg, LegSound { incoming, outgoing: sender(from_voice, waker) }))
    }
}

fn sender(mut queue: rtrb::Producer<Outgoing>, waker: Arc<Waker>) -> Box<dyn FnMut(Outgoing) + Send> {
    Box::new(move |packet| {
        if queue.push(packet).is_ok() {
            // A waker that fails only delays the packet until the next timer.
            waker.wake().ok();
        }
    })
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.close.try_send(()).ok();
        self.waker.wake().ok();
    }
}

/// What the leg's thread owns.
struct Driver {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    send: Mid,
    slot_of: BTreeMap<Mid, u8>,
    slot_of_ssrc: BTreeMap<Ssrc, u8>,
    next_sequence: u64,
    incoming: rtrb::Producer<Received>,
    outgoing: rtrb::Consumer<Outgoing>,
    tag: LegTag,
    events: mpsc::Sender<(LegTag, LegEvent)>,
    heard_at: Instant,
    lost: bool,
    failed: bool,
}

impl Driver {
    fn run(&mut self, mut poll: Poll, closed: &Receiver<()>) {
        if let Err(e) = poll.registry().register(&mut self.socket, SOCKET, Interest::READABLE) {
            return self.fail(e.to_string());
        }
        let mut ready = Events::with_capacity(8);
        let mut buffer = [0; DATAGRAM];
        let mut more = false;
        loop {
            let timer = self.drain();
            let closing = closed.try_recv() != Err(TryRecvError::Empty);
            if closing || self.failed {
                return self.hang_up();
            }
            let now = clock::now();
            let nap = if more { Duration::ZERO } else { deadline::wait(Some(timer), now, Duration::from_secs(1)) };
            if let Err(e) = poll.poll(&mut ready, Some(nap))
                && e.kind() != io::ErrorKind::Interrupted
            {
                return self.fail(e.to_string());
            }
            more = self.receive(&mut buffer);
            self.send_outgoing();
            let now = clock::now();
            if now >= timer {
                self.input(Input::Timeout(now));
            }
            self.watch_silence(now);
        }
    }

    /// Hands on what str0m has to say; returns when it wants to be called next.
    fn drain(&mut self) -> Instant {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => return at,
                Ok(Output::Transmit(datagram)) => {
                    // A datagram that can't be sent is lost, as the network may lose it too.
                    self.socket.send_to(&datagram.contents, datagram.destination).ok();
                }
                Ok(Output::Event(event)) => self.on_event(event),
                Err(e) => {
                    self.fail(e.to_string());
                    return clock::now();
                }
            }
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Connected => self.tell(LegEvent::Up),
            Event::RtpPacket(packet) => self.on_packet(&packet),
            // The figure of the nominated pair: `stats.rtt` itself is measured by transport-wide feedback, which sound has no use for.
            Event::PeerStats(stats) => {
                let pair = stats.selected_candidate_pair;
                if let Some(rtt) = pair.and_then(|pair| pair.current_round_trip_time) {
                    self.tell(LegEvent::RoundTrip(rtt));
                }
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => self.tell_lost(),
            _ => {}
        }
    }

    fn on_packet(&mut self, packet: &RtpPacket) {
        let ssrc = packet.header.ssrc;
        let Some(slot) = self.slot_of_ssrc.get(&ssrc).copied().or_else(|| self.learn_slot(ssrc)) else { return };
        let pt = packet.header.payload_type;
        let codec = self.rtc.codec_config().params().iter().find(|p| p.pt() == pt).map(|p| p.spec().codec);
        let kind = match codec {
            Some(Codec::Opus) => Kind::Opus,
            Some(Codec::Tele) => Kind::TelephoneEvent,
            _ => return,
        };
        let received = Received {
            slot,
            kind,
            sequence: *packet.seq_no,
            timestamp: packet.header.timestamp,
            marker: packet.header.marker,
            payload: packet.payload.to_vec(),
            at: packet.timestamp,
        };
        // A full queue means that the voice thread hangs; its jitter buffers then count the packet as lost.
        self.incoming.push(received).ok();
    }

    fn learn_slot(&mut self, ssrc: Ssrc) -> Option<u8> {
        let mid = self.rtc.direct_api().stream_rx(&ssrc)?.mid();
        let slot = *self.slot_of.get(&mid)?;
        self.slot_of_ssrc.insert(ssrc, slot);
        Some(slot)
    }

    /// Reads what has arrived; true when there may be more.
    fn receive(&mut self, buffer: &mut [u8; DATAGRAM]) -> bool {
        for _ in 0..BATCH {
            match self.socket.recv_from(buffer) {
                Ok((length, source)) => self.on_datagram(&buffer[..length], source),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return false,
                // Errors of earlier sends (port unreachable) surface here; the next read goes on.
                Err(_) => {}
            }
        }
        true
    }

    fn on_datagram(&mut self, datagram: &[u8], source: SocketAddr) {
        let now = clock::now();
        // Not STUN, DTLS, RTP or RTCP: garbage, dropped.
        let Ok(contents) = datagram.try_into() else { return };
        let receive = Receive { proto: Protocol::Udp, source, destination: self.local, contents };
        let input = Input::Receive(now, receive);
        if !self.rtc.accepts(&input) {
            return;
        }
        self.heard_at = now;
        if self.lost {
            self.lost = false;
            self.tell(LegEvent::Back);
        }
        self.input(input);
        self.drain();
    }

    fn input(&mut self, input: Input<'_>) {
        if let Err(e) = self.rtc.handle_input(input) {
            // One bad packet never ends a call; a connection that is really broken shows as silence.
            tracing::debug!(error = %e, "a datagram was refused");
        }
    }

    fn send_outgoing(&mut self) {
        while let Ok(packet) = self.outgoing.pop() {
            let now = clock::now();
            if self.write(packet, now) {
                // str0m sends what was written at the next time-out it is given.
                self.input(Input::Timeout(now));
                self.drain();
            }
        }
    }

    fn write(&mut self, packet: Outgoing, now: Instant) -> bool {
        let wanted = match packet.kind {
            Kind::Opus => Codec::Opus,
            Kind::TelephoneEvent => Codec::Tele,
        };
        let is_wanted = |p: &&str0m::format::PayloadParams| {
            p.spec().codec == wanted && p.spec().clock_rate == Frequency::FORTY_EIGHT_KHZ
        };
        let Some(pt) = self.rtc.codec_config().params().iter().find(is_wanted).map(str0m::format::PayloadParams::pt)
        else {
            return false;
        };
        let levels = ExtensionValues {
            audio_level: Some(-i8::try_from(packet.level.min(127)).unwrap_or(127)),
            voice_activity: Some(packet.voice),
            ..ExtensionValues::default()
        };
        let mut api = self.rtc.direct_api();
        let Some(stream) = api.stream_tx_by_mid(self.send, None) else { return false };
        let sequence = SeqNo::from(self.next_sequence);
        self.next_sequence += 1;
        let rtp = RtpWrite::new(pt, sequence, packet.timestamp, now, packet.payload);
        stream.write_rtp(rtp.marker(packet.marker).ext_vals(levels));
        true
    }

    fn watch_silence(&mut self, now: Instant) {
        if now.saturating_duration_since(self.heard_at) >= LOST_AFTER {
            self.tell_lost();
        }
    }

    fn tell_lost(&mut self) {
        if !self.lost {
            self.lost = true;
            self.tell(LegEvent::Lost);
        }
    }

    fn fail(&mut self, why: String) {
        if !self.failed {
            self.failed = true;
            self.tell(LegEvent::Failed(why));
        }
    }

    /// Tells the service's DTLS that this end closes, as far as the network lets it.
    fn hang_up(&mut self) {
        self.rtc.disconnect();
        self.drain();
    }

    fn tell(&self, event: LegEvent) {
        // The engine reads its queue all the time; if it is full the phone is ending anyway.
        self.events.try_send((self.tag, event)).ok();
    }
}
