//! Accounts that people make for themselves.

use super::*;
use crate::domain::role::Role;
use crate::protocol::rest::SignUp;

impl Kit {
    async fn open_to_all() -> Self {
        Self::with(Settings { registration: true, ..Settings::default() }).await
    }

    async fn sign_up_from(&self, peer: IpAddr, user: &str) -> Result<SignedIn, Failure> {
        let request = SignUp { user: name(user), display_name: None, password: secret(PASSWORD) };
        self.identities.sign_up(request, peer, clock::unix_now()).await
    }
}

#[tokio::test]
async fn who_signs_up_is_signed_in_as_nobody_special_and_can_sign_in_again() {
    let kit = Kit::open_to_all().await;
    let signed_in = kit.sign_up_from(HERE, "alice").await.unwrap();
    kit.verify(&signed_in.access_token).await.unwrap();
    kit.identities.refresh(&signed_in.refresh_token, clock::unix_now()).await.unwrap();
    assert_eq!(kit.sign_in("alice", PASSWORD).await.unwrap().me, signed_in.me);
    let account = kit.identities.account(&name("alice")).await.unwrap();
    assert!(account.role == Role::User && account.organisation.is_main() && !account.disabled);
}

#[tokio::test]
async fn nobody_makes_an_account_where_that_is_not_wanted() {
    let kit = Kit::new().await;
    let refused = kit.sign_up_from(HERE, "alice").await.unwrap_err();
    assert_eq!(refused.code, FailureCode::Forbidden);
    assert!(refused.message.contains("whoever runs it"), "{refused}");
    assert!(kit.identities.accounts(None, 500).await.unwrap().is_empty());
}

#[tokio::test]
async fn names_of_others_are_refused_alike() {
    let kit = Kit::open_to_all().await;
    kit.add("alice").await;
    for (user, peer) in [("alice", HERE), ("echo", HERE), ("user-0123456789ab", ELSEWHERE)] {
        let refused = kit.sign_up_from(peer, user).await.unwrap_err();
        assert_eq!((refused.code, refused.message), (FailureCode::Conflict, format!("the user name {user} is taken")));
    }
    // Those of people without an account have twelve digits; what only looks like one is anybody's.
    for user in ["user-beef", "user-0123456789abc", "user-", "user-0123456789ag"] {
        kit.sign_up_from(ELSEWHERE, user).await.unwrap();
    }
}

#[tokio::test]
async fn names_can_not_be_asked_for_without_end() {
    let kit = Kit::open_to_all().await;
    kit.add("alice").await;
    let mut asked = 0;
    let refused = loop {
        match kit.sign_up_from(HERE, "alice").await.unwrap_err() {
            refused if refused.code == FailureCode::TooManyRequests => break refused,
            _ => asked += 1,
        }
    };
    assert_eq!(asked, 20);
    assert!(refused.message.contains("try again in"), "{refused}");
    kit.sign_up_from(ELSEWHERE, "bob").await.unwrap();
}
