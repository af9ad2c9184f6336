//! Making a leg: the offer, and the answer that starts it.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Poll, Waker};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::{Candidate, Rtc};
use tokio::sync::mpsc;

use super::driver::{Driver, Over, WAKE};
use super::report::Reports;
use super::tcp::{self, Links};
use super::{Leg, LegError, LegEvent, LegTag, RECEIVE_SLOTS, Reach};
use crate::base::{clock, task};
use crate::media::mark;
use crate::media::packet::Outgoing;
use crate::phone::audio::voice::LegSound;
use crate::protocol::request::Sdp;

/// Packets waiting to be sent: about 1.3 s.
const OUTGOING: usize = 64;

/// Packets that arrived and wait for the voice thread: as long, of all who are heard at once.
const INCOMING: usize = OUTGOING * RECEIVE_SLOTS;

/// STUN checks go out at least this often: the service takes three seconds without any datagram for a lost phone.
const STUN_EVERY: Duration = Duration::from_secs(1);

/// How long UDP has the field to itself: far longer than it takes where it gets through.
const UDP_ALONE: Duration = Duration::from_millis(2_500);

/// Payload types offered for telephone-event at 48 kHz and 8 kHz (dynamic range; the numbers browsers use).
const EVENT_48K: u8 = 110;
const EVENT_8K: u8 = 126;

/// A leg that was offered and waits for the answer.
pub(crate) struct OfferedLeg {
    rtc: Rtc,
    pending: SdpPendingOffer,
    udp: Option<(UdpSocket, SocketAddr)>,
    service: IpAddr,
    reach: Reach,
    send: Mid,
    slots: Vec<Mid>,
}

/// Makes a leg and the offer for it. `service` is where the signalling goes: sound is sent from the address that reaches it.
pub(crate) fn offer(service: IpAddr, reach: Reach, now: Instant) -> Result<(OfferedLeg, Sdp), LegError> {
    let udp = match (reach, udp_towards(service)) {
        (Reach::Tcp, _) => None,
        (_, Ok(socket)) => Some(socket),
        (Reach::Udp, Err(error)) => return Err(error.into()),
        // The system knows already that UDP goes nowhere.
        (Reach::UdpFirst | Reach::Both, Err(_)) => None,
    };
    let mut rtc = new_rtc(now);
    if let Some((_, local)) = &udp {
        let candidate = Candidate::host(*local, "udp").map_err(|e| LegError::Setup(e.to_string()))?;
        rtc.add_local_candidate(candidate);
    }
    let mut change = rtc.sdp_api();
    let send = change.add_media(MediaKind::Audio, Direction::SendOnly, None, None, None);
    let slots =
        (0..RECEIVE_SLOTS).map(|_| change.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None)).collect();
    let (offer, pending): (SdpOffer, _) = change.apply().ok_or_else(|| LegError::Setup("nothing to offer".into()))?;
    let sdp = Sdp(offer.to_sdp_string());
    Ok((OfferedLeg { rtc, pending, udp, service, reach, send, slots }, sdp))
}

fn new_rtc(now: Instant) -> Rtc {
    let mut config = Rtc::builder()
        .set_rtp_mode(true)
        .clear_codecs()
        .enable_opus(true, false)
        .set_extension(mark::ID, mark::extension())
        .set_stats_interval(Some(Duration::from_secs(1)));
    config.set_max_stun_rto(STUN_EVERY);
    let codecs = config.codec_config();
    for (pt, rate) in [(EVENT_48K, Frequency::FORTY_EIGHT_KHZ), (EVENT_8K, Frequency::EIGHT_KHZ)] {
        codecs.add_config(pt.into(), None, Codec::Tele, rate, None, FormatParams::default());
    }
    config.build(now)
}

fn udp_towards(service: IpAddr) -> io::Result<(UdpSocket, SocketAddr)> {
    let socket = UdpSocket::bind(SocketAddr::new(address_towards(service)?, 0))?;
    let local = socket.local_addr()?;
    Ok((socket, local))
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
        let Self { mut rtc, pending, udp, service, reach, send, slots } = self;
        let now = clock::now();
        let tcp_from = match reach {
            Reach::Udp => None,
            Reach::UdpFirst if udp.is_some() => Some(now + UDP_ALONE),
            Reach::UdpFirst | Reach::Both | Reach::Tcp => Some(now),
        };
        let tcp = Links::new(tcp::passive(&answer.0, service), tcp_from);
        if udp.is_none() && tcp.next_deadline().is_none() {
            return Err(LegError::Setup("the service takes no sound over TCP, and UDP can't be used".into()));
        }
        let answer = SdpAnswer::from_sdp_string(&answer.0).map_err(|e| LegError::Answer(e.to_string()))?;
        rtc.sdp_api().accept_answer(pending, answer).map_err(|e| LegError::Answer(e.to_string()))?;
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKE)?);
        let (close, closed) = sync_channel(1);
        let (to_voice, incoming) = rtrb::RingBuffer::new(INCOMING);
        let (from_voice, outgoing) = rtrb::RingBuffer::new(OUTGOING);
        let unsent = Arc::new(AtomicU64::new(0));
        let slot_names = slots.iter().map(ToString::to_string).collect();
        let mut driver = Driver {
            rtc,
            udp,
            tcp,
            over: Over::default(),
            udp_sent: false,
            send,
            slot_of: slots.into_iter().zip(0..).collect(),
            slot_of_ssrc: BTreeMap::new(),
            next_sequence: 1,
            incoming: to_voice,
            outgoing,
            tag,
            events,
            reports: Reports::default(),
            dropped: 0,
            unsent: Arc::clone(&unsent),
            heard_at: now,
            lost: false,
            failed: false,
            heard: false,
            spoken: false,
        };
        task::thread("leg", move || driver.run(poll, &closed))?;
        let leg = Leg { close, waker: Arc::clone(&waker), slots: slot_names };
        Ok((leg, LegSound { incoming, outgoing: sender(from_voice, waker, unsent) }))
    }
}

fn sender(
    mut queue: rtrb::Producer<Outgoing>,
    waker: Arc<Waker>,
    unsent: Arc<AtomicU64>,
) -> Box<dyn FnMut(Outgoing) + Send> {
    Box::new(move |packet| {
        if queue.push(packet).is_ok() {
            // A waker that fails only delays the packet until the next timer.
            waker.wake().ok();
        } else {
            unsent.fetch_add(1, Ordering::Relaxed);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::packet::Kind;

    #[test]
    fn packets_that_find_no_room_are_counted() {
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), WAKE).unwrap());
        let (from_voice, outgoing) = rtrb::RingBuffer::new(2);
        let unsent = Arc::new(AtomicU64::new(0));
        let mut send = sender(from_voice, waker, Arc::clone(&unsent));
        for timestamp in 0..5 {
            let payload = Vec::new();
            send(Outgoing { kind: Kind::Opus, timestamp, marker: false, payload, level: 127, voice: false });
        }
        assert_eq!((outgoing.slots(), unsent.load(Ordering::Relaxed)), (2, 3));
    }
}
