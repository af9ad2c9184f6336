//! Sentences about groups over a real store. Days pass in the argument `now`.

use tempfile::TempDir;

use super::*;
use crate::domain::id::UserName;
use crate::protocol::failure::CODE_ENDED;
use crate::protocol::rest::NewAccount;
use crate::service::identity::Settings;
use crate::service::store;

const HOUR: i64 = 60 * 60 * 1000;
const NOW: UnixMillis = UnixMillis(1_767_225_600_000);

fn after(hours: i64) -> UnixMillis {
    NOW.plus(hours * HOUR)
}

fn id(number: u8) -> GroupId {
    GroupId(uuid::Builder::from_random_bytes([number; 16]).into_uuid())
}

fn name(text: &str) -> GroupName {
    text.parse().unwrap()
}

/// Groups in a folder of their own.
struct Kit {
    folder: TempDir,
    groups: Groups,
}

impl Kit {
    async fn new() -> Self {
        Self::open(TempDir::new().unwrap()).await
    }

    async fn open(folder: TempDir) -> Self {
        let db = store::open(folder.path()).await.unwrap();
        let identities = Identities::start(db.clone(), Settings::default(), Vec::new()).await.unwrap();
        Self { folder, groups: Groups::new(db, identities) }
    }

    /// The same folder, opened by a new service.
    async fn restart(self) -> Self {
        self.groups.inner.db.close().await;
        Self::open(self.folder).await
    }

    async fn person(&self, user: &str) -> Identity {
        let (user, password): (UserName, _) = (user.parse().unwrap(), "correct horse".to_owned().into());
        let identities = &self.groups.inner.identities;
        identities.add_account(NewAccount::new(user.clone(), password)).await.unwrap();
        identities.find(&user).await.unwrap().unwrap().identity
    }

    async fn create(&self, owner: &Identity, text: &str) -> Group {
        self.groups.create(owner, name(text), NOW).await.unwrap()
    }

    async fn by_code(&self, who: &Identity, code: &GroupCode, now: UnixMillis) -> Result<Found, Failure> {
        self.groups.find(&GroupKey::Code(code.clone()), &Asker::User(who.clone()), now).await
    }

    async fn by_id(&self, who: &Identity, id: GroupId, now: UnixMillis) -> Found {
        self.groups.find(&GroupKey::Id(id), &Asker::User(who.clone()), now).await.unwrap()
    }

    /// The names on somebody's list.
    async fn list(&self, who: &Identity) -> Vec<String> {
        let listed = self.groups.listed(who).await.unwrap();
        listed.into_iter().map(|kept| kept.group.name.unwrap().to_string()).collect()
    }
}

#[track_caller]
fn kept(found: Result<Found, Failure>) -> Group {
    match found.unwrap() {
        Found::Kept(kept) => kept.group,
        Found::Unused(id) => panic!("nothing is kept of {id}"),
    }
}

#[tokio::test]
async fn a_group_with_a_name_is_found_by_its_id_and_its_code_and_survives_a_restart() {
    let kit = Kit::new().await;
    let alice = kit.person("alice").await;
    let made = kit.create(&alice, "Ops bridge").await;
    let kit = kit.restart().await;
    assert_eq!(kept(kit.by_code(&alice, &made.code, after(24 * 365)).await), made);
    assert_eq!(kept(Ok(kit.by_id(&alice, made.id, after(24 * 365)).await)), made);
    assert_eq!(kit.list(&alice).await, ["Ops bridge"]);
}

#[tokio::test]
async fn an_owner_has_each_name_once_and_only_so_many() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    kit.create(&alice, "Ops").await;
    let again = kit.groups.create(&alice, name("oPS"), NOW).await.unwrap_err();
    assert_eq!(again.code, FailureCode::Conflict);
    assert!(again.message.contains("oPS"), "{again}");
    kit.create(&bob, "Ops").await;
    for number in 1..MAX_OWNED {
        kit.create(&alice, &format!("group {number}")).await;
    }
    let full = kit.groups.create(&alice, name("one more"), NOW).await.unwrap_err();
    assert_eq!(full.code, FailureCode::Conflict);
    assert!(full.message.contains("100"), "{full}");
    assert_eq!(kit.list(&alice).await.len(), MAX_OWNED);
}

#[tokio::test]
async fn a_group_without_a_name_begins_once() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    assert_eq!(kit.by_id(&alice, id(1), NOW).await, Found::Unused(id(1)));
    let (one, other) = tokio::join!(kit.groups.begin(&alice, id(1), NOW), kit.groups.begin(&bob, id(1), NOW));
    let begun = one.unwrap();
    assert_eq!(begun, other.unwrap());
    assert_eq!(begun.name, None);
    assert_eq!(kept(kit.by_code(&bob, &begun.code, NOW).await), begun);
    kit.groups.joined(&bob, &begun, NOW).await.unwrap();
    assert_eq!(kit.list(&bob).await, [""; 0], "it is on nobody's list");
}

