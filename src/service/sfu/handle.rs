//! What the rest of the service holds of the SFU: start it, open legs, say who hears whom.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Weak};
use std::time::Duration;

use mio::{Poll, Waker};
use tokio::sync::{mpsc, oneshot};

use super::counters::{Counters, Counts};
use super::event::SfuEvent;
use super::late::{Late, Order};
use super::local::{self, Bell, LocalLeg};
use super::negotiate::{Candidates, Crypto, OfferError, negotiate};
use super::outbox::Outbox;
use super::ports::open_ports;
use super::remote::Patience;
use super::shard::{Command, Shard, State, WAKER};
use super::tcp::{self, Tcp};
use crate::base::{clock, task};
use crate::control::hearing::{Hearing, Source};
use crate::domain::id::{CallId, LegId};

/// Commands a shard may have waiting: those about every leg of a few full groups that all change at once. One that finds no
/// room opens no leg; what is said of open ones waits beside them ([`Late`]).
const COMMANDS: usize = 4_096;

/// Where and how patiently the SFU works.
#[derive(Debug, Clone)]
pub struct SfuConfig {
    /// The UDP address of the first shard; each further shard has the next port. `0.0.0.0` stands for every IPv4 address
    /// of this machine, `[::]` for every address, port 0 for any free port.
    pub bind: SocketAddr,
    /// The TCP address for those whom no UDP reaches, in the same way; `None`: none.
    pub tcp: Option<SocketAddr>,
    /// The addresses at which clients reach this machine, where they differ from its own (behind NAT). Empty: its own.
    pub advertise: Vec<IpAddr>,
    /// How many threads share the rooms; at least 1.
    pub shards: usize,
    /// How many media packets per second a WebRTC leg may send in the long run; more is thrown away, but for a burst of one
    /// second's worth. A voice is 50.
    pub packets_per_second: u32,
    /// How long a leg may take to come up.
    pub setup_within: Duration,
    /// How long without any datagram until a leg counts as silent.
    pub silent_after: Duration,
    /// How long without any datagram until a leg is given up.
    pub lost_after: Duration,
}

impl Default for SfuConfig {
    /// Loopback, any port, one shard, no TCP.
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            tcp: None,
            advertise: Vec::new(),
            shards: 1,
            packets_per_second: 200,
            setup_within: Duration::from_secs(15),
            silent_after: Duration::from_secs(3),
            lost_after: Duration::from_secs(150),
        }
    }
}

