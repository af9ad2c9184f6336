//! Every reader of foreign bytes, fed with a committed corpus and with thousands of mutations of it.
//!
//! Each entry is a plain `fn(&[u8])` that must return, whatever it is fed: the shape a fuzzer takes. The seed is printed,
//! and a failure names reader, round and bytes.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::time::Duration;

use switchboard::base::clock;
use switchboard::base::duration;
use switchboard::base::seed::Seed;
use switchboard::cli::{dtmf::Script, expect::Expectation};
use switchboard::config::{self, Inputs, ServerUrl};
use switchboard::domain::id::{CallId, Identity, UserName};
use switchboard::domain::text;
use switchboard::media::dtmf;
use switchboard::media::jitter::JitterBuffer;
use switchboard::media::opus::{self, Decoder, LONGEST};
use switchboard::media::packet::{Kind, Received};
use switchboard::media::tick::Tick;
use switchboard::phone::audio::wav::WavReader;
use switchboard::protocol::codec::{decode_client, decode_service, encode};
use switchboard::protocol::rest::{NewAccount, SignIn};
use switchboard::service::identity::{Identities, Settings};
use switchboard::service::store;

/// A reader, the folder of its corpus, and how many mutations it is fed here.
struct Reader {
    read: fn(&[u8]),
    corpus: &'static str,
    rounds: u64,
}

const READERS: &[Reader] = &[
    Reader { read: client_frame, corpus: "frames", rounds: 2_000 },
    Reader { read: service_frame, corpus: "frames", rounds: 2_000 },
    Reader { read: bodies, corpus: "frames", rounds: 1_000 },
    Reader { read: typed_words, corpus: "words", rounds: 3_000 },
    Reader { read: settings, corpus: "settings", rounds: 200 },
    Reader { read: wav, corpus: "wav", rounds: 300 },
    Reader { read: opus_packet, corpus: "opus", rounds: 700 },
    Reader { read: arriving_packets, corpus: "packets", rounds: 400 },
    Reader { read: telephone_events, corpus: "packets", rounds: 2_000 },
];

#[test]
fn no_reader_of_foreign_bytes_panics() {
    let start = 20_261_122;
    println!("seed {start}");
    let mut seed = Seed::new(start);
    for (n, reader) in READERS.iter().enumerate() {
        let corpus = corpus(reader.corpus);
        for (name, bytes) in &corpus {
            feed(reader, bytes, &format!("reader {n}, corpus file {}/{name}", reader.corpus));
        }
        for round in 0..reader.rounds {
            let at = usize::try_from(seed.below(corpus.len() as u64)).unwrap();
            feed(reader, &mutate(&corpus[at].1, &mut seed), &format!("reader {n} ({}), round {round}", reader.corpus));
        }
    }
}

/// What an access token is, to a service: nothing but its own counts, whatever is done to one.
#[test]
fn no_mutation_of_a_token_counts() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let db = store::open(folder.path()).await.unwrap();
        let identities = Identities::start(db, Settings::default(), Vec::new()).await.unwrap();
        let mut seed = Seed::new(3);
        for (_, bytes) in corpus("tokens") {
            for _ in 0..300 {
                let token = String::from_utf8_lossy(&mutate(&bytes, &mut seed)).into_owned();
                assert!(identities.verify(&token, clock::unix_now()).await.is_err());
            }
        }
    });
}

fn feed(reader: &Reader, bytes: &[u8], what: &str) {
    let fed = std::panic::catch_unwind(|| (reader.read)(bytes));
    assert!(fed.is_ok(), "{what}: {}", bytes.escape_ascii());
}

fn client_frame(bytes: &[u8]) {
    if let Ok(frame) = decode_client(&String::from_utf8_lossy(bytes)) {
        assert_eq!(decode_client(&encode(&frame)).ok(), Some(frame), "what was read is not what is written");
    }
}

fn service_frame(bytes: &[u8]) {
    if let Some(frame) = decode_service(&String::from_utf8_lossy(bytes)) {
        assert_eq!(decode_service(&encode(&frame)), Some(frame), "what was read is not what is written");
    }
}

fn bodies(bytes: &[u8]) {
    serde_json::from_slice::<SignIn>(bytes).ok();
    serde_json::from_slice::<NewAccount>(bytes).ok();
}

fn typed_words(bytes: &[u8]) {
    let typed = String::from_utf8_lossy(bytes);
    duration::parse(&typed).ok();
    duration::of_ringing(&typed).ok();
    typed.parse::<Script>().ok();
    typed.parse::<Expectation>().ok();
    typed.parse::<ServerUrl>().ok();
    typed.parse::<CallId>().ok();
    if let Ok(identity) = typed.parse::<Identity>() {
        assert_eq!(identity.as_str(), typed);
    }
    if let Ok(name) = typed.parse::<UserName>() {
        assert_eq!(name.as_str().parse(), Ok(name.clone()));
    }
    let printable = text::printable(&typed, 64);
    assert!(printable.chars().count() <= 64 && !printable.chars().any(char::is_control));
}

