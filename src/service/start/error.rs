//! Why a service can't start, worded for whoever starts it.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::protocol;
use crate::service::sfu::SfuError;
use crate::service::{identity, store, tls};

/// Why a service can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another service of this folder runs.
    #[error("another service runs in {folder}; stop it first, or choose another folder with --data")]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder can't be used.
    #[error("the folder {folder} can't be used: {source}. Make it writable, or choose another one with --data")]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database can't be used.
    #[error(transparent)]
    Store(#[from] store::OpenError),
    /// The database failed at once.
    #[error(transparent)]
    Database(#[from] store::StoreError),
    /// The database was a backup, and what belongs beside it can't be put there.
    #[error(transparent)]
    Backup(#[from] store::backup::BackupError),
    /// Accounts and keys can't be used.
    #[error(transparent)]
    Identity(#[from] identity::StartError),
    /// The demo accounts or the bots can't be made.
    #[error("the demo accounts or the bots can't be made: {0}")]
    People(#[from] protocol::failure::Failure),
    /// No threads for the bots and the hold music.
    #[error("no thread for the service's own voice: {0}")]
    Voice(#[from] io::Error),
    /// The HTTP port can't be had.
    #[error("{at} can't be listened on: {source}; choose another with --listen HOST:PORT (port 0 takes any free one)")]
    Listen {
        /// Which address.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The HTTPS port can't be had.
    #[error(
        "{at} can't be listened on: {source}; choose another with --tls-listen HOST:PORT (port 0 takes any free one)"
    )]
    ListenTls {
        /// Which address.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// There are no certificates.
    #[error(transparent)]
    Tls(#[from] tls::StartError),
    /// The media port can't be had.
    #[error("{source}: {reason}; choose another with --media HOST:PORT (port 0 takes any free one)", reason = reason(source))]
    Media {
        /// Why.
        source: SfuError,
    },
    /// The media port for TCP can't be had.
    #[error(
        "{source}: {reason}; choose another with --media-tcp HOST:PORT (port 0 takes any free one, '' none)",
        reason = reason(source)
    )]
    MediaTcp {
        /// Why.
        source: SfuError,
    },
}

impl From<SfuError> for StartError {
    fn from(source: SfuError) -> Self {
        match source {
            SfuError::BindTcp { .. } => Self::MediaTcp { source },
            source => Self::Media { source },
        }
    }
}

fn reason(error: &SfuError) -> String {
    std::error::Error::source(error).map_or_else(|| "no further reason is known".to_owned(), ToString::to_string)
}
