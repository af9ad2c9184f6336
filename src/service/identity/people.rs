//! Finding people: by identity, by name, by a part of the name.

use super::Identities;
use crate::base::clock;
use crate::config::Directory;
use crate::domain::id::{Identity, UserName};
use crate::domain::person::Person;
use crate::domain::text;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::Failure;
use crate::protocol::rest::Account;
use crate::service::store::identities::Among;
use crate::service::store::{accounts, identities};

/// How many people a search finds at most.
pub const MAX_FOUND: usize = 50;

impl Identities {
    /// Who has this identity; nobody when it was never given or the account is gone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn person(&self, identity: &Identity) -> Result<Option<Person>, Failure> {
        match self.bot(identity) {
            Some(bot) => Ok(Some(bot.clone())),
            None => Ok(identities::person_of(&self.inner.db, identity).await?),
        }
    }

    /// Who has this user name. Somebody who has no identity yet gets one: whoever asks is about to need it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(&self, user: &UserName) -> Result<Option<Person>, Failure> {
        match self.inner.bots.iter().find(|bot| bot.name == *user) {
            Some(bot) => Ok(Some(bot.clone())),
            None => match self.identify(user, clock::unix_now()).await? {
                Some(person) => Ok(Some(person)),
                None => Ok(identities::named(&self.inner.db, user).await?),
            },
        }
    }

    /// People, with an account or without, and bots whose user name or display name contains `text`, in any case and with
    /// diacritics or without; or whose identity it is. Best first, at most [`MAX_FOUND`]. An empty text is part of every name.
    /// Disabled accounts are left out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search(&self, text: &str) -> Result<Vec<Person>, Failure> {
        self.search_among(text, &Among::Everyone).await
    }

    /// The same for somebody, who finds by a part of a name whom the directory is open for; by a whole user name or identity
    /// anyone. Bots are there for everybody.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search_for(&self, asker: &Identity, text: &str) -> Result<Vec<Person>, Failure> {
        let among = match self.inner.settings.people.directory {
            Directory::Everyone => Among::Everyone,
            Directory::Nobody => Among::Nobody,
            Directory::Organisation => match self.person(asker).await? {
                Some(person) => Among::Members(person.organisation),
                None => Among::Nobody,
            },
        };
        self.search_among(text, &among).await
    }

    async fn search_among(&self, text: &str, among: &Among) -> Result<Vec<Person>, Failure> {
        if let Ok(identity) = text.trim().parse() {
            return Ok(self.somebody_there(&identity).await?.into_iter().collect());
        }
        let wanted = text::folded(&text::printable(text, 64));
        let mut people = self.accounts_like(&wanted, among).await?;
        if among.holds_accountless() {
            people.extend(identities::search_named(&self.inner.db, &wanted, MAX_FOUND).await?);
        } else if let Ok(name) = wanted.parse() {
            people.extend(identities::named(&self.inner.db, &name).await?);
        }
        people.extend(self.inner.bots.iter().filter(|bot| rank(bot, &wanted).is_some()).cloned());
        people.sort_by_cached_key(|person| (rank(person, &wanted), by_display_name(person)));
        people.truncate(MAX_FOUND);
        Ok(people)
    }

    /// When a client of `identity` was last connected, if ever.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn last_seen(&self, identity: &Identity) -> Result<Option<UnixMillis>, Failure> {
        Ok(identities::last_seen(&self.inner.db, identity).await?)
    }

    /// Remembers that a client of `identity` was connected until `at`.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn set_last_seen(&self, identity: &Identity, at: UnixMillis) -> Result<(), Failure> {
        Ok(identities::set_last_seen(&self.inner.db, identity, at).await?)
    }

    /// The person behind an account, with an identity made now if there was none.
    pub(super) async fn identify(&self, user: &UserName, now: UnixMillis) -> Result<Option<Person>, Failure> {
        let Some(stored) = accounts::find(&self.inner.db, user).await? else { return Ok(None) };
        let identity = match stored.account.identity {
            Some(identity) => Some(identity),
            None => {
                let made = identities::ensure(&self.inner.db, &[(user.clone(), self.new_identity())], now).await?;
                made.into_iter().next().map(|(_, identity)| identity)
            }
        };
        let Account { display_name, organisation, .. } = stored.account;
        Ok(identity.map(|identity| Person { identity, name: user.clone(), display_name, organisation }))
    }

    async fn accounts_like(&self, wanted: &str, among: &Among) -> Result<Vec<Person>, Failure> {
        let found = identities::search(&self.inner.db, wanted, among, MAX_FOUND).await?;
        let nameless = found.iter().filter(|one| one.identity.is_none());
        let offers: Vec<_> = nameless.map(|one| (one.user.clone(), self.new_identity())).collect();
        let made = match offers.is_empty() {
            true => Vec::new(),
            false => identities::ensure(&self.inner.db, &offers, clock::unix_now()).await?,
        };
        let person = |one: identities::Found| {
            let new = || made.iter().find(|(user, _)| *user == one.user).map(|(_, identity)| identity.clone());
            let identity = one.identity.clone().or_else(new)?;
            let identities::Found { user: name, display_name, organisation, .. } = one;
            Some(Person { identity, name, display_name, organisation })
        };
        Ok(found.into_iter().filter_map(person).collect())
    }

    fn new_identity(&self) -> Identity {
        Identity::acs(self.inner.resource, crate::base::entropy::uuid())
    }
}

/// How friends and found people are sorted: by what is shown, then by the user name.
pub(super) fn by_display_name(person: &Person) -> (String, UserName) {
    (person.display_name.as_str().to_lowercase(), person.name.clone())
}

/// How well a person fits: 0 the same name, 1 begins with it, 2 contains it. `wanted` is folded.
fn rank(person: &Person, wanted: &str) -> Option<u8> {
    let display_name = text::folded(person.display_name.as_str());
    let names = [person.name.as_str(), display_name.as_str()];
    if names.contains(&wanted) {
        Some(0)
    } else if names.iter().any(|name| name.starts_with(wanted)) {
        Some(1)
    } else if names.iter().any(|name| name.contains(wanted)) {
        Some(2)
    } else {
        None
    }
}
