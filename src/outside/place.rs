//! Where the socket of a running phone is: in its user's folder, which is nobody else's, in the first place that is free.
//! A lock says which are taken; what is left behind by a phone that was killed is thereby known, and replaced.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// How many phones of one account may be steered at once.
const PLACES: usize = 8;

/// A place that is taken; free again, and without its socket, when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    socket: PathBuf,
    /// Held as long as the phone runs; the system lets go of it when the phone is killed.
    _lock: File,
}

impl Place {
    /// Takes the first free place in `folder`, which is made if there is none.
    ///
    /// # Errors
    /// When the folder belongs to somebody else or can't be written, or all places are taken.
    pub(super) fn take(folder: &Path) -> io::Result<Self> {
        make_private(folder)?;
        for number in 1..=PLACES {
            let lock = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .mode(0o600)
                .open(folder.join(format!("phone-{number}.lock")))?;
            match lock.try_lock() {
                Ok(()) => return Self::empty(folder.join(format!("phone-{number}.sock")), lock),
                Err(fs::TryLockError::WouldBlock) => {}
                Err(fs::TryLockError::Error(why)) => return Err(why),
            }
        }
        Err(io::Error::other(format!("{PLACES} phones of this account run already")))
    }

    /// Takes away the socket of a phone that was killed: whoever holds the lock is alone here.
    fn empty(socket: PathBuf, lock: File) -> io::Result<Self> {
        match fs::remove_file(&socket) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => Err(why),
            _ => Ok(Self { socket, _lock: lock }),
        }
    }

    /// Where its socket belongs.
    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Left behind, it is replaced by the next phone.
        fs::remove_file(&self.socket).ok();
    }
}

/// Makes the folder one that only this user can look into.
fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let about = fs::symlink_metadata(folder)?;
    if !about.is_dir() || about.uid() != geteuid().as_raw() {
        let why = format!("{} is not a folder of this user's own", folder.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

/// The sockets there are in the folders of all accounts, in order; some may belong to phones that were killed.
pub(super) fn sockets(folders: &Path) -> Vec<PathBuf> {
    let inside = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let is_socket = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("phone-") && name.ends_with(".sock")
    };
    let mut found: Vec<PathBuf> = inside(folders.to_owned()).flat_map(inside).filter(is_socket).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn the_folder_is_made_private() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("users/alice");
        fs::create_dir_all(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        let place = Place::take(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(place.socket(), folder.join("phone-1.sock"));
    }

    #[test]
    fn a_link_to_another_folder_is_not_followed() {
        let data = tempfile::tempdir().unwrap();
        fs::create_dir(data.path().join("real")).unwrap();
        std::os::unix::fs::symlink(data.path().join("real"), data.path().join("alice")).unwrap();
        let refused = Place::take(&data.path().join("alice")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn two_phones_never_share_a_place() {
        let data = tempfile::tempdir().unwrap();
        let (first, second) = (Place::take(data.path()).unwrap(), Place::take(data.path()).unwrap());
        assert_ne!(first.socket(), second.socket());
        let freed = first.socket().to_owned();
        drop(first);
        assert_eq!(Place::take(data.path()).unwrap().socket(), freed);
        let others: Vec<Place> = (2..=PLACES).map(|_| Place::take(data.path()).unwrap()).collect();
        assert!(Place::take(data.path()).unwrap_err().to_string().contains("8 phones"));
        drop(others);
    }

    #[test]
    fn a_socket_left_behind_is_replaced_and_one_in_use_is_not() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("alice");
        fs::create_dir(&folder).unwrap();
        drop(UnixListener::bind(folder.join("phone-1.sock")).unwrap());
        assert_eq!(sockets(data.path()), [folder.join("phone-1.sock")]);
        let place = Place::take(&folder).unwrap();
        let _listening = UnixListener::bind(place.socket()).unwrap();
        let other = Place::take(&folder).unwrap();
        assert!(place.socket().exists() && other.socket() != place.socket());
        drop(place);
        assert_eq!(sockets(data.path()), Vec::<PathBuf>::new());
    }
}
