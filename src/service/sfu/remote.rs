//! A WebRTC leg: one str0m connection, its receive slots, and what is known of its peer.
//!
//! After everything done to the connection it is drained: what it wants to send, the packets that came, and what
//! happened to it are gathered in a [`Turn`].

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::media::{Direction, MediaAdded, MediaKind, Mid};
use str0m::net::{DatagramRecv, Protocol, Receive};
use str0m::rtp::{RtpPacket, Ssrc};
use str0m::{Event, Input, Output, Rtc};

use super::allowance::Allowance;
use super::demux::is_stun;
use super::dtmf_clock::{self, DtmfClock};
use super::egress::{Egress, Over, Way};
use super::event::LegFailure;
use super::keys;
use super::leg::Media;
use super::legs::LegKey;
use super::negotiate::Negotiated;
use super::packet::{LocalPacket, SILENT};
use super::payloads::Payloads;
use super::redundancy::Redundant;
use super::seal::Sealer;
use super::slots::Assignment;
use super::stream::Stream;
use crate::media::framing::is_media;
use crate::media::packet::Kind;

/// The most streams one peer may send: a microphone, started anew a few times.
const MAX_STREAMS: usize = 16;

/// A connection that wants to be called at once again may have to wait: it must not take all of a shard's time.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// How much of what a peer may send in the long run may come at once.
const BURST: Duration = Duration::from_secs(1);

/// How many times more datagrams are looked at than packets may be in them: who sends in the name of a peer, and so in vain,
/// shall not silence it.
const FORGED: u32 = 5;

/// How patient the SFU is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub(super) setup_within: Duration,
    pub(super) silent_after: Duration,
    pub(super) lost_after: Duration,
}

/// What came out of connections in one turn of the shard.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) out: Egress,
    pub(super) media: Vec<(LegKey, Media)>,
    pub(super) news: VecDeque<(LegKey, News)>,
    pub(super) dropped: u64,
    /// Of peers that sent more than they may.
    pub(super) flooded: u64,
    /// TCP connections that were told of last.
    pub(super) tcp_connections: u64,
}

/// Something that happened to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    Up,
    Silent,
    Heard,
    NewSlot,
    Failed(LegFailure),
}

pub(super) struct Remote {
    rtc: Rtc,
    pub(super) fragment: String,
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) assignment: Assignment<LegKey>,
    keys: keys::Place,
    incoming: Payloads,
    ingress: Ingress,
    /// When the connection wants to be called.
    timeout: Instant,
    opened: Instant,
    heard: Instant,
    // What every packet needs lies together.
    sealer: Option<Sealer>,
    slots: Vec<Stream>,
    up: bool,
    silent: bool,
    /// Datagrams that look like media: anybody who forges the address of the peer can send them.
    datagrams: Allowance,
    /// Packets of the peer itself.
    packets: Allowance,
    /// Packets were written that leave with the next [`Remote::run`].
    pub(super) dirty: bool,
}

/// What the peer sends.
#[derive(Default)]
struct Ingress {
    /// The section that counts: the first the peer sends sound in.
    section: Option<Mid>,
    streams: Vec<(Ssrc, bool)>,
    current: Option<Ssrc>,
    dtmf: DtmfClock,
}

impl Remote {
    /// A connection to a peer that may send so many media packets per second.
    pub(super) fn new(negotiated: Negotiated, packets_per_second: u32, now: Instant) -> Self {
        Self {
            incoming: Payloads::of(&negotiated.rtc, |_| true),
            rtc: negotiated.rtc,
            fragment: negotiated.fragment,
            addresses: Vec::new(),
            assignment: Assignment::new(),
            slots: Vec::new(),
            keys: negotiated.keys,
            sealer: None,
            ingress: Ingress::default(),
            timeout: now,
            opened: now,
            heard: now,
            up: false,
            silent: false,
            datagrams: Allowance::new(packets_per_second.saturating_mul(FORGED), BURST),
            packets: Allowance::new(packets_per_second, BURST),
            dirty: false,
        }
    }

