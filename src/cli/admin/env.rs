//! `switchboard admin env`: what the official ACS SDKs look for in the environment, so that a program written for Azure
//! runs here unchanged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::connection::Connection;
use super::office::Office;
use crate::base::file;
use crate::base::secret::Secret;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::Output;

/// Print what to set in a shell, so that SDK programs find the service.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  eval \"$(switchboard admin env)\"                              sh, bash, zsh
  switchboard admin env --shell fish | source
  switchboard admin env --shell powershell | Out-String | Invoke-Expression")]
pub struct EnvArgs {
    /// Which shell reads it
    #[arg(long, value_enum, default_value_t = Shell::Sh)]
    pub shell: Shell,
}

/// Shells that set variables differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// The Bourne shell and its children: bash, dash, zsh
    Sh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
}

/// Variables and their values.
pub(super) type Variables = Vec<(&'static str, Secret<String>)>;

/// Where SDKs look for a connection string.
const CONNECTION: &str = "COMMUNICATION_SERVICES_CONNECTION_STRING";
/// Where requests (Python), OpenSSL, and Node look for authorities to trust; the last one adds to its own.
const BUNDLE: [&str; 2] = ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];
const ADDED: &str = "NODE_EXTRA_CA_CERTS";
/// Why programs won't trust a service that the phone does.
const ONLY_FINGERPRINT: &str = "this machine knows the service by its fingerprint, which programs can't go by: name the \
                                file of its authority with --ca, which is service/tls/ca.pem in the service's data folder";
/// Where systems keep the authorities they trust.
const OF_SYSTEM: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/openssl@3/cert.pem",
    "/opt/homebrew/etc/openssl@3/cert.pem",
];

/// Prints them.
///
/// # Errors
/// When no service runs, or its files can't be used.
pub(super) async fn run(arguments: &EnvArgs, office: &Office, output: &mut Output) -> Result<Exit, Failure> {
    for (name, value) in variables(office, output).await? {
        output.result(&assignment(arguments.shell, name, value.expose()))?;
    }
    Ok(Exit::Done)
}

/// What a program needs to find the service that runs, and to trust it.
pub(super) async fn variables(office: &Office, output: &mut Output) -> Result<Variables, Failure> {
    let (places, keys) = (office.running()?, office.keys().await?);
    let mut variables = vec![(CONNECTION, Connection::of(places, &keys.primary, false, output)?.line)];
    if places.only_fingerprint {
        output.warning(ONLY_FINGERPRINT);
    }
    let Some(ca) = &places.ca else { return Ok(variables) };
    let bundle = places.bundle.clone();
    let bundle = std::path::absolute(&bundle).unwrap_or(bundle);
    let system = of_system(&bundle);
    if system.is_none() {
        output.warning("the authorities this system trusts were not found: programs will trust this service alone");
    }
    keep(&bundle, ca, system.as_deref())
        .map_err(|why| Failure::new(Exit::Failed, format!("{} can't be written: {why}", bundle.display())))?;
    let path = |path: &Path| Secret::new(path.to_string_lossy().into_owned());
    variables.extend(BUNDLE.map(|name| (name, path(&bundle))));
    variables.push((ADDED, path(&std::path::absolute(ca).unwrap_or_else(|_| ca.clone()))));
    Ok(variables)
}

/// The authorities programs trust otherwise: what the environment says already, but for `ours`, or those of the system.
fn of_system(ours: &Path) -> Option<PathBuf> {
    let named = std::env::var_os(BUNDLE[1]).map(PathBuf::from);
    let places = named.into_iter().chain(OF_SYSTEM.map(PathBuf::from));
    places.filter(|place| place != ours).find(|place| place.is_file())
}

/// Writes `bundle`, whole or not at all, unless it is as it should be.
fn keep(bundle: &Path, ca: &Path, system: Option<&Path>) -> io::Result<()> {
    let mut wanted = system.map(fs::read).transpose()?.unwrap_or_default();
    if wanted.last().is_some_and(|last| *last != b'\n') {
        wanted.push(b'\n');
    }
    wanted.extend(fs::read(ca)?);
    if fs::read(bundle).is_ok_and(|kept| kept == wanted) {
        return Ok(());
    }
    file::replace_readable(bundle, &wanted)
}

fn assignment(shell: Shell, name: &str, value: &str) -> String {
    match shell {
        Shell::Sh => format!("export {name}='{}'", value.replace('\'', r"'\''")),
        Shell::Fish => format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
        Shell::Powershell => format!("$env:{name} = '{}'", value.replace('\'', "''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_for_each_shell() {
        for (shell, expected) in [
            (Shell::Sh, r"export A='it'\''s \ $x'"),
            (Shell::Fish, r"set -gx A 'it\'s \\ $x'"),
            (Shell::Powershell, r"$env:A = 'it''s \ $x'"),
        ] {
            assert_eq!(assignment(shell, "A", r"it's \ $x"), expected);
        }
    }

    #[test]
    fn the_bundle_follows_both_of_its_parts() {
        let folder = tempfile::tempdir().unwrap();
        let [bundle, ca, system] = ["bundle", "ca", "system"].map(|name| folder.path().join(name));
        fs::write(&ca, "ours\n").unwrap();
        keep(&bundle, &ca, None).unwrap();
        assert_eq!(fs::read_to_string(&bundle).unwrap(), "ours\n");
        fs::write(&system, "theirs").unwrap();
        keep(&bundle, &ca, Some(&system)).unwrap();
        assert_eq!(fs::read_to_string(&bundle).unwrap(), "theirs\nours\n");
        fs::write(&ca, "new\n").unwrap();
        keep(&bundle, &ca, Some(&system)).unwrap();
        keep(&bundle, &ca, Some(&system)).unwrap();
        assert_eq!(fs::read_to_string(&bundle).unwrap(), "theirs\nnew\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside it");
    }
}
