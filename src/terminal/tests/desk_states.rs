//! The board at three sizes, held as pictures in text.

use super::desk_kit::{asked, id, parked, rings, with};
use super::kit::{Desk, NOW, person};
use super::states::check;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::domain::transfer::Via;
use crate::phone::event::{CallView, Event};
use crate::terminal::model::ScreenOptions;

/// Two held, one of them for long, one talked to, one called, three ringing, one that holds us; and parked ones.
fn busy(desk: &mut Desk) {
    let dave = CallView { held_since: Some(NOW.plus(-75_000)), ..with(4, "dave", CallState::LocalHold) };
    desk.tells(with(1, "bob", CallState::LocalHold));
    desk.tells(with(2, "carol", CallState::Connected));
    desk.tells(dave);
    desk.tells(with(5, "erin", CallState::RemoteHold));
    desk.tells(with(7, "frank", CallState::Ringing));
    let mut returned = rings(6, "grace");
    returned.via = Some(Via::Returned { from: person("bob"), reason: EndReason::RING_TIMEOUT });
    let mut recalled = rings(8, "heidi");
    recalled.via = Some(Via::Recalled { slot: 4.try_into().unwrap() });
    for incoming in [returned, recalled, rings(9, "ivan")] {
        desk.hears(Event::Incoming(incoming));
    }
    desk.hears(Event::Active(Some(id(2))));
    desk.hears(Event::ParkedCalls(vec![
        parked(3, "judy", "alice", 80),
        parked(4, "heidi", "alice", 122),
        parked(12, "mallory", "bob", 7),
    ]));
}

#[test]
fn two_calls() {
    check("board_two_calls", &Desk::two_calls());
}

#[test]
fn a_talk_and_a_call_that_rings() {
    let mut desk = Desk::talking();
    let mut incoming = rings(5, "carol");
    incoming.via = Some(Via::Transferred { by: person("dave") });
    desk.hears(Event::Incoming(incoming));
    check("board_ringing", &desk);
}

#[test]
fn somebody_is_asked() {
    check("board_consult", &Desk::asking(CallState::Connected));
    let mut desk = Desk::talking();
    desk.tells(with(1, "bob", CallState::LocalHold));
    desk.tells(with(2, "dave", CallState::LocalHold));
    desk.tells(asked(3, "carol", CallState::Ringing, 1));
    desk.hears(Event::Active(Some(id(3))));
    check("board_consult_ringing", &desk);
}

#[test]
fn eight_rows_and_parked_calls() {
    let mut desk = Desk::ready();
    busy(&mut desk);
    check("board_busy", &desk);
    desk.presses("U Down");
    check("board_pick_up", &desk);
}

#[test]
fn a_transfer_that_can_be_taken_back() {
    let mut desk = Desk::two_calls();
    desk.presses("t");
    check("board_transfer", &desk);
    desk.types("grace");
    desk.presses("Enter");
    desk.waits(1000);
    check("board_pending", &desk);
}

#[test]
fn parked_calls_beside_nothing_else() {
    let mut desk = Desk::ready();
    desk.hears(Event::ParkedCalls(vec![parked(3, "judy", "alice", 80)]));
    check("board_parked", &desk);
}

#[test]
fn on_the_smallest_screens_it_is_told_how_many_wait() {
    let mut desk = Desk::ready();
    busy(&mut desk);
    for (width, height) in [(39, 9), (30, 8), (20, 6)] {
        let seen = desk.sees(width, height);
        assert!(seen.contains("6 more"), "{width}x{height}\n{seen}");
    }
    assert!(desk.sees(39, 9).contains("6 more: 2 ring, 2 on hold 1-9"), "{}", desk.sees(39, 9));
}

#[test]
fn on_the_smallest_screens_it_is_told_what_the_keys_decide() {
    let mut desk = Desk::talking();
    desk.presses("p");
    assert!(desk.sees(30, 8).contains("Bob is parked in 3 s"), "{}", desk.sees(30, 8));
    desk.presses("u q");
    assert!(desk.sees(30, 8).contains("Leaving hangs up"), "{}", desk.sees(30, 8));
}

#[test]
fn in_ascii_it_is_ascii() {
    let options = ScreenOptions { ascii: true, ..ScreenOptions::default() };
    let mut desk = Desk::fresh_with(&options, true).furnished();
    busy(&mut desk);
    desk.tells(asked(3, "bob", CallState::Connected, 2));
    desk.hears(Event::Active(Some(id(3))));
    for keys in ["", "J", "U", "Esc T", "Esc 1 t"] {
        desk.presses(keys);
        for (width, height) in [(132, 38), (100, 30), (80, 24), (60, 20), (30, 8)] {
            let seen = desk.sees(width, height);
            assert!(seen.is_ascii(), "after {keys}, {width}x{height}:\n{seen}");
        }
    }
}
