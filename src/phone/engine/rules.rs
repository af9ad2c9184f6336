//! The rules of the account: where calls are forwarded, who rings nevertheless, who may pick up. The service keeps them;
//! what is set here is set as a whole, over what was told last.

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
        let mut rules = self.rules.rules.clone();
        rules.set(when, to);
        rules.after_seconds = after.unwrap_or(rules.after_seconds);
        self.set_rules("forward", rules).await;
    }

    /// It is known who rings in spite of do not disturb, or does not any more.
    pub(super) async fn except(&mut self, who: Identity, on: bool) {
        let mut rules = self.rules.rules.clone();
        rules.except.retain(|known| *known != who);
        if on {
            rules.except.push(who);
        }
        self.set_rules("except", rules).await;
    }

    /// Says who may pick up calls that ring here.
    pub(super) async fn let_pick_up(&mut self, by: PickUpBy) {
        let rules = CallRules { pick_up: by, ..self.rules.rules.clone() };
        self.set_rules("let pick up", rules).await;
    }

    async fn set_rules(&mut self, what: &'static str, rules: CallRules) {
        self.request(Request::RulesSet { rules }, Pending::Verb { what, call: None }).await;
    }

    /// These are the rules now.
    pub(super) async fn on_rules(&mut self, rules: AccountRules) {
        self.rules = rules.clone();
        self.emit(Event::Rules(rules)).await;
    }
}
