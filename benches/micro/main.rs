//! The arithmetic of sound, as often as it runs in a call: per packet of 20 ms, or per tick of 10 ms. And what each request
//! of a program costs before anything is done for it.

#![allow(missing_docs, reason = "criterion's macros declare public items")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, criterion_group, criterion_main};
use switchboard::base::{clock, task};
use switchboard::domain::scope::Scopes;
use switchboard::domain::time::UnixMillis;
use switchboard::media::jitter::JitterBuffer;
use switchboard::media::mixer::Mixer;
use switchboard::media::opus::{Decoder, Encoder, Encoding, LONGEST, PACKET_ROOM};
use switchboard::media::packet::{FRAME, Kind, Received, TICK};
use switchboard::media::processing::{Noise, Processing, Processor};
use switchboard::media::resample::Resampler;
use switchboard::media::tick::Tick;
use switchboard::service::identity::{Identities, Settings};
use switchboard::service::rest::acs::signature::{Claim, Key};
use switchboard::service::store;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// As many packets of something like a voice are encoded beforehand: one second.
const PACKETS: usize = 50;
/// Speakers that are mixed: as many as a phone hears at once.
const SPEAKERS: usize = 4;

criterion_group!(sound, encode, decode, conceal, jitter, mix, resample, process);
criterion_group!(requests, bare, signature, token);
criterion_main!(sound, requests);

/// A request to a handler of axum that does nothing: what the checks below are compared with. Client and server share a
/// thread, so that its time is that of both.
fn bare(criterion: &mut Criterion) {
    let (runtime, mut stream) = served();
    criterion.bench_function("a bare handler answers", |bencher| {
        bencher.iter(|| runtime.block_on(ask(&mut stream)));
    });
}

/// How long a bare handler takes, as [`bare`] measures it.
fn of_a_bare_handler() -> Duration {
    const TIMES: u32 = 5000;
    let (runtime, mut stream) = served();
    let began = clock::now();
    for _ in 0..TIMES {
        runtime.block_on(ask(&mut stream));
    }
    began.elapsed() / TIMES
}

/// The name of a row that also says how what `work` does compares with a bare handler.
fn compared(what: &str, mut work: impl FnMut()) -> String {
    const TIMES: u32 = 5000;
    let bare = of_a_bare_handler();
    let began = clock::now();
    for _ in 0..TIMES {
        work();
    }
    let ratio = (began.elapsed() / TIMES).as_secs_f64() / bare.as_secs_f64();
    format!("{what} ({ratio:.2} of a bare handler)")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("there is a thread to run on")
}

/// A server whose only handler does nothing, and a connection to it.
fn served() -> (Runtime, TcpStream) {
    let runtime = runtime();
    let stream = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let at = listener.local_addr().expect("it is bound");
        let router = axum::Router::new().route("/", axum::routing::get(async || ""));
        task::spawn("bare", async move { axum::serve(listener, router).await.expect("it serves for ever") });
        let stream = TcpStream::connect(at).await.expect("it listens");
        stream.set_nodelay(true).expect("it is a TCP connection");
        stream
    });
    (runtime, stream)
}

async fn ask(stream: &mut TcpStream) {
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("it is open");
    let mut answer = [0; 512];
    let length = stream.read(&mut answer).await.expect("it answers");
    assert!(answer[..length].ends_with(b"\r\n\r\n"), "the answer came in pieces");
}

/// Checking the access token a session or a request comes with, which was seen before.
fn token(criterion: &mut Criterion) {
    let (runtime, now) = (runtime(), clock::unix_now());
    let folder = tempfile::tempdir().expect("there is room for a database");
    let (identities, token) = runtime.block_on(async {
        let db = store::open(folder.path()).await.expect("the folder is writable");
        let identities = Identities::start(db, Settings::default(), Vec::new()).await.expect("the database is new");
        let who = identities.create_identity(now).await.expect("the store works");
        let life = Duration::from_secs(3600);
        let issued = identities.issue_token(&who, Scopes::USER, life, now).await.expect("it is there");
        (identities, issued.0)
    });
    let check = || {
        let verified = runtime.block_on(identities.verify(black_box(token.expose()), now));
        black_box(verified.expect("it counts"));
    };
    let row = compared("check an access token", check);
    criterion.bench_function(&row, |bencher| bencher.iter(check));
}

