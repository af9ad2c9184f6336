//! The tap: it hands events on, keeps the status, runs hooks, and carries out what other programs ask, one event after
//! another. It never holds the phone up: what is asked is refused where the phone is too busy.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use super::Setup;
use super::hooks::{Happening, Hooks, Owner, Trouble, Watch};
use super::line::{Asked, Done, Refused, Told, Why};
use super::order::Plan;
use super::recording::{Full, Pen, Recording};
use super::script::scribe::Names;
#[cfg(unix)]
use super::socket::{Reach, Socket};
use super::status::Status;
use super::steering::{Question, RECORDINGS, Steering};
use super::waiting::{Outcome, Waiting};
use crate::base::{clock, deadline, task};
use crate::domain::link::OpenedLink;
use crate::phone::PhoneLink;
use crate::phone::command::Command;
use crate::phone::event::{self, Event};
use crate::phone::evidence::Recorder;
use crate::texts::outside;

/// Events waiting for whoever drives the phone.
const EVENTS: usize = 256;

/// Commands waiting for the tap.
const COMMANDS: usize = 64;

/// Questions waiting for the tap.
const QUESTIONS: usize = 16;

/// How many orders may wait for their effect at once.
const PENDING: usize = 32;

pub(super) fn put_in(link: PhoneLink, setup: Setup) -> (PhoneLink, Steering) {
    let (to, events) = mpsc::channel(EVENTS);
    let (commands, driven) = mpsc::channel(COMMANDS);
    let status = Status::new(setup.server.clone(), setup.screen, std::process::id());
    let (hooks, troubles) = Hooks::new(setup.hooks.clone());
    let (questions, asked) = mpsc::channel(QUESTIONS);
    let (now, _) = watch::channel(Arc::new(status.clone()));
    let (recordings, recorded) = mpsc::channel(RECORDINGS);
    let steering = Steering { questions: questions.clone(), recordings, recorded: Arc::default() };
    let owner = Owner { account: String::new(), data: setup.data.clone() };
    let tap = Tap {
        commands: link.commands,
        to,
        status,
        now,
        pending: Vec::new(),
        hooks,
        watch: Watch::default(),
        owner,
        opened: setup.opened.clone(),
        questions,
        names: Names::default(),
        recording: None,
        setup,
        recorder: link.recorder.clone(),
        #[cfg(unix)]
        socket: None,
    };
    let inputs = Inputs { events: link.events, driven, asked, recorded, troubles };
    task::spawn("tap", tap.run(inputs));
    (PhoneLink { commands, events, recorder: link.recorder }, steering)
}

/// What the tap listens to.
struct Inputs {
    events: mpsc::Receiver<Event>,
    /// What whoever drives the phone tells it.
    driven: mpsc::Receiver<Command>,
    asked: mpsc::Receiver<Question>,
    recorded: mpsc::Receiver<Option<Pen>>,
    troubles: mpsc::Receiver<Trouble>,
}

struct Tap {
    commands: mpsc::Sender<Command>,
    /// Whoever drives the phone.
    to: mpsc::Sender<Event>,
    status: Status,
    /// The status, for those who follow it.
    now: watch::Sender<Arc<Status>>,
    pending: Vec<Pending>,
    hooks: Hooks,
    watch: Watch,
    owner: Owner,
    /// A link to be shown once somebody is signed in.
    opened: Option<OpenedLink>,
    questions: mpsc::Sender<Question>,
    /// Who is called what, for recordings.
    names: Names,
    recording: Option<Recording>,
    setup: Setup,
    /// What the phone remembers.
    recorder: Recorder,
    /// Open once it is known whose phone it is.
    #[cfg(unix)]
    socket: Option<Socket>,
}

/// An order that waits for its effect.
struct Pending {
    id: u64,
    waiting: Waiting,
    until: Instant,
    answer: oneshot::Sender<Told>,
}

/// Whoever drives the phone listens no more.
struct Gone;

