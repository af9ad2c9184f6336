//! Signing in with an account elsewhere, at the terminal: the address and the code, the QR code where there is room, and the
//! time that is left.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use crate::base::clock;
use crate::cli::exit::{Exit, Failure};
use crate::cli::globals::Globals;
use crate::cli::json::{Journal, SignInCodeLine};
use crate::cli::output::Output;
use crate::cli::settings::Settings;
use crate::cli::{account, asking, trust};
use crate::domain::text::printable;
use crate::phone::account::{Account, AccountError, DeviceAnswer, every};
use crate::phone::connector::Connector;
use crate::protocol::failure::{FailureCode, SIGN_IN_OVER};
use crate::protocol::rest::DeviceSignIn;
use crate::terminal::model::Qr;
use crate::texts::sign_in as texts;

/// How often the time left is written anew.
const TICK: Duration = Duration::from_secs(1);

/// The rows the words around a QR code take.
const ROWS_OF_WORDS: u16 = 8;

/// The longest address shown, in characters.
const MAX_URI: usize = 2048;

/// Signs in with an account at the issuer of the service: says what to do, and waits until it is done. `qr` says whether
/// the terminal's letters can show one.
///
/// # Errors
/// When the service has no issuer, the person says no or takes too long.
pub(crate) async fn sign_in(way: &Connector, qr: bool, output: &mut Output) -> Result<Account, Failure> {
    let journal = Journal::new(clock::now());
    let begun = Account::begin_elsewhere(way).await.map_err(account::failure)?;
    let begun = DeviceSignIn {
        issuer: printable(&begun.issuer, 256),
        user_code: printable(&begun.user_code, 64),
        verification_uri: printable(&begun.verification_uri, MAX_URI),
        verification_uri_complete: begun.verification_uri_complete.map(|uri| printable(&uri, MAX_URI)),
        ..begun
    };
    let terminal = io::stderr().is_terminal();
    if output.json() {
        output.result(&journal.line(&line(&begun), clock::now(), clock::unix_now()))?;
    } else {
        let room = if terminal { crossterm::terminal::size().ok() } else { None };
        output.prompt(&shown(&begun, terminal, room.filter(|_| qr && output.colour())));
    }
    wait(way, &begun, terminal && !output.json(), output).await
}

/// Offers a person at the terminal, whom nobody is signed in as at the service of the settings, to sign in with its issuer;
/// keeps the sign-in. `None` where there is no such person, or no issuer, or it is not wanted.
///
/// # Errors
/// When it is wanted, and comes to nothing.
pub(crate) async fn offered(globals: &Globals, settings: &Settings) -> Result<Option<Account>, Failure> {
    if globals.no_input || !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(None);
    }
    let server = account::server_of(settings).await?;
    let way = trust::way(globals, settings, server.clone(), None, true).await?;
    let Some(issuer) = Account::ways(&way).await.ok().and_then(|ways| ways.oidc) else { return Ok(None) };
    let mut output = Output::standard(globals);
    let question = texts::question(&server.to_string(), &printable(&issuer, 256));
    let answer = asking::line(&question, &mut output).await?;
    if !is_yes(&answer) {
        return Ok(None);
    }
    let mut signed_in = sign_in(&way, !settings.loaded.config.screen.ascii, &mut output).await?;
    account::keep(&mut signed_in, settings, &mut output).await?;
    trust::keep(settings, &way)?;
    Ok(Some(signed_in))
}

/// Whether an answer agrees; an empty one does.
fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "" | "y" | "yes")
}

fn line(begun: &DeviceSignIn) -> SignInCodeLine<'_> {
    SignInCodeLine {
        issuer: &begun.issuer,
        user_code: &begun.user_code,
        verification_uri: &begun.verification_uri,
        verification_uri_complete: begun.verification_uri_complete.as_deref(),
        expires_in: begun.expires_in,
    }
}

/// Asks the service until it is done; the `clock` of the time that is left is written over and over on a terminal.
async fn wait(way: &Connector, begun: &DeviceSignIn, clock: bool, output: &mut Output) -> Result<Account, Failure> {
    let ends = clock::now() + Duration::from_secs(begun.expires_in.into());
    let mut interval = every(begun.interval);
    let mut next = clock::now() + interval;
    let mut trouble = None;
    if !clock {
        output.progress(&texts::waiting_for(&begun.issuer));
    }
    loop {
        if clock {
            output.over_line(&texts::waiting(&begun.issuer, left(ends).as_secs()));
        }
        tokio::time::sleep(left(next).min(left(ends)).min(TICK)).await;
        if left(ends).is_zero() {
            ended(clock, output);
            return Err(Failure::new(Exit::NoAnswer, texts::ran_out(&begun.issuer)));
        }
        if !left(next).is_zero() {
            continue;
        }
        match Account::ask_elsewhere(way, &begun.handle).await {
            Ok(DeviceAnswer::Done(account)) => {
                ended(clock, output);
                return Ok(*account);
            }
            Ok(DeviceAnswer::Pending(wait)) => (interval, trouble) = (wait, None),
            // The service may be back in a moment.
            Err(why @ AccountError::Unreachable(_)) => trouble = Some(why),
            Err(why) => {
                ended(clock, output);
                return Err(refused(why, trouble, &begun.issuer));
            }
        }
        next = clock::now() + interval;
    }
}

