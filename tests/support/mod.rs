//! The kit of the service tests: a real service in a folder of its own, real phones, and sentences over them.
//!
//! Nothing sleeps: every step waits for an event, with a generous deadline that prints what was seen instead.

#![allow(dead_code, clippy::unwrap_used, reason = "a kit for tests; each binary uses its own part of it")]

pub mod process;
pub mod proxy;
pub mod tls;
pub mod wav;

use std::fmt::Debug;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use switchboard::base::secret::Secret;
use switchboard::config::{MediaOver, ServerUrl};
use switchboard::domain::call::{CallState, Participant};
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::id::{CallId, Identity, UserName};
use switchboard::domain::person::{Friend, Person};
use switchboard::domain::presence::{Presence, PresenceState};
use switchboard::domain::record::CallRecord;
use switchboard::phone::account::Account;
use switchboard::phone::audio::device::{SinkChoice, SourceChoice};
use switchboard::phone::audio::voice::VoiceConfig;
use switchboard::phone::command::Command;
use switchboard::phone::event::{CallView, Event, Incoming, Link, Quality, Refusal, Summary, Transport};
use switchboard::phone::{self, GroupOptions, PhoneLink, PhoneOptions};
use switchboard::protocol::rest::{NewAccount, SignIn, SignedIn};
use switchboard::service::identity::Identities;
use switchboard::service::{Running, Service, ServiceOptions};
use tempfile::TempDir;

/// How long a test waits for an event that should come at once.
const PATIENCE: Duration = Duration::from_secs(60);

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
    ServiceOptions { demo: true, callback_after: Duration::from_millis(200), ..ServiceOptions::new(folder) }
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

    pub fn identities(&self) -> &Identities {
        self.running.as_ref().unwrap().identities()
    }

    pub fn demo_secret(&self) -> Secret<String> {
        self.demo_secret.clone()
    }

    pub fn server(&self) -> ServerUrl {
        self.http.to_string().parse().unwrap()
    }

    pub async fn account(&self, name: &str) -> Account {
        self.account_by(self.http, name).await
    }

    /// A sign-in of a demo account that reaches the service at `at`.
    pub async fn account_by(&self, at: SocketAddr, name: &str) -> Account {
        let server = at.to_string().parse().unwrap();
        Account::sign_in(&server, name.parse().unwrap(), self.demo_secret.clone()).await.unwrap()
    }

    /// Signs an account of its own in, which gives it its identity.
    pub async fn signs_in(&self, user: &UserName, password: &Secret<String>) -> Account {
        Account::sign_in(&self.server(), user.clone(), password.clone()).await.unwrap()
    }

    /// An access token of a demo account, as a trusted service would hand it out.
    pub async fn token(&self, name: &str) -> Secret<String> {
        let body = SignIn { user: name.parse().unwrap(), password: self.demo_secret.clone() };
        let request = reqwest::Client::new().post(self.server().rest("/api/v1/sign-in")).json(&body);
        request.send().await.unwrap().json::<SignedIn>().await.unwrap().access_token
    }

    /// What an administrator asks, by its route below `/api/v1/admin/users`.
    pub async fn administrates(&self, route: &str, body: Option<&NewAccount>) {
        let secret = self.running.as_ref().unwrap().admin_secret.expose().clone();
        let url = self.server().rest(&format!("/api/v1/admin/users{route}"));
        let request = reqwest::Client::new().post(url).bearer_auth(secret);
        let request = body.into_iter().fold(request, |request, body| request.json(body));
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{route}: {}", response.status());
    }

    /// Where the phone of [`Self::phone`] writes what it hears.
    pub fn heard(&self, name: &str, hertz: u16) -> PathBuf {
        self.folder.path().join(format!("{name}-{hertz}.wav"))
    }

    /// A phone of a demo account that speaks a tone of `hertz` and writes what it hears to a file in the folder.
    pub async fn phone(&self, name: &str, hertz: u16) -> TestPhone {
        let speaker = SinkChoice::File(self.heard(name, hertz));
        TestPhone::start(name, self.account(name).await, VoiceConfig { speaker, ..tone(hertz) }).await
    }

    /// The same for somebody at a desk: it can be in several calls at once.
    pub async fn operator(&self, name: &str, hertz: u16) -> TestPhone {
        let speaker = SinkChoice::File(self.heard(name, hertz));
        let voice = VoiceConfig { speaker, ..tone(hertz) };
        let mut phone = TestPhone::starts_for(phone::MOST_CALLS, name, self.account(name).await, voice);
        phone.lists("know its friends", |_| true).await;
        phone
    }

    /// A phone of a demo account that says nothing.
    pub async fn silent_phone(&self, name: &str) -> TestPhone {
        TestPhone::start(name, self.account(name).await, silence()).await
    }

    /// Stops it as `kill` would not: tidily.
    pub async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}

/// A voice that speaks a tone of `hertz`, and is not played what it hears.
pub fn tone(hertz: u16) -> VoiceConfig {
    VoiceConfig { microphone: SourceChoice::Tone(hertz), speaker: SinkChoice::Nowhere, ..VoiceConfig::default() }
}

