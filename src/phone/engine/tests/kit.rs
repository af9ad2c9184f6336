//! An engine with a real voice thread, and a service that is played by the test: what the engine asks is answered, and
//! told, by hand. Nothing flows on the legs.

use std::time::Duration;

use str0m::{Candidate, Rtc, change::SdpOffer};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use uuid::Uuid;

use crate::base::{clock, task};
use crate::config::JoinMuted;
use crate::domain::call::{CallState, Participant, ParticipantState, RosterRow};
use crate::domain::group::{Group, GroupRow};
use crate::domain::id::{CallId, GroupId, SessionId};
use crate::domain::person::{Friend, Person};
use crate::domain::presence::Presence;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::voice::{Voice, VoiceConfig, VoiceEvent};
use crate::phone::command::Command;
use crate::phone::engine::{Engine, Inputs, Options, Outputs};
use crate::phone::event::{CallView, Event, Refusal};
use crate::phone::signalling::{FromLink, ToLink};
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::frame::{OngoingCall, Welcome};
use crate::protocol::notice::Notice;
use crate::protocol::request::{Request, Sdp};
use crate::protocol::response::Response;

const PATIENCE: Duration = Duration::from_secs(60);

type Told = (Sender<VoiceEvent>, Sender<VoiceEvent>, Receiver<VoiceEvent>);

/// An engine, and both sides of it.
pub(super) struct Bench {
    commands: Sender<Command>,
    link: Sender<FromLink>,
    requests: Receiver<ToLink>,
    events: Receiver<Event>,
    voice: Sender<VoiceEvent>,
}

impl Bench {
    /// A phone of `me` that is welcome, whose friend is Bob.
    pub(super) async fn new(join_muted: JoinMuted) -> Self {
        let (tells, told) = channel(256);
        Self::with(join_muted, SourceChoice::Silence, SinkChoice::Nowhere, (tells.clone(), tells, told)).await
    }

    /// A phone whose microphone is said to be that. Of the voice it is told only what the test tells: what its own voice
    /// thread says, whenever that is, changes nothing.
    pub(super) async fn told_of_the_voice(join_muted: JoinMuted, said: SourceChoice) -> Self {
        let (unheard, mut told_unheard) = channel(256);
        task::spawn("nobody", async move { while told_unheard.recv().await.is_some() {} });
        let (tells, told) = channel(256);
        Self::with(join_muted, said, SinkChoice::Nowhere, (unheard, tells, told)).await
    }

    /// A phone with a speaker.
    pub(super) async fn playing_to(speaker: SinkChoice, join_muted: JoinMuted) -> Self {
        let (tells, told) = channel(256);
        Self::with(join_muted, SourceChoice::Silence, speaker, (tells.clone(), tells, told)).await
    }

    /// The voice: where the thread tells, where the test does, and what the engine is told.
    async fn with(join_muted: JoinMuted, said: SourceChoice, speaker: SinkChoice, voice: Told) -> Self {
        let (to_thread, to_test, voice_events) = voice;
        let (commands, from_commands) = channel(16);
        let (to_events, events) = channel(256);
        let (to_link, requests) = channel(64);
        let (link, from_link) = channel(256);
        let (from_legs, legs) = channel(16);
        let config =
            VoiceConfig { microphone: SourceChoice::Silence, speaker: speaker.clone(), ..VoiceConfig::default() };
        let voice = Voice::start(config, to_thread).unwrap();
        let out = Outputs { events: to_events, link: to_link, voice, legs: from_legs };
        let options = Options {
            record: None,
            microphone: said,
            speaker,
            tones: true,
            rings: true,
            join_muted,
            roster_tones: true,
        };
        let engine = Engine::new(out, options, &"127.0.0.1:8790".parse().unwrap());
        task::spawn(
            "engine",
            engine.run(Inputs { commands: from_commands, link: from_link, voice: voice_events, legs }),
        );
        let mut bench = Self { commands, link, requests, events, voice: to_test };
        bench.is_welcome(Vec::new()).await;
        bench
    }

    /// The service welcomes it anew; as far as it knows, the phone is in these calls.
    pub(super) async fn is_welcome(&mut self, calls: Vec<OngoingCall>) {
        let welcome = Welcome {
            session_id: SessionId(Uuid::from_u128(9)),
            resumed: false,
            me: person("me"),
            friends: vec![Friend { person: person("bob"), presence: Presence::offline(None) }],
            calls,
            public_url: Some("https://calls.example".into()),
            missed: 0,
            parked: Vec::new(),
        };
        let service = [127, 0, 0, 1].into();
        self.link.send(FromLink::Welcome { welcome: Box::new(welcome), service }).await.unwrap();
        self.until("know its friends", |event| matches!(event, Event::Friends(_)).then_some(())).await;
    }

    pub(super) async fn tell(&self, command: Command) {
        self.commands.send(command).await.unwrap();
    }

    /// Something the voice thread might tell.
    pub(super) async fn voice_tells(&self, event: VoiceEvent) {
        self.voice.send(event).await.unwrap();
    }

    pub(super) async fn joins(&self, place: &str) {
        self.tell(Command::Join { place: place.into(), existing: false, muted: None }).await;
    }

