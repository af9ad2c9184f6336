//! Codes drawn at random: each of the 27⁸ as likely as any other.

use crate::base::entropy;
use crate::domain::group::GroupCode;

/// The largest multiple of the alphabet's length that a byte can hold: bytes from here on would favour some characters.
const FAIR: u8 = u8::MAX - u8::MAX % ALPHABET.len() as u8;

const ALPHABET: &[u8; 27] = GroupCode::ALPHABET;

/// A code that nobody can guess. Whether it is in use is for the caller to find out.
pub(super) fn draw() -> GroupCode {
    let mut drawn = String::with_capacity(GroupCode::LENGTH);
    while drawn.len() < GroupCode::LENGTH {
        let fair = entropy::bytes::<16>().into_iter().filter(|byte| *byte < FAIR);
        let letters = fair.map(|byte| char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
        drawn.extend(letters.take(GroupCode::LENGTH - drawn.len()));
    }
    drawn.parse().expect("eight characters of the alphabet are a code")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_byte_that_counts_gives_each_character_alike() {
        assert_eq!(usize::from(FAIR) % ALPHABET.len(), 0);
        assert!(usize::from(u8::MAX) - usize::from(FAIR) < ALPHABET.len(), "no more bytes are wasted than have to be");
    }

    #[test]
    fn drawn_codes_use_the_whole_alphabet_and_differ() {
        let codes: BTreeSet<GroupCode> = (0..1_000).map(|_| draw()).collect();
        assert_eq!(codes.len(), 1_000);
        let letters: BTreeSet<u8> = codes.iter().flat_map(|code| code.as_str().bytes()).collect();
        assert_eq!(letters.len(), ALPHABET.len());
    }
}
