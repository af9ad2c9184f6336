//! A certificate by ACME (RFC 8555): when it is ordered, renewed and tried again. One order is in `order`.

mod kept;
mod order;
mod pace;

use std::path::{Path, PathBuf};
use std::sync::Weak;
use std::time::{Duration, Instant};

use instant_acme::ChallengeType;
use tokio::time::timeout;

use self::kept::Kept;
use self::order::{Orderer, Why};
use self::pace::{AFTER_A_USELESS_ONE, rest_after, wait_after};
use super::answers::Answers;
use super::pair::{Flaw, Pair};
use super::shown::Shown;
use super::{StartError, Wall, day, due_at};
use crate::base::clock;
use crate::config::AcmeChallenge;
use crate::domain::time::UnixMillis;

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
    directory: String,
    host: String,
    folder: PathBuf,
    wall: Wall,
    /// From when and until when the certificate holds that is shown, where it is one of the directory.
    life: Option<(UnixMillis, UnixMillis)>,
    failures: u32,
    /// When the authority may be asked again. No time of day: that may be set back.
    not_before: Instant,
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
        let (host, directory) = (settings.host.to_ascii_lowercase(), settings.directory.clone());
        let only = match settings.challenge {
            AcmeChallenge::Auto => None,
            AcmeChallenge::TlsAlpn => Some(ChallengeType::TlsAlpn01),
            AcmeChallenge::Http => Some(ChallengeType::Http01),
        };
        let kept = Kept::read(folder, wall()).filter(|kept| kept.pair.foreign.names(&host));
        let life = kept.and_then(|kept| show_kept(kept, &directory, shown));
        Ok(Self {
            orderer: Orderer::open(settings, folder, answers)?,
            directory,
            host,
            folder: folder.to_owned(),
            wall,
            life,
            failures: 0,
            not_before: clock::now(),
            way: only.clone().unwrap_or(ChallengeType::TlsAlpn01),
            only,
        })
    }

    /// Goes on until nothing shows certificates any more.
    pub(super) async fn keep(mut self, shown: Weak<Shown>) {
        while let Some(shown) = shown.upgrade() {
            let left = self.left();
            if left.is_zero() {
                self.order(&shown).await;
                continue;
            }
            drop(shown);
            tokio::time::sleep(left.clamp(Duration::from_millis(100), LOOK_EVERY)).await;
        }
    }

    /// How long nothing is to be ordered.
    fn left(&self) -> Duration {
        let due = self.life.map_or(UnixMillis(0), |(from, until)| due_at(from, until));
        let until_due = Duration::from_millis(u64::try_from(due.since((self.wall)())).unwrap_or_default());
        until_due.max(self.not_before.saturating_duration_since(clock::now()))
    }

    async fn order(&mut self, shown: &Shown) {
        tracing::info!(host = self.host, way = ?self.way, "a certificate is ordered by ACME");
        let ordered = timeout(ORDER_WITHIN, self.orderer.order(&self.way, self.only.is_some(), shown)).await;
        self.orderer.tidy(shown);
        let brought = match ordered {
            Ok(Ok((chain, key))) => self.take(shown, &chain, &key).map_err(|flaw| Why::Useless(flaw.to_string())),
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

    /// Shows a certificate and keeps it, if it is good. Until when it holds.
    fn take(&mut self, shown: &Shown, chain: &str, key: &str) -> Result<UnixMillis, Flaw> {
        let pair = Pair::holding(chain.as_bytes(), key.as_bytes(), (self.wall)())?;
        if !pair.foreign.names(&self.host) {
            return Err(Flaw::Certificate(format!("does not name {}", self.host)));
        }
        // What was had is shown even where the disk is full: authorities give only a few a week.
        if let Err(error) = kept::write(&self.folder, &self.directory, chain, key) {
            tracing::warn!(%error, "the certificate that ACME brought can't be kept: the next start orders another one");
        }
        let Pair { foreign, from, until } = pair;
        self.life = Some((from, until));
        self.not_before = clock::now() + rest_after(from, until);
        shown.set_foreign(foreign);
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
        let wait = if matches!(why, Why::Useless(_)) { AFTER_A_USELESS_ONE } else { wait_after(self.failures) };
        self.not_before = clock::now() + wait;
        tracing::warn!(
            host = self.host,
            %why,
            minutes = wait.as_secs() / 60,
            next = ?self.way,
            "ACME brought no certificate; the service goes on with what it has, and tries again"
        );
    }
}

/// Shows what is kept. From when and until when it holds, if it is of the `directory`: of another, such as one for trying, it
/// only stands in until there is one.
fn show_kept(kept: Kept, directory: &str, shown: &Shown) -> Option<(UnixMillis, UnixMillis)> {
    let ours = kept.is_from(directory);
    let Pair { foreign, from, until } = kept.pair;
    shown.set_foreign(foreign);
    if ours {
        tracing::info!(until = %day(until), "the certificate that ACME brought before is shown");
    } else {
        tracing::info!(
            until = %day(until),
            directory,
            "the certificate that ACME brought before is of another directory: it is shown until this one brings one"
        );
    }
    ours.then_some((from, until))
}

#[cfg(test)]
mod tests;
