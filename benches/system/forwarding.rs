//! Some speak, many hear: what the SFU costs for each packet it forwards, and how long a packet takes, beside a bare loop
//! that only receives and sends; and what a leg keeps in memory.
//!
//! Both are given the same packets at the same pace by the same threads, one packet at a time. In both one receiver is read
//! at once (and, of the SFU's, decrypted whole), the others by one thread that counts.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use mio::{Events, Interest, Poll, Token};
use switchboard::base::{clock, task};
use switchboard::control::hearing::Hearing;
use switchboard::domain::id::{CallId, LegId};
use switchboard::service::sfu::socket::{self, Batch, Inbox, Received};
use switchboard::service::sfu::{Sfu, SfuConfig, SfuEvent};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::peer::Peer;
use crate::table::{Row, Times, us};
use crate::usage;

/// How long ends wait for each other: the pace of one voice.
const MOMENT: Duration = Duration::from_millis(20);
/// How long is measured, after a second of warming up.
const SPAN: Duration = Duration::from_secs(10);
const WARM_UP: Duration = Duration::from_secs(1);
/// Bytes of sound: 20 ms of Opus at 32 kbit/s.
pub const PAYLOAD: usize = 80;
/// What SRTP adds to a packet of the SFU: an RTP header with extensions, and an authentication tag.
const OVERHEAD: usize = 40;
/// How often the receivers that only count are looked after.
const COUNT_EVERY: Duration = Duration::from_millis(5);
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Who speaks how often to how many.
struct Scene {
    name: &'static str,
    speakers: usize,
    listeners: usize,
    /// From one packet to the next, of whichever speaker's turn it is.
    pace: Duration,
}

const SCENES: [Scene; 3] = [
    Scene { name: "1 → 50 at 50 packets/s, one voice", speakers: 1, listeners: 50, pace: Duration::from_millis(20) },
    Scene { name: "1 → 50 at 800 packets/s", speakers: 1, listeners: 50, pace: Duration::from_micros(1_250) },
    Scene { name: "10 → 10 at 50 packets/s each", speakers: 10, listeners: 10, pace: Duration::from_millis(2) },
];

impl Scene {
    /// The one whose packets are timed: neither the first nor the last that is sent to.
    fn timed(&self) -> usize {
        self.listeners / 2
    }
}

/// Measures both in each scene, and compares; then the memory.
pub fn measure() -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for scene in &SCENES {
        rows.extend(compare(scene)?);
    }
    rows.push(crate::keeping::measure()?);
    Ok(rows)
}

fn compare(scene: &Scene) -> Result<Vec<Row>> {
    let bare = bare(scene)?;
    let sfu = sfu(scene)?;
    let conditions = format!("{}: {} packets in {} s", scene.name, sfu.forwarded, SPAN.as_secs());
    let cost = |outcome: &Outcome| outcome.cpu.map(|cpu| cpu.div_f64(outcome.forwarded.max(1) as f64));
    let cost = match (cost(&sfu), cost(&bare)) {
        (Some(ours), Some(theirs)) => {
            let measured =
                format!("{} ({:.1} × the bare loop's {})", us(ours), ours.div_duration_f64(theirs), us(theirs));
            Row::new("SFU: processor per forwarded packet", measured, "≤ 7 µs", conditions.clone())
        }
        _ => Row::skipped("SFU: processor per forwarded packet", "/proc has no schedstat here"),
    };
    let latency = format!("{} (bare loop: {})", sfu.latency.p50_p99_ms(), bare.latency.p50_p99_ms());
    Ok(vec![cost, Row::new("SFU: latency p50 / p99", latency, "≤ 0.4 / 2 ms", conditions)])
}

/// What one of the two did within the span.
struct Outcome {
    forwarded: u64,
    cpu: Option<Duration>,
    latency: Times,
}

