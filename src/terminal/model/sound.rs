//! The sound popup: its rows, the devices each can be set to, and which devices were lost.

use crate::media::processing::{Noise, Processing, Wishes};
use crate::phone::audio::device::{DeviceInfo, Devices, SinkChoice, SourceChoice};
use crate::phone::event::{AudioDevice, AudioState, DeviceState, SoundState};

/// The quietest and the loudest a device can be set to, dB.
pub const VOLUMES: std::ops::RangeInclusive<i8> = -40..=20;

/// The sound popup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SoundPopup {
    /// Which row is selected.
    pub row: SoundRow,
    /// Which device is selected in the list of the row's devices, while that is open.
    pub device: Option<usize>,
}

/// A row of the sound popup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SoundRow {
    /// The microphone and its volume.
    #[default]
    Microphone,
    /// The speaker and its volume.
    Speaker,
    /// Where ringing is played, and its volume.
    Ringer,
    /// What sound is made for.
    Profile,
    /// Echo cancellation.
    Echo,
    /// Noise suppression.
    Noise,
    /// Gain control.
    Gain,
}

impl SoundRow {
    /// All of them, from top to bottom.
    pub const ALL: [Self; 7] =
        [Self::Microphone, Self::Speaker, Self::Ringer, Self::Profile, Self::Echo, Self::Noise, Self::Gain];

    /// The device of the row, if it is one's.
    pub fn device(self) -> Option<AudioDevice> {
        match self {
            Self::Microphone => Some(AudioDevice::Microphone),
            Self::Speaker => Some(AudioDevice::Speaker),
            Self::Ringer => Some(AudioDevice::Ringer),
            Self::Profile | Self::Echo | Self::Noise | Self::Gain => None,
        }
    }

    /// The row `by` rows on (or back), staying among them.
    pub(crate) fn moved(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|row| *row == self).unwrap_or(0);
        Self::ALL[at.saturating_add_signed(by).min(Self::ALL.len() - 1)]
    }
}

/// A device that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceRow<'a> {
    /// What is chosen by it.
    pub choice: DeviceChoice,
    /// The device itself; `None` for the system's default, and for the ringer's "where calls are".
    pub info: Option<&'a DeviceInfo>,
    /// Whether it is what is chosen now.
    pub current: bool,
}

/// What a row of devices chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceChoice {
    /// A microphone.
    Microphone(SourceChoice),
    /// A speaker.
    Speaker(SinkChoice),
    /// Where ringing is played; `None`: where calls are.
    Ringer(Option<SinkChoice>),
}

/// The devices a part of the sound equipment can be set to: the system's default first.
pub fn device_rows<'a>(which: AudioDevice, devices: &'a Devices, sound: &SoundState) -> Vec<DeviceRow<'a>> {
    let infos = match which {
        AudioDevice::Microphone => &devices.microphones,
        AudioDevice::Speaker | AudioDevice::Ringer => &devices.speakers,
    };
    let sink = |name: Option<String>| name.map_or(SinkChoice::Default, SinkChoice::Device);
    let choice = |name: Option<String>| match which {
        AudioDevice::Microphone => DeviceChoice::Microphone(name.map_or(SourceChoice::Default, SourceChoice::Device)),
        AudioDevice::Speaker => DeviceChoice::Speaker(sink(name)),
        AudioDevice::Ringer => DeviceChoice::Ringer(Some(sink(name))),
    };
    let now = match which {
        AudioDevice::Microphone => DeviceChoice::Microphone(devices.microphone.clone()),
        AudioDevice::Speaker => DeviceChoice::Speaker(devices.speaker.clone()),
        AudioDevice::Ringer => DeviceChoice::Ringer(sound.ringer.clone()),
    };
    let same = (which == AudioDevice::Ringer).then_some((DeviceChoice::Ringer(None), None));
    let default = (!infos.is_empty()).then(|| (choice(None), None));
    let named = infos.iter().map(|info| (choice(Some(info.name.clone())), Some(info)));
    let rows = same.into_iter().chain(default).chain(named);
    rows.map(|(choice, info)| DeviceRow { current: choice == now, choice, info }).collect()
}

/// A part of the processing, as it is wished and as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The word for what is wished: `auto`, `on`, `off`, `standard`, `strong`.
    pub wished: &'static str,
    /// The word for what is done.
    pub done: &'static str,
    /// Why nothing is done, where nobody wished that.
    pub why_off: Option<WhyOff>,
}

