//! Which of the phones that run is meant.

use super::whose;
use crate::cli::exit::{Exit, Failure};
use crate::cli::globals::Globals;
use crate::cli::settings::Settings;
use crate::config::ServerUrl;
use crate::outside::status::Status;
use crate::phone::account::Who;

#[cfg(unix)]
pub(in crate::cli) use crate::outside::reach::Running;

/// The phone that is meant.
///
/// # Errors
/// When none runs, or several could be meant.
pub(in crate::cli) async fn the_phone(globals: &Globals, settings: &Settings) -> Result<Running, Failure> {
    let found = running(settings).await?;
    let states: Vec<Status> = found.iter().map(|phone| phone.status.clone()).collect();
    let chosen = choose(&states, globals)?;
    Ok(found.into_iter().nth(chosen).expect("what was chosen is one of them"))
}

/// The phones that run.
///
/// # Errors
/// When there are only some that want nothing to do with this program.
#[cfg(unix)]
pub(in crate::cli) async fn running(settings: &Settings) -> Result<Vec<Running>, Failure> {
    let phones = crate::outside::reach::phones(&settings.paths.sockets).await;
    match phones.refused.first() {
        Some(refused) if phones.running.is_empty() => Err(super::failed(refused)),
        _ => Ok(phones.running),
    }
}

/// Which of the phones is meant: by the flags; one with a screen before those without; of one account the first.
pub(in crate::cli) fn choose(phones: &[Status], globals: &Globals) -> Result<usize, Failure> {
    let is_meant = |status: &&Status| {
        let means = |who: &Who| {
            let here = status.account.parse().ok().zip(status.server.parse().ok());
            here.is_some_and(|(user, server)| who.means(&user, &server))
        };
        let account = globals.user.as_ref().is_none_or(means);
        let at = |server: &ServerUrl| status.server.parse().is_ok_and(|at: ServerUrl| at.same_service(server));
        account && globals.server.as_ref().is_none_or(at)
    };
    let meant: Vec<&Status> = phones.iter().filter(is_meant).collect();
    let with_screen: Vec<&Status> = meant.iter().copied().filter(|status| status.screen).collect();
    let meant = if with_screen.is_empty() { meant } else { with_screen };
    let Some(first) = meant.first() else { return Err(none(phones)) };
    let same = |status: &&Status| status.account == first.account && status.server == first.server;
    if !meant.iter().all(same) {
        return Err(Failure::usage(format!(
            "several phones run: say with --as or --server which:\n{}",
            listed(&meant)
        )));
    }
    Ok(phones.iter().position(|status| status == *first).unwrap_or(0))
}

fn none(phones: &[Status]) -> Failure {
    if phones.is_empty() {
        let why = "no phone runs here: open one with `switchboard`, or start one with `switchboard wait`; --data DIR names \
                   the folder of one that was started with it";
        return Failure::new(Exit::Unreachable, why);
    }
    let all: Vec<&Status> = phones.iter().collect();
    Failure::new(Exit::Unreachable, format!("no such phone runs here; there are:\n{}", listed(&all)))
}

fn listed(phones: &[&Status]) -> String {
    phones.iter().map(|status| format!("  {}", whose(status))).collect::<Vec<_>>().join("\n")
}

#[cfg(not(unix))]
mod elsewhere {
    //! Where programs can't reach each other in a way that is known to be safe.

    use std::convert::Infallible;
    use std::io;

    use crate::cli::exit::{Exit, Failure};
    use crate::cli::settings::Settings;
    use crate::outside::line::{Asked, Told};
    use crate::outside::status::Status;

    /// A running phone; there is none that could be reached.
    #[derive(Debug)]
    pub(in crate::cli) struct Running {
        pub(in crate::cli) status: Status,
        never: Infallible,
    }

    impl Running {
        pub(in crate::cli) async fn ask(&mut self, _asked: &Asked) -> io::Result<()> {
            match self.never {}
        }

        pub(in crate::cli) async fn told(&mut self) -> io::Result<Option<Told>> {
            match self.never {}
        }
    }

    pub(in crate::cli) async fn running(_settings: &Settings) -> Result<Vec<Running>, Failure> {
        Err(Failure::new(Exit::Failed, "a running phone can't be steered on this system"))
    }
}
#[cfg(not(unix))]
pub(in crate::cli) use elsewhere::{Running, running};

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(account: &str, port: u16, screen: bool) -> Status {
        Status { account: account.to_owned(), ..Status::new(format!("http://127.0.0.1:{port}"), screen, 7) }
    }

    fn globals(user: Option<&str>, server: Option<&str>) -> Globals {
        let user = user.map(|name| name.parse().unwrap());
        Globals { user, server: server.map(|url| url.parse().unwrap()), ..Globals::default() }
    }

    #[test]
    fn the_only_one_is_meant_and_a_screen_before_the_others() {
        let choose = |phones: &[Status]| choose(phones, &Globals::default()).map_err(|why| why.exit);
        assert_eq!(choose(&[]), Err(Exit::Unreachable));
        assert_eq!(choose(&[phone("bob", 1, false)]), Ok(0));
        assert_eq!(choose(&[phone("alice", 1, false), phone("bob", 1, true)]), Ok(1));
        assert_eq!(choose(&[phone("alice", 1, true), phone("alice", 1, true)]), Ok(0), "the first of one account");
        assert_eq!(choose(&[phone("alice", 1, true), phone("bob", 1, true)]), Err(Exit::Usage));
        assert_eq!(choose(&[phone("alice", 1, true), phone("alice", 2, true)]), Err(Exit::Usage));
    }

    #[test]
    fn flags_say_which() {
        let phones = [phone("alice", 1, true), phone("bob", 1, true), phone("alice", 2, true)];
        let chosen = |user, server| choose(&phones, &globals(user, server)).map_err(|why| why.exit);
        assert_eq!(chosen(Some("bob"), None), Ok(1));
        assert_eq!(chosen(Some("alice"), Some("http://localhost:2")), Ok(2));
        assert_eq!(chosen(Some("carol"), None), Err(Exit::Unreachable));
        let told = choose(&phones, &Globals::default()).unwrap_err().message;
        assert!(told.contains("  bob at http://127.0.0.1:1 (screen, process 7)"), "{told}");
    }
}
