//! Where a service is administrated: one elsewhere that was named, or else the one that runs here, or its folder when none
//! does.

use std::path::PathBuf;

use reqwest::Method;

use super::AdminArgs;
use super::reached::{self, Reached};
use crate::base::clock;
use crate::cli::exit::{Exit, Failure};
use crate::cli::globals::Globals;
use crate::cli::settings::Settings;
use crate::config::ServiceFile;
use crate::domain::audit::Deed;
use crate::domain::id::UserName;
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::FailureCode;
use crate::protocol::rest::{
    Account, AuditEntry, AuditPage, NewAccount, NewDisplayName, NewOrganisation, NewPassword, NewRole, OrganisationRow,
    OutsideSubject,
};
use crate::service::identity::{self, AccessKeys, Identities};
use crate::service::store::audit::{self, NewEntry, Wanted};
use crate::service::store::backup::{self, Snapshot};
use crate::service::store::{self, Db};

/// How many accounts or entries are asked for at once.
const PAGE: u16 = 500;

/// Where a service is administrated.
pub(super) enum Office {
    /// The running service.
    Running(Box<Reached>),
    /// The folder of a service that does not run, held closed to services meanwhile.
    Folder { identities: Identities, access_keys: AccessKeys, db: Db, folder: PathBuf, _lock: std::fs::File },
}

impl Office {
    pub(super) async fn open(arguments: &AdminArgs, globals: &Globals, settings: &Settings) -> Result<Self, Failure> {
        let file = ServiceFile::read(&settings.paths.service_file());
        let is_here = |server: &_| file.as_ref().is_some_and(|file| reached::is_that(file, server));
        if let Some(server) = globals.server.as_ref().filter(|server| !is_here(server)) {
            let reached = Reached::elsewhere(server, arguments, globals, settings).await?;
            return Ok(Self::Running(Box::new(reached)));
        }
        if let Some(file) = &arguments.access_key_file {
            let why = format!("{} is for a service elsewhere: name it with --server URL", file.display());
            return Err(Failure::usage(why));
        }
        if let Some(reached) = Reached::here(settings).await {
            return Ok(Self::Running(Box::new(reached)));
        }
        let failed = |why: String| Failure::new(Exit::Failed, why);
        let folder = &settings.paths.service;
        let lock = crate::service::lock(folder).map_err(|why| failed(why.to_string()))?;
        let db = store::open(folder).await.map_err(|why| failed(why.to_string()))?;
        let access_keys = AccessKeys::load(db.clone()).await.map_err(|why| failed(why.to_string()))?;
        let identities = Identities::start(db.clone(), identity::Settings::default(), Vec::new());
        let identities = identities.await.map_err(|why| failed(why.to_string()))?;
        Ok(Self::Folder { identities, access_keys, db, folder: folder.clone(), _lock: lock })
    }

