//! A call between two phones without a screen, each on a virtual card of its own, and what the phones tell of it.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tempfile::TempDir;

use crate::cards::Cards;
use crate::program::Program;
use crate::usage::{self, Usage};

/// Calls that are tried until Bob is there.
const TRIES: usize = 20;

/// A call that is connected: Alice on card A, Bob on card B.
pub struct Talk {
    alice: Program,
    bob: Program,
    _service: Program,
    _folder: TempDir,
}

impl Talk {
    /// Calls, with these settings (`SWITCHBOARD_…`) on both sides.
    pub fn begin(cards: &Cards, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let service = Program::serve(folder.path(), &["--demo"])?;
        let on = |card: &str| -> Result<Vec<(String, String)>> {
            let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Ok(cards.variables(card)?.into_iter().chain(settings).collect())
        };
        let waiting = ["wait", "--answer", "--as", "bob", "--json"];
        let mut bob = Program::start(folder.path(), &waiting, &on("B")?)?;
        // He prints nothing while he connects: Alice calls again until she finds him there.
        for _ in 0..TRIES {
            let mut alice = Program::start(folder.path(), &["call", "bob", "--as", "alice", "--json"], &on("A")?)?;
            if alice.until(r#""state":"connected""#).is_ok() {
                bob.until(r#""state":"connected""#)?;
                return Ok(Self { alice, bob, _service: service, _folder: folder });
            }
        }
        bail!("Bob could not be reached")
    }

    /// What Alice's phone and Bob's use while `span` passes.
    pub fn usage(&self, span: Duration) -> (Option<Usage>, Option<Usage>) {
        usage::of_both(self.alice.pid(), self.bob.pid(), span)
    }

    /// The memory of Alice's phone and of Bob's, bytes.
    pub fn memory(&self) -> (Option<u64>, Option<u64>) {
        (usage::pss(self.alice.pid()), usage::pss(self.bob.pid()))
    }

    /// Hangs up: what Alice's phone and Bob's told.
    pub fn end(mut self) -> Result<(Told, Told)> {
        let (alice, bob) = (Told::of(&self.alice.end()?), Told::of(&self.bob.rest()?));
        alice.last("concealed_ms").context("Alice's phone told nothing of the sound")?;
        Ok((alice, bob))
    }
}

/// The lines a phone printed, in their order.
pub struct Told(Vec<Value>);

impl Told {
    fn of(lines: &[String]) -> Self {
        Self(lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }

    /// The figure of this name in the last line that has it.
    pub fn last(&self, name: &str) -> Option<f64> {
        self.0.iter().rev().find_map(|line| figure(line, name))
    }

    /// The median of a figure over all lines that have it.
    pub fn median(&self, name: &str) -> Option<f64> {
        let mut all: Vec<f64> = self.0.iter().filter_map(|line| figure(line, name)).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    }
}

/// A number of a line by its name, wherever in it that stands.
fn figure(line: &Value, name: &str) -> Option<f64> {
    let fields = line.as_object()?;
    let here = fields.get(name).and_then(Value::as_f64);
    here.or_else(|| fields.values().find_map(|value| figure(value, name)))
}
