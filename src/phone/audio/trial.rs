//! Trying a microphone and a speaker, without a call: chirps are played and listened for, somebody speaks, and hears how
//! they sound. What is made of the recordings is `media::trial`'s; the session here only plays and records, over the same
//! sources and sinks as the voice thread.

use std::time::{Duration, Instant};

use super::buffering::{self, Opening};
use super::device::{SinkChoice, SourceChoice};
use super::sink::Sink;
use super::source::{Health, Source, Taken};
use super::streams::OpenError;
use super::voice::ports::{Kind, Microphone, Speaker};
use crate::base::clock;
use crate::media::level::Meter;
use crate::media::opus::Encoding;
use crate::media::packet::TICK;
use crate::media::tick::Tick;
use crate::media::trial::{self, ECHO_WITHIN_MS, Echo, Spoken};
use crate::phone::event::AudioDevice;

/// How long somebody is asked to speak.
pub const SPEAKING: Duration = Duration::from_secs(4);

/// Ticks that pass before anything is measured: devices begin unevenly.
const SETTLING: usize = 50;

/// Ticks of silence at the end, until the last of what was played is out of all buffers.
const DRAINING: usize = 40;

/// Ticks between two levels that are told.
const LEVEL_EVERY: usize = 10;

/// How often it looks for sound to take and to play.
const STEP: Duration = Duration::from_millis(5);

/// How long a device may take or give nothing before it counts as stuck.
const LATEST: Duration = Duration::from_secs(4);

/// What to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// Where to record from.
    pub microphone: SourceChoice,
    /// Where to play.
    pub speaker: SinkChoice,
    /// How calls are encoded.
    pub encoding: Encoding,
}

/// What goes on in a trial, for whoever takes part in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Step {
    /// Chirps are played; be quiet, please.
    Listening,
    /// Speak now.
    Speak,
    /// How loud it is, while one speaks, dBFS.
    Level(f32),
    /// What was spoken is played.
    Playing,
}

/// How a trial went.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The name of the microphone.
    pub microphone: String,
    /// The name of the speaker.
    pub speaker: String,
    /// What comes back of the speaker.
    pub echo: EchoFound,
    /// What somebody spoke.
    pub spoken: Spoken,
}

/// What comes back of the speaker.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EchoFound {
    /// It was not looked for: one of the two is a file, a tone or nothing, which has no echo.
    NoDevices,
    /// None is heard.
    None,
    /// It is heard.
    Some(Echo),
}

/// A device that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Trouble {
    /// Which.
    pub device: AudioDevice,
    /// Why, for a person.
    pub why: String,
}

impl Trial {
    /// Tries it, which takes about 12 s: not for a thread that must not wait.
    ///
    /// # Errors
    /// [`Trouble`] when a device can't be opened, or stops working.
    pub fn run(&self, mut tell: impl FnMut(Step)) -> Result<Outcome, Trouble> {
        let mut session = Session::open(self)?;
        let echo = if self.between_devices() {
            tell(Step::Listening);
            session.listen()?
        } else {
            EchoFound::NoDevices
        };
        tell(Step::Speak);
        let mut sound = session.record(&mut tell)?;
        let spoken = trial::judge(&sound);
        tell(Step::Playing);
        // Who can't be encoded is heard as they are: what fails then is no device.
        if let Ok(coded) = trial::coded(&sound, self.encoding) {
            sound = coded;
        }
        session.play(&sound)?;
        Ok(Outcome { microphone: session.microphone, speaker: session.speaker, echo, spoken })
    }

    fn between_devices(&self) -> bool {
        matches!(self.microphone, SourceChoice::Default | SourceChoice::Device(_))
            && matches!(self.speaker, SinkChoice::Default | SinkChoice::Device(_))
    }
}

/// Two open devices.
struct Session {
    source: Box<dyn Source>,
    sink: Box<dyn Sink>,
    microphone: String,
    speaker: String,
}

