//! The paths a file names, `use` trees unfolded, with `super` and `self` resolved to where they lead.

use crate::lexer::Token;
use crate::source::Source;

/// One path, such as `crate::domain::time::UnixMillis`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// Its parts. A path within this package starts with `crate`.
    pub parts: Vec<String>,
    /// Where its last part stands, counted from 1.
    pub line: usize,
    /// Whether it belongs to a test.
    pub in_test: bool,
}

/// Every path of two or more parts that `source` names, in order.
pub fn paths(source: &Source) -> Vec<NamedPath> {
    let mut reader = Reader { source, inline: Vec::new(), depth: 0, out: Vec::new() };
    let mut at = 0;
    while at < source.tokens.len() {
        at = reader.step(at);
    }
    reader.out
}

struct Reader<'a> {
    source: &'a Source,
    /// Inline modules around the current token, each with the brace depth it opened at.
    inline: Vec<(String, usize)>,
    depth: usize,
    out: Vec<NamedPath>,
}

impl Reader<'_> {
    fn text(&self, at: usize) -> &str {
        self.source.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn is_word(&self, at: usize) -> bool {
        self.source.tokens.get(at).is_some_and(Token::is_word)
    }

    /// Whether `::` stands at `at`.
    fn joins(&self, at: usize) -> bool {
        self.text(at) == ":" && self.text(at + 1) == ":"
    }

    fn renames_root(&self, at: usize) -> bool {
        self.text(at) == "crate" && self.text(at + 1) == "as"
    }

    fn step(&mut self, at: usize) -> usize {
        match self.text(at) {
            "{" => self.depth += 1,
            "}" => {
                self.depth = self.depth.saturating_sub(1);
                self.inline.retain(|(_, opened)| *opened < self.depth);
            }
            "mod" if self.is_word(at + 1) && self.text(at + 2) == "{" => {
                self.inline.push((self.text(at + 1).to_owned(), self.depth));
            }
            _ if self.is_word(at) && (self.joins(at + 1) || self.renames_root(at)) => {
                return self.tree(at, &[]);
            }
            _ => {}
        }
        at + 1
    }

    /// Reads the path or `use` tree that begins at `at` below `prefix`; the token after it.
    fn tree(&mut self, mut at: usize, prefix: &[String]) -> usize {
        let mut parts = prefix.to_vec();
        let line_of = |at: usize| self.source.tokens.get(at).map_or(0, |token| token.line);
        let mut line = line_of(at);
        loop {
            line = line.max(line_of(at));
            match self.text(at) {
                "{" => return self.group(at, &parts),
                "*" => {
                    parts.push("*".to_owned());
                    at += 1;
                }
                _ if self.is_word(at) => {
                    parts.push(self.text(at).to_owned());
                    at += 1;
                }
                _ => break,
            }
            if !self.joins(at) {
                break;
            }
            at += 2;
        }
        if parts.len() > 1 || parts == ["crate"] {
            self.push(parts, line, at);
        }
        at
    }

    fn group(&mut self, open: usize, prefix: &[String]) -> usize {
        let mut at = open + 1;
        while at < self.source.tokens.len() && self.text(at) != "}" {
            at = match self.text(at) {
                "as" => at + 2,
                "*" => self.tree(at, prefix),
                _ if self.is_word(at) => self.tree(at, prefix),
                _ => at + 1,
            };
        }
        at + 1
    }

    fn push(&mut self, parts: Vec<String>, line: usize, at: usize) {
        let in_test = self.source.in_test.get(at.saturating_sub(1)).copied().unwrap_or(false);
        let parts = self.resolve(parts);
        self.out.push(NamedPath { parts, line, in_test });
    }

    fn resolve(&self, parts: Vec<String>) -> Vec<String> {
        let first = parts[0].as_str();
        if first == "switchboard" {
            return ["crate".to_owned()].into_iter().chain(parts.into_iter().skip(1)).collect();
        }
        if first != "super" && first != "self" {
            return parts;
        }
        let mut whole: Vec<_> = ["crate".to_owned()].into_iter().chain(self.source.module.iter().cloned()).collect();
        whole.extend(self.inline.iter().map(|(name, _)| name.clone()));
        for part in parts {
            match part.as_str() {
                "self" => {}
                "super" => {
                    whole.pop();
                }
                _ => whole.push(part),
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(file: &str, text: &str) -> Vec<String> {
        paths(&Source::new(file, text)).into_iter().map(|path| path.parts.join("::")).collect()
    }

    #[test]
    fn use_trees_are_unfolded() {
        assert_eq!(
            named("src/a.rs", "use crate::{b, c::{d as x, e::*}, f::{self}}; use std::fs as files;"),
            ["crate::b", "crate::c::d", "crate::c::e::*", "crate::f::self", "std::fs"]
        );
    }

    #[test]
    fn inline_paths_count_and_visibility_does_not() {
        assert_eq!(
            named("src/a.rs", "pub(crate) fn f() -> crate::b::C { $crate::d::e!(x.y, g::<H>(2)) }"),
            ["crate::b::C", "crate::d::e"]
        );
    }

    #[test]
    fn super_and_self_lead_where_they_lead() {
        let file = "src/service/sfu/room.rs";
        assert_eq!(
            named(file, "use super::socket; use super::super::calls::Handle; use self::x::y;"),
            ["crate::service::sfu::socket", "crate::service::calls::Handle", "crate::service::sfu::room::x::y",]
        );
        assert_eq!(
            named(file, "mod tests { fn f() { super::g(); } } fn h() { super::i(); }"),
            ["crate::service::sfu::room::g", "crate::service::sfu::i",]
        );
    }

    #[test]
    fn the_program_names_the_library_by_its_name() {
        assert_eq!(named("src/main.rs", "fn main() { switchboard::cli::run(); }"), ["crate::cli::run"]);
    }

    #[test]
    fn the_root_can_not_hide_behind_another_name() {
        assert_eq!(named("src/a.rs", "use crate as root;"), ["crate"]);
        assert_eq!(named("src/a.rs", "use crate::*;"), ["crate::*"]);
    }
}
