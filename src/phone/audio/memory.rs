//! What is remembered of each sound device: how loud it was set, and how large its buffers have to be. A small file; a
//! broken one is begun anew, for nothing in it is worth a refusal.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::buffering::Habit;
use crate::phone::event::AudioDevice;

const FILE: &str = "sound.json";

/// Devices that are remembered of each kind; then the one set longest ago is forgotten.
const MOST: usize = 100;
/// A longer name is cut to this, bytes.
const LONGEST_NAME: usize = 200;
/// A larger file is not read, bytes.
const LARGEST_FILE: u64 = 1 << 20;

/// The memory. Its verbs never fail: what can't be written is remembered for as long as the program runs.
#[derive(Debug)]
pub(super) struct Memory {
    path: Option<PathBuf>,
    kept: Kept,
    /// What was set and could not be written, to be laid over whatever the file holds.
    unwritten: BTreeMap<String, BTreeMap<String, About>>,
}

/// What the file holds.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// By kind, then by name.
    devices: BTreeMap<String, BTreeMap<String, About>>,
    /// How often anything was set.
    set: u64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct About {
    #[serde(skip_serializing_if = "Option::is_none")]
    gain_db: Option<i8>,
    #[serde(flatten)]
    habit: Habit,
    /// The count of [`Kept::set`] when it was set last.
    set: u64,
}

impl Memory {
    /// Reads what the file in `folder` holds; without a folder, nothing lasts.
    pub(super) fn open(folder: Option<&Path>) -> Self {
        let path = folder.map(|folder| folder.join(FILE));
        let kept = path.as_deref().map(read).unwrap_or_default();
        Self { path, kept, unwritten: BTreeMap::new() }
    }

    /// How much a device is turned up, dB; 0 if nobody ever did.
    pub(super) fn gain_of(&self, device: AudioDevice, name: &str) -> i8 {
        self.about(device, name).and_then(|about| about.gain_db).unwrap_or(0)
    }

    /// A device is turned up, or down.
    pub(super) fn remember(&mut self, device: AudioDevice, name: &str, db: i8) {
        self.set(device, name, |about| about.gain_db = Some(db));
    }

    /// What is known of the buffers it needs.
    pub(super) fn habit_of(&self, device: AudioDevice, name: &str) -> Habit {
        self.about(device, name).map(|about| about.habit).unwrap_or_default()
    }

    /// Its buffers have to be like this.
    pub(super) fn remember_habit(&mut self, device: AudioDevice, name: &str, habit: Habit) {
        self.set(device, name, |about| about.habit = habit);
    }

    fn about(&self, device: AudioDevice, name: &str) -> Option<&About> {
        self.kept.devices.get(word(device))?.get(short(name))
    }

    fn set(&mut self, device: AudioDevice, name: &str, change: impl Fn(&mut About)) {
        // Others may have written meanwhile: another phone of this user, another part of this one.
        if let Some(path) = self.path.as_deref().filter(|path| path.exists()) {
            self.kept = read(path);
            self.kept.lay_over(&self.unwritten);
        }
        let before = self.about(device, name).copied().unwrap_or_default();
        let mut about = before;
        change(&mut about);
        if about == before {
            return;
        }
        self.kept.set = self.kept.set.saturating_add(1);
        about.set = self.kept.set;
        insert(&mut self.kept.devices, device, name, about);
        let Some(path) = &self.path else { return };
        match write(path, &self.kept) {
            Ok(()) => self.unwritten.clear(),
            Err(error) => {
                tracing::debug!(%error, path = %path.display(), "what is known of sound devices can't be written");
                let known = self.unwritten.get(word(device)).and_then(|devices| devices.get(short(name)));
                let mut unwritten = known.copied().unwrap_or_default();
                change(&mut unwritten);
                insert(&mut self.unwritten, device, name, About { set: about.set, ..unwritten });
            }
        }
    }
}

impl Kept {
    fn lay_over(&mut self, unwritten: &BTreeMap<String, BTreeMap<String, About>>) {
        for (device, name, about) in unwritten
            .iter()
            .flat_map(|(device, devices)| devices.iter().map(move |(name, about)| (device, name, about)))
        {
            let known = self.devices.entry(device.clone()).or_default().entry(name.clone()).or_default();
            known.gain_db = about.gain_db.or(known.gain_db);
            known.set = about.set.max(known.set);
            if about.habit != Habit::default() {
                known.habit = about.habit;
            }
            self.set = self.set.max(about.set);
        }
    }
}

/// Puts it in; then the ones set longest ago make room.
fn insert(all: &mut BTreeMap<String, BTreeMap<String, About>>, device: AudioDevice, name: &str, about: About) {
    let devices = all.entry(word(device).to_owned()).or_default();
    devices.insert(short(name).to_owned(), about);
    while devices.len() > MOST {
        let Some(oldest) = devices.iter().min_by_key(|(_, about)| about.set).map(|(name, _)| name.clone()) else {
            break;
        };
        devices.remove(&oldest);
    }
}

fn word(device: AudioDevice) -> &'static str {
    match device {
        AudioDevice::Microphone => "microphone",
        AudioDevice::Speaker => "speaker",
        AudioDevice::Ringer => "ringer",
    }
}

fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST_NAME)]
}

