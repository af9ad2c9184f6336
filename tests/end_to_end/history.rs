//! Past calls from scripts: listed, looked for, noted, exported.

use crate::kit::Home;

#[test]
fn past_calls_are_noted_found_and_exported() {
    let home = Home::new();
    // Bob is not there: he misses the call.
    home.run("call bob --json").exited(6);
    // The record may be on its way to the disk still.
    let listed = (0..100).map(|_| home.run("history --as bob --missed --json").exited(0).json());
    let missed = listed.into_iter().find(|lines| !lines.is_empty()).expect("the missed call is kept");
    assert_eq!((missed.len(), &missed[0]["outcome"], &missed[0]["name"]), (1, &"missed".into(), &"alice".into()));
    assert!(missed[0]["note"].is_null() && missed[0]["answered_by"].is_null() && missed[0]["end"]["code"].is_u64());
    let call = missed[0]["call_id"].as_str().unwrap();
    let noted = home.run(&format!("history note {call} =call her back, soon --as bob --json")).exited(0).json();
    assert_eq!((&noted[0]["call_id"], &noted[0]["note"]), (&call.into(), &"=call her back, soon".into()));

    let found = |words: &str| home.run(&format!("history --as bob {words}")).exited(0);
    assert_eq!(found("--search BACK --json").json().len(), 1);
    assert_eq!(found("--with alice --missed --json").json().len(), 1);
    assert!(found("--with carol").saying("no such calls").out.is_empty());
    let plain = found("").out;
    assert!(plain.len() == 1 && plain[0].contains("MISSED") && plain[0].ends_with("=call her back, soon"), "{plain:?}");
    let csv = found("--csv").out;
    assert_eq!(csv.len(), 2, "{csv:?}");
    assert!(csv[0].starts_with("call_id,direction,outcome,"), "{csv:?}");
    assert!(csv[1].starts_with(call) && csv[1].ends_with(",\"'=call her back, soon\""), "{csv:?}");

    home.run("history seen --as bob").exited(0).saying("counted anew");
    let cleared = home.run("history note last --clear --as bob --json").exited(0).json();
    assert!(cleared[0]["note"].is_null(), "{cleared:?}");
    home.run("history note 29228d3e-040e-4656-a70e-890ab4e173e5 x --as bob").exited(9).saying("no such call");
    home.run("history --with nobody-here").exited(9).saying("Nobody is called");
    home.run("history --csv --json").exited(2).saying("choose one");
    home.run("history note last x --as carol").exited(9).saying("no call yet");
}

#[test]
fn on_the_screen_a_missed_call_is_counted_noted_and_exported() {
    let home = Home::new();
    home.run("call alice --as bob --json").exited(6);
    let mut alice = home.screen();
    alice.shows("1 missed (H)");
    alice.types("H");
    alice.hides("1 missed (H)");
    alice.types("N");
    alice.shows("NOTE");
    alice.types("+1 for tea\r");
    alice.hides("NOTE");
    alice.shows("+1 for tea");
    let file = home.file("calls.csv");
    for said in ["The calls are in", "can't be written into"] {
        alice.types(&format!(":export {}\r", file.display()));
        alice.shows(said);
    }
    let table = std::fs::read_to_string(&file).unwrap();
    assert!(table.ends_with(",'+1 for tea\r\n") && table.lines().count() == 2, "{table}");
    alice.types("q");
    assert_eq!(alice.ends_tidily(), 0);
}
