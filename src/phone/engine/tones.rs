//! Which tone the user hears, by what the calls do: ring, a second call waits, ring-back, busy; and short ones.

use super::{BUSY_TONE, Engine};
use crate::base::clock;
use crate::domain::call::CallState;
use crate::domain::end_reason::EndReason;
use crate::media::tones::{CallTone, ShortTone};
use crate::phone::event::MediaState;

impl Engine {
    /// Plays the tone that belongs to the state of the phone, or none.
    pub(super) fn play_tone(&mut self) {
        let tone = self.wanted_tone();
        if tone.is_some() || self.tone_until.is_none() {
            self.tone_until = None;
            self.sound(tone);
        }
    }

    fn wanted_tone(&self) -> Option<CallTone> {
        let ringing = !self.incoming.is_empty();
        match self.board.active_call() {
            // The ring stays silent beside a conversation: this says softly, within it, that somebody else calls.
            Some(_) if ringing => Some(CallTone::Waiting),
            // Be it that this user called, or that the other side was handed on and somebody else rings.
            Some(call) if call.state == CallState::Ringing && call.media != MediaState::Lost => {
                Some(CallTone::RingBack)
            }
            Some(_) => None,
            None => ringing.then_some(CallTone::Ring),
        }
    }

    /// Plays the busy tone after an outgoing call that did not come about. Beside another call that is heard it would
    /// disturb: the screen says it as well.
    pub(super) fn play_end_tone(&mut self, reason: EndReason, was_waiting: bool) {
        let tone = match reason.code {
            _ if !was_waiting || self.board.active().is_some() => None,
            486 | 603 => Some(CallTone::Busy),
            408 | 410 | 480 => Some(CallTone::Congestion),
            _ => None,
        };
        match tone {
            Some(tone) => {
                self.tone_until = Some(clock::now() + BUSY_TONE);
                self.sound(Some(tone));
            }
            None => self.play_tone(),
        }
    }

    /// Plays a short tone, if tones are played at all.
    pub(super) fn play_once(&self, tone: ShortTone) {
        if self.options.tones {
            self.out.voice.play_once(tone);
        }
    }

    /// One that plays already goes on: it does not begin anew with everything that happens.
    fn sound(&mut self, tone: Option<CallTone>) {
        if self.options.tones && self.tone != tone {
            self.tone = tone;
            self.out.voice.play_tone(tone);
        }
    }
}
