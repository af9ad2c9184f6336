//! DTMF as telephone events (RFC 4733 section 2): a machine that sends them, one that receives them, and the tone
//! the sender hears. Detecting tones inside the sound itself is left out: our legs always negotiate the events.

use std::collections::VecDeque;

use super::packet::{FRAME, SAMPLE_RATE, TICK};
use super::tones::{Chord, Wave, edge};
use crate::domain::dtmf::Tone;

/// Bytes of a telephone-event payload (RFC 4733 section 2.3).
pub const PAYLOAD: usize = 4;

/// Frames a tone lasts: 120 ms, well above the 40 ms a receiver must recognise.
const TONE_FRAMES: u16 = 6;

/// How often the packet that ends a tone is sent (RFC 4733 section 2.5.1.4).
const ENDS: u16 = 3;

/// Frames of sound between two tones, besides the repeated ends: 80 ms of pause in all.
const GAP_FRAMES: u16 = 2;

/// Tones that may wait; more are refused.
const QUEUE: usize = 64;

/// Power of the tone, −dBm0 (RFC 4733 section 2.3.3).
const VOLUME: u8 = 10;

const END: u8 = 0x80;

/// A telephone event packet to be sent in place of a frame of sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPacket {
    /// The payload.
    pub payload: [u8; PAYLOAD],
    /// RTP timestamp: that of the event's start.
    pub timestamp: u32,
    /// RTP marker: set on the first packet of an event.
    pub marker: bool,
    /// The tone that begins with this packet.
    pub begins: Option<Tone>,
}

/// Sends tones one after the other. Asked once per frame of 20 ms.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    queue: VecDeque<Tone>,
    current: Option<Current>,
    gap: u16,
}

#[derive(Debug, Clone, Copy)]
struct Current {
    tone: Tone,
    start: u32,
    packet: u16,
}

impl Sender {
    /// Queues a tone; says whether there was room.
    pub fn queue(&mut self, tone: Tone) -> bool {
        let room = self.queue.len() < QUEUE;
        if room {
            self.queue.push_back(tone);
        }
        room
    }

    /// What is to be sent in place of the frame of sound that has the RTP timestamp `now`; `None` for the frame itself.
    pub fn next(&mut self, now: u32) -> Option<EventPacket> {
        if self.current.is_none() {
            if self.gap > 0 {
                self.gap -= 1;
                return None;
            }
            let tone = self.queue.pop_front()?;
            self.current = Some(Current { tone, start: now, packet: 0 });
        }
        let current = self.current.as_mut()?;
        let packet = current.packet;
        let duration = (packet + 1).min(TONE_FRAMES) * FRAME as u16;
        let end = if packet + 1 >= TONE_FRAMES { END } else { 0 };
        let [high, low] = duration.to_be_bytes();
        let sent = EventPacket {
            payload: [current.tone.event(), end | VOLUME, high, low],
            timestamp: current.start,
            marker: packet == 0,
            begins: (packet == 0).then_some(current.tone),
        };
        current.packet += 1;
        if current.packet == TONE_FRAMES + ENDS - 1 {
            self.current = None;
            self.gap = GAP_FRAMES;
        }
        Some(sent)
    }
}

/// Turns arriving telephone events into one [`Tone`] each, whatever is lost, doubled or late.
#[derive(Debug, Clone, Default)]
pub struct Receiver {
    known: VecDeque<Event>,
}

#[derive(Debug, Clone, Copy)]
struct Event {
    code: u8,
    timestamp: u32,
    duration: u16,
}

/// Events remembered, to recognise late packets of the ones before.
const REMEMBERED: usize = 8;

