//! The two kinds of ports: what a microphone and a speaker may be, and how each is opened.

use super::super::buffering::{Opening, Step};
use super::super::cards::{self, Direction};
use super::super::device::{SinkChoice, SourceChoice};
use super::super::sink::{FileSink, Nowhere, Sink};
use super::super::source::{FileSource, Health, Silence, Sine, Source};
use super::super::streams::{self, OpenError};
use super::ports::Kind;
use super::supervision::Nature;
use crate::phone::event::{AudioDevice, DeviceFigures};

/// The kind of port sound is taken from.
pub(super) struct Microphone;

impl Kind for Microphone {
    type Choice = SourceChoice;
    type Port = dyn Source;
    const DEVICE: AudioDevice = AudioDevice::Microphone;

    fn none() -> Box<dyn Source> {
        Box::new(Silence::default())
    }

    fn nature(choice: &SourceChoice) -> Nature {
        match choice {
            SourceChoice::Default => Nature::Default,
            SourceChoice::Device(_) => Nature::Named,
            SourceChoice::Tone(_) | SourceChoice::Silence | SourceChoice::File(_) => Nature::Plain,
        }
    }

    fn default_choice() -> SourceChoice {
        SourceChoice::Default
    }

    fn default_name() -> Option<String> {
        cards::default_name(Direction::Input)
    }

    fn open(choice: &SourceChoice, opening: Opening, step: Step) -> Result<(Box<dyn Source>, String), OpenError> {
        let name = choice.to_string();
        Ok(match choice {
            SourceChoice::Default => streams::open_microphone(None, opening, step)?,
            SourceChoice::Device(wanted) => streams::open_microphone(Some(wanted), opening, step)?,
            SourceChoice::Tone(hertz) => (Box::new(Sine::new(*hertz)), name),
            SourceChoice::Silence => (Box::new(Silence::default()), name),
            SourceChoice::File(path) => {
                let file = FileSource::open(path, opening.stereo);
                (Box::new(file.map_err(|error| OpenError::Failed(error.to_string()))?), name)
            }
        })
    }

    fn is_there(choice: &SourceChoice) -> bool {
        match choice {
            SourceChoice::Device(name) => cards::is_there(name, Direction::Input),
            SourceChoice::Default | SourceChoice::Tone(_) | SourceChoice::Silence | SourceChoice::File(_) => true,
        }
    }

    /// A file that is the microphone begins anew with the next call.
    fn closes(_: &SourceChoice) -> bool {
        true
    }

    fn start(port: &mut Self::Port) {
        port.start();
    }

    fn rest(_: &mut Self::Port) {}

    fn health(port: &mut Self::Port) -> Health {
        port.health()
    }

    fn figures(port: &Self::Port) -> DeviceFigures {
        port.figures()
    }
}

/// The kind of port sound is played to.
pub(super) struct Speaker;

impl Kind for Speaker {
    type Choice = SinkChoice;
    type Port = dyn Sink;
    const DEVICE: AudioDevice = AudioDevice::Speaker;

    fn none() -> Box<dyn Sink> {
        Box::new(Nowhere::default())
    }

    fn nature(choice: &SinkChoice) -> Nature {
        match choice {
            SinkChoice::Default => Nature::Default,
            SinkChoice::Device(_) => Nature::Named,
            SinkChoice::Nowhere | SinkChoice::File(_) => Nature::Plain,
        }
    }

    fn default_choice() -> SinkChoice {
        SinkChoice::Default
    }

    fn default_name() -> Option<String> {
        cards::default_name(Direction::Output)
    }

    fn open(choice: &SinkChoice, opening: Opening, step: Step) -> Result<(Box<dyn Sink>, String), OpenError> {
        let name = choice.to_string();
        Ok(match choice {
            SinkChoice::Default => streams::open_speaker(None, opening, step)?,
            SinkChoice::Device(wanted) => streams::open_speaker(Some(wanted), opening, step)?,
            SinkChoice::Nowhere => (Box::new(Nowhere::default()), name),
            SinkChoice::File(path) => {
                let file = FileSink::create(path, opening.stereo);
                (Box::new(file.map_err(|error| OpenError::Failed(error.to_string()))?), name)
            }
        })
    }

    fn is_there(choice: &SinkChoice) -> bool {
        match choice {
            SinkChoice::Device(name) => cards::is_there(name, Direction::Output),
            SinkChoice::Default | SinkChoice::Nowhere | SinkChoice::File(_) => true,
        }
    }

    /// A file that is the speaker holds all calls, one after the other.
    fn closes(choice: &SinkChoice) -> bool {
        !matches!(choice, SinkChoice::File(_))
    }

    fn start(port: &mut Self::Port) {
        port.start();
    }

    fn rest(port: &mut Self::Port) {
        port.rest();
    }

    fn health(port: &mut Self::Port) -> Health {
        port.health()
    }

    fn figures(port: &Self::Port) -> DeviceFigures {
        port.figures()
    }
}
