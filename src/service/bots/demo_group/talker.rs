//! What is heard of a guest: their turns of the conversation or, of Kim, a word in passing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Guest;
use super::script::Script;
use crate::service::voice::{Participant, Phrase, Player, Sounds, Tick, Timbre};

/// When Kim says something after having come, and how long Kim is silent then.
const KIM_SAYS: (Duration, Duration) = (Duration::from_millis(1_200), Duration::from_secs(6));

/// The conversation as it goes on in this process, whoever listens.
#[derive(Debug, Clone)]
pub(super) struct Conversation {
    script: Arc<Script>,
    began: Instant,
}

impl Conversation {
    /// One that begins at `began`.
    pub(super) fn new(script: Script, began: Instant) -> Self {
        Self { script: Arc::new(script), began }
    }

    /// The next turn of `who` from `now` on.
    fn next(&self, who: Guest, now: Instant) -> Option<(Instant, Phrase)> {
        let (at, phrase) = self.script.next(who, now.saturating_duration_since(self.began))?;
        Some((self.began + at, phrase))
    }
}

/// Speaks for a guest on a leg.
pub(super) struct Talker {
    guest: Guest,
    conversation: Conversation,
    sounds: Sounds,
    next: Option<(Instant, Phrase)>,
    /// How often Kim has spoken.
    spoken: u8,
    player: Option<Player>,
    pause: Player,
}

impl Talker {
    pub(super) fn new(guest: Guest, conversation: Conversation, sounds: Sounds) -> Self {
        let pause = Player::looped(sounds.pause().clone());
        Self { guest, conversation, sounds, next: None, spoken: 0, player: None, pause }
    }

    /// The next turn, from `now` on.
    fn turn(&mut self, now: Instant) -> Option<(Instant, Phrase)> {
        match self.guest {
            Guest::Ada | Guest::Ben => self.conversation.next(self.guest, now),
            Guest::Kim => {
                let wait = if self.spoken == 0 { KIM_SAYS.0 } else { KIM_SAYS.1 };
                let phrase = Phrase { timbre: Timbre::Bright, number: self.spoken % 2 };
                self.spoken = self.spoken.wrapping_add(1);
                Some((now + wait, phrase))
            }
        }
    }

    /// Begins a turn that is due. What is not made yet is left out.
    fn begin(&mut self, now: Instant) {
        if self.next.is_none() {
            self.next = self.turn(now);
        }
        let Some((_, phrase)) = self.next.filter(|(at, _)| *at <= now) else { return };
        self.player = self.sounds.phrase(phrase).cloned().map(Player::once);
        self.next = None;
    }
}

impl Participant for Talker {
    fn tick(&mut self, tick: &mut Tick<'_>) {
        // Guests do not listen; what came is let go.
        while tick.hear().is_some() {}
        if self.player.is_none() {
            self.begin(tick.now);
        }
        if !self.player.as_mut().is_some_and(|player| player.play(tick)) {
            self.player = None;
            // A microphone that is on sends all the time, and whoever hears it makes nothing up.
            self.pause.play(tick);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::clock;
    use crate::service::sfu::LocalPacket;

    /// The sounds, once the phrases are made.
    fn sounds() -> Sounds {
        let sounds = Sounds::start().unwrap();
        sounds.prepare_talk();
        let until = clock::now() + Duration::from_secs(180);
        let last = Phrase { timbre: Timbre::Bright, number: crate::service::voice::PHRASES - 1 };
        while sounds.phrase(last).is_none() {
            assert!(clock::now() < until, "the phrases are not made");
            std::thread::sleep(Duration::from_millis(1));
        }
        sounds
    }

    /// What `guest` says in `seconds` of virtual time after coming `late` into the conversation: tick and packet.
    fn said(guest: Guest, late: Duration, seconds: u32) -> Vec<(u32, LocalPacket)> {
        let began = clock::now();
        let mut talker = Talker::new(guest, Conversation::new(Script::new(3), began), sounds());
        let mut said = Vec::new();
        for n in 0..50 * seconds {
            let now = began + late + n * Duration::from_millis(20);
            talker.tick(&mut Tick::new(now, began + late, &mut || None, &mut |packet| said.push((n, packet))));
        }
        said
    }

    #[test]
    fn ada_and_ben_speak_in_turn_as_the_script_has_it() {
        for late in [Duration::ZERO, Duration::from_secs(3600)] {
            let (ada, ben) = (said(Guest::Ada, late, 60), said(Guest::Ben, late, 60));
            let loud = |said: &[(u32, LocalPacket)]| -> BTreeSet<u32> {
                said.iter().filter(|(_, packet)| packet.voice).map(|(n, _)| *n).collect()
            };
            let (by_ada, by_ben) = (loud(&ada), loud(&ben));
            for speaks in [by_ada.len(), by_ben.len()] {
                assert!((900..2_100).contains(&speaks), "{speaks} of 3000 frames");
            }
            let both = by_ada.intersection(&by_ben).count();
            assert!((20..400).contains(&both), "they talk at once in {both} of 3000 frames");
        }
    }

    #[test]
    fn a_packet_goes_out_each_tick_and_what_is_said_is_marked_as_voice() {
        let said = said(Guest::Ben, Duration::ZERO, 30);
        let ticks: Vec<u32> = said.iter().map(|(n, _)| *n).collect();
        assert_eq!(ticks, (0..1_500).collect::<Vec<_>>());
        for (n, packet) in &said {
            assert_eq!(packet.timestamp, n * 960);
            assert!(if packet.voice { packet.level < 50 } else { packet.level > 40 }, "{packet:?}");
        }
        let turns = turns(&said);
        assert!((4..=9).contains(&turns), "{turns} turns in half a minute");
    }

    #[test]
    fn kim_says_a_word_soon_after_having_come() {
        let said = said(Guest::Kim, Duration::ZERO, 20);
        let first = said.iter().find(|(_, packet)| packet.voice).unwrap().0;
        assert!((60..70).contains(&first), "1.2 s after the first tick, not at tick {first}");
        assert!((2..=3).contains(&turns(&said)));
    }

    /// Stretches of voice with half a second of none between them.
    fn turns(said: &[(u32, LocalPacket)]) -> usize {
        let loud: Vec<u32> = said.iter().filter(|(_, packet)| packet.voice).map(|(n, _)| *n).collect();
        1 + loud.windows(2).filter(|pair| pair[1] - pair[0] > 25).count()
    }
}
