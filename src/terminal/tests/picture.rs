//! The picture in the README is drawn from the screen itself, and this test holds it in step.

use std::path::Path;

use super::kit::{CALL, Desk, NOW, friend, person, records, view};
use crate::domain::call::CallState;
use crate::domain::dtmf::Tone;
use crate::domain::presence::{Presence, PresenceState};
use crate::phone::event::{Event, Link};
use crate::terminal::message::Message;
use crate::terminal::model::ScreenOptions;
use crate::terminal::picture::svg;

/// Somebody with a few friends, some minutes into a call.
fn scene() -> Desk {
    let mut desk = Desk::blank(&ScreenOptions { hint: "demo".to_owned(), ..ScreenOptions::default() }, true);
    desk.takes(Message::Tick(NOW.plus(-1_275_000)));
    desk.hears(Event::Link(Link::Up));
    desk.hears(Event::Me(person("alice")));
    desk.hears(Event::MyPresence(Presence::now(PresenceState::InCall)));
    let mut dave = friend("dave", PresenceState::Offline);
    dave.presence.last_seen = Some(NOW.plus(-2 * 3_600_000));
    desk.hears(Event::Friends(vec![
        friend("bob", PresenceState::InCall),
        friend("carol", PresenceState::Online),
        dave,
        friend("echo", PresenceState::Online),
        friend("erin", PresenceState::Away),
        friend("frank", PresenceState::DoNotDisturb),
        friend("grace", PresenceState::Online),
        friend("music", PresenceState::Online),
    ]));
    desk.hears(Event::History(records()));
    desk.takes(Message::Tick(NOW.plus(-731_000)));
    desk.hears(Event::Recorded(records().remove(0)));
    let mut ringing = view(CallState::Ringing);
    ringing.participants = [].into();
    desk.takes(Message::Tick(NOW.plus(-279_000)));
    desk.hears(Event::Call(ringing));
    desk.takes(Message::Tick(NOW.plus(-271_000)));
    desk.calls(view(CallState::Connected));
    desk.takes(Message::Tick(NOW.plus(-4000)));
    for key in ['4', '2'] {
        let tone = Tone::try_from(key).unwrap();
        desk.hears(Event::Dtmf { call: CALL, from: person("bob").identity, tone });
    }
    desk.takes(Message::Tick(NOW));
    desk
}

#[test]
fn the_picture_of_the_readme_is_the_screen() {
    let drawn = svg(&scene().buffer(124, 30), "The screen of Switchboard in a call");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screen.svg");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "assets/screen.svg is out of step: run the tests with UPDATE_SNAPSHOTS=1");
}
