//! Telephone events (RFC 4733) of peers that only know them at 8 kHz: made into 48 kHz ones when they arrive, and back
//! when they leave, so that everything between counts in one clock. Pure.

use std::sync::Arc;
use std::time::Instant;

use crate::media::packet::SAMPLE_RATE;

/// 48 kHz samples per 8 kHz sample.
const RATIO: u16 = 6;

/// Where one sender's 8 kHz events lie on its 48 kHz clock.
#[derive(Debug, Default)]
pub(super) struct DtmfClock {
    sound: Option<(u32, Instant)>,
    event: Option<(u32, u32)>,
}

impl DtmfClock {
    /// A packet of sound with this timestamp came now.
    pub(super) fn sound(&mut self, timestamp: u32, now: Instant) {
        self.sound = Some((timestamp, now));
    }

    /// The 48 kHz timestamp of an event; the same for all packets of the event.
    pub(super) fn event(&mut self, timestamp: u32, now: Instant) -> u32 {
        if let Some((known, out)) = self.event
            && known == timestamp
        {
            return out;
        }
        let out = self.sound.map_or_else(
            || timestamp.wrapping_mul(u32::from(RATIO)),
            |(sound, at)| {
                let micros = now.saturating_duration_since(at).as_micros();
                // Truncation is meant: RTP timestamps wrap at 2^32.
                sound.wrapping_add((micros * u128::from(SAMPLE_RATE) / 1_000_000) as u32)
            },
        );
        self.event = Some((timestamp, out));
        out
    }
}

/// A payload with its durations counted at 48 kHz instead of 8 kHz; `None` when it is no telephone event.
pub(super) fn to_48k(payload: &[u8]) -> Option<Arc<[u8]>> {
    rescale(payload, |duration| duration.saturating_mul(RATIO))
}

/// A payload with its durations counted at 8 kHz instead of 48 kHz; `None` when it is no telephone event.
pub(super) fn to_8k(payload: &[u8]) -> Option<Arc<[u8]>> {
    rescale(payload, |duration| duration / RATIO)
}

/// A payload is a row of events, four bytes each: event, flags and volume, duration (RFC 4733 section 2.3).
fn rescale(payload: &[u8], scale: impl Fn(u16) -> u16) -> Option<Arc<[u8]>> {
    if payload.is_empty() || !payload.len().is_multiple_of(4) {
        return None;
    }
    let mut out: Arc<[u8]> = payload.into();
    for event in Arc::get_mut(&mut out)?.chunks_exact_mut(4) {
        let duration = scale(u16::from_be_bytes([event[2], event[3]]));
        event[2..].copy_from_slice(&duration.to_be_bytes());
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::clock;

    #[test]
    fn durations_change_their_clock_and_nothing_else() {
        let at_8k = [5, 0x8a, 0x03, 0x20];
        let at_48k = to_48k(&at_8k).unwrap();
        assert_eq!(*at_48k, [5, 0x8a, 0x12, 0xc0]);
        assert_eq!(*to_8k(&at_48k).unwrap(), at_8k);
        assert_eq!(*to_48k(&[5, 0, 0xff, 0xff]).unwrap(), [5, 0, 0xff, 0xff], "too long stays the longest");
    }

    #[test]
    fn what_is_no_event_is_refused() {
        assert_eq!(to_48k(&[]), None);
        assert_eq!(to_48k(&[1, 2, 3]), None);
        assert_eq!(to_8k(&[1, 2, 3, 4, 5]), None);
    }

    #[test]
    fn an_event_lies_where_it_came_and_stays_there() {
        let start = clock::now();
        let mut clock = DtmfClock::default();
        clock.sound(96_000, start);
        let at = clock.event(800, start + Duration::from_millis(20));
        assert_eq!(at, 96_000 + 960);
        assert_eq!(clock.event(800, start + Duration::from_millis(80)), at);
        assert_ne!(clock.event(4_000, start + Duration::from_millis(500)), at);
    }
}
