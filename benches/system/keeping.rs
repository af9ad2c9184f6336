//! What a leg of the SFU keeps in memory: the clients are in a process of their own, so that the growth of this one is what
//! the legs here keep.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use switchboard::base::clock;
use switchboard::control::hearing::Hearing;
use switchboard::domain::id::{CallId, LegId};
use switchboard::service::sfu::{Sfu, SfuConfig, SfuEvent};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::forwarding::PATIENCE;
use crate::peer::Peer;
use crate::table::Row;
use crate::usage;

/// The argument that makes this program the clients.
pub const CLIENTS: &str = "the-clients-of-the-sfu";

/// Legs whose memory is measured, and those before them: the first bring what all share.
const LEGS: usize = 200;
const FIRST: usize = 8;
/// Slots each has, as the phone's legs have.
const SLOTS: usize = 4;
/// How long one of them speaks to all others, and how often.
const SPEAKS: Duration = Duration::from_secs(3);
const PACE: Duration = Duration::from_millis(20);

/// Opens legs, lets one speak to all others, and tells what each of them keeps.
pub fn measure() -> Result<Row> {
    const FIGURE: &str = "SFU: memory of a leg";
    let Some(_) = usage::pss(std::process::id()) else {
        return Ok(Row::skipped(FIGURE, "/proc has no smaps_rollup here"));
    };
    let (events, mut told) = mpsc::channel(1024);
    let (sfu, _) = Sfu::start(&SfuConfig::default(), &events)?;
    let mut clients = Clients::start()?;
    clients.open(&sfu, &mut told, 0..FIRST)?;
    let before = usage::pss(std::process::id()).context("it was told before")?;
    clients.open(&sfu, &mut told, FIRST..FIRST + LEGS)?;
    thread::sleep(SPEAKS);
    let forwarded = sfu.counts().forwarded;
    ensure!(forwarded > (LEGS * 20) as u64, "only {forwarded} packets were forwarded");
    let after = usage::pss(std::process::id()).context("it was told before")?;
    let each = after.saturating_sub(before) as f64 / LEGS as f64 / 1e3;
    let conditions = format!("{LEGS} legs of {SLOTS} slots, one of which speaks to all; growth of the PSS");
    Ok(Row::new(FIGURE, format!("{each:.0} kB"), "≤ 100 kB", conditions))
}

/// The process of the clients. It prints their offers and reads the answers, as one line of JSON each.
struct Clients {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Clients {
    fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(CLIENTS).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("its output is piped")?);
        Ok(Self { child, lines })
    }

    /// Opens legs for the next clients, all of which hear the first, and waits until they are up.
    fn open(&mut self, sfu: &Sfu, told: &mut mpsc::Receiver<SfuEvent>, numbers: std::ops::Range<usize>) -> Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let room = CallId(Uuid::from_u128(1));
        let leg = |n: usize| LegId(Uuid::from_u128(n as u128));
        let answers = self.child.stdin.as_mut().context("its input is piped")?;
        for n in numbers.clone() {
            let mut line = String::new();
            self.lines.read_line(&mut line)?;
            let offer: String = serde_json::from_str(&line).context("the clients ended early")?;
            let answer = runtime.block_on(sfu.open_leg(room, leg(n), &offer))?;
            sfu.hear(leg(n), Hearing::only([leg(0)]))?;
            writeln!(answers, "{}", serde_json::to_string(&answer)?)?;
        }
        let (deadline, mut up) = (clock::now() + PATIENCE, 0);
        while up < numbers.len() {
            ensure!(clock::now() < deadline, "only {up} of {} legs came up", numbers.len());
            while let Ok(event) = told.try_recv() {
                up += usize::from(matches!(event, SfuEvent::LegUp { .. }));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // The end of its input ends it; were it not to, the benchmark would show so by hanging here.
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// What this program does when it is the clients.
pub fn clients() -> ExitCode {
    match be_clients() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the clients of the SFU: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn be_clients() -> Result<()> {
    let ended = AtomicBool::new(false);
    let (answers, answered) = channel::<String>();
    let (offers, offered) = channel();
    thread::scope(|scope| {
        scope.spawn(|| {
            let lines = std::io::stdin().lines().map_while(Result::ok);
            lines.filter_map(|line| serde_json::from_str(&line).ok()).for_each(|answer| drop(answers.send(answer)));
            ended.store(true, Ordering::Relaxed);
        });
        // Whoever reads the offers may let them wait.
        scope.spawn(move || -> Result<()> {
            for _ in 0..FIRST + LEGS {
                let (peer, offer) = Peer::new(SLOTS)?;
                offers.send(peer)?;
                writeln!(std::io::stdout(), "{}", serde_json::to_string(&offer)?)?;
            }
            Ok(())
        });
        let (mut peers, mut next) = (Vec::new(), clock::now());
        while !ended.load(Ordering::Relaxed) {
            while let Ok(answer) = answered.try_recv() {
                let mut peer: Peer = offered.recv()?;
                peer.accept(&answer)?;
                peers.push(peer);
            }
            for peer in &mut peers {
                peer.count()?;
            }
            if peers.len() == FIRST + LEGS && next <= clock::now() {
                next = clock::now() + PACE;
                peers[0].say(&[0; 80])?;
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    })
}
