//! Which sessions there are, by client and by identity.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::session::SessionHandle;
use crate::domain::id::{ClientId, Identity, SessionId};
use crate::protocol::notice::Notice;

/// The sessions of this service; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    table: Arc<Mutex<Table>>,
}

#[derive(Default)]
struct Table {
    sessions: HashMap<ClientId, SessionHandle>,
    clients: HashMap<Identity, Vec<ClientId>>,
}

impl Registry {
    /// The session of a client.
    pub(super) fn of(&self, client: ClientId) -> Option<SessionHandle> {
        self.lock().sessions.get(&client).cloned()
    }

    /// Enters a session, in the place of an earlier one of the same client.
    pub(super) fn enter(&self, client: ClientId, session: SessionHandle) {
        let mut table = self.lock();
        if let Some(earlier) = table.sessions.remove(&client) {
            table.unlist(&earlier.identity, client);
        }
        table.clients.entry(session.identity.clone()).or_default().push(client);
        table.sessions.insert(client, session);
    }

    /// Forgets a session, unless another has taken its place.
    pub(super) fn forget(&self, client: ClientId, session: SessionId) {
        let mut table = self.lock();
        if table.sessions.get(&client).is_some_and(|known| known.id == session)
            && let Some(gone) = table.sessions.remove(&client)
        {
            table.unlist(&gone.identity, client);
        }
    }

    /// Passes a notice to every session of an identity.
    pub(crate) fn notify(&self, identity: &Identity, notice: &Notice) {
        for session in self.of_identity(identity) {
            session.notify(notice.clone());
        }
    }

    /// Every session of an identity.
    pub(crate) fn of_identity(&self, identity: &Identity) -> Vec<SessionHandle> {
        let table = self.lock();
        let clients = table.clients.get(identity).map(Vec::as_slice).unwrap_or_default();
        clients.iter().filter_map(|client| table.sessions.get(client).cloned()).collect()
    }

    /// Every session there is.
    pub(super) fn all(&self) -> Vec<SessionHandle> {
        self.lock().sessions.values().cloned().collect()
    }

    /// Everybody who has a session, each once.
    pub(super) fn identities(&self) -> Vec<Identity> {
        self.lock().clients.keys().cloned().collect()
    }

    /// How many sessions there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().sessions.len()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn unlist(&mut self, identity: &Identity, client: ClientId) {
        if let Some(clients) = self.clients.get_mut(identity) {
            clients.retain(|known| *known != client);
            if clients.is_empty() {
                self.clients.remove(identity);
            }
        }
    }
}
