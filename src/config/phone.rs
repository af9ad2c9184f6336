//! `[phone]`: the softphone, with a screen or without.

use super::hooks::Program;
use super::section::section;
use super::server_url::ServerUrl;
use super::value::{Whole, choice};

choice! {
    /// Whether to join group calls with the microphone off.
    JoinMuted {
        /// When two or more others are there already.
        Auto = "auto",
        /// Always.
        Always = "always",
        /// Never.
        Never = "never",
    }
}

choice! {
    /// What sound goes over.
    MediaOver {
        /// UDP; TCP where UDP does not get through.
        Auto = "auto",
        /// UDP or nothing.
        Udp = "udp",
        /// TCP or nothing.
        Tcp = "tcp",
    }
}

choice! {
    /// Where saved sign-ins are kept.
    Keep {
        /// In the keyring of the system where it answers, or else in a file.
        Auto = "auto",
        /// In the keyring of the system or not at all.
        Keyring = "keyring",
        /// In a file only this user can read.
        File = "file",
    }
}

section! {
    /// The softphone, on the screen and in headless commands.
    Phone in "phone" {
        /// The service to sign in to, such as "https://HOST:8791" or "http://127.0.0.1:8790". Empty: the one signed in to last or, before
        /// the first sign-in, the demo on this machine.
        server: Option<ServerUrl> = None,
        /// A file with the authorities (PEM) that sign the certificate of the service. Empty: the fingerprint that was
        /// accepted for the service (`switchboard trust`), or else the authorities this system trusts.
        ca: String = String::new(),
        /// A program that prints an access token to sign in with, as its path or as a list of it and its arguments; never a
        /// line for a shell. The first line it prints counts. It is run again before the token ends.
        token_command: Program = Program::default(),
        /// Where saved sign-ins are kept: auto (in the keyring of the system where one answers, or else in a file only you can read),
        /// keyring (there or not at all) or file. A sign-in moves by itself when this is changed.
        keep: Keep = Keep::Auto,
        /// Where sound is taken from: default, device:NAME (`switchboard devices` lists the names), FILE.wav, tone or
        /// silence.
        microphone: String = "default".to_owned(),
        /// Where sound is played: default, device:NAME, FILE.wav or none.
        speaker: String = "default".to_owned(),
        /// What sound goes over: auto (UDP, and TCP where UDP does not get through), udp or tcp. Over TCP, whatever is lost
        /// holds up what comes after it.
        media_over: MediaOver = MediaOver::Auto,
        /// How long a call of yours rings before it is given up, in seconds, 1 to 300.
        ring_seconds: Whole<1, 300> = Whole::clamped(60),
        /// Whether to join group calls with the microphone off: auto (when two or more others are there already), always
        /// or never.
        join_muted: JoinMuted = JoinMuted::Auto,
        /// Mute calls but while you hold the key that mutes (Space). Where the terminal does not tell when a key is released,
        /// one press talks and the next one mutes, after a minute at the latest.
        push_to_talk: bool = false,
        /// Play a short tone when somebody comes into a group call or leaves it, while at most a dozen people are there.
        roster_tones: bool = true,
    }
}