/// What a part of a trial recorded.
#[derive(Default)]
struct Recording {
    /// What was taken from the microphone.
    sound: Vec<f32>,
    /// How much of it there was when the first sample was played.
    played_at: Option<usize>,
    /// Whether the file that is the microphone is over.
    over: bool,
}

impl Session {
    fn open(trial: &Trial) -> Result<Self, Trouble> {
        let opening = Opening::default();
        let (source, microphone) = Microphone::open(&trial.microphone, opening, buffering::Step::first(opening))
            .map_err(|error| trouble(AudioDevice::Microphone, error))?;
        let (sink, speaker) = Speaker::open(&trial.speaker, opening, buffering::Step::first(opening))
            .map_err(|error| trouble(AudioDevice::Speaker, error))?;
        Ok(Self { source, sink, microphone, speaker })
    }

    /// Plays the chirps, and looks for them in what is heard.
    fn listen(&mut self) -> Result<EchoFound, Trouble> {
        self.pass(&[], SETTLING * TICK, |_| ())?;
        let chirps = trial::chirps();
        let tail = ECHO_WITHIN_MS as usize / 10 * TICK;
        let heard = self.pass(&chirps, chirps.len() + tail + SETTLING * TICK, |_| ())?;
        let since = heard.played_at.unwrap_or_default().min(heard.sound.len());
        Ok(trial::find_echo(&heard.sound[since..]).map_or(EchoFound::None, EchoFound::Some))
    }

    /// Records somebody who speaks; a file is recorded to its end, if that comes earlier.
    fn record(&mut self, tell: &mut impl FnMut(Step)) -> Result<Vec<f32>, Trouble> {
        let (mut meter, mut ticks) = (Meter::default(), 0);
        let wanted = SPEAKING.as_millis() as usize / 10 * TICK;
        let heard = self.pass(&[], wanted, |tick| {
            meter.add(tick.power());
            ticks += 1;
            if ticks % LEVEL_EVERY == 0 {
                tell(Step::Level(meter.take()));
            }
        })?;
        Ok(heard.sound)
    }

    fn play(&mut self, sound: &[f32]) -> Result<(), Trouble> {
        self.pass(sound, sound.len() + DRAINING * TICK, |_| ())?;
        self.sink.rest();
        Ok(())
    }

    /// Plays `play`, then silence, and records until it has `wanted` samples, or a file is over, and all is played.
    fn pass(&mut self, play: &[f32], wanted: usize, mut hear: impl FnMut(&Tick)) -> Result<Recording, Trouble> {
        let mut rest = play.chunks(TICK);
        let mut heard = Recording::default();
        let (mut before, mut deadline) = (0, clock::now() + LATEST);
        self.source.start();
        self.sink.start();
        loop {
            let now = clock::now();
            self.take(&mut heard, wanted, &mut hear, now);
            self.put(&mut rest, &mut heard, now);
            let recorded = heard.sound.len() >= wanted || heard.over && rest.len() == 0;
            if recorded && rest.len() == 0 {
                return Ok(heard);
            }
            // Sound of the microphone is awaited first, then that the speaker takes the rest.
            let awaited = if recorded { rest.len() } else { heard.sound.len() };
            if awaited != before {
                (before, deadline) = (awaited, now + LATEST);
            }
            self.check(deadline, recorded, now)?;
            std::thread::sleep(STEP);
        }
    }

    fn take(&mut self, heard: &mut Recording, wanted: usize, hear: &mut impl FnMut(&Tick), now: Instant) {
        let mut tick = Tick::default();
        while heard.sound.len() < wanted {
            match self.source.take(&mut tick, now) {
                Taken::NotYet => return,
                // What follows a file is silence that nobody spoke, however much of it is due.
                Taken::Over => {
                    heard.over = true;
                    return;
                }
                Taken::Sound => {
                    hear(&tick);
                    heard.sound.extend_from_slice(tick.mono_mut());
                }
            }
        }
    }

