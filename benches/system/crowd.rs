//! A crowd in one group call, in a process of its own, so that what the service costs is not mixed up with what its clients
//! cost: a session and a media connection for each, a few of whom talk while the others send silence. It is asked, and
//! tells what it found, by lines of JSON.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use switchboard::base::{clock, task};
use switchboard::domain::group::GroupKey;
use switchboard::domain::id::{CallId, GroupId};
use switchboard::protocol::request::{Request, Sdp};
use uuid::Uuid;

use crate::forwarding::{PATIENCE, PAYLOAD, sent_after};
use crate::peer::Peer;
use crate::sessions::{Notices, Sessions};
use crate::usage;

/// The argument that makes this program the crowd.
pub const CROWD: &str = "the-crowd-of-a-group";
/// How many talk; the microphones of the others are off.
pub const TALKERS: usize = 3;
/// From one packet of a client to the next.
const PACE: Duration = Duration::from_millis(20);
/// Slots each client has, as the phone's legs have.
const SLOTS: usize = 4;
/// How long the crowd rests when it has looked after everybody; less where a moment is to be caught.
const REST: Duration = Duration::from_millis(1);
const SHORT_REST: Duration = Duration::from_micros(100);
/// How long the last packets get to arrive.
const SETTLE: Duration = Duration::from_millis(300);

/// What the crowd is asked to do.
#[derive(Serialize, Deserialize)]
pub enum Ask {
    /// Open a session for each token.
    Open { service: SocketAddr, tokens: Vec<String> },
    /// Join until so many are in the call: evenly within a time, or each as soon as the one before hears something.
    Join { until: usize, within: Option<Duration> },
    /// Leave, all but the first.
    Leave,
    /// Talk for so long.
    Talk { span: Duration },
}

/// What the crowd tells when it has done it.
#[derive(Default, Serialize, Deserialize)]
pub struct Told {
    /// Of everybody who joined.
    pub joins: Vec<Joined>,
    /// What the service told meanwhile.
    pub notices: Notices,
    /// Packets sent by all, those of talkers, and those that arrived, while talking.
    pub sent: u64,
    pub spoken: u64,
    pub heard: u64,
    /// The processor time all that took the crowd.
    pub spent: Duration,
    /// How long packets took to one that heard the talkers.
    pub latency: Vec<Duration>,
}

/// How long somebody's joining took.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub struct Joined {
    /// From the request to the answer.
    pub answer: Duration,
    /// From the answer until the connection was made: ICE and DTLS.
    pub handshake: Duration,
    /// From then to the first packet.
    pub sound: Duration,
}

/// The process of the crowd.
pub struct Crowd {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Crowd {
    /// Starts it.
    pub fn start() -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg(CROWD).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let lines = BufReader::new(child.stdout.take().context("its output is piped")?);
        Ok(Self { child, lines })
    }

    /// Asks, and waits until it is done.
    pub fn ask(&mut self, ask: &Ask) -> Result<Told> {
        let asks = self.child.stdin.as_mut().context("its input is piped")?;
        writeln!(asks, "{}", serde_json::to_string(ask)?)?;
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        serde_json::from_str(&line).context("the crowd ended early")
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        // The end of its input ends it; were it not to, the benchmark would show so by hanging here.
        drop(self.child.stdin.take());
        self.child.wait().ok();
    }
}

/// What this program does when it is the crowd.
pub fn crowd() -> ExitCode {
    match be_crowd() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("the crowd of the group: {why:#}");
            ExitCode::FAILURE
        }
    }
}

fn be_crowd() -> Result<()> {
    let (asks, asked) = channel::<Ask>();
    task::thread("asks", move || {
        let lines = std::io::stdin().lines().map_while(Result::ok);
        lines.filter_map(|line| serde_json::from_str(&line).ok()).for_each(|ask| drop(asks.send(ask)));
    })?;
    let mut people = People::new();
    loop {
        match asked.try_recv() {
            Ok(ask) => {
                let told = people.carry_out(ask)?;
                writeln!(std::io::stdout(), "{}", serde_json::to_string(&told)?)?;
            }
            Err(TryRecvError::Empty) => people.turn(REST)?,
            Err(TryRecvError::Disconnected) => return Ok(()),
        }
    }
}

