//! One file that holds several: a tar archive (POSIX.1-2001 `ustar`), compressed with gzip.
//!
//! Names are plain ASCII and short; who made it, and with which rights, is not in it. The file is for its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::domain::time::UnixMillis;

/// Tar archives are made of blocks of this size.
const BLOCK: usize = 512;

/// An archive being written.
pub struct Archive {
    out: GzEncoder<File>,
    at: UnixMillis,
}

impl Archive {
    /// Begins an archive at `path`, where nothing may be yet; what is in it is said to be of the time `at`.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create(path: &Path, at: UnixMillis) -> io::Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { out: GzEncoder::new(options.open(path)?, Compression::default()), at })
    }

    /// Puts a text in.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.from(name, text.len() as u64, text.as_bytes())
    }

    /// Puts the first `length` bytes of a file in.
    ///
    /// # Errors
    /// When it can't be read or written, or is shorter.
    pub fn file(&mut self, name: &str, length: u64, file: impl Read) -> io::Result<()> {
        self.from(name, length, file)
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.out.write_all(&[0; 2 * BLOCK])?;
        self.out.finish()?.sync_all()
    }

    fn from(&mut self, name: &str, length: u64, content: impl Read) -> io::Result<()> {
        self.out.write_all(&header(name, length, self.at))?;
        let written = io::copy(&mut content.take(length), &mut self.out)?;
        if written < length {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{name} became shorter while it was read"),
            ));
        }
        let rest = usize::try_from(length % BLOCK as u64).unwrap_or(0);
        self.out.write_all(&[0; BLOCK][..(BLOCK - rest) % BLOCK])
    }
}

/// The header of a regular file.
fn header(name: &str, length: u64, at: UnixMillis) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |offset: usize, text: &str| {
        header[offset..offset + text.len()].copy_from_slice(text.as_bytes());
    };
    put(0, &plain(name));
    put(100, "0000600\0");
    put(108, "0000000\0");
    put(116, "0000000\0");
    // Eleven octal digits: up to 8 GiB.
    put(124, &format!("{:011o}\0", length & 0o77_777_777_777));
    put(136, &format!("{:011o}\0", at.seconds().clamp(0, 0o77_777_777_777)));
    put(148, "        ");
    put(156, "0");
    put(257, "ustar\u{0}00");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// A name that is safe to unpack anywhere: ASCII letters, digits, dots, dashes and slashes, none of them leading out.
fn plain(name: &str) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() || "._-/".contains(c) { c } else { '_' };
    let parts = name.split('/').filter(|part| !part.is_empty() && part.chars().any(|c| c != '.'));
    let name: String = parts.collect::<Vec<_>>().join("/").chars().map(harmless).collect();
    name.chars().take(99).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        for (name, safe) in
            [("a/b.txt", "a/b.txt"), ("../../etc/passwd", "etc/passwd"), ("/x\u{1b}[2J ü", "x__2J__"), ("", "")]
        {
            assert_eq!(plain(name), safe);
        }
        assert_eq!(plain(&"x".repeat(300)).len(), 99);
    }

    #[test]
    fn a_header_carries_its_own_sum() {
        let header = header("a.txt", 8, UnixMillis(1_700_000_000_000));
        let mut blank = header;
        blank[148..156].fill(b' ');
        let sum: u32 = blank.iter().map(|byte| u32::from(*byte)).sum();
        assert_eq!(header[148..154], *format!("{sum:06o}").as_bytes());
        assert_eq!(&header[124..135], b"00000000010");
    }
}
