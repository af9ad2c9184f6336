//! Networks that can be cut: a TCP proxy for the signalling, a UDP proxy for the sound.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use switchboard::base::task;
use switchboard::domain::id::CallId;
use switchboard::service::ServiceOptions;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::watch;

use super::{TestPhone, TestService, alice_and_bob, connect, options};

/// A TCP way to a service. While it is cut, its connections are broken and new ones are closed at once.
pub struct TcpProxy {
    pub at: SocketAddr,
    target: watch::Sender<Option<SocketAddr>>,
    service: Option<SocketAddr>,
}

impl TcpProxy {
    /// A way that leads nowhere yet: the service has to know its address before it starts.
    pub async fn new() -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// The same, at this address.
    async fn at(at: SocketAddr) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let at = listener.local_addr().unwrap();
        let (target, follow) = watch::channel(None);
        task::spawn("tcp proxy", async move {
            while let Ok((client, _)) = listener.accept().await {
                task::spawn("tcp way", carry(client, follow.clone()));
            }
        });
        Self { at, target, service: None }
    }

    /// A service that can also be reached this way.
    pub async fn with_a_service() -> (TestService, Self) {
        let mut proxy = Self::new().await;
        let folder = tempfile::tempdir().unwrap();
        let options = ServiceOptions { names: vec![proxy.at.to_string()], ..options(folder.path()) };
        let service = TestService::with(folder, options).await;
        proxy.leads_to(service.http);
        (service, proxy)
    }

    /// The same, and Alice, who signals this way and calls Bob.
    pub async fn with_a_call() -> (TestService, Self, TestPhone, TestPhone, CallId) {
        let (service, proxy) = Self::with_a_service().await;
        let (mut alice, mut bob) = alice_and_bob(&service, service.account_by(proxy.at, "alice").await).await;
        let call = connect(&mut alice, &mut bob).await;
        (service, proxy, alice, bob, call)
    }

    pub fn leads_to(&mut self, service: SocketAddr) {
        self.service = Some(service);
        self.restore();
    }

    pub fn cut(&self) {
        self.target.send_replace(None);
    }

    pub fn restore(&self) {
        self.target.send_replace(self.service);
    }
}

async fn carry(mut client: TcpStream, mut follow: watch::Receiver<Option<SocketAddr>>) {
    let target = *follow.borrow_and_update();
    let Some(service) = target else { return };
    let mut service = TcpStream::connect(service).await.unwrap();
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut service) => {}
        _ = follow.changed() => {}
    }
}

/// A UDP way to a service's media port, with a socket of its own for each client.
///
/// It listens on the port of the service at another loopback address, which the service tells its clients instead of its own.
pub struct UdpProxy {
    flows: Flows,
    /// Of the packets of sound that clients send, each so many-th is lost; 0: none.
    loses: Arc<AtomicU64>,
    /// Nothing passes, whoever comes.
    closed: Arc<AtomicBool>,
}

#[derive(Clone)]
struct Flow {
    to_service: Arc<UdpSocket>,
    cut: bool,
}

impl UdpProxy {
    /// The address the service has to advertise.
    pub const ADVERTISED: [u8; 4] = [127, 0, 0, 2];

    /// A service that tells its clients these ways, for UDP and for TCP. That for TCP has to be led somewhere.
    pub async fn and_tcp() -> (TestService, Self, TcpProxy, SocketAddr) {
        let folder = tempfile::tempdir().unwrap();
        let options = ServiceOptions { advertise: vec![IpAddr::from(Self::ADVERTISED)], ..options(folder.path()) };
        let service = TestService::with(folder, options).await;
        let here = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let udp = Self::to(here(service.media.port())).await;
        let tcp = service.running.as_ref().unwrap().media_tcp[0];
        (service, udp, TcpProxy::at(tcp).await, here(tcp.port()))
    }