/// Why a part of the processing is off though nobody turned it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhyOff {
    /// The profile has it off.
    Profile,
    /// Sound comes from a file or a tone, or there is no device.
    NoDevice,
}

/// How a part of the processing stands; `None` for a row that is none.
pub fn part(row: SoundRow, sound: &SoundState) -> Option<Part> {
    let (wishes, usual, done) = (sound.wishes, sound.profile.processing(), sound.processing);
    let switch = |wish: Option<bool>| match wish {
        None => "auto",
        Some(true) => "on",
        Some(false) => "off",
    };
    let on = |on: bool| if on { "on" } else { "off" };
    let (wished, word, is_on) = match row {
        SoundRow::Echo => (switch(wishes.echo), on(done.echo), done.echo),
        SoundRow::Noise => (wishes.noise.map_or("auto", Noise::as_str), done.noise.as_str(), done.noise != Noise::Off),
        SoundRow::Gain => (switch(wishes.gain), on(done.gain), done.gain),
        SoundRow::Microphone | SoundRow::Speaker | SoundRow::Ringer | SoundRow::Profile => return None,
    };
    let meant = is_part_on(row, wishes.over(usual));
    let why_off = match (is_on, meant, wished) {
        (true, ..) | (false, _, "off") => None,
        (false, true, _) => Some(WhyOff::NoDevice),
        (false, false, _) => Some(WhyOff::Profile),
    };
    Some(Part { wished, done: word, why_off })
}

fn is_part_on(row: SoundRow, processing: Processing) -> bool {
    match row {
        SoundRow::Echo => processing.echo,
        SoundRow::Noise => processing.noise != Noise::Off,
        SoundRow::Gain => processing.gain,
        SoundRow::Microphone | SoundRow::Speaker | SoundRow::Ringer | SoundRow::Profile => false,
    }
}

/// The wishes with the part of `row` set one step on (or back): auto, on, off, and round again.
pub(crate) fn stepped(row: SoundRow, wishes: Wishes, forward: bool) -> Wishes {
    const SWITCH: [Option<bool>; 3] = [None, Some(true), Some(false)];
    const NOISE: [Option<Noise>; 4] = [None, Some(Noise::Off), Some(Noise::Standard), Some(Noise::Strong)];
    match row {
        SoundRow::Echo => Wishes { echo: beside(&SWITCH, wishes.echo, forward), ..wishes },
        SoundRow::Noise => Wishes { noise: beside(&NOISE, wishes.noise, forward), ..wishes },
        SoundRow::Gain => Wishes { gain: beside(&SWITCH, wishes.gain, forward), ..wishes },
        SoundRow::Microphone | SoundRow::Speaker | SoundRow::Ringer | SoundRow::Profile => wishes,
    }
}

/// The value beside `now`; the last and the first are beside each other.
pub(crate) fn beside<T: Copy + PartialEq>(values: &[T], now: T, forward: bool) -> T {
    let at = values.iter().position(|value| *value == now).unwrap_or(0);
    let step = if forward { 1 } else { values.len() - 1 };
    values[(at + step) % values.len()]
}

/// Which devices stopped working while in use, by the name they had, until they or others take over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lost {
    names: [Option<String>; 3],
    /// Which the person asked to change: the next change of theirs is no surprise.
    asked: [bool; 3],
}

/// What became of a device in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It stopped working, and nothing has taken its place: its name, and why, where that is known.
    Gone(String, Option<String>),
    /// It could not be used from the start: why.
    Failed(String),
    /// It could not be used from the start, and another is open in its place: the name of that, and how it was chosen.
    Instead(String, String),
    /// It works again.
    Back(String),
    /// Another took its place: its name, and that of the one before.
    Replaced(String, String),
    /// The person chose it.
    Chosen(String),
}

impl Lost {
    /// The person asked for another device.
    pub(crate) fn ask(&mut self, which: AudioDevice, audio: Option<&AudioState>) {
        let working = audio.is_some_and(|audio| state(audio, which).open_name().is_some());
        self.asked[which as usize] = working;
        self.names[which as usize] = None;
    }

