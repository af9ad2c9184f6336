//! Datagrams on a stream of bytes: each behind its length, two bytes in network order (RFC 4571 section 2), as ICE over TCP
//! sends them (RFC 6544 section 10.1). Pure.

mod queue;

pub use queue::{Added, MOST, Queue};

/// The longest datagram taken: nothing on the way here is longer than 1500 bytes.
pub const LONGEST: usize = 2_048;

/// Bytes of the length before each datagram.
pub const HEAD: usize = 2;

/// Room for a few datagrams at once: what one read brings when several waited.
const ROOM: usize = 2 * (HEAD + LONGEST);

/// The length that says that somebody else's bytes are on the stream, or none that can be caught up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a datagram of {0} bytes was announced, which is longer than any")]
pub struct TooLong(pub usize);

/// Takes a stream of bytes apart into its datagrams.
#[derive(Debug)]
pub struct Deframer {
    bytes: Box<[u8]>,
    /// What of it was not handed out yet.
    start: usize,
    end: usize,
}

impl Default for Deframer {
    fn default() -> Self {
        Self { bytes: vec![0; ROOM].into_boxed_slice(), start: 0, end: 0 }
    }
}

impl Deframer {
    /// Where the next bytes of the stream are to be written; never empty after [`Deframer::next_datagram`] said that there is none.
    pub fn room(&mut self) -> &mut [u8] {
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        &mut self.bytes[self.end..]
    }

    /// So many bytes were written there.
    pub fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.bytes.len());
    }

    /// The next datagram that is whole; empty ones mean nothing and are left out.
    ///
    /// # Errors
    /// When one is announced that is too long; nothing after it can be made sense of.
    pub fn next_datagram(&mut self) -> Result<Option<&[u8]>, TooLong> {
        loop {
            let Some(&[high, low]) = self.bytes[self.start..self.end].first_chunk::<HEAD>() else { return Ok(None) };
            let length = usize::from(u16::from_be_bytes([high, low]));
            if length > LONGEST {
                return Err(TooLong(length));
            }
            let (from, to) = (self.start + HEAD, self.start + HEAD + length);
            if to > self.end {
                return Ok(None);
            }
            self.start = to;
            if length > 0 {
                return Ok(Some(&self.bytes[from..to]));
            }
        }
    }
}

/// Whether a datagram looks like RTP or RTCP (RFC 7983 section 7).
pub fn is_media(datagram: &[u8]) -> bool {
    datagram.first().is_some_and(|first| (128..192).contains(first))
}

/// Appends a datagram with its length. Whether it could be: a length has two bytes.
pub fn frame(out: &mut Vec<u8>, datagram: &[u8]) -> bool {
    let Ok(length) = u16::try_from(datagram.len()) else { return false };
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(datagram);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;

    /// What comes out when `stream` comes in by pieces of these sizes.
    fn taken_apart(stream: &[u8], mut pieces: impl FnMut() -> usize) -> Result<Vec<Vec<u8>>, TooLong> {
        let (mut deframer, mut rest, mut out) = (Deframer::default(), stream, Vec::new());
        loop {
            while let Some(datagram) = deframer.next_datagram()? {
                out.push(datagram.to_vec());
            }
            if rest.is_empty() {
                return Ok(out);
            }
            let room = deframer.room();
            let count = pieces().clamp(1, room.len()).min(rest.len());
            room[..count].copy_from_slice(&rest[..count]);
            deframer.filled(count);
            rest = &rest[count..];
        }
    }

    #[test]
    fn datagrams_come_out_as_they_went_in_however_they_are_cut() {
        let mut seed = Seed::new(4571);
        let mut random = move |below: usize| usize::try_from(seed.next_u64() % below as u64).unwrap();
        for _ in 0..200 {
            let datagrams: Vec<Vec<u8>> = (0..20).map(|n| vec![n; random(LONGEST + 1)]).collect();
            let mut stream = Vec::new();
            assert!(datagrams.iter().all(|datagram| frame(&mut stream, datagram)));
            let whole: Vec<_> = datagrams.into_iter().filter(|datagram| !datagram.is_empty()).collect();
            assert_eq!(taken_apart(&stream, || random(5_000)).unwrap(), whole);
        }
    }

    #[test]
    fn bytes_that_trickle_are_put_together() {
        let mut stream = Vec::new();
        frame(&mut stream, b"one");
        frame(&mut stream, b"two");
        assert_eq!(taken_apart(&stream, || 1).unwrap(), [b"one".to_vec(), b"two".to_vec()]);
        assert_eq!(taken_apart(&stream[..stream.len() - 1], || 1).unwrap(), [b"one".to_vec()]);
    }

    #[test]
    fn empty_datagrams_are_left_out_and_endless_ones_refused() {
        assert_eq!(taken_apart(&[0; 9_001], || 7_000).unwrap(), Vec::<Vec<u8>>::new());
        assert_eq!(taken_apart(&[0xFF; 9_000], || 100), Err(TooLong(65_535)));
        assert_eq!(taken_apart(b"GET / HTTP/1.1\r\n\r\n", || 100), Err(TooLong(0x4745)));
    }

    #[test]
    fn what_has_no_length_is_not_framed() {
        let mut out = vec![1];
        assert!(!frame(&mut out, &[0; 65_536]));
        assert_eq!(out, [1]);
    }
}
