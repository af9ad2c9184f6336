//! Accounts.

use super::*;

#[tokio::test]
async fn accounts_are_listed_with_their_identity_once_there_is_one() {
    let kit = Kit::new().await;
    kit.add_called("bob", Some("Bob\u{1b}[31m Builder")).await;
    kit.add_called("alice", Some(" \u{200b}")).await;
    let accounts = kit.identities.accounts(None, 500).await.unwrap();
    let shown: Vec<_> = accounts.iter().map(|account| account.display_name.as_str()).collect();
    assert_eq!(shown, ["alice", "Bob[31m Builder"], "by user name, safe to print, never empty");
    assert!(accounts.iter().all(|account| account.identity.is_none()));
    let bob = kit.sign_in("bob", PASSWORD).await.unwrap().me.identity;
    assert_eq!(kit.identities.accounts(None, 500).await.unwrap()[1].identity, Some(bob));
}

#[tokio::test]
async fn a_name_is_given_once() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    for taken in ["alice", "echo"] {
        assert_eq!(kit.identities.add_account(new_account(taken, None)).await.code(), FailureCode::Conflict);
    }
    let short = NewAccount { password: secret("short"), ..new_account("bob", None) };
    assert_eq!(kit.identities.add_account(short).await.code(), FailureCode::BadRequest);
    assert_eq!(kit.identities.accounts(None, 500).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_said_of_an_unknown_account_is_not_found() {
    let (kit, nobody) = (Kit::new().await, name("nobody"));
    assert_eq!(kit.identities.set_disabled(&nobody, true).await.code(), FailureCode::NotFound);
    assert_eq!(kit.identities.remove_account(&nobody).await.code(), FailureCode::NotFound);
    assert_eq!(kit.identities.set_password(&nobody, secret(PASSWORD)).await.code(), FailureCode::NotFound);
}

#[tokio::test]
async fn a_removed_account_leaves_nothing_and_its_name_is_somebody_elses() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    kit.identities.add_friend(&alice, &bob).await.unwrap();
    kit.identities.add_friend(&bob, &alice).await.unwrap();
    let refresh = kit.sign_in("bob", PASSWORD).await.unwrap().refresh_token;
    kit.identities.remove_account(&name("bob")).await.unwrap();
    assert!(kit.identities.friends(&alice).await.unwrap().is_empty());
    assert!(kit.identities.followers(&alice).await.unwrap().is_empty());
    assert_eq!(kit.identities.person(&bob).await.unwrap(), None);
    assert_eq!(kit.identities.refresh(&refresh, clock::unix_now()).await.code(), FailureCode::Unauthenticated);
    assert_ne!(kit.person("bob").await, bob);
}

#[tokio::test]
async fn no_secret_is_kept_in_the_clear() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    kit.identities.ensure_demo(secret("the demo secret"), &bots()).await.unwrap();
    let signed_in = kit.sign_in("alice", PASSWORD).await.unwrap();
    kit.identities.inner.db.close().await;
    for entry in std::fs::read_dir(kit.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for kept in [PASSWORD, "the demo secret", signed_in.refresh_token.expose(), signed_in.access_token.expose()] {
            assert!(!bytes.windows(kept.len()).any(|window| window == kept.as_bytes()), "{kept}");
        }
    }
}

#[tokio::test]
async fn an_organisation_is_there_as_long_as_somebody_belongs_to_it() {
    let kit = Kit::new().await;
    let acme: Organisation = "acme".parse().unwrap();
    kit.add("alice").await;
    let bob = NewAccount { organisation: acme.clone(), ..new_account("bob", None) };
    assert_eq!(kit.identities.add_account(bob).await.unwrap().organisation, acme);
    let there = async || -> Vec<(String, u64)> {
        let rows = kit.identities.organisations().await.unwrap();
        rows.into_iter().map(|row| (row.name.to_string(), row.members)).collect()
    };
    assert_eq!(there().await, [("acme".to_owned(), 1), ("main".to_owned(), 1)]);
    kit.identities.set_organisation(&name("alice"), &acme).await.unwrap();
    assert_eq!(there().await, [("acme".to_owned(), 2)]);
    assert_eq!(kit.identities.set_organisation(&name("nobody"), &acme).await.code(), FailureCode::NotFound);
}

#[tokio::test]
async fn a_person_is_of_the_accounts_organisation_however_it_is_found() {
    let kit = Kit::new().await;
    let acme: Organisation = "acme".parse().unwrap();
    let bob = NewAccount { organisation: acme.clone(), ..new_account("bob", None) };
    kit.identities.add_account(bob).await.unwrap();
    // The first search makes the identity, the second finds it.
    for _ in 0..2 {
        assert_eq!(kit.identities.search("bo").await.unwrap()[0].organisation, acme);
    }
    let (alice, bob) = (kit.person("alice").await, kit.identities.find(&name("bob")).await.unwrap().unwrap());
    assert_eq!(bob.organisation, acme);
    assert_eq!(kit.identities.person(&bob.identity).await.unwrap(), Some(bob.clone()));
    assert_eq!(kit.sign_in("bob", PASSWORD).await.unwrap().me, bob);
    assert_eq!(kit.identities.add_friend(&alice, &bob.identity).await.unwrap(), bob);
    assert_eq!(kit.identities.friends(&alice).await.unwrap(), std::slice::from_ref(&bob));
    let mut told = kit.identities.shown_otherwise();
    kit.identities.set_organisation(&name("bob"), &Organisation::default()).await.unwrap();
    assert!(matches!(told.next().await, Some(News::Item(who)) if who == bob.identity));
    assert!(kit.identities.friends(&alice).await.unwrap()[0].organisation.is_main());
}
