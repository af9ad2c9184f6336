//! Holds the house in order: which way imports point, what pure modules leave alone, what every file must say.
//!
//! The compiler can't hold the map between the modules of one crate, so these tests read the sources and do.

mod dependencies;
mod dev_script;
mod lexer;
mod map;
mod packaging;
mod pages;
mod paths;
mod rules;
mod source;

use std::path::Path;

use source::Source;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[track_caller]
fn hold(rule: fn(&Source) -> Vec<String>, folders: &[&str]) {
    let sources: Vec<_> = folders.iter().flat_map(|folder| source::read(root(), folder)).collect();
    assert!(!sources.is_empty(), "no sources found in {folders:?}");
    let found: Vec<_> = sources.iter().flat_map(rule).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn imports_follow_the_module_map() {
    hold(rules::imports, &["src"]);
}

#[test]
fn pure_modules_have_no_effects() {
    hold(rules::purity, &["src"]);
}

#[test]
fn errors_are_typed() {
    hold(rules::errors, &["src"]);
}

#[test]
fn every_file_says_what_it_is() {
    hold(rules::headers, &["src", "tests", "benches"]);
}

#[test]
fn unsafe_code_stays_in_its_three_files() {
    hold(rules::unsafe_code, &["src", "tests", "benches"]);
}

#[test]
fn nothing_is_left_half_done() {
    hold(rules::leftovers, &["src", "tests", "benches"]);
}

#[test]
fn every_module_of_the_crate_is_on_the_map() {
    let lib = source::read(root(), "src").into_iter().find(|source| source.name == "src/lib.rs");
    let lib = lib.expect("there is a lib.rs");
    let declared = lib.tokens.windows(2).filter(|pair| pair[0].text == "mod").map(|pair| pair[1].text.as_str());
    let mut declared: Vec<_> = declared.collect();
    let mut known: Vec<_> = map::CRATE.iter().map(|module| module.name).collect();
    declared.sort_unstable();
    known.sort_unstable();
    assert_eq!(declared, known);
}

#[test]
fn the_architecture_page_prints_the_same_map() {
    let path = root().join("docs/ARCHITECTURE.md");
    let page = std::fs::read_to_string(&path).expect("docs/ARCHITECTURE.md is there");
    let mut fresh = with_map(&page, "crate", &map::printed(map::CRATE));
    fresh = with_map(&fresh, "service", &map::printed(map::SERVICE));
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        std::fs::write(&path, &fresh).expect("docs/ARCHITECTURE.md can be written");
        return;
    }
    assert_eq!(page, fresh, "docs/ARCHITECTURE.md is behind tests/architecture/map.rs: UPDATE_SNAPSHOTS=1 rewrites it");
}

/// `page` with the text between its two `<!-- map: NAME -->` marks replaced.
fn with_map(page: &str, name: &str, map: &str) -> String {
    let mark = format!("<!-- map: {name} -->\n");
    let parts: Vec<_> = page.split(&mark).collect();
    let [before, _, after] = parts[..] else { panic!("docs/ARCHITECTURE.md needs the mark {mark:?} exactly twice") };
    [before, &mark, map, &mark, after].concat()
}
