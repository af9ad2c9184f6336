//! A sign-in as it is kept: a file only its owner can read, and the tokens in it or in the keyring. The file says which.
//!
//! A refresh token works once, so what was renewed must not be lost: what is written goes beside the file first, the keyring
//! counts only after it was read back, and where it fails the tokens go into the file. What the keyring held before stays
//! there until the file says that it is of no use any more.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::AccountError;
use super::keyring::{Keyring, KeyringTrouble};
use super::who::Who;
use crate::base::secret::Secret;
use crate::base::{entropy, file};
use crate::config::{Keep, ServerUrl};
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::SignedIn;
use crate::texts::accounts as texts;

/// Where tokens are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// In the keyring of the system.
    Keyring,
    /// In the file.
    File,
}

impl Keeper {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Keyring => texts::IN_KEYRING,
            Self::File => texts::IN_FILE,
        }
    }

    /// In one word, as `phone.keep` has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => Keep::Keyring.as_str(),
            Self::File => Keep::File.as_str(),
        }
    }
}

/// The place of one sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub(super) file: PathBuf,
    pub(super) keep: Keep,
    pub(super) keyring: Keyring,
}

/// What the file says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Where.
    pub(super) server: String,
    /// Who.
    pub(super) me: Person,
    /// The item of the keyring that was made for it. The tokens are there, unless they are here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keyring: Option<Item>,
    #[serde(flatten)]
    tokens: Option<Tokens>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Item {
    name: String,
    /// The hash of the refresh token there: who holds that one in memory holds the newest, though the keyring is locked.
    holds: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Tokens {
    access_token: Secret<String>,
    expires_at: UnixMillis,
    refresh_token: Secret<String>,
}

impl Entry {
    /// Where its tokens are.
    pub(super) fn keeper(&self) -> Keeper {
        if self.tokens.is_some() { Keeper::File } else { Keeper::Keyring }
    }
}

impl Tokens {
    fn of(tokens: &SignedIn) -> Self {
        let SignedIn { access_token, expires_at, refresh_token, .. } = tokens.clone();
        Self { access_token, expires_at, refresh_token }
    }

    fn with(self, me: Person) -> SignedIn {
        let Self { access_token, expires_at, refresh_token } = self;
        SignedIn { me, access_token, expires_at, refresh_token }
    }
}

impl Place {
    /// What its file says.
    ///
    /// # Errors
    /// [`AccountError::File`] when it is not there, or says nothing that can be used.
    pub(super) fn entry(&self) -> Result<Entry, AccountError> {
        let text = fs::read_to_string(&self.file).map_err(|why| self.failed(why))?;
        let bad = |why: &str| self.failed(io::Error::new(io::ErrorKind::InvalidData, why));
        let entry: Entry = serde_json::from_str(&text).map_err(|why| bad(&why.to_string()))?;
        if entry.tokens.is_some() || entry.keyring.is_some() { Ok(entry) } else { Err(bad("it holds no tokens")) }
    }

    /// The same; `None` when its file is not there.
    fn entry_if_any(&self) -> Result<Option<Entry>, AccountError> {
        match self.entry() {
            Err(AccountError::File { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            known => known.map(Some),
        }
    }

    /// The sign-in.
    ///
    /// # Errors
    /// [`AccountError::File`] and [`AccountError::Keyring`] when it can't be read.
    pub(super) async fn load(&self) -> Result<SignedIn, AccountError> {
        self.tokens_of(self.entry()?).await
    }

    async fn tokens_of(&self, entry: Entry) -> Result<SignedIn, AccountError> {
        if let Some(tokens) = entry.tokens {
            return Ok(tokens.with(entry.me));
        }
        let item = entry.keyring.map(|item| item.name).unwrap_or_default();
        let unreadable = |why: KeyringTrouble| AccountError::Keyring(texts::in_keyring(&why.to_string()));
        let held = self.keyring.get(&item).await.map_err(unreadable)?;
        let held = held.ok_or_else(|| AccountError::Keyring(texts::GONE.to_owned()))?;
        let tokens: Tokens =
            serde_json::from_str(held.expose()).map_err(|_| AccountError::Keyring(texts::NO_SIGN_IN.to_owned()))?;
        Ok(tokens.with(entry.me))
    }

    /// The sign-in as it was renewed last, by whomever; `mine` is what this phone has.
    ///
    /// # Errors
    /// [`AccountError::Refused`] when it was signed out, or somebody else is signed in in its place;
    /// [`AccountError::File`] when the file is damaged; [`AccountError::Keyring`] when another phone renewed it, and what
    /// it got can't be read now. What comes of `mine` then has no place here any more.
    pub(super) async fn latest(&self, mine: &SignedIn) -> Result<SignedIn, AccountError> {
        let entry = self.entry_if_any()?.filter(|entry| entry.me.identity == mine.me.identity);
        let entry = entry.ok_or_else(|| signed_out(mine))?;
        let is_mine = entry.keyring.as_ref().is_some_and(|item| item.holds == mark(&mine.refresh_token));
        match self.tokens_of(entry).await {
            Err(AccountError::Keyring(_)) if is_mine && self.keep != Keep::Keyring => Ok(mine.clone()),
            known => known,
        }
    }

    /// Keeps a sign-in that is new, where the setting says. The keyring's trouble comes back if it went into the file for that.
    ///
    /// # Errors
    /// [`AccountError::Keyring`] where it is to be in the keyring and can't be; [`AccountError::File`].
    pub(super) async fn begin(
        &self,
        server: &ServerUrl,
        tokens: &SignedIn,
    ) -> Result<Option<KeyringTrouble>, AccountError> {
        let _lock = self.lock().await?;
        self.write(server.to_string(), tokens, self.keep == Keep::Keyring).await
    }

    /// Keeps a renewed one, under the lock of whoever renewed it. Where the keyring fails, it goes into the file, whatever the
    /// setting says: there is no other.
    ///
    /// # Errors
    /// [`AccountError::File`] when that can't be written.
    pub(super) async fn save(&self, server: String, tokens: &SignedIn) -> Result<Option<KeyringTrouble>, AccountError> {
        self.write(server, tokens, false).await
    }

    async fn write(
        &self,
        server: String,
        tokens: &SignedIn,
        strict: bool,
    ) -> Result<Option<KeyringTrouble>, AccountError> {
        let item = self.entry().ok().and_then(|entry| entry.keyring);
        let mut entry =
            Entry { server, me: tokens.me.clone(), keyring: item.clone(), tokens: Some(Tokens::of(tokens)) };
        let mut trouble = None;
        if self.keep != Keep::File {
            let name = item.as_ref().map_or_else(|| entropy::uuid().to_string(), |item| item.name.clone());
            let wanted = Item { name, holds: mark(&tokens.refresh_token) };
            match self.put(&entry, &wanted.name).await {
                Ok(()) => (entry.keyring, entry.tokens) = (Some(wanted), None),
                Err(why) if strict => {
                    self.take_back(item.is_none().then_some(&wanted), &why).await;
                    return Err(AccountError::Keyring(texts::not_kept(&why.to_string())));
                }
                Err(why) => {
                    // It may yet come there: the next renewal puts its own over it, and who forgets it finds it.
                    entry.keyring = item.or_else(|| may_be_there(&why).then_some(wanted));
                    trouble = Some(why);
                }
            }
        } else if let Some(item) = item {
            // In the file first: there is no instant without it.
            self.replace(&entry)?;
            match self.keyring.remove(&item.name).await {
                Ok(()) => entry.keyring = None,
                Err(why) => tracing::warn!(%why, "an item of no use stays in the keyring"),
            }
        }
        self.replace(&entry)?;
        Ok(trouble)
    }

    /// Puts the tokens into the keyring, as the item of that name.
    async fn put(&self, entry: &Entry, name: &str) -> Result<(), KeyringTrouble> {
        let text = serde_json::to_string(&entry.tokens).map_err(|why| KeyringTrouble::Failed(why.to_string()))?;
        let label = format!("Switchboard: {} at {}", entry.me.name, entry.server);
        self.keyring.put(name, &label, &Secret::new(text)).await
    }

    /// Forgets an item that is kept nowhere else, and may have come into the keyring all the same.
    async fn take_back(&self, item: Option<&Item>, why: &KeyringTrouble) {
        if let Some(item) = item.filter(|_| may_be_there(why))
            && let Err(why) = self.keyring.remove(&item.name).await
        {
            tracing::warn!(%why, "an item of no use may stay in the keyring");
        }
    }

    /// Moves the sign-in to where the setting says, if it is not there; the keyring's trouble comes back where it can't.
    ///
    /// # Errors
    /// [`AccountError`] when it can't be read or written.
    pub async fn settle(&self) -> Result<Option<Moved>, AccountError> {
        let wanted = |keeper| match (self.keep, keeper) {
            (Keep::Keyring, Keeper::File) => Some(Keeper::Keyring),
            (Keep::File, Keeper::Keyring) => Some(Keeper::File),
            (Keep::Auto | Keep::Keyring | Keep::File, _) => None,
        };
        if wanted(self.entry()?.keeper()).is_none() {
            return Ok(None);
        }
        let _lock = self.lock().await?;
        let entry = self.entry()?;
        // Another phone was faster.
        let Some(to) = wanted(entry.keeper()) else { return Ok(None) };
        let server = entry.server.clone();
        let tokens = self.tokens_of(entry).await?;
        Ok(Some(match self.write(server, &tokens, false).await? {
            None => Moved::To(to),
            Some(why) => Moved::Stays(why),
        }))
    }

    /// Forgets the sign-in, once nobody is renewing it, and says what it was last; `None` when there is none any more. What
    /// of it is in the keyring may stay there, of no use.
    ///
    /// # Errors
    /// [`AccountError::File`] when the file can't be read or removed: it stays. [`AccountError::Keyring`] when it is
    /// forgotten, and what it was can't be read.
    pub async fn forget(&self) -> Result<Option<SignedIn>, AccountError> {
        let _lock = self.lock().await?;
        let Some(entry) = self.entry_if_any()? else { return Ok(None) };
        let item = entry.keyring.clone();
        let kept = self.tokens_of(entry).await;
        fs::remove_file(&self.file).map_err(|why| self.failed(why))?;
        if let Some(item) = item
            && let Err(why) = self.keyring.remove(&item.name).await
        {
            tracing::warn!(%why, "an item of no use stays in the keyring");
        }
        kept.map(Some)
    }

    /// Holds off other phones of this user until it is dropped.
    pub(super) async fn lock(&self) -> Result<File, AccountError> {
        let path = self.file.with_extension("lock");
        let failed = {
            let path = path.clone();
            move |source| AccountError::File { path, source }
        };
        let locked = tokio::task::spawn_blocking(move || {
            make_folder_of(&path)?;
            let file = file::private().open(&path)?;
            file.lock()?;
            Ok(file)
        });
        locked.await.map_err(io::Error::other).and_then(|lock| lock).map_err(failed)
    }

    fn replace(&self, entry: &Entry) -> Result<(), AccountError> {
        let text = serde_json::to_string_pretty(entry).map_err(|why| self.failed(why.into()))?;
        file::replace(&self.file, text.as_bytes()).map_err(|why| self.failed(why))
    }

    fn failed(&self, source: io::Error) -> AccountError {
        AccountError::File { path: self.file.clone(), source }
    }
}

/// What became of moving a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It is kept there now.
    To(Keeper),
    /// It stays where it is: the keyring has this trouble.
    Stays(KeyringTrouble),
}

impl Moved {
    /// In words, of the sign-in that is `who`.
    pub fn words(&self, who: &Who) -> String {
        match self {
            Self::To(keeper) => texts::moved(&who.to_string(), keeper.words()),
            Self::Stays(why) => texts::not_moved(&who.to_string(), &why.to_string()),
        }
    }
}

/// Whether an item may come into the keyring though that was given up.
fn may_be_there(why: &KeyringTrouble) -> bool {
    match why {
        KeyringTrouble::Slow | KeyringTrouble::Failed(_) => true,
        KeyringTrouble::Absent(_) | KeyringTrouble::Locked => false,
    }
}

/// Why a sign-in is not renewed that is kept here no more.
fn signed_out(mine: &SignedIn) -> AccountError {
    let message = texts::signed_out_here(mine.me.name.as_str());
    AccountError::Refused(Failure::new(FailureCode::Unauthenticated, message))
}

/// What tells one refresh token from another, and nothing of what it is.
fn mark(token: &Secret<String>) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, token.expose().as_bytes()))
}

fn make_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}
