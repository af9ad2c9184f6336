//! What a call sounds like, in figures: while it goes on, and once it is over.

use std::sync::Arc;
use std::time::Duration;

use super::Transport;
use crate::domain::call::{Direction, Peer};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::person::Person;

/// Quality figures of a call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quality {
    /// What the sound goes over, once that is known.
    pub transport: Option<Transport>,
    /// Round trip between this phone and the service, if known.
    pub rtt_ms: Option<f32>,
    /// Interarrival jitter (RFC 3550 section 6.4.1), ms.
    pub jitter_ms: f32,
    /// Packets sent so far.
    pub sent_packets: u64,
    /// Packets received so far.
    pub received_packets: u64,
    /// Packets lost so far.
    pub lost_packets: u64,
    /// Sound made up for what was lost or late, ms so far.
    pub concealed_ms: u64,
    /// Sound waiting in the jitter buffer now, ms; of several people heard at once, the most.
    pub buffer_ms: f32,
    /// Packets that came too late to be played, so far.
    pub late_packets: u64,
    /// Lost packets restored from the copy in the next, so far.
    pub repaired_packets: u64,
    /// Bit rate of the sound received and sent over the last second, kbit/s; headers are not counted.
    pub kbps_in: f32,
    /// See [`Quality::kbps_in`].
    pub kbps_out: f32,
    /// How what is heard is likely to be judged, 1 (bad) to 4.5 (best): [`crate::media::mos`]. `None` before anything was
    /// heard.
    pub mos_in: Option<f32>,
    /// The same of what the service receives of this phone; `None` before it has said anything about it. What the others
    /// lose on their way from the service is not known here.
    pub mos_out: Option<f32>,
    /// What the service says it receives of this phone (RTCP receiver reports, RFC 3550 section 6.4).
    pub outbound: Option<Outbound>,
    /// Each participant heard, in the order of their numbers in the roster; of a direct call at most one, number 0.
    pub heard: Arc<[Heard]>,
    /// What the devices had to do without, and what was done to the microphone's sound.
    pub device: DeviceFigures,
}

/// What the service receives of this phone.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Outbound {
    /// Packets lost on the way there since the report before, per cent.
    pub loss_percent: f32,
    /// Packets lost on the way there so far.
    pub lost_packets: u64,
    /// Interarrival jitter there (RFC 3550 section 6.4.1), ms.
    pub jitter_ms: f32,
}

/// How one participant is heard.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Heard {
    /// The number in the roster.
    pub number: u16,
    /// Interarrival jitter, ms.
    pub jitter_ms: f32,
    /// Packets received, lost, come too late, and restored, so far.
    pub received_packets: u64,
    /// Packets lost so far.
    pub lost_packets: u64,
    /// Packets that came too late, so far.
    pub late_packets: u64,
    /// Lost packets restored from the copy in the next, so far.
    pub repaired_packets: u64,
    /// Sound made up so far, ms.
    pub concealed_ms: u64,
    /// Sound waiting in the jitter buffer now, ms.
    pub buffer_ms: f32,
    /// Bit rate of the sound over the last second, kbit/s.
    pub kbps: f32,
    /// How it is likely to be judged now: [`crate::media::mos`].
    pub mos: Option<f32>,
}

/// What the sound devices had to do without during a call, and what was done to the microphone's sound.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DeviceFigures {
    /// Times the microphone's sound was lost, or had no room (overruns).
    pub overruns: u64,
    /// Times the speaker had nothing to play (underruns).
    pub underruns: u64,
    /// Ticks of 10 ms the voice thread was too late for.
    pub late_ticks: u64,
    /// Packets dropped between the network and the voice thread.
    pub dropped_packets: u64,
    /// Echo taken away (echo return loss enhancement, ITU-T G.168), dB; `None` without echo cancellation or echo.
    pub erle_db: Option<f32>,
}

/// Somebody who was handed on to somebody else by this phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedOver {
    /// Who.
    pub who: Person,
    /// To whom.
    pub to: Person,
}

/// What a call was like, once it is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// Which call.
    pub call: CallId,
    /// Who called whom.
    pub direction: Direction,
    /// Whom it was with when it began.
    pub with: Peer,
    /// Why it ended.
    pub end: EndReason,
    /// Who was handed on to whom last: what came of it where it ended so.
    pub handed_over: Option<HandedOver>,
    /// How long it was connected; `None` when it never was.
    pub connected_for: Option<Duration>,
    /// Quality at the end; its estimates ([`Quality::mos_in`], [`Quality::mos_out`]) are the means over the call.
    pub quality: Quality,
    /// From the answer to the first sound that arrived.
    pub first_audio_ms: Option<u64>,
    /// How much of what arrived was louder than silence (−50 dBFS), ms.
    pub heard_ms: u64,
    /// Mean level sent while not silent, dBFS.
    pub level_out_dbfs: Option<f32>,
    /// Mean level received while not silent, dBFS.
    pub level_in_dbfs: Option<f32>,
}
