//! What the voice thread does about its devices: which are needed, what follows when one comes or goes, what is done to
//! the sound then, and whose the sound card is.

use std::time::Instant;

use super::super::VoiceEvent;
use super::super::equipment::Needs;
use super::super::shared::Claim;
use super::super::volumes;
use super::Thread;
use crate::media::processing::Processing;
use crate::phone::event::{AudioState, DeviceFigures, DeviceState};

/// The microphone and the speaker that were open last, by name. What is learnt of echo and noise is learnt of these two:
/// it holds while one of them is away, and whatever the ringer does.
#[derive(Default)]
pub(super) struct Pair {
    microphone: Option<String>,
    speaker: Option<String>,
    delivers: bool,
}

impl Pair {
    /// Whether the microphone began or ceased to deliver, be it the one of before.
    fn microphone_comes_or_goes(&mut self, state: &AudioState) -> bool {
        let delivers = state.microphone.open_name().is_some();
        std::mem::replace(&mut self.delivers, delivers) != delivers
    }

    /// Whether one of them became another.
    fn changes(&mut self, state: &AudioState) -> bool {
        let microphone = follow(&mut self.microphone, &state.microphone);
        let speaker = follow(&mut self.speaker, &state.speaker);
        microphone || speaker
    }
}

fn follow(last: &mut Option<String>, state: &DeviceState) -> bool {
    let Some(name) = state.open_name().filter(|name| last.as_deref() != Some(*name)) else { return false };
    *last = Some(name.to_owned());
    true
}

impl Thread {
    pub(super) fn open_what_is_needed(&mut self, now: Instant) {
        self.equipment.tune(self.sound.profile, now);
        let rings = self.tone.as_ref().is_some_and(|tone| tone.rings);
        let needs = Needs { call: !self.calls.is_empty(), tone: self.tone.is_some() && !rings, ringing: rings };
        if let Some(state) = self.equipment.need(needs, now) {
            self.follow(&state);
            self.outbox.tell(VoiceEvent::Audio(state));
        }
        self.mind_the_card();
    }

    /// Devices came or went.
    fn follow(&mut self, state: &AudioState) {
        let before = self.sound.clone();
        self.volumes.follow(state, &mut self.sound);
        self.sound.processing = self.processing();
        if self.pair.changes(state) {
            self.near.restart();
        }
        if self.pair.microphone_comes_or_goes(state) {
            self.near.listen_anew();
        }
        self.apply_sound();
        if self.sound != before {
            self.tell_sound();
        }
    }

    /// What is done to the microphone's sound: nothing, unless it is a device; nothing about echo, unless what is played
    /// goes to one, too.
    pub(super) fn processing(&self) -> Processing {
        if !self.equipment.microphone_is_real() {
            return Processing::NONE;
        }
        let wanted = self.sound.wishes.over(self.sound.profile.processing());
        Processing { echo: wanted.echo && self.equipment.speaker_is_real(), ..wanted }
    }

    /// Does to the sound what is to be done to it.
    pub(super) fn apply_sound(&mut self) {
        let only_rings = self.calls.is_empty() && self.tone.as_ref().is_some_and(|tone| tone.rings);
        let db = if only_rings { self.sound.ringer_db } else { self.sound.speaker_db };
        self.mixer.turn(volumes::factor(db));
        self.ring_mixer.turn(volumes::factor(self.sound.ringer_db));
        self.near.turn(volumes::factor(self.sound.microphone_db));
        if !self.calls.is_empty() {
            self.near.process(self.sound.processing);
            self.near.set_echoes(self.equipment.microphone_is_real() && self.equipment.speaker_is_real());
        }
    }

    /// Claims the sound card of the microphone while there are calls. A call that begins while another phone has it
    /// begins with the microphone off.
    fn mind_the_card(&mut self) {
        let Some(card) = self.equipment.card().filter(|_| !self.calls.is_empty()) else {
            self.claim = self.claim.take().filter(|_| !self.calls.is_empty());
            return;
        };
        if self.calls.iter().all(|sound| sound.claimed) && self.claim.as_ref().is_some_and(|claim| claim.card() == card)
        {
            return;
        }
        let kept = self.claim.take().filter(|claim| claim.card() == card);
        let mut claim = kept.unwrap_or_else(|| Claim::new(self.folder.as_deref(), card));
        let ours = claim.try_again();
        self.claim = Some(claim);
        for sound in self.calls.iter_mut().filter(|sound| !sound.claimed) {
            sound.claimed = true;
            if !ours {
                sound.set_muted(true);
                self.outbox.tell(VoiceEvent::SharedCard { call: sound.call });
            }
        }
    }

    pub(super) fn device_figures(&self) -> DeviceFigures {
        let (now, before) = (self.equipment.figures(), &self.before);
        DeviceFigures {
            overruns: now.overruns.saturating_sub(before.overruns),
            underruns: now.underruns.saturating_sub(before.underruns),
            late_ticks: self.late_ticks,
            erle_db: self.near.erle_db(),
            ..DeviceFigures::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_microphone_or_speaker_changes_the_pair() {
        let working = |name: &str| DeviceState::Working(name.to_owned());
        let state = |microphone: DeviceState, speaker: DeviceState, ringer: DeviceState| AudioState {
            microphone,
            speaker,
            ringer,
        };
        let gone = || DeviceState::Failed("unplugged".to_owned());
        let mut pair = Pair::default();
        assert!(pair.changes(&state(working("mic"), DeviceState::Idle, DeviceState::Idle)));
        assert!(pair.changes(&state(working("mic"), working("lid"), DeviceState::Idle)));
        for same in [
            state(working("mic"), working("lid"), working("bell")),
            state(gone(), working("lid"), gone()),
            state(working("mic"), gone(), DeviceState::Idle),
            state(working("mic"), working("lid"), DeviceState::Absent),
        ] {
            assert!(!pair.changes(&same), "{same:?}");
        }
        let instead = DeviceState::Instead { name: "built in".to_owned(), of: "device:mic".to_owned() };
        assert!(pair.changes(&state(instead, working("lid"), DeviceState::Idle)));
        assert!(pair.changes(&state(working("mic"), working("headset"), DeviceState::Idle)));
    }

    #[test]
    fn a_microphone_that_went_and_came_back_is_listened_to_anew() {
        let state =
            |microphone: DeviceState| AudioState { microphone, speaker: DeviceState::Idle, ringer: DeviceState::Idle };
        let (there, gone) =
            (state(DeviceState::Working("mic".to_owned())), state(DeviceState::Failed("unplugged".to_owned())));
        let mut pair = Pair::default();
        let seen = [&there, &there, &gone, &gone, &there].map(|state| pair.microphone_comes_or_goes(state));
        assert_eq!(seen, [true, false, true, false, true]);
    }
}
