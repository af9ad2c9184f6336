//! What counts and what does not, against a service that presents it.

use std::io::Write as _;

use rcgen::{BasicConstraints, CertificateParams, IsCa, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::kit::{Authority, Identity, https, self_signed};
use super::known::KnownServices;
use super::{Distrust, Pinned, Trust};
use crate::base::task;
use crate::config::ServerUrl;
use crate::domain::fingerprint::Fingerprint;
use crate::phone::account::{Account, AccountError};
use crate::phone::connector::{ConnectError, Connector, TlsFacts};

const HERE: &[&str] = &["127.0.0.1", "localhost"];

fn usual(_: &mut CertificateParams) {}

fn pinned(fingerprint: Fingerprint, kept: bool) -> Trust {
    Trust::default().with_pinned(Some(Pinned { fingerprint, kept }))
}

fn file_of(authority: &Authority) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(authority.pem.as_bytes()).unwrap();
    file
}

async fn connect(server: &ServerUrl, trust: Trust) -> Result<TlsFacts, ConnectError> {
    let connection = Connector::new(server.clone(), trust).connect(|_| ()).await?;
    Ok(connection.tls.expect("it is TLS"))
}

/// A service with this certificate is not trusted so; REST requests say the same as a connection.
async fn refused(identity: &Identity, trust: Trust) -> Distrust {
    let server = identity.serves().await;
    let Err(ConnectError::Untrusted(why)) = connect(&server, trust.clone()).await else { panic!("it is trusted") };
    let password = "secret".to_owned().into();
    let by_rest = Account::sign_in(Connector::new(server, trust), "alice".parse().unwrap(), password).await;
    let Err(AccountError::Untrusted(same)) = by_rest else { panic!("not refused by REST: {by_rest:?}") };
    assert_eq!(why, same);
    why
}

#[tokio::test]
async fn a_certificate_of_an_authority_of_the_file_counts() {
    let authority = Authority::new("ours");
    let server = authority.signs(HERE, usual).serves().await;
    let trust = Trust::default().with_file(file_of(&authority).path()).unwrap();
    let facts = connect(&server, trust.clone()).await.unwrap();
    assert_eq!((facts.fingerprint, facts.names.len()), (authority.fingerprint(), 2));
    let way = Connector::new(server, trust);
    let answer = way.client().unwrap().get(way.server().rest("/x")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_fingerprint_stands_for_its_authority_whatever_that_signs() {
    let authority = Authority::new("ours");
    for _ in 0..2 {
        let server = authority.signs(HERE, usual).serves().await;
        connect(&server, pinned(authority.fingerprint(), true)).await.unwrap();
    }
}

#[tokio::test]
async fn an_unknown_authority_is_told_by_its_fingerprint() {
    let authority = Authority::new("theirs");
    let identity = authority.signs(HERE, usual);
    let why = refused(&identity, Trust::default().with_file(file_of(&Authority::new("ours")).path()).unwrap()).await;
    let Distrust::UnknownAuthority { fingerprint, .. } = &why else { panic!("{why}") };
    assert_eq!(*fingerprint, authority.fingerprint());
    assert!(why.to_string().contains(&format!("--fingerprint {fingerprint}")), "{why}");
}

#[tokio::test]
async fn a_changed_fingerprint_is_loud() {
    let (before, now) = (Authority::new("before"), Authority::new("now"));
    let identity = now.signs(HERE, usual);
    let why = refused(&identity, pinned(before.fingerprint(), true)).await;
    assert!(
        matches!(&why, Distrust::Changed { known, now: shown, .. }
        if *known == before.fingerprint() && *shown == now.fingerprint()),
        "{why}"
    );
    let text = why.to_string();
    assert!(text.contains("HAS CHANGED") && text.contains("switchboard trust add"), "{text}");
    let given = refused(&identity, pinned(before.fingerprint(), false)).await;
    assert!(matches!(given, Distrust::Unexpected { .. }), "{given}");
}

#[tokio::test]
async fn an_authority_that_is_only_shown_vouches_for_nothing() {
    let (known, mine) = (Authority::new("known"), Authority::new("mine"));
    let mut forged = mine.signs(HERE, usual);
    forged.chain[1] = known.signs(HERE, usual).chain[1].clone();
    let why = refused(&forged, pinned(known.fingerprint(), true)).await;
    assert!(matches!(&why, Distrust::Unusable { why, .. } if why.contains("did not sign")), "{why}");
    // The name alone makes no authority either.
    let twin = Authority::new("known");
    let mut forged = twin.signs(HERE, usual);
    forged.chain[1] = known.signs(HERE, usual).chain[1].clone();
    refused(&forged, pinned(known.fingerprint(), true)).await;
}

#[tokio::test]
async fn one_that_is_its_own_authority_and_shown_twice_is_known_by_itself() {
    let mut twice = self_signed(HERE, IsCa::Ca(BasicConstraints::Unconstrained));
    twice.chain.push(twice.chain[0].clone());
    let why = refused(&twice, Trust::default().with_file(file_of(&Authority::new("ours")).path()).unwrap()).await;
    assert!(
        matches!(&why, Distrust::UnknownAuthority { fingerprint, .. } if *fingerprint == twice.fingerprint()),
        "{why}"
    );
    connect(&twice.serves().await, pinned(twice.fingerprint(), true)).await.unwrap();
    // An authority that stands in for what it signs does not count as that.
    let authority = Authority::new("ours");
    let leaf = authority.signs(HERE, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let why = refused(&leaf, pinned(authority.fingerprint(), true)).await;
    assert!(matches!(&why, Distrust::Unusable { .. }), "{why}");
}

#[tokio::test]
async fn dates_and_names_count_with_a_fingerprint_too() {
    let authority = Authority::new("ours");
    let trust = || pinned(authority.fingerprint(), true);
    let past = authority.signs(HERE, |params| params.not_after = date_time_ymd(2020, 1, 1));
    assert!(matches!(refused(&past, trust()).await, Distrust::Expired(_)));
    let future = authority.signs(HERE, |params| params.not_before = date_time_ymd(4000, 1, 1));
    assert!(matches!(refused(&future, trust()).await, Distrust::NotYetValid(_)));
    let elsewhere = authority.signs(&["calls.example", "192.0.2.7"], usual);
    let why = refused(&elsewhere, trust()).await;
    assert!(why.to_string().contains("(calls.example, 192.0.2.7)"), "{why}");
}

#[tokio::test]
async fn a_certificate_that_stands_alone_is_known_by_itself() {
    for ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let alone = self_signed(HERE, ca);
        let server = alone.serves().await;
        connect(&server, pinned(alone.fingerprint(), true)).await.unwrap();
        let ours = Trust::default().with_file(file_of(&Authority::new("ours")).path()).unwrap();
        let why = refused(&alone, ours).await;
        assert!(matches!(why, Distrust::UnknownAuthority { fingerprint, .. } if fingerprint == alone.fingerprint()));
    }
}

#[tokio::test]
async fn a_file_and_a_fingerprint_both_count() {
    let (one, other) = (Authority::new("one"), Authority::new("other"));
    let both = pinned(other.fingerprint(), true).with_file(file_of(&one).path()).unwrap();
    for authority in [&one, &other] {
        connect(&authority.signs(HERE, usual).serves().await, both.clone()).await.unwrap();
    }
    assert!(matches!(refused(&Authority::new("third").signs(HERE, usual), both).await, Distrust::Changed { .. }));
}

#[test]
fn a_file_without_authorities_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"no certificate").unwrap();
    assert!(Trust::default().with_file(file.path()).unwrap_err().to_string().contains("no certificate"));
    assert!(Trust::default().with_file("/nowhere.pem".as_ref()).unwrap_err().to_string().contains("/nowhere.pem"));
}

