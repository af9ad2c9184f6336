//! `switchboard config`: the settings as they are merged, and whether they can be used.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::exit::Failure;
use super::output::Output;
use super::settings::Settings;
use super::softphone::screen_options;
use crate::domain::time::UnixMillis;
use crate::terminal::model::Model;

/// The settings.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Settings come from, each going before the last: defaults, the file, environment variables (SWITCHBOARD_SECTION_KEY, such \
as SWITCHBOARD_SERVICE_LISTEN), arguments.

Examples:
  switchboard config show                     every setting, and where it comes from
  switchboard config check --config new.toml  before it is put to use")]
pub struct ConfigArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What can be done with the settings.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting and where it comes from
    Show,
    /// Say whether the settings can be used, or what is wrong with which
    Check,
}

/// The first line of `config show --json` and the only one of `config check --json`.
#[derive(Serialize)]
struct FileLine {
    v: u8,
    file: String,
    exists: bool,
}

/// A setting in `config show --json`.
#[derive(Serialize)]
struct SettingLine<'a> {
    v: u8,
    key: &'a str,
    value: &'a toml::Value,
    source: String,
}

/// Does it. Settings that can't be loaded have failed before.
///
/// # Errors
/// When a setting can't be used, or the result can't be printed.
pub fn run(arguments: &ConfigArgs, settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    match arguments.command {
        ConfigCommand::Show => show(settings, output),
        ConfigCommand::Check => check(settings, output),
    }
}

fn show(settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let file = file_line(settings);
    if output.json() {
        output.json_line(&file)?;
        for merged in &settings.loaded.merged {
            let source = merged.source.to_string();
            output.json_line(&SettingLine { v: 1, key: &merged.key, value: &merged.value, source })?;
        }
        return Ok(());
    }
    Ok(output.result(&assigned(settings, |merged| merged.value.to_string()))?)
}

/// Every setting, its value and where it comes from, as TOML; `value` says what stands for its value.
pub(crate) fn assigned(settings: &Settings, value: impl Fn(&crate::config::Merged) -> String) -> String {
    let file = file_line(settings);
    let state = if file.exists { "" } else { " (not there: defaults hold)" };
    let mut text = format!("# file: {}{state}\n", file.file);
    let assigned = |merged: &crate::config::Merged| format!("{} = {}", merged.key, value(merged));
    let width = settings.loaded.merged.iter().map(|merged| assigned(merged).chars().count()).max().unwrap_or(0);
    for merged in &settings.loaded.merged {
        text.push_str(&format!("{:<width$}  # {}\n", assigned(merged), merged.source));
    }
    text
}

fn check(settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    settings.microphone()?;
    settings.speaker()?;
    settings.ringer()?;
    let screen = screen_options(settings, false);
    Model::new(&screen, true, UnixMillis(0)).map_err(|why| Failure::usage(why.to_string()))?;
    let file = file_line(settings);
    if output.json() {
        return Ok(output.json_line(&file)?);
    }
    let what = if file.exists { "is fine" } else { "is not there: the defaults hold" };
    Ok(output.result(&format!("{} {what}", file.file))?)
}

fn file_line(settings: &Settings) -> FileLine {
    FileLine { v: 1, file: settings.file.display().to_string(), exists: settings.file.exists() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::globals::Globals;
    use crate::cli::output::tests::taped;
    use crate::cli::settings::load;

    fn run_on(text: &str, command: ConfigCommand, json: bool) -> Result<String, Failure> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        let globals = Globals { data: Some(folder.path().to_owned()), json, ..Globals::default() };
        let settings = load(&globals, Vec::new(), vec![("SWITCHBOARD_LOG_LEVEL".to_owned(), "warn".to_owned())])?;
        let (mut output, results, _) = taped(&globals);
        run(&ConfigArgs { command }, &settings, &mut output)?;
        Ok(results.text().replace(&folder.path().display().to_string(), "DIR"))
    }

    #[test]
    fn every_setting_is_shown_with_its_source() {
        let text = run_on("[phone]\nring_seconds = 30\n", ConfigCommand::Show, false).unwrap();
        let find = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
        assert!(text.starts_with("# file: DIR/config.toml\n"), "{text}");
        assert!(find("phone.ring_seconds = 30 ").ends_with("# DIR/config.toml"), "{text}");
        assert!(find("log.level = \"warn\"").ends_with("# SWITCHBOARD_LOG_LEVEL"), "{text}");
        assert!(find("screen.bell = true").ends_with("# default"), "{text}");
    }

    #[test]
    fn as_json_it_is_a_line_for_each_setting() {
        let text = run_on("[phone]\nring_seconds = 30\n", ConfigCommand::Show, true).unwrap();
        let expected = r#"{"v":1,"key":"phone.ring_seconds","value":30,"source":"DIR/config.toml"}"#;
        assert!(text.lines().any(|line| line == expected), "{text}");
        assert_eq!(text.lines().next(), Some(r#"{"v":1,"file":"DIR/config.toml","exists":true}"#));
    }

    #[test]
    fn check_finds_what_only_the_phone_can_judge() {
        assert!(run_on("", ConfigCommand::Check, false).is_ok_and(|text| text == "DIR/config.toml is fine\n"));
        let failure = run_on("[phone]\nspeaker = \"kazoo\"\n", ConfigCommand::Check, false).unwrap_err();
        assert!(failure.message.contains("`phone.speaker` (from "), "{failure}");
        let failure = run_on("[sound]\nringer = \"bell\"\n", ConfigCommand::Check, false).unwrap_err();
        assert!(failure.message.contains("`sound.ringer` (from "), "{failure}");
    }
}
