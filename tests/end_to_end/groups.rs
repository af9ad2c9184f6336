//! Groups from scripts: made, shared, joined by ID, code, link and name, and what their exit codes and lines say.

use rustix::process::Signal;
use serde_json::Value;

use crate::kit::{Done, Home, Program, json};

/// A group made by alice.
struct Group {
    id: String,
    code: String,
    link: String,
}

fn made(home: &Home, name: &str) -> Group {
    let line = home.run(&format!("groups create {name} --json")).exited(0).json().remove(0);
    let text = |field: &str| line[field].as_str().unwrap().to_owned();
    assert_eq!(line["name"], name);
    Group { id: text("id"), code: text("code"), link: text("link") }
}

/// Somebody without a screen who is in the call of `place`, speaking a tone.
fn is_in(home: &Home, who: &str, place: &str, tone: u16) -> Program {
    let mut phone = home.start(&format!("--as {who} join {place} --json --mic tone:{tone}"));
    phone.until(r#""state":"connected""#);
    phone
}

fn lines<'a>(done: &'a [Value], event: &'a str) -> impl Iterator<Item = &'a Value> {
    done.iter().filter(move |line| line["event"] == event)
}

/// Who was seen in the call, by user name.
fn seen(done: &Done) -> Vec<String> {
    let lines_of = done.json();
    let mut names: Vec<_> =
        lines(&lines_of, "participant").map(|line| line["name"].as_str().unwrap().to_owned()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn hangs_up(phone: Program) -> Done {
    phone.signal(Signal::INT);
    phone.ends().exited(130)
}

#[test]
fn three_meet_by_id_code_and_link_and_hear_each_other() {
    let home = Home::new();
    let group = made(&home, "Ops");
    let mut bob = is_in(&home, "bob", &group.code.to_uppercase(), 440);
    let mut carol = is_in(&home, "carol", &group.link, 550);
    let mut alice = home.start(&format!("join {} --existing --json --mic tone:660", group.id));
    for phone in [&mut alice, &mut bob, &mut carol] {
        phone.until_event("quality", |line| line["received_packets"].as_u64() > Some(100));
    }
    bob.until_event("speakers", |line| line["names"].as_array().unwrap().contains(&"alice".into()));
    let (alice, bob, carol) = (hangs_up(alice), hangs_up(bob), hangs_up(carol));
    let first: Vec<_> = [&alice, &bob, &carol].map(|done| lines(&done.json(), "group").next().unwrap().clone()).into();
    assert_eq!(first.iter().map(|line| line["first"].clone()).collect::<Vec<_>>(), [false, true, false]);
    for line in &first {
        assert_eq!((&line["id"], &line["name"]), (&Value::from(group.id.clone()), &Value::from("Ops")), "{line}");
        assert_eq!((&line["code"], &line["link"]), (&group.code.clone().into(), &group.link.clone().into()), "{line}");
    }
    assert_eq!(seen(&alice), ["bob", "carol"]);
    assert_eq!(seen(&bob), ["alice", "carol"]);
    for done in [&alice, &bob, &carol] {
        assert!(done.summary()["audio"]["heard_ms"].as_u64().unwrap() > 200, "{}", done.summary());
    }
}

#[test]
fn what_can_not_be_joined_says_why_by_its_exit_code() {
    let home = Home::new();
    let group = made(&home, "Ops");
    let nowhere = "http://127.0.0.1:9/j/k7mq-3tzf".to_owned();
    let id = "29228d3e-040e-4656-a70e-890ab4e173e5".to_owned();
    for (place, code, end, why) in [
        (format!("{} --existing", group.code), 9, 404, "nobody is in this group"),
        (format!("{id} --existing"), 9, 404, "nobody is in this group"),
        ("k7mq-3tzf".to_owned(), 9, 404, "code"),
        ("Nope".to_owned(), 9, 404, "No group of yours is called Nope"),
        (id[..30].to_owned(), 2, 400, "32 hexadecimal digits"),
        ("http://h/x".to_owned(), 2, 400, "https://HOST/j/k7mq-3tzf"),
        (nowhere, 2, 400, "another service"),
        (String::new(), 2, 400, "switchboard groups"),
    ] {
        let summary = home.run(&format!("join {place} --json")).exited(code).summary();
        assert_eq!(summary["end"]["code"], end, "{place}: {summary}");
        assert!(summary["end"]["reason"].as_str().unwrap().contains(why), "{place}: {summary}");
    }
}

#[test]
fn any_guid_is_a_group_and_its_first_is_told_what_to_share() {
    let home = Home::new();
    let joined = home.run("join 29228d3e-040e-4656-a70e-890ab4e173e5 --for 100ms").exited(0);
    let joined = joined.saying("you are first; share: http://127.0.0.1:").saying("/j/");
    joined.saying("works on this machine only").saying("switchboard serve");
}

#[test]
fn groups_are_listed_shown_shared_and_removed() {
    let home = Home::new();
    let created = home.run("groups create Ops").exited(0).saying("/j/").saying("works on this machine only");
    let [id] = created.out.as_slice() else { panic!("the ID alone: {:?}", created.out) };
    let shown = json(&home.run("groups show ops --json").exited(0).out[0]);
    assert_eq!((&shown["id"], &shown["owner"], &shown["here"]), (&id.as_str().into(), &"alice".into(), &json("[]")));
    let names_of = |who: &str| -> Vec<Value> {
        home.run(&format!("--as {who} groups --json")).exited(0).json().iter().map(|row| row["name"].clone()).collect()
    };
    assert_eq!(names_of("bob"), ["Demo"]);
    home.run("groups share Ops ghost").exited(9).saying("Nobody is called ghost");
    let shared = home.run("groups share Ops bob Carol --json").exited(0).json().remove(0);
    let with: Vec<_> = shared["with"].as_array().unwrap().iter().map(|person| person["name"].clone()).collect();
    assert_eq!(with, ["bob", "carol"]);
    assert_eq!(names_of("bob"), ["Demo", "Ops"]);

    let bob = is_in(&home, "bob", "Ops", 440);
    let list = home.run("group list").exited(0).out;
    assert!(
        list.iter().any(|row| row.starts_with("Ops ") && row.contains("1 here") && row.ends_with("alice")),
        "{list:?}"
    );
    hangs_up(bob);

    home.run("groups remove Ops").exited(0).saying("Ops is off your list");
    home.run("groups show Ops").exited(9).saying("No group of yours is called Ops");
    home.run(&format!("groups show {id}")).exited(9);
    assert_eq!(names_of("bob"), ["Demo"]);
    home.run("groups create").exited(2).saying("<NAME>");
    home.run("groups show http://h/x").exited(2).saying("/j/k7mq-3tzf");
}

#[test]
fn the_demos_group_comes_to_life_for_whoever_joins() {
    let home = Home::new();
    let mut alice = home.start("join Demo --json --mic silence --expect heard_ms>100");
    alice.until(r#""first":true"#);
    alice.until(r#""name":"ada","state":"connected""#);
    alice.until(r#""name":"ben","state":"connected""#);
    alice.until(r#""event":"speakers""#);
    alice.until(r#""names":["ben"]"#);
    alice.until(r#""names":["ada"]"#);
    let heard = hangs_up(alice).summary()["audio"]["heard_ms"].as_u64().unwrap();
    assert!(heard > 100, "{heard}");
    home.run("call ada").exited(5).saying("Ada: CONNECTING");
}