fn read(path: &Path) -> Kept {
    let known = match fs::metadata(path) {
        Ok(about) if about.len() <= LARGEST_FILE => {
            fs::read(path).ok().and_then(|text| serde_json::from_slice(&text).ok())
        }
        Ok(_) => None,
        Err(_) => return Kept::default(),
    };
    let mut kept: Kept = known.unwrap_or_else(|| {
        tracing::info!(path = %path.display(), "what was known of sound devices can't be read: it is begun anew");
        Kept::default()
    });
    kept.devices.values_mut().for_each(|devices| while devices.len() > MOST && devices.pop_last().is_some() {});
    kept
}

/// Whole or not at all: it is written beside, and put in place.
fn write(path: &Path, kept: &Kept) -> std::io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    fs::write(&beside, serde_json::to_vec_pretty(kept)?)?;
    fs::rename(&beside, path).inspect_err(|_| {
        fs::remove_file(&beside).ok();
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn habit(step: u8) -> Habit {
        serde_json::from_value(serde_json::json!({ "step": step })).unwrap()
    }

    #[test]
    fn what_was_set_is_known_the_next_time_by_kind_and_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::open(Some(folder.path()));
        memory.remember(AudioDevice::Microphone, "Desk", -6);
        memory.remember(AudioDevice::Speaker, "Desk", 9);
        memory.remember_habit(AudioDevice::Speaker, "Desk", habit(3));
        let memory = Memory::open(Some(folder.path()));
        assert_eq!(memory.gain_of(AudioDevice::Microphone, "Desk"), -6);
        assert_eq!(memory.gain_of(AudioDevice::Speaker, "Desk"), 9);
        assert_eq!(memory.gain_of(AudioDevice::Ringer, "Desk"), 0);
        assert_eq!(memory.gain_of(AudioDevice::Speaker, "Headset"), 0);
        assert_eq!(memory.habit_of(AudioDevice::Speaker, "Desk"), habit(3));
        assert_eq!(memory.habit_of(AudioDevice::Microphone, "Desk"), Habit::default());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_broken_file_is_begun_anew_and_no_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let cases: [&[u8]; 4] = [b"", b"{\"devices\":[1]}", b"\xff\xfe", &[b' '; (LARGEST_FILE + 1) as usize]];
        for bytes in cases {
            fs::write(&path, bytes).unwrap();
            let mut memory = Memory::open(Some(folder.path()));
            assert_eq!(memory.gain_of(AudioDevice::Speaker, "Desk"), 0);
            memory.remember(AudioDevice::Speaker, "Desk", 3);
            assert_eq!(Memory::open(Some(folder.path())).gain_of(AudioDevice::Speaker, "Desk"), 3);
        }
        let mut nowhere = Memory::open(Some(&folder.path().join("no/such/folder")));
        nowhere.remember(AudioDevice::Speaker, "Desk", 4);
        let mut nothing = Memory::open(None);
        nothing.remember(AudioDevice::Speaker, "Desk", 5);
        let gains = [nowhere, nothing].map(|memory| memory.gain_of(AudioDevice::Speaker, "Desk"));
        assert_eq!(gains, [4, 5], "for as long as the program runs");
    }

    #[test]
    fn two_that_write_do_not_forget_what_the_other_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let [mut one, mut two] = [(), ()].map(|()| Memory::open(Some(folder.path())));
        one.remember(AudioDevice::Speaker, "Desk", -6);
        two.remember_habit(AudioDevice::Speaker, "Desk", habit(3));
        one.remember(AudioDevice::Speaker, "Headset", 2);
        let memory = Memory::open(Some(folder.path()));
        assert_eq!(memory.gain_of(AudioDevice::Speaker, "Desk"), -6);
        assert_eq!(memory.habit_of(AudioDevice::Speaker, "Desk"), habit(3));
        assert_eq!(memory.gain_of(AudioDevice::Speaker, "Headset"), 2);
    }

    #[test]
    fn what_can_not_be_written_is_known_all_the_same_and_written_later() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::open(Some(folder.path()));
        memory.remember(AudioDevice::Speaker, "Desk", -6);
        let in_the_way = folder.path().join(FILE).with_extension(format!("{}.new", std::process::id()));
        fs::create_dir(&in_the_way).unwrap();
        memory.remember_habit(AudioDevice::Speaker, "Desk", habit(3));
        memory.remember(AudioDevice::Speaker, "Headset", 4);
        memory.remember(AudioDevice::Speaker, "Headset", 5);
        let knows = |memory: &Memory| {
            assert_eq!(memory.gain_of(AudioDevice::Speaker, "Desk"), -6);
            assert_eq!(memory.habit_of(AudioDevice::Speaker, "Desk"), habit(3));
            assert_eq!(memory.gain_of(AudioDevice::Speaker, "Headset"), 5);
        };
        knows(&memory);
        fs::remove_dir(&in_the_way).unwrap();
        memory.remember(AudioDevice::Microphone, "Desk", 1);
        knows(&Memory::open(Some(folder.path())));
    }

    #[test]
    fn it_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = Memory::open(Some(folder.path()));
        let name = |n: usize| format!("{n} {}", "ä".repeat(300));
        (1..=MOST + 20).for_each(|n| memory.remember(AudioDevice::Speaker, &name(n), 1));
        assert_eq!(memory.kept.devices["speaker"].len(), MOST);
        assert_eq!(memory.gain_of(AudioDevice::Speaker, &name(1)), 0, "set longest ago");
        assert_eq!(memory.gain_of(AudioDevice::Speaker, &name(MOST + 20)), 1);
        assert!(fs::metadata(folder.path().join(FILE)).unwrap().len() < 60_000);
    }
}
