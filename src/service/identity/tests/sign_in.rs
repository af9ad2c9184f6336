//! Signing in, throttling, refreshing, signing out, the demo.

use super::*;
use crate::service::store::audit;
use crate::service::store::refresh_tokens::GRACE_MS;

const A_DAY: i64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn the_right_password_signs_in_as_the_same_identity_every_time() {
    let kit = Kit::new().await;
    kit.add_called("alice", Some("Alice Ames")).await;
    let first = kit.sign_in("alice", PASSWORD).await.unwrap();
    assert_eq!(first.me.display_name.as_str(), "Alice Ames");
    let start = format!("8:acs:{}_", kit.identities.resource());
    assert!(first.me.identity.as_str().starts_with(&start), "{}", first.me.identity);
    assert_eq!(kit.sign_in("alice", PASSWORD).await.unwrap().me, first.me);
    let kit = kit.restart().await;
    assert_eq!(kit.sign_in("alice", PASSWORD).await.unwrap().me, first.me);
    assert_eq!(kit.verify(&first.access_token).await.unwrap().identity, first.me.identity, "the key was kept");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_are_refused_alike() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let wrong = kit.sign_in("alice", "wrong horse").await.unwrap_err();
    let unknown = kit.sign_in("mallory", PASSWORD).await.unwrap_err();
    assert_eq!(wrong.code, FailureCode::Unauthenticated);
    assert_eq!(wrong, unknown);
    assert_eq!(kit.sign_in("echo", "").await.unwrap_err(), unknown, "bots don't sign in");
}

#[tokio::test]
async fn a_disabled_account_is_told_so_only_with_the_right_password() {
    let kit = Kit::new().await;
    let alice = kit.add("alice").await;
    kit.identities.set_disabled(&alice, true).await.unwrap();
    assert_eq!(kit.sign_in("alice", PASSWORD).await.code(), FailureCode::Forbidden);
    assert_eq!(kit.sign_in("alice", "wrong horse").await.code(), FailureCode::Unauthenticated);
    kit.identities.set_disabled(&alice, false).await.unwrap();
    kit.sign_in("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn wrong_tries_on_one_account_are_throttled() {
    let kit = Kit::strict().await;
    kit.add("alice").await;
    for _ in 0..3 {
        assert_eq!(kit.sign_in("alice", "wrong horse").await.code(), FailureCode::Unauthenticated);
    }
    let failure = kit.sign_in_from(ELSEWHERE, "alice", PASSWORD).await.unwrap_err();
    assert_eq!(failure.code, FailureCode::TooManyRequests);
    assert!(failure.message.contains("try again in"), "{failure}");
}

#[tokio::test]
async fn wrong_tries_from_one_peer_are_throttled_whatever_the_name() {
    let kit = Kit::strict().await;
    kit.add("alice").await;
    for user in ["a", "b", "c", "d", "e"] {
        assert_eq!(kit.sign_in(user, "wrong horse").await.code(), FailureCode::Unauthenticated);
    }
    assert_eq!(kit.sign_in("alice", PASSWORD).await.code(), FailureCode::TooManyRequests);
    kit.sign_in_from(ELSEWHERE, "alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn right_passwords_are_never_throttled() {
    let kit = Kit::strict().await;
    kit.add("alice").await;
    for _ in 0..8 {
        kit.sign_in("alice", PASSWORD).await.unwrap();
    }
}

#[tokio::test]
async fn a_locked_database_is_unavailable_and_counts_as_no_try() {
    let folder = TempDir::new().unwrap();
    let db = store::open_within(folder.path(), Duration::from_millis(20)).await.unwrap();
    let settings = Settings { per_peer: Rate { burst: 1, every: Duration::from_secs(3600) }, ..Settings::default() };
    let identities = Identities::start(db.clone(), settings, bots()).await.unwrap();
    let kit = Kit { folder, identities };
    kit.add("alice").await;
    let lock = db.begin_with("BEGIN IMMEDIATE").await.unwrap();
    for _ in 0..2 {
        assert_eq!(kit.sign_in("alice", PASSWORD).await.code(), FailureCode::Unavailable);
    }
    lock.rollback().await.unwrap();
    kit.sign_in("alice", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn each_refresh_token_works_once_and_a_copy_ends_the_sign_in() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let now = clock::unix_now();
    let (first, other) = (kit.sign_in("alice", PASSWORD).await.unwrap(), kit.sign_in("alice", PASSWORD).await.unwrap());
    let second = kit.identities.refresh(&first.refresh_token, now).await.unwrap();
    let third = kit.identities.refresh(&second.refresh_token, now).await.unwrap();
    assert_eq!(third.me, first.me);
    kit.verify(&third.access_token).await.unwrap();

    let reused = kit.identities.refresh(&first.refresh_token, now).await;
    assert_eq!(reused.code(), FailureCode::Unauthenticated, "its successor was used");
    let newest = kit.identities.refresh(&third.refresh_token, now).await;
    assert_eq!(newest.code(), FailureCode::Unauthenticated, "the whole family has ended");

    // Whoever runs the service learns of it, once; another sign-in of hers goes on.
    let wanted = audit::Wanted { since: None, before: None, limit: 9 };
    let noted = audit::list(&kit.identities.inner.db, wanted).await.unwrap();
    let noted: Vec<_> = noted.iter().map(|entry| (entry.what.as_str(), entry.about.as_deref())).collect();
    assert_eq!(noted, [("refresh-token-reused", Some(first.me.identity.as_str()))]);
    kit.identities.refresh(&other.refresh_token, now).await.unwrap();
}

#[tokio::test]
async fn a_thief_who_is_first_is_found_out_by_the_owner() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let now = clock::unix_now();
    let kept = kit.sign_in("alice", PASSWORD).await.unwrap();
    let stolen = kit.identities.refresh(&kept.refresh_token, now).await.unwrap();
    kit.identities.refresh(&stolen.refresh_token, now.plus(A_DAY)).await.unwrap();
    assert_eq!(kit.identities.refresh(&kept.refresh_token, now.plus(A_DAY)).await.code(), FailureCode::Unauthenticated);
    assert_eq!(
        kit.identities.refresh(&stolen.refresh_token, now.plus(A_DAY)).await.code(),
        FailureCode::Unauthenticated
    );
}

#[tokio::test]
async fn guessing_from_elsewhere_does_not_lock_out_who_signs_in_where_that_was_done_before() {
    let kit = Kit::strict().await;
    kit.add("alice").await;
    kit.sign_in("alice", PASSWORD).await.unwrap();
    while kit.sign_in_from(ELSEWHERE, "alice", "wrong horse").await.code() != FailureCode::TooManyRequests {}
    let signed_in = kit.sign_in("alice", PASSWORD).await.unwrap();
    // A phone that renews its sign-in is at home, too.
    let third = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 3));
    assert_eq!(kit.sign_in_from(third, "alice", PASSWORD).await.code(), FailureCode::TooManyRequests);
    kit.identities.seen_at(&signed_in.me.name, third);
    kit.sign_in_from(third, "alice", PASSWORD).await.unwrap();
    // With another password nobody is known any more.
    kit.identities.set_password(&name("alice"), secret("another horse")).await.unwrap();
    assert_eq!(kit.sign_in("alice", "another horse").await.code(), FailureCode::TooManyRequests);
}

