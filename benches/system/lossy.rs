//! What the jitter buffer makes of bad networks: human speech through the codec, over packet traces from seeds, in
//! virtual time. How much later it is heard, what is lost and made up, what that costs, and how it sounds (PESQ-WB).
//!
//! The voice is `tests/rig/speech.sh`, the judge `tests/rig/mouth_to_ear.py`; where Python or the voice is missing, the
//! table says so.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use switchboard::base::clock;
use switchboard::base::seed::Seed;
use switchboard::media::jitter::{JitterBuffer, JitterStats, Pulled};
use switchboard::media::opus::{Encoder, Encoding, PACKET_ROOM};
use switchboard::media::packet::{Kind, Received, SAMPLE_RATE};
use switchboard::media::tick::Tick;

use crate::table::{Row, Times};
use crate::usage;

const RIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rig");

/// How long every packet travels at least.
const PATH: Duration = Duration::from_millis(20);

/// When sound is pulled, after a packet that is delayed by nothing has come.
const PHASE: Duration = Duration::from_millis(5);

/// How often each trace is played: of the cost, the least counts, since other programs only add to it.
const TIMES: usize = 3;

/// A network: what it does to the packet of an index, sent at a time; `None` when it loses it.
type Network = fn(&mut Seed, &mut bool, Duration) -> Option<Duration>;

/// One row of the table.
struct Trace {
    name: &'static str,
    encoding: Encoding,
    network: Network,
    /// By how many millionths the clock that pulls is slow.
    slow: i32,
    aim: &'static str,
}

const TRACES: [Trace; 9] = [
    Trace { name: "clean", encoding: Encoding::SPEECH, network: clean, slow: 0, aim: "PESQ ≥ 4.25, p50 ≤ 45 ms" },
    Trace { name: "clean, 10 ms frames", encoding: Encoding::EARLY_SPEECH, network: clean, slow: 0, aim: "" },
    Trace { name: "jitter 0–20 ms", encoding: Encoding::SPEECH, network: little_jitter, slow: 0, aim: "" },
    Trace {
        name: "jitter 0–60 ms, 10 % loss",
        encoding: Encoding::SPEECH,
        network: jitter_and_loss,
        slow: 0,
        aim: "PESQ ≥ 3.0, p50 ≤ 110 ms",
    },
    Trace {
        name: "jitter 0–60 ms, 10 % loss, 10 ms frames",
        encoding: Encoding::EARLY_SPEECH,
        network: jitter_and_loss,
        slow: 0,
        aim: "",
    },
    Trace {
        name: "a stall of 160 ms every 3 s",
        encoding: Encoding::SPEECH,
        network: stalls,
        slow: 0,
        aim: "PESQ > 2.89, p50 < 141 ms",
    },
    Trace { name: "bursts of loss, 7 %", encoding: Encoding::SPEECH, network: bursts, slow: 0, aim: "" },
    Trace { name: "150 ppm slower clock", encoding: Encoding::SPEECH, network: clean, slow: 150, aim: "" },
    Trace { name: "150 ppm faster clock", encoding: Encoding::SPEECH, network: clean, slow: -150, aim: "" },
];

/// Measures each trace.
pub fn measure() -> Result<Vec<Row>> {
    let figure = "jitter buffer over bad networks";
    let folder = tempfile::tempdir()?;
    let fed = folder.path().join("fed.wav");
    let spoken = Command::new("sh").arg(format!("{RIG}/speech.sh")).arg(&fed).stdin(Stdio::null()).status()?;
    if !spoken.success() {
        return Ok(vec![Row::skipped(figure, "needs Python and alsa-utils, whose voice is used")]);
    }
    let speech = read(&fed)?;
    TRACES.iter().map(|trace| trace.measure(&speech, &fed, &folder.path().join("heard.wav"))).collect()
}

fn clean(_: &mut Seed, _: &mut bool, _: Duration) -> Option<Duration> {
    Some(Duration::ZERO)
}

fn little_jitter(random: &mut Seed, _: &mut bool, _: Duration) -> Option<Duration> {
    Some(Duration::from_micros(random.below(20_000)))
}

fn jitter_and_loss(random: &mut Seed, _: &mut bool, _: Duration) -> Option<Duration> {
    let delay = Duration::from_micros(random.below(60_000));
    (random.below(10) > 0).then_some(delay)
}

/// Whatever is sent within a stall arrives when it is over.
fn stalls(_: &mut Seed, _: &mut bool, sent: Duration) -> Option<Duration> {
    let since = sent.as_millis() as u64 % 3000;
    let stalled = sent.as_secs() >= 1 && since < 160;
    Some(Duration::from_millis(if stalled { 160 - since } else { 0 }))
}

/// Losses in a row, as Gilbert has them: 2.5 on average.
fn bursts(random: &mut Seed, bad: &mut bool, _: Duration) -> Option<Duration> {
    *bad = if *bad { random.below(100) >= 40 } else { random.below(100) < 3 };
    (!*bad).then_some(Duration::from_micros(random.below(5_000)))
}

/// What was heard.
struct Heard {
    sound: Vec<f32>,
    /// From the capture of each tick to when it is played.
    delays: Times,
    stats: JitterStats,
    cost: Duration,
}

