//! Sound that is encoded once and replayed as packets as often as wanted.
//!
//! Every packet says how loud it is, and frames that can be heard are marked as voice (RFC 6464 section 3), music too: where
//! the loudest are heard, what is not marked is silence.

use std::sync::Arc;

use super::participant::Tick;
use crate::media::level;
use crate::media::opus::{Encoder, Encoding, OpusError, PACKET_ROOM};
use crate::media::packet::{FRAME, Kind};
use crate::service::sfu::LocalPacket;

/// Encoded sound, a packet for each 20 ms. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Prompt {
    frames: Arc<[Frame]>,
}

#[derive(Debug)]
struct Frame {
    payload: Arc<[u8]>,
    level: u8,
    voice: bool,
}

impl Prompt {
    /// Encodes `sound` (mono, 48 kHz) as music; its last frame is filled up with silence.
    ///
    /// # Errors
    /// When the encoder cannot be had, or refuses.
    pub fn encode(sound: &[f32]) -> Result<Self, OpusError> {
        Self::with(Encoder::new(Encoding::PROMPT)?, sound)
    }

    /// Encodes `sound` (mono, 48 kHz) as speech; its last frame is filled up with silence.
    ///
    /// # Errors
    /// When the encoder cannot be had, or refuses.
    pub fn speech(sound: &[f32]) -> Result<Self, OpusError> {
        Self::with(Encoder::new(Encoding::SPEECH)?, sound)
    }

    fn with(mut encoder: Encoder, sound: &[f32]) -> Result<Self, OpusError> {
        let frames = sound.chunks(FRAME).map(|chunk| encode(&mut encoder, chunk)).collect::<Result<_, _>>()?;
        Ok(Self { frames })
    }

    /// A prompt that is over at once.
    pub fn nothing() -> Self {
        Self { frames: Arc::new([]) }
    }

    /// How many packets it has.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is nothing to be heard.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}

/// A prompt being replayed: one packet for each tick.
#[derive(Debug, Clone)]
pub struct Player {
    prompt: Prompt,
    next: usize,
    again: bool,
    /// Whether something was played: the marker is for the first packet alone, not for every round.
    begun: bool,
}

impl Player {
    /// Plays `prompt` once.
    pub fn once(prompt: Prompt) -> Self {
        Self { prompt, next: 0, again: false, begun: false }
    }

    /// Plays `prompt` again and again.
    pub fn looped(prompt: Prompt) -> Self {
        Self { prompt, next: 0, again: true, begun: false }
    }

    /// Says the next packet. Whether there was one: `false` once the prompt is over.
    pub fn play(&mut self, tick: &mut Tick<'_>) -> bool {
        if self.again && self.next == self.prompt.len() {
            self.next = 0;
        }
        let Some(frame) = self.prompt.frames.get(self.next) else { return false };
        let packet = LocalPacket {
            kind: Kind::Opus,
            timestamp: tick.timestamp(),
            marker: !self.begun,
            payload: Arc::clone(&frame.payload),
            level: frame.level,
            voice: frame.voice,
        };
        tick.say(packet);
        self.begun = true;
        self.next += 1;
        true
    }
}

fn encode(encoder: &mut Encoder, chunk: &[f32]) -> Result<Frame, OpusError> {
    let mut frame = [0.0; FRAME];
    frame[..chunk.len()].copy_from_slice(chunk);
    let mut payload = [0; PACKET_ROOM];
    let length = encoder.encode(&frame, &mut payload)?;
    let loud = level::dbfs(&frame);
    Ok(Frame { payload: payload[..length].into(), level: level::rfc6464(loud), voice: loud > level::AUDIBLE })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::clock;
    use crate::media::opus::{Decoder, LONGEST};

    fn tone(frames: usize) -> Vec<f32> {
        (0..frames * FRAME).map(|n| 0.5 * (n as f32 * 440.0 * std::f32::consts::TAU / 48_000.0).sin()).collect()
    }

    fn played(player: &mut Player, ticks: u32) -> Vec<LocalPacket> {
        let start = clock::now();
        let mut said = Vec::new();
        for n in 0..ticks {
            let now = start + n * Duration::from_millis(20);
            player.play(&mut Tick::new(now, start, &mut || None, &mut |packet| said.push(packet)));
        }
        said
    }

    #[test]
    fn a_prompt_plays_once_with_running_timestamps() {
        let prompt = Prompt::encode(&tone(5)).unwrap();
        let said = played(&mut Player::once(prompt), 9);
        assert_eq!(said.iter().map(|p| p.timestamp).collect::<Vec<_>>(), [0, 960, 1_920, 2_880, 3_840]);
        assert!(said[0].marker && said[1..].iter().all(|p| !p.marker));
        assert!(said.iter().all(|p| p.level == 9), "half scale is 9 dB below it");
    }

    #[test]
    fn a_loop_goes_on() {
        let prompt = Prompt::encode(&tone(3)).unwrap();
        let said = played(&mut Player::looped(prompt), 8);
        assert_eq!(said.len(), 8);
        assert_eq!(said[0].payload, said[3].payload);
        assert_eq!(said.iter().filter(|packet| packet.marker).count(), 1);
        assert_eq!(said[7].timestamp, 7 * 960);
    }

    #[test]
    fn what_is_played_can_be_decoded() {
        let prompt = Prompt::encode(&tone(50)).unwrap();
        let mut decoder = Decoder::new().unwrap();
        let mut sound: Vec<f32> = Vec::new();
        for packet in played(&mut Player::once(prompt), 50) {
            let mut frame = [0.0; LONGEST];
            assert_eq!(decoder.decode(&packet.payload, &mut frame), Ok(FRAME));
            sound.extend(&frame[..FRAME]);
        }
        let later = &sound[24_000..];
        let crossings = later.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!((215..=225).contains(&crossings), "{crossings} periods in half a second of 440 Hz");
    }

    #[test]
    fn what_can_be_heard_is_marked_as_voice_and_silence_is_not() {
        let mut sound = tone(2);
        sound.resize(3 * FRAME, 0.0);
        let marks = |prompt: Prompt| played(&mut Player::once(prompt), 3).iter().map(|p| p.voice).collect::<Vec<_>>();
        assert_eq!(marks(Prompt::speech(&sound).unwrap()), [true, true, false]);
        assert_eq!(marks(Prompt::encode(&sound).unwrap()), [true, true, false]);
    }

    #[test]
    fn nothing_is_an_empty_prompt() {
        assert!(Prompt::encode(&[]).unwrap().is_empty());
    }
}
