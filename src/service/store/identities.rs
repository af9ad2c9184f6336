//! Communication identities: whose they are, from when on their tokens count, when they were last seen.

use std::collections::BTreeMap;

use sqlx::{Sqlite, Transaction};

use super::{Db, StoreError, writing};
use crate::domain::id::{DisplayName, GroupId, Identity, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;

/// What decides whether the tokens of an identity count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether its account is closed.
    pub disabled: bool,
    /// Tokens issued at or before this instant don't count.
    pub tokens_not_before: UnixMillis,
}

/// Among whom a part of a name is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// All.
    Everyone,
    /// The members of this organisation.
    Members(Organisation),
    /// Nobody.
    Nobody,
}

impl Among {
    /// Whose members are looked through; of nothing there are none.
    fn organisation(&self) -> &str {
        match self {
            Self::Members(organisation) => organisation.as_str(),
            Self::Everyone | Self::Nobody => "",
        }
    }

    /// Whether people without an account are among them, who are of the usual organisation.
    pub fn holds_accountless(&self) -> bool {
        match self {
            Self::Everyone => true,
            Self::Members(organisation) => organisation.is_main(),
            Self::Nobody => false,
        }
    }
}

/// An account found by a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name signed in with.
    pub user: UserName,
    /// How the person is shown.
    pub display_name: DisplayName,
    /// The identity, if one was made already.
    pub identity: Option<Identity>,
    /// Where the account belongs.
    pub organisation: Organisation,
}

/// Identity, user name, display name and organisation.
pub(super) type PersonRow = (String, String, String, String);

/// A statement that selects [`PersonRow`]s, each with `$more` columns behind it where they are named; who has no account is
/// shown by the name of the identity, and is of the usual organisation.
macro_rules! person_rows {
    ($which:expr) => {
        person_rows!("", $which)
    };
    ($more:literal, $which:expr) => {
        concat!(
            "SELECT i.identity, COALESCE(a.user_name, i.name), COALESCE(a.display_name, i.name), ",
            "COALESCE(a.organisation, 'main')",
            $more,
            " FROM identities i LEFT JOIN accounts a ON a.user_name = i.user_name ",
            $which
        )
    };
}
pub(super) use person_rows;

/// Gives each user the identity offered unless it has one, and returns the ones they have now. A user without an
/// account gets none.
///
/// # Errors
/// See [`StoreError`].
pub async fn ensure(
    db: &Db,
    offers: &[(UserName, Identity)],
    now: UnixMillis,
) -> Result<Vec<(UserName, Identity)>, StoreError> {
    let mut tx = writing(db).await?;
    let mut have = Vec::with_capacity(offers.len());
    for (user, offer) in offers {
        if let Some(identity) = ensure_one(&mut tx, user, offer, now).await? {
            have.push((user.clone(), identity));
        }
    }
    tx.commit().await?;
    Ok(have)
}

async fn ensure_one(
    tx: &mut Transaction<'static, Sqlite>,
    user: &UserName,
    offer: &Identity,
    now: UnixMillis,
) -> Result<Option<Identity>, StoreError> {
    sqlx::query(
        "INSERT INTO identities (identity, user_name, created_at, tokens_not_before) \
         SELECT $1, user_name, $3, 0 FROM accounts WHERE user_name = $2 ON CONFLICT DO NOTHING",
    )
    .bind(offer.as_str())
    .bind(user.as_str())
    .bind(now.0)
    .execute(&mut **tx)
    .await?;
    let raw: Option<String> = sqlx::query_scalar("SELECT identity FROM identities WHERE user_name = $1")
        .bind(user.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    raw.map(identity).transpose()
}

/// Whose identity it is.
///
/// # Errors
/// See [`StoreError`].
pub async fn person_of(db: &Db, identity: &Identity) -> Result<Option<Person>, StoreError> {
    let row: Option<PersonRow> =
        sqlx::query_as(person_rows!("WHERE i.identity = $1")).bind(identity.as_str()).fetch_optional(db).await?;
    row.map(person).transpose()
}

/// Makes an identity without an account, called `name`; `false` when somebody is called so.
///
/// # Errors
/// See [`StoreError`].
pub async fn add(db: &Db, identity: &Identity, name: &UserName, now: UnixMillis) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO identities (identity, name, created_at, tokens_not_before) SELECT $1, $2, $3, 0 \
         WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE user_name = $2) ON CONFLICT DO NOTHING",
    )
    .bind(identity.as_str())
    .bind(name.as_str())
    .bind(now.0)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Who without an account is called `name`.
///
/// # Errors
/// See [`StoreError`].
pub async fn named(db: &Db, name: &UserName) -> Result<Option<Person>, StoreError> {
    let row: Option<PersonRow> =
        sqlx::query_as(person_rows!("WHERE i.name = $1")).bind(name.as_str()).fetch_optional(db).await?;
    row.map(person).transpose()
}