/// Why it came to nothing. A sign-in that is over after an answer was lost, or was of no use, ended by what that said.
fn refused(why: AccountError, before: Option<AccountError>, issuer: &str) -> Failure {
    let is_over = |why: &AccountError| {
        matches!(why, AccountError::Refused(failure)
            if failure.code == FailureCode::NotFound && failure.sub_code == SIGN_IN_OVER)
    };
    match before {
        Some(before) if is_over(&why) => account::failure(before),
        None if is_over(&why) => Failure::new(Exit::NoAnswer, texts::ran_out(issuer)),
        _ => account::failure(why),
    }
}

/// Takes the time that is left off the terminal.
fn ended(clock: bool, output: &mut Output) {
    if clock {
        output.over_line("");
    }
}

fn left(until: Instant) -> Duration {
    until.saturating_duration_since(clock::now())
}

/// What the person has to do. On a terminal the address is a link; the QR code comes where it fits into `room`, columns and
/// rows.
fn shown(begun: &DeviceSignIn, terminal: bool, room: Option<(u16, u16)>) -> String {
    let DeviceSignIn { issuer, user_code, verification_uri: uri, verification_uri_complete, .. } = begun;
    let complete = verification_uri_complete.as_ref().unwrap_or(uri);
    let address = if terminal { linked(uri, complete) } else { uri.clone() };
    let mut text = format!("{}\n\n  {address}\n\n{}\n\n", texts::open_this(issuer), texts::TYPE_THIS);
    text.push_str(&format!("  {user_code}\n\n"));
    let code = room.and_then(|room| Some((Qr::new(complete)?, room)));
    if let Some((code, (columns, rows))) = code
        && code.size() <= columns
        && code.size().div_ceil(2) + ROWS_OF_WORDS < rows
    {
        text.push_str(&format!("{}\n{}\n", texts::OR_SCAN, drawn(&code)));
    }
    text
}

/// An address that leads elsewhere when it is clicked (OSC 8). Only plain addresses of pages can be one.
fn linked(shown: &str, target: &str) -> String {
    let page = target.starts_with("https://") || target.starts_with("http://");
    if !page || !target.bytes().all(|b| b.is_ascii_graphic()) {
        return shown.to_owned();
    }
    format!("\x1b]8;;{target}\x1b\\{shown}\x1b]8;;\x1b\\")
}

/// The code as half blocks, black on white whatever the colours of the terminal are.
fn drawn(code: &Qr) -> String {
    let line = |row: u16| {
        let cells = (0..code.size()).map(|column| match (code.is_dark(column, row), code.is_dark(column, row + 1)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        });
        format!("\x1b[38;5;16;48;5;231m{}\x1b[0m\n", cells.collect::<String>())
    };
    (0..code.size()).step_by(2).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use crate::protocol::failure;

    fn begun() -> DeviceSignIn {
        DeviceSignIn {
            handle: Secret::new("h".to_owned()),
            issuer: "login.example".to_owned(),
            user_code: "WDJB-MJHT".to_owned(),
            verification_uri: "https://login.example/device".to_owned(),
            verification_uri_complete: Some("https://login.example/device?c=WDJB-MJHT".to_owned()),
            expires_in: 900,
            interval: 5,
        }
    }

    #[test]
    fn only_a_yes_is_one() {
        assert!(["", "y", " YES "].into_iter().all(is_yes));
        assert!(!["n", "no", "yeah"].into_iter().any(is_yes));
    }

    #[test]
    fn address_and_code_are_said_plainly_where_there_is_no_terminal() {
        let text = shown(&begun(), false, None);
        assert!(text.contains("\n  https://login.example/device\n") && text.contains("\n  WDJB-MJHT\n"), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
    }

    #[test]
    fn the_address_is_a_link_on_a_terminal_and_the_qr_code_comes_where_it_fits() {
        let small = shown(&begun(), true, Some((80, 24)));
        assert!(small.contains("\x1b]8;;https://login.example/device?c=WDJB-MJHT\x1b\\"), "{small}");
        assert!(!small.contains('█'), "{small}");
        let large = shown(&begun(), true, Some((80, 60)));
        assert!(large.contains(texts::OR_SCAN) && large.contains('█'), "{large}");
        let narrow = shown(&begun(), true, Some((20, 60)));
        assert!(!narrow.contains('█'), "{narrow}");
    }

    #[test]
    fn a_sign_in_that_is_over_says_what_ended_it() {
        let over = || {
            let failure = failure::Failure::new(FailureCode::NotFound, "over").with_sub_code(SIGN_IN_OVER);
            AccountError::Refused(failure)
        };
        let told = refused(over(), None, "login.example");
        assert_eq!((told.exit, told.message.contains("in time")), (Exit::NoAnswer, true));
        let told = refused(over(), Some(AccountError::Unreachable("no answer".to_owned())), "login.example");
        assert_eq!((told.exit, told.message.as_str()), (Exit::Unreachable, "no answer"));
        let denied = AccountError::Refused(failure::Failure::new(FailureCode::Forbidden, "no"));
        assert_eq!(refused(denied, None, "login.example").exit, Exit::SignInRefused);
    }
}
