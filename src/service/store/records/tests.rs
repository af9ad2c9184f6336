//! Notes, missed calls, and records that are looked for.

use tempfile::TempDir;

use super::super::open;
use super::super::tests::{person, ringing};
use super::*;
use crate::domain::call::Direction;
use crate::domain::id::{DisplayName, GroupId};
use crate::domain::record::Outcome;

/// A store with verbs, and a folder that goes with it.
struct Kit {
    db: Db,
    owner: Identity,
    _folder: TempDir,
}

impl Kit {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let db = open(folder.path()).await.unwrap();
        Self { db, owner: person("alice").identity, _folder: folder }
    }

    /// Keeps a record; it comes back as it is kept.
    async fn keeps(&self, record: &CallRecord) -> Option<CallRecord> {
        let entry = Entry { owner: self.owner.clone(), record: record.clone() };
        let kept = keep(&self.db, &[entry]).await.unwrap();
        kept.into_iter().next().map(|entry| entry.record)
    }

    async fn notes(&self, number: u8, text: &str) -> Option<CallRecord> {
        let text: Option<CallNote> = text.parse().ok();
        note(&self.db, &self.owner, ringing(number).call_id, text.as_ref()).await.unwrap()
    }

    async fn finds(&self, filter: HistoryFilter) -> Vec<i64> {
        let found = list(&self.db, &self.owner, &filter, 100).await.unwrap();
        found.iter().map(|record| record.started_at.0 / 1000).collect()
    }

    async fn finds_text(&self, text: &str) -> Vec<i64> {
        self.finds(HistoryFilter { text: Some(text.to_owned()), ..HistoryFilter::default() }).await
    }

    async fn missed(&self) -> u32 {
        missed(&self.db, &self.owner).await.unwrap()
    }
}

#[tokio::test]
async fn what_a_killed_service_left_open_ended_when_it_was_last_alive() {
    let kit = Kit::new().await;
    alive(&kit.db, UnixMillis(999)).await.unwrap();
    let talked = CallRecord { answered_at: Some(UnixMillis(1500)), ..ringing(1) };
    kit.keeps(&talked).await.unwrap();
    kit.keeps(&ringing(2)).await.unwrap();
    kit.keeps(&CallRecord { answered_at: Some(UnixMillis(60_500)), ..ringing(60) }).await.unwrap();
    for now in [5000, 61_000] {
        alive(&kit.db, UnixMillis(now)).await.unwrap();
    }
    assert_eq!(close_open(&kit.db, EndReason::SERVICE_LOST).await.unwrap(), 3);
    alive(&kit.db, UnixMillis(90_000)).await.unwrap();
    assert_eq!(settings::get(&kit.db, ALIVE_AT).await.unwrap().as_deref(), Some("61000"), "nothing was going on");
    let ends: Vec<_> = list(&kit.db, &kit.owner, &HistoryFilter::default(), 10).await.unwrap();
    let ends: Vec<_> = ends.into_iter().map(|record| (record.outcome, record.ended_at.unwrap().0)).collect();
    assert_eq!(ends, [(Outcome::Answered, 61_500), (Outcome::Failed, 61_000), (Outcome::Answered, 61_000)]);
}

#[tokio::test]
async fn a_call_that_is_missed_from_somebody_else_than_it_was_with_is_kept_so() {
    let kit = Kit::new().await;
    kit.keeps(&ringing(1)).await.unwrap();
    let with = Peer::Person(person("dora"));
    let (outcome, direction) = (Outcome::Missed, Direction::Incoming);
    let (ended_at, end) = (Some(UnixMillis(5000)), Some(EndReason::RING_TIMEOUT));
    let missed = CallRecord { with, outcome, direction, ended_at, end, ..ringing(1) };
    kit.keeps(&missed).await.unwrap();
    assert_eq!(list(&kit.db, &kit.owner, &HistoryFilter::default(), 10).await.unwrap(), [missed]);
    assert_eq!(kit.finds_text("dora").await, [1]);
}

#[tokio::test]
async fn missed_calls_are_counted_by_an_index_of_nothing_else() {
    let kit = Kit::new().await;
    let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(
        "EXPLAIN QUERY PLAN SELECT COUNT(*) FROM call_records WHERE identity = $1 AND outcome = 'missed' AND seen = 0",
    )
    .bind(kit.owner.as_str())
    .fetch_all(&kit.db)
    .await
    .unwrap();
    assert!(plan[0].3.contains("call_records_missed"), "{plan:?}");
}

