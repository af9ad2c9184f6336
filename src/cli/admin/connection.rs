//! How a program of this machine is told where the service is and what to prove itself with: the connection string of
//! the official ACS SDKs.

use super::reached::Places;
use crate::base::secret::Secret;
use crate::cli::exit::Failure;
use crate::cli::output::Output;

/// What is lost without https.
const WITHOUT_HTTPS: &str = "this service serves no HTTPS, so the connection string says http. JavaScript clients take \
                             that with allowInsecureConnection; Python's from_connection_string always goes to https and \
                             fails: there, give the client the endpoint and an AzureKeyCredential instead";

/// Where the service is, for programs, and the whole line.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// With a slash at its end.
    pub(super) endpoint: String,
    /// Endpoint and key, as SDKs read it.
    pub(super) line: Secret<String>,
}

impl Connection {
    /// That of a running service, with one of its keys: over https where it serves that, unless it is to be `plain`.
    /// Says so where it had to be plain.
    ///
    /// # Errors
    /// When it is to be plain, and no such address is known.
    pub(super) fn of(places: &Places, key: &Secret<String>, plain: bool, output: &mut Output) -> Result<Self, Failure> {
        let https = places.https.as_ref().filter(|_| !plain);
        if https.is_none() && !plain {
            output.warning(WITHOUT_HTTPS);
        }
        let unknown = || Failure::usage("the service was named by its https address, and no other one is known here");
        let endpoint = format!("{}/", https.or(places.http.as_ref()).ok_or_else(unknown)?);
        let line = Secret::new(format!("endpoint={endpoint};accesskey={}", key.expose()));
        Ok(Self { endpoint, line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::globals::Globals;
    use crate::cli::output::tests::taped;

    #[test]
    fn the_line_is_what_sdks_read_and_plain_http_is_said() {
        let mut places = Places {
            http: Some("http://127.0.0.1:8790".into()),
            https: Some("https://127.0.0.1:8791".into()),
            ..Places::default()
        };
        let key = Secret::new("a2V5".to_owned());
        let (mut output, _, messages) = taped(&Globals::default());
        let line = |places: &Places, plain, output: &mut Output| {
            Connection::of(places, &key, plain, output).unwrap().line.expose().clone()
        };
        assert_eq!(line(&places, false, &mut output), "endpoint=https://127.0.0.1:8791/;accesskey=a2V5");
        assert_eq!(line(&places, true, &mut output), "endpoint=http://127.0.0.1:8790/;accesskey=a2V5");
        assert_eq!(messages.text(), "");
        places.https = None;
        assert_eq!(line(&places, false, &mut output), "endpoint=http://127.0.0.1:8790/;accesskey=a2V5");
        assert!(messages.text().contains("from_connection_string"), "{}", messages.text());
        let elsewhere = Places { https: Some("https://calls.example".into()), ..Places::default() };
        assert_eq!(line(&elsewhere, false, &mut output), "endpoint=https://calls.example/;accesskey=a2V5");
        assert!(Connection::of(&elsewhere, &key, true, &mut output).is_err());
    }
}
