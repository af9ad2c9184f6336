//! What an issuer's answers mean (RFC 8628 sections 3.2 and 3.5, RFC 6749 section 5). Pure.

use std::time::Duration;

use serde::Deserialize;

use crate::base::secret::Secret;
use crate::config::Issuer;

/// The longest device code, in bytes.
const MAX_DEVICE_CODE: usize = 8 * 1024;
/// The longest code a person is given to type, in characters.
const MAX_USER_CODE: usize = 40;
/// The longest address, in bytes.
const MAX_URI: usize = 2048;
/// The longest a sign-in may stay open, whatever the issuer says.
const LONGEST: u64 = 30 * 60;
/// The most seconds between two askings that are honoured at the beginning.
const SLOWEST: u64 = 60;

/// A sign-in the issuer has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) device_code: Secret<String>,
    pub(super) user_code: String,
    pub(super) verification_uri: String,
    pub(super) verification_uri_complete: Option<String>,
    pub(super) expires_in: Duration,
    pub(super) interval: Duration,
}

/// What the issuer says when it is asked for tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// Here they are.
    Tokens(Tokens),
    /// The person is not done.
    Pending,
    /// The same, and it was asked too often.
    SlowDown,
    /// The person said no.
    Denied,
    /// It is too late.
    Expired,
    /// Nothing of use now, but it may be asked again.
    Nothing(String),
    /// Something else is wrong, and stays so.
    Broken(String),
}

/// The tokens of somebody who signed in there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: Secret<String>,
    /// For asking what the person is called.
    pub(super) access_token: Option<Secret<String>>,
}

#[derive(Debug, Deserialize)]
struct Device {
    device_code: Secret<String>,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: Option<String>,
    expires_in: u64,
    /// RFC 8628 section 3.2: five seconds where nothing is said.
    #[serde(default = "usual_interval")]
    interval: u64,
}

#[derive(Debug, Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

fn usual_interval() -> u64 {
    5
}

/// The answer to a beginning.
pub(super) fn begun(status: u16, body: &[u8]) -> Result<Begun, String> {
    if status != 200 {
        return Err(format!("it does not begin a sign-in: {}", refusal(status, body)));
    }
    let Device { device_code, user_code, verification_uri, verification_uri_complete, expires_in, interval } =
        serde_json::from_slice(body).map_err(|why| format!("the answer to a beginning can't be read: {why}"))?;
    let plain = |text: &str, most: usize| {
        !text.is_empty() && text.len() <= most && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic())
    };
    if !plain(&user_code, MAX_USER_CODE) || device_code.expose().len() > MAX_DEVICE_CODE {
        return Err("its codes are none that a person can type".to_owned());
    }
    // Shown to people, as links: nothing else than an address may stand there.
    let usable = |uri: &str| plain(uri, MAX_URI) && !uri.contains(' ') && Issuer::may_fetch(uri);
    if !usable(&verification_uri) {
        return Err("the address people are sent to is neither https nor on this machine".to_owned());
    }
    Ok(Begun {
        device_code,
        user_code,
        verification_uri,
        verification_uri_complete: verification_uri_complete.filter(|uri| usable(uri)),
        expires_in: Duration::from_secs(expires_in.clamp(1, LONGEST)),
        interval: Duration::from_secs(interval.clamp(1, SLOWEST)),
    })
}

/// The answer when it was asked for tokens.
pub(super) fn told(status: u16, body: &[u8]) -> Told {
    if status == 200 {
        return match serde_json::from_slice(body) {
            Ok(tokens) => Told::Tokens(tokens),
            Err(why) => Told::Broken(format!("its tokens can't be read (is openid among the scopes?): {why}")),
        };
    }
    let error = serde_json::from_slice::<Refused>(body).map(|refused| refused.error).unwrap_or_default();
    match error.as_str() {
        "authorization_pending" => Told::Pending,
        "slow_down" => Told::SlowDown,
        // The second is that of Microsoft Entra ID.
        "access_denied" | "authorization_declined" => Told::Denied,
        "expired_token" => Told::Expired,
        _ if status == 429 || status >= 500 => Told::Nothing(refusal(status, body)),
        _ => Told::Broken(refusal(status, body)),
    }
}

