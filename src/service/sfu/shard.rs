//! One thread of the SFU: its sockets, its rooms, its timers. Nothing in it ever waits but the poll at the top of its loop.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use tokio::sync::oneshot;

use super::counters::Counters;
use super::demux::Demux;
use super::egress::{Egress, Over, Way};
use super::event::{LegFailure, SfuEvent};
use super::handle::SfuError;
use super::late::{Late, Order};
use super::leg::{End, Leg, Media};
use super::legs::LegKey;
use super::local::{Bell, FarEnd};
use super::negotiate::Negotiated;
use super::outbox::Outbox;
use super::ports::Port;
use super::remote::{News, Patience, Remote, Turn};
use super::rooms::Rooms;
use super::socket::{Inbox, Received};
use super::tcp::{self, Tcp};
use super::timers::Timers;
use crate::base::{clock, deadline};
use crate::domain::id::{CallId, LegId};
use crate::media::framing::Deframer;

/// The token of the waker; sockets have the tokens from 0.
pub(super) const WAKER: Token = Token(usize::MAX);

/// Batches taken from one socket before the timers get their turn.
const BATCHES_PER_TURN: usize = 4;
/// Commands carried out before the sockets get their turn.
const COMMANDS_PER_TURN: usize = 64;
/// Legs, and rooms, that get attention in one turn for their timers.
const TIMERS_PER_TURN: usize = 256;
/// Packets taken from one leg inside this process in one turn.
const LOCAL_PER_TURN: usize = 8;
/// How soon an event the reader had no room for is offered again.
const OUTBOX_RETRY: Duration = Duration::from_millis(10);
/// The longest a shard sleeps.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// The most legs of one shard: more than a core can carry, and the bound of everything kept per leg.
const MAX_LEGS: usize = 4_096;

/// What the handle asks of a shard.
pub(super) enum Command {
    Open { call: CallId, leg: LegId, connection: Box<Negotiated>, reply: oneshot::Sender<Result<(), SfuError>> },
    OpenLocal { call: CallId, leg: LegId, end: FarEnd },
    Order { leg: LegId, order: Order },
}

pub(super) struct Shard {
    pub(super) poll: Poll,
    pub(super) ports: Vec<Port>,
    pub(super) commands: Receiver<Command>,
    pub(super) late: Arc<Late>,
    pub(super) bell: Arc<Bell>,
    pub(super) counters: Arc<Counters>,
    pub(super) outbox: Outbox,
    pub(super) patience: Patience,
    pub(super) packets_per_second: u32,
    pub(super) state: State,
}

/// Everything about the legs of a shard.
#[derive(Default)]
pub(super) struct State {
    rooms: Rooms,
    demux: Demux,
    timers: Timers<LegKey>,
    /// The legs inside this process.
    locals: Vec<LegKey>,
    turn: Turn,
}

impl State {
    /// No legs yet, and these ports and connections to send through.
    pub(super) fn new(ports: &[Port], tcp: Tcp) -> Self {
        let sockets = ports.iter().map(|port| (port.candidate, Arc::clone(&port.socket))).collect();
        Self { turn: Turn { out: Egress::new(sockets, tcp), ..Turn::default() }, ..Self::default() }
    }
}