/// What takes connections and says this first; it ends them at once, or never.
async fn says(first: &'static [u8], ends: bool) -> ServerUrl {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    task::spawn("test listener", async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut hello = [0; 16];
            stream.read_exact(&mut hello).await.ok();
            stream.write_all(first).await.ok();
            if !ends {
                open.push(stream);
            }
        }
    });
    https(address)
}

#[tokio::test]
async fn what_does_not_speak_tls_is_said_to() {
    let plain = says(b"HTTP/1.1 400 Bad Request\r\n\r\n", true).await;
    let Err(ConnectError::Tls(why)) = connect(&plain, pinned(Fingerprint([0; 32]), true)).await else { panic!() };
    assert!(why.contains("http://"), "{why}");
    let silent = says(b"", true).await;
    let Err(why) = connect(&silent, pinned(Fingerprint([0; 32]), true)).await else { panic!() };
    assert!(why.to_string().contains("TLS handshake"), "{why}");
}

#[tokio::test]
async fn a_handshake_that_hangs_is_given_up() {
    let hangs = says(b"", false).await;
    let Err(ConnectError::Tls(why)) = connect(&hangs, pinned(Fingerprint([0; 32]), true)).await else { panic!() };
    assert!(why.contains("does not answer the TLS handshake within"), "{why}");
}

#[tokio::test]
async fn plain_http_to_a_service_with_tls_is_no_answer() {
    let server = Authority::new("ours").signs(HERE, usual).serves().await;
    let (host, port) = server.socket();
    let plain: ServerUrl = format!("http://{host}:{port}").parse().unwrap();
    let refused = Account::sign_in(plain, "alice".parse().unwrap(), "secret".to_owned().into()).await;
    let Err(AccountError::Unreachable(why)) = refused else { panic!("{refused:?}") };
    assert!(why.contains("https://"), "{why}");
}

#[test]
fn accepted_fingerprints_are_kept_until_they_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/known_services.json");
    let known = KnownServices::at(&path);
    let (one, other): (ServerUrl, ServerUrl) = ("https://one".parse().unwrap(), "https://other:1".parse().unwrap());
    assert_eq!(known.list().unwrap(), []);
    known.keep(&one, Fingerprint([1; 32])).unwrap();
    known.keep(&other, Fingerprint([2; 32])).unwrap();
    known.keep(&"wss://ONE:8791".parse().unwrap(), Fingerprint([3; 32])).unwrap();
    let found = known.find(&one).unwrap().unwrap();
    assert_eq!((found.fingerprint, known.list().unwrap().len()), (Fingerprint([3; 32]), 2));
    assert!(known.forget(&one).unwrap() && !known.forget(&one).unwrap());
    assert_eq!(known.find(&one).unwrap(), None);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // A damaged file must not look like one in which nothing was accepted.
    std::fs::write(&path, "{\"services\":").unwrap();
    assert!(known.find(&one).unwrap_err().to_string().contains("known_services.json"));
    known.keep(&one, Fingerprint([1; 32])).unwrap_err();
}
