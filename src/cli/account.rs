//! Who a command acts as: the sign-in it is told to use, the saved one that is in use, or a demo account.

use std::fs::{self, File};
use std::path::PathBuf;

use super::exit::{Exit, Failure};
use super::globals::Globals;
use super::output::Output;
use super::settings::Settings;
use super::sign_in::elsewhere;
use super::{asking, local, password, trust};
use crate::config::{Paths, ServerUrl, ServiceFile};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::id::UserName;
use crate::phone::account::{Account, AccountError, SavedSignIn, SignIns, TokenCommand, Who};
use crate::texts::{accounts as texts, refusal};

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
    let handed = globals.clone();
    let token = match globals.token {
        Some(_) => asking::input(move |input| handed.token(input)).await?,
        None => None,
    };
    if let Some(token) = token {
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
    if let Some(who) = &globals.user {
        return acting_as(globals, settings, who, screen).await;
    }
    match in_use(settings)? {
        Some(used) => Ok(plain(saved(globals, settings, &used, None, screen).await?)),
        None if settings.loaded.config.phone.server.is_some() => {
            let offered = if screen { elsewhere::offered(globals, settings).await? } else { None };
            match offered {
                Some(account) => Ok(plain(account)),
                None => Err(nobody_signed_in(globals, settings, screen).await?),
            }
        }
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
    if let Some(there) = linked.and_then(|linked| signed_in_at(&sign_ins(settings), &linked)) {
        return Ok(plain(saved(globals, settings, &there, fingerprint, screen).await?));
    }
    if !told && in_use(settings)?.is_none() && local::find(&settings.paths).await.is_none() {
        return Err(Failure::usage(refusal::other_service(origin)));
    }
    acting(globals, settings, false, screen).await
}

/// Who is signed in at `server`: who is used, if it is there, or else the first by name.
fn signed_in_at(sign_ins: &SignIns, server: &ServerUrl) -> Option<SavedSignIn> {
    let is_there = |saved: &SavedSignIn| saved.server.same_service(server);
    sign_ins.used().filter(is_there).or_else(|| sign_ins.list().saved.into_iter().find(is_there))
}

/// The sign-ins that are kept for this user of the machine.
pub(crate) fn sign_ins(settings: &Settings) -> SignIns {
    SignIns::new(&settings.paths.users, settings.loaded.config.phone.keep)
}

/// The sign-in that acts when nothing else is said: the one that is used; at the service of the settings, the one there.
///
/// # Errors
/// When several could be meant, or what could be meant is damaged.
pub(crate) fn in_use(settings: &Settings) -> Result<Option<SavedSignIn>, Failure> {
    let sign_ins = sign_ins(settings);
    let wanted = settings.loaded.config.phone.server.as_ref();
    let is_there = |saved: &SavedSignIn| wanted.is_none_or(|wanted| wanted.same_service(&saved.server));
    if let Some(used) = sign_ins.used().filter(is_there) {
        return Ok(Some(used));
    }
    let mut listed = sign_ins.list();
    listed.saved.retain(is_there);
    match (&listed.saved[..], listed.damaged.pop()) {
        ([_, _, ..], _) => Err(ambiguous(texts::YOU, &listed.saved)),
        // It may be the one that is used: nobody acts as somebody else without a word.
        (_, Some(damaged)) => Err(failure(damaged)),
        ([only], None) => Ok(Some(only.clone())),
        ([], None) => Ok(None),
    }
}

/// The sign-in that `who` picks: at the service of the settings, unless it says itself where.
///
/// # Errors
/// When none or several could be meant.
pub(crate) fn picked(settings: &Settings, who: &Who) -> Result<SavedSignIn, Failure> {
    let mut meant = sign_ins(settings).meant(who, wanted_of(settings, who));
    match meant.len() {
        1 => Ok(meant.remove(0)),
        0 => {
            let mut listed = sign_ins(settings).list();
            let damaged = listed.damaged.pop().map(|why| format!("; {why}")).unwrap_or_default();
            let why = texts::nobody(&who.to_string(), &names(&listed.saved));
            Err(Failure::new(Exit::SignInRefused, why + &damaged))
        }
        _ => Err(ambiguous(&who.to_string(), &meant)),
    }
}

/// The sign-in that is called so in full, wherever the settings lead.
///
/// # Errors
/// When there is none any more.
pub(crate) fn one(settings: &Settings, who: &Who) -> Result<SavedSignIn, Failure> {
    let found = sign_ins(settings).meant(who, None).into_iter().next();
    found.ok_or_else(|| Failure::new(Exit::SignInRefused, texts::nobody(&who.to_string(), &[])))
}

/// The service of the settings, for whom it is that does not say where.
fn wanted_of<'a>(settings: &'a Settings, who: &Who) -> Option<&'a ServerUrl> {
    settings.loaded.config.phone.server.as_ref().filter(|_| who.at.is_none())
}

