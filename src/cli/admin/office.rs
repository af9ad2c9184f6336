//! Where a service is administrated: the one that runs, or its folder when none does.

use std::path::PathBuf;

use crate::base::clock;
use crate::cli::exit::{Exit, Failure};
use crate::cli::local;
use crate::cli::settings::Settings;
use crate::config::ServiceFile;
use crate::domain::audit::Deed;
use crate::domain::id::UserName;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::FailureCode;
use crate::protocol::rest::{
    Account, AuditEntry, AuditPage, ErrorBody, NewAccount, NewDisplayName, NewPassword, NewRole,
};
use crate::service::identity::{self, Identities};
use crate::service::store::audit::{self, NewEntry, Wanted};
use crate::service::store::backup::{self, Snapshot};
use crate::service::store::{self, Db};

/// How many accounts or entries are asked for at once.
const PAGE: u16 = 500;

/// Where a service is administrated.
pub(super) enum Office {
    /// The running service.
    Running(ServiceFile),
    /// The folder of a service that does not run, held closed to services meanwhile.
    Folder { identities: Identities, db: Db, folder: PathBuf, _lock: std::fs::File },
}

impl Office {
    pub(super) async fn open(settings: &Settings) -> Result<Self, Failure> {
        if let Some(file) = local::find(&settings.paths).await {
            return Ok(Self::Running(file));
        }
        let failed = |why: String| Failure::new(Exit::Failed, why);
        let folder = &settings.paths.service;
        let lock = crate::service::lock(folder).map_err(|why| failed(why.to_string()))?;
        let db = store::open(folder).await.map_err(|why| failed(why.to_string()))?;
        let identities = Identities::start(db.clone(), identity::Settings::default(), Vec::new());
        let identities = identities.await.map_err(|why| failed(why.to_string()))?;
        Ok(Self::Folder { identities, db, folder: folder.clone(), _lock: lock })
    }

    pub(super) async fn add(&self, new: NewAccount) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => read(file, post(file, "").json(&new)).await,
            Self::Folder { identities, db, .. } => {
                let account = identities.add_account(new).await.map_err(refused)?;
                note(db, Deed::AccountAdded, Some(account.user.as_str()), None).await?;
                Ok(account)
            }
        }
    }

    /// All accounts, by name.
    pub(super) async fn list(&self) -> Result<Vec<Account>, Failure> {
        let mut all: Vec<Account> = Vec::new();
        loop {
            let after = all.last().map(|account| account.user.clone());
            let page = match self {
                Self::Running(file) => {
                    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
                    read::<Vec<Account>>(file, client().get(route(file, &format!("?limit={PAGE}{after}")))).await?
                }
                Self::Folder { identities, .. } => identities.accounts(after.as_ref(), PAGE).await.map_err(refused)?,
            };
            let last = page.len() < usize::from(PAGE);
            all.extend(page);
            if last {
                return Ok(all);
            }
        }
    }

    pub(super) async fn show(&self, user: &UserName) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => read(file, client().get(route(file, &format!("/{user}")))).await,
            Self::Folder { identities, .. } => identities.account(user).await.map_err(refused),
        }
    }

    pub(super) async fn set_disabled(&self, user: &UserName, disabled: bool) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => {
                let verb = if disabled { "disable" } else { "enable" };
                read(file, post(file, &format!("/{user}/{verb}"))).await
            }
            Self::Folder { identities, db, .. } => {
                let account = identities.set_disabled(user, disabled).await.map_err(refused)?;
                let deed = if disabled { Deed::AccountDisabled } else { Deed::AccountEnabled };
                note(db, deed, Some(user.as_str()), None).await?;
                Ok(account)
            }
        }
    }

    pub(super) async fn set_password(&self, user: &UserName, new: NewPassword) -> Result<(), Failure> {
        match self {
            Self::Running(file) => send(file, post(file, &format!("/{user}/password")).json(&new)).await.map(drop),
            Self::Folder { identities, db, .. } => {
                identities.set_password(user, new.password).await.map_err(refused)?;
                note(db, Deed::PasswordReset, Some(user.as_str()), None).await
            }
        }
    }

    pub(super) async fn set_display_name(&self, user: &UserName, new: NewDisplayName) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => read(file, post(file, &format!("/{user}/display-name")).json(&new)).await,
            Self::Folder { identities, db, .. } => {
                let account = identities.set_display_name(user, new.display_name).await.map_err(refused)?;
                note(db, Deed::DisplayNameChanged, Some(user.as_str()), None).await?;
                Ok(account)
            }
        }
    }

    pub(super) async fn set_role(&self, user: &UserName, new: NewRole) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => read(file, post(file, &format!("/{user}/role")).json(&new)).await,
            Self::Folder { identities, db, .. } => {
                let account = identities.set_role(user, new.role).await.map_err(refused)?;
                note(db, Deed::RoleChanged, Some(user.as_str()), Some(new.role.as_str())).await?;
                Ok(account)
            }
        }
    }

    pub(super) async fn remove(&self, user: &UserName) -> Result<(), Failure> {
        match self {
            Self::Running(file) => send(file, client().delete(route(file, &format!("/{user}")))).await.map(drop),
            Self::Folder { identities, db, .. } => {
                identities.remove_account(user).await.map_err(refused)?;
                note(db, Deed::AccountRemoved, Some(user.as_str()), None).await
            }
        }
    }

    /// The newest entries of the audit trail since then, at most `limit`; the newest first.
    pub(super) async fn audit(&self, since: Option<UnixMillis>, limit: usize) -> Result<Vec<AuditEntry>, Failure> {
        let mut all: Vec<AuditEntry> = Vec::new();
        while all.len() < limit {
            let page = u16::try_from(limit - all.len()).unwrap_or(PAGE).min(PAGE);
            let before = all.last().map(|last| last.entry);
            let entries = match self {
                Self::Running(file) => {
                    let marks = [("since", since.map(|since| since.0)), ("before", before)];
                    let marks = marks.into_iter().filter_map(|(name, mark)| Some(format!("&{name}={}", mark?)));
                    let url = format!("{}/api/v1/admin/audit?limit={page}{}", file.http, marks.collect::<String>());
                    read::<AuditPage>(file, client().get(url)).await?.entries
                }
                Self::Folder { db, .. } => {
                    let wanted = Wanted { since, before, limit: page };
                    audit::list(db, wanted).await.map_err(|why| refused(why.into()))?
                }
            };
            let last = entries.len() < usize::from(page);
            all.extend(entries);
            if last {
                break;
            }
        }
        Ok(all)
    }
}

