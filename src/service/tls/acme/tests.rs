//! Which certificate is kept and shown, and when the next one is ordered; orders themselves are tried with a real authority.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rcgen::KeyPair;
use tempfile::{TempDir, tempdir};

use super::*;
use crate::base::crypto;
use crate::service::tls::authority::Authority;
use crate::service::tls::tests::NOW;
use crate::service::tls::tests::given_files::{key, pair};
use crate::service::tls::{DAY, leaf};

const TRIAL: &str = "https://trial.example/dir";
const REAL: &str = "https://real.example/dir";
const HOST: &str = "calls.example";

/// A service's folder, and what it shows.
struct House {
    folder: TempDir,
    shown: Shown,
    now: Arc<AtomicI64>,
}

impl House {
    fn new() -> Self {
        crypto::install();
        let folder = tempdir().unwrap();
        let authority = Authority::open(folder.path(), UnixMillis(NOW)).unwrap();
        let own = leaf::make(&authority, &[].into(), UnixMillis(NOW)).unwrap();
        Self { folder, shown: Shown::new(own.key), now: Arc::new(AtomicI64::new(NOW)) }
    }

    fn starts(&self, directory: &str) -> Acme {
        let settings = AcmeSettings {
            directory: directory.to_owned(),
            contact: None,
            ca: None,
            host: HOST.to_owned(),
            challenge: AcmeChallenge::Auto,
        };
        let now = Arc::clone(&self.now);
        let wall: Wall = Arc::new(move || UnixMillis(now.load(Ordering::Relaxed)));
        Acme::start(settings, self.folder.path(), &self.shown, Answers::default(), wall).unwrap()
    }

    fn shows(&self, (certificate, key): &(String, String)) -> bool {
        let pair = Pair::of_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
        self.shown.of(Some(HOST)).cert == pair.foreign.key.cert
    }
}

fn brought(host: &str, days: std::ops::Range<i64>) -> (String, String) {
    pair(host, days, &key())
}

#[test]
fn a_certificate_of_another_directory_is_shown_until_there_is_one_and_ordered_anew_at_every_start() {
    let house = House::new();
    let trial = brought(HOST, 0..90);
    house.starts(TRIAL).take(&house.shown, &trial.0, &trial.1).unwrap();
    assert!(!house.starts(TRIAL).left().is_zero(), "it is the one that is wanted");
    for start in 1..=2 {
        let acme = house.starts(REAL);
        assert!(acme.left().is_zero(), "start {start}");
        assert!(house.shows(&trial), "start {start}");
    }
    let real = brought(HOST, 0..90);
    house.starts(REAL).take(&house.shown, &real.0, &real.1).unwrap();
    assert!(!house.starts(REAL).left().is_zero() && house.starts(TRIAL).left().is_zero());
    assert!(house.shows(&real));
}

#[test]
fn a_certificate_of_which_nothing_more_is_known_is_ordered_anew() {
    let house = House::new();
    let (certificate, key) = brought(HOST, 0..90);
    std::fs::write(house.folder.path().join("acme.pem"), certificate).unwrap();
    std::fs::write(house.folder.path().join("acme.key"), key).unwrap();
    assert!(house.starts(REAL).left().is_zero());
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_cannot_be_used_changes_nothing_and_is_not_asked_for_again_that_day() {
    let house = House::new();
    let mut acme = house.starts(REAL);
    let good = brought(HOST, 0..90);
    acme.take(&house.shown, &good.0, &good.1).unwrap();
    let (late, early, other) = (brought(HOST, -90..-1), brought(HOST, 2..90), brought("other.example", 0..90));
    let strangers = (good.0.clone(), KeyPair::generate().unwrap().serialize_pem());
    for (useless, why) in [
        (late, "has expired"),
        (early, "does not hold before"),
        (other, "does not name calls.example"),
        (strangers, "of another certificate"),
        ((String::new(), String::new()), "holds no certificate"),
    ] {
        let flaw = acme.take(&house.shown, &useless.0, &useless.1).unwrap_err().to_string();
        assert!(flaw.contains(why), "{flaw}");
        acme.fail(&Why::Useless(flaw));
        assert!(acme.not_before >= clock::now() + Duration::from_secs(24 * 60 * 60));
        assert!(house.shows(&good) && house.starts(REAL).life.is_some(), "{why}");
    }
}

#[cfg(unix)]
#[test]
fn a_certificate_is_shown_that_the_disk_does_not_take() {
    let house = House::new();
    let mut acme = house.starts(REAL);
    // A folder can't be replaced by a file.
    std::fs::create_dir_all(house.folder.path().join("acme.key/in the way")).unwrap();
    let good = brought(HOST, 0..90);
    acme.take(&house.shown, &good.0, &good.1).unwrap();
    assert!(house.shows(&good) && !acme.left().is_zero());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_put_an_order_off() {
    let house = House::new();
    house.now.store(NOW + 1_000 * DAY, Ordering::Relaxed);
    let mut acme = house.starts(REAL);
    acme.fail(&Why::Late);
    let wait = acme.left();
    house.now.store(NOW, Ordering::Relaxed);
    assert_eq!(acme.left(), wait);
    tokio::time::advance(wait).await;
    assert!(acme.left().is_zero());
}

#[test]
fn a_clock_that_is_wrong_orders_no_certificate_after_the_other() {
    let house = House::new();
    let mut acme = house.starts(REAL);
    // Two thirds of its life are over by this clock.
    let old = brought(HOST, -70..20);
    acme.take(&house.shown, &old.0, &old.1).unwrap();
    assert!(acme.left() > Duration::from_secs(23 * 60 * 60));
}
