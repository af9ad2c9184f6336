//! The stage, played in virtual time: who speaks, how long, and who is on stage then.

use super::*;
use crate::base::clock;

const FRAME: Duration = Duration::from_millis(20);

/// How loud a voice is where nothing else is said, −dBov.
const LEVEL: u8 = 30;

/// A room of which people are letters. Time moves in frames; who says nothing sends nothing.
struct House {
    speakers: Speakers,
    people: Vec<(char, Seat)>,
    now: Instant,
    /// What was said of who speaks, with the time since the start.
    told: Vec<(Duration, String)>,
    start: Instant,
}

impl House {
    /// `places` on stage, of which everybody hears `shared`.
    fn with(people: &str, places: usize, shared: usize) -> Self {
        let now = clock::now();
        let mut speakers = Speakers::default();
        speakers.set_places(places, shared, now);
        let people = people.chars().map(|name| (name, speakers.join())).collect::<Vec<_>>();
        for (_, seat) in &people {
            speakers.set_open(*seat, true, now);
        }
        Self { speakers, people, now, told: Vec::new(), start: now }
    }

    fn seat(&self, name: char) -> Seat {
        self.people.iter().find(|(known, _)| *known == name).unwrap().1
    }

    fn name(&self, seat: Seat) -> char {
        self.people.iter().find(|(_, known)| *known == seat).unwrap().0
    }

    fn stage(&self) -> String {
        self.speakers.stage().iter().map(|&seat| self.name(seat)).collect()
    }

    fn hears(&mut self, name: char, sound: Sound) {
        let change = self.speakers.heard(self.seat(name), sound, self.now);
        self.notes(change);
    }

    fn notes(&mut self, change: Change) {
        if change.speaking {
            let names = self.speakers.speaking().iter().map(|&seat| self.name(seat)).collect();
            self.told.push((self.now - self.start, names));
        }
    }

    /// One frame of all of these voices, then its time passes.
    fn frame(&mut self, voices: &[(char, u8)]) {
        for &(name, level) in voices {
            self.hears(name, Sound::Frame { level, voice: true });
        }
        self.passes(FRAME);
    }

    fn passes(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.speakers.next_deadline().filter(|&at| at <= end) {
            assert!(at >= self.now, "a deadline has passed");
            self.now = at;
            let change = self.speakers.tick(at);
            self.notes(change);
        }
        self.now = end;
    }

    /// All of `names` speak, at the same time. Who is on stage after that.
    fn speak(&mut self, names: &str, ms: u64) -> String {
        self.speak_at(LEVEL, names, ms)
    }

    fn speak_at(&mut self, level: u8, names: &str, ms: u64) -> String {
        let voices: Vec<_> = names.chars().map(|name| (name, level)).collect();
        for _ in 0..ms / 20 {
            self.frame(&voices);
        }
        self.stage()
    }

    /// Nobody says anything.
    fn silence(&mut self, ms: u64) -> String {
        self.speak("", ms)
    }

    fn closes(&mut self, name: char) {
        let change = self.speakers.set_open(self.seat(name), false, self.now);
        self.notes(change);
    }

    fn opens(&mut self, name: char) {
        let change = self.speakers.set_open(self.seat(name), true, self.now);
        self.notes(change);
    }
}

#[test]
fn a_free_place_is_given_with_the_very_first_packet() {
    let mut house = House::with("abc", 3, 2);
    for (name, stage) in [('a', "a"), ('b', "ab"), ('c', "abc")] {
        house.hears(name, Sound::Frame { level: LEVEL, voice: true });
        assert_eq!(house.stage(), stage);
    }
}

#[test]
fn silence_noise_and_packets_without_levels_get_no_place() {
    let mut house = House::with("abc", 3, 2);
    for _ in 0..100 {
        house.hears('a', Sound::Frame { level: 127, voice: true });
        house.hears('b', Sound::Frame { level: 0, voice: false });
        house.hears('c', Sound::Frame { level: 127, voice: false });
        house.passes(FRAME);
    }
    assert_eq!(house.stage(), "");
    assert_eq!(house.speakers.next_deadline(), None, "nothing is to be done, and so it costs nothing");
}

