//! The demo accounts: alice, bob and carol, who sign in with a secret made for each run.

use super::{Identities, MAX_FRIENDS, locked};
use crate::base::clock;
use crate::base::secret::Secret;
use crate::domain::id::{DisplayName, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::person::Person;
use crate::domain::role::Role;
use crate::protocol::failure::Failure;
use crate::protocol::rest::Account;
use crate::service::store::accounts::{self, StoredAccount};
use crate::service::store::{friends, settings};

/// User names and display names.
const PEOPLE: [(&str, &str); 3] = [("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")];

/// The setting that says that they were made once.
const MADE: &str = "demo_made";

impl Identities {
    /// Lets the demo accounts sign in with `secret` until this service stops. The first time, it makes them, friends of
    /// each other and of `bots`; what was removed since stays removed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn ensure_demo(&self, secret: Secret<String>, bots: &[Person]) -> Result<(), Failure> {
        if settings::get(&self.inner.db, MADE).await?.is_none() {
            self.make_demo(bots).await?;
            settings::keep(&self.inner.db, MADE, "yes").await?;
        }
        *locked(&self.inner.demo_secret) = Some(secret);
        Ok(())
    }

    /// The people of the demo who are there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn demo_people(&self) -> Result<Vec<Person>, Failure> {
        let mut people = Vec::new();
        for (user, _) in PEOPLE {
            people.extend(self.find(&user.parse().expect("the demo names are user names")).await?);
        }
        Ok(people)
    }

    /// Can be repeated when it was cut off in the middle. An account that happens to have a demo name is left alone.
    async fn make_demo(&self, bots: &[Person]) -> Result<(), Failure> {
        let mut people = Vec::new();
        for (user, display_name) in PEOPLE {
            let user: UserName = user.parse().expect("the demo names are user names");
            self.add_demo_account(&user, display_name).await?;
            people.extend(self.identify(&user, clock::unix_now()).await?);
        }
        for person in &people {
            self.befriend_everybody(person, &people, bots).await?;
        }
        Ok(())
    }

    async fn add_demo_account(&self, user: &UserName, display_name: &str) -> Result<(), Failure> {
        let account = Account {
            user: user.clone(),
            display_name: DisplayName::from(display_name),
            identity: None,
            disabled: false,
            created_at: clock::unix_now(),
            role: Role::User,
            organisation: Organisation::default(),
        };
        accounts::add(&self.inner.db, &StoredAccount { account, password_hash: None, demo: true }).await?;
        Ok(())
    }

    async fn befriend_everybody(&self, person: &Person, people: &[Person], bots: &[Person]) -> Result<(), Failure> {
        for friend in people.iter().chain(bots).filter(|friend| friend.identity != person.identity) {
            friends::add(&self.inner.db, &person.identity, &friend.identity, MAX_FRIENDS, clock::unix_now()).await?;
        }
        Ok(())
    }
}