/// A refusal in words, for the log.
fn refusal(status: u16, body: &[u8]) -> String {
    match serde_json::from_slice::<Refused>(body) {
        Ok(Refused { error, error_description: Some(more) }) => format!("{status}: {error}: {more}"),
        Ok(Refused { error, error_description: None }) => format!("{status}: {error}"),
        Err(_) => format!("status {status}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn bytes(value: &Value) -> Vec<u8> {
        serde_json::to_vec(value).unwrap()
    }

    #[test]
    fn each_answer_of_an_issuer_means_one_thing() {
        let error = |status: u16, word: &str| told(status, &bytes(&json!({"error": word})));
        assert_eq!(error(400, "authorization_pending"), Told::Pending);
        assert_eq!(error(400, "slow_down"), Told::SlowDown);
        assert_eq!(error(400, "access_denied"), Told::Denied);
        assert_eq!(error(400, "authorization_declined"), Told::Denied);
        assert_eq!(error(400, "expired_token"), Told::Expired);
        assert_eq!(error(401, "invalid_client"), Told::Broken("401: invalid_client".to_owned()));
        assert_eq!(told(502, b"<html>"), Told::Nothing("status 502".to_owned()));
        assert_eq!(error(429, "x"), Told::Nothing("429: x".to_owned()));
        assert_eq!(told(404, b""), Told::Broken("status 404".to_owned()));
        assert!(
            matches!(told(200, &bytes(&json!({"access_token": "a"}))), Told::Broken(why) if why.contains("openid"))
        );
        let tokens = Tokens { id_token: Secret::new("i".to_owned()), access_token: None };
        assert_eq!(told(200, &bytes(&json!({"id_token": "i", "token_type": "bearer"}))), Told::Tokens(tokens));
    }

    fn device() -> Value {
        json!({"device_code": "d", "user_code": "WDJB-MJHT", "verification_uri": "https://login.example/device",
               "verification_uri_complete": "https://login.example/device?user_code=WDJB-MJHT", "expires_in": 900})
    }

    #[test]
    fn a_beginning_is_read_and_brought_into_bounds() {
        let first = begun(200, &bytes(&device())).unwrap();
        assert_eq!((first.expires_in.as_secs(), first.interval.as_secs()), (900, 5));
        assert_eq!(first.verification_uri_complete.unwrap(), "https://login.example/device?user_code=WDJB-MJHT");
        let mut odd = device();
        odd["expires_in"] = json!(999_999_999);
        odd["interval"] = json!(0);
        odd["verification_uri_complete"] = json!("javascript:alert(1)");
        let odd = begun(200, &bytes(&odd)).unwrap();
        assert_eq!((odd.expires_in.as_secs(), odd.interval.as_secs()), (1800, 1));
        assert_eq!(odd.verification_uri_complete, None);
    }

    #[test]
    fn what_no_person_should_see_or_follow_is_refused() {
        for (field, value) in [
            ("user_code", json!("")),
            ("user_code", json!("A\u{1b}[2J")),
            ("user_code", json!("A".repeat(41))),
            ("device_code", json!("A".repeat(9000))),
            ("verification_uri", json!("http://login.example/device")),
            ("verification_uri", json!("https://login.example/a b")),
            ("verification_uri", json!("https://login.example/\u{7}")),
            ("verification_uri", json!(7)),
        ] {
            let mut answer = device();
            answer[field] = value;
            assert!(begun(200, &bytes(&answer)).is_err(), "{answer}");
        }
        let refused = begun(401, &bytes(&json!({"error": "invalid_client", "error_description": "who?"})));
        assert_eq!(refused.unwrap_err(), "it does not begin a sign-in: 401: invalid_client: who?");
    }
}
