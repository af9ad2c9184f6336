//! One receive slot of a WebRTC leg, and the two ways of a packet into it.
//!
//! Some packets go through the connection, which numbers, seals and addresses them, and keeps its reports in step. Each shows
//! how the next ones are to look and where they go; those are sealed right here, until what was shown may have changed. The
//! connection's sender reports therefore have the right clock, and count only the packets that went through it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::Rtc;
use str0m::media::{Mid, Pt};
use str0m::rtp::{Extension, ExtensionValues, RtpWrite, Ssrc};

use super::egress::{Egress, Way};
use super::leg::Media;
use super::once::Once;
use super::packet::LocalPacket;
use super::pattern::{Extensions, Pattern};
use super::payloads::Payloads;
use super::seal::Sealer;
use super::slot::{Numbers, Renumber};
use crate::media::mark;

/// How long the connection is taken at its word: after that, a packet goes through it.
const SHOWN_FOR: Duration = Duration::from_secs(4);

/// A receive slot: one media section the peer receives in.
pub(super) struct Stream {
    pub(super) mid: Mid,
    ssrc: Option<Ssrc>,
    payloads: Payloads,
    numbers: Renumber,
    once: Once,
    extensions: Extensions,
    shown: Option<Shown>,
}

/// What the connection's last packet in this slot showed.
struct Shown {
    way: Way,
    header: Pattern,
    at: Instant,
}

/// A packet as this slot sends it.
pub(super) struct Outgoing<'a> {
    numbers: Numbers,
    payload_type: Pt,
    payload: Arc<[u8]>,
    packet: &'a LocalPacket,
    mark: Option<u16>,
}

impl Stream {
    /// The slot of a section of `rtc`.
    pub(super) fn new(rtc: &Rtc, mid: Mid) -> Self {
        let media = rtc.media(mid);
        let negotiated = media.map_or(&[][..], |media| media.remote_pts());
        Self {
            mid,
            ssrc: None,
            payloads: Payloads::of(rtc, |pt| negotiated.contains(&pt)),
            numbers: Renumber::default(),
            once: Once::default(),
            extensions: Extensions {
                level: media.and_then(|media| media.remote_extmap().id_of(Extension::AudioLevel)),
                mark: media.and_then(|media| media.remote_extmap().id_of(mark::extension())),
            },
            shown: None,
        }
    }

    /// Another source speaks here from now on.
    pub(super) fn switch(&mut self) {
        self.numbers.switch();
    }

    /// Looks at what a packet will need here; returns nothing of meaning.
    pub(super) fn touch(&self) -> u8 {
        let shown = self.shown.as_ref().map_or(0, |shown| shown.header.first());
        self.payloads.opus.map_or(0, |pt| *pt) ^ self.once.newest() as u8 ^ shown
    }

    /// Prepares a packet. `None` when the peer does not know its kind, or it is too late.
    pub(super) fn next<'a>(&mut self, media: &'a Media, now: Instant) -> Option<Outgoing<'a>> {
        if media.anew {
            self.numbers.switch();
        }
        let packet = &media.packet;
        // Nothing is repeated from before this source was heard here: it would be played where another one was.
        let heard = self.numbers.heard_before(packet.timestamp);
        let redundant = media.redundant.as_ref().filter(|redundant| redundant.reach() <= heard);
        let (payload_type, payload) = redundant
            .and_then(|redundant| self.payloads.encode_redundant(redundant))
            .or_else(|| self.payloads.encode(packet))?;
        let numbers = self.numbers.next(media.sequence, packet.timestamp, packet.marker, now)?;
        self.once.take(numbers.sequence).then_some(Outgoing {
            numbers,
            payload_type,
            payload,
            packet,
            mark: media.mark.filter(|_| self.extensions.mark.is_some()),
        })
    }

    /// Seals a packet and lets it go. False, and nothing done, when it has to go through the connection.
    pub(super) fn seal(&self, packet: &Outgoing<'_>, sealer: &Sealer, now: Instant, out: &mut Egress) -> bool {
        let Some(Shown { way, header, at }) = &self.shown else { return false };
        if now.saturating_duration_since(*at) >= SHOWN_FOR {
            return false;
        }
        let Outgoing { numbers, payload_type, payload, packet, mark } = packet;
        // A header with a mark has no room to be without one, and the other way round.
        if header.has_mark() != mark.is_some() {
            return false;
        }
        out.compose(*way, |buffer| {
            let start = buffer.len();
            header.write(buffer, **payload_type, *numbers, packet.level, packet.voice, *mark);
            sealer.seal(buffer, start, header.ssrc(), numbers.sequence, payload)
        })
    }

    /// Hands a packet to the connection, which sends it when it is run. Whether it took it.
    pub(super) fn write(&mut self, packet: Outgoing<'_>, rtc: &mut Rtc, now: Instant) -> bool {
        let mut api = rtc.direct_api();
        let ssrc = match self.ssrc {
            Some(ssrc) => ssrc,
            None => match api.stream_tx_by_mid(self.mid, None) {
                Some(stream) => *self.ssrc.insert(stream.ssrc()),
                None => return false,
            },
        };
        let Some(stream) = api.stream_tx(&ssrc) else { return false };
        let Outgoing { numbers, payload_type, payload, packet, mark } = packet;
        let mut values = ExtensionValues {
            audio_level: i8::try_from(packet.level).ok().map(|level| -level),
            voice_activity: Some(packet.voice),
            ..ExtensionValues::default()
        };
        if let Some(mark) = mark {
            mark::put(&mut values, mark);
        }
        stream.write_rtp(
            RtpWrite::new(payload_type, numbers.sequence.into(), numbers.timestamp, now, payload)
                .marker(numbers.marker)
                .ext_vals(values),
        );
        true
    }

    /// The connection sends `datagram`: when it is a packet of this slot, the next ones go the same way.
    pub(super) fn see(&mut self, datagram: &[u8], way: Way, now: Instant) {
        let Some(header) = Pattern::of(datagram, self.extensions) else { return };
        if self.ssrc.is_some_and(|ssrc| *ssrc == header.ssrc()) {
            self.shown = Some(Shown { way, header, at: now });
        }
    }

    /// Packets may be about to go this way: what showed another is true no longer.
    pub(super) fn keep(&mut self, way: Way) {
        self.shown.take_if(|shown| shown.way != way);
    }
}
