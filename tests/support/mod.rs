//! The kit of the service tests: a real service in a folder of its own, real phones, and sentences over them.
//!
//! Nothing sleeps: every step waits for an event, with a generous deadline that prints what was seen instead.

#![allow(dead_code, clippy::unwrap_used, reason = "a kit for tests; each binary uses its own part of it")]

use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use switchboard::base::secret::Secret;
use switchboard::config::ServerUrl;
use switchboard::domain::call::CallState;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::CallId;
use switchboard::phone::account::Account;
use switchboard::phone::audio::device::{SinkChoice, SourceChoice};
use switchboard::phone::audio::voice::VoiceConfig;
use switchboard::phone::command::Command;
use switchboard::phone::event::{CallView, Event, Incoming, Link, Summary};
use switchboard::phone::{self, PhoneLink, PhoneOptions};
use switchboard::service::{Running, Service, ServiceOptions, identity};
use tempfile::TempDir;

/// How long a test waits for an event that should come at once.
const PATIENCE: Duration = Duration::from_secs(30);

/// A service on free ports, in a folder that goes with it.
pub struct TestService {
    pub running: Option<Running>,
    pub folder: TempDir,
    pub http: SocketAddr,
    pub media: SocketAddr,
    demo_secret: Secret<String>,
}

/// The options of a test service in `folder`.
pub fn options(folder: &Path) -> ServiceOptions {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    ServiceOptions {
        listen: any,
        media: any,
        advertise: Vec::new(),
        names: Vec::new(),
        folder: folder.to_owned(),
        identity: identity::Settings::default(),
        demo: true,
        callback_after: Duration::from_millis(200),
    }
}

impl TestService {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = options(folder.path());
        Self::with(folder, options).await
    }

    pub async fn with(folder: TempDir, options: ServiceOptions) -> Self {
        let running = Service::start(options).await.unwrap();
        let (http, media) = (running.http, running.media[0]);
        let demo_secret = running.demo_secret.clone().unwrap();
        Self { running: Some(running), folder, http, media, demo_secret }
    }

    pub fn server(&self) -> ServerUrl {
        self.http.to_string().parse().unwrap()
    }

    pub async fn account(&self, name: &str) -> Account {
        Account::sign_in(&self.server(), name.parse().unwrap(), self.demo_secret.clone()).await.unwrap()
    }

    /// A phone of a demo account that speaks a tone of `hertz` and writes what it hears to `NAME.wav` in the folder.
    pub async fn phone(&self, name: &str, hertz: u16) -> TestPhone {
        let heard = self.folder.path().join(format!("{name}-{hertz}.wav"));
        let voice = VoiceConfig {
            microphone: SourceChoice::Tone(hertz),
            speaker: SinkChoice::File(heard),
            ..VoiceConfig::default()
        };
        TestPhone::start(name, self.account(name).await, voice).await
    }

    /// Stops it as `kill` would not: tidily.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}

/// A phone, and everything it has told so far.
pub struct TestPhone {
    pub name: String,
    pub link: PhoneLink,
    pub seen: Vec<Event>,
}

impl TestPhone {
    pub async fn start(name: &str, account: Account, voice: VoiceConfig) -> Self {
        let options = PhoneOptions { voice, record: None, tones: false, rings: true };
        let link = phone::start(account, options).unwrap();
        let mut phone = Self { name: name.to_owned(), link, seen: Vec::new() };
        phone.until("be connected", |event| matches!(event, Event::Link(Link::Up)).then_some(())).await;
        phone
    }

    pub async fn tell(&self, command: Command) {
        self.link.commands.send(command).await.unwrap();
    }

    /// Waits for the event that `pick` picks.
    pub async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let Ok(event) = tokio::time::timeout_at(deadline, self.link.events.recv()).await else {
                panic!("{} did not {what} within {PATIENCE:?}; it told: {:#?}", self.name, self.told());
            };
            let Some(event) = event else {
                panic!("{} ended instead of to {what}; it told: {:#?}", self.name, self.told());
            };
            let picked = pick(&event);
            self.seen.push(event);
            if let Some(picked) = picked {
                return picked;
            }
        }
    }

    /// What it told, without the figures.
    fn told(&self) -> Vec<&impl Debug> {
        self.seen.iter().filter(|event| !matches!(event, Event::Levels { .. } | Event::Quality { .. })).collect()
    }

    pub async fn calls(&mut self, to: &str) -> CallId {
        self.tell(Command::Call { to: to.to_owned(), ring_for: None }).await;
        self.until("start a call", |event| match event {
            Event::Call(view) => Some(view.call),
            _ => None,
        })
        .await
    }

    pub async fn rings(&mut self) -> Incoming {
        self.until("ring", |event| match event {
            Event::Incoming(incoming) => Some(incoming.clone()),
            _ => None,
        })
        .await
    }

    pub async fn stops_ringing(&mut self) -> EndReason {
        self.until("stop ringing", |event| match event {
            Event::IncomingEnded { reason, .. } => Some(*reason),
            _ => None,
        })
        .await
    }

    pub async fn answers(&mut self) -> CallId {
        let call = self.rings().await.call;
        self.tell(Command::Answer(call)).await;
        call
    }

    pub async fn is(&mut self, state: CallState) -> CallView {
        self.until(&format!("be {state:?}"), |event| match event {
            Event::Call(view) if view.state == state => Some(view.clone()),
            _ => None,
        })
        .await
    }

    pub async fn ends(&mut self) -> Summary {
        self.until("end its call", |event| match event {
            Event::Ended(summary) => Some(summary.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until it hears something louder than silence.
    pub async fn hears_something(&mut self) {
        self.until("hear something", |event| match event {
            Event::Levels { speaker, .. } if *speaker > -40.0 => Some(()),
            _ => None,
        })
        .await;
    }

    pub async fn hangs_up(&mut self, call: CallId) {
        self.tell(Command::HangUp(call)).await;
    }
}