#[tokio::test]
async fn a_client_cut_off_in_a_refresh_may_repeat_it_for_a_short_while() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let now = clock::unix_now();
    let first = kit.sign_in("alice", PASSWORD).await.unwrap();
    let lost = kit.identities.refresh(&first.refresh_token, now).await.unwrap();
    let again = kit.identities.refresh(&first.refresh_token, now.plus(GRACE_MS)).await.unwrap();
    let next = kit.identities.refresh(&again.refresh_token, now.plus(A_DAY)).await.unwrap();
    let stolen = kit.identities.refresh(&lost.refresh_token, now.plus(A_DAY)).await;
    assert_eq!(stolen.code(), FailureCode::Unauthenticated, "the answer that was lost has turned up somewhere");
    assert_eq!(kit.identities.refresh(&next.refresh_token, now.plus(A_DAY)).await.code(), FailureCode::Unauthenticated);
}

#[tokio::test]
async fn a_refresh_repeated_too_late_ends_the_sign_in() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let now = clock::unix_now();
    let first = kit.sign_in("alice", PASSWORD).await.unwrap();
    let second = kit.identities.refresh(&first.refresh_token, now).await.unwrap();
    let late = kit.identities.refresh(&first.refresh_token, now.plus(GRACE_MS + 1)).await;
    assert_eq!(late.code(), FailureCode::Unauthenticated);
    assert_eq!(kit.identities.refresh(&second.refresh_token, now).await.code(), FailureCode::Unauthenticated);
}

