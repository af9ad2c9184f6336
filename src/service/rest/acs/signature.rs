//! The HMAC-SHA256 signature of requests that programs send with an access key, as the official ACS SDKs make it.
//!
//! Pure: the time is an argument. Where keys are kept, how much of a body is read, and in which words a refusal goes out
//! is up to the caller.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use axum::http::{HeaderMap, HeaderName, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::domain::time::UnixMillis;

#[cfg(test)]
mod tests;

/// How far, in milliseconds, the date of a request may be from the service's clock, either way.
pub const WINDOW_MS: i64 = 5 * 60 * 1000;

/// What `Authorization` begins with, compared without regard to case (RFC 9110 section 11.1).
const SCHEME: &str = "HMAC-SHA256";
const X_MS_DATE: HeaderName = HeaderName::from_static("x-ms-date");
const CONTENT_HASH: HeaderName = HeaderName::from_static("x-ms-content-sha256");

/// Why a request does not count as signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// There is no signature at all.
    #[error("the request is not signed: it needs an Authorization header of HMAC-SHA256 or Bearer")]
    Missing,
    /// The `Authorization` header is not of the scheme's form, or there are several.
    #[error(
        "the Authorization header must read HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=…"
    )]
    Malformed,
    /// The signature leaves out what it has to cover.
    #[error("the signature must cover x-ms-date (or date), host and x-ms-content-sha256")]
    Uncovered,
    /// A header the signature covers is missing, or there are several.
    #[error("a header that the signature covers is missing, or sent more than once")]
    Incomplete,
    /// The date is not one of RFC 1123.
    #[error("the date of the request can't be read: it looks like Mon, 23 Nov 2026 11:25:09 GMT")]
    Date,
    /// The date is too far from the service's clock.
    #[error("the date of the request is more than five minutes from the service's clock: sign anew, or set the clock")]
    Stale,
    /// The hash header is not that of the body.
    #[error("x-ms-content-sha256 is not the SHA-256 of the body that arrived")]
    Body,
    /// None of the access keys made the signature.
    #[error("the signature is wrong: another access key, or the request was changed on its way")]
    Wrong,
}

/// An access key, ready to check signatures with.
#[derive(Clone)]
pub struct Key(hmac::Key);

impl Key {
    /// The key of these bytes, which an access key holds as base64.
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The signature of `text`, as it is sent.
    pub fn sign(&self, text: &str) -> String {
        STANDARD.encode(hmac::sign(&self.0, text.as_bytes()))
    }
}

/// A signature as its headers tell it: well-formed and of this time, but not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    covered: Vec<Covered>,
    date: String,
    content_hash: String,
    signature: Vec<u8>,
}

/// What a signature covers, in the order its values are signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Covered {
    Date,
    Host,
    ContentHash,
}

impl Claim {
    /// Whether `headers` mean to be signed with an access key.
    pub fn is_made(headers: &HeaderMap) -> bool {
        let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        sent.is_some_and(|sent| after_scheme(sent).is_some())
    }

    /// Reads what can be told before the body is there.
    ///
    /// # Errors
    /// Everything of [`Unsigned`] but [`Unsigned::Body`] and [`Unsigned::Wrong`].
    pub fn read(headers: &HeaderMap, now: UnixMillis) -> Result<Self, Unsigned> {
        if !headers.contains_key(header::AUTHORIZATION) {
            return Err(Unsigned::Missing);
        }
        let sent = only(headers, &header::AUTHORIZATION).ok_or(Unsigned::Malformed)?;
        let (names, signature) = parts(sent).ok_or(Unsigned::Malformed)?;
        let (covered, date_header) = covered(names).ok_or(Unsigned::Uncovered)?;
        let date = only(headers, &date_header).ok_or(Unsigned::Incomplete)?;
        let content_hash = only(headers, &CONTENT_HASH).ok_or(Unsigned::Incomplete)?;
        let sent_at = OffsetDateTime::parse(date, &Rfc2822).map_err(|_| Unsigned::Date)?;
        let sent_at = sent_at.unix_timestamp().saturating_mul(1000);
        if now.0.abs_diff(sent_at) > WINDOW_MS.unsigned_abs() {
            return Err(Unsigned::Stale);
        }
        let (date, content_hash) = (date.to_owned(), content_hash.to_owned());
        Ok(Self { covered, date, content_hash, signature })
    }

