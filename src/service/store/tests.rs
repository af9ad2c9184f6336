//! The file itself: opening, what can go wrong, what survives; and the call records.

use std::fs;
use std::path::Path;
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, SqliteConnection};
use tempfile::TempDir;

use super::identities::Among;
use super::records::{self, Entry};
use super::*;
use crate::domain::call::{Direction, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::group::GroupRef;
use crate::domain::id::{CallId, DisplayName, GroupId, Identity};
use crate::domain::person::Person;
use crate::domain::record::{CallRecord, HistoryFilter, Outcome};
use crate::domain::time::UnixMillis;

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn values_survive_a_clean_stop() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    settings::keep(&db, "colour", "blue").await.unwrap();
    db.close().await;
    let db = open(folder.path()).await.unwrap();
    assert_eq!(settings::get(&db, "colour").await.unwrap().as_deref(), Some("blue"));
    assert_eq!(settings::keep(&db, "colour", "red").await.unwrap(), "blue", "the first one is kept");
}

#[tokio::test]
async fn values_survive_a_kill() {
    let (folder, after) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let db = open(folder.path()).await.unwrap();
    settings::keep(&db, "colour", "blue").await.unwrap();
    // What the disk holds while the process still runs is what a killed one leaves behind.
    for file in [FILE.to_owned(), format!("{FILE}-wal")] {
        fs::copy(folder.path().join(&file), after.path().join(&file)).unwrap();
    }
    let db = open(after.path()).await.unwrap();
    assert_eq!(settings::get(&db, "colour").await.unwrap().as_deref(), Some("blue"));
}

#[tokio::test]
async fn a_write_is_synced_before_it_is_answered() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    let pragma = async |sql: &'static str| -> String { sqlx::query_scalar(sql).fetch_one(&db).await.unwrap() };
    assert_eq!(pragma("SELECT journal_mode FROM pragma_journal_mode").await, "wal");
    assert_eq!(pragma("SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous").await, "2", "FULL");
    assert_eq!(pragma("SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys").await, "1");
}

#[tokio::test]
async fn who_was_removed_in_the_same_moment_is_not_found() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    let [gone, friend] = ["8:acs:0_1", "8:acs:0_2"].map(|identity| identity.parse().unwrap());
    let failed = friends::add(&db, &gone, &friend, 10, UnixMillis(0)).await.unwrap_err();
    assert!(matches!(failed, StoreError::Gone(_)), "{failed}");
    assert_eq!(Failure::from(failed).code, FailureCode::NotFound);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_can_read_the_folder_or_its_files() {
    use std::os::unix::fs::PermissionsExt;

    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("new/service");
    let db = open(&folder).await.unwrap();
    settings::keep(&db, "colour", "blue").await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 2, "the log is beside the database: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_folder_that_cant_be_made_is_named() {
    let parent = TempDir::new().unwrap();
    let in_the_way = parent.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let error = open(&in_the_way.join("service")).await.unwrap_err();
    assert!(matches!(error, OpenError::Folder { .. }), "{error}");
    assert!(error.to_string().contains("--data"), "{error}");
}

#[tokio::test]
async fn a_file_that_cant_be_opened_is_a_folder_that_cant_be_written() {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join(FILE)).unwrap();
    assert!(matches!(open(folder.path()).await.unwrap_err(), OpenError::Folder { .. }));
}

#[tokio::test]
async fn a_file_that_is_no_database_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let garbage = "this is not a database, however long it is ".repeat(100);
    fs::write(folder.path().join(FILE), &garbage).unwrap();
    let error = open(folder.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::NotADatabase { .. }), "{error}");
    assert_eq!(fs::read_to_string(folder.path().join(FILE)).unwrap(), garbage);
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'later', 1, x'00', 0)",
    )
    .execute(&db)
    .await
    .unwrap();
    db.close().await;
    let error = open(folder.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::NewerSchema { version: 9999, .. }), "{error}");
}

