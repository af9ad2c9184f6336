//! Takes out what is secret, or nobody's business: tokens, passwords, the keys of media connections, notes about people.
//!
//! Everything that is remembered or written goes through here. What is known to be secret goes by its name; what looks like
//! a token goes wherever it stands.

use std::borrow::Cow;

use serde_json::Value;

/// What stands in the place of what was taken out.
pub const GONE: &str = "(taken out)";

/// Names of fields, and of settings, whose values are secret.
const SECRET: &[&str] = &[
    "token",
    "access_token",
    "refresh_token",
    "password",
    "passcode",
    "secret",
    "admin_secret",
    "demo_secret",
    "authorization",
    "note",
    // A program and its arguments, which may be secret.
    "token_command",
];

/// Lines of SDP (RFC 8839, RFC 8122, RFC 4568) that let somebody into a media connection, or say whose it is.
const SECRET_LINES: &[&str] = &["a=ice-pwd:", "a=ice-ufrag:", "a=fingerprint:", "a=crypto:", "a=identity:"];

/// The most elements of a list that are kept; rosters and friend lists may be long.
const LONGEST_LIST: usize = 20;

/// The longest text that is kept, bytes; an SDP has about 4 KB.
const LONGEST_TEXT: usize = 8 * 1024;

/// Takes it out of what a frame says.
pub fn value(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if is_secret(name) && !field.is_null() {
                    *field = Value::String(GONE.to_owned());
                } else {
                    self::value(field);
                }
            }
        }
        Value::Array(rows) => {
            let more = rows.len().saturating_sub(LONGEST_LIST);
            rows.truncate(LONGEST_LIST);
            rows.iter_mut().for_each(self::value);
            if more > 0 {
                rows.push(Value::String(format!("... {more} more")));
            }
        }
        Value::String(string) => {
            if string.starts_with("v=0") {
                *string = sdp(string);
            }
            if let Cow::Owned(clean) = text(string) {
                *string = clean;
            }
            if string.len() > LONGEST_TEXT {
                let end = (0..=LONGEST_TEXT).rev().find(|end| string.is_char_boundary(*end)).unwrap_or(0);
                string.truncate(end);
                string.push_str("...");
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a field or setting of this name holds a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    SECRET.contains(&last)
        || ["_token", "_password", "_secret", "_passcode"].iter().any(|ending| last.ends_with(ending))
}

/// An SDP description without what lets somebody into its connection. Addresses of candidates stay: they are what a
/// connection fails by.
fn sdp(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end_matches(['\r', '\n']);
        match SECRET_LINES.iter().find(|start| bare.starts_with(**start)) {
            Some(start) => out.push_str(&format!("{start}{GONE}")),
            None => out.push_str(candidate(bare)),
        }
        out.push_str(&line[bare.len()..]);
    }
    out
}

/// A candidate names the fragment of its user too (RFC 8838), at its end.
fn candidate(line: &str) -> &str {
    match line.find(" ufrag ") {
        Some(at) if line.starts_with("a=candidate:") => &line[..at],
        _ => line,
    }
}

/// Any text without what looks like a token: a JWT (RFC 7519), or what stands behind `Bearer`, `password=` and the like.
pub fn text(raw: &str) -> Cow<'_, str> {
    let Some(first) = next_secret(raw) else { return Cow::Borrowed(raw) };
    let mut out = String::with_capacity(raw.len());
    let (mut rest, mut found) = (raw, Some(first));
    while let Some((start, end)) = found {
        out.push_str(&rest[..start]);
        out.push_str(GONE);
        rest = &rest[end..];
        found = next_secret(rest);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Words before a secret.
const BEFORE: &[&str] = &[
    "bearer ",
    "password=",
    "password\":\"",
    "passcode=",
    "token=",
    "token\":\"",
    "secret=",
    "secret\":\"",
    "ice-pwd:",
    "ice-ufrag:",
    "fingerprint:",
];

/// Where the next secret begins and ends.
fn next_secret(text: &str) -> Option<(usize, usize)> {
    let jwt = next_jwt(text);
    let named = BEFORE.iter().filter_map(|word| {
        let mut from = 0;
        loop {
            let start = from + find_ignoring_case(&text[from..], word)? + word.len();
            let length = text[start..].find(|c: char| c.is_whitespace() || "\"',;&\\".contains(c));
            let end = length.map_or(text.len(), |length| start + length);
            if end > start && !text[start..].starts_with(GONE) && !text[start..].starts_with("(taken") {
                return Some((start, end));
            }
            from = end.max(start);
            if from >= text.len() {
                return None;
            }
        }
    });
    named.chain(jwt).min()
}

/// `eyJ` is how the base64url of `{"` begins, which every JWT does; three such parts are joined by dots.
fn next_jwt(text: &str) -> Option<(usize, usize)> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    text.match_indices("eyJ").find_map(|(start, _)| {
        let length = text[start..].find(|c: char| !(part(c) || c == '.')).unwrap_or(text.len() - start);
        let long = length >= 20 && text[start..start + length].contains('.');
        long.then_some((start, start + length))
    })
}

