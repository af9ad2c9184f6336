//! Which certificate `serve` shows, as `[tls]` says.

use std::net::IpAddr;
use std::path::Path;

use super::settings::Settings;
use crate::config::Problem;
use crate::domain::host::is_this_machine;
use crate::service::tls::{AcmeSettings, Source};

/// What the settings ask for.
///
/// # Errors
/// When they ask for two ways at once, or for half of one.
pub fn source(settings: &Settings) -> Result<Source, Problem> {
    let (loaded, tls) = (&settings.loaded, &settings.loaded.config.tls);
    match (tls.certificate.as_str(), tls.key.as_str(), tls.acme) {
        ("", "", false) => Ok(Source::Own),
        ("", "", true) => acme(settings).map(Source::Acme),
        (_, _, true) => {
            Err(loaded.problem("tls.acme", "a certificate is given and to be fetched: leave one of them out"))
        }
        (_, "", _) => Err(loaded.problem("tls.key", "a certificate needs its key: say in which file it is")),
        ("", _, _) => Err(loaded.problem("tls.certificate", "a key needs its certificate: say in which file it is")),
        (certificate, key, _) => Ok(Source::Given { certificate: certificate.into(), key: key.into() }),
    }
}

fn acme(settings: &Settings) -> Result<AcmeSettings, Problem> {
    let (loaded, tls) = (&settings.loaded, &settings.loaded.config.tls);
    let host = loaded.config.service.public_url.as_ref().map(|url| url.host().to_owned());
    let host = host.filter(|host| host.parse::<IpAddr>().is_err() && !is_this_machine(host)).ok_or_else(|| {
        let why = "ACME certifies a host name: say it with service.public_url, such as https://calls.example.com";
        loaded.problem("tls.acme", why)
    })?;
    if loaded.config.service.tls_listen.is_none() {
        return Err(loaded.problem("tls.acme", "a certificate is of use only with service.tls_listen"));
    }
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let contact = given(&tls.acme_contact);
    if contact.as_ref().is_some_and(|contact| !contact.contains(':')) {
        return Err(loaded.problem("tls.acme_contact", "use a URL, such as mailto:ops@example.com"));
    }
    if !tls.acme_directory.starts_with("https://") {
        return Err(loaded.problem("tls.acme_directory", "use the https:// URL of an ACME directory"));
    }
    let ca = given(&tls.acme_ca).map(|path| Path::new(&path).to_owned());
    let (directory, challenge) = (tls.acme_directory.clone(), tls.acme_challenge);
    Ok(AcmeSettings { directory, contact, ca, host, challenge })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::globals::Globals;
    use crate::cli::settings;

    #[derive(clap::Parser)]
    struct Bare {
        #[command(flatten)]
        globals: Globals,
    }

    fn with(variables: &[(&str, &str)]) -> Result<Source, Problem> {
        let folder = tempfile::tempdir().unwrap();
        let globals = Bare::parse_from(["switchboard", "--data", folder.path().to_str().unwrap()]).globals;
        let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        source(&settings::load(&globals, Vec::new(), environment).unwrap())
    }

    const CERTIFICATE: (&str, &str) = ("SWITCHBOARD_TLS_CERTIFICATE", "/c.pem");
    const KEY: (&str, &str) = ("SWITCHBOARD_TLS_KEY", "/k.pem");
    const ACME: (&str, &str) = ("SWITCHBOARD_TLS_ACME", "true");
    const URL: (&str, &str) = ("SWITCHBOARD_SERVICE_PUBLIC_URL", "https://calls.example");

    #[test]
    fn there_are_three_ways_to_a_certificate() {
        assert_eq!(with(&[]), Ok(Source::Own));
        let given = Source::Given { certificate: "/c.pem".into(), key: "/k.pem".into() };
        assert_eq!(with(&[CERTIFICATE, KEY]), Ok(given));
        let Ok(Source::Acme(acme)) = with(&[ACME, URL]) else { panic!("no ACME") };
        assert_eq!((acme.host.as_str(), acme.contact, acme.ca), ("calls.example", None, None));
        assert!(acme.directory.contains("letsencrypt.org"));
    }

    #[test]
    fn half_a_way_and_two_at_once_name_the_setting() {
        let address = ("SWITCHBOARD_SERVICE_PUBLIC_URL", "https://192.0.2.7");
        for (given, key) in [
            (vec![CERTIFICATE], "tls.key"),
            (vec![KEY], "tls.certificate"),
            (vec![CERTIFICATE, KEY, ACME, URL], "tls.acme"),
            (vec![ACME], "tls.acme"),
            (vec![ACME, address], "tls.acme"),
            (vec![ACME, URL, ("SWITCHBOARD_SERVICE_TLS_LISTEN", "")], "tls.acme"),
            (vec![ACME, URL, ("SWITCHBOARD_TLS_ACME_CONTACT", "ops")], "tls.acme_contact"),
            (vec![ACME, URL, ("SWITCHBOARD_TLS_ACME_DIRECTORY", "http://x")], "tls.acme_directory"),
        ] {
            assert_eq!(with(&given).unwrap_err().key, key, "{given:?}");
        }
    }
}