    /// Takes a datagram that came against `way`. Whether it is certain that the peer sent it.
    pub(super) fn receive(&mut self, key: LegKey, way: Way, datagram: &[u8], now: Instant, turn: &mut Turn) -> bool {
        // Before it costs anything.
        if is_media(datagram) && !self.datagrams.takes(now) {
            turn.flooded += 1;
            return false;
        }
        let Ok(contents) = DatagramRecv::try_from(datagram) else {
            turn.dropped += 1;
            return false;
        };
        let proto = match way.over {
            Over::Udp => Protocol::Udp,
            Over::Tcp => Protocol::Tcp,
        };
        let input = Input::Receive(now, Receive { proto, source: way.to, destination: way.from, contents });
        // STUN is judged by its message integrity; the rest came from an address that was, and has its own.
        let certain = is_stun(datagram) && self.rtc.accepts(&input);
        if is_stun(datagram) && !certain {
            turn.dropped += 1;
            return false;
        }
        // An error here is about this one datagram.
        if self.rtc.handle_input(input).is_err() {
            turn.dropped += 1;
        }
        if is_stun(datagram) {
            // The peer may be about to move to this address.
            self.slots.iter_mut().for_each(|slot| slot.keep(way));
        }
        self.heard = now;
        if std::mem::take(&mut self.silent) {
            turn.news.push_back((key, News::Heard));
        }
        self.drain(key, now, turn);
        certain
    }

    /// Lets the connection do what its time has come for, and send what was written.
    pub(super) fn run(&mut self, key: LegKey, now: Instant, turn: &mut Turn) {
        self.dirty = false;
        // An error here shows again, for good, when the connection is drained.
        let _ = self.rtc.handle_input(Input::Timeout(now));
        self.drain(key, now, turn);
    }

    /// When this leg wants attention next.
    pub(super) fn deadline(&self, patience: &Patience) -> Instant {
        self.timeout.min(self.patience_ends(patience))
    }

    /// Looks whether the leg was silent, or in the making, for too long.
    pub(super) fn check(&mut self, key: LegKey, patience: &Patience, now: Instant, turn: &mut Turn) {
        if now < self.patience_ends(patience) {
            return;
        }
        let news = match (self.up, self.silent) {
            (false, _) => News::Failed(LegFailure::SetupTimeout),
            (true, true) => News::Failed(LegFailure::Lost),
            (true, false) => News::Silent,
        };
        self.silent = true;
        turn.news.push_back((key, news));
    }

    /// The media sections of the receive slots, in order.
    pub(super) fn slot_mids(&self) -> impl Iterator<Item = String> {
        self.slots.iter().map(|slot| slot.mid.to_string())
    }

    /// Gives slots to `sources`, the first ones first; who has one keeps it.
    pub(super) fn assign(&mut self, sources: &[LegKey]) {
        let Self { assignment, slots, .. } = self;
        assignment.assign(sources, |slot| slots[slot].switch());
    }

    /// Looks at what a packet into a slot will need; returns nothing of meaning.
    pub(super) fn touch(&self, slot: usize) -> u8 {
        u8::from(self.sealer.is_some()) ^ self.slots.get(slot).map_or(0, Stream::touch)
    }

    /// Sends a packet into a slot: into `out`, or with the next [`Remote::run`] when that leaves the leg dirty. Whether it
    /// could be sent.
    pub(super) fn write(&mut self, slot: usize, media: &Media, now: Instant, out: &mut Egress) -> bool {
        let Some(slot) = self.slots.get_mut(slot).filter(|_| self.up) else { return false };
        let Some(packet) = slot.next(media, now) else { return false };
        // Behind a packet that waits in the connection others wait as well: they keep their order.
        if let Some(sealer) = self.sealer.as_ref().filter(|_| !self.dirty)
            && slot.seal(&packet, sealer, now, out)
        {
            return true;
        }
        let written = slot.write(packet, &mut self.rtc, now);
        self.dirty |= written;
        written
    }

    /// Tells the peer that the connection ends; best effort.
    pub(super) fn close(&mut self, key: LegKey, now: Instant, turn: &mut Turn) {
        if self.rtc.close().is_ok() {
            self.drain(key, now, turn);
        }
    }

    fn patience_ends(&self, patience: &Patience) -> Instant {
        match (self.up, self.silent) {
            (false, _) => self.opened + patience.setup_within,
            (true, false) => self.heard + patience.silent_after,
            (true, true) => self.heard + patience.lost_after,
        }
    }

