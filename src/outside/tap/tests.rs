//! The tap between a phone and whoever drives it: both ends in the hands of the test, the third over a real socket.

use std::time::Duration;

use tempfile::TempDir;

use super::super::kit::{bob, call, incoming, me, number, summary};
use super::*;
use crate::config::{self, Program, Setting};
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::outside::order::Order;
use crate::phone::event::Link;

/// How long a step may take on a machine that is busy with other things.
const GENEROUS: Duration = Duration::from_secs(60);

struct Bench {
    data: TempDir,
    /// What the phone tells; and what it is told.
    phone: mpsc::Sender<Event>,
    told: mpsc::Receiver<Command>,
    /// The end of whoever drives it.
    driver: PhoneLink,
    steering: Steering,
}

impl Bench {
    fn new(change: impl FnOnce(&mut Setup)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let (commands, told) = mpsc::channel(4);
        let (phone, events) = mpsc::channel(16);
        let mut setup = Setup {
            server: "http://127.0.0.1:1".to_owned(),
            sockets: data.path().join("users"),
            data: None,
            screen: true,
            hooks: config::Hooks::default(),
            opened: None,
        };
        change(&mut setup);
        let link = PhoneLink { commands, events, recorder: Recorder::default() };
        let (driver, steering) = put_in(link, setup);
        Self { data, phone, told, driver, steering }
    }

    /// The phone tells something, and whoever drives it hears it.
    async fn tells(&mut self, event: Event) {
        self.phone.send(event.clone()).await.unwrap();
        assert_eq!(self.hears().await, event);
    }

    async fn hears(&mut self) -> Event {
        tokio::time::timeout(GENEROUS, self.driver.events.recv()).await.expect("an event").expect("it goes on")
    }

    async fn is_told(&mut self) -> Command {
        tokio::time::timeout(GENEROUS, self.told.recv()).await.expect("a command").expect("it goes on")
    }
}

#[tokio::test]
async fn events_and_commands_pass_and_the_end_too() {
    let mut bench = Bench::new(|_| {});
    bench.tells(Event::Link(Link::Up)).await;
    bench.driver.commands.send(Command::LoadHistory).await.unwrap();
    assert_eq!(bench.is_told().await, Command::LoadHistory);
    drop(bench.phone);
    assert!(bench.driver.events.recv().await.is_none());
}

#[tokio::test]
async fn a_driver_that_goes_lets_the_phone_go() {
    let bench = Bench::new(|_| {});
    let Bench { driver, mut told, phone, data, .. } = bench;
    drop(driver);
    // The phone ends once nobody is left to tell it anything.
    assert!(tokio::time::timeout(GENEROUS, told.recv()).await.expect("it is let go").is_none());
    drop((phone, data));
}

#[tokio::test]
async fn a_link_it_was_started_with_is_shown_once_somebody_is_signed_in() {
    let link = OpenedLink::Call { to: "bob".to_owned() };
    let mut bench = Bench::new(|setup| setup.opened = Some(link.clone()));
    bench.tells(Event::Link(Link::Up)).await;
    bench.tells(Event::Me(me())).await;
    assert_eq!(bench.hears().await, Event::Opened(link));
    bench.tells(Event::Me(me())).await;
    bench.tells(Event::Link(Link::Connecting)).await;
}

#[tokio::test]
async fn trouble_with_a_hook_is_told_once_and_stops_nothing() {
    let mut bench = Bench::new(|setup| {
        setup.hooks.on_ringing = Program::read(&toml::Value::String("/nowhere".to_owned())).unwrap();
    });
    bench.tells(Event::Incoming(incoming(1, bob()))).await;
    let Event::Warning(told) = bench.hears().await else { panic!("no warning") };
    assert!(told.contains("hooks.on_ringing (/nowhere)"), "{told}");
    bench.tells(Event::Incoming(incoming(2, bob()))).await;
    bench.tells(Event::Link(Link::Up)).await;
}

