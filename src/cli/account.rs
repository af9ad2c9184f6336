//! Who a command acts as: the sign-in it is told to use, the last one saved, or a demo account.

use std::fs::{self, File};
use std::path::PathBuf;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::settings::Settings;
use super::{local, password, trust};
use crate::config::{Paths, ServerUrl, ServiceFile};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::id::UserName;
use crate::phone::account::{self, Account, AccountError, TokenCommand};
use crate::texts::refusal;

/// The demo accounts, in the order in which screens take them.
const DEMO_USERS: [&str; 3] = ["alice", "bob", "carol"];

/// Who acts, and whether in the demo.
pub(crate) struct Acting {
    /// The account.
    pub(crate) account: Account,
    /// Whether it is a demo account.
    pub(crate) demo: bool,
    /// Held while a screen of a demo account is open, so that the next screen takes the next account.
    pub(crate) taken: Option<File>,
}

/// The account a command acts as.
///
/// # Errors
/// When nobody is signed in, the service can't be reached, or it refuses.
pub(crate) async fn acting(
    globals: &Globals,
    settings: &Settings,
    demo: bool,
    screen: bool,
) -> Result<Acting, Failure> {
    if let Some(token) = globals.token(&mut std::io::stdin().lock())? {
        let way = trust::way(globals, settings, server_of(settings).await?, None, screen).await?;
        return Ok(plain(Account::token(way, token)));
    }
    if demo {
        return demo_account(globals, settings, screen).await;
    }
    let command = TokenCommand::of(&settings.loaded.config.phone.token_command);
    if let Some(command) = command.filter(|_| globals.user.is_none()) {
        let way = trust::way(globals, settings, server_of(settings).await?, None, screen).await?;
        return Ok(plain(Account::of_command(way, command).await.map_err(failure)?));
    }
    if let Some(user) = globals.user.clone() {
        return acting_as(globals, settings, user, screen).await;
    }
    match last(&settings.paths) {
        Some(user) => Ok(plain(saved(globals, settings, &user, None, screen).await?)),
        None if settings.loaded.config.phone.server.is_some() => Err(nobody_signed_in()),
        None => demo_account(globals, settings, screen).await,
    }
}

/// The account a command acts as that was given a link to a group of the service at `origin`: who it was told to act as,
/// or else who is signed in there, or else whoever would act without a link. A service may have other names than the one
/// it was signed in at: whether the link is one of its own is for the phone to say. Nothing is sent to a service just
/// because a link names it.
///
/// # Errors
/// As [`acting`]; and when nobody is signed in and no service runs here that the link could be of.
pub(crate) async fn acting_at(
    globals: &Globals,
    settings: &Settings,
    origin: &str,
    fingerprint: Option<Fingerprint>,
    screen: bool,
) -> Result<Acting, Failure> {
    let phone = &settings.loaded.config.phone;
    let told = globals.token.is_some()
        || globals.user.is_some()
        || phone.server.is_some()
        || phone.token_command.parts().is_some();
    let linked = ServerUrl::of_origin(origin).ok().filter(|_| !told);
    if let Some(user) = linked.and_then(|linked| signed_in_at(&settings.paths, &linked)) {
        return Ok(plain(saved(globals, settings, &user, fingerprint, screen).await?));
    }
    let nowhere = !told && last(&settings.paths).is_none() && local::find(&settings.paths).await.is_none();
    if nowhere {
        return Err(Failure::usage(refusal::other_service(origin)));
    }
    acting(globals, settings, false, screen).await
}

/// Who is signed in at `server`: who signed in last, if it was there, or else the first by name.
fn signed_in_at(paths: &Paths, server: &ServerUrl) -> Option<UserName> {
    let is_there = |user: &UserName| {
        let kept = account::load(&sign_in_file(paths, user)).ok();
        kept.and_then(|kept| kept.server.parse().ok()).is_some_and(|at: ServerUrl| at.same_service(server))
    };
    let folders = fs::read_dir(&paths.users).into_iter().flatten().flatten();
    let mut users: Vec<UserName> =
        folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok()).filter(is_there).collect();
    users.sort();
    last(paths).filter(is_there).or_else(|| users.into_iter().next())
}

fn plain(account: Account) -> Acting {
    Acting { account, demo: false, taken: None }
}

fn nobody_signed_in() -> Failure {
    Failure::new(
        Exit::SignInRefused,
        "nobody is signed in at that service: use `switchboard sign-in NAME`, or --as NAME with SWITCHBOARD_PASSWORD set",
    )
}

async fn acting_as(globals: &Globals, settings: &Settings, user: UserName, screen: bool) -> Result<Acting, Failure> {
    if let Some(password) = password::of_environment() {
        let way = trust::way(globals, settings, server_of(settings).await?, None, screen).await?;
        return Ok(plain(Account::sign_in(way, user, password).await.map_err(failure)?));
    }
    if sign_in_file(&settings.paths, &user).exists() {
        return Ok(plain(saved(globals, settings, &user, None, screen).await?));
    }
    let elsewhere = settings.loaded.config.phone.server.is_some();
    if DEMO_USERS.contains(&user.as_str()) && !elsewhere {
        return demo_account(globals, settings, screen).await;
    }
    let server = settings.loaded.config.phone.server.as_ref().map(|server| format!(" --server {server}"));
    let sign_in = format!("switchboard sign-in {user}{}", server.unwrap_or_default());
    Err(Failure::new(Exit::SignInRefused, format!("{user} is not signed in on this machine: use `{sign_in}`")))
}

