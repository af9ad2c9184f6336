//! The rules. Each takes sources and yields what is wrong, one `file:line: why` each.

use crate::map::{self, CRATE, PURE, SERVICE, UNSAFE};
use crate::paths::{NamedPath, paths};
use crate::source::Source;

/// Imports that run against the module map, between modules and between the parts of the service.
pub fn imports(source: &Source) -> Vec<String> {
    let Some(from) = source.module.first() else { return roots(source) };
    let named = paths(source).into_iter().filter(|path| path.parts[0] == "crate");
    named
        .filter_map(|path| {
            let why = import_refusal(source, from, &path)?;
            Some(format!("{}: {why}", source.at(path.line)))
        })
        .collect()
}

fn import_refusal(source: &Source, from: &str, path: &NamedPath) -> Option<String> {
    let to = path.parts.get(1).map_or("", String::as_str);
    if matches!(to, "" | "*" | "self") {
        return Some("name the module you import from, not the root".to_owned());
    }
    if to != from {
        return map::refusal(CRATE, from, to);
    }
    let part = source.module.get(1).filter(|_| from == "service")?;
    let other = path.parts.get(2).map_or("", String::as_str);
    if other == part {
        return None;
    }
    let known = SERVICE.iter().any(|module| module.name == other);
    if !known {
        return Some(format!("`service/{part}` must not import `service::{other}`: mod.rs only hands it out"));
    }
    map::refusal(SERVICE, part, other)
}

/// `lib.rs` only declares modules: a re-export would hide which module an import means. `main.rs` may name any.
fn roots(source: &Source) -> Vec<String> {
    let words = source.tokens.iter().filter(|token| source.name.ends_with("lib.rs") && token.text == "use");
    words.map(|token| format!("{}: lib.rs declares modules, nothing else", source.at(token.line))).collect()
}

/// Effects in a pure module. Tests are exempt: they bring the clock.
pub fn purity(source: &Source) -> Vec<String> {
    if !source.module.first().is_some_and(|module| PURE.contains(&module.as_str())) {
        return Vec::new();
    }
    let named = paths(source).into_iter().filter(|path| !path.in_test);
    let by_path = named.filter_map(|path| Some((path.line, impure_path(&path.parts)?)));
    let by_word = (0..source.tokens.len()).filter(|&at| !source.in_test[at]);
    let by_word = by_word.filter_map(|at| Some((source.tokens[at].line, impure_word(source, at)?)));
    let mut found: Vec<_> = by_path.chain(by_word).collect();
    found.sort();
    found.dedup();
    found.into_iter().map(|(line, what)| format!("{}: {what}, in a pure module", source.at(line))).collect()
}

/// What a path reaches that a pure module must not.
fn impure_path(parts: &[String]) -> Option<String> {
    const FOREIGN: &[&str] = &[
        "tokio",
        "futures_util",
        "axum",
        "reqwest",
        "tokio_tungstenite",
        "sqlx",
        "cpal",
        "crossterm",
        "socket2",
        "libc",
        "getrandom",
    ];
    const STANDARD: &[&str] = &["thread", "fs", "env", "process", "os"];
    const SHARED: &[&str] = &["Arc", "LazyLock", "OnceLock"];
    const BASE: &[&str] = &["clock", "task", "entropy"];
    let part = |at: usize| parts.get(at).map_or("", String::as_str);
    let whole = || parts.join("::");
    match (part(0), part(1), part(2)) {
        (krate, _, _) if FOREIGN.contains(&krate) => Some(format!("`{}`", whole())),
        ("std", module, _) if STANDARD.contains(&module) => Some(format!("`{}`", whole())),
        ("std", "sync", item) if !SHARED.contains(&item) => Some(format!("`{}`", whole())),
        ("crate", "base", module) if BASE.contains(&module) => Some(format!("`{}`", whole())),
        (_, _, _) if parts.ends_with(&["Seed".to_owned(), "fresh".to_owned()]) => Some("`Seed::fresh`".to_owned()),
        _ => None,
    }
}