/// A voice that says nothing.
pub fn silence() -> VoiceConfig {
    VoiceConfig { microphone: SourceChoice::Silence, ..tone(440) }
}

/// Alice and Bob, who speak 440 and 660 Hz; Alice's account is as given.
pub async fn alice_and_bob(service: &TestService, alice: Account) -> (TestPhone, TestPhone) {
    let alice = TestPhone::start("alice", alice, tone(440)).await;
    let bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    (alice, bob)
}

/// `caller` calls `callee`, who answers; both are connected.
pub async fn connect(caller: &mut TestPhone, callee: &mut TestPhone) -> CallId {
    let call = caller.calls(&callee.name).await;
    assert_eq!(callee.answers().await, call);
    caller.is(CallState::Connected).await;
    callee.is(CallState::Connected).await;
    call
}

/// A phone, and everything it has told so far.
pub struct TestPhone {
    pub name: String,
    pub link: PhoneLink,
    pub seen: Vec<Event>,
}

impl TestPhone {
    /// A phone that is connected.
    pub async fn start(name: &str, account: Account, voice: VoiceConfig) -> Self {
        let mut phone = Self::starts(name, account, voice);
        phone.lists("know its friends", |_| true).await;
        phone
    }

    /// A phone that may never be connected.
    pub fn starts(name: &str, account: Account, voice: VoiceConfig) -> Self {
        Self::starts_for(1, name, account, voice)
    }

    /// A phone that can be in so many calls at once.
    pub fn starts_for(max_calls: u8, name: &str, account: Account, voice: VoiceConfig) -> Self {
        Self::starts_over(MediaOver::Auto, max_calls, name, account, voice)
    }

    /// A phone that is connected, and whose sound goes over nothing but this.
    pub async fn start_over(media_over: MediaOver, name: &str, account: Account, voice: VoiceConfig) -> Self {
        let mut phone = Self::starts_over(media_over, phone::MOST_CALLS, name, account, voice);
        phone.lists("know its friends", |_| true).await;
        phone
    }

    fn starts_over(media_over: MediaOver, max_calls: u8, name: &str, account: Account, voice: VoiceConfig) -> Self {
        let (groups, evidence) = (GroupOptions::default(), None);
        let options =
            PhoneOptions { max_calls, voice, record: None, tones: false, rings: true, groups, media_over, evidence };
        let link = phone::start(account, options).unwrap();
        Self { name: name.to_owned(), link, seen: Vec::new() }
    }

    pub async fn tell(&self, command: Command) {
        self.link.commands.send(command).await.unwrap();
    }

    /// Waits for the event that `pick` picks; what was told before is passed over.
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

    pub async fn is_up(&mut self) {
        self.until("be connected", |event| matches!(event, Event::Link(Link::Up)).then_some(())).await;
    }

