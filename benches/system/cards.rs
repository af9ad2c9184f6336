//! From mouth to ear: two phones on two virtual sound cards, a test signal into the one's microphone, and how much later,
//! how loud and how whole it leaves the other's speaker.
//!
//! The cards are `tests/rig/virtual_cards.sh`; where PulseAudio is missing, nothing is measured, and the table says so.

use std::f64::consts::TAU;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use switchboard::base::seed::Seed;

use crate::program::Program;
use crate::table::{Row, Times};
use crate::usage::{self, Usage, megabytes};

const RIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rig/virtual_cards.sh");
const RATE: usize = 48_000;
/// How long the signal is; the recording begins before it and ends after it.
const SPAN: Duration = Duration::from_secs(14);
const MARGIN: Duration = Duration::from_secs(2);
/// The channels of the recording.
const A_MICROPHONE: usize = 0;
const B_SPEAKER: usize = 3;
/// Delays are looked for at this rate: to an eighth of a millisecond.
const COARSE: usize = 8_000;
/// The longest delay looked for.
const LONGEST: usize = COARSE * 7 / 10;
/// As much of the signal is looked for at once.
const WINDOW: usize = COARSE;
/// How much a window must be like the signal to count, of 1.
const ALIKE: f64 = 0.6;
/// Silence this long inside the signal is a hole: 2 ms.
const HOLE: usize = RATE / 500;
/// Below this a sample is silence: the signal stays ten times above it, but for its zero crossings.
const SILENCE: f32 = 0.002;

/// Measures a call over the two cards.
pub fn measure() -> Result<Vec<Row>> {
    let figure = "mouth to ear over two cards";
    let Some(_cards) = Cards::start()? else {
        return Ok(vec![Row::skipped(figure, "needs pulseaudio, pulseaudio-utils and libasound2-plugins")]);
    };
    let folder = tempfile::tempdir()?;
    let (signal, tape) = (folder.path().join("signal.wav"), folder.path().join("tape.wav"));
    write_signal(&signal)?;
    let service = Program::serve(folder.path(), &["--demo"])?;
    let mut bob = Program::start(folder.path(), &["wait", "--answer", "--as", "bob", "--json"], &variables("B")?)?;
    // It says nothing before it is called: its account is on the list of who can be rung once it is connected.
    let alice = call_until_answered(folder.path(), &mut bob)?;
    std::thread::sleep(MARGIN);
    let mut recording = rig(&["record", path(&tape)?, &(SPAN + 2 * MARGIN).as_secs().to_string()])?;
    std::thread::sleep(MARGIN / 2);
    let mut feeding = rig(&["feed", "A", path(&signal)?])?;
    let used = usage::over(alice.pid(), SPAN - MARGIN);
    let memory = usage::pss(alice.pid());
    ensure!(feeding.wait()?.success(), "the signal could not be played");
    ensure!(recording.wait()?.success(), "the cards could not be recorded");
    let summary = alice.end()?;
    let concealed = field(&summary, "concealed_ms").unwrap_or_default();
    bob.until(r#""event":"summary""#)?;
    drop(service);
    let heard = Heard::on(&tape)?;
    let conditions = format!("two phones without a screen, Alice's card to Bob's, {} s of tones", SPAN.as_secs());
    Ok(vec![
        Row::new(format!("{figure}: p50 / p99"), heard.delay.p50_p99_ms(), "", conditions.clone()),
        Row::new("over two cards: level", format!("{:+.1} dB", heard.level), "", conditions.clone()),
        Row::new("over two cards: holes of 2 ms and longer", heard.holes.to_string(), "0", conditions.clone()),
        Row::new("over two cards: sound made up (Alice)", format!("{concealed} ms"), "0 ms", conditions.clone()),
        Row::new(
            "over two cards: share of a core, phone",
            used.map_or_else(|| "not measured".to_owned(), Usage::printed),
            "≤ 8 %",
            conditions.clone(),
        ),
        Row::new("over two cards: PSS of the phone", megabytes(memory), "≤ 25 MB", conditions),
    ])
}

/// Bob's phone prints nothing while it connects: Alice calls again until she finds him there.
fn call_until_answered(folder: &Path, bob: &mut Program) -> Result<Program> {
    for _ in 0..20 {
        let mut alice = Program::start(folder, &["call", "bob", "--as", "alice", "--json"], &variables("A")?)?;
        if alice.until(r#""state":"connected""#).is_ok() {
            bob.until(r#""state":"connected""#)?;
            return Ok(alice);
        }
    }
    anyhow::bail!("Bob could not be reached")
}

/// The two cards, for as long as this is held.
struct Cards;

impl Cards {
    /// Starts them; `None` where the tools for them are missing.
    fn start() -> Result<Option<Self>> {
        let started = rig(&["start"])?.wait()?;
        Ok(started.success().then_some(Self))
    }
}

impl Drop for Cards {
    fn drop(&mut self) {
        if let Ok(mut stopping) = rig(&["stop"]) {
            // What stays behind is a process the next run finds and uses.
            stopping.wait().ok();
        }
    }
}

fn rig(arguments: &[&str]) -> Result<Child> {
    Ok(Command::new("sh").arg(RIG).args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn()?)
}

/// The variables that make `card` a program's default card.
fn variables(card: &str) -> Result<Vec<(String, String)>> {
    let told = Command::new("sh").args([RIG, "env", card]).output()?;
    let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(String::from_utf8(told.stdout)?.lines().filter_map(pair).collect())
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("the folder has a plain name")
}

/// A number of a line of JSON, by its name.
fn field(line: &str, name: &str) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_str(line).ok()?;
    value.get("audio")?.get(name)?.as_u64()
}

/// Short tones of ever other pitches: nothing in it repeats, so that its delay is never ambiguous.
fn write_signal(path: &Path) -> Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let (mut seed, mut phase, mut hertz) = (Seed::new(1), 0.0_f64, 0.0);
    let mut wav = hound::WavWriter::create(path, spec)?;
    for n in 0..RATE * SPAN.as_secs() as usize {
        if n % (RATE / 20) == 0 {
            hertz = 300.0 + seed.below(2_400) as f64;
        }
        phase += TAU * hertz / RATE as f64;
        wav.write_sample((phase.sin() * 0.3 * f64::from(i16::MAX)) as i16)?;
    }
    Ok(wav.finalize()?)
}

