//! What bots decide, told as notices and actions; and one bot at work on a real SFU.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use uuid::Uuid;

use super::machine::{Action, Machine, Programme};
use super::{Bot, BotParts, Calling, persons, run};
use crate::base::{clock, task};
use crate::control::hearing::{Choice, Hearing, Source};
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::id::{CallId, DisplayName, LegId};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::domain::transfer::HandedTo;
use crate::media::packet::Kind;
use crate::protocol::failure::Failure;
use crate::protocol::notice::Notice;
use crate::service::sfu::{LocalPacket, Sfu, SfuConfig, SfuEvent};
use crate::service::voice::{Sounds, Voice};

const WAIT: Duration = Duration::from_secs(5);

fn call(n: u128) -> CallId {
    CallId(Uuid::from_u128(n))
}

fn alice() -> Person {
    Person::new("8:acs:r_alice".parse().unwrap(), "alice".parse().unwrap(), DisplayName::from("Alice"))
}

fn incoming(n: u128) -> Notice {
    Notice::CallIncoming { call_id: call(n), from: alice(), at: UnixMillis(0), group: None, via: None }
}

fn connected(n: u128) -> Notice {
    Notice::CallChanged { call_id: call(n), state: CallState::Connected }
}

fn ended(n: u128) -> Notice {
    Notice::CallEnded { call_id: call(n), reason: EndReason::HUNG_UP }
}

fn given_up(n: u128) -> Notice {
    Notice::CallIncomingEnded { call_id: call(n), reason: EndReason::CANCELLED }
}

struct Trial {
    machine: Machine,
    now: Instant,
}

impl Trial {
    fn of(bot: Bot) -> Self {
        Self { machine: Machine::new(bot, WAIT), now: clock::now() }
    }

    #[track_caller]
    fn expect(&mut self, notice: &Notice, actions: &[Action]) {
        assert_eq!(self.machine.notice(notice, self.now), actions);
    }
}

#[test]
fn the_bots_are_people() {
    let all = persons();
    assert_eq!(all.len(), 5);
    assert_eq!(all[0].identity.as_str(), "8:echo123");
    assert_eq!((all[4].name.as_str(), all[4].display_name.as_str()), ("callback", "Callback"));
}

#[test]
fn echo_answers_and_plays_once_however_often_it_is_held() {
    let mut trial = Trial::of(Bot::Echo);
    trial.expect(&incoming(1), &[Action::Ring(call(1)), Action::Answer(call(1))]);
    trial.expect(&connected(1), &[Action::Play(call(1), Programme::Echo)]);
    trial.expect(&Notice::CallChanged { call_id: call(1), state: CallState::RemoteHold }, &[]);
    trial.expect(&connected(1), &[]);
    trial.expect(&ended(1), &[Action::Release(call(1))]);
    assert_eq!(trial.machine.next_deadline(), None);
}

#[test]
fn a_bot_talks_with_several_at_once() {
    let mut trial = Trial::of(Bot::Music);
    trial.expect(&incoming(1), &[Action::Ring(call(1)), Action::Answer(call(1))]);
    trial.expect(&incoming(2), &[Action::Ring(call(2)), Action::Answer(call(2))]);
    trial.expect(&connected(2), &[Action::Play(call(2), Programme::Music)]);
    trial.expect(&ended(1), &[Action::Release(call(1))]);
    trial.expect(&ended(2), &[Action::Release(call(2))]);
}

#[test]
fn busy_declines_and_nobody_only_rings() {
    let mut busy = Trial::of(Bot::Busy);
    busy.expect(&incoming(1), &[Action::Decline(call(1))]);
    assert_eq!(Bot::Busy.max_calls(), 0);
    let mut nobody = Trial::of(Bot::Nobody);
    nobody.expect(&incoming(1), &[Action::Ring(call(1))]);
    nobody.expect(&given_up(1), &[]);
}

#[test]
fn callback_calls_back_after_the_end_and_then_echoes() {
    let mut trial = Trial::of(Bot::Callback);
    trial.expect(&incoming(1), &[Action::Ring(call(1)), Action::Answer(call(1))]);
    trial.expect(&connected(1), &[Action::Play(call(1), Programme::Announcement)]);
    trial.expect(&ended(1), &[Action::Release(call(1))]);
    assert_eq!(trial.machine.next_deadline(), Some(trial.now + WAIT));
    assert_eq!(trial.machine.deadline_passed(trial.now), []);
    assert_eq!(trial.machine.deadline_passed(trial.now + WAIT), [Action::Call(alice())]);
    trial.machine.calling(call(2));
    trial.expect(&connected(2), &[Action::Play(call(2), Programme::Echo)]);
    trial.expect(&ended(2), &[Action::Release(call(2))]);
    assert_eq!(trial.machine.next_deadline(), None, "nobody is called back for a call back");
}

