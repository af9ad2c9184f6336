//! Plays one line of a script after another. It has no clock and asks nobody: what a line needs is handed out.

use std::time::Instant;

use super::watch::Watch;
use super::{Step, WaitFor};
use crate::domain::id::CallId;
use crate::outside::line::Asked;
use crate::phone::event::Event;
use crate::texts::outside;

/// What has to be done for a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// Ask the phone, and say [`Player::over`] once it has answered.
    Ask(Asked),
    /// Hold the expression against the call that ended last, and say [`Player::over`].
    Check(String),
    /// Nothing but to tell what happens, until [`Player::outcome`] says how it turned out.
    Wait,
}

/// Plays lines.
#[derive(Debug, Default)]
pub struct Player {
    watch: Watch,
    doing: Option<Doing>,
}

#[derive(Debug)]
enum Doing {
    Asked,
    Waiting { wait: WaitFor, until: Instant },
    Sleeping { until: Instant },
}

impl Player {
    /// Begins a line.
    pub fn begin(&mut self, step: &Step, now: Instant) -> Begun {
        let (doing, begun) = match step {
            Step::Order(asked) => {
                self.watch.ordered(asked);
                (Doing::Asked, Begun::Ask(asked.clone()))
            }
            Step::Expect(expression) => (Doing::Asked, Begun::Check(expression.clone())),
            Step::WaitFor(wait) => {
                self.watch.listens();
                (Doing::Waiting { wait: wait.clone(), until: now + wait.within }, Begun::Wait)
            }
            Step::Sleep(time) => (Doing::Sleeping { until: now + *time }, Begun::Wait),
        };
        self.doing = Some(doing);
        begun
    }

    /// Whether the next line may begin.
    pub fn is_idle(&self) -> bool {
        self.doing.is_none()
    }

    /// What was asked for is answered, whatever the answer.
    pub fn over(&mut self) {
        self.doing = None;
    }

