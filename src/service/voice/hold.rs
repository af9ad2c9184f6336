//! Music for who is on hold: a leg inside this process, heard by nobody else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::participant::{Participant, Tick};
use super::prompt::Player;
use super::sounds::{Sound, Sounds};
use super::thread::Voice;
use crate::base::entropy;
use crate::domain::id::{CallId, LegId};
use crate::service::sfu::Sfu;

/// Plays music to legs on hold.
pub struct HoldMusic {
    sfu: Sfu,
    voice: Voice,
    sounds: Sounds,
    /// The leg that plays for each leg on hold. Held for the time of a look-up, and by the owner of the calls alone.
    playing: Mutex<HashMap<LegId, LegId>>,
}

impl HoldMusic {
    /// Nothing plays yet.
    pub fn new(sfu: Sfu, voice: Voice, sounds: Sounds) -> Self {
        Self { sfu, voice, sounds, playing: Mutex::default() }
    }

    /// Lets the leg `to` hear music, and nothing else. Music that already plays goes on.
    pub fn play(&self, call: CallId, to: LegId) {
        let mut playing = self.playing.lock().unwrap_or_else(PoisonError::into_inner);
        if playing.contains_key(&to) {
            return;
        }
        let from = LegId(entropy::uuid());
        let begun = self.sfu.open_local_leg(call, from).map_err(anyway).and_then(|leg| {
            self.voice.add(leg, MusicBox::new(self.sounds.clone())).map_err(anyway)?;
            self.sfu.set_sources(to, &[from]).map_err(anyway)
        });
        match begun {
            Ok(()) => drop(playing.insert(to, from)),
            // Whoever is on hold hears silence: no reason to end the call.
            Err(error) => {
                tracing::warn!(%error, "hold music cannot play");
                let _ = self.sfu.close(from);
            }
        }
    }

    /// Ends the music for the leg `to`; what else it hears is not touched. Harmless when none plays.
    pub fn stop(&self, to: LegId) {
        let mut playing = self.playing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(from) = playing.remove(&to)
            && let Err(error) = self.sfu.close(from)
        {
            tracing::warn!(%error, "hold music cannot be ended");
        }
    }
}

fn anyway(error: impl std::error::Error + Send + Sync + 'static) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(error)
}

/// Plays the music, again and again, as soon as it has been made.
pub struct MusicBox {
    sounds: Sounds,
    player: Option<Player>,
}

impl MusicBox {
    /// A music box that begins with its first tick.
    pub fn new(sounds: Sounds) -> Self {
        Self { sounds, player: None }
    }
}

impl Participant for MusicBox {
    fn tick(&mut self, tick: &mut Tick<'_>) {
        // What is said to a music box is not kept.
        while tick.hear().is_some() {}
        if self.player.is_none() {
            self.player = self.sounds.get(Sound::Music).cloned().map(Player::looped);
        }
        if let Some(player) = &mut self.player {
            player.play(tick);
        }
    }
}
