//! The folders: those of the system (XDG on Linux), or everything below one folder.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::domain::id::UserName;

/// Where things are kept. Nothing is created here: whoever writes makes its own folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The configuration file.
    pub config_file: PathBuf,
    /// What the service keeps: its database, its lock, `service.json`.
    pub service: PathBuf,
    /// What phones keep, a folder per user.
    pub users: PathBuf,
    /// The fingerprints of services that were accepted.
    pub known_services: PathBuf,
    /// What phones of this machine keep of its sound devices and tell each other of them: one for all users and accounts.
    pub sound: PathBuf,
    /// Log files.
    pub logs: PathBuf,
    /// What phones remember of their last sessions, and the evidence made from it.
    pub evidence: PathBuf,
    /// What can be made again.
    pub cache: PathBuf,
    /// The sockets of the phones that run, a folder per user.
    pub sockets: PathBuf,
}

const KNOWN_SERVICES: &str = "known_services.json";

/// The system names no home folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this user has no home folder: say with --data DIR where to keep things")]
pub struct NoHome;

impl Paths {
    /// The folders of the system.
    ///
    /// # Errors
    /// When the user has no home folder.
    pub fn of_system() -> Result<Self, NoHome> {
        let folders = ProjectDirs::from("", "", "switchboard").ok_or(NoHome)?;
        let data = folders.data_dir();
        let state = folders.state_dir().unwrap_or(data);
        Ok(Self {
            config_file: folders.config_dir().join("config.toml"),
            service: data.join("service"),
            users: data.join("users"),
            known_services: data.join(KNOWN_SERVICES),
            sound: state.join("sound"),
            logs: state.join("logs"),
            evidence: state.join("evidence"),
            cache: folders.cache_dir().to_owned(),
            sockets: runtime(&folders).unwrap_or_else(|| state.to_owned()).join("phones"),
        })
    }

    /// Everything below `folder`, as `--data` asks.
    pub fn below(folder: &Path) -> Self {
        Self {
            config_file: folder.join("config.toml"),
            service: folder.join("service"),
            users: folder.join("users"),
            known_services: folder.join(KNOWN_SERVICES),
            sound: folder.join("sound"),
            logs: folder.join("logs"),
            evidence: folder.join("evidence"),
            cache: folder.join("cache"),
            sockets: folder.join("users"),
        }
    }

    /// The folder of the phone of `user`.
    pub fn user(&self, user: &UserName) -> PathBuf {
        self.users.join(user.as_str())
    }

    /// The file in which a running service says how it is reached.
    pub fn service_file(&self) -> PathBuf {
        self.service.join("service.json")
    }
}

/// The folder for what lives only while programs run. A program that was not started from a session, by cron for
/// instance, is not told it; where a session has it, it is known all the same.
fn runtime(folders: &ProjectDirs) -> Option<PathBuf> {
    let told = folders.runtime_dir().map(Path::to_owned);
    #[cfg(target_os = "linux")]
    let told = told.or_else(|| {
        let of_user = PathBuf::from(format!("/run/user/{}", rustix::process::geteuid().as_raw()));
        of_user.is_dir().then(|| of_user.join("switchboard"))
    });
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_folder_can_hold_everything() {
        let paths = Paths::below(Path::new("/x"));
        let alice = "alice".parse().unwrap();
        assert_eq!(paths.service_file(), Path::new("/x/service/service.json"));
        assert_eq!(paths.user(&alice), Path::new("/x/users/alice"));
        assert_eq!(paths.sockets, Path::new("/x/users"));
        for path in
            [&paths.config_file, &paths.known_services, &paths.sound, &paths.logs, &paths.evidence, &paths.cache]
        {
            assert!(path.starts_with("/x"), "{path:?}");
        }
    }
}