impl Office {
    /// A backup of the whole service.
    pub(super) async fn backup(&self) -> Result<Pieces, Failure> {
        match self {
            Self::Running(file) => {
                let url = format!("{}/api/v1/admin/backup", file.http);
                Ok(Pieces::Sent(file.http.clone(), Box::new(send(file, client().get(url)).await?)))
            }
            Self::Folder { db, folder, .. } => {
                let made = backup::make(db, folder).await;
                let made = made.map_err(|why| Failure::new(Exit::Failed, why.to_string()))?;
                note(db, Deed::BackupMade, None, None).await?;
                Ok(Pieces::Made(made))
            }
        }
    }
}

/// A backup that comes in pieces.
pub(super) enum Pieces {
    /// From the service at this address.
    Sent(String, Box<reqwest::Response>),
    /// From the folder.
    Made(Snapshot),
}

impl Pieces {
    /// The next piece; none at the end, which is only where all came.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Sent(from, response) => match response.chunk().await {
                Ok(piece) => Ok(piece.map(|piece| piece.to_vec())),
                Err(why) => Err(Failure::new(Exit::Unreachable, format!("the backup from {from} broke off: {why}"))),
            },
            Self::Made(snapshot) => {
                let failed = |why| Failure::new(Exit::Failed, format!("the backup can't be read: {why}"));
                let piece = snapshot.read().map_err(failed)?;
                Ok((!piece.is_empty()).then_some(piece))
            }
        }
    }
}

/// Keeps in the audit trail what was done while no service ran.
async fn note(db: &Db, what: Deed, about: Option<&str>, detail: Option<&str>) -> Result<(), Failure> {
    let entry = NewEntry { at: clock::unix_now(), who: "folder", what, about, detail, address: None };
    audit::add(db, &entry).await.map_err(|why| refused(why.into()))
}

fn client() -> reqwest::Client {
    reqwest::Client::new()
}

fn route(file: &ServiceFile, rest: &str) -> String {
    format!("{}/api/v1/admin/users{rest}", file.http)
}

fn post(file: &ServiceFile, rest: &str) -> reqwest::RequestBuilder {
    client().post(route(file, rest))
}

async fn read<A: serde::de::DeserializeOwned>(
    file: &ServiceFile,
    request: reqwest::RequestBuilder,
) -> Result<A, Failure> {
    send(file, request).await?.json().await.map_err(|why| unreachable(file, &why))
}

async fn send(file: &ServiceFile, request: reqwest::RequestBuilder) -> Result<reqwest::Response, Failure> {
    let sent = request.bearer_auth(file.admin_secret.expose()).send().await;
    let response = sent.map_err(|why| unreachable(file, &why))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let body: ErrorBody = response.json().await.map_err(|why| unreachable(file, &why))?;
    Err(refused(body.error))
}

fn unreachable(file: &ServiceFile, why: &reqwest::Error) -> Failure {
    Failure::new(Exit::Unreachable, format!("no usable answer from {}: {why}", file.http))
}

fn refused(failure: crate::protocol::failure::Failure) -> Failure {
    let exit = match failure.code {
        FailureCode::BadRequest => Exit::Usage,
        _ => Exit::of_refusal(&failure),
    };
    Failure::new(exit, failure.message)
}
