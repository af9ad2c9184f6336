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
            Some(name) => self.resolve(name, Wanted::Forward { when, after }).await,
            None => self.forward_to(when, None, after).await,
        }
    }

    /// It is known to whom calls are forwarded.
    pub(super) async fn forward_to(&mut self, when: ForwardWhen, to: Option<Identity>, after: Option<ForwardAfter>) {
        let mut rules = self.rules_asked();
        rules.set(when, to);
        rules.after_seconds = after.unwrap_or(rules.after_seconds);
        self.set_rules("forward", rules).await;
    }

    /// It is known who rings in spite of do not disturb, or does not any more.
    pub(super) async fn except(&mut self, who: Identity, on: bool) {
        let mut rules = self.rules_asked();
        rules.except.retain(|known| *known != who);
        if on {
            rules.except.push(who);
        }
        self.set_rules("except", rules).await;
    }

    /// Says who may pick up calls that ring here.
    pub(super) async fn let_pick_up(&mut self, by: PickUpBy) {
        let rules = CallRules { pick_up: by, ..self.rules_asked() };
        self.set_rules("let pick up", rules).await;
    }

    async fn set_rules(&mut self, what: &'static str, rules: CallRules) {
        self.request(Request::RulesSet { rules: rules.clone() }, Pending::Rules { what, rules }).await;
    }

    /// The rules as they will be once everything is answered that was asked for: two changes in one moment are both made.
    fn rules_asked(&self) -> CallRules {
        let asked = self.pending.values().rev().find_map(|pending| match pending {
            Pending::Rules { rules, .. } => Some(rules),
            _ => None,
        });
        asked.unwrap_or(&self.rules.rules).clone()
    }

    /// The service has set these rules; it tells them to all clients, with who the people are that they name.
    pub(super) fn on_rules_set(&mut self, rules: CallRules) {
        self.rules.rules = rules;
    }

    /// These are the rules now.
    pub(super) async fn on_rules(&mut self, rules: AccountRules) {
        self.rules = rules.clone();
        self.emit(Event::Rules(rules)).await;
    }
}