#[test]
fn two_who_alternate_both_stay_while_there_are_places() {
    let mut house = House::with("abc", 3, 2);
    house.speak("a", 400);
    house.speak("b", 400);
    let mut changes = 0;
    for round in 0..200 {
        let name = if round % 2 == 0 { 'a' } else { 'b' };
        for _ in 0..20 {
            let seat = house.seat(name);
            let sound = Sound::Frame { level: LEVEL, voice: true };
            changes += u32::from(house.speakers.heard(seat, sound, house.now).stage);
            house.passes(FRAME);
        }
    }
    assert_eq!((house.stage().as_str(), changes), ("ab", 0));
}

#[test]
fn a_place_is_kept_while_its_holder_speaks_however_loud_others_are() {
    let mut house = House::with("abx", 2, 2);
    house.speak_at(60, "ab", 1_000);
    for _ in 0..500 {
        house.frame(&[('a', 60), ('b', 60), ('x', 0)]);
    }
    assert_eq!(house.stage(), "ab");
}

#[test]
fn a_place_is_lost_after_silence_and_not_before_its_time() {
    let mut house = House::with("abx", 2, 2);
    house.speak("ab", 1_000);
    // a goes on, b falls silent; x wants a place all the time.
    assert_eq!(house.speak("ax", 280), "ab", "b is silent for less than 300 ms");
    assert_eq!(house.speak("ax", 20), "ax");
    // x has had its place for one frame. Silent at once, and b there again: x keeps it for its time.
    assert_eq!(house.speak("ab", 480), "ax");
    assert_eq!(house.speak("ab", 20), "ab");
}

#[test]
fn one_click_takes_nobodys_place() {
    let mut house = House::with("abx", 2, 2);
    house.speak("ab", 1_000);
    house.silence(600);
    house.frame(&[('x', 0)]);
    // The detector of its sender still speaks of a voice for a while.
    assert_eq!(house.speak_at(85, "x", 180), "ab");
    assert_eq!(house.speak("x", 80), "ax", "a voice does");
}

#[test]
fn of_those_who_wait_the_loudest_comes_first() {
    let mut house = House::with("abxyz", 2, 2);
    house.speak("ab", 1_000);
    for _ in 0..30 {
        house.frame(&[('a', 30), ('x', 50), ('y', 20), ('z', 40)]);
    }
    assert_eq!(house.stage(), "ay");
}

#[test]
fn long_silence_leaves_the_stage_by_itself() {
    let mut house = House::with("ab", 3, 2);
    house.speak("a", 500);
    house.speak("b", 500);
    assert_eq!(house.silence(1_400), "ab");
    assert_eq!(house.silence(120), "b");
    assert_eq!(house.silence(500), "");
    assert_eq!(house.speakers.next_deadline(), None);
}

#[test]
fn who_is_muted_or_gone_leaves_at_once() {
    let mut house = House::with("abc", 3, 2);
    house.speak("abc", 200);
    house.closes('a');
    assert_eq!(house.stage(), "bc");
    assert_eq!(house.speak("a", 200), "bc", "and is not heard of while it is");
    house.opens('a');
    assert_eq!(house.speak("a", 20), "bca");
    let seat = house.seat('b');
    house.speakers.leave(seat, house.now);
    assert_eq!(house.stage(), "ca");
    let again = house.speakers.join();
    assert_eq!(again, seat, "the seat is used again");
    assert_eq!(house.speakers.heard(again, Sound::Tone, house.now), Change::default(), "by somebody who is closed");
}

#[test]
fn who_speaks_from_the_back_comes_to_the_front_when_it_is_silent_there() {
    let mut house = House::with("abcx", 4, 3);
    house.speak("abc", 1_000);
    assert_eq!(house.speak("abcx", 200), "abcx", "heard by a, b and c alone: the others hear three already");
    assert_eq!(house.speak("acx", 280), "abcx");
    assert_eq!(house.speak("acx", 20), "axcb");
}

#[test]
fn a_tone_is_heard_by_all_at_once_and_for_as_long_as_it_lasts() {
    let mut house = House::with("abcx", 4, 3);
    for _ in 0..50 {
        house.frame(&[('a', 20), ('b', 50), ('c', 30)]);
    }
    house.hears('x', Sound::Tone);
    assert_eq!(house.stage(), "axcb", "the quietest of the three made room");
    for _ in 0..50 {
        house.hears('x', Sound::Tone);
        house.frame(&[('a', 20), ('b', 0), ('c', 30)]);
    }
    assert_eq!(house.stage(), "axcb", "and gets its place back when the tone is over");
    for _ in 0..20 {
        house.frame(&[('a', 20), ('b', 0), ('c', 30)]);
    }
    assert_eq!(house.stage(), "abcx");
}