    /// Checks it against a request: `target` is path and query as they were sent, `host` the value of that header. Takes
    /// the same time whichever key made it, and whichever form of the path was signed.
    ///
    /// # Errors
    /// [`Unsigned::Body`] and [`Unsigned::Wrong`].
    pub fn check(&self, method: &str, target: &str, host: &str, body: &[u8], keys: &[Key]) -> Result<usize, Unsigned> {
        let hash = STANDARD.encode(digest(&SHA256, body));
        verify_slices_are_equal(hash.as_bytes(), self.content_hash.as_bytes()).map_err(|_| Unsigned::Body)?;
        // Python signs the host of an endpoint that ends in a slash with that slash.
        let hosts = [host.to_owned(), format!("{host}/")];
        let mut right = None;
        for target in [target.as_bytes().to_vec(), decoded(target), reencoded(target)] {
            for host in &hosts {
                let mut text = [method.as_bytes(), b"\n", &target, b"\n"].concat();
                text.extend_from_slice(self.values(host).as_bytes());
                for (place, key) in keys.iter().enumerate() {
                    let made = hmac::sign(&key.0, &text);
                    if verify_slices_are_equal(made.as_ref(), &self.signature).is_ok() {
                        right = Some(place);
                    }
                }
            }
        }
        right.ok_or(Unsigned::Wrong)
    }

    fn values(&self, host: &str) -> String {
        let value = |covered: &Covered| match covered {
            Covered::Date => self.date.as_str(),
            Covered::Host => host,
            Covered::ContentHash => self.content_hash.as_str(),
        };
        self.covered.iter().map(value).collect::<Vec<_>>().join(";")
    }
}

/// The names of `SignedHeaders` and the bytes of `Signature`, which come in any order.
fn parts(authorization: &str) -> Option<(&str, Vec<u8>)> {
    let (mut names, mut signature) = (None, None);
    for part in after_scheme(authorization)?.split('&') {
        // Of the value the padding may hold further ones.
        let (name, value) = part.split_once('=')?;
        let place = match name.trim() {
            "SignedHeaders" => &mut names,
            "Signature" => &mut signature,
            _ => continue,
        };
        if place.replace(value.trim()).is_some() {
            return None;
        }
    }
    Some((names?, STANDARD.decode(signature?).ok()?))
}

fn after_scheme(authorization: &str) -> Option<&str> {
    let (scheme, rest) = authorization.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(rest)
}

/// What these names cover, and which header holds the date; `None` unless it is just what it has to be.
fn covered(names: &str) -> Option<(Vec<Covered>, HeaderName)> {
    let (mut covered, mut date) = (Vec::with_capacity(3), None);
    for name in names.split(';') {
        covered.push(match name.trim().to_ascii_lowercase().as_str() {
            "x-ms-date" => {
                date = Some(X_MS_DATE);
                Covered::Date
            }
            "date" => {
                date = Some(header::DATE);
                Covered::Date
            }
            "host" => Covered::Host,
            "x-ms-content-sha256" => Covered::ContentHash,
            _ => return None,
        });
    }
    let all = [Covered::Date, Covered::Host, Covered::ContentHash].iter().all(|one| covered.contains(one));
    if !all || covered.len() != 3 {
        return None;
    }
    Some((covered, date?))
}

/// The value of a header that was sent once, as text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(first)
}

/// `text` without percent-encoding; what is no such encoding stays as it is.
fn decoded(text: &str) -> Vec<u8> {
    let (bytes, mut at) = (text.as_bytes(), 0);
    let mut out = Vec::with_capacity(bytes.len());
    while at < bytes.len() {
        let byte = match bytes[at..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        out.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    out
}

/// Path and query whose path has every character percent-encoded that may be (RFC 3986 section 2.3).
fn reencoded(target: &str) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let mut out = Vec::with_capacity(target.len() + 16);
    for (place, segment) in path.split('/').enumerate() {
        if place > 0 {
            out.push(b'/');
        }
        for byte in decoded(segment) {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                out.push(byte);
            } else {
                out.extend([b'%', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
            }
        }
    }
    if let Some(query) = query {
        out.push(b'?');
        out.extend_from_slice(query.as_bytes());
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