#[test]
fn callback_leaves_alone_who_gave_up_and_calls_nobody_twice() {
    let mut trial = Trial::of(Bot::Callback);
    trial.expect(&incoming(1), &[Action::Ring(call(1)), Action::Answer(call(1))]);
    trial.expect(&given_up(1), &[Action::Release(call(1))]);
    assert_eq!(trial.machine.next_deadline(), None);
    for n in 2..5 {
        trial.machine.notice(&incoming(n), trial.now);
        trial.machine.notice(&ended(n), trial.now);
    }
    assert_eq!(trial.machine.deadline_passed(trial.now + WAIT), [Action::Call(alice())]);
}

fn moved(n: u128, into: u128) -> Notice {
    Notice::CallMoved { call_id: call(n), into: call(into), with: carol(), group: None }
}

fn carol() -> Person {
    Person::new("8:acs:r_carol".parse().unwrap(), "carol".parse().unwrap(), DisplayName::from("Carol"))
}

#[test]
fn a_bot_whose_call_goes_on_as_another_plays_there() {
    let mut trial = Trial::of(Bot::Music);
    trial.expect(&moved(1, 2), &[]);
    trial.expect(&incoming(1), &[Action::Ring(call(1)), Action::Answer(call(1))]);
    trial.expect(&connected(1), &[Action::Play(call(1), Programme::Music)]);
    trial.expect(&moved(1, 2), &[Action::Move(call(1), call(2))]);
    trial.expect(&ended(1), &[]);
    trial.expect(&connected(2), &[Action::Play(call(2), Programme::Music)]);
    trial.expect(&ended(2), &[Action::Release(call(2))]);
}

#[test]
fn a_bot_that_stays_goes_on_and_callback_calls_back_who_was_there_at_the_end() {
    let handed_on = Notice::CallHandedOn {
        call_id: call(1),
        by: alice(),
        to: HandedTo::Person { person: carol() },
        forwarded: None,
    };
    let mut trial = Trial::of(Bot::Callback);
    trial.expect(&incoming(1), &[Action::Ring(call(1)), Action::Answer(call(1))]);
    trial.expect(&connected(1), &[Action::Play(call(1), Programme::Announcement)]);
    trial.expect(&handed_on, &[]);
    trial.expect(&Notice::CallChanged { call_id: call(1), state: CallState::Ringing }, &[]);
    trial.expect(&connected(1), &[]);
    trial.expect(&ended(1), &[Action::Release(call(1))]);
    assert_eq!(trial.machine.deadline_passed(trial.now + WAIT), [Action::Call(carol())]);
}

/// Calls that write down what bots ask of them.
#[derive(Clone)]
struct Ledger {
    asked: Arc<Mutex<Vec<String>>>,
    legs: mpsc::UnboundedSender<(CallId, LegId)>,
}

impl Ledger {
    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn leg(&self, call: CallId, leg: LegId) {
        self.legs.send((call, leg)).unwrap();
    }
}

impl Calling for Ledger {
    async fn ringing(&self, _: CallId) -> Result<(), Failure> {
        self.note("ringing".into());
        Ok(())
    }

    async fn answer(&self, call: CallId, leg: LegId) -> Result<(), Failure> {
        self.note("answer".into());
        self.leg(call, leg);
        Ok(())
    }

    async fn decline(&self, _: CallId) -> Result<(), Failure> {
        self.note("decline".into());
        Ok(())
    }

    async fn rejoin(&self, call: CallId, leg: LegId) -> Result<(), Failure> {
        self.note("rejoin".into());
        self.leg(call, leg);
        Ok(())
    }

    async fn start(&self, call: CallId, to: Person, leg: LegId) -> Result<(), Failure> {
        self.note(format!("start {}", to.name));
        self.leg(call, leg);
        Ok(())
    }
}

