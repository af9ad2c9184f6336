//! Devices that stand in for the chosen ones: said once, whenever one begins to, for those who have no screen.

use crate::phone::event::{AudioDevice, AudioState, DeviceState};
use crate::texts::sound;

/// Which stand in now.
#[derive(Debug, Default)]
pub(crate) struct StandIns(Vec<(AudioDevice, String, String)>);

impl StandIns {
    /// A sentence for each that did not before.
    pub(crate) fn news(&mut self, audio: &AudioState) -> Vec<String> {
        let states = [
            (AudioDevice::Microphone, &audio.microphone),
            (AudioDevice::Speaker, &audio.speaker),
            (AudioDevice::Ringer, &audio.ringer),
        ];
        let now: Vec<_> = states
            .into_iter()
            .filter_map(|(which, state)| match state {
                DeviceState::Instead { name, of } => Some((which, name.clone(), of.clone())),
                DeviceState::Idle | DeviceState::Working(_) | DeviceState::Absent | DeviceState::Failed(_) => None,
            })
            .collect();
        let before = std::mem::replace(&mut self.0, now);
        let fresh = self.0.iter().filter(|one| !before.contains(one));
        fresh.map(|(which, name, of)| sound::instead(*which, name, of)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_once_until_the_chosen_one_is_back() {
        let instead = DeviceState::Instead { name: "Built-in".to_owned(), of: "device:USB".to_owned() };
        let audio = |microphone: &DeviceState, speaker: &DeviceState| AudioState {
            microphone: microphone.clone(),
            speaker: speaker.clone(),
            ..AudioState::default()
        };
        let of = |device| format!("device:USB can't be used as the {device}: Built-in stands in for it");
        let mut told = StandIns::default();
        assert_eq!(told.news(&audio(&instead, &DeviceState::Idle)), [of("microphone")]);
        assert_eq!(told.news(&audio(&instead, &instead)), [of("speaker")]);
        let back = DeviceState::Working("USB".to_owned());
        assert_eq!(told.news(&audio(&back, &instead)), Vec::<String>::new());
        assert_eq!(told.news(&audio(&instead, &instead)), [of("microphone")]);
    }
}
