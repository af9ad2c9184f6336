//! What is told of the facts, sentence by sentence, in virtual time.

use super::*;
use crate::base::clock;

#[test]
fn who_speaks_while_muted_is_told_after_a_second_of_it() {
    let mut call = Call::new();
    call.picks_up(Microphone { voice: true, muted: true, ..QUIET }, 900);
    call.is_fine();
    call.picks_up(Microphone { voice: true, muted: true, ..QUIET }, 200);
    call.says(&[Diagnosis::SpeakingWhileMuted]);
}

#[test]
fn a_cough_while_muted_is_none_of_our_business() {
    let mut call = Call::new();
    for _ in 0..10 {
        call.picks_up(Microphone { voice: true, muted: true, ..QUIET }, 400);
        call.picks_up(Microphone { muted: true, ..QUIET }, 2_000);
    }
    call.is_fine();
}

#[test]
fn who_speaks_while_muted_and_was_told_is_left_alone_for_a_while() {
    let mut call = Call::new();
    let speaks = Microphone { voice: true, muted: true, ..QUIET };
    let listens = Microphone { muted: true, ..QUIET };
    call.picks_up(speaks, 3_000);
    call.says(&[Diagnosis::SpeakingWhileMuted]);
    call.picks_up(listens, 4_500);
    call.says(&[Diagnosis::SpeakingWhileMuted]);
    call.picks_up(listens, 1_000);
    call.is_fine();
    call.picks_up(speaks, 20_000);
    call.is_fine();
    call.picks_up(speaks, 12_000);
    call.says(&[Diagnosis::SpeakingWhileMuted]);
}

#[test]
fn unmuting_takes_it_back_and_muting_begins_anew() {
    let mut call = Call::new();
    let speaks = Microphone { voice: true, muted: true, ..QUIET };
    call.picks_up(speaks, 3_000);
    call.says(&[Diagnosis::SpeakingWhileMuted]);
    call.picks_up(Microphone { muted: false, ..speaks }, 200);
    call.is_fine();
    call.picks_up(speaks, 1_500);
    call.says(&[Diagnosis::SpeakingWhileMuted]);
}

#[test]
fn a_silent_microphone_is_told_after_five_seconds() {
    let mut call = Call::new();
    call.falls_silent(false, 4_900);
    call.is_fine();
    call.falls_silent(false, 5_100);
    call.says(&[Diagnosis::MicrophoneSilent { exact_zeros: false }]);
    call.picks_up(QUIET, 1_900);
    call.says(&[Diagnosis::MicrophoneSilent { exact_zeros: false }]);
    call.picks_up(QUIET, 200);
    call.is_fine();
}

#[test]
fn nothing_but_zeros_is_told_as_such() {
    let mut call = Call::new();
    call.falls_silent(true, 6_000);
    call.says(&[Diagnosis::MicrophoneSilent { exact_zeros: true }]);
    call.falls_silent(false, 8_000);
    call.says(&[Diagnosis::MicrophoneSilent { exact_zeros: false }]);
}

#[test]
fn a_microphone_that_is_off_or_does_not_work_may_be_silent() {
    let mut call = Call::new();
    call.picks_up(Microphone { silent_ms: 60_000, exact_zeros_ms: 60_000, muted: true, ..QUIET }, 2_000);
    call.is_fine();
    call.device(AudioDevice::Microphone, DeviceFact::Idle);
    call.falls_silent(true, 20_000);
    call.is_fine();
}

#[test]
fn a_bad_network_is_told_after_three_seconds_and_taken_back_after_six() {
    for bad in [
        Way { lost_percent: Some(5.0), ..FINE },
        Way { jitter_ms: Some(60.0), ..FINE },
        Way { rtt_ms: Some(450.0), ..FINE },
        Way { mos: Some(3.0), ..FINE },
    ] {
        let mut call = Call::new();
        call.hears(bad, 3);
        call.is_fine();
        call.hears(bad, 1);
        call.says(&[Diagnosis::NetworkPoor]);
        call.hears(FINE, 6);
        call.says(&[Diagnosis::NetworkPoor]);
        call.hears(FINE, 1);
        call.is_fine();
    }
}

#[test]
fn a_network_that_is_neither_good_nor_bad_changes_nothing() {
    let mut call = Call::new();
    let between = Way { lost_percent: Some(4.0), ..FINE };
    call.hears(between, 30);
    call.is_fine();
    call.hears(Way { lost_percent: Some(20.0), ..FINE }, 5);
    call.hears(between, 30);
    call.says(&[Diagnosis::NetworkPoor]);
}

#[test]
fn what_nothing_is_known_of_any_more_is_taken_back() {
    let bad = Way { lost_percent: Some(20.0), ..FINE };
    let between = Way { lost_percent: Some(4.0), ..FINE };
    let mut call = Call::new();
    call.hears(bad, 5);
    call.sends(bad, 5);
    let both = [Diagnosis::NetworkPoor, Diagnosis::TheyHearBadly];
    call.says(&both);
    for something in [between, bad, FINE] {
        call.hears(Way::default(), 10);
        call.hears(something, 1);
        call.says(&both);
    }
    call.hears(Way::default(), 11);
    call.says(&both[1..]);
    call.sends(Way::default(), 11);
    call.is_fine();
    call.hears(Way::default(), 60);
    call.hears(bad, 3);
    call.is_fine();
    call.hears(bad, 1);
    call.says(&both[..1]);
}

