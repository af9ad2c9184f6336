//! `token_command`: a program of the configuration that hands out access tokens. No shell reads it, and what it prints is
//! never logged.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::AccountError;
use crate::base::secret::Secret;
use crate::base::{clock, task};
use crate::config::{Program, SECRET_VARIABLES};
use crate::domain::text::printable;

/// How long it may run.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How much of what it prints is read, in bytes.
const MOST: u64 = 64 * 1024;

/// How much of its complaints is shown, in characters.
const SHOWN: usize = 300;

/// A program that prints a token.
#[derive(Debug, Clone)]
pub struct TokenCommand {
    program: Program,
    patience: Duration,
}

impl TokenCommand {
    /// The program of the setting; `None` where it is empty.
    pub fn of(program: &Program) -> Option<Self> {
        program.parts().map(|_| Self { program: program.clone(), patience: PATIENCE })
    }

    /// Runs it: the first line it prints is the token.
    ///
    /// # Errors
    /// When it can't be started, fails, takes too long or prints no token.
    pub(super) async fn run(&self) -> Result<Secret<String>, AccountError> {
        let own = self.clone();
        let ran = tokio::task::spawn_blocking(move || own.run_blocking()).await;
        let ran = ran.unwrap_or_else(|_| Err("it could not be run".to_owned()));
        let name = self.program.parts().map_or_else(String::new, |(name, _)| printable(name, 120));
        ran.map_err(|why| {
            AccountError::Command(format!("the setting phone.token_command ({name}) gave no token: {why}"))
        })
    }

    fn run_blocking(&self) -> Result<Secret<String>, String> {
        let (program, arguments) = self.program.parts().ok_or("it is empty")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in SECRET_VARIABLES {
            command.env_remove(name);
        }
        // What it starts ends with it, when it takes too long; and no key of the terminal reaches it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|why| why.to_string())?;
        let until = clock::now() + self.patience;
        let printed = reader(child.stdout.take());
        let complained = reader(child.stderr.take());
        let status = wait(&mut child, until);
        let too_long = || format!("it took longer than {} s", self.patience.as_secs());
        let ended = status.and_then(|status| {
            let status = status.ok_or_else(too_long)?;
            let left = until.saturating_duration_since(clock::now());
            // What it started may hold its output open.
            let printed = printed.recv_timeout(left).map_err(|_| too_long())?;
            if status.success() { Ok(printed) } else { Err(status.to_string()) }
        });
        // Whatever it left running ends with it, and lets go of its output.
        end(&mut child);
        match ended {
            Ok(printed) => token(&printed),
            Err(why) => {
                let complained = complained.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
                let complained = printable(&String::from_utf8_lossy(&complained), SHOWN);
                if complained.is_empty() { Err(why) } else { Err(format!("{why}: {complained}")) }
            }
        }
    }
}

/// Reads a stream to its end, or as much as is wanted, beside whoever waits for the program.
fn reader(stream: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (to, from) = mpsc::sync_channel(1);
    if let Some(stream) = stream {
        let read = move || {
            let mut bytes = Vec::new();
            // What was read before an error is shown all the same.
            stream.take(MOST).read_to_end(&mut bytes).ok();
            to.send(bytes).ok();
        };
        // Without a thread the channel closes, which counts as no output.
        task::thread("token command", read).ok();
    }
    from
}

/// Waits for its end; `None` when it takes too long.
fn wait(child: &mut Child, until: Instant) -> Result<Option<std::process::ExitStatus>, String> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status)),
            Ok(None) if clock::now() < until => std::thread::sleep(LOOK_EVERY),
            Ok(None) => return Ok(None),
            Err(why) => return Err(why.to_string()),
        }
    }
}

/// Ends it with all it started, as far as that is still there.
fn end(child: &mut Child) {
    if let Ok(None) = child.try_wait() {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            // It was not waited for yet, so that its number is still its own; gone already, all the better.
            kill_process_group(Pid::from_child(child), Signal::KILL).ok();
        }
        #[cfg(not(unix))]
        child.kill().ok();
        child.wait().ok();
    }
}

fn token(printed: &[u8]) -> Result<Secret<String>, String> {
    let text = std::str::from_utf8(printed).map_err(|_| "what it prints is no text")?;
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        return Err("the first line it prints is empty".to_owned());
    }
    if !line.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("the first line it prints is no token".to_owned());
    }
    Ok(Secret::new(line.to_owned()))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting as _;

    fn shell(script: &str) -> TokenCommand {
        let list = toml::Value::Array(["sh", "-c", script].map(|part| part.to_owned().into()).to_vec());
        TokenCommand::of(&Program::read(&list).unwrap()).unwrap()
    }

    async fn fails(command: &TokenCommand) -> String {
        let Err(AccountError::Command(why)) = command.run().await else { panic!("it gave a token") };
        why
    }

    #[tokio::test]
    async fn the_first_line_is_the_token() {
        let token = shell("echo ' a.b.c '; echo more; echo noise >&2").run().await.unwrap();
        assert_eq!(token.expose(), "a.b.c");
        assert!(TokenCommand::of(&Program::default()).is_none());
    }

    #[tokio::test]
    async fn what_fails_shows_what_it_complained_of() {
        let why = fails(&shell("echo secret.token.x; echo 'log \\033[31m in first' >&2; exit 3")).await;
        assert!(why.contains("phone.token_command") && why.contains("in first") && why.contains('3'), "{why}");
        assert!(!why.contains("secret.token") && !why.contains('\u{1b}'), "{why}");
        assert!(fails(&shell("exit 0")).await.contains("empty"));
        assert!(fails(&shell("echo two words")).await.contains("no token"));
        assert!(fails(&shell("printf '\\377\\n'")).await.contains("no text"));
        let missing = TokenCommand::of(&Program::read(&"/nowhere/at all".into()).unwrap()).unwrap();
        assert!(fails(&missing).await.contains("No such file"));
    }

    #[tokio::test]
    async fn what_takes_too_long_or_prints_without_end_is_ended() {
        let slow = TokenCommand { patience: Duration::from_millis(200), ..shell("sleep 600") };
        assert!(fails(&slow).await.contains("took longer"));
        // Its first line is far too long to be one; what it goes on to print has no reader.
        assert!(!fails(&TokenCommand { patience: Duration::from_secs(20), ..shell("yes 'a b'") }).await.is_empty());
    }
}