#[tokio::test]
async fn with_whom_they_belong_to_groups_end_and_their_codes_lead_nowhere_else() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    let [of_alice, of_bob] = [kit.create(&alice, "Ops").await, kit.create(&bob, "Ops").await];
    let carol = kit.person("carol").await;
    kit.groups.inner.identities.remove_account(&"alice".parse().unwrap()).await.unwrap();
    kit.groups.inner.identities.delete_identity(&bob).await.unwrap();
    for code in [of_alice.code, of_bob.code] {
        let ended = kit.by_code(&carol, &code, NOW).await.unwrap_err();
        assert_eq!((ended.code, ended.sub_code), (FailureCode::NotFound, CODE_ENDED));
    }
}

#[tokio::test]
async fn a_code_nobody_uses_ends_after_a_day_and_is_told_as_ended_for_a_week() {
    let kit = Kit::new().await;
    let alice = kit.person("alice").await;
    let begun = kit.groups.begin(&alice, id(1), NOW).await.unwrap();
    kit.groups.used(&[begun.id], after(20)).await.unwrap();
    assert_eq!(kit.groups.tidy(after(44)).await.unwrap(), 0);
    assert_eq!(kept(kit.by_code(&alice, &begun.code, after(44)).await), begun);

    let ended = kit.by_code(&alice, &begun.code, after(45)).await.unwrap_err();
    assert_eq!((ended.code, ended.sub_code), (FailureCode::NotFound, CODE_ENDED));
    assert_eq!(kit.by_id(&alice, begun.id, after(45)).await, Found::Unused(begun.id));
    assert_eq!(kit.groups.tidy(after(45)).await.unwrap(), 1);
    let kit = kit.restart().await;
    let ended = kit.by_code(&alice, &begun.code, after(24 * 8)).await.unwrap_err();
    assert_eq!(ended.sub_code, CODE_ENDED);

    kit.groups.tidy(after(24 * 10)).await.unwrap();
    let unknown = kit.by_code(&alice, &begun.code, after(24 * 10)).await.unwrap_err();
    assert_eq!((unknown.code, unknown.sub_code), (FailureCode::NotFound, 0));
}

#[tokio::test]
async fn an_id_whose_code_ended_begins_anew_with_another() {
    let kit = Kit::new().await;
    let alice = kit.person("alice").await;
    let first = kit.groups.begin(&alice, id(1), NOW).await.unwrap();
    let second = kit.groups.begin(&alice, id(1), after(25)).await.unwrap();
    assert_ne!(first.code, second.code);
    assert_eq!(kit.by_code(&alice, &first.code, after(25)).await.unwrap_err().sub_code, CODE_ENDED);
    assert_eq!(kept(kit.by_code(&alice, &second.code, after(25)).await), second);
}

#[tokio::test]
async fn groups_unused_for_long_are_told_page_by_page() {
    let kit = Kit::new().await;
    let alice = kit.person("alice").await;
    kit.create(&alice, "with a name").await;
    for number in 1..=9 {
        kit.groups.begin(&alice, id(number), after(i64::from(number))).await.unwrap();
    }
    let told = kit.groups.unused_for(HOUR, None, after(9)).await.unwrap();
    assert_eq!(told.len(), 7);
    let rest = kit.groups.unused_for(HOUR, Some(told[3]), after(9)).await.unwrap();
    assert_eq!(rest, told[4..]);
}

#[tokio::test]
async fn wrong_codes_are_limited_for_each_user_whether_the_next_is_right_or_not() {
    let kit = Kit::new().await;
    let (alice, eve) = (kit.person("alice").await, kit.person("eve").await);
    let made = kit.create(&alice, "Ops").await;
    for _ in 0..10 {
        let wrong = kit.by_code(&eve, &code::draw(), NOW).await.unwrap_err();
        assert_eq!(wrong.code, FailureCode::NotFound);
    }
    let slowed = kit.by_code(&eve, &made.code, NOW).await.unwrap_err();
    assert_eq!(slowed.code, FailureCode::TooManyRequests);
    assert!(slowed.message.contains("try again in"), "{slowed}");
    assert_eq!(kept(Ok(kit.by_id(&eve, made.id, NOW).await)), made, "IDs are no guesses");
    assert_eq!(kept(kit.by_code(&alice, &made.code, NOW).await), made, "others are not concerned");
}

#[tokio::test]
async fn whoever_joins_a_named_group_has_it_on_the_list() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    let made = kit.create(&alice, "Ops").await;
    for _ in 0..2 {
        kit.groups.joined(&bob, &made, NOW).await.unwrap();
        assert_eq!(kit.list(&bob).await, ["Ops"]);
    }
    let mut listed_by = kit.groups.listed_by(made.id).await.unwrap();
    listed_by.sort();
    let mut both = [alice.clone(), bob.clone()];
    both.sort();
    assert_eq!(listed_by, both);
    let row = kit.groups.row(kit.groups.listed(&bob).await.unwrap().remove(0), Vec::new()).await.unwrap().unwrap();
    assert_eq!((row.group, row.owner.identity), (made, alice));
}

