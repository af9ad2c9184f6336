//! What is heard of a bot in a call: a prompt, and then the echo or silence.

use std::time::{Duration, Instant};

use super::echo::Echo;
use crate::media::packet::SAMPLE_RATE;
use crate::service::voice::{Participant, Player, Sound, Sounds, Tick};

/// How much later the echo says again what it heard.
const ECHO_AFTER: Duration = Duration::from_secs(1);

/// Plays a prompt once, then what follows.
pub(super) struct Speaker {
    sounds: Sounds,
    prompt: Sound,
    player: Option<Player>,
    over: bool,
    /// `None`: silence follows.
    echo: Option<Echo>,
}

impl Speaker {
    /// Greets, then echoes.
    pub(super) fn echo(sounds: Sounds) -> Self {
        Self { sounds, prompt: Sound::Greeting, player: None, over: false, echo: Some(Echo::new(ECHO_AFTER)) }
    }

    /// Announces the call back, then only listens.
    pub(super) fn announcement(sounds: Sounds) -> Self {
        Self { sounds, prompt: Sound::Callback, player: None, over: false, echo: None }
    }

    /// Whether the prompt is still playing, or not made yet.
    fn speaks(&mut self, tick: &mut Tick<'_>) -> bool {
        if self.over {
            return false;
        }
        if self.player.is_none() {
            self.player = self.sounds.get(self.prompt).cloned().map(Player::once);
        }
        self.over = self.player.as_mut().is_some_and(|player| !player.play(tick));
        !self.over
    }
}

impl Participant for Speaker {
    fn tick(&mut self, tick: &mut Tick<'_>) {
        let speaks = self.speaks(tick);
        let (now, here, since) = (tick.now, tick.timestamp(), tick.now);
        let timestamp_at = |at: Instant| here.wrapping_add(samples(since, at));
        while let Some(heard) = tick.hear() {
            // Nobody is listened to while the prompt plays.
            if let Some(echo) = self.echo.as_mut().filter(|_| !speaks) {
                echo.hear(heard, now, timestamp_at);
            }
        }
        while let Some(packet) = self.echo.as_mut().and_then(|echo| echo.give(now)) {
            tick.say(packet);
        }
    }
}

/// Time in samples, on a clock that wraps and may be asked about the past.
fn samples(from: Instant, to: Instant) -> u32 {
    let count = |duration: Duration| (duration.as_micros() * u128::from(SAMPLE_RATE) / 1_000_000) as u32;
    match to.checked_duration_since(from) {
        Some(later) => count(later),
        None => count(from.duration_since(to)).wrapping_neg(),
    }
}
