//! What accounts say about their calls: their rules, and what their owners chose to be.

use super::identities::identity;
use super::words::{from_word, word};
use super::{Db, StoreError, writing};
use crate::domain::forwarding::{CallRules, ForwardAfter, ForwardWhen};
use crate::domain::id::Identity;
use crate::domain::presence::PresenceChoice;

/// As what somebody is named who is an exception from do not disturb; others are named as the case of a forward.
const EXCEPT: &str = "except";

/// What one account says about its calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kept {
    /// Its rules.
    pub rules: CallRules,
    /// What its owner chose to be.
    pub presence: PresenceChoice,
}

/// What `owner` says; as if nothing, when there is no such account.
///
/// # Errors
/// See [`StoreError`].
pub async fn of(db: &Db, owner: &Identity) -> Result<Kept, StoreError> {
    let said: Option<(i64, String, String)> =
        sqlx::query_as("SELECT forward_after, pick_up, presence FROM identities WHERE identity = $1")
            .bind(owner.as_str())
            .fetch_optional(db)
            .await?;
    let Some((after, pick_up, presence)) = said else { return Ok(Kept::default()) };
    let after = u16::try_from(after).ok().and_then(|seconds| ForwardAfter::try_from(seconds).ok());
    let after_seconds = after.ok_or(StoreError::Damaged("time until a call is forwarded"))?;
    let mut rules = CallRules { after_seconds, pick_up: from_word(pick_up)?, ..CallRules::default() };
    let named: Vec<(String, String)> =
        sqlx::query_as("SELECT named_as, named FROM call_rules WHERE identity = $1 ORDER BY named_as, place")
            .bind(owner.as_str())
            .fetch_all(db)
            .await?;
    for (named_as, who) in named {
        let who = identity(who)?;
        match named_as.as_str() {
            EXCEPT => rules.except.push(who),
            _ => rules.set(from_word(named_as)?, Some(who)),
        }
    }
    Ok(Kept { rules, presence: from_word(presence)? })
}

/// The accounts that say anything.
///
/// # Errors
/// See [`StoreError`].
pub async fn owners(db: &Db) -> Result<Vec<Identity>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT identity FROM identities WHERE presence <> 'online' OR pick_up <> 'friends' \
         OR EXISTS (SELECT 1 FROM call_rules r WHERE r.identity = identities.identity)",
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(identity).collect()
}

/// Whose rules name `who`.
///
/// # Errors
/// See [`StoreError`].
pub async fn naming(db: &Db, who: &Identity) -> Result<Vec<Identity>, StoreError> {
    let rows: Vec<String> = sqlx::query_scalar("SELECT DISTINCT identity FROM call_rules WHERE named = $1")
        .bind(who.as_str())
        .fetch_all(db)
        .await?;
    rows.into_iter().map(identity).collect()
}

