//! `[oidc]`: other issuers of tokens, whom the service believes.

use std::fmt;
use std::str::FromStr;

use toml::Value;

use super::section::section;
use super::value::{Setting, choice};
use crate::domain::host::is_this_machine;
use crate::domain::text::printable;

section! {
    /// Other issuers of tokens (OpenID Connect) whose people get an identity here: programs exchange a token of theirs
    /// for one of this service. With none, such requests are refused.
    Oidc in "oidc" {
        /// Their names, as their tokens have it in `iss`: such as `https://login.example/tenant`. What they sign with is
        /// looked up there, over https; over http only on this machine.
        issuers: Vec<Issuer> = Vec::new(),
        /// For whom their tokens have to be, by `aud`: the client ids of your programs. At least one is needed.
        audiences: Vec<String> = Vec::new(),
        /// Programs that may do with a token of their own what an access key may at the routes of ACS: such as
        /// `[{ issuer = "https://login.example", client = "crm" }]`. The token has to be given to that client and be of no
        /// person: its `sub` is the client's name, too, or else what is said as `subject`.
        programs: OidcPrograms = OidcPrograms::default(),
        /// The issuer that people sign in with who have an account there: `switchboard sign-in --oidc`. Its name as above;
        /// it need not be one of those, which are for programs. Empty: people sign in with a password only.
        sign_in: Option<Issuer> = None,
        /// What this service is called there: the client id it was registered with, for the device authorization grant
        /// (RFC 8628).
        client_id: String = String::new(),
        /// The file with the secret of that client. Empty: it has none, as a public client.
        client_secret_file: String = String::new(),
        /// What the issuer is asked for; `openid` is needed, and the others for the names people get here.
        scopes: Vec<String> = vec!["openid".to_owned(), "profile".to_owned(), "email".to_owned()],
        /// Who may sign in so: made (everybody the issuer lets in; an account is made the first time) or known (who was
        /// bound to an account by `switchboard admin user bind`).
        accounts: OidcAccounts = OidcAccounts::Made,
    }
}

choice! {
    /// Who may sign in with an issuer.
    OidcAccounts {
        /// Everybody it lets in; an account is made the first time.
        Made = "made",
        /// Who was bound to an account.
        Known = "known",
    }
}

/// A program that an issuer gives tokens to for itself, by the client credentials grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcProgram {
    /// Who vouches for it.
    pub issuer: Issuer,
    /// Its client id there.
    pub client: String,
    /// What its own tokens have as `sub`, where that is not the client id.
    pub subject: Option<String>,
}

/// Programs of issuers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OidcPrograms(pub Vec<OidcProgram>);

impl OidcProgram {
    /// What its own tokens have as `sub`.
    pub fn subject(&self) -> &str {
        self.subject.as_deref().unwrap_or(&self.client)
    }
}

/// How a program is written.
const EXPECTED: &str = "use { issuer = \"https://…\", client = \"…\" }, with subject = \"…\" where that is another";

impl Setting for OidcProgram {
    fn read(value: &Value) -> Result<Self, String> {
        let table = value.as_table().ok_or(EXPECTED)?;
        let text = |name: &str| match table.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            None => Ok(None),
            Some(_) => Err(EXPECTED),
        };
        if table.keys().any(|name| !["issuer", "client", "subject"].contains(&name.as_str())) {
            return Err(EXPECTED.to_owned());
        }
        let issuer = table.get("issuer").ok_or(EXPECTED)?;
        let client = text("client")?.ok_or(EXPECTED)?;
        Ok(Self { issuer: Issuer::read(issuer)?, client, subject: text("subject")? })
    }

    fn write(&self) -> Value {
        let named = [
            ("issuer", Some(self.issuer.as_str())),
            ("client", Some(&self.client)),
            ("subject", self.subject.as_deref()),
        ];
        let texts = named.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
        Value::Table(texts.collect())
    }
}

impl Setting for OidcPrograms {
    fn read(value: &Value) -> Result<Self, String> {
        let tables = value.as_array().ok_or_else(|| format!("{EXPECTED}, each in a list"))?;
        tables.iter().map(OidcProgram::read).collect::<Result<_, _>>().map(Self)
    }

