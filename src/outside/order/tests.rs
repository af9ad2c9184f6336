//! Orders, given what the phone is doing.

use super::super::kit::{bob, call, carol, group_call, incoming, me, number, person, summary};
use super::*;
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::{AccountRules, CallRules};
use crate::domain::presence::Presence;
use crate::phone::event::{CallView, Event, Refusal};

/// A phone that has told these events.
fn phone(events: &[Event]) -> Status {
    let mut status = Status::new("http://h:1".to_owned(), true, 7);
    status.take(&Event::Me(me()));
    events.iter().for_each(|event| _ = status.take(event));
    status
}

/// A talk with Bob as call 1, held, and one with Carol as call 2.
fn two_calls() -> Vec<Event> {
    vec![
        Event::Call(call(1, bob(), CallState::LocalHold)),
        Event::Call(call(2, carol(), CallState::Connected)),
        Event::Active(Some(number(2))),
    ]
}

/// The same, with Carol being asked for Bob.
fn consultation() -> Vec<Event> {
    let asks = CallView { consult_of: Some(number(1)), ..call(2, carol(), CallState::Connected) };
    vec![Event::Call(call(1, bob(), CallState::LocalHold)), Event::Call(asks), Event::Active(Some(number(2)))]
}

fn planned(events: &[Event], order: Order, which: Option<&str>) -> Result<Plan, Why> {
    order.plan(which, &phone(events)).map_err(|refused| {
        assert!(!refused.message.is_empty() && refused.message.is_ascii(), "{refused:?}");
        refused.why
    })
}

/// What the phone is told.
#[track_caller]
fn tells(events: &[Event], order: Order, which: Option<&str>) -> Vec<Command> {
    match planned(events, order, which) {
        Ok(Plan::Tell { commands, .. } | Plan::JustTell { commands, .. }) => commands,
        other => panic!("{other:?}"),
    }
}

/// How it turns out once these events came.
fn turns_out(before: &[Event], order: Order, then: &[Event]) -> Option<Result<Done, Refused>> {
    let Ok(Plan::Tell { mut until, .. }) = planned(before, order, None) else { panic!("nothing is waited for") };
    then.iter().find_map(|event| {
        until.claims(event);
        until.hears(event)
    })
}

#[track_caller]
fn is_done(before: &[Event], order: Order, then: &[Event]) {
    let outcome = turns_out(before, order, then);
    assert!(matches!(outcome, Some(Ok(_))), "{outcome:?}");
}

#[track_caller]
fn fails(before: &[Event], order: Order, then: &[Event], why: Why) {
    assert_eq!(turns_out(before, order, then).map(|outcome| outcome.map_err(|refused| refused.why)), Some(Err(why)));
}

fn refused(what: &'static str, call: Option<u128>, why: Refusal) -> Event {
    Event::Refused(crate::phone::event::Refused { what, call: call.map(number), why })
}

fn ended(id: u128, reason: EndReason) -> Event {
    Event::Ended(summary(id, bob(), reason))
}

#[test]
fn answering_takes_the_oldest_that_rings_or_the_one_that_is_named() {
    let mut later = incoming(2, carol());
    later.at = later.at.plus(5000);
    let rings = [Event::Incoming(later), Event::Incoming(incoming(1, bob()))];
    assert_eq!(tells(&rings, Order::Answer, None), [Command::Answer(number(1))]);
    assert_eq!(tells(&rings, Order::Answer, Some("1")), [Command::Answer(number(2))]);
    assert_eq!(tells(&rings, Order::Decline, None), [Command::Decline(number(1))]);
    assert_eq!(planned(&[], Order::Answer, None), Err(Why::NotNow));
    assert_eq!(planned(&two_calls(), Order::Answer, Some("1")), Err(Why::NotNow), "it does not ring");
    assert_eq!(planned(&rings, Order::Answer, Some("3")), Err(Why::Nobody));
}

#[test]
fn calls_are_named_by_number_or_id() {
    let id = number(1).to_string();
    for which in ["1", id.as_str(), &id[..13], &id.to_uppercase()] {
        assert_eq!(tells(&two_calls(), Order::Hangup, Some(which)), [Command::HangUp(number(1))], "{which}");
    }
    for (which, why) in
        [("3", Why::Nobody), ("0", Why::Usage), ("000", Why::Usage), ("zzzz", Why::Nobody), ("", Why::Usage)]
    {
        assert_eq!(planned(&two_calls(), Order::Hangup, Some(which)), Err(why), "{which}");
    }
}