fn ambiguous(who: &str, meant: &[SavedSignIn]) -> Failure {
    Failure::usage(texts::ambiguous(who, &names(meant)))
}

fn names(saved: &[SavedSignIn]) -> Vec<String> {
    saved.iter().map(|saved| saved.who().to_string()).collect()
}

pub(crate) fn plain(account: Account) -> Acting {
    Acting { account, demo: false, taken: None }
}

/// Why nobody acts at the service of the settings; for a person at a screen, with the ways in that it has.
async fn nobody_signed_in(globals: &Globals, settings: &Settings, screen: bool) -> Result<Failure, Failure> {
    let server = server_of(settings).await?;
    let ways = async {
        let way = trust::way(globals, settings, server.clone(), None, screen).await.ok()?;
        Account::ways(&way).await.ok()
    };
    let ways = if screen { ways.await } else { None };
    let issuer = ways.as_ref().and_then(|ways| ways.oidc.as_deref());
    let may_sign_up = ways.as_ref().is_some_and(|ways| ways.registration);
    let why = texts::nobody_there(&server.to_string(), issuer, may_sign_up);
    Ok(Failure::new(Exit::SignInRefused, why))
}

async fn acting_as(globals: &Globals, settings: &Settings, who: &Who, screen: bool) -> Result<Acting, Failure> {
    let elsewhere = |server: &ServerUrl| Failure::usage(texts::elsewhere(&who.to_string(), &server.to_string()));
    if let Some(server) = globals.server.as_ref().filter(|server| !who.means(&who.user, server)) {
        return Err(elsewhere(server));
    }
    let wanted = wanted_of(settings, who);
    let meant = sign_ins(settings).meant(who, wanted);
    if let Some(password) = password::of_environment() {
        let server = match &meant[..] {
            [only] if wanted.is_none() && who.at.is_some() => only.server.clone(),
            _ => server_of(settings).await?,
        };
        if !who.means(&who.user, &server) {
            return Err(elsewhere(&server));
        }
        let way = trust::way(globals, settings, server, None, screen).await?;
        return Ok(plain(Account::sign_in(way, who.user.clone(), password).await.map_err(failure)?));
    }
    let is_demo = who.at.is_none() && DEMO_USERS.contains(&who.user.as_str()) && wanted.is_none();
    if meant.is_empty() && is_demo {
        return demo_account(globals, settings, screen).await;
    }
    Ok(plain(saved(globals, settings, &picked(settings, who)?, None, screen).await?))
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

pub(crate) fn server_in(file: &ServiceFile) -> Result<ServerUrl, Failure> {
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
        Some(who) => (who.user.clone(), None),
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

/// A sign-in that is kept; renewed tokens go back to where it is. A link may have named a `fingerprint`.
pub(crate) async fn saved(
    globals: &Globals,
    settings: &Settings,
    saved: &SavedSignIn,
    fingerprint: Option<Fingerprint>,
    screen: bool,
) -> Result<Account, Failure> {
    let set = settings.loaded.config.phone.server.as_ref().filter(|set| set.same_service(&saved.server));
    let written = set.and_then(ServerUrl::fingerprint);
    let way = trust::way(globals, settings, saved.server.clone(), fingerprint.or(written), screen).await?;
    if let Some(moved) = saved.place.settle().await.map_err(failure)? {
        Output::standard(globals).progress(&moved.words(&saved.who()));
    }
    Account::saved(way, &saved.place).await.map_err(failure)
}

/// Keeps a sign-in that was made just now, and uses it from now on.
///
/// # Errors
/// When it can't be kept.
pub(crate) async fn keep(account: &mut Account, settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let Some(me) = account.me().cloned() else { return Ok(()) };
    let sign_ins = sign_ins(settings);
    let place = sign_ins.place(&me.name, account.server());
    if let Some(trouble) = account.keep(&place).await.map_err(failure)? {
        output.progress(&texts::kept_in_file(&trouble.to_string()));
    }
    let who = Who::whole(&me.name, account.server());
    let kept = sign_ins.meant(&who, Some(account.server()));
    kept.first().map_or(Ok(()), |kept| sign_ins.set_used(kept)).map_err(failure)
}

/// An account's trouble as a command's failure.
pub(crate) fn failure(error: AccountError) -> Failure {
    let exit = match &error {
        AccountError::Unreachable(_) | AccountError::Untrusted(_) => Exit::Unreachable,
        AccountError::Refused(_) | AccountError::Command(_) | AccountError::Keyring(_) => Exit::SignInRefused,
        AccountError::File { .. } => Exit::Failed,
    };
    Failure::new(exit, error.to_string())
}
