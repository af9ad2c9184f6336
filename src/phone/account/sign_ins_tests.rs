//! Sign-ins in folders of their own.

use super::*;
use crate::base::secret::Secret;
use crate::domain::id::DisplayName;
use crate::domain::time::UnixMillis;
use crate::protocol::rest::SignedIn;

const HERE: &str = "https://calls.example:8791";
const THERE: &str = "http://127.0.0.1:8790";

struct Kit {
    folder: tempfile::TempDir,
    keyring: Keyring,
}

impl Kit {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), keyring: Keyring::on("unix:path=/nowhere/at/all") }
    }

    fn sign_ins(&self, keep: Keep) -> SignIns {
        SignIns::new(self.folder.path(), keep).with_keyring(self.keyring.clone())
    }

    async fn keeps(&self, keep: Keep, name: &str, server: &str, token: &str) -> SavedSignIn {
        let (sign_ins, server) = (self.sign_ins(keep), server.parse().unwrap());
        let tokens = tokens(name, token);
        sign_ins.place(&tokens.me.name, &server).begin(&server, &tokens).await.unwrap();
        let who = Who::whole(&tokens.me.name, &server);
        sign_ins.meant(&who, Some(&server)).remove(0)
    }

    fn names(&self) -> Vec<String> {
        self.sign_ins(Keep::Auto).list().saved.iter().map(|saved| saved.who().to_string()).collect()
    }
}

fn tokens(name: &str, token: &str) -> SignedIn {
    let identity = format!("8:acs:11111111-1111-4111-8111-111111111111_{:0>8}-1111-4111-8111-111111111111", name.len());
    let display_name = DisplayName::from(name);
    SignedIn {
        me: Person::new(identity.parse().unwrap(), name.parse().unwrap(), display_name),
        access_token: Secret::new(format!("access {token}")),
        expires_at: UnixMillis(1),
        refresh_token: Secret::new(format!("refresh {token}")),
    }
}

fn who(text: &str) -> Who {
    text.parse().unwrap()
}

#[tokio::test]
async fn one_name_may_be_signed_in_at_several_services() {
    let kit = Kit::new();
    kit.keeps(Keep::File, "alice", HERE, "one").await;
    let there = kit.keeps(Keep::File, "alice", THERE, "two").await;
    kit.keeps(Keep::File, "bob", HERE, "three").await;
    // The same service by another of its names.
    kit.keeps(Keep::File, "alice", "http://localhost:8790", "four").await;
    assert_eq!(kit.names(), ["alice@localhost:8790", "alice@calls.example:8791", "bob@calls.example:8791"]);
    let sign_ins = kit.sign_ins(Keep::File);
    let meant = |text: &str| sign_ins.meant(&who(text), None).len();
    assert_eq!((meant("alice"), meant("alice@calls.example"), meant("bob"), meant("carol")), (2, 1, 1, 0));
    assert_eq!(sign_ins.meant(&who("alice"), Some(&HERE.parse().unwrap())).len(), 1);
    let kept = there.place.load().await.unwrap();
    assert_eq!(kept.refresh_token.expose(), "refresh four");
}

#[tokio::test]
async fn the_one_that_is_used_is_noted_and_an_old_note_is_read() {
    let kit = Kit::new();
    let sign_ins = kit.sign_ins(Keep::File);
    assert!(sign_ins.used().is_none());
    let here = kit.keeps(Keep::File, "alice", HERE, "one").await;
    let there = kit.keeps(Keep::File, "alice", THERE, "two").await;
    for saved in [&here, &there] {
        sign_ins.set_used(saved).unwrap();
        assert!(sign_ins.used().is_some_and(|used| used.is(saved)));
    }
    there.place.forget().await.unwrap();
    assert!(sign_ins.used().is_none(), "it is not another one by itself");
    fs::write(kit.folder.path().join("last"), "alice").unwrap();
    assert!(sign_ins.used().is_some_and(|used| used.is(&here)));
}