#[test]
fn without_a_name_the_active_call_is_meant() {
    assert_eq!(tells(&two_calls(), Order::Hangup, None), [Command::HangUp(number(2))]);
    assert_eq!(planned(&[], Order::Hangup, None), Err(Why::NotNow));
    let mut none_active = two_calls();
    none_active.push(Event::Active(None));
    assert_eq!(planned(&none_active, Order::Hangup, None), Err(Why::Usage));
    let rings = [Event::Incoming(incoming(1, bob()))];
    assert_eq!(planned(&rings, Order::Hangup, None), Err(Why::NotNow), "what rings is declined");
}

#[test]
fn what_is_so_already_takes_nothing() {
    let call = number(2);
    assert_eq!(tells(&two_calls(), Order::Mute { on: None }, None), [Command::Mute { call, on: true }]);
    assert!(matches!(planned(&two_calls(), Order::Mute { on: Some(false) }, None), Ok(Plan::Nothing(_))));
    assert_eq!(tells(&two_calls(), Order::Hold { on: None }, None), [Command::Hold { call, on: true }]);
    assert_eq!(
        tells(&two_calls(), Order::Hold { on: None }, Some("1")),
        [Command::Hold { call: number(1), on: false }]
    );
    assert!(matches!(planned(&two_calls(), Order::Hold { on: Some(true) }, Some("1")), Ok(Plan::Nothing(_))));
    let rings_out = [Event::Call(super::super::kit::call(1, bob(), CallState::Ringing))];
    assert_eq!(planned(&rings_out, Order::Hold { on: None }, None), Err(Why::NotNow));
}

#[test]
fn handing_on_asking_first_parking() {
    let to = || "carol".to_owned();
    let commands = tells(&two_calls(), Order::Transfer { to: to() }, Some("1"));
    assert_eq!(commands, [Command::Transfer { call: number(1), to: TransferTo::Person(to()) }]);
    assert_eq!(planned(&two_calls(), Order::Transfer { to: " ".to_owned() }, None), Err(Why::Usage));
    let commands = tells(&two_calls()[..1], Order::Consult { to: to() }, None);
    assert_eq!(commands, [Command::Consult { call: number(1), to: to() }]);
    let complete = Command::Transfer { call: number(1), to: TransferTo::Call(number(2)) };
    assert_eq!(tells(&consultation(), Order::Complete, None), [complete]);
    assert_eq!(planned(&two_calls(), Order::Complete, None), Err(Why::NotNow));
    let slot = ParkSlot::try_from(7).ok();
    assert_eq!(tells(&two_calls(), Order::Park { slot }, None), [Command::Park { call: number(2), slot }]);
    assert_eq!(tells(&[], Order::PickUp { slot, at: None }, None), [Command::PickUp(slot.unwrap())]);
}

#[test]
fn two_calls_are_swapped_and_merged() {
    assert_eq!(tells(&two_calls(), Order::Swap, None), [Command::Activate(number(1))]);
    assert_eq!(planned(&two_calls()[1..], Order::Swap, None), Err(Why::NotNow));
    let merge = |call, with| [Command::Merge { call: number(call), with: number(with) }];
    assert_eq!(tells(&two_calls(), Order::Merge, None), merge(1, 2));
    assert_eq!(tells(&consultation(), Order::Merge, None), merge(1, 2));
    let group = |id| Event::Call(group_call(id, "Ops"));
    let with_group = [group(1), Event::Call(call(2, carol(), CallState::LocalHold)), Event::Active(Some(number(1)))];
    assert_eq!(tells(&with_group, Order::Merge, None), merge(1, 2), "a group stays what it is");
    let two_groups = [group(1), group(2), Event::Active(Some(number(1)))];
    assert_eq!(planned(&two_groups, Order::Merge, None), Err(Why::NotNow));
    assert_eq!(planned(&[group(1)], Order::Merge, None), Err(Why::NotNow));
    assert_eq!(planned(&two_calls(), Order::Merge, Some("2")), Err(Why::NotNow), "not with itself");
}