#[tokio::test]
async fn what_the_first_schema_held_survives_the_second() {
    let folder = TempDir::new().unwrap();
    let first = Migrator { migrations: MIGRATIONS.migrations[..1].to_vec().into(), ..Migrator::DEFAULT };
    let options = SqliteConnectOptions::new().filename(folder.path().join(FILE)).create_if_missing(true);
    let mut old = options.connect().await.unwrap();
    first.run(&mut old).await.unwrap();
    sqlx::query(
        "INSERT INTO call_records (call_id, identity, with_identity, with_user_name, with_display_name, direction, \
         outcome, started_at, answered_at, ended_at, end_code, end_sub_code) VALUES \
         ('01010101-0101-0101-0101-010101010101', '8:acs:test_alice', '8:acs:test_carol', 'carol', 'carol', 'outgoing', \
         'answered', 1000, 1200, 5000, 0, 0), ('02020202-0202-0202-0202-020202020202', '8:acs:test_alice', \
         '8:acs:test_carol', 'carol', 'carol', 'outgoing', 'ongoing', 2000, NULL, NULL, NULL, NULL), \
         ('03030303-0303-0303-0303-030303030303', '8:acs:test_bob', '8:acs:test_carol', 'carol', 'carol', 'incoming', \
         'missed', 3000, NULL, 3500, 487, 0)",
    )
    .execute(&mut old)
    .await
    .unwrap();
    sqlx::query("INSERT INTO settings (name, value) VALUES ('colour', 'blue')").execute(&mut old).await.unwrap();
    old.close().await.unwrap();

    let db = open(folder.path()).await.unwrap();
    let answered = CallRecord {
        outcome: Outcome::Answered,
        answered_at: Some(UnixMillis(1200)),
        ended_at: Some(UnixMillis(5000)),
        end: Some(EndReason::HUNG_UP),
        ..ringing(1)
    };
    let alice = person("alice").identity;
    assert_eq!(list(&db, &alice, 10).await.unwrap(), [ringing(2), answered]);
    let found = HistoryFilter { text: Some("carol".to_owned()), ..HistoryFilter::default() };
    assert_eq!(records::list(&db, &alice, &found, 10).await.unwrap().len(), 2);
    assert_eq!(settings::get(&db, "colour").await.unwrap().as_deref(), Some("blue"));
    let bob = person("bob").identity;
    assert_eq!(records::missed(&db, &bob).await.unwrap(), 0, "calls missed before anybody counted are no news");
    let again = records::keep(&db, &[Entry { owner: alice.clone(), record: ringing(2) }]).await;
    assert!(again.is_ok(), "a record is still one for each call and person");
    assert_eq!(list(&db, &alice, 10).await.unwrap().len(), 2);
}

/// What a service may have held, and from which schema on; every later one takes the same statements.
const HELD: [(usize, &str); 10] = [
    (1, "INSERT INTO settings (name, value) VALUES ('colour', 'blue'), ('signing_key', 'a key')"),
    (
        1,
        "INSERT INTO accounts (user_name, display_name, folded_name, password_hash, demo, disabled, created_at) VALUES \
         ('alice', 'Alice', 'alice', '$argon2id$', 0, 0, 1), ('bob', 'Bob', 'bob', NULL, 1, 1, 2), \
         ('j1', 'José', 'josé', NULL, 0, 0, 3)",
    ),
    (
        1,
        "INSERT INTO identities (identity, user_name, created_at, tokens_not_before, last_seen) VALUES \
         ('8:acs:test_alice', 'alice', 1, 7, 8), ('8:acs:test_bob', 'bob', 1, 0, NULL)",
    ),
    (1, "INSERT INTO friends (identity, friend, added_at) VALUES ('8:acs:test_alice', '8:acs:test_bob', 3)"),
    (
        1,
        "INSERT INTO refresh_tokens (token_hash, family, identity, expires_at) VALUES \
         ('hash', 'family', '8:acs:test_alice', 99)",
    ),
    (
        1,
        "INSERT INTO call_records (call_id, identity, with_identity, with_user_name, with_display_name, direction, \
         outcome, started_at) VALUES ('01010101-0101-0101-0101-010101010101', '8:acs:test_alice', \
         '8:acs:test_carol', 'carol', 'carol', 'outgoing', 'ongoing', 1000)",
    ),
    (
        2,
        "INSERT INTO groups (group_id, owner, name, folded_name, code, created_at, used_at) VALUES \
         ('29228d3e-040e-4656-a70e-890ab4e173e5', '8:acs:test_alice', 'Ops', 'ops', 'ABCDEFGH', 1, 1)",
    ),
    (
        4,
        "INSERT INTO call_rules (identity, named_as, place, named) VALUES ('8:acs:test_alice', 'x', 0, '8:acs:test_bob')",
    ),
    (3, "UPDATE call_records SET note = 'À bientôt', folded_note = 'à bientôt'"),
    (5, "UPDATE friends SET favourite = 1"),
];

