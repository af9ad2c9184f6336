//! How loud each device is set: what is remembered of the one that was opened, and what is set while none is.

use super::super::memory::Memory;
use super::equipment::name_of;
use crate::phone::event::{AudioDevice, AudioState, SoundState};

/// How far a device can be turned down and up, dB.
const LOWEST_DB: i8 = -40;
const HIGHEST_DB: i8 = 20;

/// The volumes of the devices in use.
pub(super) struct Volumes {
    memory: Memory,
    places: [Place; 3],
}

/// One device, and the name of what was opened there last.
struct Place {
    device: AudioDevice,
    name: Option<String>,
    /// Whether it was set before its name was known.
    unsaved: bool,
}

impl Volumes {
    pub(super) fn new(memory: Memory) -> Self {
        let place = |device| Place { device, name: None, unsaved: false };
        let places = [AudioDevice::Microphone, AudioDevice::Speaker, AudioDevice::Ringer].map(place);
        Self { memory, places }
    }

    /// Turns a device up or down, and remembers it.
    pub(super) fn set(&mut self, device: AudioDevice, db: i8, sound: &mut SoundState) {
        let db = db.clamp(LOWEST_DB, HIGHEST_DB);
        *level(sound, device) = db;
        let Some(place) = self.places.iter_mut().find(|place| place.device == device) else { return };
        match &place.name {
            Some(name) => self.memory.remember(device, name, db),
            None => place.unsaved = true,
        }
    }

    /// Devices came or went: what is open now is as loud as it was set. Says whether that changed anything.
    pub(super) fn follow(&mut self, state: &AudioState, sound: &mut SoundState) -> bool {
        let before = (sound.microphone_db, sound.speaker_db, sound.ringer_db);
        for place in &mut self.places {
            let open = match place.device {
                AudioDevice::Microphone => &state.microphone,
                AudioDevice::Speaker => &state.speaker,
                // Where it rings is where calls are played, unless it has a device of its own.
                AudioDevice::Ringer if sound.ringer.is_none() => &state.speaker,
                AudioDevice::Ringer => &state.ringer,
            };
            let Some(name) = name_of(open) else { continue };
            if place.name.as_deref() == Some(name) {
                continue;
            }
            let db = level(sound, place.device);
            if std::mem::take(&mut place.unsaved) {
                self.memory.remember(place.device, name, *db);
            } else {
                *db = self.memory.gain_of(place.device, name).clamp(LOWEST_DB, HIGHEST_DB);
            }
            place.name = Some(name.to_owned());
        }
        before != (sound.microphone_db, sound.speaker_db, sound.ringer_db)
    }
}

fn level(sound: &mut SoundState, device: AudioDevice) -> &mut i8 {
    match device {
        AudioDevice::Microphone => &mut sound.microphone_db,
        AudioDevice::Speaker => &mut sound.speaker_db,
        AudioDevice::Ringer => &mut sound.ringer_db,
    }
}

/// So many dB as a factor of the amplitude.
pub(super) fn factor(db: i8) -> f32 {
    10_f32.powf(f32::from(db) / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::event::DeviceState;

    #[test]
    fn each_device_comes_back_as_loud_as_it_was_set() {
        let mut volumes = Volumes::new(Memory::open(None));
        let mut sound = SoundState::default();
        volumes.set(AudioDevice::Speaker, 6, &mut sound);
        assert!(!volumes.follow(&speaker("A"), &mut sound), "set before it was opened, it stays");
        assert!(volumes.follow(&speaker("B"), &mut sound));
        assert_eq!((sound.speaker_db, sound.ringer_db), (0, 0));
        volumes.set(AudioDevice::Speaker, -100, &mut sound);
        assert_eq!(sound.speaker_db, LOWEST_DB);
        assert!(volumes.follow(&speaker("A"), &mut sound) && sound.speaker_db == 6);
        let nothing = AudioState { speaker: DeviceState::Idle, ..speaker("") };
        assert!(!volumes.follow(&nothing, &mut sound) && sound.speaker_db == 6);
        assert!(volumes.follow(&speaker("B"), &mut sound) && sound.speaker_db == LOWEST_DB);
    }

    #[test]
    fn it_rings_as_loud_as_it_is_set_where_it_rings() {
        let mut volumes = Volumes::new(Memory::open(None));
        let mut sound = SoundState::default();
        volumes.follow(&speaker("A"), &mut sound);
        volumes.set(AudioDevice::Ringer, -10, &mut sound);
        sound.ringer = Some(crate::phone::audio::device::SinkChoice::Nowhere);
        let apart = AudioState { ringer: DeviceState::Working("Bell".into()), ..speaker("A") };
        assert!(volumes.follow(&apart, &mut sound) && sound.ringer_db == 0);
        assert!((factor(20) - 10.0).abs() < 1e-4 && (factor(0) - 1.0).abs() < 1e-6);
    }

    fn speaker(name: &str) -> AudioState {
        AudioState {
            microphone: DeviceState::Idle,
            speaker: DeviceState::Working(name.to_owned()),
            ringer: DeviceState::Idle,
        }
    }
}