/// What the SFU could not do.
#[derive(Debug, thiserror::Error)]
pub enum SfuError {
    /// A UDP port is taken, or not ours to take.
    #[error("cannot open the UDP port {at} for media")]
    Bind {
        /// Which.
        at: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// A TCP port is taken, or not ours to take.
    #[error("cannot open the TCP port {at} for media")]
    BindTcp {
        /// Which.
        at: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// No address of this machine fits the configured one.
    #[error("this machine has no address that {0} could stand for")]
    NoAddress(IpAddr),
    /// None of the advertised addresses is of the family (IPv4, IPv6) the SFU listens on.
    #[error("none of the advertised addresses is of the same family as {0}")]
    AdvertisedFamily(IpAddr),
    /// Threads, polls or keys could not be had.
    #[error("the SFU cannot start")]
    Start(#[source] io::Error),
    /// The SDP offer is not one that can be answered.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// A leg with this id is open.
    #[error("this leg is open already")]
    LegExists,
    /// There are as many legs as a shard can carry.
    #[error("the SFU has no room for another leg")]
    TooManyLegs,
    /// More was asked than the SFU could carry out yet.
    #[error("the SFU is overloaded")]
    Overloaded,
    /// The SFU has ended.
    #[error("the SFU has stopped")]
    Stopped,
}

/// The SFU. When the last clone is dropped, its legs are closed and its threads end.
#[derive(Clone)]
pub struct Sfu {
    shared: Arc<Shared>,
}

struct Shared {
    shards: Vec<ShardHandle>,
    crypto: Crypto,
    counters: Arc<Counters>,
}

struct ShardHandle {
    // Before the bell: when the last handle goes, the thread finds the channel closed once it is woken.
    commands: SyncSender<Command>,
    late: Arc<Late>,
    bell: WakeOnDrop,
    candidates: Candidates,
    /// There for as long as the thread runs.
    alive: Weak<()>,
}

impl Sfu {
    /// Opens the ports and starts the threads. Returns the UDP addresses that clients will be told.
    ///
    /// `events` may be read slowly: nothing is lost, and no leg waits for it.
    ///
    /// # Errors
    /// When a port cannot be opened, or a thread or key cannot be had.
    pub fn start(config: &SfuConfig, events: &mpsc::Sender<SfuEvent>) -> Result<(Self, Vec<SocketAddr>), SfuError> {
        let no_certificate = || SfuError::Start(io::Error::other("no DTLS certificate could be made"));
        let crypto = Crypto::new().ok_or_else(no_certificate)?;
        let counters = Arc::new(Counters::default());
        let shards = (0..config.shards.max(1))
            .map(|index| start_shard(config, index, &counters, events.clone()))
            .collect::<Result<Vec<_>, _>>()?;
        let addresses = shards.iter().flat_map(|shard| shard.candidates.udp.iter().copied()).collect();
        Ok((Self { shared: Arc::new(Shared { shards, crypto, counters }) }, addresses))
    }

    /// The TCP addresses that clients will be told; none where TCP is not wanted.
    pub fn tcp_addresses(&self) -> Vec<SocketAddr> {
        self.shared.shards.iter().flat_map(|shard| shard.candidates.tcp.iter().copied()).collect()
    }

    /// Opens a WebRTC leg in the room of `call`. Returns the SDP answer.
    ///
    /// The offer has one audio section to send and some to receive; nothing is heard before [`Sfu::hear`].
    ///
    /// # Errors
    /// When the offer cannot be answered, or there is no room for the leg.
    pub async fn open_leg(&self, call: CallId, leg: LegId, offer: &str) -> Result<String, SfuError> {
        let shard = self.shard(call);
        let (connection, answer) = negotiate(offer, &shard.candidates, &self.shared.crypto, clock::now())?;
        let (reply, opened) = oneshot::channel();
        shard.ask(Command::Open { call, leg, connection: Box::new(connection), reply })?;
        opened.await.map_err(|_| SfuError::Stopped)??;
        Ok(answer)
    }

    /// Opens a leg inside this process in the room of `call`.
    ///
    /// # Errors
    /// When the SFU is overloaded or has stopped. A refused leg (its id is taken) is closed from the start.
    pub fn open_local_leg(&self, call: CallId, leg: LegId) -> Result<LocalLeg, SfuError> {
        let shard = self.shard(call);
        let (near, end) = local::pair(leg, Arc::clone(&shard.bell.0));
        shard.ask(Command::OpenLocal { call, leg, end })?;
        Ok(near)
    }

    /// Says whom a leg hears from now on: legs of the same call, of which those it names may be opened later. Of those that
    /// are chosen by their loudness it hears 16 at the most, and a WebRTC leg never more at once than it has slots.
    ///
    /// # Errors
    /// When the SFU has stopped. A leg that is not open is ignored.
    pub fn hear(&self, leg: LegId, hearing: Hearing) -> Result<(), SfuError> {
        self.order(leg, &Order::Hear(hearing))
    }

    /// Says how a leg is offered to those that choose whom they hear. A leg that is closed for them (as it is at first) is
    /// carried to them no more, with the next packet.
    ///
    /// # Errors
    /// When the SFU has stopped. A leg that is not open is ignored.
    pub fn set_source(&self, leg: LegId, source: Source) -> Result<(), SfuError> {
        self.order(leg, &Order::SetSource(source))
    }

    /// Closes a leg. Its peer is told, and no more events come from it.
    ///
    /// # Errors
    /// When the SFU has stopped. A leg that is not open is ignored.
    pub fn close(&self, leg: LegId) -> Result<(), SfuError> {
        self.order(leg, &Order::Close)
    }

    /// What it has done so far.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    /// Whether all of its threads run.
    pub fn is_alive(&self) -> bool {
        self.shared.shards.iter().all(|shard| shard.alive.strong_count() > 0)
    }

    /// A room lives wholly in one shard.
    fn shard(&self, call: CallId) -> &ShardHandle {
        let mut hasher = DefaultHasher::new();
        call.hash(&mut hasher);
        let shards = &self.shared.shards;
        // The remainder is below the number of shards, whatever a usize holds.
        &shards[(hasher.finish() % shards.len() as u64) as usize]
    }

    /// As no call is named; rare enough to ask every shard, also behind one that has ended. Those without the leg ignore it.
    fn order(&self, leg: LegId, order: &Order) -> Result<(), SfuError> {
        self.shared.shards.iter().map(|shard| shard.order(leg, order)).fold(Ok(()), Result::and)
    }
}

impl ShardHandle {
    fn ask(&self, command: Command) -> Result<(), SfuError> {
        self.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => SfuError::Overloaded,
            TrySendError::Disconnected(_) => SfuError::Stopped,
        })?;
        self.bell.0.wake();
        Ok(())
    }

    /// Has it carried out, however much else there is to do: behind what was said of the leg before.
    fn order(&self, leg: LegId, order: &Order) -> Result<(), SfuError> {
        if self.alive.strong_count() == 0 {
            return Err(SfuError::Stopped);
        }
        if !self.late.any() {
            match self.ask(Command::Order { leg, order: order.clone() }) {
                Err(SfuError::Overloaded) => {}
                done => return done,
            }
        }
        self.late.add(leg, order.clone());
        self.bell.0.wake();
        Ok(())
    }
}

struct WakeOnDrop(Arc<Bell>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        self.0.wake();
    }
}

