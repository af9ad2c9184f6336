//! Tells the service manager that started `serve` how it stands: systemd's sd_notify(3), which is a datagram of lines.
//!
//! Where nothing of the kind started it, nothing is told.

use std::time::Duration;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It answers.
    Ready,
    /// It still runs, and is not stuck.
    Alive,
    /// It was told to end, and does.
    Stopping,
}

#[cfg(unix)]
impl State {
    fn line(self) -> &'static str {
        match self {
            Self::Ready => "READY=1",
            Self::Alive => "WATCHDOG=1",
            Self::Stopping => "STOPPING=1",
        }
    }
}

/// How often a manager wants to hear, which waits for so many microseconds for the process `pid`: twice in that time.
#[cfg(unix)]
fn every(microseconds: Option<&str>, pid: Option<&str>) -> Option<Duration> {
    let ours = pid.is_none_or(|pid| pid.parse() == Ok(std::process::id()));
    let within = microseconds?.parse().ok().filter(|within| ours && *within > 0)?;
    Some(Duration::from_micros(within) / 2)
}

#[cfg(unix)]
pub use unix::Manager;

#[cfg(unix)]
mod unix {
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::time::Duration;

    use super::{State, every};

    /// The service manager, if there is one.
    #[derive(Debug, Default)]
    pub struct Manager {
        socket: Option<(UnixDatagram, SocketAddr)>,
        every: Option<Duration>,
    }

    impl Manager {
        /// The one that started this process, as the environment says.
        pub fn of_environment() -> Self {
            let variable = |name| std::env::var(name).ok();
            let every = every(variable("WATCHDOG_USEC").as_deref(), variable("WATCHDOG_PID").as_deref());
            variable("NOTIFY_SOCKET").and_then(|at| Self::at(&at, every)).unwrap_or_default()
        }

        /// The one that listens at this path; `@` begins an abstract name.
        fn at(at: &str, every: Option<Duration>) -> Option<Self> {
            let address = match at.strip_prefix('@') {
                #[cfg(target_os = "linux")]
                Some(name) => {
                    <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name.as_bytes()).ok()?
                }
                #[cfg(not(target_os = "linux"))]
                Some(_) => return None,
                None => SocketAddr::from_pathname(at).ok()?,
            };
            let socket = UnixDatagram::unbound().ok()?;
            // Nothing is to wait for a manager that does not read.
            socket.set_nonblocking(true).ok()?;
            Some(Self { socket: Some((socket, address)), every })
        }

        /// Tells it; what is lost on the way is the manager's to miss.
        pub fn tell(&self, state: State) {
            if let Some((socket, address)) = &self.socket {
                socket.send_to_addr(state.line().as_bytes(), address).ok();
            }
        }

        /// Tells it again and again that this process is not stuck, where it wants to know that; never returns.
        pub async fn keep_telling(&self) -> std::convert::Infallible {
            let Some(every) = self.every else { return std::future::pending().await };
            loop {
                self.tell(State::Alive);
                tokio::time::sleep(every).await;
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn heard(socket: &UnixDatagram) -> String {
            let mut line = [0; 64];
            let length = socket.recv(&mut line).unwrap();
            String::from_utf8_lossy(&line[..length]).into_owned()
        }

        #[test]
        fn a_manager_hears_each_state_wherever_it_listens() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            let manager = Manager::at(path.to_str().unwrap(), None).unwrap();
            for (state, line) in
                [(State::Ready, "READY=1"), (State::Alive, "WATCHDOG=1"), (State::Stopping, "STOPPING=1")]
            {
                manager.tell(state);
                assert_eq!(heard(&socket), line);
            }
            drop(socket);
            // Nobody listens any more: nothing happens.
            manager.tell(State::Stopping);
            Manager::default().tell(State::Ready);
        }

        #[cfg(target_os = "linux")]
        #[test]
        fn a_name_may_be_abstract() {
            let name = format!("switchboard-notify-{}", std::process::id());
            let address = <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(&name).unwrap();
            let socket = UnixDatagram::bind_addr(&address).unwrap();
            Manager::at(&format!("@{name}"), None).unwrap().tell(State::Ready);
            assert_eq!(heard(&socket), "READY=1");
        }

        #[tokio::test(start_paused = true)]
        async fn a_watchdog_hears_in_time() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("notify");
            let socket = UnixDatagram::bind(&path).unwrap();
            socket.set_nonblocking(true).unwrap();
            let manager = Manager::at(path.to_str().unwrap(), Some(Duration::from_secs(15))).unwrap();
            tokio::time::timeout(Duration::from_secs(31), manager.keep_telling()).await.unwrap_err();
            assert_eq!([(); 3].map(|()| heard(&socket)), ["WATCHDOG=1"; 3]);
            assert!(socket.recv(&mut [0; 64]).is_err());
        }
    }
}

#[cfg(not(unix))]
pub use elsewhere::Manager;

#[cfg(not(unix))]
mod elsewhere {
    use super::State;

    /// No service manager is known here.
    #[derive(Debug, Default)]
    pub struct Manager;

    impl Manager {
        /// None.
        pub fn of_environment() -> Self {
            Self
        }

        /// Tells nobody.
        pub fn tell(&self, _state: State) {}

        /// Never returns.
        pub async fn keep_telling(&self) -> std::convert::Infallible {
            std::future::pending().await
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn how_often_follows_what_the_manager_waits_for() {
        let own = std::process::id().to_string();
        assert_eq!(every(Some("30000000"), None), Some(Duration::from_secs(15)));
        assert_eq!(every(Some("30000000"), Some(&own)), Some(Duration::from_secs(15)));
        for (microseconds, pid) in
            [(None, None), (Some("0"), None), (Some("often"), None), (Some("30000000"), Some("1"))]
        {
            assert_eq!(every(microseconds, pid), None, "{microseconds:?} {pid:?}");
        }
    }
}