#[tokio::test]
async fn what_every_released_schema_held_is_there_now() {
    for released in 1..MIGRATIONS.migrations.len() {
        let folder = TempDir::new().unwrap();
        let then = MIGRATIONS.migrations[..released].to_vec().into();
        let migrator = Migrator { migrations: then, ..Migrator::DEFAULT };
        let options = SqliteConnectOptions::new().filename(folder.path().join(FILE)).create_if_missing(true);
        let mut old = options.connect().await.unwrap();
        migrator.run(&mut old).await.unwrap();
        for (_, held) in HELD.into_iter().filter(|(since, _)| *since <= released) {
            sqlx::raw_sql(held).execute(&mut old).await.unwrap();
        }
        old.close().await.unwrap();

        let db = open(folder.path()).await.unwrap_or_else(|why| panic!("schema {released}: {why}"));
        let alice = person("alice").identity;
        let stored = accounts::find(&db, &"alice".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((stored.account.identity, stored.account.role), (Some(alice.clone()), Default::default()));
        assert!(stored.password_hash.is_some() && !stored.demo, "schema {released}");
        let bob = accounts::find(&db, &"bob".parse().unwrap()).await.unwrap().unwrap();
        assert!(bob.account.disabled && bob.demo, "schema {released}");
        let found = identities::search(&db, "jose", &Among::Everyone, 9).await.unwrap();
        assert_eq!(found.len(), 1, "schema {released}: names are folded as they are searched now");
        let standing = identities::standing(&db, &alice).await.unwrap().unwrap();
        assert_eq!(standing.tokens_not_before, UnixMillis(7));
        assert_eq!(identities::last_seen(&db, &alice).await.unwrap(), Some(UnixMillis(8)));
        assert!(refresh_tokens::is_kept(&db, "hash").await.unwrap());
        let note = (released >= 3).then(|| "À bientôt".parse().unwrap());
        assert_eq!(list(&db, &alice, 10).await.unwrap(), [CallRecord { note, ..ringing(1) }], "schema {released}");
        let noted = HistoryFilter { text: Some("a bientot".to_owned()), ..HistoryFilter::default() };
        let found = records::list(&db, &alice, &noted, 9).await.unwrap();
        assert_eq!(found.len(), usize::from(released >= 3), "schema {released}: and so are records");
        assert_eq!(settings::get(&db, "colour").await.unwrap().as_deref(), Some("blue"));
        let count = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&db).await.unwrap() };
        assert_eq!(count("SELECT COUNT(*) FROM friends").await, 1);
        assert_eq!(count("SELECT COUNT(*) FROM groups").await, i64::from(released >= 2));
        assert_eq!(count("SELECT COUNT(*) FROM call_rules").await, i64::from(released >= 4));
        assert_eq!(count("SELECT COUNT(*) FROM friends WHERE favourite = 1").await, i64::from(released >= 5));
    }
}

#[tokio::test]
async fn a_file_held_by_another_process_is_locked() {
    let folder = TempDir::new().unwrap();
    open(folder.path()).await.unwrap().close().await;
    let mut other = connect(folder.path()).await;
    for statement in ["PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "CREATE TABLE x (y TEXT)"] {
        sqlx::query(statement).execute(&mut other).await.unwrap();
    }
    let error = open_within(folder.path(), SHORT).await.unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    other.close().await.unwrap();
    assert!(open(folder.path()).await.is_ok());
}

#[tokio::test]
async fn a_lock_at_run_time_is_unavailable_and_passes() {
    let folder = TempDir::new().unwrap();
    let db = open_within(folder.path(), SHORT).await.unwrap();
    let mut other = connect(folder.path()).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let error = settings::keep(&db, "colour", "blue").await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert_eq!(Failure::from(error).code, FailureCode::Unavailable);
    assert_eq!(settings::get(&db, "colour").await.unwrap(), None, "reading goes on");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(settings::keep(&db, "colour", "blue").await.unwrap(), "blue");
}

#[tokio::test]
async fn many_writers_at_once_all_succeed() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    let alice = person("alice");
    let writes = (0..40).map(|number| {
        let (db, entry) = (db.clone(), Entry { owner: alice.identity.clone(), record: ringing(number) });
        async move { records::keep(&db, &[entry]).await }
    });
    for result in futures_util::future::join_all(writes).await {
        result.unwrap();
    }
    assert_eq!(list(&db, &alice.identity, 100).await.unwrap().len(), 40);
}

