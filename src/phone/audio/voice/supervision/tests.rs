//! Devices that fail, go, come back and change, looked at every 10 ms of a time the test makes.

use super::*;

/// A machine whose devices the test plays: looked at every 10 ms.
struct Desk {
    machine: Supervision,
    now: Instant,
    vitals: Vitals,
    /// Whether the device can be opened, works, and is there: the chosen one, and the default one.
    works: [bool; 2],
    open: Option<Target>,
    /// What happened, and when: ms.
    log: Vec<(u64, Act)>,
    start: Instant,
}

impl Desk {
    fn new(nature: Nature) -> Self {
        let now = crate::base::clock::now();
        let machine = Supervision::new(nature, Opening::default(), now);
        let mut desk =
            Self { machine, now, vitals: Vitals::default(), works: [true; 2], open: None, log: Vec::new(), start: now };
        desk.tell(Fact::Needed);
        desk
    }

    /// One whose device does not work, and never did.
    fn never_worked(nature: Nature) -> Self {
        let mut desk = Self::new(nature);
        desk.works[0] = false;
        desk.machine = Supervision::new(nature, Opening::default(), desk.now);
        desk.acts();
        desk.tell(Fact::Needed);
        desk
    }

    fn tell(&mut self, fact: Fact) {
        let act = self.machine.handle(fact, self.now);
        if act == Act::Nothing {
            return;
        }
        self.log.push(((self.now - self.start).as_millis() as u64, act));
        match act {
            Act::Open(target) | Act::Replace(target, _) => {
                let works = self.works[target as usize];
                (self.open, self.vitals) = (works.then_some(target), Vitals::default());
                self.tell(if works { Fact::Opened } else { Fact::Refused { busy: false } });
            }
            Act::Close(_) => self.open = None,
            Act::Look => self.tell(Fact::Looked { there: self.works[0], moved: false }),
            Act::Nothing => (),
        }
    }

    fn passes(&mut self, millis: u64) {
        for _ in 0..millis / 10 {
            self.now += Duration::from_millis(10);
            match self.open {
                Some(target) if self.works[target as usize] => self.vitals.callbacks += 1,
                Some(_) => self.vitals.gone = true,
                None => (),
            }
            self.tell(Fact::Passed(self.open.map(|_| self.vitals)));
        }
    }

    fn acts(&mut self) -> Vec<(u64, Act)> {
        std::mem::take(&mut self.log)
    }
}

#[test]
fn a_default_device_that_goes_is_tried_again_at_once_and_then_twice_a_second() {
    let mut desk = Desk::new(Nature::Default);
    desk.passes(1_000);
    assert_eq!(desk.acts(), [(0, Act::Open(Target::Chosen))]);
    desk.works[0] = false;
    desk.passes(1_200);
    let open = Act::Open(Target::Chosen);
    let gone = Act::Replace(Target::Chosen, "it is gone: unplugged?");
    assert_eq!(desk.acts(), [(1_010, gone), (1_510, open), (2_010, open)]);
    desk.works[0] = true;
    desk.passes(600);
    assert_eq!((desk.acts(), desk.open), (vec![(2_510, open)], Some(Target::Chosen)));
}

#[test]
fn where_nothing_ever_worked_it_is_tried_seldom() {
    let mut desk = Desk::never_worked(Nature::Default);
    desk.passes(10_000);
    assert_eq!(desk.acts().len(), 4, "at 0, 3, 6 and 9 s");
}

#[test]
fn the_default_device_stands_in_for_a_chosen_one_until_it_returns() {
    let mut desk = Desk::new(Nature::Named);
    desk.passes(1_000);
    desk.works[0] = false;
    desk.passes(900);
    assert_eq!(desk.open, None, "it may come back at once");
    desk.passes(300);
    assert_eq!(desk.open, Some(Target::StandIn));
    desk.passes(20_000);
    assert_eq!(desk.open, Some(Target::StandIn));
    desk.acts();
    desk.works[0] = true;
    desk.passes(2_600);
    assert_eq!(desk.open, Some(Target::Chosen));
    let acts: Vec<Act> = desk.acts().into_iter().map(|(_, act)| act).collect();
    assert_eq!(acts, [Act::Look, Act::Open(Target::Chosen)]);
    desk.passes(20_000);
    assert_eq!(desk.acts(), [], "nothing more to look for");
}

#[test]
fn a_chosen_device_that_never_was_is_replaced_at_once() {
    let desk = Desk::never_worked(Nature::Named);
    assert_eq!(desk.open, Some(Target::StandIn));
}

#[test]
fn a_chosen_device_that_is_there_but_refuses_interrupts_ever_less_often() {
    let mut desk = Desk::new(Nature::Named);
    desk.passes(100);
    desk.works[0] = false;
    desk.passes(2_000);
    desk.acts();
    for _ in 0..60_000 {
        desk.now += Duration::from_millis(10);
        desk.vitals.callbacks += 1;
        match desk.machine.handle(Fact::Passed(Some(desk.vitals)), desk.now) {
            Act::Look => desk.tell(Fact::Looked { there: true, moved: false }),
            act => assert_eq!(act, Act::Nothing),
        }
    }
    let tries = desk.acts().into_iter().filter(|(_, act)| *act == Act::Open(Target::Chosen)).count();
    assert!((8..=15).contains(&tries), "{tries} in ten minutes");
}