    /// A device went from one state to another: what a person should know of that.
    pub(crate) fn turn(&mut self, which: AudioDevice, before: &DeviceState, now: &DeviceState) -> Option<Turn> {
        if let DeviceState::Instead { name, of } = now {
            let worked = before.open_name().is_some() || self.names[which as usize].is_some();
            if before != now && (self.asked[which as usize] || !worked) {
                self.asked[which as usize] = false;
                return Some(Turn::Instead(name.clone(), of.clone()));
            }
        }
        // A device in place of the chosen one is one that works.
        let (before, now) = (&flat(before), &flat(now));
        if before == now {
            return None;
        }
        let asked = std::mem::take(&mut self.asked[which as usize]);
        let lost = &mut self.names[which as usize];
        match (before, now) {
            (DeviceState::Working(_), DeviceState::Working(name)) if asked => Some(Turn::Chosen(name.clone())),
            (DeviceState::Working(_), DeviceState::Working(name)) if lost.as_ref() == Some(name) => {
                *lost = None;
                Some(Turn::Back(name.clone()))
            }
            (DeviceState::Working(old), DeviceState::Working(name)) => {
                let replaced = Turn::Replaced(name.clone(), old.clone());
                lost.get_or_insert_with(|| old.clone());
                Some(replaced)
            }
            (DeviceState::Working(old), DeviceState::Absent) => {
                let name = lost.get_or_insert_with(|| old.clone());
                Some(Turn::Gone(name.clone(), None))
            }
            (DeviceState::Working(old), DeviceState::Failed(why)) => {
                let name = lost.get_or_insert_with(|| old.clone());
                Some(Turn::Gone(name.clone(), Some(why.clone())))
            }
            (DeviceState::Idle | DeviceState::Absent, DeviceState::Failed(why)) if lost.is_none() => {
                Some(Turn::Failed(why.clone()))
            }
            (DeviceState::Absent | DeviceState::Failed(_), DeviceState::Working(name)) => match lost.take() {
                Some(old) if old == *name => Some(Turn::Back(old)),
                // The one before may still come back.
                Some(old) => {
                    *lost = Some(old.clone());
                    Some(Turn::Replaced(name.clone(), old))
                }
                None => None,
            },
            (_, DeviceState::Idle) => {
                *lost = None;
                None
            }
            (DeviceState::Idle, DeviceState::Working(_) | DeviceState::Absent)
            | (DeviceState::Absent | DeviceState::Failed(_), DeviceState::Absent | DeviceState::Failed(_))
            | (DeviceState::Idle, DeviceState::Failed(_))
            | (DeviceState::Instead { .. }, _)
            | (_, DeviceState::Instead { .. }) => None,
        }
    }
}

fn flat(state: &DeviceState) -> DeviceState {
    state.open_name().map_or_else(|| state.clone(), |name| DeviceState::Working(name.to_owned()))
}

