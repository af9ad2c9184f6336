//! What the program is built from: licences that allow it, crates from the public registry, one TLS provider's family.

use std::process::Command;

use serde_json::Value;

/// Licences whose conditions a binary under MIT OR Apache-2.0 can meet. MPL-2.0 and WTFPL bind only their own files.
const LICENCES: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "WTFPL",
    "Zlib",
];

/// Crates that must not come in, and why.
const REFUSED: &[(&str, &str)] = &[
    ("openssl-sys", "cryptography comes from aws-lc-rs, which builds everywhere from source"),
    ("native-tls", "cryptography comes from aws-lc-rs, which builds everywhere from source"),
    ("async-std", "tokio is the one runtime"),
];

#[test]
fn every_dependency_may_be_used() {
    let packages = packages();
    assert!(packages.len() > 50, "the metadata lists {} packages only", packages.len());
    let found: Vec<_> = packages.iter().flat_map(problems).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// The packages built on this kind of machine: those of others need not be on its disk.
fn packages() -> Vec<Value> {
    let host = output("rustc", &["-vV"]);
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let arguments = ["metadata", "--locked", "--offline", "--format-version", "1", "--filter-platform", &host];
    let metadata: Value = serde_json::from_str(&output(&cargo, &arguments)).expect("cargo writes JSON");
    metadata["packages"].as_array().cloned().unwrap_or_default()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let out = Command::new(program).args(arguments).current_dir(crate::root()).output();
    let out = out.unwrap_or_else(|why| panic!("{program}: {why}"));
    assert!(out.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).expect("text")
}

fn problems(package: &Value) -> Vec<String> {
    let name = package["name"].as_str().unwrap_or("?");
    let mut found = Vec::new();
    if !package["license"].as_str().is_some_and(allowed) {
        found.push(format!("{name}: the licence {} is not on the list", package["license"]));
    }
    let source = package["source"].as_str();
    if source.is_some_and(|source| source != "registry+https://github.com/rust-lang/crates.io-index") {
        found.push(format!("{name}: comes from {}, not from crates.io", package["source"]));
    }
    let refused = REFUSED.iter().find(|(refused, _)| *refused == name);
    found.extend(refused.map(|(_, why)| format!("{name}: {why}")));
    found
}

/// Whether an SPDX expression can be met by the licences of the list. `AND` binds tighter than `OR`; a slash is the old
/// spelling of `OR`; an exception (`WITH`) only permits more.
fn allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut at = 0;
    alternatives(&words, &mut at) && at == words.len()
}

fn alternatives(words: &[&str], at: &mut usize) -> bool {
    let mut any = together(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        any |= together(words, at);
    }
    any
}

fn together(words: &[&str], at: &mut usize) -> bool {
    let mut all = one(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        all &= one(words, at);
    }
    all
}

fn one(words: &[&str], at: &mut usize) -> bool {
    let word = words.get(*at).copied().unwrap_or_default();
    *at += 1;
    if word == "(" {
        let inner = alternatives(words, at);
        *at += 1;
        return inner;
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    LICENCES.contains(&word)
}

#[test]
fn licence_expressions_are_read() {
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR ISC) AND Zlib",
        "Apache-2.0 WITH LLVM-exception",
        "GPL-3.0 AND ISC OR MIT",
    ] {
        assert!(allowed(good), "{good}");
    }
    for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT OR ISC) AND AGPL-3.0", "MIT MIT"] {
        assert!(!allowed(bad), "{bad}");
    }
}

#[test]
fn a_package_that_must_not_come_in_is_named() {
    let package = |text: &str| problems(&serde_json::from_str(text).expect("JSON"));
    assert_eq!(package(r#"{"name":"x","license":"MIT","source":null}"#), Vec::<String>::new());
    assert_eq!(package(r#"{"name":"native-tls","license":"GPL-3.0","source":"git+https://x"}"#).len(), 3);
}
