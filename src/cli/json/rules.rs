//! The line of the rules of an account: where calls go, who rings nevertheless, who may pick up.

use schemars::JsonSchema;
use serde::Serialize;

use super::desk::Who;
use crate::domain::forwarding::{AccountRules, ForwardWhen, PickUpBy};
use crate::domain::id::Identity;

/// The rules; somebody who is gone has no name.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct RulesLine<'a> {
    always: Option<Named<'a>>,
    busy: Option<Named<'a>>,
    no_answer: Option<Named<'a>>,
    after_seconds: u16,
    do_not_disturb: Option<Named<'a>>,
    except: Vec<Named<'a>>,
    pick_up: PickUpBy,
}

/// Somebody the rules name.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
enum Named<'a> {
    Known(Who<'a>),
    Gone {
        #[schemars(with = "String")]
        id: &'a Identity,
        name: Option<&'a str>,
    },
}

impl<'a> From<&'a AccountRules> for RulesLine<'a> {
    fn from(rules: &'a AccountRules) -> Self {
        let named = |id: &'a Identity| match rules.person(id) {
            Some(person) => Named::Known(person.into()),
            None => Named::Gone { id, name: None },
        };
        let to = |when| rules.rules.to(when).map(named);
        Self {
            always: to(ForwardWhen::Always),
            busy: to(ForwardWhen::Busy),
            no_answer: to(ForwardWhen::NoAnswer),
            after_seconds: rules.rules.after_seconds.seconds(),
            do_not_disturb: to(ForwardWhen::DoNotDisturb),
            except: rules.rules.except.iter().map(named).collect(),
            pick_up: rules.rules.pick_up,
        }
    }
}
