//! An engine with a real voice thread, and a service that is played by the test: what the engine asks is answered, and
//! told, by hand. Nothing flows on the legs.

use std::time::Duration;

use str0m::{Candidate, Rtc, change::SdpOffer};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::timeout;
use uuid::Uuid;

use crate::base::{clock, task};
use crate::config::{JoinMuted, MediaOver};
use crate::domain::call::{CallState, Participant, ParticipantState, RosterRow};
use crate::domain::group::{Group, GroupRow};
use crate::domain::id::{CallId, GroupId, SessionId};
use crate::domain::park::ParkedCall;
use crate::domain::person::{Friend, Person};
use crate::domain::presence::Presence;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::Via;
use crate::phone::audio::device::{SinkChoice, SourceChoice};
use crate::phone::audio::voice::{Voice, VoiceConfig, VoiceEvent};
use crate::phone::command::Command;
use crate::phone::engine::{Engine, Inputs, Options, Outputs};
use crate::phone::event::{CallView, Event, Link, Refusal, Summary};
use crate::phone::evidence::Recorder;
use crate::phone::leg::{LegEvent, LegTag};
use crate::phone::signalling::{FromLink, ToLink};
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::frame::{OngoingCall, Welcome};
use crate::protocol::notice::Notice;
use crate::protocol::request::{Request, Sdp};
use crate::protocol::response::Response;

const PATIENCE: Duration = Duration::from_secs(100);

type Told = (Sender<VoiceEvent>, Sender<VoiceEvent>, Receiver<VoiceEvent>);

/// An engine, and both sides of it.
pub(super) struct Bench {
    commands: Sender<Command>,
    link: Sender<FromLink>,
    requests: Receiver<ToLink>,
    events: Receiver<Event>,
    voice: Sender<VoiceEvent>,
    legs: Sender<(LegTag, LegEvent)>,
}

impl Bench {
    /// A phone of `me` that is welcome, whose friend is Bob.
    pub(super) async fn new(join_muted: JoinMuted) -> Self {
        let (tells, told) = channel(256);
        Self::with(1, join_muted, SourceChoice::Silence, SinkChoice::Nowhere, (tells.clone(), tells, told)).await
    }

    /// A phone that can be in so many calls at once.
    pub(super) async fn for_calls(max_calls: u8) -> Self {
        Self::for_calls_playing_to(SinkChoice::Nowhere, max_calls).await
    }

    /// The same, with a speaker.
    pub(super) async fn for_calls_playing_to(speaker: SinkChoice, max_calls: u8) -> Self {
        let (tells, told) = channel(256);
        let voice = (tells.clone(), tells, told);
        Self::with(max_calls, JoinMuted::Never, SourceChoice::Silence, speaker, voice).await
    }

    /// A phone whose microphone is said to be that. Of the voice it is told only what the test tells: what its own voice
    /// thread says, whenever that is, changes nothing.
    pub(super) async fn told_of_the_voice(join_muted: JoinMuted, said: SourceChoice) -> Self {
        let (unheard, mut told_unheard) = channel(256);
        task::spawn("nobody", async move { while told_unheard.recv().await.is_some() {} });
        let (tells, told) = channel(256);
        Self::with(1, join_muted, said, SinkChoice::Nowhere, (unheard, tells, told)).await
    }

    /// The voice: where the thread tells, where the test does, and what the engine is told.
    async fn with(max_calls: u8, join_muted: JoinMuted, said: SourceChoice, speaker: SinkChoice, voice: Told) -> Self {
        let (to_thread, to_test, voice_events) = voice;
        let (commands, from_commands) = channel(16);
        let (to_events, events) = channel(256);
        let (to_link, requests) = channel(64);
        let (link, from_link) = channel(256);
        let (from_legs, legs) = channel(16);
        let config =
            VoiceConfig { microphone: SourceChoice::Silence, speaker: speaker.clone(), ..VoiceConfig::default() };
        let voice = Voice::start(config, to_thread).unwrap();
        let recorder = Recorder::default();
        let out = Outputs { events: to_events, link: to_link, voice, legs: from_legs.clone(), recorder };
        let options = Options {
            max_calls,
            record: None,
            microphone: said,
            speaker,
            tones: true,
            rings: true,
            join_muted,
            media_over: MediaOver::Auto,
            roster_tones: true,
        };
        let engine = Engine::new(out, options, &"127.0.0.1:8790".parse().unwrap());
        task::spawn(
            "engine",
            engine.run(Inputs { commands: from_commands, link: from_link, voice: voice_events, legs }),
        );
        let mut bench = Self { commands, link, requests, events, voice: to_test, legs: from_legs };
        bench.is_welcome(Vec::new()).await;
        bench
    }

    /// The service welcomes it anew; as far as it knows, the phone is in these calls.
    pub(super) async fn is_welcome(&mut self, calls: Vec<OngoingCall>) {
        let welcome = Welcome {
            session_id: SessionId(Uuid::from_u128(9)),
            resumed: false,
            me: person("me"),
            friends: vec![Friend { person: person("bob"), presence: Presence::offline(None), favourite: None }],
            calls,
            public_url: Some("https://calls.example".into()),
            fingerprint: None,
            missed: 2,
            parked: vec![parked(1, "dave")],
            rules: Default::default(),
            friend_requests: Vec::new(),
            blocked: Vec::new(),
        };
        self.is_connected_again(welcome).await;
        self.until("know its friends", |event| matches!(event, Event::Friends(_)).then_some(())).await;
    }

    async fn is_connected_again(&self, welcome: Welcome) {
        let service = [127, 0, 0, 1].into();
        self.link.send(FromLink::Welcome { welcome: Box::new(welcome), service }).await.unwrap();
    }

