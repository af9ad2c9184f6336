//! The kit of these tests: an SFU on a free port of the loopback, and peers with real sockets, ICE, DTLS and SRTP.
//!
//! Everything waits for events, with one generous deadline that only a failure meets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};

use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive, TcpType};
use str0m::rtp::{Extension, ExtensionValues, RtpPacket, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::base::clock;
use crate::control::hearing::{Choice, Hearing, Source};
use crate::domain::id::{CallId, LegId};
use crate::media::framing::{self, Deframer};
use crate::media::mark;
use crate::media::packet::Kind;
use crate::service::sfu::{Counts, Heard, LocalLeg, LocalPacket, Sfu, SfuConfig, SfuEvent};

/// Far longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn leg(n: u128) -> LegId {
    LegId(Uuid::from_u128(n))
}

pub fn call(n: u128) -> CallId {
    CallId(Uuid::from_u128(n))
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

pub fn opus(n: u32, payload: &[u8]) -> LocalPacket {
    LocalPacket { kind: Kind::Opus, timestamp: n * 960, marker: false, payload: payload.into(), level: 30, voice: true }
}

/// One packet of the event `key`, which began at `timestamp` and lasts `duration` samples so far.
pub fn dtmf(timestamp: u32, key: u8, duration: u16) -> LocalPacket {
    let [high, low] = duration.to_be_bytes();
    LocalPacket {
        kind: Kind::TelephoneEvent,
        timestamp,
        marker: false,
        payload: [key, 10, high, low].as_slice().into(),
        level: 127,
        voice: false,
    }
}

/// The next packet that a leg inside this process hears: it has no thread of its own here, so it is asked until there is one.
pub fn hears(leg: &mut LocalLeg) -> Heard {
    let deadline = clock::now() + PATIENCE;
    loop {
        if let Some(heard) = leg.hear() {
            return heard;
        }
        assert!(clock::now() < deadline, "nothing was heard");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// An SFU and its events.
pub struct House {
    pub sfu: Sfu,
    pub address: SocketAddr,
    events: mpsc::Receiver<SfuEvent>,
}

impl House {
    pub fn start() -> Self {
        Self::with(SfuConfig::default())
    }

    /// One that is reached over TCP, too.
    pub fn with_tcp() -> Self {
        Self::with(SfuConfig { tcp: Some(SocketAddr::from(([127, 0, 0, 1], 0))), ..SfuConfig::default() })
    }

    /// Where it is reached over TCP.
    pub fn tcp_address(&self) -> SocketAddr {
        self.sfu.tcp_addresses()[0]
    }

    pub fn with(config: SfuConfig) -> Self {
        // A small queue, so that the outbox is at work in every test.
        let (to, events) = mpsc::channel(1);
        let (sfu, addresses) = Sfu::start(&config, &to).unwrap();
        Self { sfu, address: addresses[0], events }
    }

    /// Lets a peer into a room, and waits until its leg is up and its slots are known.
    pub fn joins(&mut self, room: CallId, id: LegId, mut peer: Peer) -> Peer {
        let answer = block_on(self.sfu.open_leg(room, id, &peer.offer)).unwrap();
        peer.connects(&answer);
        self.waits_for(|event| *event == SfuEvent::LegUp { leg: id });
        peer
    }

    /// Says that `id` hears these legs and no other.
    pub fn tells(&self, id: LegId, sources: &[LegId]) {
        self.sfu.hear(id, Hearing::only(sources)).unwrap();
    }

    /// Opens a leg to those that choose; `mark` is what its packets then carry. It hears the loudest `n`, without `except`.
    pub fn takes_part(&self, id: LegId, mark: u16, n: u8, except: &[LegId]) {
        let choice = Choice::Loudest(n);
        self.sfu.hear(id, Hearing { choice, except: except.to_vec(), pinned: Vec::new() }).unwrap();
        self.sfu.set_source(id, Source { open: true, mark: Some(mark) }).unwrap();
    }

    /// Waits for an event; passes over others.
    pub fn waits_for(&mut self, wanted: impl Fn(&SfuEvent) -> bool) -> SfuEvent {
        let mut passed = Vec::new();
        let events = &mut self.events;
        let search = async {
            loop {
                let event = events.recv().await.expect("the SFU has ended");
                if wanted(&event) {
                    return event;
                }
                passed.push(event);
            }
        };
        let found = block_on(async { tokio::time::timeout(PATIENCE, search).await });
        found.unwrap_or_else(|_| panic!("the event never came; others did: {passed:?}"))
    }

    /// Waits until so many datagrams have arrived.
    pub fn waits_for_datagrams(&self, count: u64) {
        self.waits_for_counts(|counts| counts.received >= count);
    }

    /// Waits until the counts are as wanted.
    pub fn waits_for_counts(&self, wanted: impl Fn(&Counts) -> bool) {
        let deadline = clock::now() + PATIENCE;
        while !wanted(&self.sfu.counts()) {
            assert!(clock::now() < deadline, "{:?}", self.sfu.counts());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until everything that was asked for is done.
    pub fn settles(&mut self) {
        let last = leg(u128::MAX);
        // Orders are carried out one after another; of this one it is told.
        let end = self.sfu.open_local_leg(call(u128::MAX), last).unwrap();
        self.waits_for(|event| *event == SfuEvent::LegUp { leg: last });
        self.sfu.close(last).unwrap();
        drop(end);
    }

    /// Whether such an event is among those that have come; passes over the others.
    pub fn was_told(&mut self, wanted: impl Fn(&SfuEvent) -> bool) -> bool {
        std::iter::from_fn(|| self.events.try_recv().ok()).any(|event| wanted(&event))
    }

    /// Waits until `id` hears exactly `sources`, in this order of slots.
    pub fn waits_for_slots(&mut self, id: LegId, sources: &[LegId]) {
        self.waits_for(|event| match event {
            SfuEvent::Slots { leg, slots } => {
                *leg == id && slots.iter().filter_map(|slot| slot.source).eq(sources.iter().copied())
            }
            _ => false,
        });
    }
}

/// What a peer heard.
#[derive(Debug, Clone)]
pub struct Sound {
    pub mid: String,
    pub kind: Kind,
    /// Whether frames are repeated in the payload.
    pub redundant: bool,
    pub sequence: u64,
    pub timestamp: u32,
    pub marker: bool,
    pub payload: Vec<u8>,
    pub level: Option<i8>,
    pub mark: Option<u16>,
}

enum Order {
    Say(LocalPacket),
    SayRedundant(LocalPacket),
    Raw(Vec<u8>),
    Sleep,
    Close,
}

/// A client with one section to send and some to receive. Dropping it is pulling its plug.
pub struct Peer {
    pub offer: String,
    answer: String,
    connection: Option<Connection>,
    orders: Option<Sender<Order>>,
    sounds: Option<Receiver<Sound>>,
}

/// What a client offers beside its sound.
#[derive(Clone, Copy, PartialEq)]
enum Likes {
    Sound,
    Pictures,
    Redundancy,
}

struct Connection {
    rtc: Rtc,
    wire: Wire,
    pending: Option<SdpPendingOffer>,
    microphone: Mid,
    sequence: u64,
}

/// What carries a peer's datagrams.
enum Wire {
    Udp(UdpSocket),
    /// A connection, once it is made.
    Tcp(Option<(TcpStream, Deframer)>),
}

impl Wire {
    /// Connects to the candidate of an answer, where it is TCP; returns the end of it that is here.
    fn connect(&mut self, answer: &str) -> Option<SocketAddr> {
        let Self::Tcp(stream) = self else { return None };
        let line = answer.lines().find(|line| line.contains(" tcptype passive")).expect("no TCP candidate");
        let words: Vec<&str> = line.split(' ').collect();
        let connected = TcpStream::connect((words[4], words[5].parse().unwrap())).unwrap();
        connected.set_nodelay(true).unwrap();
        let here = connected.local_addr().unwrap();
        *stream = Some((connected, Deframer::default()));
        Some(here)
    }

    fn protocol(&self) -> Protocol {
        if matches!(self, Self::Udp(_)) { Protocol::Udp } else { Protocol::Tcp }
    }

    fn here(&self) -> SocketAddr {
        match self {
            Self::Udp(socket) => socket.local_addr().unwrap(),
            Self::Tcp(stream) => stream.as_ref().unwrap().0.local_addr().unwrap(),
        }
    }

    /// The SFU may be gone: then it refuses, which is no business of this peer.
    fn send(&mut self, datagram: &[u8], to: SocketAddr) {
        match self {
            Self::Udp(socket) => drop(socket.send_to(datagram, to)),
            Self::Tcp(stream) => {
                let mut framed = Vec::new();
                framing::frame(&mut framed, datagram);
                drop(stream.as_mut().unwrap().0.write_all(&framed));
            }
        }
    }

    /// The next datagram, if one comes in time.
    fn receive(&mut self, wait: Duration, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
        match self {
            Self::Udp(socket) => {
                socket.set_read_timeout(Some(wait)).unwrap();
                socket.recv_from(buffer).ok()
            }
            Self::Tcp(stream) => {
                let (stream, deframer) = stream.as_mut().unwrap();
                let from = stream.peer_addr().ok()?;
                stream.set_read_timeout(Some(wait)).unwrap();
                loop {
                    if let Some(datagram) = deframer.next_datagram().unwrap() {
                        buffer[..datagram.len()].copy_from_slice(datagram);
                        return Some((datagram.len(), from));
                    }
                    match stream.read(deframer.room()) {
                        Ok(0) => {
                            std::thread::sleep(wait);
                            return None;
                        }
                        Ok(count) => deframer.filled(count),
                        Err(_) => return None,
                    }
                }
            }
        }
    }
}

impl Peer {
    /// A client whom no UDP reaches.
    pub fn over_tcp(receive_slots: usize) -> Self {
        Self::build(receive_slots, &[Frequency::FORTY_EIGHT_KHZ], Likes::Sound, Wire::Tcp(None))
    }

    /// A client that knows telephone events at these clock rates.
    pub fn with_events(receive_slots: usize, rates: &[Frequency]) -> Self {
        Self::build(receive_slots, rates, Likes::Sound, Self::udp())
    }

    /// A client that would also show and see pictures.
    pub fn with_video(receive_slots: usize) -> Self {
        Self::build(receive_slots, &[Frequency::FORTY_EIGHT_KHZ], Likes::Pictures, Self::udp())
    }

    /// A client that prefers repeated frames.
    pub fn with_redundancy(receive_slots: usize) -> Self {
        Self::build(receive_slots, &[Frequency::FORTY_EIGHT_KHZ], Likes::Redundancy, Self::udp())
    }

    fn udp() -> Wire {
        Wire::Udp(UdpSocket::bind("127.0.0.1:0").unwrap())
    }

    fn build(receive_slots: usize, rates: &[Frequency], likes: Likes, wire: Wire) -> Self {
        let video = likes == Likes::Pictures;
        let mut config = Rtc::builder()
            .set_rtp_mode(true)
            .clear_codecs()
            .enable_opus(true, likes == Likes::Redundancy)
            .enable_vp8(video)
            .enable_h264(video)
            .clear_extension_map()
            .set_extension(1, Extension::AudioLevel)
            .set_extension(4, Extension::RtpMid)
            // Not the identifier the SFU would choose: it follows the offer.
            .set_extension(mark::ID + 3, mark::extension());
        config.set_max_stun_rto(Duration::from_millis(500));
        for (pt, rate) in (100_u8..).zip(rates) {
            config.codec_config().add_config(pt.into(), None, Codec::Tele, *rate, None, FormatParams::default());
        }
        let mut rtc = config.build(clock::now());
        if let Wire::Udp(socket) = &wire {
            rtc.add_local_candidate(Candidate::host(socket.local_addr().unwrap(), "udp").unwrap());
        }
        let mut api = rtc.sdp_api();
        let microphone = api.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
        if video {
            api.add_media(MediaKind::Video, Direction::SendOnly, None, None, None);
        }
        for _ in 0..receive_slots {
            api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
            if video {
                api.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
            }
        }
        let (offer, pending) = api.apply().unwrap();
        let connection = Connection { rtc, wire, pending: Some(pending), microphone, sequence: 7 };
        Self {
            offer: offer.to_sdp_string(),
            answer: String::new(),
            connection: Some(connection),
            orders: None,
            sounds: None,
        }
    }

    pub fn new(receive_slots: usize) -> Self {
        Self::with_events(receive_slots, &[Frequency::FORTY_EIGHT_KHZ])
    }

    pub fn connects(&mut self, answer: &str) {
        let mut connection = self.connection.take().unwrap();
        let pending = connection.pending.take().unwrap();
        self.answer = answer.to_owned();
        connection.rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(answer).unwrap()).unwrap();
        if let Some(here) = connection.wire.connect(answer) {
            let active = Candidate::builder().tcp().host(here).tcptype(TcpType::Active).build().unwrap();
            connection.rtc.add_local_candidate(active);
        }
        let (orders, inbox) = channel();
        let (outbox, sounds) = channel();
        std::thread::spawn(move || connection.run(&inbox, &outbox));
        (self.orders, self.sounds) = (Some(orders), Some(sounds));
    }

    /// The ICE user name fragment that the SFU gave to this leg.
    pub fn answer_fragment(&self) -> &str {
        self.answer.lines().find_map(|line| line.strip_prefix("a=ice-ufrag:")).unwrap()
    }

    pub fn says(&self, packet: LocalPacket) {
        self.orders.as_ref().unwrap().send(Order::Say(packet)).unwrap();
    }

    /// Sends a packet whose payload holds frames before it, too.
    pub fn says_redundant(&self, packet: LocalPacket) {
        self.orders.as_ref().unwrap().send(Order::SayRedundant(packet)).unwrap();
    }

    /// Sends bytes to the SFU from the very socket of this peer.
    pub fn sends_raw(&self, bytes: &[u8]) {
        self.orders.as_ref().unwrap().send(Order::Raw(bytes.to_vec())).unwrap();
    }

    /// Reads and sends nothing any more, but stays there.
    pub fn sleeps(&self) {
        self.orders.as_ref().unwrap().send(Order::Sleep).unwrap();
    }

    pub fn hangs_up(&self) {
        self.orders.as_ref().unwrap().send(Order::Close).unwrap();
    }

    /// The next packet that this peer hears.
    pub fn hears(&self) -> Sound {
        self.sounds.as_ref().unwrap().recv_timeout(PATIENCE).expect("nothing was heard")
    }

    /// The next packet that this peer hears, if one comes in time.
    pub fn hears_within(&self, time: Duration) -> Option<Sound> {
        self.sounds.as_ref().unwrap().recv_timeout(time).ok()
    }

    /// Everything heard so far.
    pub fn heard(&self) -> Vec<Sound> {
        self.sounds.as_ref().unwrap().try_iter().collect()
    }
}

impl Connection {
    /// Ends when the peer is dropped.
    fn run(mut self, orders: &Receiver<Order>, sounds: &Sender<Sound>) {
        let mut buffer = [0; 2_048];
        let (here, proto) = (self.wire.here(), self.wire.protocol());
        let mut server = None;
        loop {
            loop {
                match orders.try_recv() {
                    Ok(Order::Say(packet)) => self.say(packet, false),
                    Ok(Order::SayRedundant(packet)) => self.say(packet, true),
                    Ok(Order::Raw(bytes)) => self.wire.send(&bytes, server.unwrap()),
                    Ok(Order::Sleep) => while orders.recv().is_ok() {},
                    Ok(Order::Close) => self.rtc.close().unwrap(),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
                // In RTP mode what was written leaves when time moves.
                self.rtc.handle_input(Input::Timeout(clock::now())).unwrap();
                self.drain(&mut server, sounds);
            }
            let timeout = self.drain(&mut server, sounds);
            let wait = timeout
                .saturating_duration_since(clock::now())
                .clamp(Duration::from_millis(1), Duration::from_millis(5));
            let input = match self.wire.receive(wait, &mut buffer) {
                Some((length, source)) => {
                    let Ok(contents) = DatagramRecv::try_from(&buffer[..length]) else { continue };
                    Input::Receive(clock::now(), Receive { proto, source, destination: here, contents })
                }
                None => Input::Timeout(clock::now()),
            };
            self.rtc.handle_input(input).unwrap();
        }
    }

    fn say(&mut self, packet: LocalPacket, redundant: bool) {
        let rate = |codec, clock: &[u32]| {
            let params = self.rtc.codec_config().params();
            clock.iter().find_map(|clock| {
                let fits =
                    |p: &&str0m::format::PayloadParams| p.spec().codec == codec && p.spec().clock_rate.get() == *clock;
                params.iter().find(fits).map(|p| p.pt())
            })
        };
        let pt = match packet.kind {
            Kind::Opus => rate(Codec::Opus, &[48_000]),
            Kind::TelephoneEvent => rate(Codec::Tele, &[48_000, 8_000]),
        };
        let red = || self.rtc.codec_config().params().iter().find_map(|params| params.red()).unwrap();
        let pt = if redundant { red() } else { pt.unwrap() };
        self.sequence += 1;
        let levels = ExtensionValues {
            audio_level: Some(-i8::try_from(packet.level).unwrap()),
            voice_activity: Some(packet.voice),
            ..ExtensionValues::default()
        };
        let write = RtpWrite::new(pt, self.sequence.into(), packet.timestamp, clock::now(), packet.payload);
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(self.microphone, None).unwrap();
        stream.write_rtp(write.marker(packet.marker).ext_vals(levels));
    }

    fn drain(&mut self, server: &mut Option<SocketAddr>, sounds: &Sender<Sound>) -> Instant {
        loop {
            match self.rtc.poll_output().unwrap() {
                Output::Timeout(at) => return at,
                Output::Transmit(transmit) => {
                    *server = Some(transmit.destination);
                    self.wire.send(&transmit.contents, transmit.destination);
                }
                Output::Event(Event::RtpPacket(packet)) => drop(sounds.send(self.sound(packet))),
                Output::Event(_) => {}
            }
        }
    }

    fn sound(&mut self, packet: RtpPacket) -> Sound {
        let header = packet.header;
        let mid = self.rtc.direct_api().stream_rx(&header.ssrc).unwrap().mid().to_string();
        let pt = header.payload_type;
        let params = self.rtc.codec_config().find(|params| params.pt() == pt || params.red() == Some(pt)).unwrap();
        Sound {
            mid,
            kind: if params.spec().codec == Codec::Tele { Kind::TelephoneEvent } else { Kind::Opus },
            redundant: params.red() == Some(pt),
            sequence: *packet.seq_no,
            timestamp: header.timestamp,
            marker: header.marker,
            payload: packet.payload.to_vec(),
            level: header.ext_vals.audio_level,
            mark: mark::of(&header.ext_vals),
        }
    }
}