impl Receiver {
    /// Takes the payload of a telephone-event packet; returns the tone if it is the first packet of its event.
    /// Malformed payloads and events that are no DTMF tones yield nothing.
    pub fn receive(&mut self, timestamp: u32, payload: &[u8]) -> Option<Tone> {
        let [code, _, high, low, ..] = *payload else { return None };
        let tone = Tone::from_event(code)?;
        let duration = u16::from_be_bytes([high, low]);
        let event = Event { code, timestamp, duration };
        if let Some(known) = self.known.iter_mut().find(|known| known.timestamp == timestamp) {
            known.duration = known.duration.max(duration);
            return None;
        }
        let continues = self.known.iter().any(|known| known.is_continued_by(&event));
        if self.known.len() == REMEMBERED {
            self.known.pop_front();
        }
        self.known.push_back(event);
        (!continues).then_some(tone)
    }
}

impl Event {
    /// Whether `next` is the next segment of a tone too long for one event (RFC 4733 section 2.5.1.3).
    fn is_continued_by(&self, next: &Self) -> bool {
        self.code == next.code && self.duration == u16::MAX && next.timestamp == self.timestamp.wrapping_add(0xffff)
    }
}

/// The tone a person hears when sending one: as long as the event.
#[derive(Debug, Clone)]
pub struct SideTone {
    chord: Chord,
    at: u32,
    wave: Wave,
}

const SIDE_TONE_SAMPLES: u32 = TONE_FRAMES as u32 * FRAME as u32;

/// Amplitude of each of its two frequencies: −13 dBFS together.
const SIDE_TONE_AMPLITUDE: f64 = 0.22;

impl SideTone {
    /// The pair of frequencies of `tone` (ITU-T Q.23).
    pub fn new(tone: Tone) -> Self {
        const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
        const COLUMNS: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
        let (row, column) = match tone.event() {
            0 => (3, 1),
            digit @ 1..=9 => ((usize::from(digit) - 1) / 3, (usize::from(digit) - 1) % 3),
            10 => (3, 0),
            11 => (3, 2),
            letter => (usize::from(letter - 12).min(3), 3),
        };
        let chord = [(ROWS[row], SIDE_TONE_AMPLITUDE), (COLUMNS[column], SIDE_TONE_AMPLITUDE), (0.0, 0.0)];
        Self { chord, at: 0, wave: Wave::default() }
    }

    /// Overwrites `out` with the next 10 ms; says whether there was anything left to play.
    pub fn fill(&mut self, out: &mut [f32; TICK]) -> bool {
        if self.at >= SIDE_TONE_SAMPLES {
            return false;
        }
        for sample in out {
            let gain = if self.at < SIDE_TONE_SAMPLES { edge(self.at, SIDE_TONE_SAMPLES) } else { 0.0 };
            *sample = (self.wave.next(&self.chord) * gain) as f32;
            self.at += 1;
        }
        true
    }
}

