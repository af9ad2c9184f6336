//! Signing in, and sign-ins that end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use switchboard::base::clock;
use switchboard::config::Keep;
use switchboard::domain::end_reason::EndReason;
use switchboard::phone::account::{Account, AccountError, SignIns};
use switchboard::phone::event::{Event, Link};
use switchboard::protocol::failure::FailureCode;
use switchboard::protocol::rest::SignedIn;
use switchboard::service::{ServiceOptions, identity};

use crate::support::{TestPhone, TestService, connect, options, silence, tone};

/// A service whose access tokens last this long.
async fn with_tokens_for(life: Duration) -> TestService {
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let identity = identity::Settings { access_token_life: life, ..options.identity };
    TestService::with(folder, ServiceOptions { identity, ..options }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let service = TestService::start().await;
    for name in ["alice", "zorro"] {
        let refused = Account::sign_in(&service.server(), name.parse().unwrap(), "guessed".to_owned().into()).await;
        let Err(AccountError::Refused(failure)) = refused else { panic!("{name}: {refused:?}") };
        assert_eq!(failure.code, FailureCode::Unauthenticated, "{name}");
        assert_eq!(failure.message, "wrong user name or password", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_token_is_refused_for_good() {
    let service = TestService::start().await;
    let account = Account::token(service.server(), "not.a.token".to_owned().into());
    let mut phone = TestPhone::starts("mallory", account, silence());
    assert!(!phone.is_turned_away().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_renews_its_token_and_nobody_notices() {
    // A renewal has a fifth of a token's life: where that is too short for the machine, tokens live longer.
    for life in [6, 24, 60] {
        if is_renewed_unnoticed(Duration::from_secs(life)).await {
            return;
        }
    }
    panic!("a renewal is noticed");
}

/// Whether two phones talk on after their tokens have run out, and never lost their connection.
async fn is_renewed_unnoticed(life: Duration) -> bool {
    let service = with_tokens_for(life).await;
    let mut alice = TestPhone::start("alice", service.account("alice").await, tone(440)).await;
    let mut bob = TestPhone::start("bob", service.account("bob").await, tone(660)).await;
    let call = connect(&mut alice, &mut bob).await;
    let (spent, mut now) = (clock::now() + life + Duration::from_secs(1), clock::now());
    while now < spent {
        alice.hears_something().await;
        bob.hears_something().await;
        now = clock::now();
    }
    // The session still takes requests, and passes on what comes of them.
    alice.mutes(call, true).await;
    bob.sees_other("muted", |alice| alice.muted).await;
    bob.mutes(call, true).await;
    alice.sees_other("muted", |bob| bob.muted).await;
    [&alice, &bob].iter().all(|phone| {
        let links = phone.seen.iter().filter(|event| matches!(event, Event::Link(_)));
        links.eq([&Event::Link(Link::Connecting), &Event::Link(Link::Up)])
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_from_outside_that_ran_out_is_said_to_have_run_out() {
    // On a machine where it has run out before anybody came in with it, it lives longer.
    for life in [2, 8, 32] {
        let service = with_tokens_for(Duration::from_secs(life)).await;
        let account = Account::token(service.server(), service.token("alice").await);
        let mut alice = TestPhone::starts("alice", account.clone(), silence());
        let works = alice.until("know its friends, or be refused", |event| match event {
            Event::Friends(_) => Some(true),
            Event::Link(Link::Refused { .. }) => Some(false),
            _ => None,
        });
        if !works.await {
            continue;
        }
        // It ends with its token: there is nothing to renew it with.
        let reason = alice.is_turned_away().await;
        assert!(reason.contains("ran out"), "{reason}");
        let mut again = TestPhone::starts("alice", account, silence());
        let reason = again.is_turned_away().await;
        assert!(reason.contains("ran out"), "{reason}");
        return;
    }
    panic!("nobody came in with a token from outside");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_leaves_its_call_at_once() {
    let service = TestService::start().await;
    let mut alice = service.silent_phone("alice").await;
    let mut bob = service.silent_phone("bob").await;
    connect(&mut alice, &mut bob).await;
    service.administrates("/bob/disable", None).await;
    let (end, reason) = bob.is_thrown_out().await;
    assert_eq!(end, EndReason::REVOKED);
    assert!(reason.contains("may no longer use the service"), "{reason}");
    assert_eq!(alice.ends().await.end, EndReason::HUNG_UP);
    // Nothing but a new sign-in helps, and that is refused.
    let again = Account::sign_in(&service.server(), "bob".parse().unwrap(), service.demo_secret()).await;
    let Err(AccountError::Refused(failure)) = again else { panic!("{again:?}") };
    assert_eq!(failure.code, FailureCode::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_whose_answer_got_lost_in_a_renewal_goes_on_and_the_lost_one_is_worth_nothing() {
    let service = TestService::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut account = kept_account(&service, folder.path()).await;
    // The service has answered, and nobody has heard it.
    let kept: SignedIn = serde_json::from_slice(&std::fs::read(file_of_alice(folder.path())).unwrap()).unwrap();
    let now = clock::unix_now();
    let lost = service.identities().refresh(&kept.refresh_token, now).await.unwrap();
    account.renew().await.unwrap();
    account.renew().await.unwrap();
    assert!(service.identities().refresh(&lost.refresh_token, now).await.is_err());
    // Where it turned up is no place it should be: the whole sign-in has ended.
    let Err(AccountError::Refused(failure)) = account.renew().await else { panic!("the sign-in goes on") };
    assert_eq!(failure.code, FailureCode::Unauthenticated);
}

/// Alice's account, kept in a file of its own.
async fn kept_account(service: &TestService, folder: &Path) -> Account {
    let mut account = service.account("alice").await;
    let sign_ins = SignIns::new(folder, Keep::File);
    account.keep(&sign_ins.place(&"alice".parse().unwrap(), account.server())).await.unwrap();
    account
}

fn file_of_alice(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder.join("alice")).unwrap().map(|file| file.unwrap().path());
    files.into_iter().find(|file| file.extension().is_some_and(|ending| ending == "json")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_never_writes_back_a_sign_in_that_was_signed_out_or_is_damaged() {
    let service = TestService::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut account = kept_account(&service, folder.path()).await;
    let file = file_of_alice(folder.path());
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, "{").unwrap();
    let Err(AccountError::File { path, .. }) = account.renew().await else { panic!("it takes what is damaged") };
    assert_eq!((path, std::fs::read_to_string(&file).unwrap()), (file.clone(), "{".to_owned()));
    // Somebody mends it.
    std::fs::write(&file, whole).unwrap();
    account.renew().await.unwrap();

    // The service was not told, and would still renew it.
    std::fs::remove_file(&file).unwrap();
    let Err(AccountError::Refused(failure)) = account.renew().await else { panic!("the sign-in goes on") };
    assert_eq!(failure.code, FailureCode::Unauthenticated);
    assert!(failure.message.contains("signed out on this machine"), "{}", failure.message);
    assert!(!file.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_can_not_keep_a_renewed_sign_in_goes_on_with_it_and_keeps_the_next() {
    let service = TestService::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut account = kept_account(&service, folder.path()).await;
    let file = file_of_alice(folder.path());
    let kept = || serde_json::from_slice::<SignedIn>(&std::fs::read(&file).unwrap()).unwrap().refresh_token;
    let first = kept();
    // Something is in the way of what is written beside the file.
    let beside = file.with_added_extension(format!("{}.new", std::process::id()));
    std::fs::create_dir_all(beside.join("full")).unwrap();
    for _ in 0..3 {
        account.renew().await.unwrap();
        assert_eq!(kept(), first);
    }
    std::fs::remove_dir_all(&beside).unwrap();
    account.renew().await.unwrap();
    assert_ne!(kept(), first);
    // The first was used up long ago: were one of the renewals by it, it would be good for another.
    assert!(service.identities().refresh(&first, clock::unix_now()).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_what_was_renewed_meanwhile() {
    let service = TestService::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut account = kept_account(&service, folder.path()).await;
    let place = account.place().unwrap().clone();
    account.renew().await.unwrap();
    let newest: SignedIn = serde_json::from_slice(&std::fs::read(file_of_alice(folder.path())).unwrap()).unwrap();
    Account::sign_out(account.connector(), &place).await.unwrap();
    let refused = service.identities().refresh(&newest.refresh_token, clock::unix_now()).await;
    assert!(refused.is_err_and(|why| why.code == FailureCode::Unauthenticated));
    // It can be repeated.
    Account::sign_out(account.connector(), &place).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_signed_out_is_told_so_and_ends_with_its_token() {
    let service = with_tokens_for(Duration::from_secs(6)).await;
    let folder = tempfile::tempdir().unwrap();
    let account = kept_account(&service, folder.path()).await;
    let (way, place) = (account.connector().clone(), account.place().unwrap().clone());
    let mut phone = TestPhone::start("alice", account, silence()).await;
    Account::sign_out(&way, &place).await.unwrap();
    let told = phone.until("tell why its token is not renewed", |event| match event {
        Event::Warning(text) => Some(text.clone()),
        _ => None,
    });
    let told = told.await;
    assert!(told.contains("signed out on this machine"), "{told}");
    let reason = phone.is_turned_away().await;
    assert!(reason.contains("signed out on this machine"), "{reason}");
    assert!(SignIns::new(folder.path(), Keep::File).list().saved.is_empty());
}
