//! What is done to the microphone's sound before it is sent: echo cancelled, noise suppressed, speech brought to an
//! even level. Here is what can be chosen; [`Processor`] does it, and [`Leak`] sees whether echo is left.

mod erle;
mod leak;
mod processor;
mod strong;
mod switched;
#[cfg(test)]
mod tests;

pub use leak::Leak;
pub use processor::Processor;

/// How noise is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Noise {
    /// Not at all.
    Off,
    /// Steady noise, gently.
    #[default]
    Standard,
    /// Anything that is no voice, with some harm to the voice.
    Strong,
}

impl Noise {
    /// All of them, in order of strength.
    pub const ALL: [Self; 3] = [Self::Off, Self::Standard, Self::Strong];

    /// The word for it in settings, commands and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Standard => "standard",
            Self::Strong => "strong",
        }
    }
}

/// What is done to the microphone's sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Processing {
    /// Whether the echo of the speaker is cancelled.
    pub echo: bool,
    /// How noise is suppressed.
    pub noise: Noise,
    /// Whether speech is brought to an even level.
    pub gain: bool,
}

impl Processing {
    /// Nothing is done.
    pub const NONE: Self = Self { echo: false, noise: Noise::Off, gain: false };

    /// Everything is done, noise suppression gently.
    pub const ALL: Self = Self { echo: true, noise: Noise::Standard, gain: true };
}

/// What of it somebody wishes; `None` leaves a part to the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wishes {
    /// Echo cancellation.
    pub echo: Option<bool>,
    /// Noise suppression.
    pub noise: Option<Noise>,
    /// Gain control.
    pub gain: Option<bool>,
}

impl Wishes {
    /// What is to be done, where the profile says `usual`.
    pub fn over(self, usual: Processing) -> Processing {
        Processing {
            echo: self.echo.unwrap_or(usual.echo),
            noise: self.noise.unwrap_or(usual.noise),
            gain: self.gain.unwrap_or(usual.gain),
        }
    }
}