#[tokio::test]
async fn a_file_of_before_is_read_and_what_is_damaged_is_told_and_left() {
    let kit = Kit::new();
    let folder = kit.folder.path().join("alice");
    fs::create_dir(&folder).unwrap();
    let tokens = tokens("alice", "old");
    let mut before = serde_json::to_value(&tokens).unwrap();
    before["server"] = HERE.into();
    fs::write(folder.join("sign-in.json"), before.to_string()).unwrap();
    let damaged = [
        ("sign-in@a.json", "{".to_owned()),
        ("sign-in@b.json", before.to_string().replace(HERE, "no server")),
        ("sign-in@c.json", serde_json::json!({ "server": HERE, "me": tokens.me }).to_string()),
    ];
    for (name, text) in &damaged {
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(folder.join("sign-in.new"), "{}").unwrap();
    let listed = kit.sign_ins(Keep::Auto).list();
    assert_eq!((listed.saved.len(), listed.damaged.len()), (1, 3));
    for ((name, text), why) in damaged.iter().zip(&listed.damaged) {
        assert!(why.to_string().contains(name), "{why}");
        assert_eq!(fs::read_to_string(folder.join(name)).unwrap(), *text);
    }
    let saved = listed.saved.first().unwrap();
    assert_eq!((saved.keeper, saved.place.load().await.unwrap().refresh_token), (Keeper::File, tokens.refresh_token));
    assert_eq!(kit.sign_ins(Keep::Auto).place(&"alice".parse().unwrap(), &saved.server).file, saved.place.file);
}

#[tokio::test]
async fn what_was_signed_out_or_is_damaged_or_somebody_elses_is_not_renewed() {
    let kit = Kit::new();
    let place = kit.keeps(Keep::File, "alice", HERE, "one").await.place;
    let mine = tokens("alice", "one");
    assert_eq!(place.latest(&mine).await.unwrap().refresh_token, mine.refresh_token);
    assert_eq!(place.forget().await.unwrap().unwrap().refresh_token, mine.refresh_token);
    assert!(place.forget().await.unwrap().is_none());
    let refused = place.latest(&mine).await.unwrap_err();
    assert!(matches!(refused, AccountError::Refused(_)) && refused.to_string().contains("signed out"), "{refused}");
    let other = SignedIn { me: tokens("another-one", "two").me, ..tokens("alice", "two") };
    place.begin(&HERE.parse().unwrap(), &other).await.unwrap();
    assert!(matches!(place.latest(&mine).await, Err(AccountError::Refused(_))));
    fs::write(&place.file, "{").unwrap();
    assert!(matches!(place.latest(&mine).await, Err(AccountError::File { .. })));
    assert!(matches!(place.forget().await, Err(AccountError::File { .. })));
    assert_eq!(fs::read_to_string(&place.file).unwrap(), "{");
}

#[tokio::test]
async fn who_signs_out_or_in_waits_for_a_renewal() {
    let kit = Kit::new();
    let place = kit.keeps(Keep::File, "alice", HERE, "one").await.place;
    for signs_in in [true, false] {
        let renewing = place.lock().await.unwrap();
        let other = async {
            match signs_in {
                true => place.begin(&HERE.parse().unwrap(), &tokens("alice", "anew")).await.map(|_| None),
                false => place.forget().await,
            }
        };
        let renewal = async {
            place.save(HERE.to_owned(), &tokens("alice", "two")).await.unwrap();
            drop(renewing);
        };
        let (other, ()) = tokio::join!(other, renewal);
        let forgotten = other.unwrap();
        if signs_in {
            assert_eq!(place.load().await.unwrap().refresh_token.expose(), "refresh anew");
        } else {
            assert_eq!(forgotten.unwrap().refresh_token.expose(), "refresh two");
            assert_eq!(kit.names(), Vec::<String>::new());
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_reads_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let kit = Kit::new();
    let saved = kit.keeps(Keep::File, "alice", HERE, "one").await;
    assert_eq!(fs::metadata(&saved.place.file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn without_a_keyring_it_is_the_file_or_nothing_as_it_was_asked_for() {
    let kit = Kit::new();
    let server = HERE.parse().unwrap();
    let tokens = tokens("alice", "one");
    let place = |keep| kit.sign_ins(keep).place(&tokens.me.name, &server);
    let refused = place(Keep::Keyring).begin(&server, &tokens).await;
    assert!(matches!(&refused, Err(AccountError::Keyring(why)) if why.contains("phone.keep")), "{refused:?}");
    assert_eq!(kit.names(), Vec::<String>::new());
    let trouble = place(Keep::Auto).begin(&server, &tokens).await.unwrap();
    assert!(trouble.is_some_and(|why| why.to_string().contains("no keyring")));
    assert_eq!(place(Keep::Auto).load().await.unwrap().refresh_token, tokens.refresh_token);
}

#[cfg(all(feature = "keyring", unix, not(target_os = "macos")))]
mod with_a_keyring {
    use super::super::super::kept::Moved;
    use super::super::super::keyring::tests::{Mood, SecretService};
    use super::*;

    fn kit(service: &SecretService) -> Kit {
        Kit { keyring: Keyring::on(&service.address()), ..Kit::new() }
    }

    fn written(saved: &SavedSignIn) -> String {
        fs::read_to_string(&saved.place.file).unwrap()
    }

    #[tokio::test]
    async fn it_moves_there_and_back() {
        let service = SecretService::start();
        let kit = kit(&service);
        let saved = kit.keeps(Keep::File, "alice", HERE, "one").await;
        assert_eq!((saved.keeper, service.kept().len()), (Keeper::File, 0));
        for (keep, to, items) in [(Keep::Keyring, Keeper::Keyring, 1), (Keep::File, Keeper::File, 0)] {
            let place = kit.sign_ins(keep).list().saved.remove(0).place;
            assert_eq!(place.settle().await.unwrap(), Some(Moved::To(to)));
            assert_eq!(place.settle().await.unwrap(), None);
            assert_eq!(place.load().await.unwrap().refresh_token.expose(), "refresh one");
            assert_eq!((service.kept().len(), written(&saved).contains("refresh one")), (items, to == Keeper::File));
        }
    }

    #[tokio::test]
    async fn a_new_one_goes_there_by_itself_and_leaves_nothing_when_it_goes() {
        let service = SecretService::start();
        let kit = kit(&service);
        let saved = kit.keeps(Keep::Auto, "alice", HERE, "one").await;
        assert_eq!(saved.keeper, Keeper::Keyring);
        assert!(!written(&saved).contains("refresh one") && !written(&saved).contains("access one"));
        let (label, kept) = service.kept().remove(0);
        assert!(label.contains("alice at https://calls.example:8791") && kept.contains("refresh one"), "{label}");
        saved.place.forget().await.unwrap();
        assert_eq!((service.kept().len(), kit.names().len()), (0, 0));
    }

    #[tokio::test]
    async fn what_is_renewed_while_it_is_locked_is_not_lost() {
        let service = SecretService::start();
        let kit = kit(&service);
        let place = kit.keeps(Keep::Auto, "alice", HERE, "one").await.place;
        service.turns(Mood::Locked);
        assert!(matches!(place.load().await, Err(AccountError::Keyring(why)) if why.contains("locked")));
        // Who holds the newest token goes on with it, who does not would use up one that is used up already.
        assert_eq!(place.latest(&tokens("alice", "one")).await.unwrap().refresh_token.expose(), "refresh one");
        assert!(matches!(place.latest(&tokens("alice", "zero")).await, Err(AccountError::Keyring(_))));
        let trouble = place.save(HERE.to_owned(), &tokens("alice", "two")).await.unwrap();
        assert!(trouble.is_some_and(|why| why.to_string().contains("locked")));
        assert_eq!(place.load().await.unwrap().refresh_token.expose(), "refresh two");
        // It goes back by itself, into the same item.
        service.turns(Mood::Open);
        assert_eq!(place.save(HERE.to_owned(), &tokens("alice", "three")).await.unwrap(), None);
        assert_eq!(place.entry().unwrap().keeper(), Keeper::Keyring);
        assert_eq!(place.load().await.unwrap().refresh_token.expose(), "refresh three");
        assert_eq!((service.kept().len(), service.prompts()), (1, 0));
    }

    #[tokio::test]
    async fn of_one_that_stays_in_the_keyring_only_nothing_is_used_up_while_it_is_locked() {
        let service = SecretService::start();
        let kit = kit(&service);
        let place = kit.keeps(Keep::Keyring, "alice", HERE, "one").await.place;
        service.turns(Mood::Locked);
        assert!(matches!(place.latest(&tokens("alice", "one")).await, Err(AccountError::Keyring(_))));
    }

    #[tokio::test]
    async fn one_in_a_locked_keyring_is_forgotten_though_it_can_not_be_read() {
        let service = SecretService::start();
        let kit = kit(&service);
        let place = kit.keeps(Keep::Auto, "alice", HERE, "one").await.place;
        service.turns(Mood::Locked);
        assert!(matches!(place.forget().await, Err(AccountError::Keyring(why)) if why.contains("locked")));
        assert_eq!(kit.names(), Vec::<String>::new());
        assert!(matches!(place.latest(&tokens("alice", "one")).await, Err(AccountError::Refused(_))));
    }

    #[tokio::test]
    async fn what_comes_into_a_slow_keyring_after_all_is_found_again() {
        let service = SecretService::start();
        let kit = kit(&service);
        service.turns(Mood::Late);
        let place = kit.keeps(Keep::Auto, "alice", HERE, "one").await.place;
        assert_eq!((place.entry().unwrap().keeper(), service.kept().len()), (Keeper::File, 1));
        // The next renewal is put over it.
        service.turns(Mood::Open);
        assert_eq!(place.save(HERE.to_owned(), &tokens("alice", "two")).await.unwrap(), None);
        assert_eq!((place.entry().unwrap().keeper(), service.kept().len()), (Keeper::Keyring, 1));
        place.forget().await.unwrap();
        assert_eq!(service.kept().len(), 0);
        // Whoever signs out before that leaves nothing, either.
        service.turns(Mood::Late);
        let place = kit.keeps(Keep::Auto, "alice", HERE, "three").await.place;
        place.forget().await.unwrap();
        assert_eq!(service.kept().len(), 0);
        // Nor does what was to be there or nowhere.
        let server = HERE.parse().unwrap();
        let tokens = tokens("alice", "four");
        let refused = kit.sign_ins(Keep::Keyring).place(&tokens.me.name, &server).begin(&server, &tokens).await;
        assert!(matches!(refused, Err(AccountError::Keyring(_))), "{refused:?}");
        assert_eq!((service.kept().len(), kit.names().len()), (0, 0));
    }
}