fn settings(bytes: &[u8]) {
    with_file(bytes, |file| {
        let inputs = Inputs { file: Some(file.to_owned()), file_required: true, ..Inputs::default() };
        if let Err(why) = config::load(&inputs) {
            assert!(!why.to_string().is_empty());
        }
    });
    let text = String::from_utf8_lossy(bytes).into_owned();
    let environment = ["SWITCHBOARD_SERVICE_LISTEN", "SWITCHBOARD_LOG_LEVEL", "SWITCHBOARD_MEDIA_ADVERTISE"];
    let environment = environment.map(|name| (name.to_owned(), text.clone())).to_vec();
    config::load(&Inputs { environment, ..Inputs::default() }).ok();
}

fn wav(bytes: &[u8]) {
    with_file(bytes, |file| {
        if let Ok(mut reader) = WavReader::open(file) {
            let mut tick = Tick::default();
            // No more than a header may promise: the file itself is short.
            for _ in 0..200 {
                if reader.read(&mut tick) == 0 {
                    break;
                }
            }
        }
    });
}

fn opus_packet(bytes: &[u8]) {
    let mut decoder = Decoder::new().unwrap();
    let mut out = vec![0.0; LONGEST];
    opus::has_copy(bytes);
    let half = bytes.split_at(bytes.len() / 2).0;
    for packet in [bytes, half, bytes] {
        decoder.decode(packet, &mut out).ok();
        decoder.decode_fec(packet, &mut out).ok();
        decoder.conceal(&mut out[..480]).ok();
    }
}

/// Packets as the bytes say: each takes eight for its header and its length.
fn arriving_packets(bytes: &[u8]) {
    let mut buffer = JitterBuffer::new().unwrap();
    let mut now = clock::now();
    let (mut out, mut sequence) = (Tick::default(), 1_u64 << 40);
    let mut rest = bytes;
    while let [kind, step, t0, t1, t2, t3, wait, length, after @ ..] = rest {
        let (payload, after) = after.split_at(usize::from(*length).min(after.len()));
        rest = after;
        sequence = match step {
            255 => sequence.wrapping_mul(31),
            step => sequence.wrapping_add(u64::from(*step)).wrapping_sub(100),
        };
        let mark = (*kind > 63).then_some(u16::from(*kind / 64));
        let kind = if kind % 4 == 0 { Kind::TelephoneEvent } else { Kind::Opus };
        let timestamp = u32::from_be_bytes([*t0, *t1, *t2, *t3]);
        let (marker, payload) = (*wait > 200, payload.to_vec());
        let packet = Received { slot: 0, kind, sequence, timestamp, marker, mark, payload, at: now };
        buffer.insert(&packet, now);
        for _ in 0..wait % 5 {
            now += Duration::from_millis(10);
            buffer.pull(&mut out, now);
            assert!(out.left().iter().all(|sample| sample.is_finite()));
        }
    }
    let stats = buffer.stats();
    assert!(stats.jitter_ms.is_finite() && stats.buffer_ms.is_finite(), "{stats:?}");
}

fn telephone_events(bytes: &[u8]) {
    let mut receiver = dtmf::Receiver::default();
    for chunk in bytes.chunks(7) {
        let timestamp =
            chunk.iter().take(3).fold(0, |sum: u32, byte| sum.wrapping_mul(997).wrapping_add(u32::from(*byte)));
        receiver.receive(timestamp, chunk.get(3..).unwrap_or(chunk));
    }
}

thread_local! {
    static FOLDER: RefCell<tempfile::TempDir> = RefCell::new(tempfile::tempdir().unwrap());
}

fn with_file(bytes: &[u8], read: impl FnOnce(&Path)) {
    FOLDER.with_borrow(|folder| {
        let file = folder.path().join("fed");
        fs::write(&file, bytes).unwrap();
        read(&file);
    });
}

/// The files of a corpus, by name.
pub fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile/corpus").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let corpus: Vec<_> = files.iter().map(|path| (name(path), fs::read(path).unwrap())).collect();
    assert!(!corpus.is_empty(), "{} is empty", folder.display());
    corpus
}

/// Bytes that are nearly these: a few changed, left out, doubled, moved or cut off.
pub fn mutate(bytes: &[u8], seed: &mut Seed) -> Vec<u8> {
    const ODD: &[u8] = b"\x00\x01\x7f\x80\xfe\xff09-.:=\"{}[],\r\n \\%";
    let mut out = bytes.to_vec();
    for _ in 0..=seed.below(4) {
        let at = usize::try_from(seed.below(out.len() as u64 + 1)).unwrap();
        let some = usize::try_from(seed.below(24)).unwrap().min(out.len() - at);
        let odd = ODD[usize::try_from(seed.below(ODD.len() as u64)).unwrap()];
        match seed.below(7) {
            0 if at < out.len() => out[at] = odd,
            1 if at < out.len() => out[at] ^= 1 << seed.below(8),
            2 => out.insert(at, odd),
            3 => drop(out.drain(at..at + some)),
            4 => {
                let copy = out[at..at + some].to_vec();
                out.splice(at..at, copy);
            }
            5 if seed.below(4) == 0 => out.truncate(at),
            _ => out[at..at + some].reverse(),
        }
    }
    out
}