fn sfu(scene: &Scene) -> Result<Outcome> {
    let (events, mut told) = mpsc::channel(1024);
    // One leg sends what twenty voices would.
    let config = SfuConfig { packets_per_second: 2_000, ..SfuConfig::default() };
    let (sfu, _) = Sfu::start(&config, &events)?;
    let room = CallId(Uuid::from_u128(1));
    let leg = |n: usize| LegId(Uuid::from_u128(n as u128));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let everybody = scene.speakers + scene.listeners;
    let sources: Vec<LegId> = (0..scene.speakers).map(leg).collect();
    let mut peers = Vec::new();
    for n in 0..everybody {
        let (mut peer, offer) = Peer::new(scene.speakers)?;
        let answer = runtime.block_on(sfu.open_leg(room, leg(n), &offer))?;
        peer.accept(&answer)?;
        if n >= scene.speakers {
            sfu.hear(leg(n), Hearing::only(sources.as_slice()))?;
        }
        peers.push(peer);
    }
    let deadline = clock::now() + PATIENCE;
    let mut up = 0;
    while up < everybody {
        ensure!(clock::now() < deadline, "only {up} of {everybody} legs came up");
        for peer in &mut peers {
            peer.attend(|_| {})?;
        }
        while let Ok(event) = told.try_recv() {
            up += usize::from(matches!(event, SfuEvent::LegUp { .. }));
        }
        thread::sleep(Duration::from_millis(1));
    }
    let mut listener = peers.remove(scene.speakers + scene.timed());
    let mut crowd = peers.split_off(scene.speakers);
    let mut speakers = peers;
    let mut turn = (0..scene.speakers).cycle();
    listener.socket.set_nonblocking(false)?;
    run(
        "sfu",
        scene.pace,
        Sides {
            speak: |payload: &[u8]| {
                let speaker = &mut speakers[turn.next().unwrap_or_default()];
                speaker.attend(|_| {})?;
                speaker.say(payload)
            },
            listen: |heard: &mut dyn FnMut(&[u8])| {
                let nap = listener.timeout.saturating_duration_since(clock::now());
                listener.socket.set_read_timeout(Some(nap.clamp(Duration::from_millis(1), MOMENT)))?;
                listener.listen(|packet| heard(&packet.payload))
            },
            count: || crowd.iter_mut().try_fold(0, |sum, peer| Ok(sum + peer.count()?)),
        },
    )
}

fn bare(scene: &Scene) -> Result<Outcome> {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut forwarder = socket::bind(loopback)?;
    let here = forwarder.local_addr()?;
    let mut sinks: Vec<UdpSocket> =
        (0..scene.listeners).map(|_| UdpSocket::bind(loopback)).collect::<Result<_, _>>()?;
    let addresses: Vec<SocketAddr> = sinks.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?;
    let listener = sinks.remove(scene.timed());
    let crowd = sinks;
    listener.set_read_timeout(Some(MOMENT))?;
    crowd.iter().try_for_each(|sink| sink.set_nonblocking(true))?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let forwarding = task::thread("bare", move || forward_bare(&mut forwarder, &addresses, &stopped))?;
    let speaker = UdpSocket::bind(loopback)?;
    let mut buffer = [0; 2_000];
    let outcome = run(
        "bare",
        scene.pace,
        Sides {
            speak: |payload: &[u8]| {
                let mut datagram = payload.to_vec();
                datagram.resize(PAYLOAD + OVERHEAD, 0);
                speaker.send_to(&datagram, here)?;
                Ok(())
            },
            listen: |heard: &mut dyn FnMut(&[u8])| {
                if let Ok(length) = listener.recv(&mut buffer) {
                    heard(&buffer[..length]);
                }
                Ok(())
            },
            count: || {
                let mut buffer = [0; 2_000];
                let mut drain = |sink: &UdpSocket| std::iter::from_fn(|| sink.recv(&mut buffer).ok()).count() as u64;
                Ok(crowd.iter().map(&mut drain).sum())
            },
        },
    );
    stop.store(true, Ordering::Relaxed);
    // It panics only by a mistake of its own, and then nothing was measured either.
    forwarding.join().ok();
    outcome
}