#[tokio::test]
async fn a_group_is_shared_with_people_there_are() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    let made = kit.create(&alice, "Ops").await;
    let share = async |with: Vec<Identity>| kit.groups.share(&alice, &made, with, NOW).await;
    let nobody: Identity = "8:acs:x_nobody".parse().unwrap();
    let refused = share(vec![bob.clone(), nobody.clone()]).await.unwrap_err();
    assert_eq!(refused.code, FailureCode::NotFound);
    assert!(refused.message.contains(nobody.as_str()), "{refused}");
    assert_eq!(kit.list(&bob).await, [""; 0], "all or nobody");
    for with in [Vec::new(), vec![bob.clone(); MAX_SHARED_WITH + 1]] {
        assert_eq!(share(with).await.unwrap_err().code, FailureCode::BadRequest);
    }
    let told = share(vec![bob.clone(), bob.clone()]).await.unwrap();
    assert_eq!(told, std::slice::from_ref(&bob), "each is told once");
    assert_eq!(kit.list(&bob).await, ["Ops"]);
}

#[tokio::test]
async fn a_list_keeps_only_so_many_groups_of_others() {
    let kit = Kit::new().await;
    let (bob, carol) = (kit.person("bob").await, kit.person("carol").await);
    for owner in ["alice", "dave"] {
        let owner = kit.person(owner).await;
        for number in 0..=MAX_FROM_OTHERS / 2 {
            let made = kit.create(&owner, &format!("group {number}")).await;
            kit.groups.joined(&bob, &made, NOW).await.unwrap();
        }
    }
    assert_eq!(kit.list(&bob).await.len(), MAX_FROM_OTHERS);
    kit.create(&bob, "my own").await;
    assert_eq!(kit.list(&bob).await.len(), MAX_FROM_OTHERS + 1, "their own find room");
    assert_eq!(kit.list(&carol).await.len(), 0);
}

#[tokio::test]
async fn its_owner_gives_a_group_up_and_others_only_forget_it() {
    let kit = Kit::new().await;
    let (alice, bob, carol) = (kit.person("alice").await, kit.person("bob").await, kit.person("carol").await);
    let made = kit.create(&alice, "Ops").await;
    kit.groups.share(&alice, &made, vec![bob.clone(), carol.clone()], NOW).await.unwrap();
    assert_eq!(kit.groups.remove(&carol, made.id, NOW).await.unwrap(), std::slice::from_ref(&carol));
    assert_eq!(kit.groups.remove(&carol, made.id, NOW).await.unwrap_err().code, FailureCode::NotFound);
    assert_eq!(kept(kit.by_code(&carol, &made.code, NOW).await), made, "it is there all the same");

    let mut told = kit.groups.remove(&alice, made.id, NOW).await.unwrap();
    told.sort();
    let mut both = [alice.clone(), bob.clone()];
    both.sort();
    assert_eq!(told, both);
    assert_eq!(kit.by_code(&bob, &made.code, NOW).await.unwrap_err().sub_code, CODE_ENDED);
    assert_eq!((kit.list(&alice).await.len(), kit.list(&bob).await.len()), (0, 0));
    kit.create(&alice, "Ops").await;
}

#[tokio::test]
async fn the_groups_of_a_removed_account_go_with_it() {
    let kit = Kit::new().await;
    let (alice, bob) = (kit.person("alice").await, kit.person("bob").await);
    let made = kit.create(&alice, "Ops").await;
    kit.groups.joined(&bob, &made, NOW).await.unwrap();
    kit.groups.inner.identities.remove_account(&"alice".parse().unwrap()).await.unwrap();
    assert_eq!(kit.by_id(&bob, made.id, NOW).await, Found::Unused(made.id));
    assert_eq!(kit.list(&bob).await.len(), 0);
}

#[tokio::test]
async fn a_code_in_use_or_used_lately_is_not_given_again() {
    let kit = Kit::new().await;
    let alice = kit.person("alice").await;
    let made = kit.create(&alice, "Ops").await;
    let add = async |group: &Group| stored::add(&kit.groups.inner.db, group, &alice, MAX_OWNED, NOW).await.unwrap();
    let same = Group { id: id(1), name: None, code: made.code.clone() };
    assert_eq!(add(&same).await, Added::CodeTaken);
    kit.groups.remove(&alice, made.id, NOW).await.unwrap();
    assert_eq!(add(&same).await, Added::CodeTaken);
    kit.groups.tidy(after(24 * 8)).await.unwrap();
    assert_eq!(add(&same).await, Added::Yes);
}
