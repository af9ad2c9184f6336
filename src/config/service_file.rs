//! `service.json`: how a running service of this user is reached. Written by the service, read by clients; only its owner can.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::file;
use crate::base::secret::Secret;

/// What the file holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceFile {
    /// The process.
    pub pid: u32,
    /// Which start of the service; `/healthz` answers the same while it runs.
    pub instance: String,
    /// Its HTTP address, `http://HOST:PORT`.
    pub http: String,
    /// Its HTTPS address, `https://HOST:PORT`; absent where it serves none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub https: Option<String>,
    /// The file with the authority that signed its certificate, where that is its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// Where everybody reaches it, with the fingerprint of its authority where it has one of its own: what people are told to
    /// sign in at. Absent where its operator said no such address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public: Option<String>,
    /// Its UDP addresses for media.
    pub media: Vec<String>,
    /// What `admin` commands show.
    pub admin_secret: Secret<String>,
    /// What the demo accounts sign in with; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demo_secret: Option<Secret<String>>,
}

impl ServiceFile {
    /// Reads the file; `None` when there is none, or it is none of ours.
    pub fn read(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        file::replace(path, serde_json::to_string_pretty(self)?.as_bytes())
    }

    /// Removes the file, if it is still that of `instance`.
    pub fn remove(path: &Path, instance: &str) {
        if Self::read(path).is_some_and(|file| file.instance == instance) {
            // Left behind, it would be found stale by its instance.
            fs::remove_file(path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(instance: &str) -> ServiceFile {
        ServiceFile {
            pid: 7,
            instance: instance.into(),
            http: "http://127.0.0.1:1".into(),
            https: Some("https://127.0.0.1:3".into()),
            ca: Some("ca.pem".into()),
            public: Some("https://calls.example:3".into()),
            media: vec!["127.0.0.1:2".into()],
            admin_secret: Secret::new("a".into()),
            demo_secret: None,
        }
    }

    #[test]
    fn only_the_owner_can_read_it_and_only_its_instance_removes_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.json");
        assert_eq!(ServiceFile::read(&path), None);
        file("one").write(&path).unwrap();
        assert_eq!(ServiceFile::read(&path), Some(file("one")));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        ServiceFile::remove(&path, "another");
        assert!(path.exists());
        ServiceFile::remove(&path, "one");
        assert!(!path.exists());
    }

    #[test]
    fn a_damaged_file_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("service.json");
        fs::write(&path, "{\"pid\":").unwrap();
        assert_eq!(ServiceFile::read(&path), None);
    }
}
