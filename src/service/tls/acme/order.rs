//! One order of a certificate: account, authorizations, challenges, the certificate.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Identifier, NewAccount, NewOrder, OrderStatus,
    RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};

use super::super::answers::Answers;
use super::super::shown::Shown;
use super::super::{StartError, files};
use super::AcmeSettings;
use crate::base::crypto;

/// Who the service is to the authority.
const ACCOUNT: &str = "acme-account.json";

/// What an authority says that does not know an account (RFC 8555 section 6.7).
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// How an authority is asked how far it is.
const PATIENCE: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).timeout(Duration::from_secs(90));

/// Why an order brought nothing.
#[derive(Debug)]
pub(super) enum Why {
    /// The authority can't be reached, or does not speak ACME.
    Unreachable(String),
    /// The authority says no.
    Refused(String),
    /// The authority does not know the account any more.
    Forgotten(String),
    /// The authority offers no way this service knows.
    NoWay(String),
    /// The authority says what makes no sense.
    Unusable(String),
    /// The certificate that came can't be used.
    Useless(String),
    /// It took too long.
    Late,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "the authority can't be asked: {why}"),
            Self::Refused(why) => write!(f, "the authority refuses: {why}"),
            Self::Forgotten(why) => write!(f, "the authority does not know this service's account: {why}"),
            Self::NoWay(host) => write!(f, "the authority offers no challenge that can be met for {host}"),
            Self::Unusable(why) => write!(f, "what the authority sent can't be used: {why}"),
            Self::Useless(why) => write!(f, "a certificate came that can't be used: {why}"),
            Self::Late => f.write_str("the order took too long"),
        }
    }
}

impl From<instant_acme::Error> for Why {
    fn from(error: instant_acme::Error) -> Self {
        match error {
            instant_acme::Error::Api(problem) => {
                let mut said: Vec<_> = problem.detail.iter().chain(&problem.r#type).cloned().collect();
                said.extend(problem.subproblems.iter().filter_map(|sub| sub.detail.clone()));
                let said = crate::domain::text::printable(&said.join("; "), 500);
                match problem.r#type.as_deref() {
                    Some(NO_ACCOUNT) => Self::Forgotten(said),
                    _ => Self::Refused(said),
                }
            }
            other => Self::Unreachable(told(&other)),
        }
    }
}

/// An error with what caused it, which is where the reason is.
fn told(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut said: Vec<String> = causes.map(ToString::to_string).collect();
    said.dedup();
    crate::domain::text::printable(&said.join(": "), 500)
}

/// The account as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    directory: String,
    credentials: AccountCredentials,
}

/// Orders certificates for one host of one authority.
pub(super) struct Orderer {
    settings: AcmeSettings,
    file: PathBuf,
    account: Option<Account>,
    answers: Answers,
}

impl Orderer {
    /// With the account that is kept in `folder`, if one is.
    ///
    /// # Errors
    /// When its file can't be read.
    pub(super) fn open(settings: AcmeSettings, folder: &Path, answers: Answers) -> Result<Self, StartError> {
        let file = folder.join(ACCOUNT);
        kept(&file)?;
        Ok(Self { settings, file, account: None, answers })
    }

    /// Orders a certificate, by `way` where the authority offers it; else, unless `only` that one will do, by the other one.
    /// An authority that was set up anew gets a new account. Yields the chain and the key in PEM.
    ///
    /// # Errors
    /// Why none came; what was put up for the authority is for [`Self::tidy`].
    pub(super) async fn order(
        &mut self,
        way: &ChallengeType,
        only: bool,
        shown: &Shown,
    ) -> Result<(String, String), Why> {
        match self.order_once(way, only, shown).await {
            Err(Why::Forgotten(why)) => {
                tracing::warn!(
                    why,
                    "the ACME authority does not know this service's account any more; it makes a new one"
                );
                self.account = None;
                // One that stays is taken for it once more, and found unknown once more.
                fs::remove_file(&self.file).ok();
                self.order_once(way, only, shown).await
            }
            ordered => ordered,
        }
    }

