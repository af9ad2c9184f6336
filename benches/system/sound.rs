//! From mouth to ear: two phones on two virtual sound cards, human speech into the one's microphone, and how much later
//! and how good it leaves the other's speaker. Each profile; an echo to cancel; ten minutes on end; and, where it is
//! installed, another softphone on the same cards.

use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};

use crate::baresip;
use crate::cards::{self, Cards, Echo, Heard, Missing};
use crate::table::Row;
use crate::talk::{Talk, Told};
use crate::usage::{Usage, megabytes};

/// Calls that are measured in each way: buffers settle a little differently in each.
const CALLS: usize = 3;
/// How long is spoken in each.
const SPEECH: u64 = 32;
/// How long a call is left alone before anything is said, and how long is recorded before and after.
const MARGIN: u64 = 2;
/// The echo in A's microphone: so much louder than what A's speaker plays, dB.
const ECHO: i8 = -10;
/// How long the long call is.
const LONG: u64 = 600;

/// A way of treating the sound, and what is aimed at.
struct Way {
    name: &'static str,
    settings: &'static [(&'static str, &'static str)],
    delay: &'static str,
    pesq: &'static str,
    core: &'static str,
}

const NO_PROCESSING: [(&str, &str); 3] = [
    ("SWITCHBOARD_SOUND_ECHO_CANCELLATION", "off"),
    ("SWITCHBOARD_SOUND_NOISE_SUPPRESSION", "off"),
    ("SWITCHBOARD_SOUND_GAIN_CONTROL", "off"),
];

const STANDARD: Way = Way { name: "standard", settings: &[], delay: "≤ 125 ms", pesq: "", core: "≤ 8 %" };

const WAYS: [Way; 4] = [
    STANDARD,
    Way { name: "without processing", settings: &NO_PROCESSING, delay: "≤ 110 ms", pesq: "≥ 4.2", core: "≤ 5 %" },
    Way {
        name: "headset", settings: &[("SWITCHBOARD_SOUND_PROFILE", "headset")], delay: "", pesq: "", core: "≤ 8 %"
    },
    Way {
        name: "low latency",
        settings: &[("SWITCHBOARD_SOUND_PROFILE", "low-latency")],
        delay: "≤ 75 ms",
        pesq: "",
        core: "≤ 8 %",
    },
];

/// Measures calls over the two cards, treated in each way, and another softphone's.
pub fn measure() -> Result<Vec<Row>> {
    or_skipped("mouth to ear", || {
        let (cards, folder) = (Cards::start()?, tempfile::tempdir()?);
        cards::can_judge()?;
        let speech = cards::speech(folder.path(), SPEECH)?;
        let mut rows = Vec::new();
        for way in &WAYS {
            rows.extend(part(way.name, || way_rows(&cards, folder.path(), &speech, way)));
        }
        let other = "for comparison, baresip";
        rows.extend(part(other, || other_phone(other, &cards, folder.path(), &speech)));
        rows.extend(part("echo", || echo_rows(&cards, folder.path(), &speech)));
        Ok(rows)
    })
}

/// Measures one long call with everything on, in which both talk.
pub fn measure_long() -> Result<Vec<Row>> {
    or_skipped("ten minutes over two cards", || {
        let (cards, folder) = (Cards::start()?, tempfile::tempdir()?);
        let speech = cards::speech(folder.path(), LONG)?;
        let talk = Talk::begin(&cards, STANDARD.settings)?;
        thread::sleep(Duration::from_secs(MARGIN));
        let memory = talk.memory();
        let feeding = [cards.feed("A", &speech)?, cards.feed("B", &speech)?];
        let used = talk.usage(Duration::from_secs(LONG - MARGIN));
        feeding.into_iter().try_for_each(|child| ended(child, "played to"))?;
        let later = talk.memory();
        let (alice, bob) = talk.end()?;
        let conditions = format!("standard, {LONG} s, both talk at once; of Alice's phone and of Bob's");
        Ok(vec![
            Row::new(
                "ten minutes: times the speaker had nothing to play",
                both_last(&alice, &bob, "underruns"),
                "0",
                &conditions,
            ),
            Row::new(
                "ten minutes: times the microphone lost sound",
                both_last(&alice, &bob, "overruns"),
                "0",
                &conditions,
            ),
            Row::new(
                "ten minutes: ticks the voice thread was late for",
                both_last(&alice, &bob, "late_ticks"),
                "",
                &conditions,
            ),
            Row::new("ten minutes: packets lost", both_last(&alice, &bob, "lost_packets"), "0", &conditions),
            Row::new("ten minutes: sound made up, ms", both_last(&alice, &bob, "concealed_ms"), "", &conditions),
            Row::new("ten minutes: share of a core", cores(used), STANDARD.core, &conditions),
            Row::new(
                "ten minutes: PSS at the beginning → at the end",
                format!("{} → {}", both_megabytes(memory), both_megabytes(later)),
                "≤ 25 MB",
                &conditions,
            ),
        ])
    })
}

