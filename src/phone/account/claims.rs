//! What a token says of its own life, unverified: only to know when it is of no use any more.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::domain::time::UnixMillis;

/// The claims of a JWT (RFC 7519) that tell its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(super) struct Claims {
    /// When it runs out, in seconds since 1970.
    exp: Option<i64>,
    /// When it was made.
    iat: Option<i64>,
}

impl Claims {
    /// Those of `token`; nothing is known of one that is no JWT.
    pub(super) fn of(token: &str) -> Self {
        let payload = token.split('.').nth(1).unwrap_or_default();
        let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    /// When it runs out.
    pub(super) fn expires_at(self) -> Option<UnixMillis> {
        self.exp?.checked_mul(1000).map(UnixMillis)
    }

    /// How long it lasts from its making to its end, ms.
    pub(super) fn life_ms(self) -> Option<i64> {
        self.exp?.checked_sub(self.iat?)?.checked_mul(1000).filter(|life| *life > 0)
    }
}

/// In how long a token is to be renewed that lasts `left` of its `life`, ms: once two thirds are over. One that is handed out
/// late in its life has a third of what is left.
pub(super) fn renewal_in(left: i64, life: i64) -> Duration {
    let wait = (left - life / 3).max(left / 3).max(1000);
    Duration::from_millis(u64::try_from(wait).unwrap_or(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_token_is_renewed_at_two_thirds_of_its_life() {
        let claims = Claims::of(&token(r#"{"iat":1000,"exp":4600}"#));
        assert_eq!((claims.expires_at(), claims.life_ms()), (Some(UnixMillis(4_600_000)), Some(3_600_000)));
        let minutes = |minutes: i64| minutes * 60_000;
        for (left, wait) in [(60, 40), (50, 30), (30, 10), (12, 4), (3, 1)] {
            assert_eq!(renewal_in(minutes(left), minutes(60)), Duration::from_secs(wait * 60), "{left} min left");
        }
        for late in [0, -1, i64::MIN / 2] {
            assert_eq!(renewal_in(late, minutes(60)), Duration::from_secs(1));
        }
    }

    #[test]
    fn nothing_is_known_of_what_is_no_token() {
        for bad in
            ["", "a.b.c", "x", &token("[]"), &token(r#"{"exp":"soon"}"#), &token(r#"{"exp":9223372036854775807}"#)]
        {
            let claims = Claims::of(bad);
            assert_eq!((claims.expires_at(), claims.life_ms()), (None, None), "{bad}");
        }
        assert_eq!(Claims::of(&token(r#"{"iat":4600,"exp":1000}"#)).life_ms(), None, "it ends before it begins");
    }
}
