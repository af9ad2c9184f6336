//! For the tests of this part: signalling over a house whose phones have no sockets, and sockets that are queues.

use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;

use super::Signalling;
use super::session::{self, Attached, Outgoing};
use crate::base::entropy;
use crate::domain::id::ClientId;
use crate::domain::person::Person;
use crate::domain::time::UnixMillis;
use crate::protocol::rest::NewAccount;
use crate::service::calls::kit::House;
use crate::service::groups::Groups;
use crate::service::identity::{Identities, Settings};
use crate::service::sfu::{Sfu, SfuConfig};
use crate::service::store;

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) const NOW: UnixMillis = UnixMillis(1_767_225_600_000);

pub(super) struct Kit {
    _folder: TempDir,
    pub(super) house: House,
    pub(super) signalling: Signalling,
}

impl Kit {
    pub(super) async fn new() -> Self {
        let (folder, house) = (TempDir::new().unwrap(), House::new());
        let db = store::open(folder.path()).await.unwrap();
        let identities = Identities::start(db.clone(), Settings::default(), Vec::new()).await.unwrap();
        let groups = Groups::new(db.clone(), identities.clone());
        let (events, _) = mpsc::channel(1);
        let (sfu, _) = Sfu::start(&SfuConfig::default(), &events).unwrap();
        let signalling = Signalling::new(identities, groups, house.calls.clone(), sfu, db);
        Self { _folder: folder, house, signalling }
    }

    pub(super) async fn account(&self, name: &str) -> Person {
        let identities = &self.signalling.identities;
        let (user, password) = (name.parse().unwrap(), "correct horse".to_owned().into());
        let account = identities.add_account(NewAccount::new(user, password)).await.unwrap();
        identities.find(&account.user).await.unwrap().unwrap()
    }

    /// Somebody's end of a new session.
    pub(super) async fn socket_of(&self, who: Person) -> Attached {
        let token = session::Token { issued_at: NOW, may_join_calls: true };
        let client = session::Client { id: ClientId(entropy::uuid()), max_calls: 1, token };
        let registry = self.signalling.registry.clone();
        let session = session::start(client, who, registry.clone(), self.house.calls.clone()).await.unwrap();
        registry.enter(client.id, session.clone());
        session.attach(client, None).await.unwrap()
    }
}

/// The next frame that holds `what`.
pub(super) async fn heard(socket: &mut Attached, what: &str) -> String {
    let frames = async {
        while let Some(Outgoing::Frame(frame)) = socket.frames.recv().await {
            if frame.contains(what) {
                return frame;
            }
        }
        panic!("the session ended before: {what}");
    };
    tokio::time::timeout(PATIENCE, frames).await.unwrap_or_else(|_| panic!("never heard: {what}"))
}
