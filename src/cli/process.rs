//! `--process`: what is to be done to the microphone's sound, in a few words.

use std::str::FromStr;

use crate::config::{Argument, NoiseSuppression, Switch};

/// What is wished: some of `echo`, `noise` and `gain`, each as its setting takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process(Vec<(&'static Part, String)>);

/// What can be wished for.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    word: &'static str,
    setting: &'static str,
    values: &'static [&'static str],
}

const PARTS: &[Part] = &[
    Part { word: "echo", setting: "sound.echo_cancellation", values: Switch::WORDS },
    Part { word: "noise", setting: "sound.noise_suppression", values: NoiseSuppression::WORDS },
    Part { word: "gain", setting: "sound.gain_control", values: Switch::WORDS },
];

/// Why a text is no such wish.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` can't be done: use {choices}, with commas between them", choices = choices())]
pub struct NotAProcess(String);

/// `echo=auto|on|off, noise=…`
fn choices() -> String {
    let parts: Vec<String> = PARTS.iter().map(|part| format!("{}={}", part.word, part.values.join("|"))).collect();
    parts.join(", ")
}

impl FromStr for Process {
    type Err = NotAProcess;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .map(|wish| part(wish.trim()).ok_or_else(|| NotAProcess(wish.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn part(wish: &str) -> Option<(&'static Part, String)> {
    let (word, value) = wish.split_once('=')?;
    let part = PARTS.iter().find(|part| part.word == word)?;
    part.values.contains(&value).then(|| (part, value.to_owned()))
}

impl Process {
    /// The settings it stands for; of one that is said twice, the last holds.
    pub(crate) fn settings(&self) -> impl Iterator<Item = Argument> {
        self.0.iter().map(|(part, value)| Argument { key: part.setting, flag: "--process", text: value.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_become_the_settings_they_stand_for() {
        let process: Process = "echo=off, noise=strong".parse().unwrap();
        let settings: Vec<_> = process.settings().map(|setting| (setting.key, setting.text)).collect();
        let expected = [("sound.echo_cancellation", "off"), ("sound.noise_suppression", "strong")];
        assert_eq!(settings, expected.map(|(key, text)| (key, text.to_owned())));
    }

    #[test]
    fn what_can_not_be_done_is_answered_with_what_can() {
        for bad in ["", "echo", "echo=strong", "reverb=on", "echo=off,,gain=on", "noise=ON"] {
            let why = bad.parse::<Process>().unwrap_err().to_string();
            assert!(why.contains("noise=auto|off|standard|strong"), "{why}");
        }
    }
}