#[test]
fn the_others_hear_badly_what_is_lost_on_the_way_out() {
    let mut call = Call::new();
    call.sends(Way { lost_percent: Some(8.0), ..FINE }, 4);
    call.says(&[Diagnosis::TheyHearBadly]);
    call.hears(Way { lost_percent: Some(8.0), ..FINE }, 4);
    call.says(&[Diagnosis::NetworkPoor, Diagnosis::TheyHearBadly]);
}

#[test]
fn echo_is_told_while_the_microphone_is_on() {
    let mut call = Call::new();
    let echoes = Microphone { echo: Some(0.9), ..QUIET };
    call.picks_up(Microphone { muted: true, ..echoes }, 9_000);
    call.is_fine();
    call.picks_up(echoes, 3_200);
    call.says(&[Diagnosis::EchoSuspected]);
    call.picks_up(Microphone { echo: None, ..QUIET }, 9_900);
    call.picks_up(Microphone { echo: Some(0.4), ..QUIET }, 20_000);
    call.says(&[Diagnosis::EchoSuspected]);
    call.picks_up(Microphone { echo: Some(0.1), ..QUIET }, 6_200);
    call.is_fine();
    call.picks_up(echoes, 3_200);
    call.says(&[Diagnosis::EchoSuspected]);
    call.picks_up(Microphone { echo: None, ..QUIET }, 10_200);
    call.is_fine();
}

#[test]
fn a_device_that_is_replaced_at_once_was_never_gone() {
    let mut call = Call::new();
    call.device(AudioDevice::Speaker, DeviceFact::Fails);
    call.waits(1_000);
    call.device(AudioDevice::Speaker, DeviceFact::Works);
    call.waits(10_000);
    call.is_fine();
}

#[test]
fn a_device_that_stays_away_is_gone_until_it_works_again() {
    let mut call = Call::new();
    call.device(AudioDevice::Microphone, DeviceFact::Fails);
    call.waits(600);
    call.device(AudioDevice::Speaker, DeviceFact::Fails);
    call.waits(1_000);
    call.says(&[Diagnosis::DeviceGone(AudioDevice::Microphone)]);
    call.waits(1_100);
    let both = [AudioDevice::Microphone, AudioDevice::Speaker].map(Diagnosis::DeviceGone);
    call.says(&both);
    call.device(AudioDevice::Microphone, DeviceFact::Works);
    call.waits(1_000);
    call.says(&both[1..]);
    call.device(AudioDevice::Speaker, DeviceFact::Idle);
    call.waits(1_000);
    call.is_fine();
}

#[test]
fn what_never_worked_is_not_gone() {
    let mut call = Call::new();
    call.device(AudioDevice::Ringer, DeviceFact::Fails);
    call.waits(10_000);
    call.is_fine();
}

#[test]
fn a_shared_card_is_told_until_the_user_unmutes() {
    let mut call = Call::new();
    call.takes(Fact::SharedCard);
    call.says(&[Diagnosis::SharedCard]);
    call.picks_up(Microphone { muted: true, ..QUIET }, 60_000);
    call.says(&[Diagnosis::SharedCard]);
    call.takes(Fact::Unmuted);
    call.is_fine();
}

const QUIET: Microphone = Microphone { voice: false, exact_zeros_ms: 0, silent_ms: 0, muted: false, echo: None };
const FINE: Way = Way { lost_percent: Some(0.0), jitter_ms: Some(4.0), rtt_ms: Some(20.0), mos: Some(4.3) };

/// A call with devices that work, and what was told of it.
struct Call {
    watch: Watch,
    now: Instant,
    told: Vec<Diagnosis>,
}

impl Call {
    fn new() -> Self {
        let mut call = Self { watch: Watch::default(), now: clock::now(), told: Vec::new() };
        call.device(AudioDevice::Microphone, DeviceFact::Works);
        call.device(AudioDevice::Speaker, DeviceFact::Works);
        call
    }

    fn takes(&mut self, fact: Fact) {
        if let Some(told) = self.watch.handle(fact, self.now) {
            assert_ne!(told, self.told, "only changes are told");
            self.told = told;
        }
    }

    fn device(&mut self, which: AudioDevice, fact: DeviceFact) {
        self.takes(Fact::Device(which, fact));
    }

    /// Lets time pass in which nothing is said but that deadlines have passed.
    fn waits(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        while let Some(at) = self.watch.next_deadline().filter(|at| *at <= until) {
            assert!(at > self.now, "a deadline lies in the past");
            self.now = at;
            self.takes(Fact::DeadlinePassed);
        }
        self.now = until;
    }

    fn picks_up(&mut self, microphone: Microphone, ms: u64) {
        for _ in 0..ms / 100 {
            self.waits(100);
            self.takes(Fact::Microphone(microphone));
        }
    }

    /// The microphone has been silent for `ms`, by now.
    fn falls_silent(&mut self, exact_zeros: bool, ms: u32) {
        for silent_ms in (0..=ms).step_by(100) {
            self.waits(100);
            let exact_zeros_ms = if exact_zeros { silent_ms } else { 0 };
            self.takes(Fact::Microphone(Microphone { silent_ms, exact_zeros_ms, ..QUIET }));
        }
    }

    fn hears(&mut self, way: Way, seconds: u32) {
        for _ in 0..seconds {
            self.waits(1_000);
            self.takes(Fact::Heard(way));
        }
    }

    fn sends(&mut self, way: Way, seconds: u32) {
        for _ in 0..seconds {
            self.waits(1_000);
            self.takes(Fact::Sent(way));
        }
    }

    #[track_caller]
    fn says(&self, wanted: &[Diagnosis]) {
        assert_eq!(self.told, wanted);
    }

    #[track_caller]
    fn is_fine(&self) {
        self.says(&[]);
    }
}