/// What arrived.
struct Heard {
    delay: Times,
    level: f64,
    holes: usize,
}

impl Heard {
    fn on(tape: &Path) -> Result<Self> {
        let mut wav = hound::WavReader::open(tape)?;
        let channels = usize::from(wav.spec().channels);
        let samples: Vec<f32> =
            wav.samples::<i16>().map(|s| s.map(|s| f32::from(s) / 32_768.0)).collect::<Result<_, _>>()?;
        let channel = |at: usize| -> Vec<f32> { samples.iter().skip(at).step_by(channels).copied().collect() };
        let (mouth, ear) = (channel(A_MICROPHONE), channel(B_SPEAKER));
        let is_loud = |sample: &f32| sample.abs() > 0.1;
        let begin = mouth.iter().position(is_loud).context("nothing was fed into the microphone")?;
        let end = mouth.iter().rposition(is_loud).unwrap_or(begin);
        let delay = delays(&coarse(&mouth[begin..end]), &coarse(ear.get(begin..).unwrap_or_default()));
        ensure!(delay.count() > 0, "what was fed into the microphone did not leave the speaker");
        let later = begin + (delay.at(0.5).as_secs_f64() * RATE as f64) as usize;
        let heard = ear.get(later..later + end - begin).context("the recording ended too early")?;
        let level = 20.0 * (rms(heard) / rms(&mouth[begin..end])).log10();
        // The ends fade; a hole there is none.
        Ok(Self { delay, level, holes: holes(&heard[RATE / 2..heard.len() - RATE / 2]) })
    }
}

/// At the coarse rate, as means of what falls together.
fn coarse(samples: &[f32]) -> Vec<f64> {
    let step = RATE / COARSE;
    samples.chunks_exact(step).map(|part| f64::from(part.iter().sum::<f32>()) / step as f64).collect()
}

/// The delay of each window of `said` in `heard` that is found there: where the two are most alike.
fn delays(said: &[f64], heard: &[f64]) -> Times {
    let windows = (0..said.len().saturating_sub(WINDOW)).step_by(WINDOW / 2);
    let found = windows.filter_map(|at| {
        let window = &said[at..at + WINDOW];
        let lags = heard.get(at..)?.windows(WINDOW).take(LONGEST).map(|part| alike(window, part));
        let (lag, likeness) = lags.enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
        (likeness > ALIKE).then(|| Duration::from_secs_f64(lag as f64 / COARSE as f64))
    });
    Times::new(found.collect())
}

/// How alike two windows are, whatever their levels: 1 is the same.
fn alike(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let scale = (dot(a, a) * dot(b, b)).sqrt();
    if scale > 0.0 { dot(a, b) / scale } else { 0.0 }
}

fn rms(samples: &[f32]) -> f64 {
    (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len().max(1) as f64).sqrt()
}

/// Stretches of silence within sound.
fn holes(samples: &[f32]) -> usize {
    samples.split(|s| s.abs() > SILENCE).filter(|quiet| quiet.len() >= HOLE).count()
}