#[test]
fn tones_go_together_or_not_at_all() {
    let dtmf = |tones: &str| Order::Dtmf { tones: tones.to_owned() };
    assert_eq!(tells(&two_calls(), dtmf("1 2#"), None).len(), 3);
    for bad in ["", "12x", &"1".repeat(33), "\u{1b}"] {
        assert_eq!(planned(&two_calls(), dtmf(bad), None), Err(Why::Usage), "{bad}");
    }
    assert_eq!(planned(&two_calls(), dtmf("1"), Some("1")), Err(Why::NotNow), "it is held");
}

#[test]
fn places_and_links_are_read_before_the_phone_is_bothered() {
    let join = |place: &str| planned(&[], Order::Join { place: place.to_owned() }, None).map(drop);
    assert_eq!((join("k7mq-3tzf"), join("http://h/x"), join("")), (Ok(()), Err(Why::Usage), Err(Why::Usage)));
    let link = "http://h:1/j/k7mq-3tzf".to_owned();
    assert_eq!(planned(&[], Order::Call { to: link }, None), Err(Why::Usage));
    let open = |url: &str| Order::Open { url: url.to_owned() }.plan(None, &phone(&[]));
    assert_eq!(open("tel:204").unwrap(), Plan::Show(OpenedLink::Number { number: "204".to_owned() }));
    assert!(open("mailto:x").is_err());
    let headless = Status::new("http://h:1".to_owned(), false, 7);
    assert_eq!(Order::Open { url: "tel:204".to_owned() }.plan(None, &headless).unwrap_err().why, Why::NotNow);
}

#[test]
fn a_presence_is_waited_for_where_it_will_be_seen() {
    let away = || Order::Presence { presence: PresenceChoice::Away };
    let is = |state| Event::MyPresence(Presence::now(state));
    is_done(&[is(PresenceState::Online)], away(), &[is(PresenceState::Away)]);
    for seen in [PresenceState::Away, PresenceState::InCall] {
        assert!(matches!(planned(&[is(seen)], away(), None), Ok(Plan::JustTell { .. })), "{seen:?}");
    }
}

#[test]
fn an_answer_is_done_once_it_is_connected() {
    let rings = [Event::Incoming(incoming(1, bob()))];
    let on_its_way = Event::Call(call(1, bob(), CallState::Connecting));
    let talks = Event::Call(call(1, bob(), CallState::Connected));
    assert_eq!(turns_out(&rings, Order::Answer, std::slice::from_ref(&on_its_way)), None);
    is_done(&rings, Order::Answer, &[on_its_way.clone(), talks]);
    let gone = |reason| Event::IncomingEnded { call: number(1), from: bob(), reason };
    fails(&rings, Order::Answer, &[gone(EndReason::CANCELLED)], Why::Ended { reason: EndReason::CANCELLED });
    fails(
        &rings,
        Order::Answer,
        &[on_its_way, ended(1, EndReason::SETUP_TIMEOUT)],
        Why::Ended { reason: EndReason::SETUP_TIMEOUT },
    );
    is_done(&rings, Order::Decline, &[gone(EndReason::DECLINED)]);
    assert_eq!(turns_out(&rings, Order::Answer, &[ended(2, EndReason::HUNG_UP)]), None, "another call");
}

#[test]
fn a_call_is_done_once_it_rings_there() {
    let order = || Order::Call { to: "carol".to_owned() };
    let view = |state| Event::Call(call(3, carol(), state));
    is_done(&two_calls(), order(), &[view(CallState::Connecting), view(CallState::Ringing)]);
    fails(
        &two_calls(),
        order(),
        &[view(CallState::Connecting), ended(3, EndReason::BUSY)],
        Why::Ended { reason: EndReason::BUSY },
    );
    let nobody = refused("call", None, Refusal::NobodyCalled("carol".to_owned()));
    fails(&two_calls(), order(), &[nobody], Why::Nobody);
    // What happens to other calls says nothing about it.
    let others = [
        Event::Call(call(1, bob(), CallState::Connected)),
        ended(2, EndReason::HUNG_UP),
        refused("hold", Some(1), Refusal::NotConnected),
    ];
    assert_eq!(turns_out(&two_calls(), order(), &others), None);
    let consult = Order::Consult { to: "dan".to_owned() };
    is_done(&two_calls(), consult, &[Event::Call(call(3, person("dan"), CallState::EarlyMedia))]);
}