    async fn order_once(&mut self, way: &ChallengeType, only: bool, shown: &Shown) -> Result<(String, String), Why> {
        let account = self.account().await?;
        let host = self.settings.host.to_ascii_lowercase();
        let identifiers = [Identifier::Dns(host.clone())];
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                other => return Err(Why::Refused(format!("the authorization of {host} is {other:?}"))),
            }
            let ways = [way.clone(), ChallengeType::TlsAlpn01, ChallengeType::Http01];
            let mut ways = ways.into_iter().take(if only { 1 } else { 3 });
            let offered = ways.find(|way| authorization.challenges.iter().any(|c| c.r#type == *way));
            let offered = offered.ok_or_else(|| Why::NoWay(host.clone()))?;
            let by_tls = offered == ChallengeType::TlsAlpn01;
            let mut challenge = authorization.challenge(offered).ok_or_else(|| Why::NoWay(host.clone()))?;
            let proof = challenge.key_authorization();
            if by_tls {
                shown.set_challenge(&host, proving(&host, proof.digest().as_ref()).map_err(Why::Unusable)?);
            } else {
                self.answers.set(&challenge.token, proof.as_str());
            }
            challenge.set_ready().await?;
        }
        if order.poll_ready(&PATIENCE).await? != OrderStatus::Ready {
            return Err(Why::Refused(why_invalid(&mut order).await));
        }
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&PATIENCE).await?;
        Ok((chain, key))
    }

    /// Takes down what was put up for the authority.
    pub(super) fn tidy(&self, shown: &Shown) {
        shown.clear_challenges();
        self.answers.clear();
    }

    async fn account(&mut self) -> Result<Account, Why> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let builder = match &self.settings.ca {
            Some(ca) => Account::builder_with_root(ca)?,
            None => Account::builder()?,
        };
        let kept = kept(&self.file).ok().flatten().filter(|kept| kept.directory == self.settings.directory);
        let account = match kept {
            Some(kept) => builder.from_credentials(kept.credentials).await?,
            None => {
                let contact: Vec<_> = self.settings.contact.as_deref().into_iter().collect();
                let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
                let directory = self.settings.directory.clone();
                let (account, credentials) = builder.create(&new, directory.clone(), None).await?;
                let kept =
                    serde_json::to_vec(&Kept { directory, credentials }).map_err(|e| Why::Unusable(e.to_string()))?;
                if let Err(error) = files::write_secret(&self.file, &kept) {
                    tracing::warn!(%error, "the account with the ACME authority can't be kept: the next start makes another");
                }
                account
            }
        };
        Ok(self.account.insert(account).clone())
    }
}

/// The kept account; one that can't be understood is made anew.
fn kept(file: &Path) -> Result<Option<Kept>, StartError> {
    Ok(files::read(file)?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// What the authority found when it looked.
async fn why_invalid(order: &mut instant_acme::Order) -> String {
    let mut found = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(authorization)) = authorizations.next().await {
        let errors = authorization.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        found.extend(errors.filter_map(|problem| problem.detail.clone()));
    }
    let found = crate::domain::text::printable(&found.join("; "), 500);
    if found.is_empty() { "it did not find this service under that name".to_owned() } else { found }
}

/// The certificate that proves to the authority that `host` is this service (RFC 8737 section 3).
fn proving(host: &str, digest: &[u8]) -> Result<Arc<CertifiedKey>, String> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| e.to_string())?;
    let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(|e| e.to_string())?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = params.self_signed(&key).map_err(|e| e.to_string())?;
    let secret = PrivateKeyDer::try_from(key.serialize_der()).map_err(str::to_owned)?;
    let key = crypto::provider().key_provider.load_private_key(secret).map_err(|e| e.to_string())?;
    // Not checked for usual clients, who rightly refuse an extension that is critical and of this one use.
    Ok(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], key)))
}
