//! Where a password comes from: standard input, the environment, or a person who types it unseen.

use std::io::{self, BufRead, IsTerminal};

use super::asking;
use super::exit::Failure;
use super::globals::{Globals, secret_line};
use super::output::Output;
use crate::base::secret::Secret;
use crate::config::PASSWORD_VARIABLE;

/// The password for `question`, such as `Password of alice`.
///
/// `from_stdin` is the flag `--password-stdin`. It goes before the environment, and that before asking.
///
/// # Errors
/// When there is none and nobody can be asked, or the one asked gives up.
pub async fn obtain(
    globals: &Globals,
    from_stdin: bool,
    question: &str,
    output: &mut Output,
) -> Result<Secret<String>, Failure> {
    if from_stdin {
        return asking::input(given).await;
    }
    if let Some(password) = of_environment() {
        return Ok(password);
    }
    may_ask(globals, io::stdin().is_terminal())?;
    ask(question, output).await
}

/// The password the environment holds.
pub fn of_environment() -> Option<Secret<String>> {
    std::env::var(PASSWORD_VARIABLE).ok().filter(|text| !text.is_empty()).map(Secret::new)
}

/// A new password for `question`: like [`obtain`], but whoever types it does so twice.
///
/// # Errors
/// As [`obtain`], and when the two differ.
pub async fn obtain_new(
    globals: &Globals,
    from_stdin: bool,
    question: &str,
    output: &mut Output,
) -> Result<Secret<String>, Failure> {
    let asked = !from_stdin && of_environment().is_none();
    let password = obtain(globals, from_stdin, question, output).await?;
    if asked && ask("The same again", output).await? != password {
        return Err(Failure::usage("the two passwords differ: nothing was changed"));
    }
    Ok(password)
}

fn given(input: &mut dyn BufRead) -> Result<Secret<String>, Failure> {
    secret_line(input, "password")
}

fn may_ask(globals: &Globals, terminal: bool) -> Result<(), Failure> {
    if terminal && !globals.no_input {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "a password is needed, and nobody can be asked: use --password-stdin or {PASSWORD_VARIABLE}"
    )))
}

/// Asks on the terminal; what is typed does not show.
async fn ask(question: &str, output: &mut Output) -> Result<Secret<String>, Failure> {
    asking::unseen(&format!("{question}: "), output).await.map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_can_be_asked_it_says_what_else_works() {
        let globals = Globals::default();
        assert!(may_ask(&globals, true).is_ok());
        assert!(may_ask(&globals, false).unwrap_err().message.contains("--password-stdin"));
        assert!(may_ask(&Globals { no_input: true, ..globals }, true).is_err());
    }

    #[test]
    fn standard_input_gives_its_first_line() {
        assert_eq!(given(&mut &b"hunter2 \r\nmore"[..]).unwrap().expose(), "hunter2 ");
        assert!(given(&mut &b""[..]).unwrap_err().message.contains("holds no password"));
    }
}
