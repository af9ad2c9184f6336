//! Phones that reach their service through TLS, and whose tokens a program hands out.

use std::time::Duration;

use switchboard::base::clock;
use switchboard::config::{Program, ServerUrl, Setting};
use switchboard::domain::fingerprint::Fingerprint;
use switchboard::phone::account::{Account, AccountError, TokenCommand};
use switchboard::phone::connector::Connector;
use switchboard::phone::event::{Event, Link};
use switchboard::phone::trust::{Distrust, Pinned, Trust};
use switchboard::service::{ServiceOptions, identity};

use crate::support::tls::TlsFront;
use crate::support::{TestPhone, TestService, connect, options, silence};

/// A service that is reached through TLS, too, whose tokens last so long.
async fn behind_tls(life: Duration) -> (TestService, TlsFront) {
    let front = TlsFront::new().await;
    let folder = tempfile::tempdir().unwrap();
    let options = options(folder.path());
    let identity = identity::Settings { access_token_life: life, ..options.identity };
    let options = ServiceOptions { names: vec![front.at.to_string()], identity, ..options };
    let service = TestService::with(folder, options).await;
    front.leads_to(service.http);
    (service, front)
}

const HOUR: Duration = Duration::from_secs(3600);

fn way(front: &TlsFront, fingerprint: Fingerprint) -> Connector {
    let server: ServerUrl = format!("https://{}", front.at).parse().unwrap();
    Connector::new(server, Trust::default().with_pinned(Some(Pinned { fingerprint, kept: true })))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_signalled_through_tls() {
    let (service, front) = behind_tls(HOUR).await;
    let way = way(&front, front.fingerprint);
    let account = Account::sign_in(way, "alice".parse().unwrap(), service.demo_secret()).await.unwrap();
    assert_eq!(account.server().to_string(), format!("https://{}", front.at));
    let mut alice = TestPhone::start("alice", account, silence()).await;
    let mut bob = service.silent_phone("bob").await;
    connect(&mut alice, &mut bob).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_turns_away_from_a_service_whose_fingerprint_has_changed() {
    let (service, front) = behind_tls(HOUR).await;
    let wrong = way(&front, Fingerprint([7; 32]));
    let refused = Account::sign_in(wrong.clone(), "alice".parse().unwrap(), service.demo_secret()).await;
    let Err(AccountError::Untrusted(Distrust::Changed { now, .. })) = refused else { panic!("{refused:?}") };
    assert_eq!(now, front.fingerprint);
    let account = Account::token(wrong, service.token("alice").await);
    let mut alice = TestPhone::starts("alice", account, silence());
    let reason = alice.is_turned_away().await;
    assert!(reason.contains("HAS CHANGED") && reason.contains("switchboard trust add"), "{reason}");
}

#[cfg(unix)]
fn shell(script: &str) -> TokenCommand {
    let list = ["sh", "-c", script].map(|part| part.to_owned().into()).to_vec();
    TokenCommand::of(&Program::read(&toml::Value::Array(list)).unwrap()).unwrap()
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_hands_out_tokens_is_run_again_before_they_end() {
    // Where a renewal comes too late for the machine, tokens live longer.
    for life in [6, 24, 60] {
        if is_handed_on_unnoticed(Duration::from_secs(life)).await {
            return;
        }
    }
    panic!("a renewal is noticed");
}

/// Whether a phone goes on after its first token has run out, and never lost its connection.
#[cfg(unix)]
async fn is_handed_on_unnoticed(life: Duration) -> bool {
    let (service, _front) = behind_tls(life).await;
    let file = service.folder.path().join("token");
    let next = async || std::fs::write(&file, service.token("alice").await.expose()).unwrap();
    next().await;
    let command = shell(&format!("echo ran >> {0}.ran; cat {0}", file.display()));
    let account = Account::of_command(service.server(), command).await.unwrap();
    let mut alice = TestPhone::start("alice", account, silence()).await;
    let mut bob = service.silent_phone("bob").await;
    let call = connect(&mut alice, &mut bob).await;
    let spent = clock::now() + life + Duration::from_secs(1);
    let mut muted = false;
    while clock::now() < spent {
        next().await;
        muted = !muted;
        alice.mutes(call, muted).await;
        bob.sees_other("change", |alice| alice.muted == muted).await;
        // Not to ask for tokens more often than the service hands them out.
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let ran = std::fs::read_to_string(file.with_extension("ran")).unwrap().lines().count();
    let links = alice.seen.iter().filter(|event| matches!(event, Event::Link(_)));
    ran > 1 && links.eq([&Event::Link(Link::Connecting), &Event::Link(Link::Up)])
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_taken_is_asked_for_once_more() {
    let service = TestService::start().await;
    let file = service.folder.path().join("token");
    std::fs::write(&file, service.token("alice").await.expose()).unwrap();
    let once = format!("test -e {0}.ran && cat {0} || echo not.a.token; touch {0}.ran", file.display());
    let account = Account::of_command(service.server(), shell(&once)).await.unwrap();
    let mut alice = TestPhone::starts("alice", account, silence());
    alice.lists("know its friends", |_| true).await;

    let account = Account::of_command(service.server(), shell("echo not.a.token")).await.unwrap();
    let mut mallory = TestPhone::starts("mallory", account, silence());
    assert!(!mallory.is_turned_away().await.is_empty());
}