#[test]
fn a_new_default_and_other_wishes_open_it_anew() {
    let mut desk = Desk::new(Nature::Default);
    desk.passes(100);
    desk.acts();
    for fact in [Fact::Looked { there: true, moved: true }, Fact::Tuned] {
        desk.tell(fact);
        assert_eq!(desk.acts().last().map(|(_, act)| *act), Some(Act::Open(Target::Chosen)), "{fact:?}");
    }
    desk.tell(Fact::Looked { there: true, moved: false });
    assert_eq!(desk.acts(), []);
}

#[test]
fn a_device_that_falls_behind_gets_larger_buffers_as_long_as_there_are_any() {
    let mut desk = Desk::new(Nature::Default);
    let mut steps = vec![desk.machine.step(Target::Chosen).frames()];
    for _ in 0..10 {
        desk.passes(2_500);
        desk.vitals.xruns += 3;
        desk.passes(10);
        steps.push(desk.machine.step(Target::Chosen).frames());
    }
    steps.dedup();
    assert_eq!(steps, [480, 720, 960, 1_440, 1_920]);
    assert_eq!(desk.open, Some(Target::Chosen));
}

#[test]
fn a_device_that_dies_again_and_again_is_not_opened_without_pause() {
    let mut desk = Desk::new(Nature::Default);
    desk.passes(100);
    desk.acts();
    for _ in 0..1_000 {
        desk.vitals.gone = true;
        desk.passes(10);
    }
    let opened = desk.acts().iter().filter(|(_, act)| !matches!(act, Act::Close(_) | Act::Look)).count();
    assert!((8..=20).contains(&opened), "{opened} in ten seconds");
}

#[test]
fn what_is_no_longer_needed_is_closed_and_not_opened_again() {
    let mut desk = Desk::new(Nature::Default);
    desk.works[0] = false;
    desk.passes(700);
    desk.tell(Fact::Unneeded);
    desk.acts();
    desk.passes(5_000);
    assert_eq!(desk.machine.handle(Fact::Opened, desk.now), Act::Nothing);
    assert_eq!(desk.acts(), []);
}

#[test]
fn a_program_that_was_held_up_does_not_break_off_what_sounds() {
    let mut desk = Desk::new(Nature::Default);
    desk.passes(5_000);
    desk.acts();
    desk.now += Duration::from_secs(10);
    desk.tell(Fact::Passed(Some(desk.vitals)));
    desk.passes(1_000);
    assert!(desk.acts().iter().all(|(_, act)| *act == Act::Look));
}

#[test]
fn a_device_that_somebody_is_about_to_let_go_of_is_waited_for() {
    for nature in [Nature::Default, Nature::Named] {
        let now = crate::base::clock::now();
        let mut machine = Supervision::new(nature, Opening::default(), now);
        let at = |millis| now + Duration::from_millis(millis);
        assert_eq!(machine.handle(Fact::Needed, now), Act::Open(Target::Chosen));
        assert_eq!(machine.handle(Fact::Refused { busy: true }, now), Act::Nothing);
        assert!(machine.is_queueing());
        assert_eq!(machine.handle(Fact::Passed(None), at(90)), Act::Nothing);
        assert_eq!(machine.handle(Fact::Passed(None), at(100)), Act::Open(Target::Chosen));
        assert_eq!(machine.handle(Fact::Opened, at(110)), Act::Nothing);
        assert!(!machine.is_queueing());
    }
}

#[test]
fn a_device_that_stays_busy_is_waited_for_a_second_only() {
    let now = crate::base::clock::now();
    let mut machine = Supervision::new(Nature::Named, Opening::default(), now);
    machine.handle(Fact::Needed, now);
    let mut tries = 1;
    for millis in (0..2_000).step_by(10) {
        let act = match machine.handle(Fact::Passed(None), now + Duration::from_millis(millis)) {
            Act::Nothing => machine.handle(Fact::Refused { busy: true }, now + Duration::from_millis(millis)),
            act => act,
        };
        match act {
            Act::Open(Target::StandIn) => {
                assert_eq!((tries, millis), (11, 1_100));
                return;
            }
            Act::Open(Target::Chosen) => tries += 1,
            _ => (),
        }
    }
    panic!("nothing stands in for it");
}

#[test]
fn a_stream_opened_anew_that_does_not_begin_is_given_up_sooner_but_only_once() {
    let mut desk = Desk::new(Nature::Default);
    desk.passes(3_000);
    desk.acts();
    desk.vitals.gone = true;
    desk.passes(10);
    desk.acts();
    // From here on nothing calls back.
    let mut replaced = Vec::new();
    for millis in (10..4_000).step_by(10) {
        desk.now += Duration::from_millis(10);
        desk.tell(Fact::Passed(Some(Vitals::default())));
        replaced.extend(desk.acts().into_iter().filter(|(_, act)| matches!(act, Act::Replace(..))).map(|_| millis));
    }
    assert_eq!(replaced, [710, 2_720]);
}
