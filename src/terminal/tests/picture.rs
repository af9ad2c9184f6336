//! The picture in the README is drawn from the screen itself, and this test holds it in step.

use std::path::Path;

use super::kit::Desk;
use crate::domain::call::CallState;
use crate::terminal::picture::svg;

#[test]
fn the_picture_of_the_readme_is_the_screen() {
    let desk = Desk::in_call(CallState::Connected);
    let drawn = svg(&desk.buffer(124, 32), "The screen of Switchboard in a call");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screen.svg");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "assets/screen.svg is out of step: run the tests with UPDATE_SNAPSHOTS=1");
}