impl Shard {
    /// Runs until the last handle is gone.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(64);
        let mut inbox = Inbox::default();
        let mut busy = false;
        loop {
            let sleep = if busy { Duration::ZERO } else { self.sleep() };
            if let Err(error) = self.poll.poll(&mut events, Some(sleep))
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "the SFU cannot wait for its sockets, and ends");
                return;
            }
            for event in events.iter().filter(|event| event.token() != WAKER) {
                if let Some(port) = self.ports.get_mut(event.token().0) {
                    port.readable = true;
                } else {
                    self.state.turn.out.tcp.ready(event.token(), event.into());
                }
            }
            busy = match self.obey() {
                Ok(more) => more,
                Err(Stopped) => break,
            };
            busy |= self.receive(&mut inbox);
            busy |= self.receive_tcp();
            if self.bell.answer() {
                busy |= self.hear_locals();
            }
            busy |= self.keep_time();
            self.outbox.deliver();
        }
        self.close_all();
    }

    /// How long nothing will be to do.
    fn sleep(&mut self) -> Duration {
        let cap = if self.outbox.deliver() { OUTBOX_RETRY } else { LONGEST_SLEEP };
        deadline::wait(self.state.next_deadline(), clock::now(), cap)
    }

    /// Carries out what was asked. Whether more may be waiting.
    fn obey(&mut self) -> Result<bool, Stopped> {
        for _ in 0..COMMANDS_PER_TURN {
            match self.commands.try_recv() {
                Ok(command) => self.carry_out(command, clock::now()),
                Err(TryRecvError::Empty) => {
                    self.obey_late();
                    return Ok(false);
                }
                Err(TryRecvError::Disconnected) => return Err(Stopped),
            }
        }
        Ok(true)
    }

    /// Carries out what found no room among the commands: those were asked before, and are done.
    fn obey_late(&mut self) {
        for (leg, wanted) in self.late.take() {
            for order in wanted.orders() {
                self.carry_out(Command::Order { leg, order }, clock::now());
            }
        }
    }

    fn carry_out(&mut self, command: Command, now: Instant) {
        match command {
            Command::Open { call, leg, connection, reply } => {
                // The caller may have gone away in the meantime; its leg will time out.
                let _ = reply.send(self.open_remote(call, leg, *connection, now));
            }
            Command::OpenLocal { call, leg, end } => self.open_local(call, leg, end),
            Command::Order { leg, order } => self.carry_out_for(leg, order, now),
        }
        self.finish_turn(now);
    }

    fn carry_out_for(&mut self, leg: LegId, order: Order, now: Instant) {
        match order {
            Order::Hear(hearing) => self.state.rooms.hear(leg, hearing, now),
            Order::SetSource(source) => self.state.rooms.set_source(leg, source, now),
            Order::Close => {
                if let Some(key) = self.state.rooms.legs.key(leg) {
                    self.close(key, now);
                }
            }
        }
    }

    fn open_remote(&mut self, call: CallId, leg: LegId, connection: Negotiated, now: Instant) -> Result<(), SfuError> {
        self.check_room_for(leg)?;
        let fragment = connection.fragment.clone();
        let remote = Box::new(Remote::new(connection, self.packets_per_second, now));
        let key = self.insert(Leg::new(leg, call, End::Remote(remote)));
        self.state.demux.add_leg(fragment, key);
        self.schedule(key);
        Ok(())
    }

    fn open_local(&mut self, call: CallId, leg: LegId, end: FarEnd) {
        if let Err(error) = self.check_room_for(leg) {
            // Its near end sees that it is closed, as this end is dropped here.
            tracing::warn!(%error, "a leg inside the service could not be opened");
            return;
        }
        let key = self.insert(Leg::new(leg, call, End::Local(end)));
        self.state.locals.push(key);
        self.outbox.push(SfuEvent::LegUp { leg });
    }

    fn check_room_for(&self, leg: LegId) -> Result<(), SfuError> {
        if self.state.rooms.legs.key(leg).is_some() {
            return Err(SfuError::LegExists);
        }
        if self.state.rooms.legs.len() >= MAX_LEGS {
            return Err(SfuError::TooManyLegs);
        }
        Ok(())
    }

    fn insert(&mut self, leg: Leg) -> LegKey {
        self.counters.leg_opened();
        self.state.rooms.open(leg)
    }

    fn close(&mut self, key: LegKey, now: Instant) {
        let Some(mut leg) = self.state.rooms.close(key, now) else { return };
        self.counters.leg_closed();
        self.state.locals.retain(|&local| local != key);
        if let Some(remote) = leg.remote() {
            self.state.demux.remove_leg(&remote.fragment, key, &remote.addresses);
            let turn = &mut self.state.turn;
            if catch_unwind(AssertUnwindSafe(|| remote.close(key, now, turn))).is_err() {
                tracing::error!("a leg's connection panicked while it was closed");
            }
            turn.out.tcp.leave(key);
        }
    }

    /// Takes what has arrived, and forwards it. Whether there may be more.
    fn receive(&mut self, inbox: &mut Inbox) -> bool {
        let mut more = false;
        for at in 0..self.ports.len() {
            for _ in 0..BATCHES_PER_TURN {
                let port = &mut self.ports[at];
                if !port.readable {
                    break;
                }
                let Received { count, emptied } = inbox.receive(&port.socket);
                // Edge-triggered: a socket that was not emptied does not tell again.
                port.readable = !emptied;
                let candidate = port.candidate;
                let now = clock::now();
                let mut bytes = 0;
                for n in 0..count {
                    let (from, datagram) = inbox.get(n);
                    bytes += datagram.len() as u64;
                    let way = Way { from: candidate, to: from, over: Over::Udp };
                    let key = self.state.demux.find(from, datagram);
                    if let Some(key) = self.take(key, way, datagram, now) {
                        self.state.learn(from, key);
                    }
                }
                self.counters.add_received(count as u64, bytes);
                self.finish_turn(now);
            }
            more |= self.ports[at].readable;
        }
        more
    }

    /// Takes what the TCP connections brought. Whether there may be more.
    fn receive_tcp(&mut self) -> bool {
        let more = self.state.turn.out.tcp.accept();
        for _ in 0..self.state.turn.out.tcp.readable() {
            let now = clock::now();
            let Some((mut lent, mut deframer)) = self.state.turn.out.tcp.lend(now) else { continue };
            let mut sane = self.take_framed(&mut lent, &mut deframer, now);
            for _ in 1..tcp::READS_PER_TURN {
                if !sane || !self.state.turn.out.tcp.read_on(&mut lent, &mut deframer, now) {
                    break;
                }
                sane = self.take_framed(&mut lent, &mut deframer, now);
            }
            self.state.turn.out.tcp.give_back(lent, deframer, sane);
            self.finish_turn(now);
        }
        more || self.state.turn.out.tcp.readable() > 0
    }

    /// Takes the datagrams a connection brought. Whether they make sense.
    fn take_framed(&mut self, lent: &mut tcp::Lent, deframer: &mut Deframer, now: Instant) -> bool {
        let way = Way { from: lent.candidate, to: lent.peer, over: Over::Tcp };
        loop {
            let datagram = match deframer.next_datagram() {
                Ok(Some(datagram)) => datagram,
                Ok(None) => return true,
                Err(_) => return false,
            };
            self.counters.add_received(1, datagram.len() as u64);
            // What names no leg is of the one that the connection was shown to be for.
            let key = self.state.demux.named(datagram).or(lent.leg);
            let sent_by = self.take(key, way, datagram, now);
            let tcp = &mut self.state.turn.out.tcp;
            match sent_by {
                Some(key) => tcp.shown(lent, key),
                None if !tcp.forgives(lent) => return false,
                None => {}
            }
        }
    }

    /// Hands a datagram to the leg it is for, if there is one. Which leg that is, when it is certain that its peer sent it.
    fn take(&mut self, key: Option<LegKey>, way: Way, datagram: &[u8], now: Instant) -> Option<LegKey> {
        let State { rooms, turn, .. } = &mut self.state;
        let Some((key, leg)) = key.and_then(|key| Some((key, rooms.legs.get_mut(key)?))) else {
            turn.dropped += 1;
            return None;
        };
        let remote = leg.remote()?;
        let received = catch_unwind(AssertUnwindSafe(|| remote.receive(key, way, datagram, now, turn)));
        if received.is_err() {
            turn.news.push_back((key, News::Failed(LegFailure::Protocol)));
        }
        self.schedule(key);
        received.unwrap_or(false).then_some(key)
    }

    /// Fetches what the legs inside this process say. Whether some have more.
    fn hear_locals(&mut self) -> bool {
        let now = clock::now();
        let State { rooms, locals, turn, .. } = &mut self.state;
        let (mut gone, mut more) = (Vec::new(), false);
        for &key in locals.iter() {
            let Some(End::Local(end)) = rooms.legs.get_mut(key).map(|leg| &mut leg.end) else { continue };
            for _ in 0..LOCAL_PER_TURN {
                let Ok(packet) = end.from_leg.pop() else { break };
                end.sequence += 1;
                turn.media.push((key, Media::new(end.sequence, false, packet)));
            }
            more |= !end.from_leg.is_empty();
            if end.from_leg.is_abandoned() && end.from_leg.is_empty() {
                gone.push(key);
            }
        }
        for key in gone {
            self.close(key, now);
        }
        self.finish_turn(now);
        if more {
            self.bell.ring();
        }
        more
    }

    /// Gives the legs whose time has come their turn. Whether more are due.
    fn keep_time(&mut self) -> bool {
        let now = clock::now();
        self.state.turn.out.tcp.keep_time(now);
        for _ in 0..TIMERS_PER_TURN {
            let Some((key, at)) = self.state.timers.due(now) else { break };
            self.attend(key, at, now);
        }
        for _ in 0..TIMERS_PER_TURN {
            if !self.state.rooms.keep_time(now) {
                break;
            }
        }
        self.finish_turn(now);
        self.state.next_deadline().is_some_and(|next| next <= now)
    }

    fn attend(&mut self, key: LegKey, at: Instant, now: Instant) {
        let State { rooms, turn, .. } = &mut self.state;
        let Some(leg) = rooms.legs.get_mut(key) else { return };
        leg.queued.popped(at);
        let patience = &self.patience;
        let Some(remote) = leg.remote() else { return };
        if remote.deadline(patience) <= now {
            remote.check(key, patience, now, turn);
            fenced_run(remote, key, now, turn);
        }
        self.schedule(key);
    }

    fn schedule(&mut self, key: LegKey) {
        let State { rooms, timers, .. } = &mut self.state;
        let Some(leg) = rooms.legs.get_mut(key) else { return };
        if let End::Remote(remote) = &leg.end {
            timers.want(key, remote.deadline(&self.patience), &mut leg.queued);
        }
    }

    /// Forwards what came, sends what is to be sent, tells what happened.
    fn finish_turn(&mut self, now: Instant) {
        self.forward(now);
        self.tell_news(now);
        self.state.turn.out.flush();
        self.tell_rooms();
        self.count();
    }

    fn count(&mut self) {
        let State { rooms, turn, .. } = &mut self.state;
        self.counters.add_dropped(std::mem::take(&mut turn.dropped) + turn.out.take_dropped());
        let (sent, bytes) = turn.out.take_sent();
        self.counters.add_sent(sent, bytes);
        self.counters.add_flooded(std::mem::take(&mut turn.flooded));
        self.counters.add_stage_changes(rooms.take_stage_changes());
        self.counters.add_tcp_refused(turn.out.tcp.take_refused());
        let connections = turn.out.tcp.count() as u64;
        self.counters.tcp_connections(std::mem::replace(&mut turn.tcp_connections, connections), connections);
    }

    fn forward(&mut self, now: Instant) {
        let State { rooms, turn, .. } = &mut self.state;
        // Lent out and put back, so that its memory is used again.
        let mut media = std::mem::take(&mut turn.media);
        self.counters.add_media(media.len() as u64);
        for (from, mut packet) in media.drain(..) {
            let delivered = rooms.forward(from, &mut packet, now, &mut turn.out);
            self.counters.add_forwarded(delivered.forwarded);
            turn.dropped += delivered.dropped;
        }
        turn.media = media;
        while let Some(key) = rooms.take_broken() {
            turn.news.push_back((key, News::Failed(LegFailure::Protocol)));
        }
        while let Some(key) = self.state.rooms.take_dirty() {
            let State { rooms, turn, .. } = &mut self.state;
            if let Some(remote) = rooms.legs.get_mut(key).and_then(Leg::remote) {
                fenced_run(remote, key, now, turn);
            }
            self.schedule(key);
        }
    }

    fn tell_news(&mut self, now: Instant) {
        while let Some((key, news)) = self.state.turn.news.pop_front() {
            let Some(leg) = self.state.rooms.legs.get_mut(key).map(|leg| leg.id) else { continue };
            match news {
                News::Up => self.outbox.push(SfuEvent::LegUp { leg }),
                News::Silent => self.outbox.push(SfuEvent::LegSilent { leg }),
                News::Heard => self.outbox.push(SfuEvent::LegHeard { leg }),
                News::NewSlot => self.state.rooms.new_slot(key, now),
                News::Failed(why) => {
                    self.close(key, now);
                    // The last word about the leg comes last.
                    self.tell_rooms();
                    self.outbox.push(SfuEvent::LegFailed { leg, why });
                }
            }
        }
    }

    fn tell_rooms(&mut self) {
        self.state.rooms.take_events().for_each(|event| self.outbox.push(event));
    }

    fn close_all(&mut self) {
        let now = clock::now();
        for key in self.state.rooms.legs.keys() {
            self.close(key, now);
        }
        self.finish_turn(now);
    }
}

impl State {
    /// When a leg or a room wants attention next.
    fn next_deadline(&self) -> Option<Instant> {
        let tcp = self.turn.out.tcp.next_deadline();
        self.timers.next().into_iter().chain(self.rooms.next_deadline()).chain(tcp).min()
    }

    /// Only the peer of this leg can have sent what came from `from`.
    fn learn(&mut self, from: SocketAddr, key: LegKey) {
        if let Some(remote) = self.rooms.legs.get_mut(key).and_then(Leg::remote) {
            self.demux.learn(from, key, &mut remote.addresses);
        }
    }
}

/// A panic in the connection ends that leg only.
fn fenced_run(remote: &mut Remote, key: LegKey, now: Instant, turn: &mut Turn) {
    if catch_unwind(AssertUnwindSafe(|| remote.run(key, now, turn))).is_err() {
        turn.news.push_back((key, News::Failed(LegFailure::Protocol)));
    }
}

/// The last handle is gone.
struct Stopped;
