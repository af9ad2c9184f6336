//! Certificates through starts, damage and time.

pub(super) mod given_files;
mod shown_to;

use std::fs;
use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::{TempDir, tempdir};

use super::read::Chain;
use super::*;

pub(super) const NOW: i64 = 1_800_000_000_000;

fn hosts(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn open(folder: &Path, days: i64) -> Result<Authority, StartError> {
    Authority::open(folder, UnixMillis(NOW + days * DAY))
}

fn kept(authority: &Authority, names: &[&str], days: i64) -> leaf::Leaf {
    leaf::kept_or_made(authority, &hosts(names), UnixMillis(NOW + days * DAY)).unwrap()
}

/// A day that tests set, and the clock that shows it.
fn calendar() -> (Arc<AtomicI64>, Wall) {
    let day = Arc::new(AtomicI64::new(0));
    let shown = Arc::clone(&day);
    (day, Arc::new(move || UnixMillis(NOW + shown.load(Ordering::Relaxed) * DAY)))
}

#[test]
fn an_authority_is_made_once_and_its_key_is_its_owners() {
    let folder = tempdir().unwrap();
    let first = open(folder.path(), 0).unwrap();
    let again = open(folder.path(), 100).unwrap();
    assert_eq!(first.fingerprint(), again.fingerprint());
    assert_eq!(first.certificate(), again.certificate());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path().join("ca.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_damaged_authority_says_which_file_and_what_to_do() {
    let (folder, foreign) = (tempdir().unwrap(), tempdir().unwrap());
    open(folder.path(), 0).unwrap();
    open(foreign.path(), 0).unwrap();
    let leaf = kept(&open(foreign.path(), 0).unwrap(), &[], 0);
    drop(leaf);
    let good = |name: &str| fs::read(folder.path().join(name)).unwrap();
    let (certificate, key) = (good("ca.pem"), good("ca.key"));
    let foreign = |name: &str| fs::read(foreign.path().join(name)).unwrap();
    for (name, bytes, why) in [
        ("ca.pem", Some(b"nonsense".to_vec()), "is no certificate"),
        ("ca.pem", Some(certificate[..certificate.len() / 2].to_vec()), "is no certificate"),
        ("ca.pem", Some(foreign("ca.pem")), "does not belong to ca.key"),
        ("ca.pem", Some(foreign("own.pem")), "is no certificate of an authority"),
        ("ca.pem", None, "ca.pem is missing"),
        ("ca.key", Some(Vec::new()), "is no private key"),
        ("ca.key", Some(b"\xff\xfe".to_vec()), "is no private key"),
        ("ca.key", None, "ca.key is missing"),
    ] {
        let path = folder.path().join(name);
        match bytes {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        let said = open(folder.path(), 0).unwrap_err().to_string();
        assert!(said.contains(name) && said.contains(why) && said.contains("backup"), "{said}");
        fs::write(folder.path().join("ca.pem"), &certificate).unwrap();
        fs::write(folder.path().join("ca.key"), &key).unwrap();
        open(folder.path(), 0).unwrap();
    }
    let said = open(folder.path(), 4000).unwrap_err().to_string();
    assert!(said.contains("has expired"), "{said}");
}

#[test]
fn a_certificate_is_made_again_only_for_a_reason() {
    let folder = tempdir().unwrap();
    let authority = open(folder.path(), 0).unwrap();
    let first = kept(&authority, &["calls.example", "192.0.2.7"], 0);
    for host in ["localhost", "127.0.0.1", "::1", "calls.example", "192.0.2.7"] {
        let chain = Chain::of_pem(&fs::read(folder.path().join("own.pem")).unwrap()).unwrap();
        assert!(chain.hosts.contains(host), "{host}: {chain:?}");
    }
    let same = |leaf: &leaf::Leaf| leaf.key.cert == first.key.cert;
    assert!(same(&kept(&authority, &["192.0.2.7", "calls.example"], 30)));
    assert!(!same(&kept(&authority, &["192.0.2.7", "other.example"], 30)), "its names changed");
    let second = kept(&authority, &["calls.example"], 31);
    assert!(!second.is_due(UnixMillis(NOW + 80 * DAY)));
    assert!(second.is_due(UnixMillis(NOW + 95 * DAY)));
    assert!(second.is_due(UnixMillis(NOW)), "a clock that was set back");
    fs::write(folder.path().join("own.key"), "nonsense").unwrap();
    assert_ne!(kept(&authority, &["calls.example"], 32).key.cert, second.key.cert);
}

#[test]
fn an_address_may_be_written_in_any_way() {
    let folder = tempdir().unwrap();
    let authority = open(folder.path(), 0).unwrap();
    let first = kept(&authority, &["2001:DB8:0::7"], 0);
    assert_eq!(kept(&authority, &["2001:DB8:0::7"], 1).key.cert, first.key.cert);
}

#[test]
fn a_certificate_never_outlives_its_authority() {
    let folder = tempdir().unwrap();
    open(folder.path(), 0).unwrap();
    let authority = open(folder.path(), 3640).unwrap();
    kept(&authority, &[], 3640);
    let [leaf, ca] = ["own.pem", "ca.pem"].map(|name| Chain::of_pem(&fs::read(folder.path().join(name)).unwrap()));
    assert_eq!(leaf.unwrap().until, ca.unwrap().until);
}

#[tokio::test(start_paused = true)]
async fn a_running_service_renews_its_certificate_in_time() {
    crypto::install();
    let folder = tempdir().unwrap();
    let (day, wall) = calendar();
    let _tls = Tls::start_at(folder.path(), &hosts(&["calls.example"]), Source::Own, Answers::default(), wall).unwrap();
    let shown = || fs::read(folder.path().join("tls/own.pem")).unwrap();
    let first = shown();
    for (today, renewed) in [(10, false), (59, false), (61, true)] {
        day.store(today, Ordering::Relaxed);
        tokio::time::sleep(2 * LOOK_EVERY).await;
        assert_eq!(shown() != first, renewed, "on day {today}");
    }
}