#[tokio::test]
async fn whoever_drives_the_phone_may_ask_too_and_hears_what_happens_before_the_answer() {
    let mut bench = Bench::new(|_| {});
    bench.phone.send(Event::Call(call(1, bob(), CallState::Connected))).await.unwrap();
    bench.hears().await;
    let mut answer = bench.steering.ask(Asked::new(Order::Mute { on: Some(true) }, None));
    assert_eq!(bench.is_told().await, Command::Mute { call: number(1), on: true });
    let mut muted = call(1, bob(), CallState::Connected);
    muted.muted = true;
    bench.phone.send(Event::Call(muted)).await.unwrap();
    assert!(answer.try_recv().is_err() || !bench.driver.events.is_empty(), "the event is told first");
    assert!(matches!(answer.await.unwrap(), Told::Done(_)));
    assert!(!bench.driver.events.is_empty(), "the event is there by then");
    let refused = bench.steering.ask(Asked::new(Order::Answer, None)).await.unwrap();
    assert!(matches!(refused, Told::Refused(Refused { why: Why::NotNow, .. })), "{refused:?}");
}

#[tokio::test]
async fn of_two_who_ask_for_the_same_each_gets_the_own_answer() {
    let mut bench = Bench::new(|_| {});
    let block = |who: &str| Asked::new(Order::Block { who: who.to_owned() }, None);
    let ghost = bench.steering.ask(block("ghost"));
    assert_eq!(bench.is_told().await, Command::Block("ghost".to_owned()));
    let eve = bench.steering.ask(block("eve"));
    assert_eq!(bench.is_told().await, Command::Block("eve".to_owned()));
    let why = event::Refusal::NobodyCalled("ghost".to_owned());
    bench.tells(Event::Refused(event::Refused { what: "block", call: None, why })).await;
    bench.tells(Event::Done { what: "block" }).await;
    assert!(matches!(ghost.await.unwrap(), Told::Refused(Refused { why: Why::Nobody, .. })));
    assert!(matches!(eve.await.unwrap(), Told::Done(_)));
}

#[tokio::test]
async fn what_the_driver_and_others_have_done_is_recorded() {
    let mut bench = Bench::new(|_| {});
    let file = bench.data.path().join("session");
    bench.tells(Event::Me(me())).await;
    bench.steering.record(&file).unwrap();
    assert!(bench.steering.record(&file).is_err(), "nothing is written over");
    bench.tells(Event::Incoming(incoming(1, bob()))).await;
    bench.driver.commands.send(Command::Answer(number(1))).await.unwrap();
    assert_eq!(bench.is_told().await, Command::Answer(number(1)));
    bench.tells(Event::Call(call(1, bob(), CallState::Connected))).await;
    let hung_up = bench.steering.ask(Asked::new(Order::Hangup, None));
    assert_eq!(bench.is_told().await, Command::HangUp(number(1)));
    bench.tells(Event::Ended(summary(1, bob(), EndReason::HUNG_UP))).await;
    assert!(matches!(hung_up.await.unwrap(), Told::Done(_)));
    bench.steering.stop_recording();
    bench.tells(Event::Incoming(incoming(2, bob()))).await;
    drop(bench.phone);
    while bench.driver.events.recv().await.is_some() {}
    bench.steering.is_written();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines, ["wait-for incoming from bob", "answer", "hangup"], "{text}");
}

#[cfg(unix)]
mod steered {
    use super::*;
    use crate::outside::reach::{Running, phones};

    /// The phone of Alice, and a program that found it.
    async fn found() -> (Bench, Running) {
        let mut bench = Bench::new(|_| {});
        bench.tells(Event::Me(me())).await;
        let running = bench.find().await;
        (bench, running)
    }

