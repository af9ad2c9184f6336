//! Time goes on: what was only for a while ends, the bell rings again.

use super::super::message::Effect;
use super::super::model::{Model, Popup};
use super::{actions, choose, desk, history, ladder, talk};
use crate::domain::time::UnixMillis;

/// The pause between two rings of the bell, ms.
pub(super) const BELL: i64 = 2000;

pub(super) fn tick(model: &mut Model, now: UnixMillis, effects: &mut Vec<Effect>) {
    if model.next_change().is_some_and(|at| at <= now) {
        model.changed = true;
    }
    model.now = now;
    let over = |until: Option<UnixMillis>| until.is_some_and(|until| until <= now);
    if over(model.notice.as_ref().map(|notice| notice.until)) {
        model.notice = None;
    }
    if over(model.armed_until) {
        model.armed_until = None;
    }
    if over(model.friends.removal.as_ref().map(|removal| removal.until)) {
        actions::finish_removal(model, effects);
    }
    if over(model.bell_at) {
        // Beside a talk the bell rings once: the row and the banner stay.
        let rings = model.is_ringing() && model.call().is_none();
        model.bell_at = rings.then(|| now.plus(BELL));
        if model.bell_at.is_some() && model.bell {
            effects.push(Effect::Bell);
        }
    }
    for call in model.board.live_mut().filter(|call| over(call.tones_until())) {
        call.sent_at = None;
    }
    if over(model.pending.as_ref().map(|pending| pending.until)) {
        desk::carry_out(model, effects);
    }
    if over(model.history.search_at) {
        history::search(model, effects);
    }
    talk::tick(model, effects);
    ladder::tick(model, effects);
    if over(model.link.retry_at) {
        model.link.retry_at = None;
    }
    if let Some(Popup::Dial(dial)) = &mut model.popup
        && over(dial.search_at)
    {
        dial.search_at = None;
        choose::search(dial, effects);
    }
}
