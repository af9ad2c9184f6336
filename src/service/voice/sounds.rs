//! The prompts of the service, made once per process on a thread of their own, so that starting the service does not
//! wait for them. They are constants: too large to be kept in the program, so they are worked out.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::prompt::Prompt;
use super::speech::{PHRASES, Phrase, Timbre, speak};
use super::synth;
use crate::base::task;
use crate::media::opus::OpusError;
use crate::media::packet::FRAME;

/// Which prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sound {
    /// A chime that greets; about a second and a half.
    Greeting,
    /// A chime that announces a call back; two seconds.
    Callback,
    /// Calm music; 24 seconds, made to be looped.
    Music,
}

/// Frames of [`Sounds::pause`].
const PAUSE: usize = 5;

/// The prompts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sounds {
    made: &'static Made,
}

#[derive(Debug)]
struct Made {
    greeting: OnceLock<Prompt>,
    callback: OnceLock<Prompt>,
    music: OnceLock<Prompt>,
    /// Whether the phrases are being made.
    talking: AtomicBool,
    /// A tenth of a second in which nobody speaks.
    pause: OnceLock<Prompt>,
    /// The phrases of every voice: they are made when somebody is there to hear them.
    phrases: [OnceLock<Prompt>; Timbre::ALL.len() * PHRASES as usize],
}

static MADE: Made = Made {
    greeting: OnceLock::new(),
    callback: OnceLock::new(),
    music: OnceLock::new(),
    talking: AtomicBool::new(false),
    pause: OnceLock::new(),
    phrases: [const { OnceLock::new() }; Timbre::ALL.len() * PHRASES as usize],
};

impl Sounds {
    /// Begins to make the prompts, unless another service of this process has.
    ///
    /// # Errors
    /// When the system has no thread left to give.
    pub fn start() -> std::io::Result<Self> {
        task::thread("sounds", || MADE.make())?;
        Ok(Self { made: &MADE })
    }

    /// A prompt; `None` in the first moments of the service, while it is being made.
    pub fn get(&self, sound: Sound) -> Option<&Prompt> {
        match sound {
            Sound::Greeting => self.made.greeting.get(),
            Sound::Callback => self.made.callback.get(),
            Sound::Music => self.made.music.get(),
        }
    }

    /// Begins to make the phrases of the voices that talk, unless that was begun before.
    pub fn prepare_talk(&self) {
        let made = self.made;
        if made.talking.swap(true, Ordering::Relaxed) {
            return;
        }
        if let Err(error) = task::thread("phrases", || made.make_phrases()) {
            tracing::warn!(%error, "there is no thread to make phrases; the voices stay silent");
            made.talking.store(false, Ordering::Relaxed);
        }
    }

    /// What is sent between phrases, made to be looped: an open microphone into which nobody speaks.
    pub fn pause(&self) -> &Prompt {
        self.made.pause.get_or_init(|| or_nothing(Prompt::speech(&[0.0; PAUSE * FRAME])))
    }

    /// A phrase; `None` while it is not made yet, see [`Sounds::prepare_talk`].
    pub fn phrase(&self, phrase: Phrase) -> Option<&Prompt> {
        self.made.phrases[place(phrase)].get()
    }
}

fn place(phrase: Phrase) -> usize {
    phrase.timbre as usize * usize::from(PHRASES) + usize::from(phrase.number.min(PHRASES - 1))
}

impl Made {
    fn make(&self) {
        for (place, synthesise) in [
            (&self.greeting, synth::greeting as fn() -> Vec<f32>),
            (&self.callback, synth::callback),
            (&self.music, synth::music),
        ] {
            place.get_or_init(|| or_nothing(Prompt::encode(&synthesise())));
        }
    }

    fn make_phrases(&self) {
        let of = |number| Timbre::ALL.map(|timbre| Phrase { timbre, number });
        for phrase in (0..PHRASES).flat_map(of) {
            self.phrases[place(phrase)].get_or_init(|| or_nothing(Prompt::speech(&speak(phrase))));
        }
    }
}

fn or_nothing(made: Result<Prompt, OpusError>) -> Prompt {
    made.unwrap_or_else(|error| {
        tracing::error!(%error, "a prompt could not be made; it stays silent");
        Prompt::nothing()
    })
}