#[test]
fn handing_on_is_done_once_it_is_over_for_this_phone() {
    let transfer = || Order::Transfer { to: "dan".to_owned() };
    is_done(&two_calls(), transfer(), &[ended(2, EndReason::TRANSFERRED)]);
    fails(&two_calls(), transfer(), &[ended(2, EndReason::HUNG_UP)], Why::Ended { reason: EndReason::HUNG_UP });
    fails(&two_calls(), transfer(), &[refused("transfer", Some(2), Refusal::NotConnected)], Why::NotConnected);
    assert_eq!(turns_out(&two_calls(), transfer(), &[refused("transfer", Some(1), Refusal::NotConnected)]), None);
    is_done(&consultation(), Order::Complete, &[ended(1, EndReason::TRANSFERRED)]);
    is_done(&consultation(), Order::Merge, &[ended(2, EndReason::MERGED)]);
    let slot = ParkSlot::try_from(4).unwrap();
    let told = [ended(2, EndReason::PARKED), Event::Parked { call: number(2), slot }];
    let outcome = turns_out(&two_calls(), Order::Park { slot: None }, &told).unwrap().unwrap();
    assert_eq!(outcome.slot, Some(slot));
}

#[test]
fn muting_holding_and_swapping_are_done_once_the_phone_says_so() {
    let muted = CallView { muted: true, ..call(2, carol(), CallState::Connected) };
    is_done(&two_calls(), Order::Mute { on: None }, &[Event::Call(muted)]);
    is_done(&two_calls(), Order::Hold { on: None }, &[Event::Call(call(2, carol(), CallState::LocalHold))]);
    assert_eq!(
        turns_out(&two_calls(), Order::Hold { on: None }, &[Event::Call(call(1, bob(), CallState::LocalHold))]),
        None
    );
    is_done(&two_calls(), Order::Swap, &[Event::Active(Some(number(1)))]);
    fails(&two_calls(), Order::Hangup, &[refused("hang up", Some(2), Refusal::NotNow("x".to_owned()))], Why::NotNow);
    is_done(&two_calls(), Order::Hangup, &[ended(2, EndReason::HUNG_UP)]);
}

#[test]
fn of_two_that_call_at_once_each_has_its_own() {
    let plan = || match planned(&[], Order::Call { to: "bob".to_owned() }, None) {
        Ok(Plan::Tell { until, .. }) => until,
        other => panic!("{other:?}"),
    };
    let (mut first, mut second) = (plan(), plan());
    let begun = Event::Call(call(1, bob(), CallState::Connecting));
    assert_eq!(first.claims(&begun), Some(number(1)));
    second.leaves(number(1));
    assert_eq!(second.claims(&begun), None);
    let rings = Event::Call(call(1, bob(), CallState::Ringing));
    assert!(first.hears(&rings).is_some() && second.hears(&rings).is_none());
}

/// These rules, as the phone tells them.
fn ruled(rules: CallRules) -> Event {
    Event::Rules(AccountRules { rules, people: vec![carol()] })
}

#[test]
fn calls_are_forwarded_until_the_rules_say_so() {
    let to = || Some("carol".to_owned());
    let on = || Order::Forward { when: Some(ForwardWhen::Busy), to: to(), after: None };
    let told = |when, to| Command::Forward { when, to, after: None };
    assert_eq!(tells(&[], on(), None), [told(ForwardWhen::Busy, to())]);
    let busy = CallRules { busy: Some(carol().identity), ..CallRules::default() };
    is_done(&[], on(), &[ruled(CallRules::default()), ruled(busy.clone())]);
    assert!(turns_out(&[], on(), &[ruled(CallRules::default())]).is_none());
    fails(&[], on(), &[refused("forward", None, Refusal::NobodyCalled("carol".to_owned()))], Why::Nobody);
    let off = || Order::Forward { when: None, to: None, after: None };
    assert_eq!(tells(&[], off(), None), ForwardWhen::ALL.map(|when| told(when, None)));
    is_done(&[], off(), &[ruled(busy.clone()), ruled(CallRules::default())]);
    assert!(turns_out(&[], off(), &[ruled(busy)]).is_none());
    let nobody = Order::Forward { when: Some(ForwardWhen::Busy), to: Some(" ".to_owned()), after: None };
    assert_eq!(planned(&[], nobody, None), Err(Why::Usage));
    assert_eq!(planned(&[], Order::Forward { when: None, to: to(), after: None }, None), Err(Why::Usage));
    let nobody = CallRules { pick_up: PickUpBy::Nobody, ..CallRules::default() };
    let by = PickUpBy::Nobody;
    is_done(&[], Order::LetPickUp { by }, &[ruled(nobody)]);
    let except = || Order::Except { who: "carol".to_owned(), on: true };
    is_done(&[], except(), &[ruled(CallRules::default())]);
    fails(&[], except(), &[refused("except", None, Refusal::NotConnected)], Why::NotConnected);
}

