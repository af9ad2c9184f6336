//! The prompts of the service, made once on a thread of their own, so that starting the service does not wait for them.

use std::sync::{Arc, OnceLock};

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
#[derive(Debug, Clone, Default)]
pub struct Sounds {
    made: Arc<Made>,
}

#[derive(Debug, Default)]
struct Made {
    greeting: OnceLock<Prompt>,
    callback: OnceLock<Prompt>,
    music: OnceLock<Prompt>,
}

impl Sounds {
    /// Begins to make the prompts.
    ///
    /// # Errors
    /// When the system has no thread left to give.
    pub fn start() -> std::io::Result<Self> {
        let sounds = Self::default();
        let made = Arc::clone(&sounds.made);
        task::thread("sounds", move || made.make())?;
        Ok(sounds)
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
            let prompt = Prompt::encode(&synthesise()).unwrap_or_else(|error| {
                tracing::error!(%error, "a prompt could not be made; it stays silent");
                Prompt::silence()
            });
            // Nobody else fills the place.
            let _ = place.set(prompt);
        }
    }
}
