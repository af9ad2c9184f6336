//! The source mark: which participant is in a packet, as the SFU says in a private RTP header extension (RFC 8285).
//!
//! A receive slot carries one speaker after another. Which one it carries now can't be told by a signalling notice alone:
//! that travels over TCP and the sound over UDP, and either may come first. So every forwarded packet says it itself.
//! The mark is the participant's number in the call ([`crate::domain::call::RosterRow::number`]), two bytes, big-endian.

use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

/// What the extension is called in SDP.
pub const URI: &str = "urn:switchboard:rtp-hdrext:source-mark";

/// The local identifier under which it is offered (RFC 8285 section 4.2: 1–14).
pub const ID: u8 = 5;

/// The extension, for a connection's map.
pub fn extension() -> Extension {
    Extension::with_serializer(URI, SourceMark)
}

/// Puts a mark among the values of a packet to be sent.
pub fn put(values: &mut ExtensionValues, mark: u16) {
    // The field of the frame-marking extension, which no connection of ours negotiates: the place meant for values of
    // one's own allocates, and this is done for every packet forwarded.
    values.frame_mark = Some(mark.into());
}

/// The mark of a packet that arrived; `None` when its sender set none.
pub fn of(values: &ExtensionValues) -> Option<u16> {
    values.frame_mark.and_then(|mark| u16::try_from(mark).ok())
}

#[derive(Debug)]
struct SourceMark;

impl ExtensionSerializer for SourceMark {
    fn write_to(&self, buffer: &mut [u8], values: &ExtensionValues) -> usize {
        let (Some(mark), Some(place)) = (of(values), buffer.first_chunk_mut()) else { return 0 };
        *place = mark.to_be_bytes();
        2
    }

    fn parse_value(&self, buffer: &[u8], values: &mut ExtensionValues) -> bool {
        let Ok(bytes) = buffer.try_into() else { return false };
        put(values, u16::from_be_bytes(bytes));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_survives_the_wire() {
        let (mut sent, mut received) = (ExtensionValues::default(), ExtensionValues::default());
        let mut wire = [0; 16];
        assert_eq!(SourceMark.write_to(&mut wire, &sent), 0, "without a mark nothing is written");
        put(&mut sent, 349);
        assert_eq!(SourceMark.write_to(&mut wire, &sent), 2);
        assert!(SourceMark.parse_value(&wire[..2], &mut received));
        assert_eq!(of(&received), Some(349));
    }

    #[test]
    fn a_mark_of_another_length_is_none() {
        let mut values = ExtensionValues::default();
        for wire in [&[][..], &[1], &[1, 2, 3]] {
            assert!(!SourceMark.parse_value(wire, &mut values));
        }
        assert_eq!(of(&values), None);
    }
}
