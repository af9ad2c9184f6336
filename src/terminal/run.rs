//! The screen's input and output: keys and phone events in, pictures and commands out. Everything else is decided by
//! `update`.
//!
//! The terminal is put back as it was on every way out: leaving, an error, a panic, SIGTERM, SIGHUP, and while stopped.

use std::fs::OpenOptions;
use std::future::poll_fn;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
#[cfg(unix)]
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt;
use ratatui::backend::CrosstermBackend;
use tokio::sync::mpsc;

use super::alert::Notifier;
use super::guard::{Guard, PanicHook, inside};
use super::job::{self, Continued};
use super::message::{Copied, Effect, Message, ScriptRecorded};
use super::model::{Model, OptionsError, ScreenOptions};
use super::screen::Screen;
use super::{alert, clipboard};
use crate::base::signals::{EndSignal, EndSignals};
use crate::base::{clock, deadline, task};
use crate::outside::Steering;
use crate::phone::PhoneLink;
use crate::phone::command::Command;
use crate::phone::evidence::entry::Entry;

/// How the screen ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// The person left.
    Quit,
    /// The phone stopped by itself.
    PhoneStopped,
    /// The terminal is gone.
    NoTerminal,
    /// The system asked for it.
    Signal(EndSignal),
}

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// Keys or theme of the configuration.
    #[error("the screen's settings can't be used: {0}")]
    Options(#[from] OptionsError),
    /// There is no terminal.
    #[error("the softphone needs a terminal; in scripts use `switchboard call` and `switchboard wait`")]
    NotATerminal,
    /// The terminal.
    #[error("the terminal can't be used: {0}")]
    Terminal(#[from] io::Error),
}

/// How long the phone may take to hang up and say bye when the screen is left.
const BYE: Duration = Duration::from_secs(2);

/// How long the loop sleeps at most while something moves: the wall clock may be set back meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// How many answers about copied texts, and about files, may wait.
const COPIES: usize = 4;

/// How many messages are taken in before a picture is due again.
const BATCH: usize = 256;

type Output = CrosstermBackend<BufWriter<Stdout>>;

/// What evidence is made of.
#[derive(Debug)]
pub struct Shot {
    /// What the phone remembers.
    pub entries: Vec<Arc<Entry>>,
    /// What the screen shows, as plain text.
    pub screen: String,
}

/// Writes evidence into a file, which comes back; or why it could not be written, for a person.
pub type Collector = Box<dyn Fn(Shot) -> Pin<Box<dyn Future<Output = Result<PathBuf, String>> + Send>> + Send>;

/// Shows the phone until the person leaves, the phone stops or a signal comes. The phone is told to quit on every way out.
/// Evidence that the person asks for is written by `collector`.
///
/// # Errors
/// When settings can't be used, or the terminal can't be read or written.
pub async fn run(
    mut link: PhoneLink,
    options: ScreenOptions,
    collector: Collector,
    steering: Steering,
) -> Result<Left, ScreenError> {
    let colour = options.colour.decide(std::env::var("NO_COLOR").ok().as_deref());
    let model = Model::new(&options, colour, clock::unix_now())?;
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        say_bye(link).await;
        return Err(ScreenError::NotATerminal);
    }
    // Before the terminal is taken, so that no signal finds it taken and nobody listening.
    let signals = Signals::listen()?;
    let guard = Guard::enter()?;
    let hook = PanicHook::set();
    let output = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout()));
    let left = match Screen::new(model, output) {
        Ok(screen) => {
            let (copied, exported, collected) = (mpsc::channel(COPIES), mpsc::channel(COPIES), mpsc::channel(COPIES));
            let (retitle, notify) = (options.retitle, options.notify);
            let link = &mut link;
            let guard = &guard;
            let steering = steering.clone();
            let inputs = Loop {
                copied,
                exported,
                collected,
                collector,
                steering,
                screen,
                link,
                guard,
                signals,
                retitle,
                notify,
            };
            inputs.run().await
        }
        Err(error) => Err(error.into()),
    };
    drop(hook);
    drop(guard);
    let recorder = link.recorder.clone();
    say_bye(link).await;
    recorder.flush();
    steering.is_written();
    left
}

/// Tells the phone to quit, and waits a little until its calls are hung up.
async fn say_bye(mut link: PhoneLink) {
    let bye = async {
        if link.commands.send(Command::Quit).await.is_ok() {
            while link.events.recv().await.is_some() {}
        }
    };
    if tokio::time::timeout(BYE, bye).await.is_err() {
        tracing::warn!("the phone took too long to say bye");
    }
}

/// A text that was to be copied, and what took it.
type Clipping = (Copied, String);

/// The file evidence was written into, or why not.
type Collected = Result<String, String>;

