//! The header of a stream's packets, taken from one that the connection wrote itself: what it negotiated about headers need
//! not be known twice. Pure.

use super::slot::Numbers;

/// Bytes of a header without extensions and contributing sources (RFC 3550 section 5.1).
const FIXED: usize = 12;
/// The longest header worth keeping: a level and a section's name take a few bytes.
const LONGEST: usize = 64;
/// Says that the extensions have one-byte headers (RFC 8285 section 4.2).
const ONE_BYTE: [u8; 2] = [0xBE, 0xDE];

/// The numbers of the extensions whose values differ from packet to packet, where they were negotiated.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extensions {
    /// The level (RFC 6464).
    pub(super) level: Option<u8>,
    /// The mark of the source ([`crate::media::mark`]).
    pub(super) mark: Option<u8>,
}

/// The header of one stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pattern {
    bytes: [u8; LONGEST],
    length: usize,
    /// Where the level is (RFC 6464), when it was negotiated.
    level_at: Option<usize>,
    /// Where the mark is, when the packet had one.
    mark_at: Option<usize>,
}

impl Pattern {
    /// The header of `packet`, in a section with these extensions. `None` for a header that cannot
    /// serve: none at all, too long, or without the level that was negotiated.
    pub(super) fn of(packet: &[u8], extensions: Extensions) -> Option<Self> {
        let &[first, ..] = packet else { return None };
        // Version 2, no padding, extensions, no contributing sources: what a connection writes.
        if first != 0b1001_0000 {
            return None;
        }
        let words: [u8; 2] = packet.get(FIXED + 2..FIXED + 4)?.try_into().ok()?;
        let length = FIXED + 4 + 4 * usize::from(u16::from_be_bytes(words));
        let header = packet.get(..length).filter(|header| header.len() <= LONGEST)?;
        let level_at = match extensions.level {
            Some(level) => Some(find_extension(header, level, 1)?),
            None => None,
        };
        let mark_at = extensions.mark.and_then(|mark| find_extension(header, mark, 2));
        let mut bytes = [0; LONGEST];
        bytes[..length].copy_from_slice(header);
        Some(Self { bytes, length, level_at, mark_at })
    }

    /// The stream's synchronisation source.
    pub(super) fn ssrc(&self) -> u32 {
        let [.., a, b, c, d] = *self.bytes.first_chunk::<FIXED>().expect("a header is longer");
        u32::from_be_bytes([a, b, c, d])
    }

    /// The first byte of a header.
    pub(super) fn first(&self) -> u8 {
        self.bytes[0]
    }

    /// Whether there is a mark in it, which each packet then has to have.
    pub(super) fn has_mark(&self) -> bool {
        self.mark_at.is_some()
    }

    /// Appends a header with these values; `level` is in −dBov.
    pub(super) fn write(
        &self,
        out: &mut Vec<u8>,
        payload_type: u8,
        numbers: Numbers,
        level: u8,
        voice: bool,
        mark: Option<u16>,
    ) {
        let mut bytes = self.bytes;
        bytes[1] = payload_type | u8::from(numbers.marker) << 7;
        // Truncation is meant: the header carries the low 16 bits.
        bytes[2..4].copy_from_slice(&(numbers.sequence as u16).to_be_bytes());
        bytes[4..8].copy_from_slice(&numbers.timestamp.to_be_bytes());
        if let Some(at) = self.level_at {
            bytes[at] = level.min(127) | u8::from(voice) << 7;
        }
        if let (Some(at), Some(mark)) = (self.mark_at, mark) {
            bytes[at..at + 2].copy_from_slice(&mark.to_be_bytes());
        }
        out.extend_from_slice(&bytes[..self.length]);
    }
}