    /// Nothing passes any more, whoever comes.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.cut_all_there_are();
    }

    async fn to(service: SocketAddr) -> Self {
        let front = UdpSocket::bind((std::net::Ipv4Addr::from(Self::ADVERTISED), service.port())).await.unwrap();
        let flows = Arc::new(Mutex::new(HashMap::new()));
        let loses = Arc::new(AtomicU64::new(0));
        let proxy = Self { flows, loses, closed: Arc::default() };
        let (flows, loses, closed) = (Arc::clone(&proxy.flows), Arc::clone(&proxy.loses), Arc::clone(&proxy.closed));
        task::spawn("udp proxy", forward(Arc::new(front), service, flows, loses, closed));
        proxy
    }

    /// A service that tells its clients this way, and Alice, who calls Bob over it.
    pub async fn with_a_call() -> (TestService, Self, TestPhone, TestPhone, CallId) {
        let folder = tempfile::tempdir().unwrap();
        let options = ServiceOptions { advertise: vec![IpAddr::from(Self::ADVERTISED)], ..options(folder.path()) };
        let service = TestService::with(folder, options).await;
        let proxy = Self::to(SocketAddr::from(([127, 0, 0, 1], service.media.port()))).await;
        let (mut alice, mut bob) = alice_and_bob(&service, service.account("alice").await).await;
        let call = connect(&mut alice, &mut bob).await;
        (service, proxy, alice, bob, call)
    }

    /// Each `nth` packet of sound is lost on its way to the service from now on; 0: none.
    pub fn loses_each(&self, nth: u64) {
        self.loses.store(nth, Ordering::Relaxed);
    }

    /// Nothing passes any more between the service and those who came this way so far; who comes from another port does.
    pub fn cut_all_there_are(&self) {
        for flow in self.flows.lock().unwrap().values_mut() {
            flow.cut = true;
        }
    }
}

type Flows = Arc<Mutex<HashMap<SocketAddr, Flow>>>;

async fn forward(
    front: Arc<UdpSocket>,
    service: SocketAddr,
    flows: Flows,
    loses: Arc<AtomicU64>,
    closed: Arc<AtomicBool>,
) {
    let mut buffer = [0; 2000];
    let mut sound = HashMap::<SocketAddr, u64>::new();
    loop {
        let Ok((length, client)) = front.recv_from(&mut buffer).await else { continue };
        if is_sound(&buffer[..length]) {
            let count = sound.entry(client).or_default();
            *count += 1;
            let nth = loses.load(Ordering::Relaxed);
            if nth > 0 && count.is_multiple_of(nth) {
                continue;
            }
        }
        let known = flows.lock().unwrap().get(&client).cloned();
        let flow = match known {
            Some(flow) => flow,
            None => open(&front, client, service, &flows).await,
        };
        if !flow.cut && !closed.load(Ordering::Relaxed) {
            flow.to_service.send(&buffer[..length]).await.ok();
        }
    }
}

/// Whether it is RTP (RFC 7983), and not RTCP beside it (RFC 5761 section 4).
fn is_sound(datagram: &[u8]) -> bool {
    matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind))
}

async fn open(front: &Arc<UdpSocket>, client: SocketAddr, service: SocketAddr, flows: &Flows) -> Flow {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(service).await.unwrap();
    let flow = Flow { to_service: Arc::new(socket), cut: false };
    flows.lock().unwrap().insert(client, flow.clone());
    let (front, flows, from_service) = (Arc::clone(front), Arc::clone(flows), Arc::clone(&flow.to_service));
    task::spawn("udp way back", async move {
        let mut buffer = [0; 2000];
        loop {
            let Ok(length) = from_service.recv(&mut buffer).await else { continue };
            let cut = flows.lock().unwrap().get(&client).is_none_or(|flow| flow.cut);
            if !cut {
                front.send_to(&buffer[..length], client).await.ok();
            }
        }
    });
    flow
}