struct Loop<'a> {
    /// What took a text that was copied, told by the thread that did it.
    copied: (mpsc::Sender<Clipping>, mpsc::Receiver<Clipping>),
    /// What became of files, told by the threads that write them.
    exported: (mpsc::Sender<Message>, mpsc::Receiver<Message>),
    /// Evidence that was written, told by the task that did it.
    collected: (mpsc::Sender<Collected>, mpsc::Receiver<Collected>),
    collector: Collector,
    steering: Steering,
    screen: Screen<Output>,
    link: &'a mut PhoneLink,
    guard: &'a Guard,
    signals: Signals,
    /// Whether the terminal's title shows calls.
    retitle: bool,
    notify: Notifier,
}

/// What woke the loop.
#[expect(clippy::large_enum_variant, reason = "made and taken one at a time, and most are the largest one")]
enum Woken {
    Message(Message),
    Copied(Clipping),
    Continued,
    Leave(Left),
}

impl Loop<'_> {
    async fn run(mut self) -> Result<Left, ScreenError> {
        let mut input = EventStream::new();
        self.draw()?;
        loop {
            let wake_at = self.wake_at();
            let woken = tokio::select! {
                biased;
                woken = self.signals.next() => woken,
                event = input.next() => typed(event),
                event = self.link.events.recv() => heard(event),
                // The loop holds a sender of its own, so that the channel never ends.
                Some(copied) = self.copied.1.recv() => Woken::Copied(copied),
                Some(exported) = self.exported.1.recv() => Woken::Message(exported),
                Some(collected) = self.collected.1.recv() => Woken::Message(Message::Evidence(collected)),
                () = deadline::sleep_until(wake_at) => Woken::Message(Message::Tick(clock::unix_now())),
            };
            if let Some(left) = self.wake(woken)? {
                return Ok(left);
            }
            if let Some(left) = self.drain(&mut input).await? {
                return Ok(left);
            }
            self.draw()?;
        }
    }

    /// Takes in what else is already there, so that a flood makes one picture.
    async fn drain(&mut self, input: &mut EventStream) -> Result<Option<Left>, ScreenError> {
        for _ in 0..BATCH {
            // Asked with this task's own waker: the stream keeps the one it was asked with last until a key comes.
            let key = poll_fn(|context| Poll::Ready(input.poll_next_unpin(context))).await;
            let woken = if let Poll::Ready(event) = key {
                typed(event)
            } else if let Ok(event) = self.link.events.try_recv() {
                heard(Some(event))
            } else {
                break;
            };
            if let Some(left) = self.wake(woken)? {
                return Ok(Some(left));
            }
        }
        Ok(None)
    }

    fn wake(&mut self, woken: Woken) -> Result<Option<Left>, ScreenError> {
        match woken {
            Woken::Message(message) => self.take(message),
            Woken::Copied((by, text)) => {
                if by == Copied::Terminal {
                    self.write(&alert::clipboard(&text))?;
                }
                self.take(Message::Copied(by))
            }
            Woken::Continued => {
                self.resume()?;
                Ok(None)
            }
            Woken::Leave(left) => Ok(Some(left)),
        }
    }

    /// When to wake though nothing comes: for a picture held back, or for one that changes by itself.
    fn wake_at(&self) -> Option<Instant> {
        let now = clock::now();
        let model = self.screen.model();
        let next = [model.next_change(), model.next_look()].into_iter().flatten().min();
        let moves = next.map(|at| {
            let millis = u64::try_from(at.since(clock::unix_now())).unwrap_or(0);
            now + Duration::from_millis(millis).min(LONGEST_SLEEP)
        });
        deadline::earlier(moves, self.screen.due(now))
    }

    fn take(&mut self, message: Message) -> Result<Option<Left>, ScreenError> {
        let effects = inside(|| self.screen.take(clock::unix_now(), message));
        for effect in effects {
            if let Some(left) = self.carry_out(effect)? {
                return Ok(Some(left));
            }
        }
        Ok(None)
    }

    fn carry_out(&mut self, effect: Effect) -> Result<Option<Left>, ScreenError> {
        match effect {
            Effect::Phone(command) => self.tell(command),
            Effect::Bell => self.write(alert::BELL)?,
            Effect::Title(text) if self.retitle => self.write(&alert::title(&text))?,
            Effect::Title(_) => {}
            Effect::Notify(text) => self.write(&self.notify.bytes(&text))?,
            Effect::Copy(text) => self.copy(text),
            Effect::Export { file, table } => self.export(file, table),
            Effect::RecordScript(Some(file)) => self.record_script(file),
            Effect::RecordScript(None) => {
                let ended = self.steering.stop_recording().map(|file| file.display().to_string());
                let became = ended.map_or(ScriptRecorded::Nothing, ScriptRecorded::Ended);
                return self.take(Message::ScriptRecorded(became));
            }
            Effect::Look(after) => return self.take(Message::Recorded(self.link.recorder.since(after))),
            Effect::Explain(call) => {
                let why = self.link.recorder.explain(call).map(Box::new);
                return self.take(Message::Explained(call, why));
            }
            Effect::Evidence => self.collect()?,
            Effect::Repaint => self.screen.repaint()?,
            Effect::Suspend => self.suspend()?,
            Effect::Quit => return Ok(Some(Left::Quit)),
        }
        Ok(None)
    }

    /// Tells the phone without waiting; that it is busy is shown.
    fn tell(&mut self, command: Command) {
        if self.link.commands.try_send(command).is_err() {
            // Its only effect could be a new title, which the next message brings.
            self.screen.take(clock::unix_now(), Message::PhoneBusy);
        }
    }

    /// Has evidence written beside this task: there is something to compress, and devices to be asked.
    fn collect(&self) -> io::Result<()> {
        let shot = Shot { entries: self.link.recorder.snapshot(), screen: self.screen.text()? };
        let (writing, tell) = ((self.collector)(shot), self.collected.0.clone());
        task::spawn("evidence", async move {
            let written = writing.await.map(|path| path.display().to_string());
            tell.send(written).await.ok();
        });
        Ok(())
    }

    /// Copies a text on a thread of its own: clipboard programs may take their time.
    fn copy(&self, text: String) {
        let tell = self.copied.0.clone();
        let for_terminal = text.clone();
        let copying = task::thread("clipboard", move || {
            // With so many answers waiting already, this one says nothing new.
            let _ = tell.try_send((clipboard::copy(&text), text));
        });
        if copying.is_err() {
            let _ = self.copied.0.try_send((Copied::Terminal, for_terminal));
        }
    }

    /// Writes a file on a thread of its own: disks may take their time.
    fn export(&self, file: String, table: String) {
        let tell = self.exported.0.clone();
        let named = file.clone();
        let writing = task::thread("export", move || {
            let failed = write_new(&file, &table).err().map(|why| why.to_string());
            // With so many answers waiting already, this one is missed the least.
            let _ = tell.try_send(Message::Exported { file, failed });
        });
        if let Err(why) = writing {
            let _ = self.exported.0.try_send(Message::Exported { file: named, failed: Some(why.to_string()) });
        }
    }

    /// Begins a file on a thread of its own: disks may take their time.
    fn record_script(&self, file: String) {
        let (tell, steering, named) = (self.exported.0.clone(), self.steering.clone(), file.clone());
        let begin = task::thread("recording", move || {
            let became = match steering.record(std::path::Path::new(&file)) {
                Ok(()) => ScriptRecorded::Begun(file),
                Err(why) => ScriptRecorded::Failed { file, why: why.to_string() },
            };
            // With so many answers waiting already, this one is missed the least.
            let _ = tell.try_send(Message::ScriptRecorded(became));
        });
        if let Err(why) = begin {
            let became = ScriptRecorded::Failed { file: named, why: why.to_string() };
            let _ = self.exported.0.try_send(Message::ScriptRecorded(became));
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let output = self.screen.backend_mut();
        output.write_all(bytes)?;
        Write::flush(output)
    }

    fn draw(&mut self) -> io::Result<()> {
        let now = clock::now();
        if self.screen.due(now) != Some(now) {
            return Ok(());
        }
        self.screen.backend_mut().write_all(alert::BEGIN_UPDATE)?;
        inside(|| self.screen.draw(now))?;
        self.write(alert::END_UPDATE)
    }

    /// Stops this process and the rest of its process group, as a shell's Ctrl-Z does; goes on where it was after `fg`.
    fn suspend(&mut self) -> io::Result<()> {
        self.guard.leave();
        job::stop()?;
        self.resume()
    }

    fn resume(&mut self) -> io::Result<()> {
        self.guard.restore()?;
        self.screen.repaint()
    }
}