/// The state of one part of the sound equipment.
pub fn state(audio: &AudioState, which: AudioDevice) -> &DeviceState {
    match which {
        AudioDevice::Microphone => &audio.microphone,
        AudioDevice::Speaker => &audio.speaker,
        AudioDevice::Ringer => &audio.ringer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::profile::Profile;

    fn of(profile: Profile, wishes: Wishes, processing: Processing) -> SoundState {
        SoundState { profile, wishes, processing, ..SoundState::default() }
    }

    #[test]
    fn a_part_says_what_is_wished_what_is_done_and_why_nothing_is() {
        let told = |row, sound: &SoundState| {
            let part = part(row, sound).unwrap();
            (part.wished, part.done, part.why_off)
        };
        let headset = of(Profile::Headset, Wishes::default(), Profile::Headset.processing());
        assert_eq!(told(SoundRow::Echo, &headset), ("auto", "off", Some(WhyOff::Profile)));
        assert_eq!(told(SoundRow::Gain, &headset), ("auto", "on", None));
        let file = of(Profile::Standard, Wishes { echo: Some(true), ..Wishes::default() }, Processing::NONE);
        assert_eq!(told(SoundRow::Echo, &file), ("on", "off", Some(WhyOff::NoDevice)));
        assert_eq!(told(SoundRow::Noise, &file), ("auto", "off", Some(WhyOff::NoDevice)));
        let off = of(Profile::Standard, Wishes { noise: Some(Noise::Off), ..Wishes::default() }, Processing::NONE);
        assert_eq!(told(SoundRow::Noise, &off), ("off", "off", None));
        assert_eq!(part(SoundRow::Profile, &off), None);
    }

    #[test]
    fn wishes_go_round() {
        let mut wishes = Wishes::default();
        let mut seen = Vec::new();
        for _ in 0..4 {
            wishes = stepped(SoundRow::Noise, wishes, true);
            seen.push(wishes.noise);
        }
        assert_eq!(seen, [Some(Noise::Off), Some(Noise::Standard), Some(Noise::Strong), None]);
        assert_eq!(stepped(SoundRow::Echo, wishes, false).echo, Some(false));
    }

    #[test]
    fn a_lost_device_is_told_when_it_goes_is_replaced_and_comes_back() {
        let working = |name: &str| DeviceState::Working(name.to_owned());
        let mut lost = Lost::default();
        let mut turn = |before: &DeviceState, now: &DeviceState| lost.turn(AudioDevice::Microphone, before, now);
        let (usb, inner) = (working("USB"), working("inner"));
        assert_eq!(turn(&DeviceState::Idle, &usb), None);
        let failed = DeviceState::Failed("unplugged".to_owned());
        assert_eq!(turn(&usb, &failed), Some(Turn::Gone("USB".to_owned(), Some("unplugged".to_owned()))));
        assert_eq!(turn(&failed, &DeviceState::Failed("busy".to_owned())), None);
        assert_eq!(turn(&failed, &inner), Some(Turn::Replaced("inner".to_owned(), "USB".to_owned())));
        assert_eq!(turn(&inner, &usb), Some(Turn::Back("USB".to_owned())));
        assert_eq!(turn(&usb, &inner), Some(Turn::Replaced("inner".to_owned(), "USB".to_owned())));
        assert_eq!(turn(&inner, &DeviceState::Idle), None);
        assert_eq!(turn(&DeviceState::Idle, &failed), Some(Turn::Failed("unplugged".to_owned())));
    }

    #[test]
    fn a_device_that_can_not_be_used_from_the_start_is_told_with_what_stands_in() {
        let instead = DeviceState::Instead { name: "inner".to_owned(), of: "device:USB".to_owned() };
        let told = Some(Turn::Instead("inner".to_owned(), "device:USB".to_owned()));
        let mut lost = Lost::default();
        assert_eq!(lost.turn(AudioDevice::Microphone, &DeviceState::Idle, &instead), told);
        assert_eq!(lost.turn(AudioDevice::Microphone, &instead, &instead), None);
        // One that worked is told as gone, and what takes its place as that.
        let mut lost = Lost::default();
        let (usb, failed) = (DeviceState::Working("USB".to_owned()), DeviceState::Failed("unplugged".to_owned()));
        assert!(matches!(lost.turn(AudioDevice::Microphone, &usb, &failed), Some(Turn::Gone(..))));
        let replaced = Turn::Replaced("inner".to_owned(), "USB".to_owned());
        assert_eq!(lost.turn(AudioDevice::Microphone, &failed, &instead), Some(replaced));
        // One that was asked for just now, while another worked.
        let mut lost = Lost::default();
        let inner = DeviceState::Working("inner".to_owned());
        let audio = AudioState { microphone: inner.clone(), ..AudioState::default() };
        lost.ask(AudioDevice::Microphone, Some(&audio));
        assert_eq!(lost.turn(AudioDevice::Microphone, &inner, &instead), told);
    }

    #[test]
    fn a_device_that_was_asked_for_is_no_surprise() {
        let working = |name: &str| DeviceState::Working(name.to_owned());
        let audio = AudioState { microphone: working("a"), speaker: DeviceState::Idle, ringer: DeviceState::Idle };
        let mut lost = Lost::default();
        lost.ask(AudioDevice::Microphone, Some(&audio));
        lost.ask(AudioDevice::Speaker, Some(&audio));
        let turned = lost.turn(AudioDevice::Microphone, &working("a"), &working("b"));
        assert_eq!(turned, Some(Turn::Chosen("b".to_owned())));
        // A choice made while the speaker rested says nothing about a change during a call.
        let turned = lost.turn(AudioDevice::Speaker, &working("x"), &working("y"));
        assert_eq!(turned, Some(Turn::Replaced("y".to_owned(), "x".to_owned())));
    }
}