fn find_ignoring_case(text: &str, word: &str) -> Option<usize> {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let (first, rest) = word.split_first()?;
    let upper = first.to_ascii_uppercase();
    let mut from = 0;
    loop {
        let at = from + text[from..].iter().position(|byte| byte == first || *byte == upper)?;
        from = at + 1;
        if text.get(from..from + rest.len()).is_some_and(|follows| follows.eq_ignore_ascii_case(rest)) {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const JWT: &str = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiI4OmFjczp4In0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";

    fn clean(mut raw: Value) -> String {
        value(&mut raw);
        raw.to_string()
    }

    #[test]
    fn tokens_passwords_and_notes_are_taken_out_of_frames() {
        let hello = json!({"hello": {"token": JWT, "client_id": "c", "presence": "online"}});
        assert_eq!(clean(hello), json!({"hello": {"token": GONE, "client_id": "c", "presence": "online"}}).to_string());
        for secret in [
            json!({"id": 7, "request": {"token_renew": {"token": "hunter2-token"}}}),
            json!({"id": 7, "request": {"history_note": {"call_id": "x", "note": "hunter2 is her password"}}}),
            json!({"notice": {"history_added": {"record": {"note": "hunter2"}}}}),
            json!({"rows": [{"refresh_token": "hunter2"}, {"password": ["hunter2"]}, {"api_secret": "hunter2"}]}),
        ] {
            assert!(!clean(secret.clone()).contains("hunter2"), "{secret}");
        }
        assert_eq!(clean(json!({"note": null})), r#"{"note":null}"#);
    }

    #[test]
    fn an_offer_keeps_its_addresses_and_loses_its_keys() {
        let offer = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\na=ice-ufrag:AbCd\r\na=ice-pwd:verysecretpassword\r\n\
                     a=fingerprint:sha-256 AA:BB:CC\r\na=candidate:1 1 udp 5 192.0.2.7 5000 typ host ufrag AbCd\r\n\
                     a=crypto:1 AES inline:key\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";
        let text = clean(json!({"id": 1, "request": {"call_start": {"offer": offer}}}));
        for secret in ["AbCd", "verysecret", "AA:BB", "inline:key"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        for kept in ["192.0.2.7 5000 typ host", "m=audio 9", "a=ice-pwd:(taken out)"] {
            assert!(text.contains(kept), "{kept} not in {text}");
        }
    }

    #[test]
    fn what_looks_like_a_token_goes_wherever_it_stands() {
        for (raw, clean) in [
            (format!("refused: {JWT} is too old"), "refused: (taken out) is too old".to_owned()),
            (format!("Authorization: Bearer {JWT}"), "Authorization: Bearer (taken out)".to_owned()),
            ("a Password=hunter2, b".to_owned(), "a Password=(taken out), b".to_owned()),
            ("GET /x?token=abc&token=def".to_owned(), "GET /x?token=(taken out)&token=(taken out)".to_owned()),
            (r#"{"token":"abc","x":1}"#.to_owned(), r#"{"token":"(taken out)","x":1}"#.to_owned()),
        ] {
            assert_eq!(text(&raw), clean);
            assert_eq!(text(&clean), clean, "it stays as it is");
        }
        for harmless in ["", "the token ran out", "eyJ", "a secret", "password="] {
            assert_eq!(text(harmless), harmless);
        }
    }

    #[test]
    fn long_lists_and_texts_are_shortened() {
        let rows: Vec<Value> = (0..350).map(|n| json!(n)).collect();
        let mut roster = Value::Array(rows);
        value(&mut roster);
        assert_eq!(roster.as_array().map(Vec::len), Some(21));
        assert_eq!(roster[20], json!("... 330 more"));
        let mut long = json!("日".repeat(9000));
        value(&mut long);
        assert!(long.as_str().is_some_and(|text| text.len() < 9000 && text.ends_with("...")));
    }

    #[test]
    fn settings_are_judged_by_the_last_part_of_their_name() {
        assert!(is_secret("service.admin_secret") && is_secret("hooks.api_token") && is_secret("Password"));
        assert!(!is_secret("phone.ring_seconds") && !is_secret("screen.keys.token-ring"));
    }
}
