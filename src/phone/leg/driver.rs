//! The thread of a leg: datagrams in and out, packets to and from the voice thread, and what the engine is told.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token};
use str0m::format::Codec;
use str0m::media::{Frequency, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, SeqNo, Ssrc};
use str0m::{Event, IceConnectionState, Input, Output, Rtc};
use tokio::sync::mpsc;

use super::report::Reports;
use super::tcp::Links;
use super::{LegEvent, LegTag, Measured};
use crate::base::{clock, deadline};
use crate::media::mark;
use crate::media::packet::{Kind, Outgoing, Received};
use crate::phone::event::Transport;
use crate::phone::evidence::entry::LegStep;

/// With nothing received for this long, the media connection counts as lost (STUN answers come every few seconds at least).
const LOST_AFTER: Duration = Duration::from_secs(5);

/// How long sound has to go over something until that is told: over TCP for a moment, before UDP is found to get through, is
/// no news.
const SETTLED_AFTER: Duration = Duration::from_secs(1);

/// Datagrams taken from the socket before timers and outgoing sound get their turn.
const BATCH: usize = 64;

/// The longest datagram read; media packets stay below the usual MTU of 1500.
const DATAGRAM: usize = 2000;

const SOCKET: Token = Token(0);
pub(super) const WAKE: Token = Token(1);

/// What the leg's thread owns.
pub(super) struct Driver {
    pub(super) rtc: Rtc,
    /// The socket and its address; none where UDP can't be used.
    pub(super) udp: Option<(UdpSocket, SocketAddr)>,
    pub(super) tcp: Links,
    pub(super) over: Over,
    /// Whether the system took a datagram for UDP.
    pub(super) udp_sent: bool,
    pub(super) send: Mid,
    pub(super) slot_of: BTreeMap<Mid, u8>,
    pub(super) slot_of_ssrc: BTreeMap<Ssrc, u8>,
    pub(super) next_sequence: u64,
    pub(super) incoming: rtrb::Producer<Received>,
    pub(super) outgoing: rtrb::Consumer<Outgoing>,
    pub(super) tag: LegTag,
    pub(super) events: mpsc::Sender<(LegTag, LegEvent)>,
    pub(super) reports: Reports,
    /// Packets that found no room on their way to the voice thread, and those that found none on their way from it.
    pub(super) dropped: u64,
    pub(super) unsent: Arc<AtomicU64>,
    pub(super) heard_at: Instant,
    pub(super) lost: bool,
    pub(super) failed: bool,
    /// Whether a packet of sound has arrived, and left.
    pub(super) heard: bool,
    pub(super) spoken: bool,
}

/// What the leg's sound goes over.
#[derive(Debug, Default)]
pub(super) struct Over {
    /// What it goes over now, and since when.
    now: Option<(Transport, Instant)>,
    told: Option<Transport>,
}

impl Over {
    /// Sound, or what makes it possible, went over this.
    fn went(&mut self, transport: Transport, at: Instant) {
        if self.now.is_none_or(|(before, _)| before != transport) {
            self.now = Some((transport, at));
        }
    }

    /// When it is to be told what it goes over.
    fn tell_at(&self) -> Option<Instant> {
        let (transport, since) = self.now?;
        (self.told != Some(transport)).then(|| since + SETTLED_AFTER)
    }

    /// What is to be told now.
    fn news(&mut self, now: Instant) -> Option<Transport> {
        self.tell_at().filter(|at| *at <= now)?;
        self.told = self.now.map(|(transport, _)| transport);
        self.told
    }
}

