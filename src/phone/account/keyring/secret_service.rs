//! The Secret Service of a desktop (GNOME Keyring, KWallet, KeePassXC), over D-Bus:
//! <https://specifications.freedesktop.org/secret-service-spec/latest/>.
//!
//! Spoken to directly, since what does it for one unlocks by asking a person, and waits for the answer for ever. A prompt is
//! never begun here. What is kept crosses the session bus of this user as it is: whoever else is on it may ask for it as well.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use zbus::connection::Builder;
use zbus::{Connection, DynamicType, Error, ObjectPath, OwnedObjectPath, OwnedVariant, Type, Variant, fdo};

use super::{KeyringTrouble, PROGRAM};
use crate::base::secret::Secret;

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";

/// Where a path leads that leads nowhere.
const NOWHERE: &str = "/";

/// A secret as it crosses the bus: session, parameters, value, type.
type Crossing = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

pub(super) async fn put(
    bus: Option<&str>,
    item: &str,
    label: &str,
    secret: &Secret<String>,
) -> Result<(), KeyringTrouble> {
    let service = Service::open(bus).await?;
    let collection: OwnedObjectPath = service.ask(PATH, SERVICE, "ReadAlias", &"default").await?;
    if collection.as_str() == NOWHERE {
        return Err(KeyringTrouble::Absent("the one that answers holds nothing".to_owned()));
    }
    if service.is_locked(&collection).await? {
        return Err(KeyringTrouble::Locked);
    }
    let about = HashMap::from([
        ("org.freedesktop.Secret.Item.Label", Variant::from(label)),
        ("org.freedesktop.Secret.Item.Attributes", Variant::from(attributes(item))),
    ]);
    let secret: Crossing =
        (service.session.clone(), Vec::new(), secret.expose().clone().into_bytes(), "text/plain".to_owned());
    let (_, prompt): (OwnedObjectPath, OwnedObjectPath) =
        service.ask(collection.as_str(), COLLECTION, "CreateItem", &(about, secret, true)).await?;
    // It would ask a person.
    if prompt.as_str() == NOWHERE { Ok(()) } else { Err(KeyringTrouble::Locked) }
}

pub(super) async fn get(bus: Option<&str>, item: &str) -> Result<Option<Secret<String>>, KeyringTrouble> {
    let service = Service::open(bus).await?;
    let Some(found) = service.find(item).await?.into_iter().next() else { return Ok(None) };
    let mut secrets: HashMap<OwnedObjectPath, Crossing> =
        service.ask(PATH, SERVICE, "GetSecrets", &(vec![&found], &service.session)).await?;
    // Locked since.
    let (_, _, value, _) = secrets.remove(&found).ok_or(KeyringTrouble::Locked)?;
    let text = String::from_utf8(value).map_err(|_| KeyringTrouble::Failed("it holds no text".to_owned()))?;
    Ok(Some(Secret::new(text)))
}

pub(super) async fn remove(bus: Option<&str>, item: &str) -> Result<(), KeyringTrouble> {
    let service = Service::open(bus).await?;
    for found in service.find(item).await? {
        let prompt: OwnedObjectPath = service.ask(found.as_str(), ITEM, "Delete", &()).await?;
        if prompt.as_str() != NOWHERE {
            return Err(KeyringTrouble::Locked);
        }
    }
    Ok(())
}

/// What an item is found by.
fn attributes(item: &str) -> HashMap<&str, &str> {
    HashMap::from([("application", PROGRAM), ("sign-in", item)])
}

/// A session with the service.
struct Service {
    bus: Connection,
    session: OwnedObjectPath,
}

/// What is found, by whether it can be read now.
#[derive(Deserialize, Type)]
struct Found {
    unlocked: Vec<OwnedObjectPath>,
    locked: Vec<OwnedObjectPath>,
}

impl Service {
    async fn open(address: Option<&str>) -> Result<Self, KeyringTrouble> {
        let bus = address.map_or_else(Builder::session, Builder::address).build().await;
        let bus = bus.map_err(|why| KeyringTrouble::Absent(format!("no session bus: {why}")))?;
        let (_, session): (OwnedVariant, OwnedObjectPath) =
            ask(&bus, PATH, SERVICE, "OpenSession", &("plain", Variant::from(""))).await?;
        Ok(Self { bus, session })
    }

    /// The items that are kept as `item`: one, as a rule.
    async fn find(&self, item: &str) -> Result<Vec<OwnedObjectPath>, KeyringTrouble> {
        let found: Found = self.ask(PATH, SERVICE, "SearchItems", &attributes(item)).await?;
        if !found.unlocked.is_empty() {
            return Ok(found.unlocked);
        }
        // Where everything is locked, some tell of nothing.
        let collection: OwnedObjectPath = self.ask(PATH, SERVICE, "ReadAlias", &"default").await?;
        let all = collection.as_str() != NOWHERE && self.is_locked(&collection).await?;
        if all || !found.locked.is_empty() { Err(KeyringTrouble::Locked) } else { Ok(Vec::new()) }
    }

    async fn is_locked(&self, collection: &ObjectPath<'_>) -> Result<bool, KeyringTrouble> {
        let property = (COLLECTION, "Locked");
        let value: OwnedVariant =
            self.ask(collection.as_str(), "org.freedesktop.DBus.Properties", "Get", &property).await?;
        bool::try_from(value).map_err(|why| KeyringTrouble::Failed(why.to_string()))
    }

    async fn ask<A: DeserializeOwned + Type>(
        &self,
        path: &str,
        interface: &str,
        method: &str,
        body: &(impl serde::Serialize + DynamicType),
    ) -> Result<A, KeyringTrouble> {
        ask(&self.bus, path, interface, method, body).await
    }
}

async fn ask<A: DeserializeOwned + Type>(
    bus: &Connection,
    path: &str,
    interface: &str,
    method: &str,
    body: &(impl serde::Serialize + DynamicType),
) -> Result<A, KeyringTrouble> {
    let answer = bus.call_method(Some(NAME), path, Some(interface), method, body).await.map_err(trouble)?;
    answer.body().deserialize().map_err(trouble)
}

fn trouble(why: Error) -> KeyringTrouble {
    match &why {
        Error::MethodError(name, ..) if name.as_str() == "org.freedesktop.Secret.Error.IsLocked" => {
            KeyringTrouble::Locked
        }
        Error::FDO(fdo)
            if matches!(
                **fdo,
                fdo::Error::ServiceUnknown(_)
                    | fdo::Error::NameHasNoOwner(_)
                    | fdo::Error::SpawnExecFailed(_)
                    | fdo::Error::SpawnForkFailed(_)
                    | fdo::Error::SpawnChildExited(_)
                    | fdo::Error::SpawnChildSignaled(_)
                    | fdo::Error::SpawnFailed(_)
                    | fdo::Error::SpawnServiceNotFound(_)
            ) =>
        {
            KeyringTrouble::Absent("none answers on the session bus".to_owned())
        }
        _ => KeyringTrouble::Failed(why.to_string()),
    }
}
