//! What a token of another issuer says (RFC 7519), and whether a key signed it. Pure.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Names, Outsider};

/// The longest token looked at, in bytes: those of large companies list groups.
const MAX_TOKEN: usize = 16 * 1024;

/// What is needed of a token's header (RFC 7515 section 4.1).
#[derive(Debug, Deserialize)]
pub(super) struct Header {
    pub(super) alg: String,
    pub(super) kid: String,
}

/// What is needed of a token's claims (RFC 7519 section 4.1, OpenID Connect Core section 2, RFC 9068 section 2.2).
#[derive(Debug, Deserialize)]
pub(in crate::service::identity) struct Claims {
    pub(super) iss: String,
    pub(super) sub: String,
    pub(super) exp: i64,
    pub(super) nbf: Option<i64>,
    pub(super) aud: Audience,
    oid: Option<String>,
    azp: Option<String>,
    appid: Option<String>,
    client_id: Option<Value>,
    cid: Option<Value>,
    /// What Entra ID says a token is: `app` where no person has to do with it.
    idtyp: Option<Value>,
    /// When a person signed in.
    auth_time: Option<IgnoredAny>,
    /// What binds an ID token to the access token that came with it.
    at_hash: Option<IgnoredAny>,
    /// What whoever asked for the token made up for it.
    pub(in crate::service::identity) nonce: Option<String>,
    /// What the person is called there.
    #[serde(flatten)]
    pub(in crate::service::identity) names: Names,
}

/// For whom a token is.
#[derive(Debug, Deserialize)]
#[serde(from = "OneOrMany")]
pub(super) struct Audience(Vec<String>);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Audience {
    fn from(audience: OneOrMany) -> Self {
        match audience {
            OneOrMany::One(one) => Self(vec![one]),
            OneOrMany::Many(many) => Self(many),
        }
    }
}

impl Audience {
    pub(super) fn all(&self) -> &[String] {
        &self.0
    }
}

impl Claims {
    /// Whom the token names.
    pub(in crate::service::identity) fn outsider(self) -> Outsider {
        let program = self.azp.or(self.appid);
        Outsider { issuer: self.iss, subject: self.sub, object: self.oid, program, audiences: self.aud.0 }
    }

    /// The client the token was given to, if all that name one name the same.
    pub(super) fn client(&self) -> Option<&str> {
        let texts = [&self.azp, &self.appid].into_iter().flatten().map(|text| Some(text.as_str()));
        let mut named = texts.chain([&self.client_id, &self.cid].into_iter().flatten().map(Value::as_str));
        let first = named.next()??;
        named.all(|other| other == Some(first)).then_some(first)
    }

    /// Whether a program got the token for itself: it was given to that `client`, and speaks of nobody but that one's own
    /// `subject`. What a person's sign-in brings was given to the client, too, but speaks of the person.
    pub(super) fn is_of_itself(&self, client: &str, subject: &str) -> bool {
        let signed_in = self.nonce.is_some() || self.auth_time.is_some() || self.at_hash.is_some();
        let for_apps = self.idtyp.as_ref().is_none_or(|kind| kind == "app");
        self.client() == Some(client) && self.sub == subject && for_apps && !signed_in
    }
}

/// Header and claims as they stand in a token, not checked.
pub(super) fn read(token: &str) -> Option<(Header, Claims)> {
    if token.len() > MAX_TOKEN {
        return None;
    }
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let (header, claims) = (parts.next()??, parts.next()??);
    Some((serde_json::from_slice(&header).ok()?, serde_json::from_slice(&claims).ok()?))
}

/// The claims of a token that `key` signed with `algorithm`, which is one the key is made for.
pub(super) fn signed(token: &str, key: &Jwk, algorithm: Algorithm) -> Option<Claims> {
    let key = DecodingKey::from_jwk(key).ok()?;
    let mut rules = Validation::new(algorithm);
    // Compared by the caller: with its clock, and with its own names.
    rules.validate_exp = false;
    rules.validate_aud = false;
    Some(jsonwebtoken::decode(token, &key, &rules).ok()?.claims)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_of_crm(change: Value) -> bool {
        let mut claims =
            json!({"iss": "https://login.example", "sub": "crm", "aud": "us", "exp": 7, "client_id": "crm"});
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value::<Claims>(claims).unwrap().is_of_itself("crm", "crm")
    }

    #[test]
    fn only_what_a_program_got_for_itself_is_its_own() {
        assert!(is_of_crm(json!({})));
        assert!(is_of_crm(json!({"idtyp": "app", "azp": "crm", "scope": "calls"})));
        for (what, change) in [
            ("a person's, given to it", json!({"sub": "alice"})),
            ("another program's", json!({"client_id": "erp"})),
            ("whose client is told in two ways", json!({"azp": "erp"})),
            ("given to nobody", json!({"client_id": null})),
            ("whose client is no text", json!({"client_id": ["crm"]})),
            ("a person's who is called like it", json!({"idtyp": "user"})),
            ("of a sign-in", json!({"nonce": "n"})),
            ("of a sign-in at a time", json!({"auth_time": 7})),
            ("an ID token", json!({"at_hash": "h"})),
        ] {
            assert!(!is_of_crm(change), "{what}");
        }
    }

    #[test]
    fn no_program_is_known_by_its_client_alone() {
        let claims = json!({"iss": "https://login.example", "sub": "object-7", "aud": ["us"], "exp": 7, "azp": "crm"});
        let claims: Claims = serde_json::from_value(claims).unwrap();
        assert!(claims.is_of_itself("crm", "object-7") && !claims.is_of_itself("crm", "crm"));
    }
}