/// What a word does that a pure module must not.
fn impure_word(source: &Source, at: usize) -> Option<String> {
    const WORDS: &[&str] = &[
        "async",
        "await",
        "sleep_until",
        "TcpStream",
        "TcpListener",
        "UdpSocket",
        "UnixStream",
        "UnixListener",
        "UnixDatagram",
        "Mutex",
        "RwLock",
        "Condvar",
        "File",
        "OpenOptions",
    ];
    let text = |at: usize| source.tokens.get(at).map_or("", |token| token.text.as_str());
    let word = text(at);
    let prints = ["print", "println", "eprint", "eprintln"].contains(&word) && text(at + 1) == "!";
    let reads_clock = word == "now" && text(at + 1) == "(" && text(at + 2) == ")";
    let atomic = word.starts_with("Atomic") && word.len() > "Atomic".len();
    (WORDS.contains(&word) || prints || reads_clock || atomic).then(|| format!("`{word}`"))
}

/// `anyhow` outside `main.rs` and `cli`: everywhere else an error says by its type what could not be done.
pub fn errors(source: &Source) -> Vec<String> {
    let allowed = source.module.first().is_none_or(|module| module == "cli");
    let named = paths(source).into_iter().filter(|path| !allowed && !path.in_test && path.parts[0] == "anyhow");
    named.map(|path| format!("{}: `anyhow` belongs only in main.rs and cli", source.at(path.line))).collect()
}

/// Files that do not say what they are.
pub fn headers(source: &Source) -> Vec<String> {
    let first = source.text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//!").is_some_and(|rest| !rest.trim().is_empty());
    if says { Vec::new() } else { vec![format!("{}: a file opens with `//!` and what it is", source.at(1))] }
}

/// `unsafe` outside the files that may.
pub fn unsafe_code(source: &Source) -> Vec<String> {
    let allowed = UNSAFE.contains(&source.name.as_str());
    let found = source.tokens.iter().filter(|token| token.text == "unsafe" && !allowed);
    found.map(|token| format!("{}: `unsafe` belongs only in {}", source.at(token.line), UNSAFE.join(", "))).collect()
}

/// Notes that something is unfinished, in comments or code.
pub fn leftovers(source: &Source) -> Vec<String> {
    // Spelled in halves: this file is read too.
    let words = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["HA", "CK"], ["to", "do!"], ["unimple", "mented!"]];
    let mut found = Vec::new();
    for (line, text) in source.text.lines().enumerate() {
        for word in words.map(|halves| halves.concat()) {
            if contains_word(text, &word) {
                found.push(format!("{}: finish it, or leave it out: `{word}`", source.at(line + 1)));
            }
        }
    }
    found
}