impl Tap {
    async fn run(mut self, inputs: Inputs) {
        let Inputs { mut events, mut driven, mut asked, mut recorded, mut troubles } = inputs;
        let (to, phone) = (self.to.clone(), self.commands.clone());
        // A command for which the phone had no room yet: those behind it wait, and nothing else does.
        let mut held = None;
        loop {
            let until = self.pending.iter().map(|pending| pending.until).min();
            let went_on = tokio::select! {
                biased;
                () = to.closed() => break,
                Some(pen) = recorded.recv() => self.record(pen).await,
                event = events.recv() => match event {
                    Some(event) => self.hears(event).await,
                    None => break,
                },
                room = phone.reserve(), if held.is_some() => {
                    if let Some((room, command)) = room.ok().zip(held.take()) {
                        room.send(command);
                    }
                    Ok(())
                }
                Some(command) = driven.recv(), if held.is_none() => {
                    held = self.commands.try_send(command.clone()).is_err().then(|| command.clone());
                    self.writes(|recording, now| recording.tells(&command, now)).await
                }
                Some(trouble) = troubles.recv() => self.trouble(&trouble).await,
                Some((asked, answer)) = asked.recv() => self.asked(asked, answer).await,
                () = deadline::sleep_until(until) => {
                    self.give_up(clock::now());
                    Ok(())
                }
            };
            if went_on.is_err() {
                break;
            }
        }
        self.leave().await;
    }

    /// The phone ends: with the calls it leaves, of which it tells nothing more.
    async fn leave(&mut self) {
        if let Some(recording) = self.recording.take() {
            recording.end();
        }
        for row in self.status.calls.iter().filter(|row| !row.rings) {
            let ended = Happening::left(row, clock::unix_now());
            self.hooks.run(&ended, self.status.missed, &self.owner);
        }
        self.hooks.are_started().await;
    }

    async fn hears(&mut self, event: Event) -> Result<(), Gone> {
        let changed = self.status.take(&event);
        self.names.hears(&event);
        self.writes(|recording, now| recording.hears(&event, now)).await?;
        if let Some(happening) = self.watch.hears(&event) {
            self.hooks.run(&happening, self.status.missed, &self.owner);
        }
        if changed {
            self.now.send_replace(Arc::new(self.status.clone()));
        }
        let settled = self.settle(&event);
        let signed_in = matches!(event, Event::Me(_));
        self.tell(event).await?;
        // Whoever drives the phone and asks something, too, has heard by then what the answer is about.
        for (pending, outcome) in settled {
            give(pending.answer, pending.id, outcome);
        }
        if signed_in { self.signed_in().await } else { Ok(()) }
    }

    /// Writes into the recording, if there is one; a file that takes nothing more is said.
    async fn writes(&mut self, write: impl FnOnce(&mut Recording, Instant) -> Result<(), Full>) -> Result<(), Gone> {
        let Some(recording) = &mut self.recording else { return Ok(()) };
        match write(recording, clock::now()) {
            Ok(()) => Ok(()),
            Err(Full) => {
                self.recording = None;
                self.tell(Event::Warning(outside::NOT_RECORDED.to_owned())).await
            }
        }
    }

    /// Begins to write the session down, or ends that.
    async fn record(&mut self, pen: Option<Pen>) -> Result<(), Gone> {
        if let Some(before) = self.recording.take() {
            before.end();
        }
        match pen.map(|pen| Recording::begin(pen, &self.status, &self.names)) {
            Some(Err(Full)) => self.tell(Event::Warning(outside::NOT_RECORDED.to_owned())).await,
            begun => {
                self.recording = begun.and_then(Result::ok);
                Ok(())
            }
        }
    }

    async fn tell(&self, event: Event) -> Result<(), Gone> {
        self.to.send(event).await.map_err(|_| Gone)
    }

    /// It is known whose phone it is: others may find it now.
    async fn signed_in(&mut self) -> Result<(), Gone> {
        self.owner.account.clone_from(&self.status.account);
        #[cfg(unix)]
        self.open_socket().await?;
        match self.opened.take() {
            Some(link) => self.tell(Event::Opened(link)).await,
            None => Ok(()),
        }
    }