    /// The connection is lost, and comes back; the session goes on.
    pub(super) async fn is_resumed(&mut self) {
        self.is_cut().await;
        let welcome = Welcome {
            session_id: SessionId(Uuid::from_u128(9)),
            resumed: true,
            me: person("me"),
            friends: Vec::new(),
            calls: Vec::new(),
            public_url: None,
            fingerprint: None,
            missed: 0,
            parked: Vec::new(),
            rules: Default::default(),
            friend_requests: Vec::new(),
            blocked: Vec::new(),
        };
        self.is_connected_again(welcome).await;
        self.until("be connected again", |event| matches!(event, Event::Link(Link::Up)).then_some(())).await;
    }

    /// The connection is lost.
    pub(super) async fn is_cut(&self) {
        self.link.send(FromLink::Down { reason: "cut".into(), retry_in: Duration::ZERO }).await.unwrap();
    }

    /// Something a leg might tell; they are numbered from 1 in the order they started.
    pub(super) async fn leg_tells(&self, tag: LegTag, event: LegEvent) {
        self.legs.send((tag, event)).await.unwrap();
    }

    /// Somebody calls, and it rings.
    pub(super) async fn rings(&mut self, call: CallId, name: &str) {
        self.rings_by(call, name, None).await;
    }

    /// It rings because of what somebody did.
    pub(super) async fn rings_by(&mut self, call_id: CallId, name: &str, via: Option<Via>) {
        let incoming = Notice::CallIncoming { call_id, from: person(name), at: UnixMillis(1), group: None, via };
        self.notices(incoming).await;
        assert_eq!(self.asks().await.1, Request::CallRinging { call_id });
        self.until("ring", |event| matches!(event, Event::Incoming(call) if call.call == call_id).then_some(())).await;
    }

    /// Somebody calls, is answered, and talked to: whoever was talked to before is held.
    pub(super) async fn talks_to(&mut self, call: CallId, name: &str) -> CallView {
        self.rings(call, name).await;
        self.tell(Command::Answer(call)).await;
        loop {
            match self.asks().await {
                (id, Request::CallAnswer { call_id, offer }) if call_id == call => {
                    self.answers(id, Response::Leg { answer: answer(&offer) }).await;
                    return self.stands(call, CallState::Connected).await;
                }
                (id, Request::CallHold { call_id, on: true }) => {
                    self.answers(id, Response::Done {}).await;
                    self.stands(call_id, CallState::LocalHold).await;
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The service says how a call stands; returned as it is shown then.
    pub(super) async fn stands(&mut self, call_id: CallId, state: CallState) -> CallView {
        self.notices(Notice::CallChanged { call_id, state }).await;
        self.shows(call_id, |view| view.state == state).await
    }

    /// Waits until a call is shown like that.
    pub(super) async fn shows(&mut self, call: CallId, like_that: impl Fn(&CallView) -> bool) -> CallView {
        self.until("show it", |event| match event {
            Event::Call(view) if view.call == call && like_that(view) => Some(view.clone()),
            _ => None,
        })
        .await
    }

    /// Waits until another call is active.
    pub(super) async fn activates(&mut self, call: Option<CallId>) {
        self.until("make it active", |event| (*event == Event::Active(call)).then_some(())).await;
    }

    /// Whatever it asked for would have come before this.
    pub(super) async fn asks_nothing_else(&mut self) {
        self.tell(Command::SearchPeople("nobody".into())).await;
        assert_eq!(self.asks().await.1, Request::PeopleSearch { text: "nobody".into() });
    }

    /// Asks for this, and is answered that it is done.
    #[track_caller]
    pub(super) fn does(&mut self, request: Request) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let (id, asked) = self.asks().await;
            assert_eq!(asked, request, "at {caller}");
            self.answers(id, Response::Done {}).await;
        }
    }

    /// A call ends; says how.
    pub(super) async fn ends(&mut self, call: CallId) -> Summary {
        self.until("end", |event| match event {
            Event::Ended(summary) if summary.call == call => Some(summary.clone()),
            _ => None,
        })
        .await
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
        self.is_cut().await;
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

    /// The next event that is no figure, nor goes without saying.
    pub(super) async fn next(&mut self) -> Event {
        let figure = |event: &Event| {
            use Event::{Active, Audio, Levels, Link, Missed, ParkedCalls, Quality, Sound};
            let figures = matches!(event, Levels { .. } | Quality { .. } | Audio(_) | Sound(_) | Link(_));
            figures || matches!(event, Active(_) | Missed(_) | ParkedCalls(_))
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
pub(super) fn answer(offer: &Sdp) -> Sdp {
    let mut rtc = Rtc::builder().set_rtp_mode(true).clear_codecs().enable_opus(true, false).build(clock::now());
    rtc.add_local_candidate(Candidate::host(([127, 0, 0, 1], 9).into(), "udp").unwrap());
    let offer = SdpOffer::from_sdp_string(&offer.0).unwrap();
    Sdp(rtc.sdp_api().accept_offer(offer).unwrap().to_sdp_string())
}

pub(super) const CALL: CallId = CallId(Uuid::from_u128(77));

/// A call that is parked.
pub(super) fn parked(slot: u8, name: &str) -> ParkedCall {
    ParkedCall {
        slot: slot.try_into().unwrap(),
        call_id: CallId(Uuid::from_u128(100 + u128::from(slot))),
        person: person(name),
        by: person("bob"),
        since: UnixMillis(1),
    }
}

pub(super) fn person(name: &str) -> Person {
    Person::new(format!("8:{name}").parse().unwrap(), name.parse().unwrap(), name.into())
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
