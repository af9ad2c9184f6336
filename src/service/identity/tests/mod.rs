//! A kit for sentences about identities, and the sentences by subject.

mod accounts;
mod people;
mod rules;
mod sign_in;
mod sign_up;
mod tokens;

use std::net::Ipv4Addr;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::base::clock;
use crate::domain::id::{DisplayName, UserName};
use crate::domain::organisation::Organisation;
use crate::domain::time::UnixMillis;
use crate::protocol::failure::{Failure, FailureCode};
use crate::protocol::rest::{NewAccount, SignIn, SignedIn};
use crate::service::bus::News;
use crate::service::store;

const PASSWORD: &str = "correct horse";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

/// A service in a folder of its own.
struct Kit {
    folder: TempDir,
    identities: Identities,
}

impl Kit {
    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let folder = TempDir::new().unwrap();
        let db = store::open(folder.path()).await.unwrap();
        Self { identities: Identities::start(db, settings, bots()).await.unwrap(), folder }
    }

    /// Three tries for an account, five for a peer, and no more while the test runs.
    async fn strict() -> Self {
        let hours = |burst| Rate { burst, every: Duration::from_secs(3600) };
        Self::with(Settings { per_account: hours(3), per_peer: hours(5), ..Settings::default() }).await
    }

    /// The same folder, opened by a new service.
    async fn restart(self) -> Self {
        self.identities.inner.db.close().await;
        let db = store::open(self.folder.path()).await.unwrap();
        Self { identities: Identities::start(db, Settings::default(), bots()).await.unwrap(), ..self }
    }

    async fn add(&self, user: &str) -> UserName {
        self.add_called(user, None).await
    }

    async fn add_called(&self, user: &str, display_name: Option<&str>) -> UserName {
        self.identities.add_account(new_account(user, display_name)).await.unwrap().user
    }

    /// The identity of a new account.
    async fn person(&self, user: &str) -> Identity {
        let user = self.add(user).await;
        self.identities.find(&user).await.unwrap().unwrap().identity
    }

    async fn sign_in(&self, user: &str, password: &str) -> Result<SignedIn, Failure> {
        self.sign_in_from(HERE, user, password).await
    }

    async fn sign_in_from(&self, peer: IpAddr, user: &str, password: &str) -> Result<SignedIn, Failure> {
        let request = SignIn { user: name(user), password: secret(password) };
        self.identities.sign_in(request, peer, clock::unix_now()).await
    }

    async fn verify(&self, token: &Secret<String>) -> Result<Verified, Failure> {
        self.identities.verify(token.expose(), clock::unix_now()).await
    }
}

fn bots() -> Vec<Person> {
    [("echo", "Echo"), ("busy", "Busy")]
        .map(|(user, display_name)| {
            Person::new(format!("8:{user}123").parse().unwrap(), name(user), DisplayName::from(display_name))
        })
        .into()
}

fn new_account(user: &str, display_name: Option<&str>) -> NewAccount {
    let display_name = display_name.map(DisplayName::from);
    NewAccount { display_name, ..NewAccount::new(name(user), secret(PASSWORD)) }
}

fn name(text: &str) -> UserName {
    text.parse().unwrap()
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn names(people: &[Person]) -> Vec<&str> {
    people.iter().map(|person| person.name.as_str()).collect()
}

/// The code of a refusal.
trait Refused {
    fn code(self) -> FailureCode;
}

impl<T: std::fmt::Debug> Refused for Result<T, Failure> {
    fn code(self) -> FailureCode {
        self.unwrap_err().code
    }
}
