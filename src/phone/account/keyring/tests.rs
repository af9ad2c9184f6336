//! The keyring, and sign-ins in it, against a Secret Service of the tests' own.

#[path = "../../../../tests/support/secret_service.rs"]
mod service;

pub(in crate::phone::account) use self::service::{Mood, SecretService};
use super::*;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn what_is_kept_is_handed_out_replaced_and_forgotten() {
    let service = SecretService::start();
    let keyring = Keyring::on(&service.address());
    assert_eq!(keyring.get("one").await, Ok(None));
    keyring.put("one", "Of Alice", &secret("first")).await.unwrap();
    keyring.put("two", "Of Bob", &secret("other")).await.unwrap();
    keyring.put("one", "Of Alice", &secret("second")).await.unwrap();
    assert_eq!(keyring.get("one").await, Ok(Some(secret("second"))));
    let mut kept = service.kept();
    kept.sort();
    assert_eq!(kept, [("Of Alice".to_owned(), "second".to_owned()), ("Of Bob".to_owned(), "other".to_owned())]);
    keyring.remove("one").await.unwrap();
    keyring.remove("one").await.unwrap();
    assert_eq!((keyring.get("one").await, service.kept().len()), (Ok(None), 1));
}

#[tokio::test]
async fn a_locked_one_is_told_and_asks_nobody() {
    let service = SecretService::start();
    let keyring = Keyring::on(&service.address());
    keyring.put("one", "Of Alice", &secret("first")).await.unwrap();
    service.turns(Mood::Locked);
    assert_eq!(keyring.put("one", "Of Alice", &secret("second")).await, Err(KeyringTrouble::Locked));
    assert_eq!(keyring.get("one").await, Err(KeyringTrouble::Locked));
    assert_eq!(keyring.get("none").await, Err(KeyringTrouble::Locked), "it may be there");
    assert_eq!(keyring.remove("one").await, Err(KeyringTrouble::Locked));
    assert_eq!(service.prompts(), 0);
    service.turns(Mood::Open);
    assert_eq!(keyring.get("one").await, Ok(Some(secret("first"))));
}

#[tokio::test(start_paused = true)]
async fn one_that_never_answers_is_given_up() {
    let service = SecretService::start();
    service.turns(Mood::Silent);
    let keyring = Keyring::on(&service.address());
    assert_eq!(keyring.put("one", "Of Alice", &secret("first")).await, Err(KeyringTrouble::Slow));
    assert_eq!(keyring.get("one").await, Err(KeyringTrouble::Slow));
}

#[tokio::test]
async fn where_there_is_no_bus_that_is_known_at_once() {
    let keyring = Keyring::on("unix:path=/nowhere/at/all");
    let Err(KeyringTrouble::Absent(why)) = keyring.get("one").await else { panic!("it is there") };
    assert!(why.contains("no session bus"), "{why}");
}
