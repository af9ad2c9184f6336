//! What is in the file, and how it is written. The running phone, asked from outside, can be handed in as entries just as well.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use time::UtcOffset;

use crate::base::clock;
use crate::cli::settings::Settings;
use crate::cli::{config, doctor, json, version};
use crate::config::Merged;
use crate::domain::time::UnixMillis;
use crate::phone::evidence::archive::Archive;
use crate::phone::evidence::entry::{Entry, What};
use crate::phone::evidence::{export, redact};

/// What happened around a call without belonging to it is of interest this long before and after it, µs.
const BEFORE: u64 = 60_000_000;
const AFTER: u64 = 5_000_000;

/// The most that is put in of one recording, bytes: about an hour and a half.
const LONGEST_RECORDING: u64 = 1 << 30;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Only of this call: the beginning of its id.
    pub(crate) call: Option<String>,
    /// Whether recordings are put in.
    pub(crate) audio: bool,
    /// Where to write; the folder of evidence when absent.
    pub(crate) out: Option<PathBuf>,
}

/// A file before it is written.
pub(crate) struct Bundle {
    entries: Vec<Arc<Entry>>,
    texts: Vec<(&'static str, String)>,
    recordings: Vec<PathBuf>,
    path: PathBuf,
    name: String,
    at: UnixMillis,
}

/// Whether an entry is of the call whose id begins so.
pub(crate) fn is_of(entry: &Entry, call: &str) -> bool {
    entry.call.is_some_and(|id| id.to_string().starts_with(call))
}

impl Bundle {
    /// Gathers what is written, all but the long texts made of the entries.
    pub(crate) async fn new(
        settings: &Settings,
        entries: Vec<Arc<Entry>>,
        screen: Option<String>,
        wanted: Wanted,
    ) -> Self {
        let at = clock::unix_now();
        let name = format!("switchboard-evidence-{}", stamp(at));
        let entries = of_call(entries, wanted.call.as_deref());
        let mut texts = vec![
            ("version.txt", version::whole()),
            ("config.toml", config::assigned(settings, value)),
            ("doctor.txt", doctor::briefly(settings).await),
        ];
        texts.extend(screen.map(|screen| ("screen.txt", screen)));
        let recordings = if wanted.audio { recordings(&entries) } else { Vec::new() };
        let path = wanted.out.unwrap_or_else(|| free(&settings.paths.evidence, &name));
        Self { entries, texts, recordings, path, name, at }
    }

    /// Writes it; where it is comes back, or why it could not be written.
    pub(crate) async fn write(self) -> Result<PathBuf, String> {
        let written = tokio::task::spawn_blocking(move || self.write_now()).await;
        written.map_err(|why| why.to_string())?
    }

    fn write_now(self) -> Result<PathBuf, String> {
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        let mut archive = match Archive::create(&path, self.at) {
            Ok(archive) => archive,
            Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
                return Err(format!("{} is there already: name another file with --out", path.display()));
            }
            Err(why) => return Err(format!("{} can't be written: {why}", path.display())),
        };
        match self.fill(&mut archive).and_then(|()| archive.finish()) {
            Ok(()) => Ok(path),
            Err(why) => {
                fs::remove_file(&path).ok();
                Err(format!("{} can't be written: {why}", path.display()))
            }
        }
    }

    fn fill(&self, archive: &mut Archive) -> io::Result<()> {
        let offset = UtcOffset::current_local_offset().unwrap_or(UtcOffset::UTC);
        let made = [
            ("ladder.txt", export::ladder(&self.entries, offset)),
            ("calls.txt", export::calls(&self.entries, offset)),
            ("quality.csv", export::quality(&self.entries)),
            ("events.jsonl", export::json_lines(&self.entries)),
        ];
        for (name, text) in self.texts.iter().chain(&made) {
            // Each was cleaned where it came from; nothing leaves without another look.
            archive.text(&format!("{}/{name}", self.name), &redact::text(text))?;
        }
        for (number, recording) in (1..).zip(&self.recordings) {
            let file = File::open(recording)?;
            let length = file.metadata()?.len().min(LONGEST_RECORDING);
            let file_name = recording.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            archive.file(&format!("{}/audio/{number}-{file_name}", self.name), length, file)?;
        }
        Ok(())
    }
}

/// The value of a setting, unless that is secret.
fn value(setting: &Merged) -> String {
    if redact::is_secret(&setting.key) {
        return format!("\"{}\"", redact::GONE);
    }
    redact::text(&setting.value.to_string()).into_owned()
}

/// The entries of the call, and what happened around it.
fn of_call(mut entries: Vec<Arc<Entry>>, call: Option<&str>) -> Vec<Arc<Entry>> {
    let Some(call) = call else { return entries };
    let times = || entries.iter().filter(|entry| is_of(entry, call)).map(|entry| entry.at_us);
    let (Some(first), Some(last)) = (times().min(), times().max()) else { return Vec::new() };
    let around = first.saturating_sub(BEFORE)..=last.saturating_add(AFTER);
    entries.retain(|entry| is_of(entry, call) || (entry.call.is_none() && around.contains(&entry.at_us)));
    entries
}

/// The recordings of the calls that are still there.
fn recordings(entries: &[Arc<Entry>]) -> Vec<PathBuf> {
    let named = entries.iter().filter_map(|entry| match &entry.what {
        What::Recording(file) => Some(PathBuf::from(&**file)),
        _ => None,
    });
    named.filter(|file| file.is_file() && file.extension().is_some_and(|end| end.eq_ignore_ascii_case("wav"))).collect()
}

/// `20260131-090500`, UTC.
fn stamp(at: UnixMillis) -> String {
    json::rfc3339(at).chars().take(19).filter(|c| !"-:".contains(*c)).map(|c| if c == 'T' { '-' } else { c }).collect()
}

/// A name nobody has taken yet.
fn free(folder: &Path, name: &str) -> PathBuf {
    let numbered = (2..1000).map(|number| folder.join(format!("{name}-{number}.tar.gz")));
    let mut names = std::iter::once(folder.join(format!("{name}.tar.gz"))).chain(numbered);
    names.find(|path| !path.exists()).unwrap_or_else(|| folder.join(format!("{name}.tar.gz")))
}
