//! Two virtual sound cards, speech into their microphones, and how it leaves their speakers: `tests/rig`, as the
//! benchmark needs it. What cannot be had here is told as [`Missing`]: the table then says so instead of a figure.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use tempfile::TempDir;

/// The scripts.
const RIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rig");

/// Something that measuring needs is not on this machine, and what it is.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Missing(String);

/// The two cards, for as long as this is held, in a folder of their own: other runs have others.
pub struct Cards {
    folder: TempDir,
}

impl Cards {
    /// Starts them. [`Missing`] where the tools for them are.
    pub fn start() -> Result<Self> {
        let cards = Self { folder: tempfile::tempdir()? };
        let started = cards.script(&["start"]).output()?;
        if !started.status.success() {
            bail!(Missing(String::from_utf8_lossy(&started.stderr).trim().to_owned()));
        }
        Ok(cards)
    }

    /// The variables that make `card` a program's default card.
    pub fn variables(&self, card: &str) -> Result<Vec<(String, String)>> {
        let told = self.script(&["env", card]).output()?;
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(String::from_utf8(told.stdout)?.lines().filter_map(pair).collect())
    }

    /// Says what is in the file into the microphone of `card`; over when the process ends.
    pub fn feed(&self, card: &str, file: &Path) -> Result<Child> {
        Ok(self.script(&["feed", card, path(file)?]).spawn()?)
    }

    /// Records all microphones and speakers; over when the process ends.
    pub fn record(&self, tape: &Path, seconds: u64) -> Result<Child> {
        // It warns that a WAV file holds no names of channels.
        Ok(self.script(&["record", path(tape)?, &seconds.to_string()]).stderr(Stdio::null()).spawn()?)
    }

    /// Lets the microphone of `card` hear its speaker, so many decibels louder.
    pub fn echo(&self, card: &str, db: i8) -> Result<()> {
        let done = self.script(&["echo", card, &db.to_string()]).status()?;
        ensure!(done.success(), "the microphone of card {card} could not be made to hear its speaker");
        Ok(())
    }

    fn script(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.arg(format!("{RIG}/virtual_cards.sh")).args(arguments).env("VCARDS_DIR", self.folder.path());
        command.stdin(Stdio::null());
        command
    }
}

impl Drop for Cards {
    fn drop(&mut self) {
        // Where it fails, there is nobody left to tell; the folder's name says what it was.
        self.script(&["stop"]).status().ok();
    }
}

/// Human speech as a file. [`Missing`] where there is no voice to take it from.
pub fn speech(folder: &Path, seconds: u64) -> Result<PathBuf> {
    let file = folder.join("speech.wav");
    let made = Command::new("sh")
        .arg(format!("{RIG}/speech.sh"))
        .args([path(&file)?, &seconds.to_string()])
        .stdin(Stdio::null())
        .output()?;
    if !made.status.success() {
        bail!(Missing(String::from_utf8_lossy(&made.stderr).trim().to_owned()));
    }
    Ok(file)
}

/// How speech went from one card's microphone to the other's speaker.
#[derive(Debug, Clone, Deserialize)]
pub struct Heard {
    /// Median delay, ms.
    pub delay_ms: f64,
    /// The delay that one in twenty windows falls below, ms.
    pub p5: f64,
    /// The delay that one in twenty windows exceeds, ms.
    pub p95: f64,
    /// PESQ-WB, 1 to 4.64; `None` where it could not be judged.
    pub pesq_wb: Option<f64>,
    /// STOI, 0 to 1.
    pub stoi: Option<f64>,
    /// How much louder it became, dB.
    pub level_db: f64,
}

impl Heard {
    /// What is on the tape from `mouth` to `ear`.
    pub fn on(tape: &Path, mouth: &str, ear: &str) -> Result<Self> {
        figures(&["--tape", path(tape)?, mouth, ear])
    }
}

/// How much of an echo was kept from the other side.
#[derive(Debug, Clone, Deserialize)]
pub struct Echo {
    /// Median attenuation, dB.
    pub erle_db: f64,
    /// The attenuation that one in twenty windows falls below, dB.
    pub erle_p5_db: f64,
    /// How loud it was in the microphone, dBFS.
    pub echo_dbfs: f64,
    /// How loud the rest of it is in the other's ear, dBFS.
    pub left_dbfs: f64,
}

impl Echo {
    /// What is on a tape on which only `talker` speaks, and the microphone of `near` hears its speaker.
    pub fn on(tape: &Path, near: &str, talker: &str) -> Result<Self> {
        figures(&["--echo", "--tape", path(tape)?, near, talker])
    }
}

/// Whether speech can be judged here: makes the place for what judges it. [`Missing`] where that can't be.
pub fn can_judge() -> Result<()> {
    let tried = judge(&["--help"]).stderr(Stdio::inherit()).output()?;
    if !tried.status.success() {
        bail!(Missing(
            "needs python3, python3-venv, python3-dev, gcc and what tests/rig/requirements.txt names".to_owned()
        ));
    }
    Ok(())
}

fn figures<T: for<'de> Deserialize<'de>>(arguments: &[&str]) -> Result<T> {
    let told = judge(arguments).stderr(Stdio::inherit()).output()?;
    let text = String::from_utf8_lossy(&told.stdout);
    ensure!(told.status.success(), "the tape could not be judged: {}", text.trim());
    serde_json::from_str(&text).with_context(|| format!("no figures: {text}"))
}

fn judge(arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args([&format!("{RIG}/python.sh"), "mouth_to_ear.py", "--json"]).args(arguments).stdin(Stdio::null());
    command
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("the folder has a plain name")
}
