//! Frames that carry the frames before them once more (RFC 2198), for those who asked for that. Pure.
//!
//! They are passed on as they came to whoever asked for the same; everybody else gets the newest frame alone.

use std::sync::Arc;

/// The most frames repeated in one packet: senders repeat one or a few.
const MOST_REPEATED: usize = 8;

/// The bit that says that a header of a repeated frame follows (RFC 2198 section 3).
const FOLLOWS: u8 = 0x80;

/// A payload with repeated frames.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Redundant {
    payload: Arc<[u8]>,
    /// The payload type of all frames in it, as their sender knows it.
    frames: u8,
    /// Samples from the oldest frame to the newest.
    reach: u32,
}

impl Redundant {
    /// Takes a payload apart whose frames have to be of the type `frames`: the newest frame, and the whole when something is
    /// repeated in it. `None` when it is no such payload.
    pub(super) fn split(payload: &Arc<[u8]>, frames: u8) -> Option<(Arc<[u8]>, Option<Self>)> {
        let (mut rest, mut repeated, mut reach) = (&payload[..], 0, 0);
        for _ in 0..=MOST_REPEATED {
            let (&first, _) = rest.split_first()?;
            if first & !FOLLOWS != frames {
                return None;
            }
            if first & FOLLOWS == 0 {
                let newest = rest.get(1 + repeated..).filter(|newest| !newest.is_empty())?;
                let whole = Self { payload: Arc::clone(payload), frames, reach };
                return Some((newest.into(), (repeated > 0).then_some(whole)));
            }
            let header: [u8; 4] = rest.get(..4)?.try_into().ok()?;
            // 14 bits of timestamp offset, 10 bits of length.
            let bits = u32::from_be_bytes(header) & 0x00FF_FFFF;
            reach = reach.max(bits >> 10);
            repeated += (bits & 0x3FF) as usize;
            rest = &rest[4..];
        }
        None
    }

    /// Samples from the oldest frame to the newest.
    pub(super) fn reach(&self) -> u32 {
        self.reach
    }

    /// The payload for a receiver that knows its frames as the type `frames`.
    pub(super) fn payload(&self, frames: u8) -> Arc<[u8]> {
        let mut payload = Arc::clone(&self.payload);
        if frames != self.frames {
            let mut at = 0;
            let bytes = Arc::make_mut(&mut payload);
            while let Some(header) = bytes.get_mut(at) {
                let follows = *header & FOLLOWS;
                *header = follows | frames;
                if follows == 0 {
                    break;
                }
                at += 4;
            }
        }
        payload
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;

    /// One repeated frame of two bytes, 960 samples older than the newest, of three bytes.
    const PAYLOAD: [u8; 10] = [0x80 | 111, 0x0F, 0x00, 2, 111, b'o', b'l', b'n', b'e', b'w'];

    #[test]
    fn the_newest_frame_comes_out_and_the_whole_stays_whole() {
        let (newest, whole) = Redundant::split(&PAYLOAD.into(), 111).unwrap();
        let whole = whole.unwrap();
        assert_eq!((&newest[..], whole.reach()), (&b"new"[..], 960));
        assert_eq!(*whole.payload(111), PAYLOAD);
    }

    #[test]
    fn each_receiver_reads_its_own_payload_type() {
        let whole = Redundant::split(&PAYLOAD.into(), 111).unwrap().1.unwrap();
        let theirs = whole.payload(96);
        assert_eq!(theirs[..5], [0x80 | 96, 0x0F, 0x00, 2, 96]);
        assert_eq!(theirs[5..], PAYLOAD[5..]);
    }

    #[test]
    fn without_repetition_there_is_only_the_newest() {
        assert_eq!(Redundant::split(&[111, 1, 2].into(), 111), Some(([1, 2].into(), None)));
    }

    #[test]
    fn what_is_none_is_refused() {
        let refused = |payload: &[u8]| Redundant::split(&payload.into(), 111).is_none();
        assert!(refused(&[]) && refused(&[111]) && refused(&[110, 1]) && refused(&[0xFF; 40]));
        assert!((0..=7).all(|end| refused(&PAYLOAD[..end])), "cut before its newest frame");
        assert!(refused(&[[0x80 | 111, 0, 0, 0]; 9].concat()), "endless headers");
        let mut dice = Seed::new(2198);
        for _ in 0..10_000 {
            let length = dice.below(24);
            let noise: Vec<u8> =
                (0..length).map(|_| if dice.below(3) == 0 { 111 } else { dice.next_u64() as u8 | 0x80 }).collect();
            if let Some((newest, Some(whole))) = Redundant::split(&noise.into(), 111) {
                assert!(!newest.is_empty() && whole.payload(96).len() > newest.len());
            }
        }
    }
}
