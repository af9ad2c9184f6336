//! Frames that wait until a TCP peer takes them: few, whole, and the newest sound rather than the oldest.
//!
//! TCP hands over everything in order, however late. Sound that is late is of no use, so that what a slow peer has not taken
//! gives way to what is newer; what is not sound (STUN, DTLS) stays. Memory is used again.

use std::collections::VecDeque;
use std::io::{self, IoSlice, Write};

use super::{HEAD, is_media};

/// The most frames that wait: two thirds of a second of one voice.
pub const MOST: usize = 32;

/// Frames handed over in one system call.
const AT_ONCE: usize = 16;

/// The frames that wait for one peer.
#[derive(Debug, Default)]
pub struct Queue {
    frames: VecDeque<Vec<u8>>,
    /// What of the first frame is with the system already: it has to follow, whole.
    written: usize,
    spare: Vec<Vec<u8>>,
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It waits.
    Waits,
    /// It waits, and another one went for it; or it went itself.
    Dropped,
    /// There was nothing to send after all.
    Nothing,
}

impl Queue {
    /// Adds the frame of what `compose` appends to a buffer, unless it says that there is nothing to send.
    pub fn add(&mut self, compose: impl FnOnce(&mut Vec<u8>) -> bool) -> Added {
        let mut frame = self.spare.pop().unwrap_or_default();
        frame.clear();
        frame.extend_from_slice(&[0; HEAD]);
        let composed = compose(&mut frame);
        let length = u16::try_from(frame.len() - HEAD);
        let (true, Ok(length)) = (composed, length) else {
            self.spare.push(frame);
            return Added::Nothing;
        };
        frame[..HEAD].copy_from_slice(&length.to_be_bytes());
        let full = self.frames.len() >= MOST;
        if full && !self.drop_oldest_sound() {
            self.spare.push(frame);
            return Added::Dropped;
        }
        self.frames.push_back(frame);
        if full { Added::Dropped } else { Added::Waits }
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Hands over as much as `to` takes now; returns how many bytes that were, and whether all of it was taken.
    ///
    /// # Errors
    /// When the stream is broken.
    pub fn write(&mut self, to: &mut impl Write) -> io::Result<(usize, bool)> {
        let mut taken = 0;
        while !self.frames.is_empty() {
            let mut slices = [IoSlice::new(&[]); AT_ONCE];
            let mut count = 0;
            for (frame, slice) in self.frames.iter().zip(&mut slices) {
                let from = if count == 0 { self.written } else { 0 };
                *slice = IoSlice::new(&frame[from..]);
                count += 1;
            }
            match to.write_vectored(&slices[..count]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => {
                    taken += bytes;
                    self.written(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok((taken, false)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok((taken, true))
    }

    fn written(&mut self, bytes: usize) {
        self.written += bytes;
        while let Some(first) = self.frames.front() {
            let length = first.len();
            if self.written < length {
                return;
            }
            self.written -= length;
            self.spare.extend(self.frames.pop_front());
        }
    }

    /// Makes room: whether there was sound of which nothing was handed over.
    fn drop_oldest_sound(&mut self) -> bool {
        let begun = usize::from(self.written > 0);
        let sound = self.frames.iter().skip(begun).position(|frame| is_media(&frame[HEAD..]));
        let dropped = sound.and_then(|at| self.frames.remove(begun + at));
        let made = dropped.is_some();
        self.spare.extend(dropped);
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;
    use crate::media::framing::Deframer;

    const RTP: u8 = 0x90;
    const STUN: u8 = 0;

    /// A peer that takes so many bytes and no more.
    struct Takes(usize, Vec<u8>);

    impl Write for Takes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let count = bytes.len().min(self.0);
            self.0 -= count;
            self.1.extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn add(queue: &mut Queue, kind: u8, n: u8) -> Added {
        queue.add(|out| {
            out.extend_from_slice(&[kind, n, 7, 7]);
            true
        })
    }

    fn datagrams(stream: &[u8]) -> Vec<(u8, u8)> {
        let mut deframer = Deframer::default();
        deframer.room()[..stream.len()].copy_from_slice(stream);
        deframer.filled(stream.len());
        let mut out = Vec::new();
        while let Some(datagram) = deframer.next_datagram().unwrap() {
            assert_eq!((datagram.len(), &datagram[2..]), (4, &[7, 7][..]), "a frame was torn");
            out.push((datagram[0], datagram[1]));
        }
        out
    }

    #[test]
    fn a_peer_that_takes_nothing_loses_the_oldest_sound_and_nothing_else() {
        let mut queue = Queue::default();
        assert_eq!(add(&mut queue, STUN, 0), Added::Waits);
        for n in 1..=100 {
            add(&mut queue, RTP, n);
        }
        assert_eq!(queue.len(), MOST);
        let mut peer = Takes(usize::MAX, Vec::new());
        assert!(queue.write(&mut peer).unwrap().1);
        let newest = (70..=100).map(|n| (RTP, n));
        assert_eq!(datagrams(&peer.1), [(STUN, 0)].into_iter().chain(newest).collect::<Vec<_>>());
    }

    #[test]
    fn a_frame_that_was_begun_is_ended() {
        let mut seed = Seed::new(6544);
        let (mut queue, mut peer) = (Queue::default(), Takes(0, Vec::new()));
        for n in 0..=255 {
            add(&mut queue, RTP, n);
            peer.0 = usize::try_from(seed.next_u64() % 9).unwrap();
            queue.write(&mut peer).unwrap();
        }
        peer.0 = usize::MAX;
        queue.write(&mut peer).unwrap();
        let heard = datagrams(&peer.1);
        assert!(heard.is_sorted() && heard.last() == Some(&(RTP, 255)) && heard.len() < 256, "{heard:?}");
    }

    #[test]
    fn where_no_sound_can_go_the_new_frame_does() {
        let mut queue = Queue::default();
        for n in 0..MOST {
            assert_eq!(add(&mut queue, STUN, u8::try_from(n).unwrap()), Added::Waits);
        }
        assert_eq!(add(&mut queue, RTP, 200), Added::Dropped);
        let mut peer = Takes(usize::MAX, Vec::new());
        queue.write(&mut peer).unwrap();
        assert!(datagrams(&peer.1).iter().all(|(kind, _)| *kind == STUN));
    }

    #[test]
    fn nothing_composed_is_nothing_sent() {
        let mut queue = Queue::default();
        assert_eq!(queue.add(|_| false), Added::Nothing);
        assert_eq!(queue.len(), 0);
    }
}
