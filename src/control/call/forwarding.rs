//! Forwarded: whoever is called wishes it taken by somebody else, before it rings or while it does. Who that is, is asked
//! and known elsewhere.

use std::time::Instant;

use super::effects::{Effect, Entry, Next, Side};
use super::place::{Forwards, Place, Rung, Then};
use super::{Call, Onward};
use crate::domain::end_reason::EndReason;
use crate::domain::forwarding::ForwardWhen;
use crate::domain::record::Outcome;

impl Call {
    /// To whom whoever is rung forwards the call, as [`Effect::Forward`] asked. With nobody, it rings on where it does, and
    /// ends otherwise.
    pub fn forward(&mut self, to: Option<&Onward>, now: Instant) -> Vec<Effect> {
        let mut out = Vec::new();
        if let Some(side) = self.rung_side()
            && let Place::Rung(Rung { then: Then::End, forwards, .. }) = self.place_mut(side)
        {
            let asked = forwards.asked.take();
            match (to, asked) {
                (Some(to), _) => self.forward_to(side, asked, to, now, &mut out),
                (None, Some(reason)) => self.end(reason, &mut out),
                (None, None) => {}
            }
        }
        // What else was due when it was asked.
        self.deadline_passed(now, &mut out);
        self.settle(now, &mut out);
        out
    }

    /// Somebody else is rung instead.
    fn forward_to(&mut self, side: Side, asked: Option<EndReason>, to: &Onward, now: Instant, out: &mut Vec<Effect>) {
        self.stop_ringing(None, EndReason::FORWARDED, out);
        let declined = asked == Some(EndReason::DECLINED);
        let outcome = if declined { Outcome::Declined } else { Outcome::Missed };
        *self.place_mut(side) = Place::Rung(Rung::new(self.ring_for, Then::End, now));
        self.pass_on(side, outcome, &to.forwards, out);
        self.ring_called(to, now, out);
    }

    /// A side becomes that of one after another, who each forward it; `outcome` is how it went for the first if nobody
    /// takes it.
    pub(super) fn pass_on(
        &mut self,
        side: Side,
        mut outcome: Outcome,
        forwards: &[ForwardWhen],
        out: &mut Vec<Effect>,
    ) {
        for &when in forwards {
            out.push(Effect::Record { side, entry: Entry::Forwarded { outcome } });
            self.handed(side, Next::Forwarded { when }, out);
            out.push(Effect::Record { side, entry: Entry::Rung });
            outcome = Outcome::Missed;
        }
    }

    /// Rings every endpoint that can ring of whoever is called in the end, or ends the call with the reason why none can.
    pub(super) fn ring_called(&mut self, to: &Onward, now: Instant, out: &mut Vec<Effect>) {
        let ring_for = self.ring_for;
        if let Some(side) = self.rung_side()
            && let Place::Rung(rung) = self.place_mut(side)
        {
            let unanswered = to.wishes.unanswered;
            let at = unanswered.filter(|after| *after < ring_for).map(|after| now + after);
            let declined = to.wishes.declined;
            rung.forwards = Forwards { declined, unanswered: unanswered.is_some(), at, asked: None };
        }
        self.ring_free(&to.candidates, now, out);
        if let Some(reason) = to.unreachable() {
            self.end(reason, out);
        }
    }

    /// Nobody has answered for as long as whoever is rung wishes: somebody else may, or it rings on.
    pub(super) fn not_answered(&mut self, out: &mut Vec<Effect>) {
        let Some(side) = self.rung_side() else { return };
        if let Place::Rung(rung) = self.place_mut(side) {
            rung.forwards.at = None;
            out.push(Effect::Forward { when: ForwardWhen::NoAnswer, rings_on: true });
        }
    }
}