/// People without an account whose name contains `folded`, best first, as [`search`] does.
///
/// # Errors
/// See [`StoreError`].
pub async fn search_named(db: &Db, folded: &str, limit: usize) -> Result<Vec<Person>, StoreError> {
    let rows: Vec<PersonRow> = sqlx::query_as(person_rows!(
        "WHERE i.name LIKE $2 ESCAPE '!' \
         ORDER BY CASE WHEN i.name = $1 THEN 0 WHEN i.name LIKE $3 ESCAPE '!' THEN 1 ELSE 2 END, i.name LIMIT $4"
    ))
    .bind(folded)
    .bind(format!("%{}%", escaped(folded)))
    .bind(format!("{}%", escaped(folded)))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db)
    .await?;
    rows.into_iter().map(person).collect()
}

/// An identity that was removed, and on whose lists it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The identity.
    pub identity: Identity,
    /// Who had it for a friend.
    pub followers: Vec<Identity>,
    /// Between whom and it a friend request was open.
    pub requests: Vec<Identity>,
    /// Who blocked it.
    pub blockers: Vec<Identity>,
    /// Its groups, and on whose lists they were.
    pub groups: Vec<(GroupId, Identity)>,
}

/// Removes an identity with its tokens, friend list, rules, groups and own call records, and from the lists of others;
/// `None` when there is none. An account it had stays.
///
/// # Errors
/// See [`StoreError`].
pub async fn remove(db: &Db, identity: &Identity, now: UnixMillis) -> Result<Option<Gone>, StoreError> {
    let mut tx = writing(db).await?;
    let gone = remove_within(&mut tx, identity, now).await?;
    tx.commit().await?;
    Ok(gone)
}

/// The same, as part of a greater change.
pub(super) async fn remove_within(
    tx: &mut Transaction<'static, Sqlite>,
    identity: &Identity,
    now: UnixMillis,
) -> Result<Option<Gone>, StoreError> {
    let gone = on_lists(tx, identity).await?;
    // A code that somebody may still have leads to no other group.
    sqlx::query("INSERT INTO ended_codes (code, ended_at) SELECT code, $2 FROM groups WHERE owner = $1")
        .bind(identity.as_str())
        .bind(now.0)
        .execute(&mut **tx)
        .await?;
    for statement in [
        "DELETE FROM groups WHERE owner = $1",
        "DELETE FROM friends WHERE friend = $1",
        "DELETE FROM call_records WHERE identity = $1",
    ] {
        sqlx::query(statement).bind(identity.as_str()).execute(&mut **tx).await?;
    }
    let done =
        sqlx::query("DELETE FROM identities WHERE identity = $1").bind(identity.as_str()).execute(&mut **tx).await?;
    Ok((done.rows_affected() == 1).then_some(gone))
}

/// On whose lists somebody is.
async fn on_lists(tx: &mut Transaction<'static, Sqlite>, who: &Identity) -> Result<Gone, StoreError> {
    let mut lists = [const { Vec::new() }; 3];
    for (list, statement) in lists.iter_mut().zip([
        "SELECT identity FROM friends WHERE friend = $1",
        "SELECT asker FROM friend_requests WHERE asked = $1 UNION SELECT asked FROM friend_requests WHERE asker = $1",
        "SELECT identity FROM blocks WHERE blocked = $1",
    ]) {
        let rows: Vec<String> = sqlx::query_scalar(statement).bind(who.as_str()).fetch_all(&mut **tx).await?;
        *list = rows.into_iter().map(identity).collect::<Result<_, _>>()?;
    }
    let [followers, requests, blockers] = lists;
    let groups: Vec<(String, String)> = sqlx::query_as(
        "SELECT l.group_id, l.identity FROM group_list l JOIN groups g ON g.group_id = l.group_id \
         WHERE g.owner = $1 AND l.identity <> $1",
    )
    .bind(who.as_str())
    .fetch_all(&mut **tx)
    .await?;
    let group =
        |(id, by): (String, String)| Ok((id.parse().map_err(|_| StoreError::Damaged("group id"))?, identity(by)?));
    let groups = groups.into_iter().map(group).collect::<Result<_, StoreError>>()?;
    Ok(Gone { identity: who.clone(), followers, requests, blockers, groups })
}