/// Receives in batches and sends in batches, and does nothing else.
fn forward_bare(from: &mut mio::net::UdpSocket, to: &[SocketAddr], stop: &AtomicBool) {
    const SOCKET: Token = Token(0);
    let Ok(mut poll) = Poll::new() else { return };
    if poll.registry().register(from, SOCKET, Interest::READABLE).is_err() {
        return;
    }
    let (mut events, mut inbox, mut out) = (Events::with_capacity(8), Inbox::default(), Batch::default());
    while !stop.load(Ordering::Relaxed) {
        if poll.poll(&mut events, Some(Duration::from_millis(100))).is_err() {
            continue;
        }
        loop {
            let Received { count, emptied } = inbox.receive(from);
            for n in 0..count {
                let datagram = inbox.get(n).1;
                for &to in to {
                    out.add(to, |buffer| {
                        buffer.extend_from_slice(datagram);
                        true
                    });
                }
            }
            out.send(from);
            if emptied {
                break;
            }
        }
    }
}

/// The two ends of what is measured: who speaks, who hears.
struct Sides<S, L, C> {
    /// Sends one packet with this payload.
    speak: S,
    /// Waits a moment for packets, and hands over the payload of each.
    listen: L,
    /// Counts what the others got.
    count: C,
}

/// Speaks for the span, and measures the thread called `thread` meanwhile.
fn run<S, L, C>(thread: &str, pace: Duration, sides: Sides<S, L, C>) -> Result<Outcome>
where
    S: FnMut(&[u8]) -> Result<()>,
    L: FnMut(&mut dyn FnMut(&[u8])) -> Result<()> + Send,
    C: FnMut() -> Result<u64> + Send,
{
    let Sides { mut speak, mut listen, mut count } = sides;
    let (stop, began, counted) = (AtomicBool::new(false), clock::now(), AtomicU64::new(0));
    let warm = began + WARM_UP;
    thread::scope(|scope| {
        let listening: ScopedJoinHandle<'_, Result<Vec<Duration>>> = scope.spawn(|| {
            let mut latency = Vec::with_capacity(4_096);
            while !stop.load(Ordering::Relaxed) {
                listen(&mut |payload| {
                    let now = clock::now();
                    let sent = began + sent_after(payload);
                    if sent >= warm {
                        latency.push(now.saturating_duration_since(sent));
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                })?;
            }
            Ok(latency)
        });
        let counting: ScopedJoinHandle<'_, Result<()>> = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let now = clock::now();
                let got = count()?;
                if now >= warm {
                    counted.fetch_add(got, Ordering::Relaxed);
                }
                thread::sleep(COUNT_EVERY);
            }
            Ok(())
        });
        let spoken = speak_for(began, pace, &mut speak, || usage::own_threads(thread));
        // The last packets get the time to arrive.
        thread::sleep(2 * MOMENT);
        let cpu = spoken.map(|before| Some(usage::own_threads(thread)?.saturating_sub(before?)));
        stop.store(true, Ordering::Relaxed);
        let latency = listening.join().map_err(|_| anyhow::anyhow!("the listener panicked"))??;
        counting.join().map_err(|_| anyhow::anyhow!("the counter panicked"))??;
        Ok(Outcome { forwarded: counted.load(Ordering::Relaxed), cpu: cpu?, latency: Times::new(latency) })
    })
}

/// Speaks from `began` on; returns what `cpu` told once it was warm.
fn speak_for<S>(
    began: Instant,
    pace: Duration,
    speak: &mut S,
    cpu: impl Fn() -> Option<Duration>,
) -> Result<Option<Duration>>
where
    S: FnMut(&[u8]) -> Result<()>,
{
    let packets = (WARM_UP + SPAN).as_micros() / pace.as_micros();
    let (mut payload, mut before, mut warm) = ([0; PAYLOAD], None, false);
    for n in 0..u32::try_from(packets)? {
        thread::sleep((began + pace * n).saturating_duration_since(clock::now()));
        if !warm && clock::now() >= began + WARM_UP {
            (before, warm) = (cpu(), true);
        }
        let after = u64::try_from((clock::now() - began).as_nanos())?;
        payload[..8].copy_from_slice(&after.to_le_bytes());
        speak(&payload)?;
    }
    Ok(before)
}

/// When a packet was sent, counted from the beginning.
pub fn sent_after(payload: &[u8]) -> Duration {
    let nanoseconds = payload.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    Duration::from_nanos(nanoseconds)
}
