//! Ways through the rules: each case, and random rules that must never lead in circles.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::*;
use crate::base::seed::Seed;
use crate::domain::id::EndpointId;

const ALICE: u128 = 1;
const BOB: u128 = 2;
const CAROL: u128 = 3;
const DAVE: u128 = 4;

fn who(number: u128) -> Identity {
    Identity::acs(Uuid::nil(), Uuid::from_u128(number))
}

fn number(who: &Identity) -> u128 {
    (1..100).find(|number| self::who(*number) == *who).expect("one of the people")
}

/// People who have rules; everybody else is free, and has none.
#[derive(Default)]
struct People(BTreeMap<u128, Standing>);

impl People {
    fn forwards(mut self, from: u128, when: ForwardWhen, to: u128) -> Self {
        self.of(from).rules.set(when, Some(who(to)));
        self
    }

    fn is(mut self, number: u128, reach: &[Reach]) -> Self {
        self.of(number).candidates = candidates(number, reach);
        self
    }

    fn wants_quiet(mut self, number: u128) -> Self {
        self.of(number).do_not_disturb = true;
        self
    }

    fn of(&mut self, number: u128) -> &mut Standing {
        self.0.entry(number).or_insert_with(|| free(number))
    }

    fn look(&self, who: &Identity) -> Standing {
        self.0.get(&number(who)).cloned().unwrap_or_else(|| free(number(who)))
    }

    /// The way of a call from Alice to Bob.
    fn called(&self) -> (Route, Way) {
        let mut route = Route::of_call(&who(ALICE), &who(BOB));
        let way = route.begin(|who| self.look(who));
        (route, way)
    }

    /// The way of a call that Bob hands on to Carol; Alice stays.
    fn transferred(&self) -> Way {
        Route::of_transfer(&who(ALICE), &who(BOB), &who(CAROL)).begin(|who| self.look(who))
    }
}

fn candidates(number: u128, reach: &[Reach]) -> Vec<Candidate> {
    let endpoint = |which: usize| EndpointId(Uuid::from_u128(number * 100 + which as u128));
    reach.iter().enumerate().map(|(which, &reach)| Candidate { endpoint: endpoint(which), reach }).collect()
}

fn free(number: u128) -> Standing {
    Standing { candidates: candidates(number, &[Reach::Free]), ..Standing::default() }
}

/// Each forward on the way, and whether somebody can be rung in the end.
fn told(way: &Way) -> (Vec<(ForwardWhen, u128)>, Option<EndReason>) {
    let forwards = way.onward.forwards.iter().copied().zip(way.people.iter().map(number)).collect();
    (forwards, way.onward.unreachable())
}

use ForwardWhen::{Always, Busy, DoNotDisturb, NoAnswer};

#[test]
fn the_cases_count_in_their_order() {
    let all = || {
        let people = People::default().forwards(BOB, Busy, 12).forwards(BOB, NoAnswer, 13);
        people.forwards(BOB, DoNotDisturb, 14)
    };
    let busy = [Reach::InCall, Reach::Lost];
    let cases = [
        ("free", all(), vec![]),
        ("always", all().forwards(BOB, Always, 11).wants_quiet(BOB).is(BOB, &busy), vec![(Always, 11)]),
        ("not to be disturbed", all().wants_quiet(BOB).is(BOB, &busy), vec![(DoNotDisturb, 14)]),
        ("not to be disturbed, and offline", all().wants_quiet(BOB).is(BOB, &[]), vec![(DoNotDisturb, 14)]),
        ("busy", all().is(BOB, &busy), vec![(Busy, 12)]),
        ("busy on one alone", all().is(BOB, &[Reach::InCall, Reach::Free]), vec![]),
        ("offline", all().is(BOB, &[]), vec![(NoAnswer, 13)]),
        ("lost for a moment", all().is(BOB, &[Reach::Lost]), vec![]),
    ];
    for (what, people, expected) in cases {
        assert_eq!(told(&people.called().1), (expected, None), "{what}");
    }
}

#[test]
fn without_a_rule_it_ends_for_the_reason() {
    let busy = People::default().is(BOB, &[Reach::InCall]);
    assert_eq!(told(&busy.called().1), (vec![], Some(EndReason::BUSY)));
    let quiet = People::default().wants_quiet(BOB).is(BOB, &[Reach::Free, Reach::Lost]);
    assert_eq!(told(&quiet.called().1), (vec![], Some(EndReason::DO_NOT_DISTURB)));
    let gone = People::default().wants_quiet(BOB).is(BOB, &[]);
    assert_eq!(told(&gone.called().1), (vec![], Some(EndReason::OFFLINE)));
}

#[test]
fn the_next_may_forward_too_and_the_last_reason_counts() {
    let people = People::default().forwards(BOB, Always, CAROL).is(CAROL, &[Reach::InCall]);
    assert_eq!(told(&people.called().1), (vec![(Always, CAROL)], Some(EndReason::BUSY)));
    let people = people.forwards(CAROL, Busy, DAVE);
    assert_eq!(told(&people.called().1), (vec![(Always, CAROL), (Busy, DAVE)], None));
}

#[test]
fn nobody_is_passed_twice_and_who_calls_never() {
    let circle = People::default().forwards(BOB, Always, CAROL).forwards(CAROL, Always, BOB);
    assert_eq!(told(&circle.called().1), (vec![(Always, CAROL)], None), "it rings at Carol, whose rule leads back");
    let home = People::default().forwards(BOB, Always, ALICE);
    assert_eq!(told(&home.called().1), (vec![], None));
    let (mut route, way) = People::default().forwards(BOB, Busy, ALICE).called();
    assert_eq!(way.onward.wishes, Wishes::default());
    assert_eq!(route.follow(Busy, false, |who| circle.look(who)), None);
}