/// Replaces the rules of `owner`; nothing, when there is no such account.
///
/// # Errors
/// See [`StoreError`].
pub async fn set(db: &Db, owner: &Identity, rules: &CallRules) -> Result<(), StoreError> {
    let mut tx = writing(db).await?;
    let there = sqlx::query("UPDATE identities SET forward_after = $2, pick_up = $3 WHERE identity = $1")
        .bind(owner.as_str())
        .bind(i64::from(rules.after_seconds.seconds()))
        .bind(word(&rules.pick_up))
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM call_rules WHERE identity = $1").bind(owner.as_str()).execute(&mut *tx).await?;
    let forwards = ForwardWhen::ALL.into_iter().filter_map(|when| Some((word(&when), 0, rules.to(when)?)));
    let except = (0_i64..).zip(&rules.except).map(|(place, who)| (EXCEPT.to_owned(), place, who));
    for (named_as, place, named) in forwards.chain(except).filter(|_| there.rows_affected() == 1) {
        sqlx::query("INSERT INTO call_rules (identity, named_as, place, named) VALUES ($1, $2, $3, $4)")
            .bind(owner.as_str())
            .bind(named_as)
            .bind(place)
            .bind(named.as_str())
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Keeps what `owner` chose to be.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_presence(db: &Db, owner: &Identity, presence: PresenceChoice) -> Result<(), StoreError> {
    sqlx::query("UPDATE identities SET presence = $2 WHERE identity = $1")
        .bind(owner.as_str())
        .bind(word(&presence))
        .execute(db)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use uuid::Uuid;

    use super::super::{identities, open};
    use super::*;
    use crate::domain::forwarding::PickUpBy;
    use crate::domain::id::UserName;
    use crate::domain::time::UnixMillis;
    use crate::service::store::accounts::{self, StoredAccount};

    fn who(number: u128) -> Identity {
        Identity::acs(Uuid::nil(), Uuid::from_u128(number))
    }

    async fn account(db: &Db, name: &str, number: u128) -> Identity {
        let user: UserName = name.parse().unwrap();
        let account = crate::protocol::rest::Account {
            user: user.clone(),
            display_name: name.into(),
            identity: None,
            disabled: false,
            created_at: UnixMillis(1),
            role: crate::domain::role::Role::User,
            organisation: crate::domain::organisation::Organisation::default(),
        };
        assert!(accounts::add(db, &StoredAccount { account, password_hash: None, demo: false }).await.unwrap());
        identities::ensure(db, &[(user, who(number))], UnixMillis(1)).await.unwrap();
        who(number)
    }

    #[tokio::test]
    async fn rules_and_presence_survive_a_restart_and_are_replaced_as_a_whole() {
        let folder = TempDir::new().unwrap();
        let db = open(folder.path()).await.unwrap();
        let bob = account(&db, "bob", 1).await;
        account(&db, "carol", 2).await;
        assert_eq!(of(&db, &bob).await.unwrap(), Kept::default());
        assert_eq!(owners(&db).await.unwrap(), [], "who says nothing is not told of");
        let mut rules = CallRules { pick_up: PickUpBy::Everybody, ..CallRules::default() };
        rules.after_seconds = 7.try_into().unwrap();
        // More exceptions than have one digit: their order is not that of words.
        rules.except = (0..12).map(|number| who(100 - number)).collect();
        for (when, to) in ForwardWhen::ALL.into_iter().zip(50..) {
            rules.set(when, Some(who(to)));
        }
        set(&db, &bob, &rules).await.unwrap();
        set_presence(&db, &bob, PresenceChoice::DoNotDisturb).await.unwrap();
        db.close().await;

        let db = open(folder.path()).await.unwrap();
        let kept = Kept { rules, presence: PresenceChoice::DoNotDisturb };
        assert_eq!(of(&db, &bob).await.unwrap(), kept);
        assert_eq!(owners(&db).await.unwrap(), std::slice::from_ref(&bob));
        assert_eq!(naming(&db, &who(95)).await.unwrap(), std::slice::from_ref(&bob));
        assert_eq!(naming(&db, &who(2)).await.unwrap(), []);

        set(&db, &bob, &CallRules::default()).await.unwrap();
        set_presence(&db, &bob, PresenceChoice::Online).await.unwrap();
        assert_eq!(owners(&db).await.unwrap(), []);
        assert_eq!(naming(&db, &who(95)).await.unwrap(), []);
    }

    #[tokio::test]
    async fn who_has_no_account_says_nothing() {
        let folder = TempDir::new().unwrap();
        let db = open(folder.path()).await.unwrap();
        let mut rules = CallRules::default();
        rules.set(ForwardWhen::Always, Some(who(2)));
        set(&db, &who(1), &rules).await.unwrap();
        set_presence(&db, &who(1), PresenceChoice::Away).await.unwrap();
        assert_eq!(of(&db, &who(1)).await.unwrap(), Kept::default());
        // With its account go what it said.
        let bob = account(&db, "bob", 3).await;
        set(&db, &bob, &rules).await.unwrap();
        assert!(accounts::remove(&db, &"bob".parse().unwrap(), UnixMillis(1)).await.unwrap().is_some());
        assert_eq!(owners(&db).await.unwrap(), []);
        assert_eq!(naming(&db, &who(2)).await.unwrap(), []);
    }

    #[tokio::test]
    async fn what_one_account_says_that_cannot_be_read_stands_in_nobody_elses_way() {
        let folder = TempDir::new().unwrap();
        let db = open(folder.path()).await.unwrap();
        let (bob, carol) = (account(&db, "bob", 1).await, account(&db, "carol", 2).await);
        for (owner, to) in [(&bob, &carol), (&carol, &bob)] {
            let mut rules = CallRules::default();
            rules.set(ForwardWhen::Always, Some(to.clone()));
            set(&db, owner, &rules).await.unwrap();
        }
        sqlx::query("UPDATE call_rules SET named_as = 'sometimes' WHERE identity = $1")
            .bind(bob.as_str())
            .execute(&db)
            .await
            .unwrap();
        assert_eq!(owners(&db).await.unwrap(), [bob.clone(), carol.clone()]);
        assert!(matches!(of(&db, &bob).await, Err(StoreError::Damaged(_))));
        assert_eq!(of(&db, &carol).await.unwrap().rules.to(ForwardWhen::Always), Some(&bob));
    }
}
