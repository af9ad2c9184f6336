//! Which sequence numbers have been used: two packets sealed under one number would betray both. Pure.

/// How far behind the newest a late packet may be: more than a second of sound.
const WINDOW: u64 = 64;

/// The numbers used in one stream.
#[derive(Debug, Default)]
pub(super) struct Once {
    newest: u64,
    /// Bit n is set when `newest - n` has been used.
    used: u64,
}

impl Once {
    /// The newest number used.
    pub(super) fn newest(&self) -> u64 {
        self.newest
    }

    /// Uses a number. False when it has been used, or is so old that nobody knows.
    pub(super) fn take(&mut self, number: u64) -> bool {
        if number > self.newest || self.used == 0 {
            let ahead = number.saturating_sub(self.newest);
            self.used = 1 | if ahead < WINDOW { self.used << ahead } else { 0 };
            self.newest = number;
            return true;
        }
        let behind = self.newest - number;
        let fresh = behind < WINDOW && self.used & 1 << behind == 0;
        if fresh {
            self.used |= 1 << behind;
        }
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_used_once() {
        let mut once = Once::default();
        let taken: Vec<_> = [1, 2, 4, 3, 2, 4, 5, 1].map(|number| once.take(number)).into();
        assert_eq!(taken, [true, true, true, true, false, false, true, false]);
    }

    #[test]
    fn what_is_too_old_to_be_known_counts_as_used() {
        let mut once = Once::default();
        assert!(once.take(1_000));
        assert!(once.take(1_000 - 63));
        assert!(!once.take(1_000 - 64));
        assert!(once.take(1_000_000));
        assert!(once.take(999_999));
        assert!(!once.take(1_000));
    }

    #[test]
    fn the_first_may_be_any() {
        let mut once = Once::default();
        assert!(once.take(0));
        assert!(!once.take(0));
        assert!(once.take(64));
        assert!(!once.take(64));
    }
}