/// What a bot works with, which calls back at once; and what the SFU tells.
fn parts() -> (BotParts, mpsc::Receiver<SfuEvent>) {
    let (to, events) = mpsc::channel(64);
    let (sfu, _) = Sfu::start(&SfuConfig::default(), &to).unwrap();
    let (voice, sounds) = (Voice::start().unwrap(), Sounds::start().unwrap());
    (BotParts { sfu, voice, sounds, callback_after: Duration::from_millis(1) }, events)
}

#[tokio::test]
async fn where_the_loudest_are_heard_a_bot_is() {
    for bot in [Bot::Echo, Bot::Music, Bot::Callback] {
        let (parts, _events) = parts();
        let sfu = parts.sfu.clone();
        let (legs, mut opened) = mpsc::unbounded_channel();
        let (notices, inbox) = mpsc::channel(8);
        task::spawn("bot", run(bot, Ledger { asked: Arc::default(), legs }, inbox, parts));
        notices.send(incoming(1)).await.unwrap();
        let (room, bot_leg) = opened.recv().await.unwrap();

        let my_leg = LegId(Uuid::from_u128(77));
        let mut me = sfu.open_local_leg(room, my_leg).unwrap();
        sfu.hear(my_leg, Hearing { choice: Choice::Loudest(4), ..Hearing::default() }).unwrap();
        sfu.set_source(bot_leg, Source { open: true, mark: Some(2) }).unwrap();
        notices.send(connected(1)).await.unwrap();
        let heard = async {
            while me.hear().is_none() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), heard).await.unwrap_or_else(|_| panic!("{bot:?} is not heard"));
    }
}

#[tokio::test]
async fn a_bot_that_is_moved_brings_a_leg_into_the_other_call() {
    let (parts, _events) = parts();
    let (legs, mut opened) = mpsc::unbounded_channel();
    let ledger = Ledger { asked: Arc::default(), legs };
    let (notices, inbox) = mpsc::channel(8);
    task::spawn("echo", run(Bot::Echo, ledger.clone(), inbox, parts));
    for notice in [incoming(1), connected(1), moved(1, 2)] {
        notices.send(notice).await.unwrap();
    }
    let ((first, one), (second, other)) = (opened.recv().await.unwrap(), opened.recv().await.unwrap());
    assert_eq!((first, second), (call(1), call(2)));
    assert_ne!(one, other);
    assert_eq!(*ledger.asked.lock().unwrap(), ["ringing", "answer", "rejoin"]);
}

#[tokio::test]
async fn a_caller_hears_the_greeting_and_then_the_echo_and_is_called_back() {
    let (parts, mut events) = parts();
    let sfu = parts.sfu.clone();
    let (legs, mut opened) = mpsc::unbounded_channel();
    let ledger = Ledger { asked: Arc::default(), legs };
    let (notices, inbox) = mpsc::channel(8);
    task::spawn("callback", run(Bot::Callback, ledger.clone(), inbox, parts));
    task::spawn("events", async move { while events.recv().await.is_some() {} });

    notices.send(incoming(1)).await.unwrap();
    opened.recv().await.unwrap();
    notices.send(ended(1)).await.unwrap();
    let (call_back, bot_leg) = opened.recv().await.unwrap();
    assert_eq!(*ledger.asked.lock().unwrap(), ["ringing", "answer", "start alice"]);

    let my_leg = LegId(Uuid::from_u128(77));
    let mut me = sfu.open_local_leg(call_back, my_leg).unwrap();
    sfu.hear(my_leg, Hearing::only([bot_leg])).unwrap();
    sfu.hear(bot_leg, Hearing::only([my_leg])).unwrap();
    notices.send(Notice::CallChanged { call_id: call_back, state: CallState::Connected }).await.unwrap();

    let mut frames = tokio::time::interval(Duration::from_millis(20));
    let (mut greeting, mut said) = (0, 0_u32);
    let talk = async {
        loop {
            frames.tick().await;
            while let Some(heard) = me.hear() {
                if &*heard.packet.payload == b"echo me" {
                    return greeting;
                }
                greeting += 1;
            }
            me.speak(LocalPacket {
                kind: Kind::Opus,
                timestamp: said * 960,
                marker: false,
                payload: b"echo me".as_slice().into(),
                level: 20,
                voice: true,
            });
            said += 1;
        }
    };
    let greeting = tokio::time::timeout(Duration::from_secs(60), talk).await.expect("no echo");
    assert!(greeting > 0, "the greeting comes first");
}
