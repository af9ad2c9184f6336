//! The screen's input and output: keys and phone events in, pictures and commands out. Everything else is decided by
//! `update`.
//!
//! The terminal is put back as it was on every way out: leaving, an error, a panic, SIGTERM, SIGHUP, and while stopped.

use std::future::poll_fn;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::task::Poll;
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, EventStream};
use futures_util::StreamExt;
use ratatui::backend::CrosstermBackend;

use super::alert;
use super::alert::Notifier;
pub use super::errands::{Collector, Hands, Shot, SignOut};
use super::errands::{Errands, Run};
use super::guard::{Guard, PanicHook, inside};
use super::job::{self, Continued};
pub use super::message::NotSignedOut;
use super::message::{Copied, Effect, Message};
use super::model::{GoOn, Model, OptionsError, ScreenOptions};
use super::screen::Screen;
use crate::base::signals::{EndSignal, EndSignals};
use crate::base::{clock, deadline};
use crate::outside::Steering;
use crate::phone::PhoneLink;
use crate::phone::command::Command;

/// How the screen ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// The person left.
    Quit,
    /// The person wants to go on as somebody else.
    GoOn(GoOn),
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

/// How many messages are taken in before a picture is due again.
const BATCH: usize = 256;

type Output = CrosstermBackend<BufWriter<Stdout>>;

/// Shows the phone until the person leaves, the phone stops or a signal comes. The phone is told to quit on every way out.
/// What the person asks for that is none of the screen's, `hands` do.
///
/// # Errors
/// When settings can't be used, or the terminal can't be read or written.
pub async fn run(
    mut link: PhoneLink,
    options: ScreenOptions,
    hands: Hands,
    steering: Steering,
) -> Result<Left, ScreenError> {
    let colour = options.colour.decide(std::env::var("NO_COLOR").ok().as_deref());
    let model = Model::new(&options, colour, clock::unix_now())?;
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        leave(link, &steering).await;
        return Err(ScreenError::NotATerminal);
    }
    // Before the terminal is taken, so that no signal finds it taken and nobody listening.
    let signals = Signals::listen()?;
    forget_who_waited()?;
    let guard = Guard::enter()?;
    let hook = PanicHook::set();
    let output = CrosstermBackend::new(BufWriter::with_capacity(64 * 1024, io::stdout()));
    let left = match Screen::new(model, output) {
        Ok(screen) => {
            let errands = Errands::new(hands, steering.clone());
            let (retitle, notify) = (options.retitle, options.notify);
            let link = &mut link;
            let guard = &guard;
            let asks = screen.model().talk.on;
            let inputs = Loop { errands, screen, link, guard, signals, retitle, notify, asks };
            inputs.run().await
        }
        Err(error) => Err(error.into()),
    };
    drop(hook);
    drop(guard);
    leave(link, &steering).await;
    left
}

/// Takes away the call to wake up that whoever waited for keys before has left behind: taken together with keys, it would
/// hide these. For the terminal is about to change its mode, which tells of keys that were typed ahead.
///
/// # Errors
/// When the terminal can't be read.
pub(crate) fn forget_who_waited() -> io::Result<()> {
    crossterm::event::poll(Duration::ZERO).map(drop)
}

/// Tells the phone to quit, and waits a little until its calls are hung up and what was recorded is on disk.
pub(super) async fn leave(mut link: PhoneLink, steering: &Steering) {
    let bye = async {
        if link.commands.send(Command::Quit).await.is_ok() {
            while link.events.recv().await.is_some() {}
        }
    };
    if tokio::time::timeout(BYE, bye).await.is_err() {
        tracing::warn!("the phone took too long to say bye");
    }
    let recorder = link.recorder.clone();
    // What is recorded ends with the last who listens to the phone.
    drop(link);
    recorder.flush();
    steering.is_written();
}

struct Loop<'a> {
    errands: Errands,
    screen: Screen<Output>,
    link: &'a mut PhoneLink,
    guard: &'a Guard,
    signals: Signals,
    /// Whether the terminal's title shows calls.
    retitle: bool,
    notify: Notifier,
    /// Whether the terminal is to be asked if it tells when keys are released.
    asks: bool,
}

/// What woke the loop.
pub(super) enum Woken {
    Message(Message),
    Run(Run),
    Continued,
    Leave(Left),
}

