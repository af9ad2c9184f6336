//! Which phone has a sound card: two softphones of one machine with open microphones on one card would hear each other
//! and echo. A call begins with the microphone off where another phone had the card before.
//!
//! The claim is a locked file, named after the card, in a folder all phones of the machine know. The system lets go of
//! it when the phone ends, however it ends.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// The part of a card's name that stands in its file's name.
const READABLE: usize = 40;

/// A claim to a sound card.
#[derive(Debug)]
pub(super) struct Claim {
    card: String,
    file: Option<File>,
    ours: bool,
}

impl Claim {
    /// Claims the card of this name. Where the folder does not serve, nobody minds.
    pub(super) fn new(folder: Option<&Path>, card: &str) -> Self {
        let file = folder.and_then(|folder| open(folder, card));
        let mut claim = Self { card: card.to_owned(), file, ours: false };
        claim.try_again();
        claim
    }

    /// The card that is claimed.
    pub(super) fn card(&self) -> &str {
        &self.card
    }

    /// Takes the card where it has become free; says whether this phone has it.
    pub(super) fn try_again(&mut self) -> bool {
        if !self.ours {
            self.ours = self.file.as_ref().is_none_or(|file| !matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
        }
        self.ours
    }
}

fn open(folder: &Path, card: &str) -> Option<File> {
    let path = path_of(folder, card);
    let opened = std::fs::create_dir_all(folder)
        .and_then(|()| File::options().create(true).write(true).truncate(false).open(&path));
    opened.inspect_err(|error| tracing::debug!(%error, "a sound card can't be claimed")).ok()
}

fn path_of(folder: &Path, card: &str) -> PathBuf {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let readable: String = card.chars().take(READABLE).map(plain).collect();
    folder.join(format!("sound-{readable}-{:08x}.lock", hash(card)))
}

/// FNV-1a: names that look alike once they are readable still differ.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_phone_has_a_card_until_it_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let folder = Some(folder.path());
        let mut first = Claim::new(folder, "USB: Headset");
        let mut second = Claim::new(folder, "USB: Headset");
        assert!(first.try_again() && !second.try_again());
        assert!(Claim::new(folder, "usb- headset").try_again(), "a card that only looks alike is another");
        drop(first);
        assert!(second.try_again());
        assert!(!Claim::new(folder, "USB: Headset").try_again());
    }

    #[test]
    fn without_a_folder_nobody_minds() {
        assert!(Claim::new(None, "a").try_again() && Claim::new(None, "a").try_again());
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Claim::new(Some(file.path()), "a").try_again(), "a folder that is none");
        let folder = tempfile::tempdir().unwrap();
        let name = "../".repeat(50) + "é";
        assert!(Claim::new(Some(folder.path()), &name).try_again());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