    /// Joins the group of [`group`] by its ID; returns the offer and whether the microphone is said to be off.
    pub(super) async fn asks_to_join(&mut self, muted: Option<bool>) -> (u64, Sdp, bool) {
        self.tell(Command::Join { place: group().id.to_string(), existing: false, muted }).await;
        match self.asks().await {
            (id, Request::GroupJoin { offer, muted, .. }) => (id, offer, muted),
            other => panic!("{other:?}"),
        }
    }

    /// The next request.
    pub(super) async fn asks(&mut self) -> (u64, Request) {
        loop {
            match timeout(PATIENCE, self.requests.recv()).await.expect("a request in time").expect("an engine") {
                ToLink::Request { id, request } => return (id, request),
                ToLink::Presence(_) => {}
                ToLink::Bye => panic!("the phone says bye"),
            }
        }
    }

    pub(super) async fn answers(&self, id: u64, response: Response) {
        self.link.send(FromLink::Answer { id, result: Some(Ok(response)) }).await.unwrap();
    }

    pub(super) async fn refuses(&self, id: u64, code: FailureCode) {
        self.fails(id, Failure::new(code, "not today")).await;
    }

    pub(super) async fn fails(&self, id: u64, failure: Failure) {
        self.link.send(FromLink::Answer { id, result: Some(Err(failure)) }).await.unwrap();
    }

    /// The connection is lost before the answer.
    pub(super) async fn loses(&self, id: u64) {
        self.link.send(FromLink::Answer { id, result: None }).await.unwrap();
        self.link.send(FromLink::Down { reason: "cut".into(), retry_in: Duration::ZERO }).await.unwrap();
    }

    pub(super) async fn lets_in(&self, id: u64, offer: &Sdp, first: bool) {
        self.answers(id, Response::Joined { call_id: CALL, group: group(), first, answer: answer(offer) }).await;
    }

    pub(super) async fn notices(&self, notice: Notice) {
        self.link.send(FromLink::Notice(notice)).await.unwrap();
    }

    pub(super) async fn tells_roster(&self, whole: bool, rows: Vec<RosterRow>, left: Vec<u16>) {
        self.notices(Notice::CallRoster { call_id: CALL, whole, rows: rows.into(), left }).await;
    }

    pub(super) async fn is_connected(&self) {
        self.notices(Notice::CallChanged { call_id: CALL, state: CallState::Connected }).await;
    }

    /// Quits, and waits until its sound files are whole.
    pub(super) async fn quits(mut self) {
        self.tell(Command::Quit).await;
        while timeout(PATIENCE, self.events.recv()).await.expect("its end in time").is_some() {}
    }

    pub(super) async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        let mut seen = Vec::new();
        loop {
            match timeout(PATIENCE, self.events.recv()).await {
                Ok(Some(event)) => match pick(&event) {
                    Some(picked) => return picked,
                    None => seen.push(event),
                },
                ended => panic!("it did not {what} ({ended:?}); it told {seen:#?}"),
            }
        }
    }

    /// The next event that is no figure.
    pub(super) async fn next(&mut self) -> Event {
        let figure = |event: &Event| {
            use Event::{Audio, Levels, Link, Quality, Sound};
            matches!(event, Levels { .. } | Quality { .. } | Audio(_) | Sound(_) | Link(_))
        };
        self.until("tell anything", |event| (!figure(event)).then(|| event.clone())).await
    }

    pub(super) async fn view(&mut self) -> CallView {
        match self.next().await {
            Event::Call(view) => view,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn refused(&mut self, what: &str) -> Refusal {
        self.until(&format!("refuse to {what}"), |event| match event {
            Event::Refused(refused) if refused.what == what => Some(refused.why.clone()),
            _ => None,
        })
        .await
    }
}

/// The answer of a service that never sends anything.
fn answer(offer: &Sdp) -> Sdp {
    let mut rtc = Rtc::builder().set_rtp_mode(true).clear_codecs().enable_opus(true, false).build(clock::now());
    rtc.add_local_candidate(Candidate::host(([127, 0, 0, 1], 9).into(), "udp").unwrap());
    let offer = SdpOffer::from_sdp_string(&offer.0).unwrap();
    Sdp(rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string())
}

pub(super) const CALL: CallId = CallId(Uuid::from_u128(77));

pub(super) fn person(name: &str) -> Person {
    Person { identity: format!("8:{name}").parse().unwrap(), name: name.parse().unwrap(), display_name: name.into() }
}

pub(super) fn group() -> Group {
    Group { id: GroupId(Uuid::from_u128(5)), name: None, code: "k7mq-3tzf".parse().unwrap() }
}

/// A group of the list.
pub(super) fn listed(id: u128, name: &str) -> GroupRow {
    let group = Group { id: GroupId(Uuid::from_u128(id)), name: Some(name.parse().unwrap()), ..group() };
    GroupRow { group, owner: person("bob"), here: Vec::new() }
}

/// Somebody in the call.
pub(super) fn row(number: u16, name: &str) -> RosterRow {
    let participant = Participant { person: person(name), state: ParticipantState::Connected, muted: false };
    RosterRow { number, participant }
}

pub(super) fn numbers(view: &CallView) -> Vec<u16> {
    view.participants.iter().map(|row| row.number).collect()
}
