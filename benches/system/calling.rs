//! A real service and two real phones on the loopback: how soon the far end rings, and how soon both hear each other.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use switchboard::base::clock;
use switchboard::config::{MediaOver, ServerUrl};
use switchboard::domain::id::CallId;
use switchboard::phone::account::Account;
use switchboard::phone::audio::device::{SinkChoice, SourceChoice};
use switchboard::phone::audio::voice::VoiceConfig;
use switchboard::phone::command::Command;
use switchboard::phone::event::{Event, Link, Summary};
use switchboard::phone::{self, GroupOptions, PhoneLink, PhoneOptions};
use switchboard::service::{Running, Service, ServiceOptions};

use crate::table::{Row, Times};

/// Calls that are measured, after one that warms up.
const CALLS: usize = 20;
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);
/// What counts as sound, dBFS: the phones' own threshold.
const SOUND: f32 = -50.0;

/// Measures calls between Alice and Bob.
pub fn measure() -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let rows = runtime.block_on(calls());
    runtime.shutdown_background();
    rows
}

async fn calls() -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let service = Service::start(options(folder.path(), true)).await?;
    let mut alice = Phone::start(&service, "alice").await?;
    let mut bob = Phone::start(&service, "bob").await?;
    call(&mut alice, &mut bob).await?;
    let (mut rings, mut sounds) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        let (ring, sound) = call(&mut alice, &mut bob).await?;
        rings.push(ring);
        sounds.push(sound);
    }
    service.stop().await;
    let (rings, sounds) = (Times::new(rings), Times::new(sounds));
    let conditions = format!("{CALLS} calls, service and both phones in one process on the loopback, tone, no card");
    Ok(vec![
        Row::new("call request → far end rings, p50 / p99", rings.p50_p99_ms(), "≤ 10 ms p50", conditions.clone()),
        Row::new("answer → sound both ways, p50 / p99", sounds.p50_p99_ms(), "≤ 150 ms p50", conditions),
    ])
}

/// One call from the request to the summaries: how long until it rang, and from the answer until both heard sound.
async fn call(alice: &mut Phone, bob: &mut Phone) -> Result<(Duration, Duration)> {
    let asked = clock::now();
    alice.tell(Command::Call { to: "bob".to_owned(), ring_for: None }).await?;
    let call = bob.rings().await?;
    let rang = asked.elapsed();
    bob.tell(Command::Answer(call)).await?;
    alice.hears().await?;
    bob.hears().await?;
    bob.tell(Command::HangUp(call)).await?;
    let first = |summary: Summary| summary.first_audio_ms.context("nothing was heard");
    let (here, there) = (first(alice.ends().await?)?, first(bob.ends().await?)?);
    Ok((rang, Duration::from_millis(here.max(there))))
}

/// A service on any free ports, with or without the demo's accounts.
pub fn options(folder: &Path, demo: bool) -> ServiceOptions {
    ServiceOptions { demo, ..ServiceOptions::new(folder) }
}

struct Phone {
    name: &'static str,
    link: PhoneLink,
}

impl Phone {
    async fn start(service: &Running, name: &'static str) -> Result<Self> {
        let server: ServerUrl = service.http.to_string().parse()?;
        let secret = service.demo_secret.clone().context("the demo has a secret")?;
        let account = Account::sign_in(&server, name.parse()?, secret).await?;
        let voice =
            VoiceConfig { microphone: SourceChoice::Tone(440), speaker: SinkChoice::Nowhere, ..VoiceConfig::default() };
        let groups = GroupOptions::default();
        let evidence = None;
        let media_over = MediaOver::Auto;
        let options =
            PhoneOptions { max_calls: 1, voice, record: None, tones: false, rings: true, groups, media_over, evidence };
        let link = phone::start(account, options)?;
        let mut phone = Self { name, link };
        phone.until("connects", |event| matches!(event, Event::Link(Link::Up)).then_some(())).await?;
        phone.until("knows its friends", |event| matches!(event, Event::Friends(_)).then_some(())).await?;
        Ok(phone)
    }

    async fn tell(&self, command: Command) -> Result<()> {
        self.link.commands.send(command).await.with_context(|| format!("{}'s phone has ended", self.name))
    }

    async fn until<T>(&mut self, what: &str, pick: impl Fn(Event) -> Option<T>) -> Result<T> {
        let events = &mut self.link.events;
        let search = async {
            while let Some(event) = events.recv().await {
                if let Event::Refused(refused) = &event {
                    bail!("refused: {:?}", refused.why);
                }
                if let Some(picked) = pick(event) {
                    return Ok(picked);
                }
            }
            bail!("the phone ended")
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.unwrap_or_else(|_| bail!("it took too long")).with_context(|| format!("until {} {what}", self.name))
    }

    async fn rings(&mut self) -> Result<CallId> {
        let incoming = |event| match event {
            Event::Incoming(incoming) => Some(incoming.call),
            _ => None,
        };
        self.until("rings", incoming).await
    }

    async fn hears(&mut self) -> Result<()> {
        let loud = |event| matches!(event, Event::Levels { speaker, .. } if speaker > SOUND).then_some(());
        self.until("hears something", loud).await
    }

    async fn ends(&mut self) -> Result<Summary> {
        let ended = |event| match event {
            Event::Ended(summary) => Some(summary),
            _ => None,
        };
        self.until("ends its call", ended).await
    }
}
