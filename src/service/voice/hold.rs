//! Music for who is on hold: a leg inside this process, heard by nobody else.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::participant::{Participant, Tick};
use super::prompt::Player;
use super::sounds::{Sound, Sounds};
use super::thread::Voice;
use crate::base::entropy;
use crate::control::hearing::Hearing;
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
            self.sfu.hear(to, Hearing::only([from])).map_err(anyway)
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;
    use uuid::Uuid;

    use super::*;
    use crate::base::clock;
    use crate::service::sfu::{LocalLeg, SfuConfig};

    const PATIENCE: Duration = Duration::from_secs(60);

    fn timestamps(leg: &mut LocalLeg, count: usize) -> Vec<u32> {
        let until = clock::now() + PATIENCE;
        let mut heard = Vec::new();
        while heard.len() < count {
            assert!(clock::now() < until, "only {heard:?} was heard");
            heard.extend(leg.hear().map(|heard| heard.packet.timestamp));
            std::thread::sleep(Duration::from_millis(1));
        }
        heard
    }

    #[test]
    fn who_is_on_hold_hears_music_until_it_ends() {
        let (to, _events) = mpsc::channel(8);
        let (sfu, _) = Sfu::start(&SfuConfig::default(), &to).unwrap();
        let hold = HoldMusic::new(sfu.clone(), Voice::start().unwrap(), Sounds::start().unwrap());
        let (call, held) = (CallId(Uuid::from_u128(1)), LegId(Uuid::from_u128(2)));
        let mut leg = sfu.open_local_leg(call, held).unwrap();
        hold.play(call, held);
        hold.play(call, held);
        let heard = timestamps(&mut leg, 10);
        assert!(heard.windows(2).all(|pair| pair[0] < pair[1] && (pair[1] - pair[0]) % 960 == 0), "{heard:?}");
        assert_eq!(sfu.counts().legs, 2, "one leg plays, however often it is asked to");
        hold.stop(held);
        hold.stop(held);
        let until = clock::now() + PATIENCE;
        while sfu.counts().legs != 1 {
            assert!(clock::now() < until, "the music never ended");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
