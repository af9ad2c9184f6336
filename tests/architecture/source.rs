//! The files under a folder, and what one Rust file holds: its module, its tokens, which of them are tests.

use std::path::{Path, PathBuf};

use crate::lexer::{Token, tokens};

/// One Rust file.
#[derive(Debug)]
pub struct Source {
    /// As printed in messages: relative to the package, with `/`.
    pub name: String,
    /// The whole text.
    pub text: String,
    /// Its module below the crate's root: `service/sfu/mod.rs` is `["service", "sfu"]`; empty for `main.rs`, `lib.rs`.
    pub module: Vec<String>,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// For each token: whether it belongs to an item under `#[cfg(test)]`.
    pub in_test: Vec<bool>,
}

impl Source {
    /// Reads `text` as the file `name`, such as `src/phone/event.rs`.
    pub fn new(name: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let in_test = test_tokens(&tokens);
        Self { name: name.to_owned(), text: text.to_owned(), module: module_of(name), tokens, in_test }
    }

    /// The modules this file declares under `#[cfg(test)]` in files of their own: `mod tests;`.
    pub fn test_modules(&self) -> Vec<Vec<String>> {
        let declared = self.tokens.windows(3).zip(&self.in_test);
        declared
            .filter(|(window, in_test)| **in_test && window[0].text == "mod" && window[2].text == ";")
            .map(|(window, _)| self.module.iter().cloned().chain([window[1].text.clone()]).collect())
            .collect()
    }

    /// Where line `line` is, for a message.
    pub fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.name)
    }
}

/// All Rust files below `folder` of the package at `root`, in order of their names, test modules marked.
pub fn read(root: &Path, folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    walk(&root.join(folder), &mut paths);
    paths.sort();
    let mut sources: Vec<_> = paths
        .iter()
        .map(|path| {
            let name = path.strip_prefix(root).expect("walked from the root").to_string_lossy().replace('\\', "/");
            let text = std::fs::read_to_string(path).expect("a source file is readable text");
            Source::new(&name, &text)
        })
        .collect();
    mark_test_files(&mut sources);
    sources
}

/// Marks every token of a file whose module was declared under `#[cfg(test)]` elsewhere.
pub fn mark_test_files(sources: &mut [Source]) {
    let declared: Vec<_> = sources.iter().flat_map(Source::test_modules).collect();
    for source in sources {
        if declared.iter().any(|module| source.module.starts_with(module)) {
            source.in_test.fill(true);
        }
    }
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

fn module_of(name: &str) -> Vec<String> {
    let path = name.trim_start_matches("src/").trim_end_matches(".rs");
    let mut module: Vec<_> = path.split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

fn test_tokens(tokens: &[Token]) -> Vec<bool> {
    let mut marked = vec![false; tokens.len()];
    let mut at = 0;
    while at < tokens.len() {
        if !is_test_attribute(&tokens[at..]) {
            at += 1;
            continue;
        }
        let end = end_of_item(tokens, at);
        marked[at..end].fill(true);
        at = end;
    }
    marked
}

fn is_test_attribute(tokens: &[Token]) -> bool {
    let start = ["#", "[", "cfg", "("];
    if tokens.len() <= start.len() || !start.iter().zip(tokens).all(|(wanted, token)| token.text == *wanted) {
        return false;
    }
    let inside = || tokens[2..].iter().map(|token| token.text.as_str()).take_while(|word| *word != "]");
    inside().any(|word| word == "test") && !inside().any(|word| word == "not")
}

/// The token after the item that begins (with its attributes) at `start`.
fn end_of_item(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            "}" => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped(text: &str) -> Vec<String> {
        let source = Source::new("src/a.rs", text);
        let both = source.tokens.iter().zip(&source.in_test);
        both.filter(|(token, in_test)| token.is_word() && !**in_test).map(|(token, _)| token.text.clone()).collect()
    }

    #[test]
    fn a_file_knows_its_module() {
        for (name, module) in [
            ("src/main.rs", vec![]),
            ("src/base/mod.rs", vec!["base"]),
            ("src/base/clock.rs", vec!["base", "clock"]),
            ("src/service/sfu/mod.rs", vec!["service", "sfu"]),
        ] {
            assert_eq!(Source::new(name, "").module, module, "{name}");
        }
    }

    #[test]
    fn tests_inside_a_file_are_told_apart() {
        assert_eq!(shipped("one #[cfg(test)] #[x] mod tests { a { b } } two"), ["one", "two"]);
        assert_eq!(shipped("one #[cfg(test)] use x; two"), ["one", "two"]);
        assert_eq!(shipped("one #[cfg(all(test, unix))] fn f() { a } two"), ["one", "two"]);
        assert_eq!(shipped("#[cfg(not(test))] one"), ["cfg", "not", "test", "one"]);
    }

    #[test]
    fn a_test_module_in_its_own_file_is_a_test() {
        let mut sources = [
            Source::new("src/control/call/mod.rs", "#[cfg(test)] mod tests; mod ringing;"),
            Source::new("src/control/call/tests.rs", "a"),
            Source::new("src/control/call/ringing.rs", "b"),
        ];
        mark_test_files(&mut sources);
        assert_eq!(sources[1].in_test, [true]);
        assert_eq!(sources[2].in_test, [false]);
    }
}