/// Where the bytes of extension `wanted` are in a header, when there are as many as `size`.
fn find_extension(header: &[u8], wanted: u8, size: usize) -> Option<usize> {
    if header.get(FIXED..FIXED + 2)? != ONE_BYTE {
        return None;
    }
    let mut at = FIXED + 4;
    loop {
        let &element = header.get(at)?;
        match (element >> 4, usize::from(element & 0x0F) + 1) {
            // Padding is a single zero byte.
            (0, _) if element == 0 => at += 1,
            (id, length) if id == wanted && length == size && at + size < header.len() => return Some(at + 1),
            (_, length) => at += 1 + length,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(number: u8) -> Extensions {
        Extensions { level: Some(number), mark: None }
    }

    /// A header with these extensions, and two bytes of payload.
    fn packet(extensions: &[u8]) -> Vec<u8> {
        let words = u8::try_from(extensions.len() / 4).unwrap();
        let mut packet = vec![0x90, 111, 0, 5, 0, 0, 0, 9, 1, 2, 3, 4, 0xBE, 0xDE, 0, words];
        packet.extend_from_slice(extensions);
        packet.extend_from_slice(&[0xAA, 0xBB]);
        packet
    }

    #[test]
    fn it_writes_what_it_was_taken_from() {
        let original = packet(&[0x10, 0x80 | 30, 0x40, b'7']);
        let pattern = Pattern::of(&original, level(1)).unwrap();
        assert_eq!(pattern.ssrc(), 0x0102_0304);
        let mut out = Vec::new();
        pattern.write(&mut out, 111, Numbers { sequence: 5, timestamp: 9, marker: false }, 30, true, None);
        assert_eq!(out, original[..original.len() - 2]);
    }

    #[test]
    fn numbers_marker_and_level_are_those_of_the_packet() {
        let pattern = Pattern::of(&packet(&[0x41, b'a', b'b', 0, 0, 0x20, 0, 0]), level(2)).unwrap();
        let mut out = vec![0xFF];
        let numbers = Numbers { sequence: 0x1_0203, timestamp: 0x0A0B_0C0D, marker: true };
        pattern.write(&mut out, 96, numbers, 200, false, None);
        assert_eq!(out[2..9], [0x80 | 96, 0x02, 0x03, 0x0A, 0x0B, 0x0C, 0x0D]);
        assert_eq!(out[1 + 16..], [0x41, b'a', b'b', 0, 0, 0x20, 127, 0]);
    }

    #[test]
    fn without_a_negotiated_level_nothing_is_sought() {
        let pattern = Pattern::of(&packet(&[]), Extensions::default()).unwrap();
        let mut out = Vec::new();
        pattern.write(&mut out, 96, Numbers { sequence: 1, timestamp: 2, marker: false }, 30, true, None);
        assert_eq!(out.len(), 16);
    }

    #[test]
    fn what_cannot_serve_is_no_pattern() {
        let whole = packet(&[0x10, 30, 0, 0]);
        for end in 0..whole.len() - 2 {
            assert!(Pattern::of(&whole[..end], level(1)).is_none(), "cut at {end}");
        }
        assert!(Pattern::of(&whole, level(3)).is_none(), "another extension");
        assert!(Pattern::of(&packet(&[0x41, 1, 2, 0x10]), level(1)).is_none(), "a level without its byte");
        assert!(Pattern::of(&packet(&[0; 60]), Extensions::default()).is_none(), "too long");
        assert!(Pattern::of(&[0x80; 40], Extensions::default()).is_none(), "no extensions");
    }

    #[test]
    fn every_packet_has_its_own_mark() {
        let extensions = Extensions { level: Some(1), mark: Some(5) };
        let pattern = Pattern::of(&packet(&[0x10, 30, 0x51, 7, 7, 0, 0, 0]), extensions).unwrap();
        assert!(pattern.has_mark());
        let mut out = Vec::new();
        let numbers = Numbers { sequence: 1, timestamp: 2, marker: false };
        pattern.write(&mut out, 96, numbers, 40, true, Some(0x0102));
        assert_eq!(out[16..], [0x10, 0x80 | 40, 0x51, 1, 2, 0, 0, 0]);
        assert!(!Pattern::of(&packet(&[0x10, 30, 0, 0]), extensions).unwrap().has_mark());
    }
}
