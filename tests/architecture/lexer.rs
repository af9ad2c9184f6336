//! Rust source as words and punctuation with their lines; comments, strings and characters are left out.
//!
//! Knows just enough of the language to never mistake text for code. What the words mean is for the other files.

/// One word or one punctuation character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The word, or a single character.
    pub text: String,
    /// Counted from 1.
    pub line: usize,
}

impl Token {
    /// Whether it is a name or keyword, not punctuation or a number.
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Splits `source` into tokens.
pub fn tokens(source: &str) -> Vec<Token> {
    let mut lexer = Lexer { chars: source.chars().collect(), at: 0, line: 1, out: Vec::new() };
    while lexer.at < lexer.chars.len() {
        lexer.step();
    }
    lexer.out
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
    out: Vec<Token>,
}

impl Lexer {
    fn step(&mut self) {
        match (self.peek(0), self.peek(1)) {
            ('/', '/') => self.skip_while(|c| c != '\n'),
            ('/', '*') => self.skip_block_comment(),
            ('"', _) => self.skip_string(),
            ('\'', _) => self.skip_character_or_lifetime(),
            (c, _) if c.is_whitespace() => self.advance(),
            (c, _) if c.is_alphanumeric() || c == '_' => self.word(),
            (c, _) => {
                self.push(c.to_string());
                self.advance();
            }
        }
    }

    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn advance(&mut self) {
        if self.peek(0) == '\n' {
            self.line += 1;
        }
        self.at += 1;
    }

    fn push(&mut self, text: String) {
        self.out.push(Token { text, line: self.line });
    }

    fn skip_while(&mut self, keep_on: impl Fn(char) -> bool) {
        while self.at < self.chars.len() && keep_on(self.peek(0)) {
            self.advance();
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                ('/', '*') => depth += 1,
                ('*', '/') => depth -= 1,
                _ => {
                    self.advance();
                    continue;
                }
            }
            self.advance();
            self.advance();
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_string(&mut self) {
        self.advance();
        while self.at < self.chars.len() && self.peek(0) != '"' {
            if self.peek(0) == '\\' {
                self.advance();
            }
            self.advance();
        }
        self.advance();
    }

    /// `r"…"`, `r#"…"#`: ends at a quote followed by as many hashes as it began with.
    fn skip_raw_string(&mut self) {
        let hashes = (0..).take_while(|&n| self.peek(n) == '#').count();
        for _ in 0..=hashes {
            self.advance();
        }
        while self.at < self.chars.len() {
            let closed = self.peek(0) == '"' && (1..=hashes).all(|n| self.peek(n) == '#');
            self.advance();
            if closed {
                break;
            }
        }
        for _ in 0..hashes {
            self.advance();
        }
    }

    fn skip_character_or_lifetime(&mut self) {
        if self.peek(1) == '\\' {
            self.advance();
            self.advance();
            self.advance();
            self.skip_while(|c| c != '\'');
            self.advance();
        } else if self.peek(2) == '\'' {
            for _ in 0..3 {
                self.advance();
            }
        } else {
            self.advance();
            self.skip_while(|c| c.is_alphanumeric() || c == '_');
        }
    }

    fn word(&mut self) {
        let start = self.at;
        let line = self.line;
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        let text: String = self.chars[start..self.at].iter().collect();
        let raw = matches!(text.as_str(), "r" | "br" | "cr");
        match self.peek(0) {
            '"' if raw => self.skip_raw_string(),
            '"' if matches!(text.as_str(), "b" | "c") => self.skip_string(),
            '\'' if text == "b" => self.skip_character_or_lifetime(),
            '#' if raw && self.raw_string_follows() => self.skip_raw_string(),
            // A raw name such as `r#type`: the name itself comes next.
            '#' if text == "r" => self.advance(),
            _ => self.out.push(Token { text, line }),
        }
    }

    fn raw_string_follows(&self) -> bool {
        let hashes = (0..).take_while(|&n| self.peek(n) == '#').count();
        self.peek(hashes) == '"'
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn words(source: &str) -> String {
        tokens(source).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn text_is_never_mistaken_for_code() {
        for (source, expected) in [
            ("a // unsafe\nb", "a b"),
            ("a /* x /* unsafe */ y */ b", "a b"),
            (r#"f("unsafe \" unsafe", b"x", c"y") g"#, "f ( , , ) g"),
            (r###"a r"\" b r#"un"safe"# c br##"un"#safe"## d"###, "a b c d"),
            (r"a '\'' b '\u{7f}' c 'x' d b'\n' e '/' f", "a b c d e f"),
            ("fn f<'a>(x: &'a str)", "fn f < > ( x : & str )"),
            ("r#type + r", "type + r"),
        ] {
            assert_eq!(words(source), expected, "{source}");
        }
    }

    #[test]
    fn every_token_knows_its_line() {
        let found = tokens("a\n/* \n */ \"\n\" b\n'\\n' c");
        let lines: Vec<_> = found.iter().map(|token| (token.text.as_str(), token.line)).collect();
        assert_eq!(lines, [("a", 1), ("b", 4), ("c", 5)]);
    }
}