#[tokio::test]
async fn a_refresh_token_lasts_thirty_days_after_its_last_use() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let now = clock::unix_now();
    let first = kit.sign_in("alice", PASSWORD).await.unwrap();
    let later = now.plus(29 * A_DAY);
    let second = kit.identities.refresh(&first.refresh_token, later).await.unwrap();
    let expired = kit.identities.refresh(&second.refresh_token, later.plus(30 * A_DAY)).await;
    assert_eq!(expired.code(), FailureCode::Unauthenticated);
    kit.identities.refresh(&second.refresh_token, later.plus(29 * A_DAY)).await.unwrap();
}

#[tokio::test]
async fn of_a_sign_in_that_lasts_for_months_only_what_still_counts_is_kept() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let mut signed_in = kit.sign_in("alice", PASSWORD).await.unwrap();
    let start = clock::unix_now();
    for day in 1..90 {
        signed_in = kit.identities.refresh(&signed_in.refresh_token, start.plus(day * A_DAY)).await.unwrap();
    }
    let kept: i64 =
        sqlx::query_scalar("SELECT COUNT(*) FROM refresh_tokens").fetch_one(&kit.identities.inner.db).await.unwrap();
    assert!(kept <= 31, "{kept} tokens of 90");
}

#[tokio::test]
async fn refreshing_goes_on_after_a_restart_and_unknown_tokens_are_refused() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let first = kit.sign_in("alice", PASSWORD).await.unwrap();
    let kit = kit.restart().await;
    let second = kit.identities.refresh(&first.refresh_token, clock::unix_now()).await.unwrap();
    for unknown in ["", "nonsense", first.access_token.expose()] {
        let refused = kit.identities.refresh(&secret(unknown), clock::unix_now()).await;
        assert_eq!(refused.code(), FailureCode::Unauthenticated);
    }
    kit.identities.refresh(&second.refresh_token, clock::unix_now()).await.unwrap();
}

#[tokio::test]
async fn signing_out_ends_one_sign_in_and_can_be_repeated() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    let (here, there) = (kit.sign_in("alice", PASSWORD).await.unwrap(), kit.sign_in("alice", PASSWORD).await.unwrap());
    for _ in 0..2 {
        kit.identities.sign_out(&here.refresh_token).await.unwrap();
    }
    let refused = kit.identities.refresh(&here.refresh_token, clock::unix_now()).await;
    assert_eq!(refused.code(), FailureCode::Unauthenticated);
    kit.identities.refresh(&there.refresh_token, clock::unix_now()).await.unwrap();
}

#[tokio::test]
async fn the_demo_people_sign_in_with_the_secret_of_this_run_only() {
    let kit = Kit::new().await;
    assert_eq!(kit.sign_in("alice", "demo secret").await.code(), FailureCode::Unauthenticated);
    kit.identities.ensure_demo(secret("demo secret"), &bots()).await.unwrap();
    let alice = kit.sign_in("alice", "demo secret").await.unwrap().me.identity;
    assert_eq!(names(&kit.identities.friends(&alice).await.unwrap()), ["bob", "busy", "carol", "echo"]);
    assert_eq!(kit.sign_in("alice", "").await.code(), FailureCode::Unauthenticated);

    let kit = kit.restart().await;
    assert_eq!(kit.sign_in("alice", "demo secret").await.code(), FailureCode::Unauthenticated);
    kit.identities.ensure_demo(secret("another secret"), &bots()).await.unwrap();
    assert_eq!(kit.sign_in("alice", "demo secret").await.code(), FailureCode::Unauthenticated);
    assert_eq!(kit.sign_in("alice", "another secret").await.unwrap().me.identity, alice);
}

#[tokio::test]
async fn the_demo_secret_opens_no_account_but_the_demo_ones() {
    let kit = Kit::new().await;
    kit.add("alice").await;
    kit.add("dave").await;
    kit.identities.ensure_demo(secret("demo secret"), &bots()).await.unwrap();
    for user in ["alice", "dave"] {
        assert_eq!(kit.sign_in(user, "demo secret").await.code(), FailureCode::Unauthenticated);
    }
    kit.sign_in("bob", "demo secret").await.unwrap();
}

#[tokio::test]
async fn what_was_removed_from_the_demo_stays_removed() {
    let kit = Kit::new().await;
    kit.identities.ensure_demo(secret("demo secret"), &bots()).await.unwrap();
    let alice = kit.sign_in("alice", "demo secret").await.unwrap().me.identity;
    let echo = "8:echo123".parse().unwrap();
    kit.identities.remove_friend(&alice, &echo).await.unwrap();
    kit.identities.remove_account(&name("carol")).await.unwrap();
    kit.identities.ensure_demo(secret("demo secret"), &bots()).await.unwrap();
    assert_eq!(names(&kit.identities.friends(&alice).await.unwrap()), ["bob", "busy"]);
}