/// Everybody, driven by one thread.
struct People {
    began: Instant,
    sessions: Option<Sessions>,
    call: Option<CallId>,
    members: Vec<Member>,
    /// Whether packets are sent at all.
    talking: bool,
}

/// One who is in the call, or about to be.
struct Member {
    peer: Peer,
    talks: bool,
    /// When it sends its next packet.
    next: Instant,
    asked: Instant,
    answered: Option<Instant>,
    first_heard: Option<Instant>,
    sent: u64,
    heard: u64,
}

impl People {
    fn new() -> Self {
        Self { began: clock::now(), sessions: None, call: None, members: Vec::new(), talking: true }
    }

    fn carry_out(&mut self, ask: Ask) -> Result<Told> {
        match ask {
            Ask::Open { service, tokens } => {
                self.sessions = Some(Sessions::open(service, tokens)?);
                Ok(Told::default())
            }
            Ask::Join { until, within } => self.join(until, within),
            Ask::Leave => self.leave(),
            Ask::Talk { span } => self.talk(span),
        }
    }

    fn join(&mut self, until: usize, within: Option<Duration>) -> Result<Told> {
        let (first, began) = (self.members.len(), clock::now());
        self.sessions()?.notices();
        for n in first..until {
            if let Some(within) = within {
                let at = began + within.mul_f64((n - first) as f64 / (until - first) as f64);
                while clock::now() < at {
                    self.turn(SHORT_REST)?;
                }
            }
            self.ask_to_join(n)?;
            if within.is_none() {
                self.until_all_hear()?;
            }
        }
        self.until_all_hear()?;
        let joins = self.members[first..].iter().filter_map(Member::joined).collect();
        self.go_on(SETTLE)?;
        Ok(Told { joins, notices: self.sessions()?.notices(), ..Told::default() })
    }

    fn ask_to_join(&mut self, n: usize) -> Result<()> {
        let (peer, offer) = Peer::new(SLOTS)?;
        let (talks, asked) = (n < TALKERS, clock::now());
        let group = GroupKey::Id(GroupId(Uuid::from_u128(1)));
        let request = Request::GroupJoin { group, offer: Sdp(offer), existing: false, muted: !talks };
        self.sessions()?.ask(n, request)?;
        // Everybody at another moment of the 20 ms, and spread evenly however many they are.
        let phase = PACE.mul_f64((n as f64 * 0.618_034).fract());
        let ticks = u32::try_from(asked.duration_since(self.began).as_millis() / PACE.as_millis())?;
        let next = self.began + PACE * (ticks + 1) + phase;
        let (answered, first_heard) = (None, None);
        self.members.push(Member { peer, talks, next, asked, answered, first_heard, sent: 0, heard: 0 });
        Ok(())
    }

    /// Waits until everybody hears somebody; the very first has nobody to hear.
    fn until_all_hear(&mut self) -> Result<()> {
        let deadline = clock::now() + PATIENCE;
        let waits = |(n, member): (usize, &Member)| member.first_heard.is_none() && (n > 0 || !member.is_up());
        while self.members.iter().enumerate().any(waits) {
            ensure!(clock::now() < deadline, "somebody who joined hears nothing");
            self.turn(SHORT_REST)?;
        }
        Ok(())
    }

    fn leave(&mut self) -> Result<Told> {
        let call_id = self.call.context("nobody is in a call")?;
        for n in 1..self.members.len() {
            self.sessions()?.ask(n, Request::CallHangUp { call_id })?;
        }
        self.members.truncate(1);
        self.go_on(Duration::from_secs(2))?;
        Ok(Told { notices: self.sessions()?.notices(), ..Told::default() })
    }

