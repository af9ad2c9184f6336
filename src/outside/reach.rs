//! The other end of the socket: a program finds the phones that run, and asks one of them.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::line::{Asked, LONGEST_TOLD, Refused, Told};
use super::place;
use super::status::Status;

/// How long a phone may take to say what it is doing.
const GREETING: Duration = Duration::from_secs(5);

/// A running phone.
#[derive(Debug)]
pub struct Running {
    /// What it was doing when it was found.
    pub status: Status,
    stream: BufReader<UnixStream>,
    /// The beginning of a line whose end did not come yet.
    begun: Vec<u8>,
}

/// The phones that run.
#[derive(Debug, Default)]
pub struct Phones {
    /// Those that can be asked; of one account, in the order in which they were started.
    pub running: Vec<Running>,
    /// What others said that want nothing to do with this program.
    pub refused: Vec<Refused>,
}

/// Finds the phones that run, below the folder with the folders of sockets. What a phone left behind that was killed is
/// none.
pub async fn phones(folders: &Path) -> Phones {
    let mut phones = Phones::default();
    for socket in place::sockets(folders) {
        match timeout(GREETING, Running::reach(&socket)).await {
            Ok(Ok(Ok(running))) => phones.running.push(running),
            Ok(Ok(Err(refused))) => phones.refused.push(refused),
            Ok(Err(why)) => tracing::debug!(socket = %socket.display(), %why, "nobody is there"),
            Err(_) => tracing::debug!(socket = %socket.display(), "nobody answers"),
        }
    }
    phones
}

impl Running {
    async fn reach(socket: &Path) -> io::Result<Result<Self, Refused>> {
        let mut stream = BufReader::new(UnixStream::connect(socket).await?);
        let mut begun = Vec::new();
        match next(&mut stream, &mut begun).await? {
            Some(Told::Status(status)) => Ok(Ok(Self { status: *status, stream, begun })),
            Some(Told::Refused(refused)) => Ok(Err(refused)),
            Some(_) | None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// Asks for something.
    ///
    /// # Errors
    /// When the phone is gone.
    pub async fn ask(&mut self, asked: &Asked) -> io::Result<()> {
        let mut line = serde_json::to_string(asked)?;
        line.push('\n');
        self.stream.get_mut().write_all(line.as_bytes()).await
    }

    /// The next thing it tells; `None` once it is gone. It may be given up and begun again: nothing of a line is lost.
    ///
    /// # Errors
    /// When it can't be read, or is nothing a phone tells.
    pub async fn told(&mut self) -> io::Result<Option<Told>> {
        next(&mut self.stream, &mut self.begun).await
    }
}

async fn next(stream: &mut BufReader<UnixStream>, begun: &mut Vec<u8>) -> io::Result<Option<Told>> {
    let most = u64::try_from(LONGEST_TOLD.saturating_sub(begun.len())).unwrap_or(u64::MAX);
    stream.take(most).read_until(b'\n', begun).await?;
    let line = std::mem::take(begun);
    if line.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_slice(&line)?))
}