const _: () = assert!(TONE_FRAMES as u32 * FRAME as u32 * 1000 >= 100 * SAMPLE_RATE, "a tone lasts 100 ms or more");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seed::Seed;
    use crate::media::tones::strength;

    #[test]
    fn a_tone_is_an_event_that_grows_ends_three_times_and_pauses() {
        let mut sender = Sender::default();
        assert!(sender.queue(tone('5')) && sender.queue(tone('#')));
        let sent = run(&mut sender, 30);
        let first: Vec<_> = sent[..8].iter().map(|packet| packet.expect("an event packet")).collect();
        assert_eq!(first[0].payload, [5, 10, 3, 192]);
        assert_eq!(
            first.iter().map(|p| p.marker).collect::<Vec<_>>(),
            [true, false, false, false, false, false, false, false]
        );
        assert!(first.iter().all(|p| p.timestamp == START));
        let durations: Vec<_> = first.iter().map(|p| u16::from_be_bytes([p.payload[2], p.payload[3]])).collect();
        assert_eq!(durations, [960, 1920, 2880, 3840, 4800, 5760, 5760, 5760]);
        assert_eq!(first.iter().filter(|p| p.payload[1] & END != 0).count(), 3);
        assert!(sent[8].is_none() && sent[9].is_none(), "a pause between tones");
        let second = sent[10].expect("the second tone");
        assert_eq!((second.payload[0], second.timestamp, second.marker), (11, START.wrapping_add(9_600), true));
        assert_eq!(second.begins, Some(tone('#')));
        assert!(sent[18..].iter().all(Option::is_none));
    }

    #[test]
    fn each_event_is_heard_once_through_loss_doubling_and_reordering() {
        for seed in 0..200 {
            let mut random = Seed::new(seed);
            let mut sender = Sender::default();
            let typed = "15*D#0";
            typed.chars().for_each(|key| assert!(sender.queue(tone(key))));
            let mut sent: Vec<_> = run(&mut sender, 80).into_iter().flatten().collect();
            // Up to two thirds are lost, but never a whole event; some come twice, neighbours change places.
            sent.retain(|p| p.payload[1] & END != 0 && p.payload[3] == 128 || random.below(3) == 0);
            for index in (1..sent.len()).rev() {
                match random.below(4) {
                    0 => sent.insert(index, sent[index]),
                    1 if sent[index - 1].timestamp == sent[index].timestamp => sent.swap(index - 1, index),
                    _ => (),
                }
            }
            let mut receiver = Receiver::default();
            let heard: String =
                sent.iter().filter_map(|p| receiver.receive(p.timestamp, &p.payload)).map(Tone::key).collect();
            assert_eq!(heard, typed, "seed {seed}");
        }
    }

    #[test]
    fn a_late_packet_of_the_tone_before_is_not_another_tone() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.receive(1000, &[1, 10, 3, 192]), Some(tone('1')));
        assert_eq!(receiver.receive(9000, &[1, 10, 3, 192]), Some(tone('1')), "the same key again");
        assert_eq!(receiver.receive(1000, &[1, 0x8a, 22, 128]), None);
    }

    #[test]
    fn a_very_long_tone_is_one_tone() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.receive(u32::MAX - 10, &[7, 10, 255, 255]), Some(tone('7')));
        let next = (u32::MAX - 10).wrapping_add(0xffff);
        assert_eq!(receiver.receive(next, &[7, 10, 3, 192]), None);
    }

    #[test]
    fn what_is_no_dtmf_event_is_ignored() {
        let mut receiver = Receiver::default();
        for payload in [&[][..], &[1], &[1, 2, 3], &[16, 10, 3, 192], &[255; 4]] {
            assert_eq!(receiver.receive(5, payload), None);
        }
        let mut sender = Sender::default();
        assert_eq!((0..1000).filter(|_| sender.queue(tone('1'))).count(), QUEUE);
    }

    #[test]
    fn the_side_tone_has_the_frequencies_of_its_key() {
        for (key, row, column) in
            [('1', 697.0, 1209.0), ('0', 941.0, 1336.0), ('#', 941.0, 1477.0), ('C', 852.0, 1633.0)]
        {
            let mut side = SideTone::new(tone(key));
            let (mut sound, mut tick) = (Vec::new(), [0.0; TICK]);
            while side.fill(&mut tick) {
                sound.extend_from_slice(&tick);
            }
            assert_eq!(sound.len(), 5760);
            assert!(strength(&sound, row) > 0.18 && strength(&sound, column) > 0.18, "{key}");
            let level = crate::media::level::dbfs(&sound);
            assert!((-14.0..-10.0).contains(&level), "{key}: {level} dBFS");
            assert!(sound[0].abs() < 0.001 && sound[5759].abs() < 0.001, "{key} has soft edges");
        }
    }

    const START: u32 = u32::MAX - 2000;

    fn run(sender: &mut Sender, frames: u32) -> Vec<Option<EventPacket>> {
        (0..frames).map(|frame| sender.next(START.wrapping_add(frame * FRAME as u32))).collect()
    }

    fn tone(key: char) -> Tone {
        Tone::try_from(key).unwrap()
    }
}
