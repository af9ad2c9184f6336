//! What becomes of calls that somebody does not take: where they are forwarded, who rings nevertheless, and who else may
//! pick them up. Rules of an account, kept by the service.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::Identity;
use super::person::Person;
use super::whole::Whole;

/// When a call is forwarded. The four are the call diversions of telephony (ETSI EN 300 207-1: CFU, CFB, CFNR), and
/// do not disturb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ForwardWhen {
    /// Without ringing.
    Always,
    /// All clients are in as many calls as they can be, or the call was declined.
    Busy,
    /// Nobody answered for a while, or no client is connected.
    NoAnswer,
    /// The owner does not want to be disturbed, and who calls is no exception.
    DoNotDisturb,
}

impl ForwardWhen {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Always, Self::Busy, Self::NoAnswer, Self::DoNotDisturb];
}

/// For how long a call rings before it is forwarded: 5–120 s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Whole", into = "u16")]
pub struct ForwardAfter(u16);

/// What is no such time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a call is forwarded after 5 to 120 seconds")]
pub struct NotATime;

impl ForwardAfter {
    /// The number of seconds.
    pub fn seconds(self) -> u16 {
        self.0
    }
}

impl Default for ForwardAfter {
    fn default() -> Self {
        Self(20)
    }
}

impl TryFrom<u16> for ForwardAfter {
    type Error = NotATime;

    fn try_from(seconds: u16) -> Result<Self, NotATime> {
        if (5..=120).contains(&seconds) { Ok(Self(seconds)) } else { Err(NotATime) }
    }
}

impl TryFrom<Whole> for ForwardAfter {
    type Error = NotATime;

    fn try_from(seconds: Whole) -> Result<Self, NotATime> {
        u16::try_from(seconds.0).map_err(|_| NotATime)?.try_into()
    }
}

impl From<ForwardAfter> for u16 {
    fn from(after: ForwardAfter) -> Self {
        after.0
    }
}

impl FromStr for ForwardAfter {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let text = text.trim();
        text.strip_suffix('s').unwrap_or(text).parse::<u16>().map_err(|_| NotATime)?.try_into()
    }
}

impl fmt::Display for ForwardAfter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// Who may pick up a call that rings at somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PickUpBy {
    /// Nobody.
    Nobody,
    /// Those on the owner's friend list.
    #[default]
    Friends,
    /// Everybody who is signed in.
    Everybody,
}

/// The rules of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CallRules {
    /// Where every call goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always: Option<Identity>,
    /// Where calls go while the owner is busy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy: Option<Identity>,
    /// Where calls go that nobody answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_answer: Option<Identity>,
    /// How long they ring before that.
    #[serde(default)]
    pub after_seconds: ForwardAfter,
    /// Where calls go while the owner does not want to be disturbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub do_not_disturb: Option<Identity>,
    /// Who rings in spite of do not disturb; at most [`CallRules::MOST_EXCEPT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Identity>,
    /// Who may pick up calls that ring here.
    #[serde(default)]
    pub pick_up: PickUpBy,
}

impl CallRules {
    /// The most exceptions from do not disturb.
    pub const MOST_EXCEPT: usize = 100;

    /// Where calls go in this case.
    pub fn to(&self, when: ForwardWhen) -> Option<&Identity> {
        match when {
            ForwardWhen::Always => self.always.as_ref(),
            ForwardWhen::Busy => self.busy.as_ref(),
            ForwardWhen::NoAnswer => self.no_answer.as_ref(),
            ForwardWhen::DoNotDisturb => self.do_not_disturb.as_ref(),
        }
    }

    /// Lets calls go there in this case, or nowhere.
    pub fn set(&mut self, when: ForwardWhen, to: Option<Identity>) {
        match when {
            ForwardWhen::Always => self.always = to,
            ForwardWhen::Busy => self.busy = to,
            ForwardWhen::NoAnswer => self.no_answer = to,
            ForwardWhen::DoNotDisturb => self.do_not_disturb = to,
        }
    }

    /// Everybody the rules name, each once.
    pub fn named(&self) -> Vec<&Identity> {
        let mut named: Vec<_> =
            ForwardWhen::ALL.into_iter().filter_map(|when| self.to(when)).chain(&self.except).collect();
        named.sort();
        named.dedup();
        named
    }
}

/// The rules of an account, and who the people are that they name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccountRules {
    /// The rules.
    #[serde(flatten)]
    pub rules: CallRules,
    /// The people they name; without those who are gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
}

impl AccountRules {
    /// Who somebody is that the rules name.
    pub fn person(&self, who: &Identity) -> Option<&Person> {
        self.people.iter().find(|person| person.identity == *who)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_forwarded_after_five_to_a_hundred_and_twenty_seconds() {
        assert_eq!(" 15s ".parse::<ForwardAfter>().map(ForwardAfter::seconds), Ok(15));
        assert_eq!("120".parse::<ForwardAfter>().map(ForwardAfter::seconds), Ok(120));
        for not in ["4", "121", "-5", "", "soon", "70000"] {
            assert_eq!(not.parse::<ForwardAfter>(), Err(NotATime), "{not}");
        }
    }

    #[test]
    fn everybody_the_rules_name_is_named_once() {
        let (ann, ben): (Identity, Identity) = ("8:acs:demo_ann".parse().unwrap(), "8:acs:demo_ben".parse().unwrap());
        let mut rules = CallRules { except: vec![ann.clone(), ben.clone()], ..CallRules::default() };
        rules.set(ForwardWhen::Busy, Some(ann.clone()));
        rules.set(ForwardWhen::Always, Some(ann.clone()));
        assert_eq!(rules.named(), [&ann, &ben]);
        rules.set(ForwardWhen::Busy, None);
        assert_eq!(rules.to(ForwardWhen::Busy), None);
        assert_eq!(rules.to(ForwardWhen::Always), Some(&ann));
    }
}