#[test]
fn a_tone_with_a_full_stage_sends_the_quietest_off() {
    let mut house = House::with("abx", 2, 2);
    house.frame(&[('a', 20), ('b', 50)]);
    house.hears('x', Sound::Tone);
    assert_eq!(house.stage(), "ax");
}

#[test]
fn many_who_press_keys_leave_room_for_those_who_speak() {
    let mut house = House::with("abcwxyz", 4, 3);
    house.speak("abc", 1_000);
    for _ in 0..500 {
        for name in ['w', 'x', 'y', 'z'] {
            house.hears(name, Sound::Tone);
        }
        house.frame(&[('a', 20), ('b', 20), ('c', 20)]);
        let front = &house.stage()[..3];
        assert!(front.chars().filter(|name| "abc".contains(*name)).count() >= 1, "{front}");
    }
}

/// Always the loudest, always with a voice, never a pause.
#[test]
fn a_liar_about_its_levels_keeps_nobody_from_being_heard() {
    let mut house = House::with("abcdL", 3, 2);
    let liar = ('L', 0);
    let mut heard = std::collections::BTreeMap::new();
    // Four people take turns of two seconds, with a short pause between them.
    for turn in 0..100 {
        let name = ['a', 'b', 'c', 'd'][turn % 4];
        let mut until_heard = None;
        for n in 0..100 {
            house.frame(&[liar, (name, 40)]);
            if house.stage()[..2].contains(name) {
                until_heard.get_or_insert(n * 20);
            }
        }
        heard.entry(name).or_insert_with(Vec::new).push(until_heard.expect("nobody hears them"));
        for _ in 0..10 {
            house.frame(&[liar]);
        }
    }
    for (name, waits) in heard {
        assert!(waits.iter().all(|&ms| ms <= 600), "{name} waited {waits:?} ms");
    }
}

#[test]
fn as_many_liars_as_places_give_way_in_the_end() {
    let mut house = House::with("aLMN", 3, 2);
    for _ in 0..2_000 {
        house.frame(&[('L', 0), ('M', 0), ('N', 0)]);
    }
    let stage = house.speak_at(40, "aLMN", 100);
    assert!(stage[..2].contains('a'), "{stage}");
}

#[test]
fn who_speaks_is_told_loudest_first_and_not_too_often() {
    let mut house = House::with("abc", 4, 3);
    for _ in 0..50 {
        house.frame(&[('a', 50), ('b', 20)]);
    }
    assert_eq!(house.told.last().unwrap().1, "ba");
    house.speak("c", 2_000);
    assert_eq!(house.told.last().unwrap().1, "c");
    house.silence(3_000);
    let (last, names) = house.told.last().unwrap().clone();
    assert_eq!(names, "");
    assert_eq!(last, Duration::from_millis(1_000 + 2_000 - 20 + 1_000), "a second after the last word");
    assert!(house.told.windows(2).all(|pair| pair[1].0 - pair[0].0 >= TOLD_EVERY), "{:?}", house.told);
    assert!(house.told.windows(2).all(|pair| pair[0].1 != pair[1].1), "{:?}", house.told);
}

#[test]
fn clicks_and_tones_are_not_said_to_speak() {
    let mut house = House::with("ab", 3, 2);
    for _ in 0..10 {
        house.frame(&[('a', 0)]);
        house.silence(480);
        house.hears('b', Sound::Tone);
    }
    assert!(house.told.is_empty(), "{:?}", house.told);
}

#[test]
fn who_is_muted_speaks_no_more() {
    let mut house = House::with("ab", 3, 2);
    house.speak("ab", 500);
    house.closes('a');
    house.speak("b", 200);
    assert_eq!(house.told.last().unwrap().1, "b");
    let change = house.speakers.set_places(0, 0, house.now);
    house.notes(change);
    house.passes(Duration::from_secs(2));
    assert_eq!((house.stage().as_str(), house.told.last().unwrap().1.as_str()), ("", ""));
}

#[test]
fn never_more_than_eight_are_told() {
    let mut house = House::with("abcdefghijkl", 12, 12);
    for _ in 0..10 {
        house.speak("abcdefghijkl", 1_000);
        assert_eq!(house.speakers.speaking().len(), MOST_TOLD);
    }
    assert_eq!(house.told.iter().filter(|(_, names)| names.len() == MOST_TOLD).count(), 1, "{:?}", house.told);
}
