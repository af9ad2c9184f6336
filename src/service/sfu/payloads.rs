//! Which payload types mean what in one media section.

use std::sync::Arc;

use str0m::Rtc;
use str0m::format::Codec;
use str0m::media::Pt;

use super::dtmf_clock;
use super::packet::LocalPacket;
use super::redundancy::Redundant;
use crate::media::packet::Kind;

/// The payload types one section negotiated.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Payloads {
    pub(super) opus: Option<Pt>,
    /// Opus with frames before it (RFC 2198).
    pub(super) red: Option<Pt>,
    pub(super) event_48k: Option<Pt>,
    pub(super) event_8k: Option<Pt>,
}

impl Payloads {
    /// The payload types of a connection, those `allowed`.
    pub(super) fn of(rtc: &Rtc, allowed: impl Fn(Pt) -> bool) -> Self {
        let mut found = Self::default();
        for params in rtc.codec_config().params().iter().filter(|params| allowed(params.pt())) {
            let spec = params.spec();
            match (spec.codec, spec.clock_rate.get()) {
                (Codec::Opus, _) => (found.opus, found.red) = (Some(params.pt()), params.red()),
                (Codec::Tele, 48_000) => found.event_48k = Some(params.pt()),
                (Codec::Tele, 8_000) => found.event_8k = Some(params.pt()),
                _ => {}
            }
        }
        found
    }

    /// Payload type and payload of a packet with frames before it; `None` when this section did not ask for them.
    pub(super) fn encode_redundant(&self, redundant: &Redundant) -> Option<(Pt, Arc<[u8]>)> {
        Some((self.red?, redundant.payload(*self.opus?)))
    }

    /// Payload type and payload of a packet, as this section knows them; `None` when it does not know the kind.
    pub(super) fn encode(&self, packet: &LocalPacket) -> Option<(Pt, Arc<[u8]>)> {
        let plain = |pt| (pt, Arc::clone(&packet.payload));
        match packet.kind {
            Kind::Opus => self.opus.map(plain),
            Kind::TelephoneEvent => match (self.event_48k, self.event_8k) {
                (Some(pt), _) => Some(plain(pt)),
                (None, Some(pt)) => Some((pt, dtmf_clock::to_8k(&packet.payload)?)),
                (None, None) => None,
            },
        }
    }
}