#[test]
fn it_is_forwarded_five_times_at_the_most() {
    let chain = (BOB..20).fold(People::default(), |people, n| people.forwards(n, Always, n + 1));
    let (mut route, way) = chain.called();
    assert_eq!(way.people, (CAROL..CAROL + 5).map(who).collect::<Vec<_>>());
    assert_eq!(way.onward.wishes, Wishes::default());
    assert_eq!(route.follow(Always, false, |who| chain.look(who)), None);
}

#[test]
fn while_it_rings_it_is_forwarded_as_whoever_is_rung_wishes() {
    let people = People::default().forwards(BOB, Busy, CAROL).forwards(BOB, NoAnswer, DAVE);
    let (mut route, way) = people.called();
    assert_eq!(way.onward.wishes, Wishes { declined: true, unanswered: Some(Duration::from_secs(20)) });
    let declined = route.clone().follow(Busy, false, |who| people.look(who)).unwrap();
    assert_eq!(told(&declined), (vec![(Busy, CAROL)], None));
    let unanswered = route.follow(NoAnswer, true, |who| people.look(who)).unwrap();
    assert_eq!(told(&unanswered), (vec![(NoAnswer, DAVE)], None));
    assert_eq!(route.follow(Busy, false, |who| people.look(who)), None, "Dave has no rules");
}

#[test]
fn a_call_rings_on_where_the_next_cannot_be_rung() {
    let people = People::default().forwards(BOB, NoAnswer, CAROL).forwards(CAROL, NoAnswer, DAVE);
    let people = people.is(CAROL, &[]).is(DAVE, &[]);
    let (mut route, _) = people.called();
    assert_eq!(route.follow(NoAnswer, true, |who| people.look(who)), None);
    // Nothing was passed by that: it is followed once it does not ring any more.
    let way = route.follow(NoAnswer, false, |who| people.look(who)).unwrap();
    assert_eq!(told(&way), (vec![(NoAnswer, CAROL), (NoAnswer, DAVE)], Some(EndReason::OFFLINE)));
}

#[test]
fn what_is_transferred_follows_but_returns_when_it_is_not_taken() {
    let people = People::default().forwards(CAROL, Always, DAVE).forwards(DAVE, Busy, 5).forwards(DAVE, NoAnswer, 6);
    let way = people.transferred();
    assert_eq!(told(&way), (vec![(Always, DAVE)], None));
    assert_eq!(way.onward.wishes, Wishes::default());
    let way = people.is(DAVE, &[]).transferred();
    assert_eq!(told(&way), (vec![(Always, DAVE)], Some(EndReason::OFFLINE)), "no answer is not followed");
    for those_in_it in [ALICE, BOB] {
        let way = People::default().forwards(CAROL, Always, those_in_it).transferred();
        assert_eq!(told(&way), (vec![], None));
    }
}

#[test]
fn whatever_the_rules_a_call_comes_to_an_end_at_somebody_new() {
    let (mut forwarded, mut most) = (0, 0);
    for seed in 0..3000 {
        let mut dice = Seed::new(seed);
        let people = random_people(&mut dice);
        let mut been = vec![who(ALICE), who(BOB)];
        let (mut route, way) = people.called();
        been.extend(way.people.iter().cloned());
        let mut wishes = way.onward.wishes;
        // Whoever is rung declines or does not answer, until nobody is asked any more.
        for _ in 0..20 {
            let when = if dice.below(2) == 0 { Busy } else { NoAnswer };
            let wished = if when == Busy { wishes.declined } else { wishes.unanswered.is_some() };
            let rings_on = dice.below(2) == 0;
            let next = route.follow(when, rings_on, |who| people.look(who));
            assert!(wished || next.is_none(), "seed {seed}: forwarded, though nobody wishes it");
            assert!(next.is_some() || !wished || rings_on, "seed {seed}: it leads somewhere, and was not followed");
            let Some(way) = next else { continue };
            assert!(!rings_on || way.onward.unreachable().is_none(), "seed {seed}");
            assert_eq!(way.people.len(), way.onward.forwards.len(), "seed {seed}");
            been.extend(way.people.iter().cloned());
            wishes = way.onward.wishes;
        }
        let passed = been.len() - 2;
        been.sort();
        been.dedup();
        assert_eq!(been.len() - 2, passed, "seed {seed}: somebody was passed twice");
        assert!(passed <= FORWARDS_MAX, "seed {seed}: {passed} forwards");
        (forwarded, most) = (forwarded + usize::from(passed > 0), most.max(passed));
    }
    assert!(forwarded > 1000 && most == FORWARDS_MAX, "{forwarded} forwarded, {most} times at the most");
}

fn random_people(dice: &mut Seed) -> People {
    let mut people = People::default();
    for from in BOB..10 {
        for when in ForwardWhen::ALL {
            // Also to oneself, which no rules of an account say, and to who calls.
            if dice.below(3) == 0 {
                people = people.forwards(from, when, u128::from(1 + dice.below(9)));
            }
        }
        let reach = [Reach::Free, Reach::Free, Reach::InCall, Reach::Lost];
        let reach: Vec<Reach> = (0..dice.below(3)).map(|_| reach[usize::try_from(dice.below(4)).unwrap()]).collect();
        people = people.is(from, &reach);
        if dice.below(4) == 0 {
            people = people.wants_quiet(from);
        }
    }
    people
}