    impl Bench {
        /// The socket is there once whoever drives the phone has heard who signed in, or a little later.
        async fn find(&self) -> Running {
            let look = async {
                loop {
                    if let Some(running) = phones(&self.data.path().join("users")).await.running.pop() {
                        return running;
                    }
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(GENEROUS, look).await.expect("the phone is found")
        }
    }

    async fn ask(running: &mut Running, order: Order) {
        running.ask(&Asked::new(order, None)).await.unwrap();
    }

    async fn told(running: &mut Running) -> Told {
        let told = tokio::time::timeout(GENEROUS, running.told()).await.expect("an answer");
        told.unwrap().expect("the phone is there")
    }

    #[tokio::test]
    async fn the_status_comes_first_and_an_order_is_answered_once_it_is_done() {
        let (mut bench, running) = found().await;
        assert_eq!((running.status.account.as_str(), running.status.calls.len()), ("alice", 0));
        drop(running);
        bench.tells(Event::Incoming(incoming(1, bob()))).await;
        let mut running = bench.find().await;
        assert_eq!(running.status.ringing().map(|row| row.who.as_str()), Some("Bob"));
        ask(&mut running, Order::Answer).await;
        assert_eq!(bench.is_told().await, Command::Answer(number(1)));
        bench.tells(Event::Call(call(1, bob(), CallState::Connecting))).await;
        bench.tells(Event::Call(call(1, bob(), CallState::Connected))).await;
        assert_eq!(told(&mut running).await, Told::Done(Done { id: 1, call_id: Some(number(1)), slot: None }));
        // The next thing is asked over the same connection.
        ask(&mut running, Order::Decline).await;
        let Told::Refused(refused) = told(&mut running).await else { panic!("not refused") };
        assert_eq!((refused.id, refused.why), (1, Why::NotNow));
    }

    #[tokio::test]
    async fn whoever_follows_hears_of_every_change() {
        let (mut bench, mut running) = found().await;
        ask(&mut running, Order::Status { follow: true }).await;
        let Told::Status(_) = told(&mut running).await else { panic!("no status") };
        bench.tells(Event::Call(call(1, bob(), CallState::Ringing))).await;
        let Told::Status(status) = told(&mut running).await else { panic!("no status") };
        assert_eq!(status.calls.len(), 1);
        bench.tells(Event::Ended(summary(1, bob(), EndReason::BUSY))).await;
        let Told::Status(status) = told(&mut running).await else { panic!("no status") };
        assert!(status.calls.is_empty());
        drop(bench);
        assert!(running.told().await.unwrap().is_none(), "the phone has ended");
    }

    #[tokio::test]
    async fn a_phone_that_is_too_busy_says_so_and_goes_on() {
        let (mut bench, mut running) = found().await;
        bench.tells(Event::Call(call(1, bob(), CallState::Connected))).await;
        for _ in 0..4 {
            bench.driver.commands.send(Command::ListDevices).await.unwrap();
        }
        ask(&mut running, Order::Mute { on: None }).await;
        let Told::Refused(refused) = told(&mut running).await else { panic!("not refused") };
        assert_eq!(refused.message, outside::BUSY);
        bench.tells(Event::Link(Link::Up)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_happen_in_time_is_given_up() {
        let (mut bench, mut running) = found().await;
        bench.tells(Event::Call(call(1, bob(), CallState::Connected))).await;
        ask(&mut running, Order::Mute { on: None }).await;
        let Told::Refused(refused) = running.told().await.unwrap().unwrap() else { panic!("not refused") };
        assert_eq!(refused.why, Why::TimedOut);
        bench.tells(Event::Link(Link::Up)).await;
    }

    #[tokio::test]
    async fn a_link_is_shown_and_does_nothing_else() {
        let (mut bench, mut running) = found().await;
        ask(&mut running, Order::Open { url: "tel:+33170189900".to_owned() }).await;
        assert_eq!(bench.hears().await, Event::Opened(OpenedLink::Number { number: "+33170189900".to_owned() }));
        assert!(matches!(told(&mut running).await, Told::Done(_)));
        assert!(bench.told.try_recv().is_err(), "nothing is called");
    }

    #[tokio::test]
    async fn the_socket_goes_with_the_phone() {
        let (bench, running) = found().await;
        let Bench { data, phone, mut driver, told, .. } = bench;
        drop(phone);
        assert!(driver.events.recv().await.is_none());
        let folder = data.path().join("users/alice");
        let gone = async {
            while folder.join("phone-1.sock").exists() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(GENEROUS, gone).await.expect("the socket is taken away");
        assert!(phones(&data.path().join("users")).await.running.is_empty());
        drop((running, told));
    }
}