fn missed_call(number: u8, ended_at: i64) -> CallRecord {
    let (direction, outcome) = (Direction::Incoming, Outcome::Missed);
    let end = Some(EndReason::CANCELLED);
    CallRecord { direction, outcome, ended_at: Some(UnixMillis(ended_at)), end, ..ringing(number) }
}

fn named(name: &str, shown: &str) -> Person {
    Person { display_name: DisplayName::from(shown), ..person(name) }
}

#[tokio::test]
async fn a_note_stays_whatever_becomes_of_the_call() {
    let kit = Kit::new().await;
    kit.keeps(&ringing(1)).await;
    let noted = kit.notes(1, "wants a refund").await.unwrap();
    assert_eq!(noted, CallRecord { note: "wants a refund".parse().ok(), ..ringing(1) });
    let ended = CallRecord {
        outcome: Outcome::Answered,
        ended_at: Some(UnixMillis(9)),
        end: Some(EndReason::HUNG_UP),
        answered_by: Some(person("bob")),
        ..ringing(1)
    };
    let kept = kit.keeps(&ended).await.unwrap();
    assert_eq!(kept, CallRecord { note: noted.note, ..ended.clone() });
    let all = HistoryFilter::default();
    assert_eq!(list(&kit.db, &kit.owner, &all, 9).await.unwrap(), [kept], "as it was told");
    assert_eq!(kit.keeps(&ringing(1)).await, None, "a write that comes late changes nothing, and tells nothing");
    assert_eq!(kit.notes(1, "").await.unwrap(), ended, "an empty one takes the note away");
    assert_eq!(kit.finds_text("refund").await, Vec::<i64>::new());
}

#[tokio::test]
async fn only_the_owner_of_a_record_writes_a_note() {
    let kit = Kit::new().await;
    kit.keeps(&ringing(1)).await;
    assert_eq!(kit.notes(2, "no such call").await, None);
    let text: CallNote = "mine".parse().unwrap();
    assert_eq!(note(&kit.db, &person("bob").identity, ringing(1).call_id, Some(&text)).await.unwrap(), None);
    assert_eq!(kit.notes(1, "").await.unwrap().note, None);
}

#[tokio::test]
async fn records_are_found_by_any_name_and_by_their_note_in_any_case_with_accents_or_without() {
    let kit = Kit::new().await;
    let of = |number, with| CallRecord { with, ..ringing(number) };
    kit.keeps(&of(1, Peer::Person(named("bob", "B\u{f6}b M\u{fc}ller")))).await;
    let group = GroupRef { id: GroupId(uuid::Uuid::nil()), name: Some("\u{d6}ps bridge".parse().unwrap()) };
    kit.keeps(&of(2, Peer::Group(group))).await;
    let answered_by = Some(named("erin", "Erin"));
    kit.keeps(&CallRecord { answered_by, ..of(3, Peer::Person(named("dave", "Dave"))) }).await;
    kit.keeps(&ringing(4)).await;
    kit.notes(4, "Gets 100% of the \u{c4}RGER_!").await.unwrap();
    for (text, found) in [
        ("B\u{d6}B m\u{dc}", vec![1]),
        ("bob", vec![1]),
        ("BOB MULLER", vec![1]),
        ("ops", vec![2]),
        ("arger", vec![4]),
        ("\u{f6}PS", vec![2]),
        ("ERIN", vec![3]),
        ("dave", vec![3]),
        ("\u{e4}rger", vec![4]),
        ("100%", vec![4]),
        ("r_!", vec![4]),
        ("%", vec![4]),
        ("_", vec![4]),
        ("!", vec![4]),
        ("bob dave", vec![]),
        ("' OR 1=1 --", vec![]),
        ("", vec![4, 3, 2, 1]),
    ] {
        assert_eq!(kit.finds_text(text).await, found, "{text:?}");
    }
    let with = |name: &str| HistoryFilter { with: Some(person(name).identity), ..HistoryFilter::default() };
    assert_eq!(kit.finds(with("bob")).await, [1]);
    assert_eq!(kit.finds(with("erin")).await, [3], "who answered counts as well");
    let both = HistoryFilter { text: Some("dave".to_owned()), ..with("erin") };
    assert_eq!(kit.finds(both).await, [3]);
    let neither = HistoryFilter { missed: true, ..with("erin") };
    assert_eq!(kit.finds(neither).await, Vec::<i64>::new());
}

