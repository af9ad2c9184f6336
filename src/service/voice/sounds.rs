//! The prompts of the service, made once per process on a thread of their own, so that starting the service does not
//! wait for them. They are constants: too large to be kept in the program, so they are worked out.

use std::sync::OnceLock;

use super::prompt::Prompt;
use super::synth;
use crate::base::task;

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
}

static MADE: Made = Made { greeting: OnceLock::new(), callback: OnceLock::new(), music: OnceLock::new() };

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
}

impl Made {
    fn make(&self) {
        for (place, synthesise) in [
            (&self.greeting, synth::greeting as fn() -> Vec<f32>),
            (&self.callback, synth::callback),
            (&self.music, synth::music),
        ] {
            place.get_or_init(|| {
                Prompt::encode(&synthesise()).unwrap_or_else(|error| {
                    tracing::error!(%error, "a prompt could not be made; it stays silent");
                    Prompt::silence()
                })
            });
        }
    }
}
