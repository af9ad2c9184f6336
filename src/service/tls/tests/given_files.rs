//! Certificates in files that others keep: refused with the file and the reason, and read again when they change.

use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_RSA_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;
use tokio::io::DuplexStream;
use tokio_rustls::client::TlsStream;

use super::pair::Pair;
use super::shown_to::{meets, shows};
use super::*;

/// A certificate for `host` over these days, and its key, both in PEM.
pub(in crate::service::tls) fn pair(host: &str, days: std::ops::Range<i64>, key: &KeyPair) -> (String, String) {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    let at = |days: i64| OffsetDateTime::from_unix_timestamp((NOW + days * DAY) / 1000).unwrap();
    (params.not_before, params.not_after) = (at(days.start), at(days.end));
    (params.self_signed(key).unwrap().pem(), key.serialize_pem())
}

pub(in crate::service::tls) fn key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap()
}

/// A service with given files.
struct House {
    folder: TempDir,
    tls: Tls,
    day: Arc<AtomicI64>,
}

fn put(folder: &TempDir, pair: &(String, String)) -> [PathBuf; 2] {
    let files = ["given.pem", "given.key"].map(|name| folder.path().join(name));
    fs::write(&files[0], &pair.0).unwrap();
    fs::write(&files[1], &pair.1).unwrap();
    files
}

impl House {
    fn with(first: &(String, String)) -> Result<Self, StartError> {
        crypto::install();
        let folder = tempdir().unwrap();
        let [certificate, key] = put(&folder, first);
        let (day, wall) = calendar();
        let source = Source::Given { certificate, key };
        let tls = Tls::start_at(folder.path(), &hosts(&["calls.example"]), source, Answers::default(), wall)?;
        Ok(Self { folder, tls, day })
    }

    async fn shows(&self) -> Vec<u8> {
        shows(&self.tls, "calls.example").await
    }

    async fn connects(&self) -> TlsStream<DuplexStream> {
        meets(&self.tls, "calls.example").await
    }
}

fn der(pem: &str) -> Vec<u8> {
    Chain::of_pem(pem.as_bytes()).unwrap().certificates[0].to_vec()
}

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_used_say_which_and_why() {
    let good = pair("calls.example", -1..60, &key());
    let other = pair("calls.example", -1..60, &key());
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n".to_owned();
    for (given, file, why) in [
        ((good.0.clone(), other.1), "given.key", "is not the key of the certificate in"),
        (pair("calls.example", -60..-1, &key()), "given.pem", "has expired on 2027-01-14"),
        (pair("calls.example", 2..60, &key()), "given.pem", "does not hold before"),
        ((good.1.clone(), good.1.clone()), "given.pem", "holds no certificate in PEM"),
        (("nonsense".to_owned(), good.1.clone()), "given.pem", "holds no certificate in PEM"),
        ((good.0.clone(), good.0.clone()), "given.key", "holds no private key in PEM"),
        ((good.0.clone(), locked), "given.key", "holds no private key in PEM"),
    ] {
        let said = House::with(&given).err().expect("it starts").to_string();
        assert!(said.contains(file) && said.contains(why), "{said}");
    }
    let folder = tempdir().unwrap();
    let nowhere = Source::Given { certificate: folder.path().join("none.pem"), key: folder.path().join("none.key") };
    let said = Tls::start(folder.path(), &BTreeSet::new(), nowhere, Answers::default()).err().unwrap().to_string();
    assert!(said.contains("none.pem") && said.contains("can't be used"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_changed_certificate_is_shown_to_new_connections_and_old_ones_go_on() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let [first, second, third] = [1, 2, 3].map(|n| pair("calls.example", -1..60 * n, &key()));
    let house = House::with(&first).unwrap();
    let mut old = house.connects().await;
    assert_eq!(house.shows().await, der(&first.0));
    put(&house.folder, &second);
    tokio::time::sleep(2 * given::LOOK_EVERY).await;
    assert_eq!(house.shows().await, der(&second.0));
    // Written in two steps, with a look between them.
    fs::write(house.folder.path().join("given.pem"), &third.0).unwrap();
    tokio::time::sleep(2 * given::LOOK_EVERY).await;
    assert_eq!(house.shows().await, der(&second.0), "a certificate without its key");
    fs::write(house.folder.path().join("given.key"), &third.1).unwrap();
    tokio::time::sleep(2 * given::LOOK_EVERY).await;
    assert_eq!(house.shows().await, der(&third.0));
    // What a removed file held goes on.
    fs::remove_file(house.folder.path().join("given.pem")).unwrap();
    tokio::time::sleep(2 * given::LOOK_EVERY).await;
    assert_eq!(house.shows().await, der(&third.0));
    old.write_all(b"still there?").await.unwrap();
    let mut echo = [0; 12];
    old.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"still there?");
}

#[tokio::test(start_paused = true)]
async fn a_certificate_that_ends_while_it_is_shown_stops_nothing() {
    let first = pair("calls.example", -1..10, &key());
    let house = House::with(&first).unwrap();
    house.day.store(11, Ordering::Relaxed);
    tokio::time::sleep(2 * given::LOOK_EVERY).await;
    assert_eq!(house.shows().await, der(&first.0), "clients say best what is wrong with it");
    let second = pair("calls.example", 10..90, &key());
    put(&house.folder, &second);
    tokio::time::sleep(2 * given::LOOK_EVERY).await;
    assert_eq!(house.shows().await, der(&second.0));
}

#[tokio::test(start_paused = true)]
async fn a_certificate_whose_day_has_not_come_is_shown_when_it_has() {
    let [first, second] = [-1..60, 2..90].map(|days| pair("calls.example", days, &key()));
    let house = House::with(&first).unwrap();
    put(&house.folder, &second);
    tokio::time::sleep(2 * given::LOOK_EVERY).await;
    assert_eq!(house.shows().await, der(&first.0));
    house.day.store(3, Ordering::Relaxed);
    tokio::time::sleep(2 * given::LOOK_EVERY).await;
    assert_eq!(house.shows().await, der(&second.0));
}

#[test]
fn keys_are_read_in_each_of_their_forms() {
    for key in [key(), KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap()] {
        let (certificate, key) = pair("calls.example", -1..60, &key);
        Pair::holding(certificate.as_bytes(), key.as_bytes(), UnixMillis(NOW)).unwrap();
    }
    // RFC 5915, as `openssl ecparam -genkey` writes it, behind the parameters of the curve.
    let sec1 = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n\
        -----BEGIN EC PRIVATE KEY-----\nMC4CAQEEIFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVoAcGBSuBBAAK\n\
        -----END EC PRIVATE KEY-----\n";
    assert!(matches!(PrivateKeyDer::from_pem_slice(sec1.as_bytes()), Ok(PrivateKeyDer::Sec1(_))));
}