#[tokio::test]
async fn records_of_an_older_rule_are_folded_anew_once() {
    let Kit { db, owner, _folder } = Kit::new().await;
    sqlx::raw_sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
         INSERT INTO call_records (call_id, identity, with_identity, with_user_name, with_display_name, direction, \
         outcome, started_at, folded_names) SELECT printf('%08x-0000-0000-0000-000000000000', i), '8:acs:test_alice', \
         '8:acs:test_zoe', 'z', 'Zoë', 'incoming', 'answered', i, 'z zoë' FROM n; \
         DELETE FROM settings WHERE name = 'records_folded_by'",
    )
    .execute(&db)
    .await
    .unwrap();
    db.close().await;
    let db = open(_folder.path()).await.unwrap();
    let zoe = HistoryFilter { text: Some("zoe".to_owned()), ..HistoryFilter::default() };
    assert_eq!(list(&db, &owner, &zoe, 5000).await.unwrap().len(), 2500);
    assert_eq!(settings::get(&db, FOLDED_BY).await.unwrap().as_deref(), Some("2"));
}

#[tokio::test]
async fn an_index_leads_to_a_page_however_far_back_it_is() {
    let kit = Kit::new().await;
    let plan = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {LIST}"));
    let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(plan).fetch_all(&kit.db).await.unwrap();
    assert!(plan[0].3.ends_with("USING INDEX call_records_by_identity (identity=? AND started_at<?)"), "{plan:?}");
}

#[tokio::test]
async fn pages_of_records_follow_each_other_also_of_calls_that_began_at_once() {
    let kit = Kit::new().await;
    for number in 1..=5 {
        let started_at = UnixMillis(if number < 4 { 1000 } else { i64::from(number) * 1000 });
        kit.keeps(&CallRecord { started_at, ..ringing(number) }).await;
    }
    let all = list(&kit.db, &kit.owner, &HistoryFilter::default(), 100).await.unwrap();
    let (mut paged, mut before) = (Vec::new(), None);
    loop {
        let page = list(&kit.db, &kit.owner, &HistoryFilter { before, ..HistoryFilter::default() }, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.call_id);
        paged.extend(page);
    }
    assert_eq!((paged.len(), &paged), (5, &all));
    let of_nobody = HistoryFilter { before: Some(ringing(9).call_id), ..HistoryFilter::default() };
    assert_eq!(kit.finds(of_nobody).await, Vec::<i64>::new());
}

#[tokio::test]
async fn missed_calls_count_until_they_are_seen() {
    let kit = Kit::new().await;
    kit.keeps(&CallRecord { direction: Direction::Incoming, ..ringing(1) }).await;
    assert_eq!(kit.missed().await, 0, "it rings");
    kit.keeps(&missed_call(1, 5000)).await;
    kit.keeps(&missed_call(1, 5000)).await;
    kit.keeps(&missed_call(2, 6000)).await;
    assert_eq!(kit.missed().await, 2);
    let only_missed = HistoryFilter { missed: true, ..HistoryFilter::default() };
    assert_eq!(kit.finds(only_missed.clone()).await, [2, 1]);
    assert!(seen(&kit.db, &kit.owner).await.unwrap());
    assert!(!seen(&kit.db, &kit.owner).await.unwrap(), "nothing new was seen");
    assert_eq!(kit.missed().await, 0);
    kit.keeps(&missed_call(2, 6000)).await;
    kit.notes(2, "call back").await.unwrap();
    assert_eq!(kit.missed().await, 0, "the same call, kept once more");
    // One that rang before anybody looked, and is missed only now; and one that is missed a second time.
    kit.keeps(&missed_call(3, 7000)).await;
    kit.keeps(&missed_call(2, 9000)).await;
    assert_eq!(kit.missed().await, 2);
    let talked = CallRecord { outcome: Outcome::Answered, answered_at: Some(UnixMillis(1)), ..missed_call(2, 9500) };
    kit.keeps(&talked).await;
    assert_eq!(kit.missed().await, 1, "it was answered in the end");
    assert_eq!(missed(&kit.db, &person("bob").identity).await.unwrap(), 0);
}

#[tokio::test]
async fn people_stay_of_the_organisation_they_were_of() {
    let kit = Kit::new().await;
    let acme = |name| Person { organisation: "acme".parse().unwrap(), ..person(name) };
    let record = CallRecord { with: Peer::Person(acme("bob")), answered_by: Some(acme("carol")), ..ringing(1) };
    let kept = kit.keeps(&record).await.unwrap();
    assert_eq!(kept, record);
    assert_eq!(list(&kit.db, &kit.owner, &HistoryFilter::default(), 9).await.unwrap(), [record]);
}