    /// Takes in what the phone tells, and the names of the lines by which programs are told of it.
    pub fn hears(&mut self, event: &Event, told: &[&'static str], now: Instant) {
        self.watch.hears(event, told, now);
    }

    /// When to ask for the outcome though nothing happens.
    pub fn due(&self) -> Option<Instant> {
        match &self.doing {
            Some(Doing::Waiting { until, .. } | Doing::Sleeping { until }) => Some(*until),
            Some(Doing::Asked) | None => None,
        }
    }

    /// How a line that waits turned out: `Err` with a sentence when what it waits for did not happen in time. `None`
    /// while it still waits, and of lines that do not.
    pub fn outcome(&mut self, now: Instant) -> Option<Result<(), String>> {
        let outcome = match self.doing.as_ref()? {
            Doing::Asked => return None,
            Doing::Sleeping { until } => (*until <= now).then_some(Ok(())),
            Doing::Waiting { wait, until } => {
                if self.watch.is_met(&wait.until) {
                    Some(Ok(()))
                } else if *until <= now {
                    let (until, seconds) = (wait.until.to_string(), wait.within.as_secs_f64());
                    Some(Err(outside::not_met(&until, seconds, &self.watch.doing())))
                } else {
                    None
                }
            }
        };
        if outcome.is_some() {
            self.doing = None;
        }
        outcome
    }

    /// The calls that are still there.
    pub fn calls(&self) -> Vec<CallId> {
        self.watch.calls()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::parse::{self, Known};
    use super::*;
    use crate::base::clock;
    use crate::domain::call::CallState;
    use crate::domain::end_reason::EndReason;
    use crate::outside::kit::{bob, call, carol, incoming, number, summary};
    use crate::phone::event::Link;

    const KNOWN: Known = Known { events: &["participant", "dtmf"], expectation: |_| Ok(()) };

    struct Play {
        player: Player,
        now: Instant,
    }

    fn play() -> Play {
        let mut play = Play { player: Player::default(), now: clock::now() };
        play.tells(&[Event::Link(Link::Up)]);
        play
    }

    impl Play {
        fn tells(&mut self, events: &[Event]) {
            events.iter().for_each(|event| self.player.hears(event, &[], self.now));
        }

        fn passes(&mut self, millis: u64) {
            self.now += Duration::from_millis(millis);
        }

        fn begins(&mut self, words: &str) -> Begun {
            let step = parse::line(1, words, KNOWN).unwrap().unwrap().step;
            self.player.begin(&step, self.now)
        }

        fn outcome(&mut self) -> Option<Result<(), String>> {
            self.player.outcome(self.now)
        }

        /// A line that waits, and is met at once.
        #[track_caller]
        fn is_met(&mut self, words: &str) {
            assert_eq!(self.begins(words), Begun::Wait);
            assert_eq!(self.outcome(), Some(Ok(())), "{words}");
            assert!(self.player.is_idle());
        }

        /// A line that waits, and goes on doing so.
        #[track_caller]
        fn waits(&mut self, words: &str) {
            self.begins(words);
            assert_eq!(self.outcome(), None, "{words}");
        }

        fn orders(&mut self, words: &str) {
            assert!(matches!(self.begins(words), Begun::Ask(_)), "{words}");
            assert_eq!(self.outcome(), None);
            self.player.over();
        }

        /// Sound of this level for so long, in the call of this number.
        fn hears(&mut self, level: f32, call: u128, tenths: usize) {
            for _ in 0..=tenths {
                let heard = Vec::new();
                self.tells(&[Event::Levels { call: number(call), microphone: -90.0, speaker: level, heard }]);
                self.passes(100);
            }
        }
    }

    fn tone(key: char) -> Event {
        Event::Dtmf { call: number(1), from: bob().identity, tone: key.try_into().unwrap() }
    }

    fn ended(id: u128) -> Event {
        Event::Ended(summary(id, bob(), EndReason::HUNG_UP))
    }

    #[test]
    fn what_is_so_already_is_not_waited_for() {
        let mut play = play();
        play.waits("wait-for incoming");
        play.tells(&[Event::Incoming(incoming(1, bob()))]);
        assert_eq!(play.outcome(), Some(Ok(())));
        for words in [
            "wait-for incoming",
            "wait-for incoming from bob",
            "wait-for incoming from BOB",
            "wait-for incoming from 8:acs:demo_bob",
        ] {
            play.is_met(words);
        }
        play.waits("wait-for incoming from carol");
        play.waits("wait-for connected");
        play.tells(&[Event::Call(call(1, bob(), CallState::Connected)), Event::Active(Some(number(1)))]);
        assert_eq!(play.outcome(), Some(Ok(())));
        play.waits("wait-for incoming");
        play.waits("wait-for held");
        play.tells(&[Event::Call(call(1, bob(), CallState::RemoteHold))]);
        assert_eq!(play.outcome(), Some(Ok(())));
        play.is_met("wait-for ringing");
        play.waits("wait-for parked 7");
    }

    #[test]
    fn what_does_not_come_in_time_is_named_with_what_the_phone_does_instead() {
        let mut play = play();
        play.waits("wait-for connected within 5s");
        assert_eq!(play.player.due(), Some(play.now + Duration::from_secs(5)));
        play.passes(4999);
        assert_eq!(play.outcome(), None);
        play.passes(1);
        let why = play.outcome().unwrap().unwrap_err();
        assert!(why.contains("connected") && why.contains("5 s") && why.contains("no call"), "{why}");
        play.tells(&[Event::Call(call(1, bob(), CallState::Ringing)), Event::Incoming(incoming(2, carol()))]);
        play.waits("wait-for connected within 1s");
        play.passes(1000);
        let why = play.outcome().unwrap().unwrap_err();
        assert!(why.contains("Bob (calling)") && why.contains("Carol (ringing)"), "{why}");
    }

    #[test]
    fn an_end_counts_once_and_not_for_a_later_call() {
        let mut play = play();
        play.tells(&[Event::Call(call(1, bob(), CallState::Connected))]);
        play.orders("hangup");
        play.tells(&[ended(1)]);
        play.is_met("wait-for ended");
        play.waits("wait-for ended");
        play.tells(&[ended(2)]);
        play.player.over();
        play.orders("call bob");
        play.waits("wait-for ended");
        let gone = Event::IncomingEnded { call: number(3), from: carol(), reason: EndReason::CANCELLED };
        play.tells(&[gone]);
        assert_eq!(play.outcome(), Some(Ok(())));
    }

    #[test]
    fn tones_and_events_are_kept_until_somebody_waits_for_them() {
        let mut play = play();
        play.tells(&[tone('1'), tone('5'), tone('#'), tone('6')]);
        play.is_met("wait-for dtmf 5#");
        play.waits("wait-for dtmf 1");
        play.is_met("wait-for dtmf 6");
        play.waits("wait-for dtmf 6");
        play.player.hears(&Event::Missed(1), &["participant"], play.now);
        play.orders("mute on");
        play.is_met("wait-for event participant");
        play.waits("wait-for event participant");
        for told in ["participant", "dtmf", "participant"] {
            play.player.hears(&Event::Missed(1), &[told], play.now);
        }
        play.is_met("wait-for event dtmf");
        play.is_met("wait-for event participant");
        play.waits("wait-for event participant");
        (0..1000).for_each(|_| play.tells(&[tone('9')]));
        play.is_met("wait-for dtmf 9");
    }

    #[test]
    fn sound_and_silence_are_those_since_the_line_began_in_the_active_call() {
        let mut play = play();
        play.tells(&[Event::Call(call(1, bob(), CallState::Connected)), Event::Active(Some(number(1)))]);
        play.hears(-20.0, 1, 10);
        play.waits("wait-for sound 300ms");
        play.hears(-20.0, 2, 10);
        assert_eq!(play.outcome(), None, "in another call");
        play.hears(-20.0, 1, 2);
        play.hears(-90.0, 1, 5);
        assert_eq!(play.outcome(), None, "too short");
        play.hears(-20.0, 1, 2);
        assert_eq!(play.outcome(), Some(Ok(())), "with a pause between");
        play.waits("wait-for silence 1s");
        play.hears(-90.0, 1, 8);
        play.hears(-20.0, 1, 1);
        play.hears(-90.0, 1, 8);
        assert_eq!(play.outcome(), None, "it was broken");
        play.hears(-90.0, 1, 4);
        assert_eq!(play.outcome(), Some(Ok(())));
    }

    #[test]
    fn a_pause_is_over_when_it_is() {
        let mut play = play();
        play.waits("sleep 2s");
        play.tells(&[ended(1)]);
        assert_eq!(play.outcome(), None);
        play.passes(2000);
        assert_eq!(play.outcome(), Some(Ok(())));
        assert_eq!(play.begins("expect seconds>1"), Begun::Check("seconds>1".to_owned()));
        assert!(!play.player.is_idle());
    }
}
