//! The socket of a running phone: whoever is the same user of this machine, or root, may follow and steer it. What is
//! asked is handed to the phone's tap; here are the connections, and their bounds.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::geteuid;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::line::{Asked, Done, LONGEST_ASKED, LONGEST_PIECE, PEOPLE_AT_ONCE, Refused, Told, VERSION, Why};
use super::order::Order;
use super::place::Place;
use super::status::{People, Status};
use super::steering::Question;
use crate::base::task;
use crate::domain::person::{FriendRequest, Person};
use crate::phone::evidence::{Recorder, export};
use crate::texts::outside;

/// How many programs may be connected at once.
const PROGRAMS: usize = 16;

/// How long a program may say nothing before it is dropped.
const IDLE: Duration = Duration::from_secs(30);

/// How long it may take to read a line.
const UNREAD: Duration = Duration::from_secs(10);

/// How long nothing is accepted after that failed.
const BREATH: Duration = Duration::from_millis(200);

/// The phone, as a connection reaches it.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    /// What it is asked.
    pub(super) questions: mpsc::Sender<Question>,
    /// What it is doing.
    pub(super) status: watch::Receiver<Arc<Status>>,
    /// What it remembers.
    pub(super) recorder: Recorder,
}

/// A socket somebody may connect to, until it is dropped.
#[derive(Debug)]
pub(super) struct Socket {
    accepting: JoinHandle<()>,
    place: Place,
}

