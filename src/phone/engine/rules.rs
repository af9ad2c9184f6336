//! The rules of the account: where calls are forwarded, who rings nevertheless, who may pick up. The service keeps them;
//! what is set here is set as a whole, over what was asked for last, or else told.

use super::people::Wanted;
use super::{Engine, Pending};
use crate::domain::forwarding::{AccountRules, CallRules, ForwardAfter, ForwardWhen, PickUpBy};
use crate::domain::id::Identity;
use crate::phone::event::{Event, Refusal};
use crate::protocol::request::Request;

impl Engine {
    /// Forwards calls to somebody, or nowhere any more.
    pub(super) async fn forward(&mut self, when: ForwardWhen, to: Option<String>, after: Option<ForwardAfter>) {
        match to {
            Some(name) if name.trim().is_empty() => {
                let sentence = "say to whom calls are to go: a name or an identity";
                self.refuse("forward", None, Refusal::NotNow(sentence.into())).await;
            }
            Some(name) => match self.named_in_rules(&name) {
                Some(known) => self.forward_to(when, Some(known), after).await,
                None => self.resolve(name, Wanted::Forward { when, after }).await,
            },
            None => self.forward_to(when, None, after).await,
        }
    }

    /// Lets somebody ring in spite of do not disturb, or no more.
    pub(super) async fn except_named(&mut self, who: String, on: bool) {
        match self.named_in_rules(&who) {
            Some(known) => self.except(known, on).await,
            None => self.resolve(who, Wanted::Except { on }).await,
        }
    }

    /// The identity of somebody the rules name already, who need not be looked up, and may be gone.
    fn named_in_rules(&self, identity: &str) -> Option<Identity> {
        let rules = self.rules_now();
        rules.named().into_iter().find(|known| known.as_str() == identity.trim()).cloned()
    }

    /// What the rules are once the service has taken what it was asked: two changes in one moment are both made.
    fn rules_now(&self) -> &CallRules {
        let asked = self.pending.values().rev().find_map(|pending| match pending {
            Pending::Rules { rules, .. } => Some(rules),
            _ => None,
        });
        asked.unwrap_or(&self.rules.rules)
    }

    /// It is known to whom calls are forwarded.
    pub(super) async fn forward_to(&mut self, when: ForwardWhen, to: Option<Identity>, after: Option<ForwardAfter>) {
        let mut rules = self.rules_now().clone();
        rules.set(when, to);
        rules.after_seconds = after.unwrap_or(rules.after_seconds);
        self.set_rules("forward", rules).await;
    }

    /// It is known who rings in spite of do not disturb, or does not any more.
    pub(super) async fn except(&mut self, who: Identity, on: bool) {
        let mut rules = self.rules_now().clone();
        rules.except.retain(|known| *known != who);
        if on {
            rules.except.push(who);
        }
        self.set_rules("except", rules).await;
    }

    /// Says who may pick up calls that ring here.
    pub(super) async fn let_pick_up(&mut self, by: PickUpBy) {
        let rules = CallRules { pick_up: by, ..self.rules_now().clone() };
        self.set_rules("let pick up", rules).await;
    }

    async fn set_rules(&mut self, what: &'static str, rules: CallRules) {
        self.request(Request::RulesSet { rules: rules.clone() }, Pending::Rules { what, rules }).await;
    }

    /// The service has answered: what it did not take is told as it still is.
    pub(super) async fn on_rules_answered(&mut self, what: &'static str, rules: CallRules, why: Option<Refusal>) {
        if let Some(why) = why {
            self.refuse(what, None, why).await;
            return self.emit(Event::Rules(self.rules.clone())).await;
        }
        // What changes is told to all clients, this one included, with who the people are.
        if self.rules.rules == rules {
            self.emit(Event::Rules(self.rules.clone())).await;
        }
        self.rules.rules = rules;
    }

    /// These are the rules now.
    pub(super) async fn on_rules(&mut self, rules: AccountRules) {
        self.rules = rules.clone();
        self.emit(Event::Rules(rules)).await;
    }
}