/// Checking the HMAC of a request with a body of 1 KB: both access keys, all forms of its path.
fn signature(criterion: &mut Criterion) {
    let (date, host) = ("Mon, 23 Nov 2026 11:25:09 GMT", "calls.example:8791");
    let target = "/identities/8%3Aacs%3A1f0a6a0e-5a9b-4a57-9d5c-0e6f0c7b1a01_7c2e4e55-83a4-4c39-9c3e-0d6b1f2a3b4c/\
                  :issueAccessToken?api-version=2023-10-01";
    let (body, keys) = (vec![b'x'; 1024], [Key::new(&[1; 64]), Key::new(&[2; 64])]);
    let hash = STANDARD.encode(digest(&SHA256, &body));
    let made = keys[1].sign(&format!("POST\n{target}\n{date};{host};{hash}"));
    let authorization = format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={made}");
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("authorization", authorization.as_str()), ("x-ms-date", date), ("x-ms-content-sha256", &hash)]
    {
        headers.insert(name, HeaderValue::from_str(value).expect("it is printable"));
    }
    // The instant of the date.
    let now = UnixMillis(1_795_433_109_000);
    let check = || {
        let claim = Claim::read(black_box(&headers), now).expect("it is well-formed");
        claim.check("POST", target, host, &body, &keys).expect("one of the keys made it");
    };
    let row = compared("check the signature of a request of 1 KB", check);
    criterion.bench_function(&row, |bencher| bencher.iter(check));
}

fn encode(criterion: &mut Criterion) {
    let mut encoder = Encoder::new(Encoding::SPEECH).expect("there is memory for an encoder");
    let (frames, mut packet): (Vec<_>, _) = ((0..PACKETS).map(voice).collect(), [0; PACKET_ROOM]);
    let mut next = frames.iter().cycle();
    criterion.bench_function("encode 20 ms", |bencher| {
        bencher.iter(|| next.next().map(|frame| encoder.encode(black_box(frame), &mut packet)));
    });
}

fn decode(criterion: &mut Criterion) {
    let mut decoder = Decoder::new().expect("there is memory for a decoder");
    let (packets, mut out) = (packets(), [0.0; LONGEST]);
    let mut next = packets.iter().cycle();
    criterion.bench_function("decode 20 ms", |bencher| {
        bencher.iter(|| next.next().map(|packet| decoder.decode(black_box(packet), &mut out)));
    });
}

fn conceal(criterion: &mut Criterion) {
    let mut decoder = Decoder::new().expect("there is memory for a decoder");
    let mut out = [0.0; LONGEST];
    for packet in packets() {
        decoder.decode(&packet, &mut out).expect("the encoder makes packets");
    }
    criterion.bench_function("make up 20 ms", |bencher| {
        bencher.iter(|| decoder.conceal(black_box(&mut out[..FRAME])));
    });
}

/// One packet in, two ticks out, decoding included; every tenth packet comes 30 ms late.
fn jitter(criterion: &mut Criterion) {
    let mut buffer = JitterBuffer::new().expect("there is memory for a decoder");
    let (packets, began, mut sequence) = (packets(), clock::now(), 0_u64);
    let mut tick = Tick::default();
    criterion.bench_function("jitter buffer: a packet in, 20 ms out", |bencher| {
        bencher.iter(|| {
            let now = began + Duration::from_millis(20 * sequence);
            let late = Duration::from_millis(if sequence % 10 == 0 { 30 } else { 0 });
            buffer.insert(&received(sequence, &packets, now + late), now + late);
            for half in 0..2 {
                buffer.pull(black_box(&mut tick), now + Duration::from_millis(10 * half));
            }
            sequence += 1;
        });
    });
}

fn mix(criterion: &mut Criterion) {
    let mut mixer = Mixer::default();
    let track = Tick::from(std::array::from_fn(|at| voice(0)[at]));
    let mut out = Tick::default();
    criterion.bench_function("mix 10 ms of four speakers", |bencher| {
        bencher.iter(|| {
            for _ in 0..SPEAKERS {
                mixer.add(black_box(&track), 0.7);
            }
            mixer.finish(&mut out);
        });
    });
}

fn resample(criterion: &mut Criterion) {
    let mut resampler = Resampler::new(44_100, 48_000).expect("the rates are ordinary");
    let samples = [0.1; 441];
    criterion.bench_function("resample 10 ms from 44.1 to 48 kHz", |bencher| {
        bencher.iter(|| {
            resampler.push(black_box(&samples), |out| {
                black_box(out);
            });
        });
    });
}