    pub(super) async fn add(&self, new: NewAccount) -> Result<Account, Failure> {
        match self {
            Self::Running(service) => service.read(service.post("users").json(&new)).await,
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
                Self::Running(service) => {
                    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
                    service.read::<Vec<Account>>(service.get(&format!("users?limit={PAGE}{after}"))).await?
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
            Self::Running(service) => service.read(service.get(&format!("users/{user}"))).await,
            Self::Folder { identities, .. } => identities.account(user).await.map_err(refused),
        }
    }

    pub(super) async fn set_disabled(&self, user: &UserName, disabled: bool) -> Result<Account, Failure> {
        match self {
            Self::Running(service) => {
                let verb = if disabled { "disable" } else { "enable" };
                service.read(service.post(&format!("users/{user}/{verb}"))).await
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
            Self::Running(service) => {
                service.send(service.post(&format!("users/{user}/password")).json(&new)).await.map(drop)
            }
            Self::Folder { identities, db, .. } => {
                identities.set_password(user, new.password).await.map_err(refused)?;
                note(db, Deed::PasswordReset, Some(user.as_str()), None).await
            }
        }
    }

    pub(super) async fn set_display_name(&self, user: &UserName, new: NewDisplayName) -> Result<Account, Failure> {
        match self {
            Self::Running(service) => {
                service.read(service.post(&format!("users/{user}/display-name")).json(&new)).await
            }
            Self::Folder { identities, db, .. } => {
                let account = identities.set_display_name(user, new.display_name).await.map_err(refused)?;
                note(db, Deed::DisplayNameChanged, Some(user.as_str()), None).await?;
                Ok(account)
            }
        }
    }

    pub(super) async fn set_role(&self, user: &UserName, new: NewRole) -> Result<Account, Failure> {
        match self {
            Self::Running(service) => service.read(service.post(&format!("users/{user}/role")).json(&new)).await,
            Self::Folder { identities, db, .. } => {
                let account = identities.set_role(user, new.role).await.map_err(refused)?;
                note(db, Deed::RoleChanged, Some(user.as_str()), Some(new.role.as_str())).await?;
                Ok(account)
            }
        }
    }

    pub(super) async fn set_organisation(&self, user: &UserName, new: NewOrganisation) -> Result<Account, Failure> {
        match self {
            Self::Running(service) => {
                service.read(service.post(&format!("users/{user}/organisation")).json(&new)).await
            }
            Self::Folder { identities, db, .. } => {
                let account = identities.set_organisation(user, &new.organisation).await.map_err(refused)?;
                let detail = Some(new.organisation.as_str());
                note(db, Deed::OrganisationChanged, Some(user.as_str()), detail).await?;
                Ok(account)
            }
        }
    }

    pub(super) async fn bind(&self, user: &UserName, who: &OutsideSubject) -> Result<Account, Failure> {
        match self {
            Self::Running(service) => service.read(service.post(&format!("users/{user}/bind")).json(who)).await,
            Self::Folder { identities, db, .. } => {
                let account = identities.bind_outsider(user, who, clock::unix_now()).await.map_err(refused)?;
                note(db, Deed::SubjectBound, Some(user.as_str()), Some(&who.to_string())).await?;
                Ok(account)
            }
        }
    }

    pub(super) async fn unbind(&self, user: &UserName, who: &OutsideSubject) -> Result<Account, Failure> {
        match self {
            Self::Running(service) => service.read(service.post(&format!("users/{user}/unbind")).json(who)).await,
            Self::Folder { identities, db, .. } => {
                let account = identities.unbind_outsider(user, who).await.map_err(refused)?;
                note(db, Deed::SubjectUnbound, Some(user.as_str()), Some(&who.to_string())).await?;
                Ok(account)
            }
        }
    }

    /// The organisations there are, by name.
    pub(super) async fn organisations(&self) -> Result<Vec<OrganisationRow>, Failure> {
        match self {
            Self::Running(service) => service.read(service.get("organisations")).await,
            Self::Folder { identities, .. } => identities.organisations().await.map_err(refused),
        }
    }

    pub(super) async fn remove(&self, user: &UserName) -> Result<(), Failure> {
        match self {
            Self::Running(service) => {
                service.send(service.request(Method::DELETE, &format!("users/{user}"))).await.map(drop)
            }
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
                Self::Running(service) => {
                    let marks = [("since", since.map(|since| since.0)), ("before", before)];
                    let marks = marks.into_iter().filter_map(|(name, mark)| Some(format!("&{name}={}", mark?)));
                    let wanted = format!("audit?limit={page}{}", marks.collect::<String>());
                    service.read::<AuditPage>(service.get(&wanted)).await?.entries
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
    pub(super) async fn backup(&self) -> Result<Pieces<'_>, Failure> {
        match self {
            Self::Running(service) => {
                let response = service.send(service.get("backup")).await?;
                Ok(Pieces::Sent(service, Box::new(response)))
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
pub(super) enum Pieces<'a> {
    /// From a service that runs.
    Sent(&'a Reached, Box<reqwest::Response>),
    /// From the folder.
    Made(Snapshot),
}

impl Pieces<'_> {
    /// The files that are not in it, and why.
    pub(super) fn left_out(&self) -> Vec<String> {
        match self {
            Self::Sent(_, response) => {
                let named = response.headers().get_all(backup::LEFT_OUT).iter();
                named.map(|what| printable(&String::from_utf8_lossy(what.as_bytes()), 400)).collect()
            }
            Self::Made(snapshot) => snapshot.left_out().to_vec(),
        }
    }

    /// The next piece; none at the end, which is only where all came.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        match self {
            Self::Sent(from, response) => from.next_piece(response).await,
            Self::Made(snapshot) => {
                let failed = |why| Failure::new(Exit::Failed, format!("the backup can't be read: {why}"));
                let piece = snapshot.read().map_err(failed)?;
                Ok((!piece.is_empty()).then_some(piece))
            }
        }
    }
}

/// Keeps in the audit trail what was done while no service ran.
pub(super) async fn note(db: &Db, what: Deed, about: Option<&str>, detail: Option<&str>) -> Result<(), Failure> {
    let entry = NewEntry { at: clock::unix_now(), who: "folder", what, about, detail, address: None };
    audit::add(db, &entry).await.map_err(|why| refused(why.into()))
}

pub(super) fn refused(failure: crate::protocol::failure::Failure) -> Failure {
    let exit = match failure.code {
        FailureCode::BadRequest => Exit::Usage,
        _ => Exit::of_refusal(&failure),
    };
    Failure::new(exit, failure.message)
}
