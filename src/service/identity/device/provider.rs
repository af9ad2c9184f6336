//! The issuer that people sign in with, as this service's client there: what is asked of it over HTTP.

use std::sync::Arc;

use reqwest::RequestBuilder;
use reqwest::header::{ACCEPT, CONTENT_TYPE};

use super::answer::{self, Begun, Tokens, Told};
use super::names::Names;
use crate::base::secret::Secret;
use crate::config::{Issuer, Oidc};
use crate::domain::time::UnixMillis;
use crate::service::identity::Outsider;
use crate::service::identity::issuers::{Discovery, Source, sent};

/// The grant of RFC 8628 section 3.4.
const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// The issuer, and who we are there.
pub(super) struct Provider {
    source: Arc<Source>,
    host: String,
    client_id: String,
    secret: Option<Secret<String>>,
    scopes: String,
}

impl Provider {
    pub(super) fn new(
        (issuer, source): (&Issuer, Arc<Source>),
        settings: &Oidc,
        secret: Option<Secret<String>>,
    ) -> Self {
        Self {
            source,
            host: issuer.host(),
            client_id: settings.client_id.clone(),
            secret,
            scopes: settings.scopes.join(" "),
        }
    }

    /// As people know it.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Begins a sign-in. The `nonce` is to come back in the token, where the issuer has that for this grant.
    pub(super) async fn begin(&self, nonce: &str) -> Result<Begun, String> {
        let described = self.source.described().await?;
        let missing = "it has no device authorization endpoint: it does not take part in RFC 8628";
        let url = described.device_authorization_endpoint.as_deref().ok_or(missing)?;
        let form = [("client_id", self.client_id.as_str()), ("scope", &self.scopes), ("nonce", nonce)];
        let (status, body) = sent(url, self.form(&described, url, &form)?).await?;
        answer::begun(status, &body)
    }

    /// Asks for the tokens.
    pub(super) async fn ask(&self, device_code: &Secret<String>) -> Told {
        match self.asked(device_code).await {
            Ok((status, body)) => answer::told(status, &body),
            Err(why) => Told::Nothing(why),
        }
    }

    async fn asked(&self, device_code: &Secret<String>) -> Result<(u16, Vec<u8>), String> {
        let described = self.source.described().await?;
        let url = described.token_endpoint.as_deref().ok_or("it has no token endpoint")?;
        let form = [("grant_type", GRANT), ("device_code", device_code.expose()), ("client_id", &self.client_id)];
        sent(url, self.form(&described, url, &form)?).await
    }

    /// Whom the tokens vouch for, and what that person is called there.
    pub(super) async fn vouched(
        &self,
        tokens: &Tokens,
        nonce: &str,
        now: UnixMillis,
    ) -> Result<(Outsider, Names), String> {
        let mut claims = self.source.verify(tokens.id_token.expose(), now).await.map_err(|why| why.to_string())?;
        if claims.nonce.as_ref().is_some_and(|theirs| theirs != nonce) {
            return Err("its token was made for another sign-in".to_owned());
        }
        let names = std::mem::take(&mut claims.names);
        let who = claims.outsider();
        // OpenID Connect Core section 3.1.3.7: for us, and given to us.
        let given_to_us = match &who.program {
            Some(program) => *program == self.client_id,
            None => who.audiences.len() == 1,
        };
        if !who.audiences.contains(&self.client_id) || !given_to_us {
            return Err("its token is for another program".to_owned());
        }
        let names = if names.is_empty() { self.looked_up(tokens, &who).await } else { names };
        Ok((who, names))
    }

    /// What the person is called, where the token does not say (OpenID Connect Core section 5.3). Without an answer, nothing:
    /// it is no reason not to sign somebody in.
    async fn looked_up(&self, tokens: &Tokens, who: &Outsider) -> Names {
        self.user_info(tokens, who).await.unwrap_or_else(|why| {
            tracing::warn!(why, "what somebody is called can't be looked up at the issuer");
            Names::default()
        })
    }

    async fn user_info(&self, tokens: &Tokens, who: &Outsider) -> Result<Names, String> {
        #[derive(serde::Deserialize)]
        struct UserInfo {
            sub: String,
            #[serde(flatten)]
            names: Names,
        }
        let described = self.source.described().await?;
        let (Some(url), Some(token)) = (&described.userinfo_endpoint, &tokens.access_token) else {
            return Ok(Names::default());
        };
        let request = self.source.client()?.get(url).bearer_auth(token.expose()).header(ACCEPT, "application/json");
        let (status, body) = sent(url, request).await?;
        if status != 200 {
            return Err(format!("it answered {status}"));
        }
        let info: UserInfo = serde_json::from_slice(&body).map_err(|why| why.to_string())?;
        // Section 5.3.2: what is about somebody else does not count.
        if info.sub == who.subject { Ok(info.names) } else { Err("it answered about somebody else".to_owned()) }
    }

    /// A form for the issuer, with the secret of this client in the way it takes it (RFC 6749 section 2.3.1).
    fn form(&self, described: &Discovery, url: &str, fields: &[(&str, &str)]) -> Result<RequestBuilder, String> {
        let request = self.source.client()?.post(url).header(ACCEPT, "application/json");
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let Some(secret) = &self.secret else { return Ok(request.body(encoded(fields)?)) };
        let ways = &described.token_endpoint_auth_methods_supported;
        let in_header = ways.is_empty() || ways.iter().any(|way| way == "client_secret_basic");
        if !in_header {
            let secret = ("client_secret", secret.expose().as_str());
            return Ok(request.body(encoded(&[fields, &[secret]].concat())?));
        }
        let [user, password] = [self.client_id.as_str(), secret.expose()].map(part);
        Ok(request.basic_auth(user?, Some(password?)).body(encoded(fields)?))
    }
}

/// Names and values as `application/x-www-form-urlencoded`.
fn encoded(fields: &[(&str, &str)]) -> Result<String, String> {
    let url = reqwest::Url::parse_with_params("http://form.invalid/", fields).map_err(|why| why.to_string())?;
    Ok(url.query().unwrap_or_default().to_owned())
}

/// A text alone in the same encoding.
fn part(text: &str) -> Result<String, String> {
    Ok(encoded(&[("", text)])?.trim_start_matches('=').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_encoded_as_browsers_do_it() {
        assert_eq!(encoded(&[("a b", "c&d=é"), ("x", "")]).unwrap(), "a+b=c%26d%3D%C3%A9&x=");
        assert_eq!(part("=s e:c").unwrap(), "%3Ds+e%3Ac");
    }
}
