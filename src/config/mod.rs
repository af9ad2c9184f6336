//! Settings: defaults < file < environment < arguments, merged as TOML tables first, typed once into sections.
//!
//! The sections' doc comments are the text of `config.example.toml`. What a role, a key or a sound device is called is
//! for the screen and the phone to judge: they get the text, and [`Loaded::parse`] puts the source into their complaint.

mod example;
mod hooks;
mod layers;
mod log;
mod media;
mod nearest;
mod oidc;
mod paths;
mod people;
mod phone;
mod public_url;
mod screen;
mod section;
mod server_url;
mod service;
mod service_file;
mod sound;
mod tls;
mod value;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

pub use example::example;
pub use hooks::{HOOK_FACTS, Hooks, Program};
pub use layers::{ACCESS_KEY_VARIABLE, Argument, Inputs, PASSWORD_VARIABLE, SECRET_VARIABLES, TOKEN_VARIABLE, load};
pub use log::{Format, Level, Log};
pub use media::Media;
pub use nearest::nearest;
pub use oidc::{Issuer, NotAnIssuer, Oidc, OidcAccounts, OidcProgram, OidcPrograms};
pub use paths::{NoHome, Paths};
pub use people::{Directory, FriendPolicy, People};
pub use phone::{JoinMuted, Keep, MediaOver, Phone};
pub use public_url::{NotAPublicUrl, PublicUrl};
pub use screen::{Colour, Names, Notify, Screen};
pub use server_url::{NotAServer, ServerUrl};
pub use service::Service;
pub use service_file::ServiceFile;
pub use sound::{NoiseSuppression, Sound, Switch};
pub use tls::{AcmeChallenge, Tls};
pub use value::{Setting, Whole};

use section::{Reader, Section, SectionInfo};

macro_rules! config {
    ($($(#[doc = $doc:literal])* $field:ident: $section:ident,)*) => {
        /// Every setting. Each part is handed its own section, never the whole.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Config {
            $($(#[doc = $doc])* pub $field: $section,)*
        }

        impl Config {
            fn sections() -> Vec<SectionInfo> {
                vec![$(SectionInfo::of::<$section>()),*]
            }

            fn read(whole: &toml::Table, problems: &mut Vec<(String, String)>) -> Self {
                Self { $($field: $section::read(&mut Reader::new::<$section>(whole, problems)),)* }
            }
        }
    };
}

config! {
    /// The service.
    service: Service,
    /// Which certificate the service shows.
    tls: Tls,
    /// Where the service's media is reached.
    media: Media,
    /// Other issuers of tokens.
    oidc: Oidc,
    /// How people find each other.
    people: People,
    /// The softphone.
    phone: Phone,
    /// How calls sound.
    sound: Sound,
    /// The screen.
    screen: Screen,
    /// Programs run when something happens.
    hooks: Hooks,
    /// The log.
    log: Log,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Built in.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// An argument of the command line.
    Argument(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(variable) => f.write_str(variable),
            Self::Argument(flag) => f.write_str(flag),
        }
    }
}

/// A setting that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` (from {source_of_value}): {why}")]
pub struct Problem {
    /// Which setting, such as `service.listen`.
    pub key: String,
    /// Where its value comes from.
    pub source_of_value: Source,
    /// What is wrong with it, and what would be right.
    pub why: String,
}

/// Why settings could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("can't read the configuration file {path}: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{path} is not TOML: {source}", path = path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// Settings that can't be used; at least one.
    #[error("{}", lines(.0))]
    Problems(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// One setting as it was merged.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// Such as `service.listen`.
    pub key: String,
    /// Its value.
    pub value: toml::Value,
    /// Where the value comes from.
    pub source: Source,
}

/// Settings, with what is known about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The typed settings.
    pub config: Config,
    /// Every setting with its source, in the order of the example file.
    pub merged: Vec<Merged>,
    /// Things a person should know that stop nothing: environment variables that name no setting.
    pub warnings: Vec<String>,
}

impl Loaded {
    /// Where the value of `key` (such as `phone.microphone`) comes from.
    pub fn source(&self, key: &str) -> Source {
        let found = self.merged.iter().find(|merged| merged.key == key);
        found.map_or(Source::Default, |merged| merged.source.clone())
    }

    /// A complaint about `key` that names where its value comes from.
    pub fn problem(&self, key: &str, why: impl fmt::Display) -> Problem {
        Problem { key: key.to_owned(), source_of_value: self.source(key), why: why.to_string() }
    }

    /// Reads the text of `key` as something this module does not know.
    ///
    /// # Errors
    /// When it is none; the complaint names the source of the value.
    pub fn parse<T: FromStr<Err: fmt::Display>>(&self, key: &str, text: &str) -> Result<T, Problem> {
        text.parse().map_err(|why: T::Err| self.problem(key, why))
    }
}

#[cfg(test)]
mod tests;
