//! A phone without a screen is started: with the sound of the flags, and files that can be used.

use std::path::Path;

use crate::cli::exit::{Exit, Failure};
use crate::cli::media_flags::MediaFlags;
use crate::cli::settings::Settings;
use crate::phone::account::Account;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::wav::{WavError, WavReader, WavWriter};
use crate::phone::{self, PhoneLink, PhoneOptions};

/// Starts a phone with the sound of the flags, or else of the settings.
pub(crate) fn start(
    account: Account,
    media: &MediaFlags,
    settings: &Settings,
    rings: bool,
) -> Result<PhoneLink, Failure> {
    start_for(account, media, settings, Calls::one(rings), false)
}

/// What calls are to a phone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calls {
    /// Whether callers are told that it rings.
    pub(crate) rings: bool,
    /// In how many it can be at once.
    pub(crate) most: u8,
}

impl Calls {
    /// One at a time: whoever scripts a call has one in mind.
    pub(crate) fn one(rings: bool) -> Self {
        Self { rings, most: 1 }
    }
}

/// The same for that many calls; what it remembers may be `kept` for evidence.
pub(super) fn start_for(
    account: Account,
    media: &MediaFlags,
    settings: &Settings,
    calls: Calls,
    kept: bool,
) -> Result<PhoneLink, Failure> {
    let voice = media.sound.voice(settings)?;
    check_files(&voice.microphone, &voice.speaker, media.record.as_deref())?;
    let record = media.record.clone();
    let groups = settings.in_groups();
    // Of a phone that makes no call there is nothing to prove; it would only push the others out.
    let evidence = kept.then(|| settings.paths.evidence.clone());
    let Calls { rings, most: max_calls } = calls;
    let media_over = settings.media_over();
    let options = PhoneOptions { max_calls, voice, record, tones: false, rings, groups, media_over, evidence };
    phone::start(account, options).map_err(|why| Failure::new(Exit::Failed, format!("the phone can't start: {why}")))
}

/// A file that can't be played or written is said before anybody is called.
pub(crate) fn check_files(source: &SourceChoice, sink: &SinkChoice, record: Option<&Path>) -> Result<(), Failure> {
    let unusable = |why: WavError| Failure::usage(why.to_string());
    if let SourceChoice::File(path) = source {
        WavReader::open(path).map_err(unusable)?;
    }
    if let SinkChoice::File(path) = sink {
        WavWriter::create(path, 1).map_err(unusable)?;
    }
    if let Some(path) = record {
        WavWriter::create(path, 2).map_err(unusable)?;
    }
    Ok(())
}