/// What each part of the processing costs, with the far end speaking all the time; where echo is cancelled, the row says
/// by how much.
fn process(criterion: &mut Criterion) {
    let echo = Processing { echo: true, ..Processing::NONE };
    let parts = [
        ("nothing", Processing::NONE),
        ("suppress noise", Processing { noise: Noise::Standard, ..Processing::NONE }),
        ("suppress noise strongly", Processing { noise: Noise::Strong, ..Processing::NONE }),
        ("even out the level", Processing { gain: true, ..Processing::NONE }),
        ("cancel echo", echo),
        ("cancel echo, suppress noise", Processing { noise: Noise::Standard, ..echo }),
        ("all", Processing::ALL),
    ];
    for (name, wanted) in parts {
        let mut room = Room::new(wanted);
        for _ in 0..1000 {
            room.tick();
        }
        let erle = room.processor.erle_db().map(|db| format!(" ({db:.0} dB of echo taken away)"));
        let row = format!("process 10 ms: {name}{}", erle.unwrap_or_default());
        criterion.bench_function(&row, |bencher| bencher.iter(|| room.tick()));
    }
}

/// A microphone that hears the speaker after 60 ms, with some reverberation, and a little noise.
struct Room {
    processor: Processor,
    far: Vec<f32>,
    at: usize,
    noise: u32,
}

impl Room {
    fn new(wanted: Processing) -> Self {
        // Ten seconds of syllables, so that it goes up and down as speech does.
        let loud = |at: usize| (at as f32 / 48_000.0 * 3.7 * std::f32::consts::TAU).sin().max(0.0);
        let hiss = |at: usize| (at as u32).wrapping_mul(2_654_435_761) as f32 / u32::MAX as f32 - 0.5;
        let frames = (0..500).flat_map(voice);
        let far = frames.enumerate().map(|(at, sample)| loud(at) * (0.4 * sample + 0.1 * hiss(at))).collect();
        Self { processor: Processor::new(wanted), far, at: 0, noise: 1 }
    }

    fn tick(&mut self) {
        let (length, at) = (self.far.len(), self.at);
        let far = |back: usize, n: usize| self.far[(at + n + length - back) % length];
        let played = Tick::from(std::array::from_fn::<f32, TICK, _>(|n| far(0, n)));
        let mut noise = self.noise;
        let mut heard = Tick::from(std::array::from_fn::<f32, TICK, _>(|n| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hum = (noise as f32 / u32::MAX as f32 - 0.5) * 1e-4;
            hum + 0.5 * far(2_880, n) + 0.2 * far(3_557, n) - 0.1 * far(4_801, n) + 0.05 * far(7_213, n)
        }));
        (self.noise, self.at) = (noise, (at + TICK) % length);
        self.processor.render(black_box(&played));
        self.processor.capture(black_box(&mut heard));
    }
}

fn received(sequence: u64, packets: &[Vec<u8>], at: Instant) -> Received {
    Received {
        slot: 0,
        kind: Kind::Opus,
        sequence,
        timestamp: (sequence * FRAME as u64) as u32,
        marker: false,
        mark: None,
        payload: packets[sequence as usize % packets.len()].clone(),
        at,
    }
}

/// A second of something like a voice.
fn packets() -> Vec<Vec<u8>> {
    let mut encoder = Encoder::new(Encoding::SPEECH).expect("there is memory for an encoder");
    let packet = |index| {
        let mut packet = [0; PACKET_ROOM];
        let length = encoder.encode(&voice(index), &mut packet).expect("the room is large enough");
        packet[..length].to_vec()
    };
    (0..PACKETS).map(packet).collect()
}

/// 20 ms of something like a vowel: a pitch that wanders around 150 Hz, and its harmonics.
fn voice(index: usize) -> [f32; FRAME] {
    std::array::from_fn(|at| {
        let time = (index * FRAME + at) as f64 / 48_000.0;
        let pitch = 150.0 + 20.0 * (3.0 * time).sin();
        let wave = |harmonic: f64| (std::f64::consts::TAU * pitch * harmonic * time).sin() / harmonic;
        (0.295 * (wave(1.0) + wave(2.0) + wave(3.0))) as f32
    })
}