/// Writes a file that is not there yet; whom one called is nobody else's business.
fn write_new(file: &str, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())
}

/// The signals that end the screen, and the one that says the process was continued.
struct Signals {
    end: EndSignals,
    continued: Continued,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self { end: EndSignals::take()?, continued: Continued::listen()? })
    }

    async fn next(&mut self) -> Woken {
        tokio::select! {
            signal = self.end.next() => Woken::Leave(Left::Signal(signal)),
            () = self.continued.next() => Woken::Continued,
        }
    }
}

fn typed(event: Option<io::Result<Input>>) -> Woken {
    match event {
        Some(Ok(Input::Key(key))) => Woken::Message(Message::Key(key)),
        Some(Ok(Input::Paste(text))) => Woken::Message(Message::Paste(text)),
        Some(Ok(Input::Resize(..) | Input::FocusGained | Input::FocusLost | Input::Mouse(_))) => {
            Woken::Message(Message::Resize)
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "the terminal can't be read");
            Woken::Leave(Left::NoTerminal)
        }
        None => Woken::Leave(Left::NoTerminal),
    }
}

fn heard(event: Option<crate::phone::event::Event>) -> Woken {
    event.map_or(Woken::Leave(Left::PhoneStopped), |event| Woken::Message(Message::Phone(event)))
}