fn contains_word(text: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(part_of_name);
        let after = text[at + word.len()..].chars().next().is_some_and(part_of_name);
        !before && !after
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rule = fn(&Source) -> Vec<String>;

    #[track_caller]
    fn fails(rule: Rule, file: &str, text: &str, place: &str) {
        let found = rule(&Source::new(file, text));
        assert!(!found.is_empty() && found.iter().all(|line| line.starts_with(place)), "{file}: {text}\n{found:#?}");
    }

    #[track_caller]
    fn passes(rule: Rule, file: &str, text: &str) {
        assert_eq!(rule(&Source::new(file, text)), Vec::<String>::new(), "{file}: {text}");
    }

    #[test]
    fn an_import_against_the_map_is_found_wherever_it_hides() {
        fails(imports, "src/domain/a.rs", "\nuse crate::base::clock;", "src/domain/a.rs:2: ");
        fails(
            imports,
            "src/service/calls/a.rs",
            "use crate::{domain::id,\n phone::event::Event};",
            "src/service/calls/a.rs:2: ",
        );
        fails(imports, "src/phone/a.rs", "fn f() { crate::service::start() }", "src/phone/a.rs:1: ");
        fails(imports, "src/phone/audio/a.rs", "use super::super::super::terminal::x;", "src/phone/audio/a.rs:1: ");
        fails(imports, "src/terminal/a.rs", "use crate::service::x;", "src/terminal/a.rs:1: ");
        fails(imports, "src/config/a.rs", "use crate::attic::x;", "src/config/a.rs:1: ");
        fails(imports, "src/phone/a.rs", "use crate as root; use root::service;", "src/phone/a.rs:1: ");
        fails(imports, "src/phone/a.rs", "use crate::*;", "src/phone/a.rs:1: ");
        fails(imports, "src/lib.rs", "pub mod a; pub use a::B;", "src/lib.rs:1: ");
    }

    #[test]
    fn an_import_along_the_map_passes() {
        passes(imports, "src/cli/serve.rs", "use crate::service::Service; use crate::phone::event; use super::x;");
        passes(imports, "src/base/clock.rs", "use crate::domain::time::UnixMillis; // crate::phone::x");
        passes(imports, "src/main.rs", "fn main() { switchboard::cli::run() }");
    }

    #[test]
    fn the_parts_of_the_service_keep_their_own_order() {
        fails(imports, "src/service/store/a.rs", "use crate::service::identity::x;", "src/service/store/a.rs:1: ");
        fails(imports, "src/service/sfu/room.rs", "use super::super::calls::x;", "src/service/sfu/room.rs:1: ");
        fails(imports, "src/service/calls/a.rs", "use crate::service::Service;", "src/service/calls/a.rs:1: ");
        fails(imports, "src/service/attic.rs", "use crate::service::store::x;", "src/service/attic.rs:1: ");
        passes(
            imports,
            "src/service/calls/a.rs",
            "use crate::service::sfu::x; use super::machine; use super::super::bus;",
        );
        passes(imports, "src/service/mod.rs", "use crate::service::rest; use self::calls::Calls;");
    }

    #[test]
    fn a_pure_module_has_no_effects() {
        for text in [
            "use tokio::sync::mpsc;",
            "use std::sync::Mutex;",
            "use std::{io, fs};",
            "use std::sync::atomic::AtomicU32;",
            "async fn f() {}",
            "fn f() { Instant::now(); }",
            "use crate::base::clock;",
            "fn f() { std::thread::yield_now(); }",
            "fn f(s: UdpSocket) {}",
            "fn f() { println!(\"x\"); }",
        ] {
            fails(purity, "src/control/a.rs", text, "src/control/a.rs:1: ");
            passes(purity, "src/phone/a.rs", text);
        }
    }

    #[test]
    fn a_pure_module_may_hold_time_and_seeds_and_its_tests_may_do_more() {
        passes(purity, "src/control/a.rs", "use std::time::Instant; use std::sync::Arc; use std::net::SocketAddr;");
        passes(purity, "src/media/a.rs", "use crate::base::seed::Seed; fn f(now: Instant) { Presence::now(x); }");
        passes(purity, "src/media/a.rs", "#[cfg(test)] mod tests { use crate::base::clock; fn f() { clock::now(); } }");
    }

    #[test]
    fn errors_are_typed_outside_the_command_line() {
        fails(errors, "src/phone/a.rs", "use anyhow::Result;", "src/phone/a.rs:1: ");
        passes(errors, "src/main.rs", "fn main() -> anyhow::Result<()> {}");
        passes(errors, "src/cli/call.rs", "use anyhow::Result;");
    }

    #[test]
    fn a_file_says_what_it_is() {
        passes(headers, "src/a.rs", "//! What it is.\n");
        fails(headers, "src/a.rs", "//!\n", "src/a.rs:1: ");
        fails(headers, "src/a.rs", "use x;\n//! Too late.", "src/a.rs:1: ");
        fails(headers, "src/a.rs", "", "src/a.rs:1: ");
    }

    #[test]
    fn unsafe_has_two_homes() {
        fails(unsafe_code, "src/phone/leg.rs", "//! x\nfn f() { unsafe { g() } }", "src/phone/leg.rs:2: ");
        passes(unsafe_code, "src/phone/leg.rs", "// unsafe\nconst X: &str = \"unsafe\"; #[deny(unsafe_code)]");
        passes(unsafe_code, "src/service/sfu/socket.rs", "unsafe { g() }");
    }

    #[test]
    fn unfinished_work_is_found() {
        let word = ["TO", "DO"].concat();
        fails(leftovers, "src/a.rs", &format!("a\n// {word}: later"), "src/a.rs:2: ");
        passes(leftovers, "src/a.rs", &format!("// {word}S my_{word}"));
    }
}