    fn drain(&mut self, key: LegKey, now: Instant, turn: &mut Turn) {
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.timeout = at.max(now + SHORTEST_WAIT);
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    let over = if transmit.proto == Protocol::Udp { Over::Udp } else { Over::Tcp };
                    let way = Way { from: transmit.source, to: transmit.destination, over };
                    self.slots.iter_mut().for_each(|slot| slot.see(&transmit.contents, way, now));
                    turn.out.push(way, &transmit.contents);
                }
                Ok(Output::Event(event)) => self.happened(key, event, now, turn),
                Err(error) => {
                    tracing::debug!(%error, "a leg's connection broke");
                    self.rtc.disconnect();
                    turn.news.push_back((key, News::Failed(LegFailure::Protocol)));
                    return;
                }
            }
        }
    }

    fn happened(&mut self, key: LegKey, event: Event, now: Instant, turn: &mut Turn) {
        match event {
            Event::RtpPacket(_) if !self.packets.takes(now) => turn.flooded += 1,
            Event::RtpPacket(packet) => match self.ingest(packet, now) {
                Some(media) => turn.media.push((key, media)),
                None => turn.dropped += 1,
            },
            Event::Connected => {
                self.up = true;
                self.heard = now;
                self.sealer = self.keys.take().as_ref().and_then(Sealer::new);
                turn.news.push_back((key, News::Up));
            }
            Event::MediaAdded(added) => self.add_slot(key, &added, turn),
            Event::Closed => turn.news.push_back((key, News::Failed(LegFailure::ClosedByPeer))),
            // Of no concern to a forwarder of sound: statistics, video feedback, data channels. ICE may come and go;
            // silence is measured by what arrives.
            _ => {}
        }
    }

    /// A section the peer receives sound in is a slot.
    fn add_slot(&mut self, key: LegKey, added: &MediaAdded, turn: &mut Turn) {
        let sends = matches!(added.direction, Direction::SendOnly | Direction::SendRecv);
        if added.kind != MediaKind::Audio || !sends {
            return;
        }
        self.slots.push(Stream::new(&self.rtc, added.mid));
        self.assignment.grow();
        turn.news.push_back((key, News::NewSlot));
    }

    fn ingest(&mut self, received: RtpPacket, now: Instant) -> Option<Media> {
        let RtpPacket { seq_no, header, payload, .. } = received;
        if !self.is_sound(header.ssrc) {
            return None;
        }
        let pt = Some(header.payload_type);
        let mut redundant = None;
        let (kind, timestamp, payload) = if pt == self.incoming.opus {
            self.ingress.dtmf.sound(header.timestamp, now);
            (Kind::Opus, header.timestamp, payload)
        } else if pt == self.incoming.red {
            let (newest, whole) = Redundant::split(&payload, *self.incoming.opus?)?;
            redundant = whole;
            self.ingress.dtmf.sound(header.timestamp, now);
            (Kind::Opus, header.timestamp, newest)
        } else if pt == self.incoming.event_48k {
            (Kind::TelephoneEvent, header.timestamp, payload)
        } else if pt == self.incoming.event_8k {
            let payload = dtmf_clock::to_48k(&payload)?;
            (Kind::TelephoneEvent, self.ingress.dtmf.event(header.timestamp, now), payload)
        } else {
            return None;
        };
        let packet = LocalPacket {
            kind,
            timestamp,
            marker: header.marker,
            payload,
            level: header.ext_vals.audio_level.map_or(SILENT, i8::unsigned_abs),
            voice: header.ext_vals.voice_activity.unwrap_or(false),
        };
        let anew = self.ingress.current.replace(header.ssrc) != Some(header.ssrc);
        Some(Media { redundant, ..Media::new(*seq_no, anew, packet) })
    }

    /// Whether a stream belongs to the section this peer is heard by.
    fn is_sound(&mut self, ssrc: Ssrc) -> bool {
        let Ingress { section, streams, .. } = &mut self.ingress;
        if let Some((_, sound)) = streams.iter().find(|(known, _)| *known == ssrc) {
            return *sound;
        }
        let Some(mid) = self.rtc.direct_api().stream_rx(&ssrc).map(|stream| stream.mid()) else { return false };
        let audio = self.rtc.media(mid).is_some_and(|media| media.kind() == MediaKind::Audio);
        let sound = audio && *section.get_or_insert(mid) == mid;
        if streams.len() == MAX_STREAMS {
            streams.remove(0);
        }
        streams.push((ssrc, sound));
        sound
    }
}
