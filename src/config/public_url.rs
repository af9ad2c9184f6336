//! Where links to the service begin: what its operator says everybody reaches it by.

use std::fmt;
use std::str::FromStr;

use toml::Value;

use super::value::Setting;
use crate::domain::text::printable;

/// Scheme, host and port: `https://calls.example`, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

/// Why a text is no such URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address links can begin with: write http://HOST:PORT or https://HOST, and no path")]
pub struct NotAPublicUrl(String);

impl PublicUrl {
    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its host: a name, or an address without brackets.
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// Whether it begins with `https`.
    pub fn is_encrypted(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl FromStr for PublicUrl {
    type Err = NotAPublicUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NotAPublicUrl(printable(text, 80));
        let url = reqwest::Url::parse(text.trim()).map_err(|_| refused())?;
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let named = url.username().is_empty() && url.password().is_none() && url.has_host();
        if !matches!(url.scheme(), "http" | "https") || !bare || !named {
            return Err(refused());
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Setting for PublicUrl {
    fn read(value: &Value) -> Result<Self, String> {
        let text = value.as_str().ok_or_else(|| NotAPublicUrl(value.to_string()).to_string())?;
        text.parse().map_err(|why: NotAPublicUrl| why.to_string())
    }

    fn write(&self) -> Value {
        Value::String(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_links_begin_with_are_kept_short() {
        for (text, kept) in [
            ("https://Calls.Example", "https://calls.example"),
            ("https://calls.example:443/", "https://calls.example"),
            (" http://192.0.2.7:8790 ", "http://192.0.2.7:8790"),
            ("http://[2001:db8::1]:8790/", "http://[2001:db8::1]:8790"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().as_str(), kept);
        }
    }

    #[test]
    fn the_host_of_an_address_is_without_port_and_brackets() {
        for (text, host) in [
            ("https://calls.example", "calls.example"),
            ("http://192.0.2.7:8790", "192.0.2.7"),
            ("https://[2001:db8::1]:8791", "2001:db8::1"),
            ("https://[2001:db8::1]", "2001:db8::1"),
        ] {
            let url: PublicUrl = text.parse().unwrap();
            assert_eq!(url.host(), host);
            assert_eq!(url.is_encrypted(), text.starts_with("https"));
        }
    }

    #[test]
    fn what_links_cannot_begin_with_says_what_to_write() {
        for bad in [
            "",
            "calls.example",
            "calls.example:8790",
            "ftp://calls.example",
            "https://calls.example/phone",
            "https://calls.example?x",
            "https://calls.example#x",
            "https://eve@calls.example",
            "https://",
            "mailto:eve@calls.example",
        ] {
            let why = bad.parse::<PublicUrl>().unwrap_err().to_string();
            assert!(why.contains("http://HOST:PORT"), "{bad}: {why}");
        }
    }
}
