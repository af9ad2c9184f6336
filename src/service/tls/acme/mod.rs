//! A certificate by ACME (RFC 8555): when it is ordered, renewed and tried again. One order is in `order`.

mod order;
mod pace;

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::Duration;

use instant_acme::ChallengeType;
use tokio::time::timeout;

use self::order::{Orderer, Why};
use self::pace::{next_after, wait_after};
use super::answers::Answers;
use super::given::{self, Pair};
use super::shown::Shown;
use super::{StartError, Wall, day, due_at, files};
use crate::config::AcmeChallenge;
use crate::domain::time::UnixMillis;

/// The certificate and key that came last.
const CERTIFICATE: &str = "acme.pem";
const KEY: &str = "acme.key";

/// How long an order may take.
const ORDER_WITHIN: Duration = Duration::from_secs(180);

/// How often it is looked whether an order is due.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Where and for whom certificates are ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcmeSettings {
    /// The URL of the authority's directory.
    pub directory: String,
    /// Where the authority reaches whoever runs the service: a URL such as `mailto:ops@example.com`.
    pub contact: Option<String>,
    /// The authority of the directory's own certificate, in PEM; the system's without.
    pub ca: Option<PathBuf>,
    /// The host name to certify.
    pub host: String,
    /// How it is proved that the host is this service.
    pub challenge: AcmeChallenge,
}

/// Orders certificates for as long as the service runs.
pub(super) struct Acme {
    orderer: Orderer,
    host: String,
    folder: PathBuf,
    wall: Wall,
    kept: Option<(UnixMillis, UnixMillis)>,
    failures: u32,
    not_before: UnixMillis,
    only: Option<ChallengeType>,
    way: ChallengeType,
}

impl Acme {
    /// Shows the certificate that is kept, if one is.
    ///
    /// # Errors
    /// When the files of the authority can't be read.
    pub(super) fn start(
        settings: AcmeSettings,
        folder: &Path,
        shown: &Shown,
        answers: Answers,
        wall: Wall,
    ) -> Result<Self, StartError> {
        let host = settings.host.to_ascii_lowercase();
        let kept = given::read(&folder.join(CERTIFICATE), &folder.join(KEY), wall()).ok();
        let kept = kept.filter(|pair| pair.foreign.names(&host));
        let only = match settings.challenge {
            AcmeChallenge::Auto => None,
            AcmeChallenge::TlsAlpn => Some(ChallengeType::TlsAlpn01),
            AcmeChallenge::Http => Some(ChallengeType::Http01),
        };
        let orderer = Orderer::open(settings, folder, answers)?;
        let life = kept.as_ref().map(life);
        if let Some(pair) = kept {
            tracing::info!(until = %day(pair.until), "the certificate that ACME brought before is shown");
            shown.set_foreign(pair.foreign);
        }
        // A certificate of another authority, such as one for trying, is replaced at once.
        let kept = life.filter(|_| orderer.knows_the_directory());
        Ok(Self {
            orderer,
            host,
            folder: folder.to_owned(),
            wall,
            kept,
            failures: 0,
            not_before: UnixMillis(0),
            way: only.clone().unwrap_or(ChallengeType::TlsAlpn01),
            only,
        })
    }

    /// Goes on until nothing shows certificates any more.
    pub(super) async fn keep(mut self, shown: Weak<Shown>) {
        while let Some(shown) = shown.upgrade() {
            let now = (self.wall)();
            let due = self.kept.map_or(UnixMillis(0), |(from, until)| due_at(from, until)).max(self.not_before);
            if due <= now {
                self.order(&shown).await;
                continue;
            }
            drop(shown);
            let left = Duration::from_millis(u64::try_from(due.since(now)).unwrap_or_default());
            tokio::time::sleep(left.clamp(Duration::from_millis(100), LOOK_EVERY)).await;
        }
    }

    async fn order(&mut self, shown: &Shown) {
        tracing::info!(host = self.host, way = ?self.way, "a certificate is ordered by ACME");
        let ordered = timeout(ORDER_WITHIN, self.orderer.order(&self.way, self.only.is_some(), shown)).await;
        self.orderer.tidy(shown);
        let brought = match ordered {
            Ok(Ok((chain, key))) => self.take(shown, &chain, &key).map_err(|why| Why::Unusable(why.to_string())),
            Ok(Err(why)) => Err(why),
            Err(_) => Err(Why::Late),
        };
        match brought {
            Ok(until) => {
                tracing::info!(host = self.host, until = %day(until), "ACME brought a certificate, which is shown from now on");
                self.failures = 0;
            }
            Err(why) => self.fail(&why),
        }
    }

    /// Keeps a certificate, and shows it. Until when it holds.
    fn take(&mut self, shown: &Shown, chain: &str, key: &str) -> Result<UnixMillis, StartError> {
        let (chain_file, key_file) = (self.folder.join(CERTIFICATE), self.folder.join(KEY));
        files::write_secret(&key_file, key.as_bytes())?;
        files::write(&chain_file, chain.as_bytes())?;
        let pair = given::read(&chain_file, &key_file, (self.wall)())?;
        self.kept = Some(life(&pair));
        let until = pair.until;
        self.not_before = next_after(pair.from, until, (self.wall)());
        shown.set_foreign(pair.foreign);
        Ok(until)
    }

    fn fail(&mut self, why: &Why) {
        // The other way may be open where this one is not.
        if self.only.is_none() && matches!(why, Why::Refused(_)) {
            self.way = match self.way {
                ChallengeType::TlsAlpn01 => ChallengeType::Http01,
                _ => ChallengeType::TlsAlpn01,
            };
        }
        self.failures = self.failures.saturating_add(1);
        let wait = wait_after(self.failures);
        self.not_before = (self.wall)().plus(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        tracing::warn!(
            host = self.host,
            %why,
            minutes = wait.as_secs() / 60,
            next = ?self.way,
            "ACME brought no certificate; the service goes on with what it has, and tries again"
        );
    }
}

fn life(pair: &Pair) -> (UnixMillis, UnixMillis) {
    (pair.from, pair.until)
}