#[tokio::test]
async fn a_record_follows_its_call_and_comes_back_whole() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    let (alice, mut record) = (person("alice").identity, ringing(1));
    let keep = async |record: &CallRecord| {
        records::keep(&db, &[Entry { owner: alice.clone(), record: record.clone() }]).await.unwrap();
        assert_eq!(list(&db, &alice, 10).await.unwrap(), std::slice::from_ref(record));
    };
    keep(&record).await;
    (record.outcome, record.answered_at) = (Outcome::Answered, Some(UnixMillis(1200)));
    keep(&record).await;
    (record.ended_at, record.end) = (Some(UnixMillis(5000)), Some(EndReason::HUNG_UP));
    keep(&record).await;

    let late = Entry { owner: alice.clone(), record: ringing(1) };
    records::keep(&db, &[late]).await.unwrap();
    assert_eq!(list(&db, &alice, 10).await.unwrap(), [record], "an ended call is not opened again");
}

#[tokio::test]
async fn a_record_may_be_of_a_group_with_or_without_a_name() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    let alice = person("alice").identity;
    let id = GroupId(uuid::Builder::from_bytes([7; 16]).into_uuid());
    let of = |number, name: Option<&str>| {
        let with = Peer::Group(GroupRef { id, name: name.map(|name| name.parse().unwrap()) });
        CallRecord { with, ..ringing(number) }
    };
    let records = [of(3, Some("Ops bridge")), of(2, None), ringing(1)];
    let entries: Vec<_> = records.iter().map(|record| Entry { owner: alice.clone(), record: record.clone() }).collect();
    records::keep(&db, &entries).await.unwrap();
    assert_eq!(list(&db, &alice, 10).await.unwrap(), records);
}

#[tokio::test]
async fn records_are_listed_newest_first_and_each_to_its_owner() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    let (alice, bob) = (person("alice").identity, person("bob").identity);
    for number in [2, 5, 3] {
        records::keep(&db, &[Entry { owner: alice.clone(), record: ringing(number) }]).await.unwrap();
    }
    records::keep(&db, &[Entry { owner: bob, record: ringing(9) }]).await.unwrap();
    let begun: Vec<_> = list(&db, &alice, 2).await.unwrap().iter().map(|record| record.started_at.0).collect();
    assert_eq!(begun, [5000, 3000]);
}

#[tokio::test]
async fn calls_a_killed_service_left_open_are_closed_sensibly() {
    let folder = TempDir::new().unwrap();
    let db = open(folder.path()).await.unwrap();
    let alice = person("alice").identity;
    let answered = CallRecord { answered_at: Some(UnixMillis(1500)), ..ringing(1) };
    let missed = CallRecord { direction: Direction::Incoming, ..ringing(2) };
    let ended = CallRecord {
        outcome: Outcome::Declined,
        ended_at: Some(UnixMillis(9)),
        end: Some(EndReason::DECLINED),
        ..ringing(4)
    };
    let entries = [answered, missed, ringing(3), ended.clone()].map(|record| Entry { owner: alice.clone(), record });
    records::keep(&db, &entries).await.unwrap();

    assert_eq!(records::close_open(&db, EndReason::SERVICE_LOST).await.unwrap(), 3);
    let list = list(&db, &alice, 10).await.unwrap();
    assert_eq!(records::missed(&db, &alice).await.unwrap(), 1);
    let outcomes: Vec<_> = list.iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Declined, Outcome::Failed, Outcome::Missed, Outcome::Answered]);
    assert_eq!(list[0], ended, "what had ended is not touched");
    assert_eq!(list[3].ended_at, Some(UnixMillis(2500)), "who talked, talked for a moment");
    assert!(list[1..].iter().all(|record| record.end == Some(EndReason::SERVICE_LOST)));
    assert_eq!(records::close_open(&db, EndReason::SERVICE_LOST).await.unwrap(), 0);
}

async fn list(db: &Db, owner: &Identity, limit: usize) -> Result<Vec<CallRecord>, StoreError> {
    records::list(db, owner, &HistoryFilter::default(), limit).await
}

async fn connect(folder: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(folder.join(FILE)).connect().await.unwrap()
}

pub(super) fn person(name: &str) -> Person {
    Person::new(
        format!("8:acs:test_{name}").parse::<Identity>().unwrap(),
        name.parse().unwrap(),
        DisplayName::from(name),
    )
}

pub(super) fn ringing(number: u8) -> CallRecord {
    CallRecord {
        call_id: CallId(uuid::Builder::from_bytes([number; 16]).into_uuid()),
        with: Peer::Person(person("carol")),
        direction: Direction::Outgoing,
        outcome: Outcome::Ongoing,
        started_at: UnixMillis(i64::from(number) * 1000),
        answered_at: None,
        ended_at: None,
        end: None,
        answered_by: None,
        note: None,
    }
}