    fn put(&mut self, rest: &mut std::slice::Chunks<'_, f32>, heard: &mut Recording, now: Instant) {
        while self.sink.wants(now) {
            let mut tick = Tick::default();
            if let Some(piece) = rest.next() {
                heard.played_at.get_or_insert(heard.sound.len());
                tick.mono_mut()[..piece.len()].copy_from_slice(piece);
            }
            self.sink.put(&tick);
        }
    }

    /// Whether both devices still work.
    fn check(&mut self, deadline: Instant, recorded: bool, now: Instant) -> Result<(), Trouble> {
        if let Health::Over(why) = self.source.health() {
            return Err(Trouble { device: AudioDevice::Microphone, why: why.to_owned() });
        }
        if let Health::Over(why) = self.sink.health() {
            return Err(Trouble { device: AudioDevice::Speaker, why: why.to_owned() });
        }
        if now < deadline {
            return Ok(());
        }
        Err(if recorded {
            Trouble { device: AudioDevice::Speaker, why: "the speaker takes no sound".to_owned() }
        } else {
            Trouble { device: AudioDevice::Microphone, why: "the microphone gives no sound".to_owned() }
        })
    }
}

fn trouble(device: AudioDevice, error: OpenError) -> Trouble {
    let why = match error {
        OpenError::Failed(why) => why,
        OpenError::Absent if device == AudioDevice::Microphone => "there is no microphone".to_owned(),
        OpenError::Absent => "there is no speaker".to_owned(),
    };
    Trouble { device, why }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::tones::strength;
    use crate::media::trial::Voice;
    use crate::phone::audio::wav::{WavReader, WavWriter};

    #[test]
    fn a_file_that_speaks_is_judged_and_heard_again() {
        let folder = tempfile::tempdir().unwrap();
        let (said, heard) = (folder.path().join("said.wav"), folder.path().join("heard.wav"));
        let mut writer = WavWriter::create(&said, 1).unwrap();
        let sound: Vec<f32> = (0..48_000).map(word).collect();
        sound.chunks(TICK).for_each(|piece| writer.write(piece));
        drop(writer);

        let mut steps = Vec::new();
        let trial = Trial {
            microphone: SourceChoice::File(said),
            speaker: SinkChoice::File(heard.clone()),
            encoding: Encoding::SPEECH,
        };
        let outcome = trial.run(|step| steps.push(step)).unwrap();
        assert_eq!((outcome.echo, outcome.spoken.voice), (EchoFound::NoDevices, Voice::Good), "{outcome:?}");
        assert!((-16.0..-12.0).contains(&outcome.spoken.dbfs), "{outcome:?}");
        let levels = steps.iter().filter(|step| matches!(step, Step::Level(_))).count();
        assert_eq!((steps[0], steps[steps.len() - 1], levels), (Step::Speak, Step::Playing, 10), "{steps:?}");

        let (mut reader, mut played, mut tick) = (WavReader::open(&heard).unwrap(), Vec::new(), Tick::default());
        while let samples @ 1.. = reader.read(&mut tick) {
            played.extend_from_slice(&tick.left()[..samples]);
        }
        let loud = played.chunks_exact(2400).filter(|piece| strength(piece, 440.0) > 0.1).count();
        assert!((8..=13).contains(&loud), "half a second of {} s: {loud}", played.len() / 48_000);
    }

    #[test]
    fn a_device_that_is_not_there_is_named() {
        let trial = Trial {
            microphone: SourceChoice::File("/nowhere/voice.wav".into()),
            speaker: SinkChoice::Nowhere,
            encoding: Encoding::SPEECH,
        };
        let trouble = trial.run(|_| ()).unwrap_err();
        assert_eq!(trouble.device, AudioDevice::Microphone);
        assert!(trouble.why.contains("/nowhere/voice.wav"), "{trouble}");
    }

    /// Half a second of tone, half a second of hardly anything.
    fn word(n: usize) -> f32 {
        let gain = if n < 24_000 { 0.3 } else { 0.0005 };
        (n as f32 * 0.0576).sin() * gain
    }
}
