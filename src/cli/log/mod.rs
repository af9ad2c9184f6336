//! Where the log goes: beside the screen into a file, otherwise to standard error.

mod json;

use std::fs::File;
use std::io;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;

use self::json::Json;
use super::rotated::{LONGEST, Rotated};
use super::settings::Settings;
use crate::config::{Format, Level};

/// Logs to standard error, for a service.
pub(crate) fn to_stderr(settings: &Settings) {
    let log = tracing_subscriber::fmt().with_max_level(level(settings)).with_ansi(false).with_writer(io::stderr);
    // A second log in one process is refused, and not wanted either.
    match settings.loaded.config.log.format {
        Format::Text => log.try_init().ok(),
        Format::Json => log.event_format(Json).try_init().ok(),
    };
}

/// Logs to `NAME.log`, for a phone: its standard error is a person's, or under a screen.
pub(crate) fn to_file(settings: &Settings, name: &str) {
    // Without a place for it there is no log; the phone works all the same.
    let Ok(file) = open(settings, name) else { return };
    let log = tracing_subscriber::fmt().with_max_level(level(settings)).with_ansi(false).with_writer(Mutex::new(file));
    match settings.loaded.config.log.format {
        Format::Text => log.try_init().ok(),
        Format::Json => log.event_format(Json).try_init().ok(),
    };
}

/// `NAME.log`, to be appended to; only its owner can read it.
///
/// # Errors
/// When its folder can't be made or written.
pub(crate) fn file(settings: &Settings, name: &str) -> io::Result<File> {
    open(settings, name)?.file().try_clone()
}

fn open(settings: &Settings, name: &str) -> io::Result<Rotated> {
    Rotated::open(&settings.paths.logs.join(format!("{name}.log")), LONGEST)
}

fn level(settings: &Settings) -> LevelFilter {
    match settings.loaded.config.log.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    }
}