#[test]
fn friends_and_blocks_are_done_once_the_service_says_so() {
    let who = || "carol".to_owned();
    for (order, command, what) in [
        (Order::AddFriend { who: who() }, Command::AddFriend(who()), "add friend"),
        (Order::AcceptFriend { who: who() }, Command::AcceptFriend(who()), "accept friend"),
        (Order::DeclineFriend { who: who() }, Command::DeclineFriend(who()), "decline friend"),
        (Order::WithdrawFriend { who: who() }, Command::WithdrawFriend(who()), "withdraw friend"),
        (Order::Block { who: who() }, Command::Block(who()), "block"),
        (Order::Unblock { who: who() }, Command::Unblock(who()), "unblock"),
    ] {
        assert_eq!(tells(&[], order.clone(), None), [command]);
        is_done(&[], order.clone(), &[Event::Done { what: "favour" }, Event::Done { what }]);
        assert!(turns_out(&[], order.clone(), &[Event::Done { what: "favour" }]).is_none());
        fails(&[], order, &[refused(what, None, Refusal::NobodyCalled(who()))], Why::Nobody);
    }
    assert_eq!(planned(&[], Order::Block { who: " ".to_owned() }, None), Err(Why::Usage));
}

#[test]
fn what_rings_at_somebody_is_picked_up() {
    let at = || Order::PickUp { slot: None, at: Some("carol".to_owned()) };
    assert_eq!(tells(&[], at(), None), [Command::PickUpRinging("carol".to_owned())]);
    is_done(&[], at(), &[Event::PickedUp(number(5)), Event::Call(call(5, bob(), CallState::Connected))]);
    fails(&[], at(), &[refused("pick up", None, Refusal::NobodyCalled("carol".to_owned()))], Why::Nobody);
    assert_eq!(planned(&[], Order::PickUp { slot: None, at: None }, None), Err(Why::Usage));
}

#[test]
fn what_is_picked_up_or_joined_may_ring_here_already() {
    let rings = [Event::Incoming(incoming(1, bob()))];
    let stops = Event::IncomingEnded { call: number(1), from: bob(), reason: EndReason::ANSWERED_ELSEWHERE };
    let slot = ParkSlot::try_from(4).ok();
    let picked = [stops.clone(), Event::PickedUp(number(1)), Event::Call(call(1, bob(), CallState::Connected))];
    is_done(&rings, Order::PickUp { slot, at: None }, &picked);
    let CallView { group: Some(card), .. } = group_call(1, "Ops bridge") else { panic!("no group") };
    let joined = Event::Joined { call: number(1), group: card, first: false };
    is_done(&rings, Order::Join { place: "ops".to_owned() }, &[stops, joined]);
}

#[test]
fn what_happens_to_other_calls_is_not_taken_for_what_is_picked_up_or_joined() {
    let slot = ParkSlot::try_from(4).unwrap();
    let other = [Event::Call(call(2, carol(), CallState::Connected)), ended(2, EndReason::HUNG_UP)];
    assert_eq!(turns_out(&[], Order::PickUp { slot: Some(slot), at: None }, &other), None);
    assert_eq!(turns_out(&[], Order::Join { place: "ops".to_owned() }, &other), None);
    let mine = [Event::PickedUp(number(1)), ended(1, EndReason::NO_MEDIA_PATH)];
    fails(&[], Order::PickUp { slot: Some(slot), at: None }, &mine, Why::Ended { reason: EndReason::NO_MEDIA_PATH });
    let began = Event::Call(CallView { state: CallState::Connecting, ..group_call(1, "Ops bridge") });
    let mine = [began.clone(), ended(1, EndReason::NO_MEDIA_PATH)];
    fails(&[], Order::Join { place: "ops".to_owned() }, &mine, Why::Ended { reason: EndReason::NO_MEDIA_PATH });
    assert_eq!(turns_out(&[], Order::Call { to: "dan".to_owned() }, &[began]), None, "a group is not called");
}
