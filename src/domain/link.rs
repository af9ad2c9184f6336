//! Links that are opened from outside the phone, in a browser or a mail: whom to call, or where to join. A link asks for
//! nothing by itself: a person has to say yes to it.

use std::str::FromStr;

use super::place::{NotAPlace, Place};
use super::text;

/// The longest link that is read, in bytes.
const LONGEST: usize = 512;

/// What a link asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenedLink {
    /// To call somebody: `switchboard:call/NAME`.
    Call {
        /// A name or an identity, as the link has it; printable.
        to: String,
    },
    /// To call a number: `tel:` (RFC 3966).
    Number {
        /// The digits, with a `+` before a global number; without what only separates them.
        number: String,
    },
    /// To join a group: its link, or `switchboard:join/PLACE`.
    Join {
        /// A place to join; printable.
        place: String,
    },
}

/// Why a text is no link that can be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotALink {
    /// Of another kind.
    #[error("not a link a phone opens: it looks like tel:+15551234, switchboard:call/bob or https://HOST/j/k7mq-3tzf")]
    Unknown,
    /// No number behind `tel:`.
    #[error("not a phone number: behind `tel:` come digits, with a + before a global number")]
    Number,
    /// Nobody to call.
    #[error("the link does not say whom to call: it looks like switchboard:call/bob")]
    Nobody,
    /// No place to join.
    #[error(transparent)]
    Place(#[from] NotAPlace),
    /// Too long, or not text once its escapes (RFC 3986 section 2.1) are taken away.
    #[error("the link can't be read")]
    Unreadable,
}

impl FromStr for OpenedLink {
    type Err = NotALink;

    fn from_str(raw: &str) -> Result<Self, NotALink> {
        let raw = raw.trim();
        if raw.len() > LONGEST {
            return Err(NotALink::Unreadable);
        }
        let (scheme, rest) = raw.split_once(':').ok_or(NotALink::Unknown)?;
        match scheme.to_ascii_lowercase().as_str() {
            "tel" => number(rest),
            "switchboard" => own(rest),
            "http" | "https" => join(raw.to_owned()),
            _ => Err(NotALink::Unknown),
        }
    }
}

/// The number of a `tel` URI; what comes behind a semicolon (an extension, a context) is left out.
fn number(rest: &str) -> Result<OpenedLink, NotALink> {
    let rest = unescaped(rest.trim_start_matches('/'))?;
    let number = rest.split(';').next().unwrap_or_default();
    // The visual separators of RFC 3966 section 3, and blanks, which some programs put there.
    let number: String = number.chars().filter(|c| !"-.() ".contains(*c)).collect();
    let digits = number.strip_prefix('+').unwrap_or(&number);
    let is_number = !digits.is_empty() && digits.len() <= 32 && digits.bytes().all(|b| b"0123456789*#".contains(&b));
    if is_number { Ok(OpenedLink::Number { number }) } else { Err(NotALink::Number) }
}

/// What is behind `switchboard:`.
fn own(rest: &str) -> Result<OpenedLink, NotALink> {
    let (verb, what) = rest.trim_start_matches('/').split_once('/').ok_or(NotALink::Unknown)?;
    let what = unescaped(what)?;
    match verb.to_ascii_lowercase().as_str() {
        "call" => {
            let to = text::printable(what.trim_end_matches('/'), 256);
            if to.is_empty() { Err(NotALink::Nobody) } else { Ok(OpenedLink::Call { to }) }
        }
        "join" => join(what),
        _ => Err(NotALink::Unknown),
    }
}

fn join(place: String) -> Result<OpenedLink, NotALink> {
    let printable = text::printable(&place, LONGEST);
    if printable != place.trim() {
        return Err(NotALink::Unreadable);
    }
    printable.parse::<Place>()?;
    Ok(OpenedLink::Join { place: printable })
}

/// The text behind percent escapes.
fn unescaped(text: &str) -> Result<String, NotALink> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, after @ ..] = rest else { return Err(NotALink::Unreadable) };
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(NotALink::Unreadable);
        let value = digit(*high)? * 16 + digit(*low)?;
        bytes.push(u8::try_from(value).map_err(|_| NotALink::Unreadable)?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| NotALink::Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn opens(raw: &str) -> OpenedLink {
        raw.parse().unwrap_or_else(|why| panic!("{raw}: {why}"))
    }

    #[test]
    fn numbers_are_read_as_programs_write_them() {
        for (raw, number) in [
            ("tel:+1-201-555-0123", "+12015550123"),
            ("TEL:%2B33%201%2070%2018", "+3317018"),
            ("tel://204", "204"),
            ("tel:(0)30.12;ext=7;phone-context=example.com", "03012"),
        ] {
            assert_eq!(opens(raw), OpenedLink::Number { number: number.to_owned() }, "{raw}");
        }
        for bad in ["tel:", "tel:+", "tel:bob", "tel:1\u{1b}[2J", "tel:++1", &format!("tel:{}", "1".repeat(33))] {
            assert_eq!(bad.parse::<OpenedLink>(), Err(NotALink::Number), "{bad}");
        }
    }

    #[test]
    fn links_of_our_own_name_whom_to_call_and_where_to_join() {
        assert_eq!(opens("switchboard:call/bob"), OpenedLink::Call { to: "bob".to_owned() });
        assert_eq!(opens("switchboard://call/8:acs:x_y/"), OpenedLink::Call { to: "8:acs:x_y".to_owned() });
        assert_eq!(opens("switchboard:join/Ops%20bridge"), OpenedLink::Join { place: "Ops bridge".to_owned() });
        let link = "https://calls.example/j/k7mq-3tzf";
        assert_eq!(opens(link), OpenedLink::Join { place: link.to_owned() });
    }

    #[test]
    fn nothing_that_steers_a_terminal_comes_out_of_a_link() {
        assert_eq!(opens("switchboard:call/b%1b%5b31mob"), OpenedLink::Call { to: "b[31mob".to_owned() });
        assert_eq!("switchboard:join/a%1bb".parse::<OpenedLink>(), Err(NotALink::Unreadable));
    }

    #[test]
    fn what_can_not_be_opened_says_what_can() {
        for (raw, why) in [
            ("", NotALink::Unknown),
            ("bob", NotALink::Unknown),
            ("mailto:bob@example.com", NotALink::Unknown),
            ("switchboard:bob", NotALink::Unknown),
            ("switchboard:hangup/all", NotALink::Unknown),
            ("switchboard:call/", NotALink::Nobody),
            ("switchboard:call/%", NotALink::Unreadable),
            ("switchboard:call/%ff", NotALink::Unreadable),
            ("https://example.com/", NotALink::Place(NotAPlace::Link)),
            (&"x".repeat(600), NotALink::Unreadable),
        ] {
            assert_eq!(raw.parse::<OpenedLink>(), Err(why), "{raw}");
        }
    }
}