impl Trace {
    fn measure(&self, speech: &[f32], fed: &Path, file: &Path) -> Result<Row> {
        let mut packets = self.packets(speech)?;
        packets.sort_by_key(|packet| packet.at);
        let mut heard = self.play(&packets)?;
        for _ in 1..TIMES {
            heard.cost = heard.cost.min(self.play(&packets)?.cost);
        }
        write(file, &heard.sound)?;
        let JitterStats { lost, late, repaired, concealed_ms, shortened_ms, lengthened_ms, .. } = heard.stats;
        let measured = format!(
            "PESQ {}; delay p50 / p95 {} / {} ms; lost {lost}, repaired {repaired}, late {late}, made up {concealed_ms} \
             ms; shortened {shortened_ms} ms, lengthened {lengthened_ms} ms; {} µs per 10 ms",
            judged(fed, file)?,
            heard.delays.at(0.5).as_millis(),
            heard.delays.at(0.95).as_millis(),
            heard.cost.as_micros(),
        );
        let conditions =
            "24 s of human speech, path 20 ms, virtual time; delay from capture to play without the codec's";
        Ok(Row::new(format!("jitter buffer: {}", self.name), measured, self.aim, conditions))
    }

    /// The packets that arrive, with when they do.
    fn packets(&self, speech: &[f32]) -> Result<Vec<Received>> {
        let (mut encoder, mut random, mut bad) = (Encoder::new(self.encoding)?, Seed::new(4), false);
        let frame = self.encoding.frame;
        let mut packets = Vec::new();
        for (index, samples) in speech.chunks_exact(frame).enumerate() {
            let mut room = [0; PACKET_ROOM];
            let length = encoder.encode(samples, &mut room)?;
            let sent = time((index + 1) * frame);
            let Some(delay) = (self.network)(&mut random, &mut bad, sent) else { continue };
            packets.push(Received {
                slot: 0,
                kind: Kind::Opus,
                sequence: 1000 + index as u64,
                timestamp: (index * frame) as u32,
                marker: index == 0,
                mark: None,
                payload: room[..length].to_vec(),
                at: start() + sent + PATH + delay,
            });
        }
        Ok(packets)
    }

    fn play(&self, packets: &[Received]) -> Result<Heard> {
        let mut buffer = JitterBuffer::new()?;
        let mut arriving = packets.iter().peekable();
        let (mut sound, mut delays) = (vec![0.0; samples(PHASE)], Vec::new());
        let began = usage::own_process().unwrap_or_default();
        let last = packets.iter().map(|packet| packet.at).max().context("something arrives")?;
        for index in 0_u32.. {
            let drift = f64::from(index) * 0.01 * (1.0 + f64::from(self.slow) / 1e6);
            let now = start() + PHASE + Duration::from_secs_f64(drift);
            let mut tick = Tick::default();
            while let Some(packet) = arriving.next_if(|packet| packet.at <= now) {
                buffer.insert(packet, packet.at);
            }
            let pulled = buffer.pull(&mut tick, now);
            sound.extend_from_slice(tick.left());
            if now > last {
                let used = usage::own_process().unwrap_or_default().saturating_sub(began);
                return Ok(Heard {
                    sound,
                    delays: Times::new(delays),
                    stats: buffer.stats(),
                    cost: used / index.max(1),
                });
            }
            if let (Pulled::Speech, Some(timestamp)) = (pulled, buffer.timestamp()) {
                delays.push(now.duration_since(start()).saturating_sub(time(timestamp as usize)));
            }
        }
        anyhow::bail!("the trace has no end")
    }
}

/// PESQ-WB, mean and worst of pieces.
fn judged(fed: &Path, heard: &Path) -> Result<String> {
    let judge = Command::new("sh")
        .arg(format!("{RIG}/python.sh"))
        .arg("mouth_to_ear.py")
        .args([fed, heard])
        .arg("--json")
        .stdin(Stdio::null())
        .output()?;
    let told: Option<serde_json::Value> = serde_json::from_slice(&judge.stdout).ok();
    let mark = |name: &str| told.as_ref()?.get(name)?.as_f64();
    Ok(match (mark("pesq_wb"), mark("pesq_wb_min")) {
        (Some(mean), Some(worst)) => format!("{mean:.2}, worst {worst:.2}"),
        _ => "not measured (needs Python and gcc)".to_owned(),
    })
}

fn read(path: &Path) -> Result<Vec<f32>> {
    let mut wav = hound::WavReader::open(path)?;
    ensure!(wav.spec().sample_rate == SAMPLE_RATE && wav.spec().channels == 1, "the voice has one channel at 48 kHz");
    Ok(wav
        .samples::<i16>()
        .map(|sample| sample.map(|sample| f32::from(sample) / 32_768.0))
        .collect::<Result<_, _>>()?)
}

fn write(path: &Path, samples: &[f32]) -> Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(path, spec)?;
    for sample in samples {
        wav.write_sample((sample.clamp(-1.0, 1.0) * f32::from(i16::MAX)) as i16)?;
    }
    Ok(wav.finalize()?)
}

fn samples(time: Duration) -> usize {
    (time.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize
}

fn time(samples: usize) -> Duration {
    Duration::from_secs_f64(samples as f64 / f64::from(SAMPLE_RATE))
}

/// Any instant will do: only differences matter.
fn start() -> Instant {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    *START.get_or_init(clock::now)
}
