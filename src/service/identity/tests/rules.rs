//! Rules of accounts: what they may name, and who is told of.

use super::*;
use crate::domain::forwarding::{CallRules, ForwardWhen};

fn always(to: &Identity) -> CallRules {
    let mut rules = CallRules::default();
    rules.set(ForwardWhen::Always, Some(to.clone()));
    rules
}

#[tokio::test]
async fn rules_name_people_and_bots_but_not_oneself_or_nobody() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    let echo = bots()[0].identity.clone();
    let nobody = "8:acs:nobody_here".parse().unwrap();
    kit.identities.set_rules(&alice, always(&echo)).await.unwrap();
    assert_eq!(kit.identities.set_rules(&alice, always(&alice)).await.code(), FailureCode::BadRequest);
    assert_eq!(kit.identities.set_rules(&alice, always(&nobody)).await.code(), FailureCode::NotFound);
    let rules = kit.identities.rules(&alice).await.unwrap();
    assert_eq!((rules.rules, names(&rules.people)), (always(&echo), vec!["echo"]));
    kit.identities.set_rules(&alice, always(&bob)).await.unwrap();
    assert_eq!(names(&kit.identities.rules(&alice).await.unwrap().people), ["bob"]);
    assert_eq!(kit.identities.rules(&bob).await.unwrap(), Default::default());
}

#[tokio::test]
async fn who_is_gone_is_not_told_of_and_may_be_named_on() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    kit.identities.set_rules(&alice, always(&bob)).await.unwrap();
    let mut changed = kit.identities.standing_changed();
    let people = async || kit.identities.rules(&alice).await.unwrap().people;
    for disabled in [true, false] {
        kit.identities.set_disabled(&name("bob"), disabled).await.unwrap();
        assert_eq!(changed.next().await, Some(News::Item(bob.clone())));
        assert_eq!(people().await.is_empty(), disabled);
    }
    assert_eq!(kit.identities.rules_naming(&bob).await.unwrap(), std::slice::from_ref(&alice));
    kit.identities.remove_account(&name("bob")).await.unwrap();
    assert_eq!(changed.next().await, Some(News::Item(bob.clone())));
    assert!(people().await.is_empty());
    // What else the rules say can be changed all the same.
    let rules = CallRules { after_seconds: 30.try_into().unwrap(), ..always(&bob) };
    kit.identities.set_rules(&alice, rules.clone()).await.unwrap();
    assert_eq!(kit.identities.rules(&alice).await.unwrap().rules, rules);
    let carol = kit.person("carol").await;
    assert_eq!(kit.identities.set_rules(&carol, always(&bob)).await.code(), FailureCode::NotFound);
}
