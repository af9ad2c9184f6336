//! What is wrong with the sound of a call that a person can do something about.
//!
//! It knows no devices and no packets: it is told facts, and says which of them are worth a person's attention.

/// Something wrong with the sound of a call that a person can do something about; the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Diagnosis {
    /// A device stopped working, and nothing has taken its place.
    DeviceGone(AudioDevice),
    /// The microphone gives nothing but silence.
    MicrophoneSilent {
        /// Whether every sample is zero, as where the system keeps the microphone from the program.
        exact_zeros: bool,
    },
    /// Somebody speaks into the microphone while it is off.
    SpeakingWhileMuted,
    /// The network loses or delays much of what is heard.
    NetworkPoor,
    /// The network loses or delays much of what is sent: the others hear badly.
    TheyHearBadly,
    /// What the speaker plays comes back through the microphone.
    EchoSuspected,
    /// Another softphone on this machine uses the same sound card: this one began with the microphone off.
    SharedCard,
}

/// A part of the sound equipment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AudioDevice {
    /// Where sound is taken from.
    Microphone,
    /// Where calls are played.
    Speaker,
    /// Where ringing is played.
    Ringer,
}
