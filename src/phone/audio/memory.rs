//! How loud each device was set, by its name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::phone::event::AudioDevice;

/// What is known of devices.
#[derive(Debug, Default)]
pub(super) struct Memory(BTreeMap<(AudioDevice, String), i8>);

impl Memory {
    /// What was remembered in a folder, or nothing.
    pub(super) fn open(_: Option<&Path>) -> Self {
        Self::default()
    }

    /// How much a device is turned up or down, dB.
    pub(super) fn gain_of(&self, device: AudioDevice, name: &str) -> i8 {
        self.0.get(&(device, name.to_owned())).copied().unwrap_or(0)
    }

    /// A device was turned up or down.
    pub(super) fn remember(&mut self, device: AudioDevice, name: &str, db: i8) {
        self.0.insert((device, name.to_owned()), db);
    }
}