fn start_shard(
    config: &SfuConfig,
    index: usize,
    counters: &Arc<Counters>,
    events: mpsc::Sender<SfuEvent>,
) -> Result<ShardHandle, SfuError> {
    let (handle, run) = make_shard(config, index, counters, events)?;
    task::thread("sfu", run).map_err(SfuError::Start)?;
    Ok(handle)
}

/// A shard, and what its thread is to do.
fn make_shard(
    config: &SfuConfig,
    index: usize,
    counters: &Arc<Counters>,
    events: mpsc::Sender<SfuEvent>,
) -> Result<(ShardHandle, impl FnOnce() + Send + use<>), SfuError> {
    let poll = Poll::new().map_err(SfuError::Start)?;
    let bell = Arc::new(Bell::new(Waker::new(poll.registry(), WAKER).map_err(SfuError::Start)?));
    let (ports, udp) = open_ports(config, index, &poll)?;
    let (tcp, tcp_candidates) = match tcp::open(config, index, poll.registry())? {
        Some((listeners, candidates)) => (Tcp::new(listeners), candidates),
        None => (Tcp::default(), Vec::new()),
    };
    let (commands, inbox): (_, Receiver<Command>) = sync_channel(COMMANDS);
    let late = Arc::new(Late::default());
    let state = State::new(&ports, tcp);
    let alive = Arc::new(());
    let living = Arc::downgrade(&alive);
    let shard = Shard {
        poll,
        ports,
        commands: inbox,
        late: Arc::clone(&late),
        bell: Arc::clone(&bell),
        counters: Arc::clone(counters),
        outbox: Outbox::new(events),
        patience: Patience {
            setup_within: config.setup_within,
            silent_after: config.silent_after,
            lost_after: config.lost_after,
        },
        packets_per_second: config.packets_per_second,
        state,
    };
    let run = move || {
        let _alive = alive;
        shard.run();
    };
    let candidates = Candidates { udp, tcp: tcp_candidates };
    Ok((ShardHandle { commands, late, bell: WakeOnDrop(bell), candidates, alive: living }, run))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::media::packet::Kind;
    use crate::service::sfu::LocalPacket;
    use crate::service::sfu::late::Wanted;

    /// An SFU whose shards do nothing yet, and what starts each of them.
    fn asleep(shards: usize) -> (Sfu, Vec<impl FnOnce() + Send>) {
        let (events, _) = mpsc::channel(1);
        let counters = Arc::new(Counters::default());
        let made = (0..shards).map(|at| make_shard(&SfuConfig::default(), at, &counters, events.clone()).unwrap());
        let (shards, runs) = made.unzip();
        (Sfu { shared: Arc::new(Shared { shards, crypto: Crypto::new().unwrap(), counters }) }, runs)
    }

    fn wake(runs: Vec<impl FnOnce() + Send + 'static>) {
        for run in runs {
            task::thread("sfu", run).unwrap();
        }
    }

    fn leg(n: u128) -> LegId {
        LegId(Uuid::from_u128(n))
    }

    fn nothing() -> Command {
        Command::Order { leg: leg(9), order: Order::Close }
    }

    fn is_given_more_than_may_wait(shard: &ShardHandle) {
        while shard.ask(nothing()).is_ok() {}
    }

    fn waits_until(mut done: impl FnMut() -> bool) {
        let deadline = clock::now() + Duration::from_secs(60);
        while !done() {
            assert!(clock::now() < deadline, "it never was");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_leg_is_closed_although_more_waits_than_may() {
        let (sfu, runs) = asleep(1);
        let end = sfu.open_local_leg(CallId(Uuid::from_u128(1)), leg(1)).unwrap();
        is_given_more_than_may_wait(&sfu.shared.shards[0]);
        sfu.close(leg(1)).unwrap();
        wake(runs);
        waits_until(|| end.is_closed());
    }

    #[test]
    fn what_was_said_last_of_a_leg_holds_although_more_waits_than_may() {
        let (sfu, runs) = asleep(1);
        let [mut alice, mut bob] = [1, 2].map(|n| sfu.open_local_leg(CallId(Uuid::from_u128(1)), leg(n)).unwrap());
        is_given_more_than_may_wait(&sfu.shared.shards[0]);
        sfu.hear(leg(2), Hearing::default()).unwrap();
        sfu.hear(leg(2), Hearing::only([leg(1)])).unwrap();
        sfu.set_source(leg(1), Source::default()).unwrap();
        wake(runs);
        let payload = b"hello".as_slice();
        let (kind, level) = (Kind::Opus, 30);
        waits_until(|| {
            alice.speak(LocalPacket { kind, timestamp: 0, marker: false, payload: payload.into(), level, voice: true });
            bob.hear().is_some_and(|heard| heard.packet.payload[..] == *payload)
        });
    }

    #[test]
    fn what_comes_behind_that_which_had_no_room_does_not_overtake_it() {
        let (sfu, _runs) = asleep(1);
        let shard = &sfu.shared.shards[0];
        shard.late.add(leg(1), Order::SetSource(Source { open: true, mark: None }));
        sfu.set_source(leg(1), Source::default()).unwrap();
        let orders: Vec<_> = shard.late.take().into_values().flat_map(Wanted::orders).collect();
        assert!(matches!(orders[..], [Order::SetSource(Source { open: false, .. })]), "{orders:?}");
    }

    #[test]
    fn a_shard_that_has_ended_keeps_nothing_from_the_others() {
        let (sfu, mut runs) = asleep(2);
        drop(runs.remove(0));
        assert!(matches!(sfu.close(leg(1)), Err(SfuError::Stopped)));
        let mut room = 0;
        while sfu.shared.shards[1].ask(nothing()).is_ok() {
            room += 1;
        }
        assert_eq!(room, COMMANDS - 1, "the other one was not asked");
    }
}