    /// Waits until the connection is lost; says why.
    pub async fn is_down(&mut self) -> String {
        self.until("lose its connection", |event| match event {
            Event::Link(Link::Down { reason, .. }) => Some(reason.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until the service refuses it for good; says why.
    pub async fn is_turned_away(&mut self) -> String {
        self.until("be refused", |event| match event {
            Event::Link(Link::Refused { reason }) => Some(reason.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until its call has ended and the service refuses it for good, in whichever order that is told; says both whys.
    pub async fn is_thrown_out(&mut self) -> (EndReason, String) {
        let (mut ended, mut refused) = (None, None);
        self.until("be thrown out", |event| {
            match event {
                Event::Ended(summary) => ended = Some(summary.end),
                Event::Link(Link::Refused { reason }) => refused = Some(reason.clone()),
                _ => {}
            }
            ended.zip(refused.clone())
        })
        .await
    }

    pub async fn calls(&mut self, to: &str) -> CallId {
        self.tell(Command::Call { to: to.to_owned(), ring_for: None }).await;
        self.until("start a call", |event| match event {
            Event::Call(view) => Some(view.call),
            _ => None,
        })
        .await
    }

    pub async fn calls_for(&mut self, to: &str, ring_for: Duration) {
        self.tell(Command::Call { to: to.to_owned(), ring_for: Some(ring_for) }).await;
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
        self.shows(&format!("be {state:?}"), |view| view.state == state).await
    }

    /// Waits until its call looks like that.
    pub async fn shows(&mut self, what: &str, like_that: impl Fn(&CallView) -> bool) -> CallView {
        self.until(what, |event| match event {
            Event::Call(view) if like_that(view) => Some(view.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until the other side of its call is shown like that.
    pub async fn sees_other(&mut self, what: &str, like_that: impl Fn(&Participant) -> bool) {
        self.shows(&format!("see the other {what}"), |view| {
            view.participants.first().is_some_and(|row| like_that(&row.participant))
        })
        .await;
    }

    pub async fn ends(&mut self) -> Summary {
        self.until("end its call", |event| match event {
            Event::Ended(summary) => Some(summary.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until its call has ended and is recorded, in whichever order.
    pub async fn ends_and_records(&mut self) -> (Summary, CallRecord) {
        let (mut ended, mut recorded) = (None, None);
        self.until("end its call and record it", |event| {
            match event {
                Event::Ended(summary) => ended = Some(summary.clone()),
                Event::Recorded(record) => recorded = Some(record.clone()),
                _ => {}
            }
            ended.clone().zip(recorded.clone())
        })
        .await
    }

    pub async fn holds(&mut self, call: CallId, on: bool) {
        self.tell(Command::Hold { call, on }).await;
    }

    pub async fn mutes(&mut self, call: CallId, on: bool) {
        self.tell(Command::Mute { call, on }).await;
    }

    pub async fn hangs_up(&mut self, call: CallId) {
        self.tell(Command::HangUp(call)).await;
    }

    /// Says bye; returns once everything it has written is on the disk.
    pub async fn quits(&mut self) {
        self.tell(Command::Quit).await;
        while let Some(event) = self.link.events.recv().await {
            self.seen.push(event);
        }
    }

    /// Waits until it hears something louder than silence.
    pub async fn hears_something(&mut self) {
        self.hears_for(1).await;
    }

    /// Waits until it has heard something louder than silence for this many tenths of a second.
    pub async fn hears_for(&mut self, mut tenths: u32) {
        self.until("hear something", |event| match event {
            Event::Levels { speaker, .. } if *speaker > -40.0 => {
                tenths -= 1;
                (tenths == 0).then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// Waits until it has heard nothing for half a second.
    pub async fn hears_nothing(&mut self) {
        let mut silent = 0;
        self.until("hear nothing", |event| match event {
            Event::Levels { speaker, .. } => {
                silent = if *speaker < -60.0 { silent + 1 } else { 0 };
                (silent == 5).then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// Sends DTMF tones, one after the other.
    pub async fn presses(&mut self, call: CallId, keys: &str) {
        for key in keys.chars() {
            self.tell(Command::Dtmf { call, tone: key.try_into().unwrap() }).await;
        }
    }

    /// Waits for that many DTMF tones; says what they were, and that `from` sent them all.
    pub async fn is_pressed(&mut self, from: &Identity, count: usize) -> String {
        let mut keys = String::new();
        self.until("hear the tones", |event| match event {
            Event::Dtmf { from: sender, tone, .. } => {
                assert_eq!(sender, from);
                keys.push(tone.key());
                (keys.len() == count).then_some(())
            }
            _ => None,
        })
        .await;
        keys
    }

    pub async fn is_refused(&mut self, what: &str) -> Refusal {
        self.until(&format!("be refused to {what}"), |event| match event {
            Event::Refused(refused) if refused.what == what => Some(refused.why.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until the last word about `friend` is that.
    pub async fn sees(&mut self, friend: &Identity, state: PresenceState) -> Presence {
        let told = |event: &Event| match event {
            Event::Presence { identity, presence } if identity == friend => Some(*presence),
            _ => None,
        };
        let last = self.seen.iter().rev().find_map(told).filter(|presence| presence.state == state);
        match last {
            Some(presence) => presence,
            None => {
                let what = format!("see {friend} {state:?}");
                self.until(&what, |event| told(event).filter(|presence| presence.state == state)).await
            }
        }
    }

    /// Waits for a friend list like that.
    pub async fn lists(&mut self, what: &str, like_that: impl Fn(&[Friend]) -> bool) {
        self.until(what, |event| match event {
            Event::Friends(friends) => like_that(friends).then_some(()),
            _ => None,
        })
        .await;
    }

    /// Waits until a record of a call is complete.
    pub async fn records(&mut self) -> CallRecord {
        self.until("record the call", |event| match event {
            Event::Recorded(record) => Some(record.clone()),
            _ => None,
        })
        .await
    }

    /// Its call records, newest first.
    pub async fn history(&mut self) -> Vec<CallRecord> {
        self.tell(Command::LoadHistory).await;
        self.until("show its history", |event| match event {
            Event::History(records) => Some(records.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until its sound goes over something else, or over TCP from the start; says over what, and whether it has to.
    pub async fn goes_over(&mut self) -> (Transport, bool) {
        self.until("tell what its sound goes over", |event| match event {
            Event::Transport { transport, forced, .. } => Some((*transport, *forced)),
            _ => None,
        })
        .await
    }

    /// The next quality figures with a round trip.
    pub async fn measures(&mut self) -> Quality {
        self.until("measure a round trip", |event| match event {
            Event::Quality { quality, .. } if quality.rtt_ms.is_some() => Some(quality.clone()),
            _ => None,
        })
        .await
    }

    /// Who it is, as the service said.
    pub fn person(&self) -> Person {
        let told = self.seen.iter().find_map(|event| match event {
            Event::Me(person) => Some(person.clone()),
            _ => None,
        });
        told.unwrap()
    }

    pub fn identity(&self) -> Identity {
        self.person().identity
    }
}
