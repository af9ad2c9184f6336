//! A Secret Service of the tests' own, on a bus of its own with nobody else on it. It can be locked, or never answer.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a helper of tests, on a runtime of its own")]

use std::collections::{BTreeMap, HashMap};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt;
use serde::Serialize;
use tempfile::TempDir;
use zbus::connection::Builder;
use zbus::message::Type;
use zbus::{Connection, DynamicType, Guid, Message, MessageStream, ObjectPath, OwnedObjectPath, OwnedVariant, Variant};

const COLLECTION: &str = "/org/freedesktop/secrets/collection/tests";

/// As a secret crosses the bus.
type Crossing = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// How it behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// As it should.
    Open,
    /// What is in it can't be read, and nothing more goes in, before a person types a password.
    Locked,
    /// It takes connections, and answers nothing.
    Silent,
    /// It takes in what it is given, and does not say so.
    Late,
}

/// What is kept: what it is found by, what people see, what it is.
type Item = (HashMap<String, String>, String, Vec<u8>);

struct State {
    mood: Mood,
    /// What is kept, by its path.
    items: BTreeMap<String, Item>,
    made: usize,
    /// How often a person would have been asked something.
    prompts: usize,
}

/// The running service.
pub struct SecretService {
    folder: TempDir,
    state: Arc<Mutex<State>>,
}

impl SecretService {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = State { mood: Mood::Open, items: BTreeMap::new(), made: 0, prompts: 0 };
        let state = Arc::new(Mutex::new(state));
        let listener = UnixListener::bind(folder.path().join("bus")).unwrap();
        let serving = Arc::clone(&state);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(listener, serving));
        });
        Self { folder, state }
    }

    /// Its bus, as `DBUS_SESSION_BUS_ADDRESS` has it.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    pub fn turns(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    /// The labels and the texts that are kept.
    pub fn kept(&self) -> Vec<(String, String)> {
        let state = self.state.lock().unwrap();
        let text = |secret: &[u8]| String::from_utf8(secret.to_vec()).unwrap();
        state.items.values().map(|(_, label, secret)| (label.clone(), text(secret))).collect()
    }

    /// How often a person would have been asked something.
    pub fn prompts(&self) -> usize {
        self.state.lock().unwrap().prompts
    }
}

async fn serve(listener: UnixListener, state: Arc<Mutex<State>>) {
    listener.set_nonblocking(true).unwrap();
    let listener = tokio::net::UnixListener::from_std(listener).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        let Ok(stream) = stream.into_std() else { continue };
        tokio::spawn(answer_all(stream, Arc::clone(&state)));
    }
}

async fn answer_all(stream: UnixStream, state: Arc<Mutex<State>>) {
    let guid = Guid::generate();
    let Ok(bus) = Builder::unix_stream(stream).server(&guid).p2p().build().await else { return };
    let mut messages = MessageStream::from(&bus);
    while let Some(Ok(message)) = messages.next().await {
        let silent = state.lock().unwrap().mood == Mood::Silent;
        if message.message_type() == Type::MethodCall && !silent {
            answer(&bus, &message, &state).await;
        }
    }
}

async fn answer(bus: &Connection, message: &Message, state: &Mutex<State>) {
    let header = message.header();
    let path = header.path().map_or("/", |path| path.as_str()).to_owned();
    let body = message.body();
    match header.member().map_or("", |member| member.as_str()) {
        "Hello" => reply(bus, message, &":1.1").await,
        "OpenSession" => reply(bus, message, &(Variant::from(""), here("/session"))).await,
        "ReadAlias" => reply(bus, message, &here(COLLECTION)).await,
        "Get" => {
            let locked = state.lock().unwrap().mood == Mood::Locked;
            reply(bus, message, &Variant::from(locked)).await;
        }
        "SearchItems" => {
            let wanted: HashMap<String, String> = body.deserialize().unwrap();
            let found = state.lock().unwrap().found(&wanted);
            reply(bus, message, &found).await;
        }
        "GetSecrets" => {
            let (items, session): (Vec<OwnedObjectPath>, OwnedObjectPath) = body.deserialize().unwrap();
            let secrets = state.lock().unwrap().secrets(&items, &session);
            reply(bus, message, &secrets).await;
        }
        "CreateItem" => {
            let (about, secret, _): (HashMap<String, OwnedVariant>, Crossing, bool) = body.deserialize().unwrap();
            let made = state.lock().unwrap().create(about, secret.2);
            if state.lock().unwrap().mood != Mood::Late {
                reply(bus, message, &made).await;
            }
        }
        "Delete" => {
            let prompt = state.lock().unwrap().delete(&path);
            reply(bus, message, &prompt).await;
        }
        other => {
            let unknown = "org.freedesktop.DBus.Error.UnknownMethod";
            bus.reply_error(&message.header(), unknown, &other).await.ok();
        }
    }
}

async fn reply(bus: &Connection, to: &Message, body: &(impl Serialize + DynamicType)) {
    bus.reply(&to.header(), body).await.ok();
}

fn here(path: &str) -> OwnedObjectPath {
    ObjectPath::try_from(path.to_owned()).unwrap().into()
}

impl State {
    fn found(&self, wanted: &HashMap<String, String>) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        let fits = |about: &HashMap<String, String>| wanted.iter().all(|(name, value)| about.get(name) == Some(value));
        let found = self.items.iter().filter(|(_, (about, ..))| fits(about)).map(|(path, _)| here(path)).collect();
        if self.mood == Mood::Locked { (Vec::new(), found) } else { (found, Vec::new()) }
    }

    fn secrets(&self, items: &[OwnedObjectPath], session: &OwnedObjectPath) -> HashMap<OwnedObjectPath, Crossing> {
        let open = items.iter().filter(|_| self.mood != Mood::Locked);
        let kept = open.filter_map(|path| Some((path.clone(), self.items.get(path.as_str())?.2.clone())));
        kept.map(|(path, secret)| (path, (session.clone(), Vec::new(), secret, "text/plain".to_owned()))).collect()
    }

    fn create(
        &mut self,
        mut about: HashMap<String, OwnedVariant>,
        secret: Vec<u8>,
    ) -> (OwnedObjectPath, OwnedObjectPath) {
        if self.mood == Mood::Locked {
            self.prompts += 1;
            return (here("/"), here("/prompt"));
        }
        let mut take = |name: &str| about.remove(&format!("org.freedesktop.Secret.Item.{name}")).unwrap();
        let attributes: HashMap<String, String> = take("Attributes").try_into().unwrap();
        let label: String = take("Label").try_into().unwrap();
        self.items.retain(|_, (about, ..)| *about != attributes);
        self.made += 1;
        let path = format!("{COLLECTION}/{}", self.made);
        self.items.insert(path.clone(), (attributes, label, secret));
        (here(&path), here("/"))
    }

    fn delete(&mut self, path: &str) -> OwnedObjectPath {
        if self.mood == Mood::Locked {
            self.prompts += 1;
            return here("/prompt");
        }
        self.items.remove(path);
        here("/")
    }
}