impl Driver {
    /// Runs until it is closed, or the connection fails.
    pub(super) fn run(&mut self, mut poll: Poll, closed: &Receiver<()>) {
        if let Some((socket, _)) = &mut self.udp
            && let Err(e) = poll.registry().register(socket, SOCKET, Interest::READABLE)
        {
            return self.fail(e.to_string());
        }
        self.tell(LegEvent::Step(LegStep::Started));
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
            let timer = [self.tcp.next_deadline(), self.over.tell_at()].into_iter().flatten().fold(timer, Instant::min);
            let nap = if more { Duration::ZERO } else { deadline::wait(Some(timer), now, Duration::from_secs(1)) };
            if let Err(e) = poll.poll(&mut ready, Some(nap))
                && e.kind() != io::ErrorKind::Interrupted
            {
                return self.fail(e.to_string());
            }
            let now = clock::now();
            if self.tcp.tend(&mut self.rtc, poll.registry(), now) && self.over.now.is_some_and(over_tcp) {
                self.tell_lost();
            }
            more = self.receive(&mut buffer) | self.receive_tcp();
            self.send_outgoing();
            let now = clock::now();
            if now >= timer {
                self.input(Input::Timeout(now));
            }
            self.watch_silence(now);
            self.tell_over(now);
        }
    }

    fn tell_over(&mut self, now: Instant) {
        let Some(transport) = self.over.news(now) else { return };
        if transport == Transport::Udp {
            self.tcp.close(&mut self.rtc);
        }
        self.tell(LegEvent::Over(transport));
    }

    /// Hands on what str0m has to say; returns when it wants to be called next.
    fn drain(&mut self) -> Instant {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => return at,
                Ok(Output::Transmit(datagram)) => {
                    let (from, to) = (datagram.source, datagram.destination);
                    let over = if datagram.proto == Protocol::Udp { Transport::Udp } else { Transport::Tcp };
                    if !is_stun(&datagram.contents) {
                        self.over.went(over, clock::now());
                    }
                    match over {
                        Transport::Udp => self.send_udp(to, &datagram.contents),
                        Transport::Tcp => self.tcp.send(from, to, &datagram.contents),
                    }
                }
                Ok(Output::Event(event)) => self.on_event(event),
                Err(e) => {
                    self.fail(e.to_string());
                    return clock::now();
                }
            }
        }
    }

    fn send_udp(&mut self, to: SocketAddr, datagram: &[u8]) {
        let Some((socket, _)) = &self.udp else { return };
        // A datagram that can't be sent is lost, as the network may lose it too.
        match socket.send_to(datagram, to) {
            Ok(_) => self.udp_sent = true,
            Err(_) if !self.udp_sent => self.tcp.hasten(clock::now()),
            Err(_) => {}
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Connected => self.tell(LegEvent::Up),
            Event::RtpPacket(packet) => self.on_packet(&packet),
            // The figure of the nominated pair: `stats.rtt` itself is measured by transport-wide feedback, which sound has no use for.
            Event::PeerStats(stats) => {
                let pair = stats.selected_candidate_pair;
                let rtt = pair.and_then(|pair| pair.current_round_trip_time);
                let dropped_packets = self.dropped + self.unsent.load(Ordering::Relaxed);
                self.tell(LegEvent::Measured(Measured { rtt, dropped_packets }));
            }
            Event::MediaEgressStats(stats) if stats.mid == self.send => {
                if let Some(reported) = stats.remote.and_then(|report| self.reports.read(&report)) {
                    self.tell(LegEvent::Reported(reported));
                }
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => self.tell_lost(),
            Event::IceConnectionStateChange(IceConnectionState::Checking) => {
                self.tell(LegEvent::Step(LegStep::IceChecking));
            }
            Event::IceConnectionStateChange(IceConnectionState::Connected | IceConnectionState::Completed) => {
                self.tell(LegEvent::Step(LegStep::IceConnected));
            }
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
            mark: mark::of(&packet.header.ext_vals),
            payload: packet.payload.to_vec(),
            at: packet.timestamp,
        };
        // A full queue means that the voice thread hangs; its jitter buffers then count the packet as lost.
        self.dropped += u64::from(self.incoming.push(received).is_err());
        if !std::mem::replace(&mut self.heard, true) {
            self.tell(LegEvent::Step(LegStep::FirstIn));
        }
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
            let Some((socket, local)) = &self.udp else { return false };
            let local = *local;
            match socket.recv_from(buffer) {
                Ok((length, source)) => self.on_datagram(&buffer[..length], Protocol::Udp, source, local),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return false,
                // Errors of earlier sends (port unreachable) surface here; the next read goes on.
                Err(_) => {}
            }
        }
        true
    }

    /// The same of the TCP connections.
    fn receive_tcp(&mut self) -> bool {
        for _ in 0..BATCH {
            let Some(arrived) = self.tcp.receive() else { return false };
            self.on_datagram(&arrived.datagram, Protocol::Tcp, arrived.from, arrived.to);
        }
        true
    }

    fn on_datagram(&mut self, datagram: &[u8], proto: Protocol, source: SocketAddr, destination: SocketAddr) {
        let now = clock::now();
        // Not STUN, DTLS, RTP or RTCP: garbage, dropped.
        let Ok(contents) = datagram.try_into() else { return };
        let receive = Receive { proto, source, destination, contents };
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
        if !std::mem::replace(&mut self.spoken, true) {
            self.tell(LegEvent::Step(LegStep::FirstOut));
        }
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

fn over_tcp((transport, _): (Transport, Instant)) -> bool {
    transport == Transport::Tcp
}

/// Whether it looks like STUN (RFC 7983 section 7).
fn is_stun(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|&first| first < 4)
}
