//! Where a service is administrated: the one that runs, or its folder when none does.

use crate::cli::exit::{Exit, Failure};
use crate::cli::local;
use crate::cli::settings::Settings;
use crate::config::ServiceFile;
use crate::domain::id::UserName;
use crate::protocol::failure::FailureCode;
use crate::protocol::rest::{Account, ErrorBody, NewAccount, NewPassword};
use crate::service::identity::{self, Identities};
use crate::service::store;

/// Where a service is administrated.
pub(super) enum Office {
    /// The running service.
    Running(ServiceFile),
    /// The folder of a service that does not run, held closed to services meanwhile.
    Folder { identities: Identities, _lock: std::fs::File },
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
        let identities = Identities::start(db, identity::Settings::default(), Vec::new());
        let identities = identities.await.map_err(|why| failed(why.to_string()))?;
        Ok(Self::Folder { identities, _lock: lock })
    }

    pub(super) async fn add(&self, new: NewAccount) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => read(file, post(file, "").json(&new)).await,
            Self::Folder { identities, .. } => identities.add_account(new).await.map_err(refused),
        }
    }

    pub(super) async fn list(&self) -> Result<Vec<Account>, Failure> {
        match self {
            Self::Running(file) => read(file, client().get(route(file, ""))).await,
            Self::Folder { identities, .. } => identities.accounts().await.map_err(refused),
        }
    }

    pub(super) async fn set_disabled(&self, user: &UserName, disabled: bool) -> Result<Account, Failure> {
        match self {
            Self::Running(file) => {
                let verb = if disabled { "disable" } else { "enable" };
                read(file, post(file, &format!("/{user}/{verb}"))).await
            }
            Self::Folder { identities, .. } => identities.set_disabled(user, disabled).await.map_err(refused),
        }
    }

    pub(super) async fn set_password(&self, user: &UserName, new: NewPassword) -> Result<(), Failure> {
        match self {
            Self::Running(file) => send(file, post(file, &format!("/{user}/password")).json(&new)).await.map(drop),
            Self::Folder { identities, .. } => identities.set_password(user, new.password).await.map_err(refused),
        }
    }

    pub(super) async fn remove(&self, user: &UserName) -> Result<(), Failure> {
        match self {
            Self::Running(file) => send(file, client().delete(route(file, &format!("/{user}")))).await.map(drop),
            Self::Folder { identities, .. } => identities.remove_account(user).await.map_err(refused),
        }
    }
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