/// Calls treated in one way, one after the other.
fn way_rows(cards: &Cards, folder: &Path, speech: &Path, way: &Way) -> Result<Vec<Row>> {
    let mut heard = Vec::new();
    let mut last = None;
    for _ in 0..CALLS {
        let talk = Talk::begin(cards, way.settings)?;
        let tape = folder.join("tape.wav");
        let used = spoken(cards, speech, &tape, "A", || talk.usage(Duration::from_secs(SPEECH - MARGIN)))?;
        let memory = talk.memory();
        heard.push(Heard::on(&tape, "A", "B")?);
        last = Some((used, memory, talk.end()?));
    }
    let Some((used, memory, (alice, bob))) = last else { return Ok(Vec::new()) };
    let (name, conditions) = (way.name, format!("{CALLS} calls, {SPEECH} s of speech in each, card A to card B"));
    let of_last = format!("Alice's phone, who talks, and Bob's, in the last of {CALLS} calls");
    let gaps = ["underruns", "overruns", "late_ticks", "concealed_ms"].map(|name| both_last(&alice, &bob, name));
    let mut rows = heard_rows(name, &heard, way.delay, way.pesq, &conditions);
    rows.extend([
        Row::new(format!("{name}: share of a core"), cores(used), way.core, &of_last),
        Row::new(format!("{name}: underruns; overruns; late ticks; ms made up"), gaps.join("; "), "0", &of_last),
        Row::new(format!("{name}: PSS"), both_megabytes(memory), "≤ 25 MB", &of_last),
    ]);
    Ok(rows)
}

/// Delay and quality of several calls: the median call's, and from the best to the worst.
fn heard_rows(name: &str, heard: &[Heard], delay: &str, pesq: &str, conditions: &str) -> Vec<Row> {
    let delays = Span::of(heard.iter().map(|call| call.delay_ms));
    let earliest = heard.iter().map(|call| call.p5).fold(f64::INFINITY, f64::min);
    let latest = heard.iter().map(|call| call.p95).fold(0.0, f64::max);
    let marks = Span::of(heard.iter().filter_map(|call| call.pesq_wb));
    let clarity = Span::of(heard.iter().filter_map(|call| call.stoi));
    let level = Span::of(heard.iter().map(|call| call.level_db));
    vec![
        Row::new(
            format!("{name}: mouth to ear, p50 (p5 to p95)"),
            format!("{:.0} ms ({earliest:.0} to {latest:.0})", delays.middle),
            delay,
            format!("{conditions}; medians of the calls {:.0} to {:.0} ms", delays.least, delays.most),
        ),
        Row::new(
            format!("{name}: PESQ-WB; STOI"),
            format!("{:.2} ({:.2} to {:.2}); {:.3}", marks.middle, marks.least, marks.most, clarity.middle),
            pesq,
            format!("{conditions}; level {:+.1} dB", level.middle),
        ),
    ]
}