    fn write(&self) -> Value {
        self.0.write()
    }

    /// The tables of the list, without its brackets.
    fn from_text(text: &str) -> Value {
        let listed: Result<toml::Table, _> = format!("listed = [{text}]").parse();
        let listed = listed.ok().and_then(|mut table| table.remove("listed"));
        listed.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

/// An issuer, by its URL. Kept as it was written: tokens name it letter by letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(String);

/// Why a text is no issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no issuer: write https://HOST/PATH, or http://127.0.0.1:PORT on this machine")]
pub struct NotAnIssuer(String);

impl Issuer {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, as people know it.
    pub fn host(&self) -> String {
        let url = reqwest::Url::parse(&self.0).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| self.0.clone())
    }

    /// Whether something may be looked up at `url`: nobody on the way can change what https brings, nor what stays on
    /// this machine.
    pub fn may_fetch(url: &str) -> bool {
        let Ok(url) = reqwest::Url::parse(url) else { return false };
        let bare = url.username().is_empty() && url.password().is_none();
        bare && match url.scheme() {
            "https" => url.has_host(),
            "http" => url.host_str().is_some_and(is_this_machine),
            _ => false,
        }
    }
}

impl FromStr for Issuer {
    type Err = NotAnIssuer;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain = !text.contains(['?', '#']) && Self::may_fetch(text);
        if plain { Ok(Self(text.to_owned())) } else { Err(NotAnIssuer(printable(text, 80))) }
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Setting for Issuer {
    fn read(value: &Value) -> Result<Self, String> {
        let text = value.as_str().ok_or_else(|| NotAnIssuer(value.to_string()).to_string())?;
        text.parse().map_err(|why: NotAnIssuer| why.to_string())
    }

    fn write(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_read_as_tables_from_a_file_and_from_a_variable() {
        let text = r#"{ issuer = "https://login.example", client = "crm" },
                      { issuer = "https://a.example/t", client = "x", subject = "y" }"#;
        let programs = OidcPrograms::read(&OidcPrograms::from_text(text)).unwrap();
        let told: Vec<_> = programs.0.iter().map(|it| (it.issuer.as_str(), &*it.client, it.subject())).collect();
        assert_eq!(told, [("https://login.example", "crm", "crm"), ("https://a.example/t", "x", "y")]);
        assert_eq!(OidcPrograms::read(&programs.write()), Ok(programs));
        assert_eq!(OidcPrograms::read(&OidcPrograms::from_text("")), Ok(OidcPrograms::default()));
        for bad in [
            r#""crm""#,
            r#"{ client = "crm" }"#,
            r#"{ issuer = "https://login.example" }"#,
            r#"{ issuer = "https://login.example", client = "" }"#,
            r#"{ issuer = "https://login.example", client = "crm", subject = 7 }"#,
            r#"{ issuer = "https://login.example", client = "crm", sub = "x" }"#,
            r#"{ issuer = "http://login.example", client = "crm" }"#,
            "crm, {",
        ] {
            let why = OidcPrograms::read(&OidcPrograms::from_text(bad)).unwrap_err();
            assert!(why.contains("https://"), "{bad}: {why}");
        }
    }

    #[test]
    fn issuers_are_reached_by_https_or_on_this_machine() {
        for good in [
            "https://login.example/tenant/v2.0",
            "https://login.example/",
            "http://127.0.0.1:8080/realms/x",
            "http://[::1]:1",
            "http://localhost:8080",
        ] {
            assert_eq!(good.parse::<Issuer>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "login.example",
            "http://login.example",
            "http://127.0.0.1.evil.example",
            "http://10.0.0.1",
            "ftp://localhost",
            "https://eve@login.example",
            "https://login.example?x",
            "https://login.example#x",
            "file:///etc/passwd",
        ] {
            assert!(bad.parse::<Issuer>().unwrap_err().to_string().contains("https://HOST"), "{bad}");
        }
    }
}
