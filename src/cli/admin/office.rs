//! Where a service is administrated: the one that runs, or its folder when none does.

use crate::cli::exit::{Exit, Failure};
use crate::cli::local;
use crate::cli::settings::Settings;
use crate::config::ServiceFile;
use crate::domain::id::UserName;
use crate::phone::connector::Connector;
use crate::protocol::failure::FailureCode;
use crate::protocol::rest::{Account, ErrorBody, NewAccount, NewPassword};
use crate::service::identity::{self, Identities};
use crate::service::store;

/// Where a service is administrated.
pub(super) enum Office {
    /// The running service.
    Running(Connector, Box<ServiceFile>),
    /// The folder of a service that does not run, held closed to services meanwhile.
    Folder { identities: Identities, _lock: std::fs::File },
}

impl Office {
    pub(super) async fn open(settings: &Settings) -> Result<Self, Failure> {
        if let Some(file) = local::find(&settings.paths).await {
            let damaged = || Failure::new(Exit::Failed, "service.json is damaged");
            return Ok(Self::Running(local::connector(&file).ok_or_else(damaged)?, Box::new(file)));
        }
        let failed = |why: String| Failure::new(Exit::Failed, why);
        let folder = &settings.paths.service;
        let lock = crate::service::lock(folder).map_err(|why| failed(why.to_string()))?;
        let db = store::open(folder).await.map_err(|why| failed(why.to_string()))?;
        let identities = Identities::start(db, identity::Settings::default(), Vec::new());
        let identities = identities.await.map_err(|why| failed(why.to_string()))?;
        Ok(Self::Folder { identities, _lock: lock })
    }

    pub(super) async fn add(&self, new: NewAccount) -> Result<Account, Failure> {
        match self {
            Self::Running(way, file) => read(way, file, post(way, "")?.json(&new)).await,
            Self::Folder { identities, .. } => identities.add_account(new).await.map_err(refused),
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<Account>, Failure> {
        match self {
            Self::Running(way, file) => read(way, file, client(way)?.get(route(way, ""))).await,
            Self::Folder { identities, .. } => identities.accounts().await.map_err(refused),
        }
    }

    pub(super) async fn set_disabled(&self, user: &UserName, disabled: bool) -> Result<Account, Failure> {
        match self {
            Self::Running(way, file) => {
                let verb = if disabled { "disable" } else { "enable" };
                read(way, file, post(way, &format!("/{user}/{verb}"))?).await
            }
            Self::Folder { identities, .. } => identities.set_disabled(user, disabled).await.map_err(refused),
        }
    }

    pub(super) async fn set_password(&self, user: &UserName, new: NewPassword) -> Result<(), Failure> {
        match self {
            Self::Running(way, file) => {
                send(way, file, post(way, &format!("/{user}/password"))?.json(&new)).await.map(drop)
            }
            Self::Folder { identities, .. } => identities.set_password(user, new.password).await.map_err(refused),
        }
    }

    pub(super) async fn remove(&self, user: &UserName) -> Result<(), Failure> {
        match self {
            Self::Running(way, file) => {
                send(way, file, client(way)?.delete(route(way, &format!("/{user}")))).await.map(drop)
            }
            Self::Folder { identities, .. } => identities.remove_account(user).await.map_err(refused),
        }
    }
}

fn client(way: &Connector) -> Result<&reqwest::Client, Failure> {
    way.client().map_err(|why| Failure::new(Exit::Unreachable, why.to_string()))
}

fn route(way: &Connector, rest: &str) -> String {
    way.server().rest(&format!("/api/v1/admin/users{rest}"))
}

fn post(way: &Connector, rest: &str) -> Result<reqwest::RequestBuilder, Failure> {
    Ok(client(way)?.post(route(way, rest)))
}

async fn read<A: serde::de::DeserializeOwned>(
    way: &Connector,
    file: &ServiceFile,
    request: reqwest::RequestBuilder,
) -> Result<A, Failure> {
    send(way, file, request).await?.json().await.map_err(|why| unreachable(way, &why))
}

async fn send(
    way: &Connector,
    file: &ServiceFile,
    request: reqwest::RequestBuilder,
) -> Result<reqwest::Response, Failure> {
    let sent = request.bearer_auth(file.admin_secret.expose()).send().await;
    let response = sent.map_err(|why| unreachable(way, &why))?;
    if response.status().is_success() {
        return Ok(response);
    }
    let body: ErrorBody = response.json().await.map_err(|why| unreachable(way, &why))?;
    Err(refused(body.error))
}

fn unreachable(way: &Connector, why: &reqwest::Error) -> Failure {
    Failure::new(Exit::Unreachable, format!("no usable answer from {}: {why}", way.server()))
}

fn refused(failure: crate::protocol::failure::Failure) -> Failure {
    let exit = match failure.code {
        FailureCode::BadRequest => Exit::Usage,
        _ => Exit::of_refusal(&failure),
    };
    Failure::new(exit, failure.message)
}