    #[cfg(unix)]
    async fn open_socket(&mut self) -> Result<(), Gone> {
        if self.socket.is_some() {
            return Ok(());
        }
        let folder = self.setup.sockets.join(&self.status.account);
        let reach =
            Reach { questions: self.questions.clone(), status: self.now.subscribe(), recorder: self.recorder.clone() };
        match Socket::open(&folder, reach) {
            Ok(socket) => {
                tracing::info!(socket = %socket.path().display(), "this phone can be steered");
                self.socket = Some(socket);
                Ok(())
            }
            Err(why) => {
                let sentence = outside::not_steered(&why.to_string());
                tracing::warn!(folder = %folder.display(), "{sentence}");
                if self.setup.screen { self.tell(Event::Warning(sentence)).await } else { Ok(()) }
            }
        }
    }

    async fn trouble(&mut self, trouble: &Trouble) -> Result<(), Gone> {
        match self.hooks.tell(trouble) {
            Some(sentence) => self.tell(Event::Warning(sentence)).await,
            None => Ok(()),
        }
    }

    /// What another program asks is begun, or refused.
    async fn asked(&mut self, asked: Asked, answer: oneshot::Sender<Told>) -> Result<(), Gone> {
        let id = asked.id;
        let outcome = match asked.order.plan(asked.call.as_deref(), &self.status) {
            Err(refused) => Err(refused),
            Ok(Plan::Nothing(done)) => Ok(done),
            Ok(Plan::JustTell { commands, done }) => self.command(commands).await?.map(|()| done),
            Ok(Plan::Show(link)) => {
                self.tell(Event::Opened(link)).await?;
                Ok(Done::default())
            }
            Ok(Plan::Tell { commands, until: waiting }) => {
                match self.command(commands).await? {
                    Ok(()) if !answer.is_closed() => {
                        let until = clock::now() + waiting.patience();
                        self.pending.push(Pending { id, waiting, until, answer });
                        return Ok(());
                    }
                    // Nobody waits for the answer any more.
                    Ok(()) => return Ok(()),
                    Err(refused) => Err(refused),
                }
            }
        };
        give(answer, id, outcome);
        Ok(())
    }

    /// Tells the phone, without waiting for it.
    async fn command(&mut self, commands: Vec<Command>) -> Result<Result<(), Refused>, Gone> {
        let busy = || Refused::new(Why::NotNow, outside::BUSY);
        let room = self.pending.len() < PENDING && self.commands.capacity() >= commands.len();
        if !room {
            return Ok(Err(busy()));
        }
        for command in commands {
            if self.commands.try_send(command.clone()).is_err() {
                return Ok(Err(busy()));
            }
            self.writes(|recording, now| recording.tells(&command, now)).await?;
        }
        Ok(Ok(()))
    }

    /// Those who waited for this event, and what it means for them.
    fn settle(&mut self, event: &Event) -> Vec<(Pending, Outcome)> {
        if let Some((first, call)) =
            (0..).zip(&mut self.pending).find_map(|(at, p)| Some((at, p.waiting.claims(event)?)))
        {
            let others = (0..).zip(&mut self.pending).filter(|(at, _)| *at != first);
            others.for_each(|(_, pending)| pending.waiting.leaves(call));
        }
        // An answer of the service is about what was asked first.
        let answers = matches!(event, Event::Done { .. } | Event::Refused(event::Refused { call: None, .. }));
        let most = if answers { 1 } else { PENDING };
        let mut settled = Vec::new();
        let mut at = 0;
        while at < self.pending.len() && settled.len() < most {
            match self.pending[at].waiting.hears(event) {
                Some(outcome) => settled.push((self.pending.remove(at), outcome)),
                None => at += 1,
            }
        }
        settled
    }

    fn give_up(&mut self, now: Instant) {
        let (late, on_time): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pending).into_iter().partition(|pending| pending.until <= now);
        self.pending = on_time;
        for pending in late {
            give(pending.answer, pending.id, Err(Refused::new(Why::TimedOut, outside::TIMED_OUT)));
        }
    }
}

fn give(answer: oneshot::Sender<Told>, id: u64, outcome: Outcome) {
    let told = match outcome {
        Ok(done) => Told::Done(Done { id, ..done }),
        Err(refused) => Told::Refused(Refused { id, ..refused }),
    };
    // A program that went away needs no answer.
    drop(answer.send(told));
}

#[cfg(test)]
mod tests;