impl Socket {
    /// Opens the socket in `folder`.
    ///
    /// # Errors
    /// When the folder can't be used, or its path is too long for a socket.
    pub(super) fn open(folder: &Path, reach: Reach) -> io::Result<Self> {
        let place = Place::take(folder)?;
        // Nobody else can look into the folder, whatever the modes of the socket before they are set.
        let listener = tokio::net::UnixListener::bind(place.socket())?;
        fs::set_permissions(place.socket(), fs::Permissions::from_mode(0o600))?;
        let accepting = task::spawn("outside", accept(listener, reach));
        Ok(Self { accepting, place })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.place.socket()
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: tokio::net::UnixListener, reach: Reach) {
    let places = Arc::new(Semaphore::new(PROGRAMS));
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let (reach, place) = (reach.clone(), Arc::clone(&places).try_acquire_owned().ok());
                task::spawn("outside client", serve(stream, reach, place));
            }
            Err(why) => {
                tracing::warn!(%why, "the phone's socket accepts nobody");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// Whether a program of the user `peer` may steer a phone of the user `own`: the same, or root.
fn may_steer(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

async fn serve(stream: UnixStream, reach: Reach, place: Option<OwnedSemaphorePermit>) {
    let peer = stream.peer_cred().map(|peer| peer.uid());
    let (read, mut write) = stream.into_split();
    let may = peer.is_ok_and(|peer| may_steer(peer, geteuid().as_raw()));
    let refused = match (may, &place) {
        (true, Some(_)) => None,
        (true, None) => Some(Refused::new(Why::NotNow, outside::TOO_MANY)),
        (false, _) => Some(Refused::new(Why::Forbidden, outside::OTHER_USER)),
    };
    // A program that went away needs no answer.
    match refused {
        Some(refused) => drop(send(&mut write, &Told::Refused(refused)).await),
        None => drop(talk(read, write, reach).await),
    }
}

/// Tells the status, then answers what is asked, until the program goes or says nothing for a while.
async fn talk(read: OwnedReadHalf, mut write: OwnedWriteHalf, mut reach: Reach) -> io::Result<()> {
    let mut read = BufReader::with_capacity(LONGEST_ASKED, read);
    send(&mut write, &doing(&reach.status)).await?;
    while let Ok(line) = timeout(IDLE, line(&mut read)).await {
        let told = match line? {
            Line::End => break,
            Line::TooLong => {
                let refused = Refused::new(Why::Usage, outside::LONG_LINE);
                return send(&mut write, &Told::Refused(refused)).await;
            }
            Line::Whole(line) => match understood(&line) {
                Err(refused) => Told::Refused(refused),
                Ok(Asked { order: Order::Status { follow: true }, .. }) => {
                    return follow(&mut read, &mut write, &mut reach.status).await;
                }
                Ok(Asked { order: Order::Status { follow: false }, .. }) => doing(&reach.status),
                Ok(Asked { order: Order::Evidence, id, .. }) => {
                    remembered(&mut write, &reach.recorder, id).await?;
                    Told::Done(Done { id, ..Done::default() })
                }
                Ok(Asked { order: order @ (Order::FriendRequests | Order::Blocked), id, .. }) => {
                    let people = reach.status.borrow().people.clone();
                    told_people(&mut write, &order, people, id).await?
                }
                Ok(asked) => answer(&reach.questions, asked).await,
            },
        };
        send(&mut write, &told).await?;
    }
    Ok(())
}

fn doing(status: &watch::Receiver<Arc<Status>>) -> Told {
    Told::Status(Box::new(Status::clone(&status.borrow())))
}

/// Tells what is remembered now, in pieces.
async fn remembered(write: &mut OwnedWriteHalf, recorder: &Recorder, id: u64) -> io::Result<()> {
    let mut text = String::new();
    for entry in recorder.snapshot() {
        text.push_str(&export::json_lines(&[entry]));
        while text.len() >= LONGEST_PIECE {
            let rest = text.split_off(text.floor_char_boundary(LONGEST_PIECE));
            send(write, &Told::Remembered { id, text: std::mem::replace(&mut text, rest) }).await?;
        }
    }
    send(write, &Told::Remembered { id, text }).await
}

/// Tells people, in pieces; what comes back is told last.
async fn told_people(write: &mut OwnedWriteHalf, order: &Order, people: People, id: u64) -> io::Result<Told> {
    let Some(pieces) = pieces(order, people, id) else {
        return Ok(Told::Refused(Refused { id, ..Refused::new(Why::NotConnected, outside::NOT_KNOWN_YET) }));
    };
    for piece in &pieces {
        send(write, piece).await?;
    }
    Ok(Told::Done(Done { id, ..Done::default() }))
}

/// The people of a list; `None` while it is not known.
fn pieces(order: &Order, people: People, id: u64) -> Option<Vec<Told>> {
    let People { me, requests, blocked } = people;
    if *order == Order::Blocked {
        let told = |people: &[Person]| Told::Blocked { id, me: me.clone(), people: people.to_vec() };
        return Some(blocked?.chunks(PEOPLE_AT_ONCE).map(told).collect());
    }
    let told = |requests: &[FriendRequest]| Told::FriendRequests { id, me: me.clone(), requests: requests.to_vec() };
    Some(requests?.chunks(PEOPLE_AT_ONCE).map(told).collect())
}

/// What was read.
enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

async fn line(read: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Line> {
    let mut line = Vec::new();
    let most = u64::try_from(LONGEST_ASKED).unwrap_or(u64::MAX);
    read.take(most).read_until(b'\n', &mut line).await?;
    match line.pop() {
        Some(b'\n') => Ok(Line::Whole(line)),
        Some(_) if line.len() + 1 == LONGEST_ASKED => Ok(Line::TooLong),
        // What has no end is no line.
        Some(_) | None => Ok(Line::End),
    }
}

async fn send(write: &mut OwnedWriteHalf, told: &Told) -> io::Result<()> {
    let line = told.line();
    timeout(UNREAD, write.write_all(line.as_bytes())).await.map_err(io::Error::from)?
}

fn understood(line: &[u8]) -> Result<Asked, Refused> {
    let asked: Asked = serde_json::from_slice(line)
        .map_err(|why| Refused::new(Why::Usage, outside::not_understood(&why.to_string())))?;
    if asked.v == VERSION {
        return Ok(asked);
    }
    Err(Refused { id: asked.id, ..Refused::new(Why::Usage, outside::other_version(asked.v, VERSION)) })
}

async fn answer(questions: &mpsc::Sender<Question>, asked: Asked) -> Told {
    let id = asked.id;
    let (to, answer) = oneshot::channel();
    let ended = || Told::Refused(Refused { id, ..Refused::new(Why::NotNow, outside::PHONE_ENDS) });
    if questions.send((asked, to)).await.is_err() {
        return ended();
    }
    answer.await.unwrap_or_else(|_| ended())
}

/// Tells the status whenever it changes; what cannot be read in time was changed by then, and only the newest is told.
async fn follow(
    read: &mut BufReader<OwnedReadHalf>,
    write: &mut OwnedWriteHalf,
    status: &mut watch::Receiver<Arc<Status>>,
) -> io::Result<()> {
    let mut rest = [0; 256];
    loop {
        let now = Status::clone(&status.borrow_and_update());
        send(write, &Told::Status(Box::new(now))).await?;
        loop {
            tokio::select! {
                changed = status.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    break;
                }
                // What else it says is not listened to; that it goes is.
                read = read.read(&mut rest) => if read? == 0 { return Ok(()) },
            }
        }
    }
}

#[cfg(test)]
mod tests;
