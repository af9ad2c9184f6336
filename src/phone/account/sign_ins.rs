//! The sign-ins that are kept on this machine: which there are, which is used, and which a name picks.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::AccountError;
use super::kept::{Keeper, Place};
use super::keyring::Keyring;
use super::who::Who;
use crate::base::file;
use crate::config::{Keep, ServerUrl};
use crate::domain::id::UserName;
use crate::domain::person::Person;

/// What the file of a sign-in is called, in the folder of its user: alone, or with the service behind it.
const FILE: &str = "sign-in";
const AT: &str = "sign-in@";

/// The sign-ins in one folder.
#[derive(Debug, Clone)]
pub struct SignIns {
    folder: PathBuf,
    keep: Keep,
    keyring: Keyring,
}

/// A sign-in that is kept.
#[derive(Debug, Clone)]
pub struct SavedSignIn {
    /// Where.
    pub server: ServerUrl,
    /// Who.
    pub me: Person,
    /// Where its tokens are.
    pub keeper: Keeper,
    /// Its place.
    pub place: Place,
}

/// What there is.
#[derive(Debug, Default)]
pub struct Listed {
    /// The sign-ins, by name and service.
    pub saved: Vec<SavedSignIn>,
    /// What can't be read as one, and why. Nothing becomes of it: a person may still mend it.
    pub damaged: Vec<AccountError>,
}

impl SavedSignIn {
    /// What it is called, so that no other one is meant.
    pub fn who(&self) -> Who {
        Who::whole(&self.me.name, &self.server)
    }

    /// Whether the other one is at the same place.
    pub fn is(&self, other: &Self) -> bool {
        self.place.file == other.place.file
    }
}

impl SignIns {
    /// Those in the folders of all users in `folder`, kept as `keep` says.
    pub fn new(folder: &Path, keep: Keep) -> Self {
        Self { folder: folder.to_owned(), keep, keyring: Keyring::default() }
    }

    /// The same, with another keyring than the system's.
    #[cfg(test)]
    pub(super) fn with_keyring(self, keyring: Keyring) -> Self {
        Self { keyring, ..self }
    }

    /// All there are.
    pub fn list(&self) -> Listed {
        let mut listed = Listed::default();
        for file in self.files() {
            match self.read(file) {
                Ok(saved) => listed.saved.push(saved),
                Err(why) => listed.damaged.push(why),
            }
        }
        listed.saved.sort_by_key(|saved| (saved.me.name.clone(), saved.server.to_string()));
        listed
    }

    /// Those that `who` can mean; at `server`, where one is given.
    pub fn meant(&self, who: &Who, server: Option<&ServerUrl>) -> Vec<SavedSignIn> {
        let mut saved = self.list().saved;
        saved.retain(|saved| {
            let there = server.is_none_or(|server| server.same_service(&saved.server));
            there && who.means(&saved.me.name, &saved.server)
        });
        saved
    }

    /// The one that is used when nothing else is said; the one signed in to last, if no other was chosen since.
    pub fn used(&self) -> Option<SavedSignIn> {
        let noted = fs::read_to_string(self.note()).ok()?;
        // Before there could be several of a name, its name was all that was noted.
        let who: Who = noted.trim().parse().ok()?;
        self.meant(&who, None).into_iter().next()
    }

    /// Uses this one from now on.
    ///
    /// # Errors
    /// [`AccountError::File`] when that can't be noted.
    pub fn set_used(&self, saved: &SavedSignIn) -> Result<(), AccountError> {
        let path = self.note();
        file::replace(&path, saved.who().to_string().as_bytes()).map_err(|source| AccountError::File { path, source })
    }

    /// The place for the sign-in of `user` at `server`: the one it has, or a new one.
    pub fn place(&self, user: &UserName, server: &ServerUrl) -> Place {
        let who = Who { user: user.clone(), at: None };
        match self.meant(&who, Some(server)).into_iter().next() {
            Some(saved) => saved.place,
            None => self.place_at(self.folder.join(user.as_str()).join(file_name(server))),
        }
    }

    fn place_at(&self, file: PathBuf) -> Place {
        Place { file, keep: self.keep, keyring: self.keyring.clone() }
    }

    fn note(&self) -> PathBuf {
        self.folder.join("last")
    }

    fn files(&self) -> Vec<PathBuf> {
        let inside = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut files: Vec<PathBuf> =
            inside(self.folder.clone()).flat_map(inside).filter(|path| is_sign_in(path)).collect();
        files.sort();
        files
    }

    fn read(&self, file: PathBuf) -> Result<SavedSignIn, AccountError> {
        let place = self.place_at(file);
        let entry = place.entry()?;
        let damaged = |why: String| AccountError::File {
            path: place.file.clone(),
            source: io::Error::new(io::ErrorKind::InvalidData, why),
        };
        let server = entry.server.parse().map_err(|why| damaged(format!("{why}")))?;
        Ok(SavedSignIn { server, keeper: entry.keeper(), me: entry.me, place })
    }
}

fn is_sign_in(path: &Path) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    path.extension().is_some_and(|ending| ending == "json") && (stem == FILE || stem.starts_with(AT))
}

/// What the file is called, of letters that every file system takes.
fn file_name(server: &ServerUrl) -> String {
    let (host, port) = server.socket();
    let host: String =
        host.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' }).collect();
    format!("{AT}{host}_{port}.json")
}

#[cfg(test)]
#[path = "sign_ins_tests.rs"]
mod tests;
