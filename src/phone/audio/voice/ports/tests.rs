//! Ports with devices the test plays. They are opened on another thread, so the tests wait for that, never for time:
//! the time that counts here is the test's own.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::super::super::sink::{Nowhere, Sink};
use super::super::super::watch::Vitals;
use super::*;
use crate::media::tick::Tick;

/// What a device does next when it is to be opened.
enum Next {
    Refuses,
    Panics,
    /// Nothing, until the test says so.
    Hangs(Receiver<()>),
}

/// The sound system the test plays.
#[derive(Default)]
struct System {
    /// Per choice, what it does next; then it opens.
    next: VecDeque<(&'static str, Next)>,
    /// What the open devices counted.
    vitals: Vitals,
    underruns: u64,
    there: bool,
    /// What happened, in order.
    log: Vec<String>,
}

#[derive(Clone)]
struct Choice(&'static str, Arc<Mutex<System>>);

impl PartialEq for Choice {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl std::fmt::Display for Choice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

thread_local! {
    /// The system `default_choice` belongs to: of the thread of a test.
    static SYSTEM: RefCell<Arc<Mutex<System>>> = RefCell::default();
}

struct Fake;

struct Device(&'static str, Arc<Mutex<System>>);

impl Drop for Device {
    fn drop(&mut self) {
        self.1.lock().unwrap().log.push(format!("{} closed", self.0));
    }
}

impl Sink for Device {
    fn start(&mut self) {}

    fn wants(&mut self, _: Instant) -> bool {
        false
    }

    fn put(&mut self, _: &Tick) {}

    fn rest(&mut self) {}

    fn health(&mut self) -> Health {
        Health::Stream(self.1.lock().unwrap().vitals)
    }

    fn figures(&self) -> DeviceFigures {
        DeviceFigures { underruns: self.1.lock().unwrap().underruns, ..DeviceFigures::default() }
    }
}

impl Kind for Fake {
    type Choice = Choice;
    type Port = dyn Sink;
    const DEVICE: AudioDevice = AudioDevice::Speaker;

    fn none() -> Box<dyn Sink> {
        Box::new(Nowhere::default())
    }

    fn nature(choice: &Choice) -> Nature {
        match choice.0 {
            "default" => Nature::Default,
            "file" => Nature::Plain,
            _ => Nature::Named,
        }
    }

    fn default_choice() -> Choice {
        Choice("default", SYSTEM.with_borrow(Arc::clone))
    }

    fn default_name() -> Option<String> {
        None
    }

    fn open(choice: &Choice, opening: Opening, step: Step) -> Result<(Box<dyn Sink>, String), OpenError> {
        let next = {
            let mut system = choice.1.lock().unwrap();
            let mine = system.next.front().is_some_and(|(name, _)| *name == choice.0);
            let next = if mine { system.next.pop_front().map(|(_, next)| next) } else { None };
            let stereo = if opening.stereo { " stereo" } else { "" };
            system.log.push(format!("{} asked {}{stereo}", choice.0, step.frames()));
            system.vitals = Vitals::default();
            next
        };
        match next {
            Some(Next::Refuses) => return Err(OpenError::Failed(format!("{} refuses", choice.0))),
            Some(Next::Panics) => panic!("as the test wishes"),
            Some(Next::Hangs(until)) => drop(until.recv()),
            None => (),
        }
        Ok((Box::new(Device(choice.0, choice.1.clone())), format!("the {}", choice.0)))
    }

    fn is_there(choice: &Choice) -> bool {
        choice.1.lock().unwrap().there
    }

    fn closes(choice: &Choice) -> bool {
        choice.0 != "file"
    }

    fn start(port: &mut Self::Port) {
        port.start();
    }

    fn rest(port: &mut Self::Port) {
        port.rest();
    }

    fn health(port: &mut Self::Port) -> Health {
        port.health()
    }

    fn figures(port: &Self::Port) -> DeviceFigures {
        port.figures()
    }
}

/// A port in use.
struct Desk {
    port: Port<Fake>,
    system: Arc<Mutex<System>>,
    now: Instant,
}

impl Desk {
    fn with(name: &'static str, next: Vec<(&'static str, Next)>) -> Self {
        let system = Arc::new(Mutex::new(System { next: next.into(), ..System::default() }));
        SYSTEM.set(system.clone());
        let port = Port::new(Choice(name, system.clone()));
        let mut desk = Self { port, system, now: clock::now() };
        desk.port.need(true, desk.now);
        desk
    }

    /// Looks at the port until its state is as wanted; every look is 20 ms later by the test's clock.
    fn until(&mut self, wanted: impl Fn(&DeviceState) -> bool) -> DeviceState {
        let deadline = clock::now() + Duration::from_secs(60);
        loop {
            self.port.supervise(self.now);
            let state = self.port.state();
            if wanted(&state) {
                return state;
            }
            assert!(clock::now() < deadline, "{state:?}, {:?}", self.system.lock().unwrap().log);
            self.passes(20);
            // The thread that opens gets its turn. Who yields instead gets none themselves where the machine is busy.
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Time passes for the test, in which an open device works.
    fn passes(&mut self, millis: u64) {
        self.now += Duration::from_millis(millis);
        self.system.lock().unwrap().vitals.callbacks += 1;
    }

    /// Waits until the log holds so many lines.
    fn until_logged(&mut self, lines: usize) -> Vec<String> {
        let system = self.system.clone();
        self.until(|_| system.lock().unwrap().log.len() >= lines);
        system.lock().unwrap().log.clone()
    }
}

fn works(name: &str) -> impl Fn(&DeviceState) -> bool {
    move |state| *state == DeviceState::Working(name.to_owned())
}

#[test]
fn a_device_is_opened_aside_with_silence_until_then() {
    let (answer, hangs): (Sender<()>, _) = channel();
    let mut desk = Desk::with("default", vec![("default", Next::Hangs(hangs))]);
    assert_eq!(desk.port.state(), DeviceState::Idle);
    assert!(desk.port.get().wants(desk.now), "silence, in real time");
    let state = desk.until(|state| matches!(state, DeviceState::Failed(_)));
    assert_eq!(state, DeviceState::Failed("the sound system does not answer".to_owned()));
    answer.send(()).unwrap();
    desk.until(works("the default"));
    assert!(!desk.port.get().wants(desk.now), "the device");
}

#[test]
fn another_choice_does_not_wait_for_a_device_that_hangs() {
    let (answer, hangs): (Sender<()>, _) = channel();
    let mut desk = Desk::with("one", vec![("one", Next::Hangs(hangs))]);
    desk.until(|state| matches!(state, DeviceState::Failed(_)));
    desk.port.choose(Choice("two", desk.system.clone()));
    desk.port.need(true, desk.now);
    desk.until(works("the two"));
    drop(answer);
    let log = desk.until_logged(3);
    assert_eq!(log, ["one asked 480", "two asked 480", "one closed"], "what comes too late is closed again");
    assert_eq!(desk.port.state(), DeviceState::Working("the two".to_owned()));
}

#[test]
fn what_opens_when_it_is_needed_no_more_is_awaited_and_closed() {
    let (answer, hangs): (Sender<()>, _) = channel();
    let mut desk = Desk::with("default", vec![("default", Next::Hangs(hangs))]);
    desk.port.need(false, desk.now);
    assert!(desk.port.awaits());
    answer.send(()).unwrap();
    assert_eq!(desk.until_logged(2), ["default asked 480", "default closed"]);
    assert!(!desk.port.awaits() && desk.port.state() == DeviceState::Idle);
    desk.port.need(true, desk.now);
    desk.until(works("the default"));
    assert!(!desk.port.awaits());
}

#[test]
fn a_sound_system_that_breaks_down_is_tried_again() {
    let mut desk = Desk::with("default", vec![("default", Next::Panics)]);
    desk.until(|state| *state == DeviceState::Failed("the sound system failed".to_owned()));
    desk.until(works("the default"));
}

#[test]
fn a_device_that_fails_is_closed_before_it_is_opened_again_and_that_is_told() {
    let mut desk = Desk::with("default", Vec::new());
    desk.until(works("the default"));
    desk.system.lock().unwrap().underruns = 3;
    desk.system.lock().unwrap().vitals.gone = true;
    desk.until(|state| *state == DeviceState::Failed("it is gone: unplugged?".to_owned()));
    desk.system.lock().unwrap().underruns = 1;
    desk.until(works("the default"));
    let log = desk.until_logged(3);
    assert_eq!(log, ["default asked 480", "default closed", "default asked 480"]);
    assert_eq!(desk.port.figures().underruns, 4, "of both");
}

#[test]
fn the_default_device_stands_in_and_the_chosen_one_returns() {
    let refusals = (0..7).map(|_| ("desk", Next::Refuses)).collect();
    let mut desk = Desk::with("desk", refusals);
    let instead = DeviceState::Instead { name: "the default".to_owned(), of: "desk".to_owned() };
    desk.until(|state| *state == instead);
    desk.system.lock().unwrap().next.clear();
    desk.system.lock().unwrap().there = true;
    desk.until(works("the desk"));
    let log = desk.until_logged(4);
    assert_eq!(log, ["desk asked 480", "default asked 480", "default closed", "desk asked 480"]);
}

#[test]
fn without_any_device_it_is_said_why_the_chosen_one_can_not_be_used() {
    let mut desk = Desk::with("desk", vec![("desk", Next::Refuses), ("default", Next::Refuses)]);
    desk.until(|state| *state == DeviceState::Failed("desk refuses".to_owned()));
    desk.until_logged(2);
    assert!(desk.port.get().wants(desk.now), "silence");
    desk.until(works("the desk"));
}

#[test]
fn a_device_that_falls_behind_is_opened_with_larger_buffers_also_the_next_time() {
    let mut desk = Desk::with("default", Vec::new());
    desk.until(works("the default"));
    let started = desk.now;
    let now = |desk: &Desk| desk.now;
    while now(&desk) < started + Duration::from_secs(3) {
        desk.passes(100);
        desk.port.supervise(desk.now);
    }
    desk.system.lock().unwrap().vitals.xruns += 3;
    let log = desk.until_logged(3);
    assert_eq!(log, ["default asked 480", "default closed", "default asked 720"]);
    desk.until(works("the default"));
    desk.port.need(false, desk.now);
    desk.port.need(true, desk.now);
    assert_eq!(desk.until_logged(5)[4], "default asked 720");
}

#[test]
fn other_wishes_open_a_device_anew() {
    let mut desk = Desk::with("default", Vec::new());
    desk.until(works("the default"));
    desk.port.tune(Opening::default(), desk.now);
    desk.port.tune(Opening { stereo: true, tight: true }, desk.now);
    let log = desk.until_logged(3);
    assert_eq!(log, ["default asked 480", "default closed", "default asked 240 stereo"]);
}

#[test]
fn what_is_not_needed_is_closed_and_a_file_only_rests() {
    let mut desk = Desk::with("default", Vec::new());
    desk.until(works("the default"));
    desk.port.need(false, desk.now);
    assert_eq!(desk.port.state(), DeviceState::Idle);
    assert_eq!(desk.until_logged(2)[1], "default closed");
    desk.port.choose(Choice("file", desk.system.clone()));
    desk.port.need(true, desk.now);
    assert_eq!(desk.port.state(), DeviceState::Working("the file".to_owned()), "at once");
    desk.port.need(false, desk.now);
    desk.port.need(true, desk.now);
    assert_eq!(desk.system.lock().unwrap().log.len(), 3, "it was neither closed nor opened again");
    drop(desk.port);
    assert_eq!(desk.system.lock().unwrap().log[3], "file closed");
}