impl Loop<'_> {
    async fn run(mut self) -> Result<Left, ScreenError> {
        self.draw()?;
        if let Some(left) = self.ask().await? {
            return Ok(left);
        }
        let mut input = EventStream::new();
        loop {
            if self.asks {
                // The answer comes among the keys, for which nobody else may wait meanwhile.
                drop(input);
                if let Some(left) = self.ask().await? {
                    return Ok(left);
                }
                input = EventStream::new();
            }
            let wake_at = self.wake_at();
            let woken = tokio::select! {
                biased;
                woken = self.signals.next() => woken,
                event = input.next() => typed(event),
                event = self.link.events.recv() => heard(event),
                run = self.errands.next() => Woken::Run(run),
                () = deadline::sleep_until(wake_at) => Woken::Message(Message::Tick(clock::unix_now())),
            };
            if let Some(left) = self.wake(woken)? {
                return Ok(left);
            }
            if let Some(left) = self.drain(&mut input).await? {
                return Ok(left);
            }
            self.guard.tell_releases(self.screen.model().wants_releases())?;
            self.draw()?;
        }
    }

    /// Asks the terminal whether it tells when keys are released, if that is to be asked.
    async fn ask(&mut self) -> Result<Option<Left>, ScreenError> {
        if !std::mem::take(&mut self.asks) {
            return Ok(None);
        }
        let tells = tokio::task::spawn_blocking(tells_releases).await.unwrap_or(false);
        self.take(Message::TellsReleases(tells))
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
            Woken::Run(Run::Copied(by, text)) => {
                if by == Copied::Terminal {
                    self.write(&alert::clipboard(&text))?;
                }
                self.take(Message::Copied(by))
            }
            Woken::Run(Run::Done(message)) => self.take(message),
            Woken::Continued => {
                self.resume()?;
                self.take(Message::FocusLost)
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
            Effect::AskReleases => self.asks = true,
            // Only what is typed in plain mode asks for something to be told.
            Effect::Tell(_) => {}
            Effect::Copy(text) => self.errands.copy(text),
            Effect::Export { file, table } => self.errands.export(file, table),
            Effect::RecordScript(Some(file)) => self.errands.record_script(file),
            Effect::RecordScript(None) => return self.take(self.errands.stop_recording()),
            Effect::Look(after) => return self.take(Message::Recorded(self.link.recorder.since(after))),
            Effect::Explain(call) => {
                let why = self.link.recorder.explain(call).map(Box::new);
                return self.take(Message::Explained(call, why));
            }
            Effect::Evidence => {
                self.errands.collect(Shot { entries: self.link.recorder.snapshot(), screen: self.screen.text()? });
            }
            Effect::SignOut(who) => self.errands.sign_out(who),
            Effect::GoOn(go_on) => return Ok(Some(Left::GoOn(go_on))),
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

/// The signals that end the screen, and the one that says the process was continued.
pub(super) struct Signals {
    end: EndSignals,
    continued: Continued,
}

impl Signals {
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { end: EndSignals::take()?, continued: Continued::listen()? })
    }

    pub(super) async fn next(&mut self) -> Woken {
        tokio::select! {
            signal = self.end.next() => Woken::Leave(Left::Signal(signal)),
            () = self.continued.next() => Woken::Continued,
        }
    }
}

/// How soon an asking fails that was only disturbed; one that is not answered takes two seconds.
const DISTURBED: Duration = Duration::from_secs(1);

/// Whether the terminal speaks the keyboard protocol of kitty; no, where it does not answer. It blocks until it is known.
fn tells_releases() -> bool {
    for _ in 0..3 {
        let asked_at = clock::now();
        match crossterm::terminal::supports_keyboard_enhancement() {
            Ok(tells) => return tells,
            // Whoever waited for keys before may have left a call to wake up behind.
            Err(_) if clock::now().saturating_duration_since(asked_at) < DISTURBED => {}
            Err(error) => {
                tracing::debug!(%error, "the terminal does not say whether it tells of released keys");
                return false;
            }
        }
    }
    false
}

fn typed(event: Option<io::Result<Input>>) -> Woken {
    match event {
        Some(Ok(Input::Key(key))) => Woken::Message(Message::Key(key)),
        Some(Ok(Input::Paste(text))) => Woken::Message(Message::Paste(text)),
        Some(Ok(Input::FocusLost)) => Woken::Message(Message::FocusLost),
        Some(Ok(Input::Resize(..) | Input::FocusGained | Input::Mouse(_))) => Woken::Message(Message::Resize),
        Some(Err(error)) => {
            tracing::warn!(%error, "the terminal can't be read");
            Woken::Leave(Left::NoTerminal)
        }
        None => Woken::Leave(Left::NoTerminal),
    }
}

pub(super) fn heard(event: Option<crate::phone::event::Event>) -> Woken {
    event.map_or(Woken::Leave(Left::PhoneStopped), |event| Woken::Message(Message::Phone(event)))
}
