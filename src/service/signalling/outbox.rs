//! The notices of one session: numbered, and kept for a while, so that a client that lost its socket gets what it missed.
//!
//! Pure: it holds numbers and notices, and knows nothing of sockets.

use std::collections::VecDeque;

use crate::protocol::notice::Notice;

/// How many notices are kept for a resume.
pub(super) const KEPT: usize = 512;

/// Numbered notices, the latest [`KEPT`] of them.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    kept: VecDeque<Notice>,
    last: u64,
}

impl Outbox {
    /// Numbers a notice and keeps it. The numbers count up from 1.
    pub(crate) fn push(&mut self, notice: Notice) -> u64 {
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(notice);
        self.last += 1;
        self.last
    }

    /// The notices after number `seq`, with their numbers; `None` when some of them are gone, or `seq` was never given out.
    pub(crate) fn since(&self, seq: u64) -> Option<impl Iterator<Item = (u64, &Notice)>> {
        let first_kept = self.last - self.kept.len() as u64 + 1;
        if seq > self.last || seq + 1 < first_kept {
            return None;
        }
        let skip = usize::try_from(seq + 1 - first_kept).ok()?;
        Some((seq + 1..).zip(self.kept.iter().skip(skip)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::notice::ClosingReason;

    fn outbox(count: u64) -> Outbox {
        let mut outbox = Outbox::default();
        for n in 1..=count {
            assert_eq!(outbox.push(Notice::Closing { reason: ClosingReason::Stopping }), n);
        }
        outbox
    }

    fn replayed(outbox: &Outbox, seq: u64) -> Option<Vec<u64>> {
        outbox.since(seq).map(|notices| notices.map(|(n, _)| n).collect())
    }

    #[test]
    fn a_resume_replays_exactly_what_was_missed() {
        let outbox = outbox(5);
        assert_eq!(replayed(&outbox, 5), Some(vec![]));
        assert_eq!(replayed(&outbox, 3), Some(vec![4, 5]));
        assert_eq!(replayed(&outbox, 0), Some(vec![1, 2, 3, 4, 5]));
        assert_eq!(replayed(&Outbox::default(), 0), Some(vec![]));
    }

    #[test]
    fn what_is_gone_or_was_never_sent_cannot_be_resumed_from() {
        let outbox = outbox(KEPT as u64 + 3);
        assert_eq!(replayed(&outbox, 2), None);
        assert_eq!(replayed(&outbox, 3).map(|n| n.len()), Some(KEPT));
        assert_eq!(replayed(&outbox, KEPT as u64 + 4), None);
        assert_eq!(replayed(&outbox, u64::MAX), None);
    }
}
