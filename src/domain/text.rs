//! Text from other people, made harmless before it is kept or shown; and folded, to be searched.

use icu_normalizer::DecomposingNormalizerBorrowed;

/// What [`printable`] leaves something of, as a regular expression that JSON Schema knows (ECMA-262): one character at least
/// that is neither a blank nor dropped. It says nothing of tag characters, which many expressions can't name.
pub const SHOWS_SOMETHING: &str =
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]";

/// `raw` without characters that steer a terminal or reorder text, blanks folded, cut at `max` characters.
///
/// Dropped: control characters (C0, C1, with the escape), the bidirectional controls of UAX #9,
/// zero-width and tag characters, line and paragraph separators.
pub fn printable(raw: &str, max: usize) -> String {
    let mut out = String::with_capacity(raw.len().min(max * 4));
    let mut count = 0;
    let mut blank = true;
    for c in raw.chars().map(|c| if c.is_whitespace() { ' ' } else { c }) {
        if count == max {
            break;
        }
        if steers(c) || (c == ' ' && blank) {
            continue;
        }
        blank = c == ' ';
        out.push(c);
        count += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// `text` as names are searched by: in lower case, without diacritics, and with letters that are written in several ways in
/// the plainest (compatibility decomposition, UAX #15).
pub fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let apart = DecomposingNormalizerBorrowed::new_nfkd().normalize(text);
    for c in apart.chars().filter(|c| !is_diacritic(*c)).flat_map(char::to_lowercase) {
        match plainly(c) {
            Some(letters) => out.push_str(letters),
            None => out.push(c),
        }
    }
    out
}

/// The blocks of combining diacritical marks. Vowel signs of other scripts are in none: they are letters of their words.
fn is_diacritic(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// Letters that do not decompose, as those type them who do not have them.
fn plainly(c: char) -> Option<&'static str> {
    Some(match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'þ' => "th",
        // The same letter at the end of a word.
        'ς' => "σ",
        _ => return None,
    })
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::{folded, printable};

    #[test]
    fn names_are_folded_to_what_anybody_can_type() {
        for (name, plain) in [
            ("José Ünal", "jose unal"),
            ("JOSE\u{301}", "jose"),
            ("Großmann-Łukasz", "grossmann-lukasz"),
            ("Søren Æbelø", "soren aebelo"),
            ("İpek Işık", "ipek isik"),
            ("Ｂｏｂ ﬁ", "bob fi"),
            ("Οδυσσεύς", "οδυσσευσ"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("ガイ", "カ\u{3099}イ"),
        ] {
            assert_eq!(folded(name), plain);
            assert_eq!(folded(&folded(name)), folded(name), "{name} is folded once");
        }
    }

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(printable("\u{1b}[31mBob\u{202e}\u{7}\n  Smith ", 64), "[31mBob Smith");
        assert_eq!(printable("é日本", 2), "é日");
        assert_eq!(printable("\u{200b}", 9), "");
    }
}