/// Only B talks; A's microphone hears A's speaker.
fn echo_rows(cards: &Cards, folder: &Path, speech: &Path) -> Result<Vec<Row>> {
    cards.echo("A", ECHO)?;
    let talk = Talk::begin(cards, STANDARD.settings)?;
    let tape = folder.join("echo.wav");
    let used = spoken(cards, speech, &tape, "B", || talk.usage(Duration::from_secs(SPEECH - MARGIN)))?;
    let (alice, _) = talk.end()?;
    let echo = Echo::on(&tape, "A", "B")?;
    let told = alice.median("erle_db").map_or_else(|| "nothing".to_owned(), |db| format!("{db:.0} dB"));
    let conditions = format!(
        "standard; only Bob talks; A's microphone hears A's speaker {} dB softer: {:.0} dBFS there, {:.0} dBFS left in \
         Bob's ear; Alice's phone tells of {told}",
        -ECHO, echo.echo_dbfs, echo.left_dbfs
    );
    Ok(vec![
        Row::new(
            "echo taken away (ERLE), p50 (p5)",
            format!("{:.0} dB ({:.0})", echo.erle_db, echo.erle_p5_db),
            "≥ 35 dB",
            conditions.clone(),
        ),
        Row::new("cancelling an echo: share of a core", cores(used), STANDARD.core, conditions),
    ])
}

/// Another softphone on the same cards, to compare with.
fn other_phone(name: &str, cards: &Cards, folder: &Path, speech: &Path) -> Result<Vec<Row>> {
    let (mut heard, mut used) = (Vec::new(), None);
    for _ in 0..CALLS {
        let talk = baresip::Talk::begin(cards)?;
        let tape = folder.join("other.wav");
        used = Some(spoken(cards, speech, &tape, "A", || talk.usage(Duration::from_secs(SPEECH - MARGIN)))?);
        heard.push(Heard::on(&tape, "A", "B")?);
    }
    let conditions = format!("{CALLS} calls, {SPEECH} s of speech in each, Opus, its default settings otherwise");
    let mut rows = heard_rows(name, &heard, "", "", &conditions);
    let core = format!("{name}: share of a core");
    rows.push(Row::new(core, cores(used.unwrap_or_default()), "", "caller and callee, in the last call"));
    Ok(rows)
}

/// One part of what is measured; where it fails, the table says so, and the others are measured all the same.
fn part(name: &str, measure: impl FnOnce() -> Result<Vec<Row>>) -> Vec<Row> {
    eprintln!("  {name} …");
    measure().unwrap_or_else(|why| vec![Row::skipped(name, format!("failed: {why:#}"))])
}

/// Has the speech spoken into a card's microphone while everything is recorded; `meanwhile` is what is measured.
fn spoken<T>(cards: &Cards, speech: &Path, tape: &Path, card: &str, meanwhile: impl FnOnce() -> T) -> Result<T> {
    thread::sleep(Duration::from_secs(MARGIN));
    let recording = cards.record(tape, SPEECH + 2 * MARGIN)?;
    thread::sleep(Duration::from_secs(MARGIN / 2));
    let feeding = cards.feed(card, speech)?;
    let measured = meanwhile();
    ended(feeding, "played to")?;
    ended(recording, "recorded")?;
    Ok(measured)
}

fn ended(mut child: Child, what: &str) -> Result<()> {
    ensure!(child.wait()?.success(), "the cards could not be {what}");
    Ok(())
}

/// The rows, or one that says what is missing here.
fn or_skipped(figure: &str, measure: impl FnOnce() -> Result<Vec<Row>>) -> Result<Vec<Row>> {
    match measure() {
        Err(why) if why.is::<Missing>() => Ok(vec![Row::skipped(figure, why.to_string())]),
        rows => rows,
    }
}

/// The least, the median and the most of some figures; zero without any.
struct Span {
    least: f64,
    middle: f64,
    most: f64,
}

impl Span {
    fn of(figures: impl Iterator<Item = f64>) -> Self {
        let mut all: Vec<f64> = figures.collect();
        all.sort_by(f64::total_cmp);
        let at = |index: usize| all.get(index).copied().unwrap_or_default();
        Self { least: at(0), middle: at(all.len() / 2), most: at(all.len().saturating_sub(1)) }
    }
}

fn both_last(alice: &Told, bob: &Told, name: &str) -> String {
    [alice, bob].map(|told| told.last(name).map_or_else(|| "?".to_owned(), |figure| format!("{figure}"))).join(" / ")
}

fn cores((alice, bob): (Option<Usage>, Option<Usage>)) -> String {
    let printed = [alice, bob].map(|used| used.map_or_else(|| "?".to_owned(), |used| format!("{:.1}", used.core)));
    format!("{} %", printed.join(" / "))
}

fn both_megabytes((alice, bob): (Option<u64>, Option<u64>)) -> String {
    format!("{} / {}", megabytes(alice), megabytes(bob))
}
