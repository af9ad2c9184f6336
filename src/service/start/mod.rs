//! The only wiring of the service: it makes the parts, hands each what it needs, and serves until told to stop.

mod calls;
mod error;
mod folder;
mod front;
mod options;
mod people;
mod running;

use std::net::SocketAddr;

use tokio::sync::mpsc;

use self::front::{Bound, Public, Secured};
use self::people::People;
use super::observe::{Observer, Watched};
use super::reach::Reach;
use super::rest::Rest;
use super::sfu::{Sfu, SfuConfig, SfuEvent};
use crate::base::secret::Secret;
use crate::base::{crypto, entropy};

pub use self::error::StartError;
pub use self::folder::lock;
pub use self::options::ServiceOptions;
pub use self::running::Running;

/// Starts services.
pub struct Service;

/// Letters waiting from the SFU's threads.
const SFU_EVENTS: usize = 1024;

impl Service {
    /// Starts a service; it answers when this returns.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running then.
    pub async fn start(options: ServiceOptions) -> Result<Running, StartError> {
        crypto::install();
        let (lock, db) = folder::open(&options.folder).await?;
        let bound = Bound::take(&options).await?;
        let secured = Secured::with(&options, &bound)?;
        let reach = bound.reach(&options);
        let media = Media::start(&options, &reach).await?;
        let people = People::load(&options, &db).await?;
        let (calls, missed) = calls::start(&options, &db, &people, &media.sfu, media.events).await?;
        let public = Public {
            url: options.public_url.as_ref().map(ToString::to_string),
            fingerprint: secured.fingerprint().filter(|_| reach.links_meet_us()),
        };
        let signalling = people.signalling(&db, &calls, &media.sfu);
        let signalling = signalling.at(public.url.as_deref()).known_by(public.fingerprint).counting(missed);
        signalling.follow();
        let observer = Observer::new(Watched {
            folder: options.folder.clone(),
            db: db.clone(),
            identities: people.identities.clone(),
            calls: calls.clone(),
            sfu: media.sfu.clone(),
            sessions: signalling.registry().clone(),
        });
        let (instance, admin_secret) = (entropy::uuid().to_string(), make_secret());
        let parts = (people.holders(&options), people.groups, signalling.clone());
        let rest = Rest::new(parts, observer.clone(), instance.clone(), admin_secret.clone());
        let rest = rest.at(public.url.as_deref()).known_by(public.fingerprint).answering(secured.answers.clone());
        reach.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
        let (http, https, ca) = (bound.http(), bound.https(), secured.ca());
        let fingerprint = secured.fingerprint();
        let (stop_http, http_tasks) = front::open_doors(bound, secured, rest, &signalling);
        Ok(Running {
            http,
            https,
            ca,
            fingerprint,
            public: public.written(),
            media: media.addresses,
            media_tcp: media.sfu.tcp_addresses(),
            instance,
            admin_secret,
            demo_secret: people.demo_secret,
            identities: people.identities,
            signalling,
            calls,
            sfu: media.sfu,
            db,
            observer,
            stop_http,
            http_tasks,
            _lock: lock,
        })
    }
}

/// The SFU.
struct Media {
    sfu: Sfu,
    /// Where clients are told to send to.
    addresses: Vec<SocketAddr>,
    /// What it tells.
    events: mpsc::Receiver<SfuEvent>,
}

impl Media {
    async fn start(options: &ServiceOptions, reach: &Reach<'_>) -> Result<Self, StartError> {
        let (told, events) = mpsc::channel(SFU_EVENTS);
        let advertise = if options.advertise.is_empty() { reach.addresses().await } else { options.advertise.clone() };
        let config = SfuConfig { bind: options.media, tcp: options.media_tcp, advertise, ..SfuConfig::default() };
        let (sfu, addresses) = Sfu::start(&config, &told)?;
        Ok(Self { sfu, addresses, events })
    }
}

/// 256 bits nobody can guess, as text.
fn make_secret() -> Secret<String> {
    use base64::Engine as _;
    Secret::new(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(entropy::bytes::<32>()))
}