/// Open accounts whose user name or display name contains `folded` (as [`crate::domain::text::folded`] does), best first:
/// the same name, then names that begin with it, then the others. Of who is not `among` those looked through, only the one
/// of that very user name.
///
/// # Errors
/// See [`StoreError`].
pub async fn search(db: &Db, folded: &str, among: &Among, limit: usize) -> Result<Vec<Found>, StoreError> {
    let rows: Vec<FoundRow> = sqlx::query_as(
        "SELECT a.user_name, a.display_name, i.identity, a.organisation \
         FROM accounts a LEFT JOIN identities i ON i.user_name = a.user_name \
         WHERE a.disabled = 0 AND (a.user_name LIKE $2 ESCAPE '!' OR a.folded_name LIKE $2 ESCAPE '!') \
         AND ($5 = 1 OR a.organisation = $6 OR a.user_name = $1) \
         ORDER BY CASE WHEN a.user_name = $1 OR a.folded_name = $1 THEN 0 \
         WHEN a.user_name LIKE $3 ESCAPE '!' OR a.folded_name LIKE $3 ESCAPE '!' THEN 1 ELSE 2 END, \
         a.folded_name, a.user_name LIMIT $4",
    )
    .bind(folded)
    .bind(format!("%{}%", escaped(folded)))
    .bind(format!("{}%", escaped(folded)))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .bind(i64::from(*among == Among::Everyone))
    .bind(among.organisation())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(found).collect()
}

/// What decides about the tokens of `identity`; `None` when it is gone.
///
/// # Errors
/// See [`StoreError`].
pub async fn standing(db: &Db, identity: &Identity) -> Result<Option<Standing>, StoreError> {
    let row: Option<(i64, i64)> = sqlx::query_as(
        "SELECT COALESCE(a.disabled, 0), i.tokens_not_before \
         FROM identities i LEFT JOIN accounts a ON a.user_name = i.user_name WHERE i.identity = $1",
    )
    .bind(identity.as_str())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(disabled, before)| Standing { disabled: disabled != 0, tokens_not_before: UnixMillis(before) }))
}

/// Refuses every token of `identity` issued until `until`, and in any case those since the last time; refresh tokens
/// included. `false` when there is no such identity.
///
/// # Errors
/// See [`StoreError`].
pub async fn revoke(db: &Db, identity: &Identity, until: UnixMillis) -> Result<bool, StoreError> {
    let mut tx = writing(db).await?;
    // The first token after a revocation may be dated one millisecond after it: one more makes that count no longer.
    let done = sqlx::query(
        "UPDATE identities SET tokens_not_before = CASE WHEN tokens_not_before >= $2 THEN tokens_not_before + 1 \
         ELSE $2 END WHERE identity = $1",
    )
    .bind(identity.as_str())
    .bind(until.0)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM refresh_tokens WHERE identity = $1").bind(identity.as_str()).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done.rows_affected() == 1)
}

/// When a client of `identity` was last connected.
///
/// # Errors
/// See [`StoreError`].
pub async fn last_seen(db: &Db, identity: &Identity) -> Result<Option<UnixMillis>, StoreError> {
    let at: Option<Option<i64>> = sqlx::query_scalar("SELECT last_seen FROM identities WHERE identity = $1")
        .bind(identity.as_str())
        .fetch_optional(db)
        .await?;
    Ok(at.flatten().map(UnixMillis))
}

/// Remembers that a client of `identity` was connected at `at`.
///
/// # Errors
/// See [`StoreError`].
pub async fn set_last_seen(db: &Db, identity: &Identity, at: UnixMillis) -> Result<(), StoreError> {
    sqlx::query("UPDATE identities SET last_seen = $2 WHERE identity = $1")
        .bind(identity.as_str())
        .bind(at.0)
        .execute(db)
        .await?;
    Ok(())
}

/// When each friend of `identity` was last seen, for those who ever were.
///
/// # Errors
/// See [`StoreError`].
pub async fn last_seen_of_friends(db: &Db, identity: &Identity) -> Result<BTreeMap<Identity, UnixMillis>, StoreError> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT i.identity, i.last_seen FROM friends f JOIN identities i ON i.identity = f.friend \
         WHERE f.identity = $1 AND i.last_seen IS NOT NULL",
    )
    .bind(identity.as_str())
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|(raw, at)| Ok((self::identity(raw)?, UnixMillis(at)))).collect()
}

pub(super) fn identity(raw: String) -> Result<Identity, StoreError> {
    Identity::try_from(raw).map_err(|_| StoreError::Damaged("identity"))
}

pub(super) fn person((raw, name, display_name, of): PersonRow) -> Result<Person, StoreError> {
    Ok(Person {
        identity: identity(raw)?,
        name: name.parse().map_err(|_| StoreError::Damaged("user name"))?,
        display_name: DisplayName::from(display_name),
        organisation: organisation(of)?,
    })
}

pub(super) fn organisation(raw: String) -> Result<Organisation, StoreError> {
    Organisation::try_from(raw).map_err(|_| StoreError::Damaged("organisation"))
}

/// User name, display name, identity and organisation.
type FoundRow = (String, String, Option<String>, String);

fn found((user, display_name, raw, of): FoundRow) -> Result<Found, StoreError> {
    Ok(Found {
        user: user.parse().map_err(|_| StoreError::Damaged("user name"))?,
        display_name: DisplayName::from(display_name),
        identity: raw.map(identity).transpose()?,
        organisation: organisation(of)?,
    })
}

/// `text` for a LIKE pattern whose escape character is `!`.
pub(super) fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
