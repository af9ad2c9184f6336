//! The listening sockets of a shard, and the addresses at which clients reach them.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};

use super::LISTENERS;
use crate::base::clock;
use crate::service::sfu::handle::{SfuConfig, SfuError};
use crate::service::sfu::ports::{self, PORT_TRIES};
use crate::service::sfu::socket;

/// How soon it is tried again where the system has no file left for a connection.
const RETRY_AFTER: Duration = Duration::from_millis(250);

/// See the module's description.
pub(in crate::service::sfu) struct Listeners {
    registry: Registry,
    listeners: Vec<Listener>,
    retry_at: Option<Instant>,
}

struct Listener {
    socket: TcpListener,
    /// The local candidate of what arrives here.
    candidate: SocketAddr,
    /// Somebody may be waiting.
    ready: bool,
}

impl Listeners {
    /// A listener became ready.
    pub(super) fn ready(&mut self, index: usize) {
        if let Some(listener) = self.listeners.get_mut(index) {
            listener.ready = true;
        }
    }

    /// The next one who waits, and the local candidate he came to.
    pub(super) fn accept(&mut self) -> Option<(TcpStream, SocketAddr, SocketAddr)> {
        self.look_again();
        for listener in self.listeners.iter_mut().filter(|listener| listener.ready) {
            match listener.socket.accept() {
                Ok((stream, peer)) => return Some((stream, peer, listener.candidate)),
                Err(error) => {
                    listener.ready = false;
                    if error.kind() != io::ErrorKind::WouldBlock {
                        self.retry_at = Some(clock::now() + RETRY_AFTER);
                    }
                }
            }
        }
        None
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }

    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Where accepting failed a while ago; the system does not tell again of who waits.
    fn look_again(&mut self) {
        if self.retry_at.take_if(|at| *at <= clock::now()).is_some() {
            self.listeners.iter_mut().for_each(|listener| listener.ready = true);
        }
    }
}

/// Opens the listeners of shard `index`; `None` where TCP is not wanted. Also returns the addresses clients are told.
pub(in crate::service::sfu) fn open(
    config: &SfuConfig,
    index: usize,
    registry: &Registry,
) -> Result<Option<(Listeners, Vec<SocketAddr>)>, SfuError> {
    let Some(bind) = config.tcp else { return Ok(None) };
    let refused = |at| move |source| SfuError::BindTcp { at, source };
    let bind = ports::of_shard(bind, index).ok_or_else(|| refused(bind)(io::Error::other("no ports left above it")))?;
    let advertise = ports::advertised_over_tcp(config);
    let ips = ports::listen_on(bind.ip(), advertise).map_err(SfuError::Start)?;
    if ips.is_empty() {
        return Err(SfuError::NoAddress(bind.ip()));
    }
    let sockets = ports::bind_all(&ips, bind.port(), PORT_TRIES, &|at| {
        let bound = socket::listen(at).and_then(|socket| socket.local_addr().map(|at| (socket, at)));
        bound.map_err(refused(at))
    })?;
    let (mut listeners, mut candidates) = (Vec::new(), Vec::new());
    for (number, (mut socket, at)) in sockets.into_iter().enumerate() {
        let announced = ports::announced(advertise, &ips, at)?;
        let token = Token(LISTENERS + number);
        registry.register(&mut socket, token, Interest::READABLE).map_err(refused(at))?;
        listeners.push(Listener { socket, candidate: announced[0], ready: true });
        candidates.extend(announced);
    }
    candidates.sort_unstable();
    candidates.dedup();
    let registry = registry.try_clone().map_err(SfuError::Start)?;
    Ok(Some((Listeners { registry, listeners, retry_at: None }, candidates)))
}

#[cfg(test)]
mod tests {
    use mio::Poll;

    use super::*;

    #[test]
    fn who_waited_while_there_was_no_file_left_is_let_in_as_soon_as_it_is_time() {
        let poll = Poll::new().unwrap();
        let config = SfuConfig { tcp: Some(SocketAddr::from(([127, 0, 0, 1], 0))), ..SfuConfig::default() };
        let (mut listeners, at) = open(&config, 0, poll.registry()).unwrap().unwrap();
        let _waits = std::net::TcpStream::connect(at[0]).unwrap();
        (listeners.listeners[0].ready, listeners.retry_at) = (false, Some(clock::now() + Duration::from_secs(3_600)));
        assert!(listeners.accept().is_none());
        listeners.retry_at = Some(clock::now());
        assert!(listeners.accept().is_some() && listeners.retry_at().is_none());
    }
}