/// The service of the settings, or the one that runs here.
pub(crate) async fn server_of(settings: &Settings) -> Result<ServerUrl, Failure> {
    if let Some(server) = &settings.loaded.config.phone.server {
        return Ok(server.clone());
    }
    let Some(file) = local::find(&settings.paths).await else {
        return Err(Failure::new(
            Exit::Unreachable,
            "no service runs here: start one with `switchboard serve`, or name one with --server URL",
        ));
    };
    server_in(&file)
}

fn server_in(file: &ServiceFile) -> Result<ServerUrl, Failure> {
    file.http.parse().map_err(|why| Failure::new(Exit::Failed, format!("service.json is damaged: {why}")))
}

async fn demo_account(globals: &Globals, settings: &Settings, screen: bool) -> Result<Acting, Failure> {
    let file = local::find_or_start_demo(&settings.paths, globals.data.as_deref()).await;
    let file = file.map_err(|why| Failure::new(Exit::Unreachable, format!("{why:#}")))?;
    let Some(secret) = file.demo_secret.clone() else {
        let why = "the service that runs here has no demo accounts: use `switchboard sign-in NAME`, or another folder with --data DIR";
        return Err(Failure::new(Exit::SignInRefused, why));
    };
    let (user, taken) = match &globals.user {
        Some(user) => (user.clone(), None),
        None if screen => free_demo_user(&settings.paths),
        None => (demo_user(0), None),
    };
    let account = Account::sign_in(server_in(&file)?, user, secret).await.map_err(failure)?;
    Ok(Acting { account, demo: true, taken })
}

fn demo_user(index: usize) -> UserName {
    DEMO_USERS[index].parse().expect("the demo names are user names")
}

/// The first demo account without a screen on this machine, and the lock that says that it has one now.
fn free_demo_user(paths: &Paths) -> (UserName, Option<File>) {
    for index in 0..DEMO_USERS.len() {
        let user = demo_user(index);
        if let Some(lock) = take(paths.user(&user)) {
            return (user, Some(lock));
        }
    }
    (demo_user(0), None)
}

fn take(folder: PathBuf) -> Option<File> {
    fs::create_dir_all(&folder).ok()?;
    let file = File::create(folder.join("screen.lock")).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

/// The file a sign-in is kept in.
pub(crate) fn sign_in_file(paths: &Paths, user: &UserName) -> PathBuf {
    paths.user(user).join("sign-in.json")
}

/// The sign-in kept for a user; renewed tokens go back into the same file. A link may have named a `fingerprint`.
async fn saved(
    globals: &Globals,
    settings: &Settings,
    user: &UserName,
    fingerprint: Option<Fingerprint>,
    screen: bool,
) -> Result<Account, Failure> {
    let (server, path) = kept(settings, user)?;
    let written = settings.loaded.config.phone.server.as_ref().and_then(ServerUrl::fingerprint);
    let way = trust::way(globals, settings, server, fingerprint.or(written), screen).await?;
    Account::saved(way, &path).map_err(failure)
}

/// Where a user is signed in, and the file that says so.
pub(crate) fn kept(settings: &Settings, user: &UserName) -> Result<(ServerUrl, PathBuf), Failure> {
    let path = sign_in_file(&settings.paths, user);
    let kept = account::load(&path).map_err(failure)?;
    let server: ServerUrl =
        kept.server.parse().map_err(|why| Failure::new(Exit::Failed, format!("{}: {why}", path.display())))?;
    let wanted = settings.loaded.config.phone.server.as_ref();
    if wanted.is_some_and(|wanted| !wanted.same_service(&server)) {
        let why = format!("{user} is signed in at {server}, not there: use `switchboard sign-in {user} --server URL`");
        return Err(Failure::new(Exit::SignInRefused, why));
    }
    Ok((server, path))
}

fn last_file(paths: &Paths) -> PathBuf {
    paths.users.join("last")
}

/// Who signed in last, if that sign-in is still kept.
pub(crate) fn last(paths: &Paths) -> Option<UserName> {
    let user: UserName = fs::read_to_string(last_file(paths)).ok()?.parse().ok()?;
    sign_in_file(paths, &user).exists().then_some(user)
}

/// Notes who signed in last.
pub(crate) fn note_last(paths: &Paths, user: &UserName) -> Result<(), Failure> {
    fs::write(last_file(paths), user.as_str())
        .map_err(|why| Failure::new(Exit::Failed, format!("can't note the sign-in: {why}")))
}

/// An account's trouble as a command's failure.
pub(crate) fn failure(error: AccountError) -> Failure {
    let exit = match &error {
        AccountError::Unreachable(_) | AccountError::Untrusted(_) => Exit::Unreachable,
        AccountError::Refused(_) | AccountError::Command(_) => Exit::SignInRefused,
        AccountError::File { .. } => Exit::Failed,
    };
    Failure::new(exit, error.to_string())
}