    /// Talks while nothing is on its way before and after, so that every packet is accounted for.
    fn talk(&mut self, span: Duration) -> Result<Told> {
        self.talking = false;
        self.go_on(SETTLE)?;
        self.members.iter_mut().for_each(|member| (member.sent, member.heard) = (0, 0));
        // The one whose packets are timed: neither the first nor the last that is sent to.
        let place = self.members.len() / 2;
        let mut timed = self.members.remove(place);
        let (began, stop, quiet) = (self.began, AtomicBool::new(false), AtomicBool::new(false));
        let before = usage::own_process().unwrap_or_default();
        let latency = thread::scope(|scope| -> Result<_> {
            let timing = scope.spawn(|| timed.listen(began, &quiet, &stop));
            self.talking = true;
            let talked = self.go_on(span);
            self.talking = false;
            quiet.store(true, Ordering::Relaxed);
            let settled = talked.and_then(|()| self.go_on(SETTLE));
            stop.store(true, Ordering::Relaxed);
            let latency = timing.join().map_err(|_| anyhow::anyhow!("the one who was timed panicked"))?;
            settled.and(latency)
        })?;
        self.members.insert(place, timed);
        self.talking = true;
        let sum = |of: fn(&Member) -> u64| self.members.iter().map(of).sum();
        let spoken = sum(|member| if member.talks { member.sent } else { 0 });
        Ok(Told {
            sent: sum(|member| member.sent),
            spoken,
            heard: sum(|member| member.heard),
            spent: usage::own_process().unwrap_or_default().saturating_sub(before),
            latency,
            ..Told::default()
        })
    }

    fn go_on(&mut self, span: Duration) -> Result<()> {
        let until = clock::now() + span;
        while clock::now() < until {
            self.turn(REST)?;
        }
        Ok(())
    }

    /// Looks after everybody once, then rests.
    fn turn(&mut self, rest: Duration) -> Result<()> {
        while let Some(answered) = self.sessions.as_ref().map(Sessions::answered).transpose()?.flatten() {
            self.call = Some(answered.call);
            let member = self.members.get_mut(answered.client).context("nobody asked for this answer")?;
            member.answered = Some(answered.at);
            member.peer.accept(&answered.answer)?;
        }
        for member in &mut self.members {
            if self.talking {
                member.speak(self.began)?;
            }
            member.take_in()?;
        }
        thread::sleep(rest);
        Ok(())
    }

    fn sessions(&self) -> Result<&Sessions> {
        self.sessions.as_ref().context("there are no sessions yet")
    }
}

impl Member {
    fn is_up(&self) -> bool {
        self.peer.connected.is_some()
    }

    /// Sends the packet whose time has come.
    fn speak(&mut self, began: Instant) -> Result<()> {
        let now = clock::now();
        if now < self.next || !self.is_up() {
            return Ok(());
        }
        // What was missed, for whatever reason, is not made up for all at once.
        while self.next <= now {
            self.next += PACE;
        }
        self.sent += 1;
        if !self.talks {
            return self.peer.be_silent();
        }
        let mut payload = [0; PAYLOAD];
        let after = u64::try_from((now - began).as_nanos())?;
        payload[..8].copy_from_slice(&after.to_le_bytes());
        self.peer.say(&payload)
    }

    fn take_in(&mut self) -> Result<()> {
        let heard = self.peer.count()?;
        if heard > 0 {
            self.first_heard.get_or_insert_with(clock::now);
        }
        self.heard += heard;
        Ok(())
    }

    /// Takes packets in at once, decrypted whole, until told to stop; how long each was on its way.
    fn listen(&mut self, began: Instant, quiet: &AtomicBool, stop: &AtomicBool) -> Result<Vec<Duration>> {
        self.peer.socket.set_nonblocking(false)?;
        let mut latency = Vec::with_capacity(4_096);
        while !stop.load(Ordering::Relaxed) {
            if !quiet.load(Ordering::Relaxed) {
                self.speak(began)?;
            }
            let nap = self.next.min(self.peer.timeout).saturating_duration_since(clock::now());
            self.peer.socket.set_read_timeout(Some(nap.clamp(REST, PACE)))?;
            let heard = &mut self.heard;
            self.peer.listen(|packet| {
                *heard += 1;
                latency.push(clock::now().saturating_duration_since(began + sent_after(&packet.payload)));
            })?;
        }
        self.peer.socket.set_nonblocking(true)?;
        Ok(latency)
    }

    fn joined(&self) -> Option<Joined> {
        let (answered, up, heard) = (self.answered?, self.peer.connected?, self.first_heard?);
        Some(Joined {
            answer: answered.saturating_duration_since(self.asked),
            handshake: up.saturating_duration_since(answered),
            sound: heard.saturating_duration_since(up),
        })
    }
}
