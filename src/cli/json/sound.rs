//! What the lines say of the sound of a call: its figures, those of each participant, and what is wrong with it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{hundredths, schema, tenths};
use crate::cli::roster::Roster;
use crate::domain::id::{CallId, Identity, UserName};
use crate::phone::event::{AudioDevice, Diagnosis, Heard, Quality, Transport};
use crate::texts;

/// Quality of a call so far.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct QualityLine {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    #[serde(flatten)]
    figures: Figures,
    participants: Vec<ParticipantFigures>,
}

/// Figures of the sound of a call. "Sent" is what the service says it receives of this phone; what the others lose on their
/// way from the service is not in it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Figures {
    /// What the sound goes over: "udp", or "tcp" where UDP does not get through.
    pub transport: Option<Transport>,
    /// Packets sent.
    pub sent_packets: u64,
    /// Packets received.
    pub received_packets: u64,
    /// Packets lost.
    pub lost_packets: u64,
    /// Packets that came too late to be played.
    pub late_packets: u64,
    /// Lost packets restored from the copy in the next.
    pub repaired_packets: u64,
    /// Round trip to the service.
    pub rtt_ms: Option<f32>,
    /// Interarrival jitter (RFC 3550 section 6.4.1).
    pub jitter_ms: f32,
    /// Sound made up for what was lost or late.
    pub concealed_ms: u64,
    /// Sound waiting in the jitter buffer.
    pub buffer_ms: f32,
    /// Bit rate received over the last second.
    pub kbps_in: f32,
    /// Bit rate sent over the last second.
    pub kbps_out: f32,
    /// How what is heard is likely to be judged, 1 to 4.5.
    pub mos_in: Option<f32>,
    /// How what is sent is likely to be judged.
    pub mos_out: Option<f32>,
    /// Packets lost on the way out lately, per cent.
    pub sent_loss_percent: Option<f32>,
    /// Packets lost on the way out.
    pub sent_lost_packets: Option<u64>,
    /// Interarrival jitter of what was sent.
    pub sent_jitter_ms: Option<f32>,
    /// Times the speaker had nothing to play.
    pub underruns: u64,
    /// Times the microphone's sound was lost.
    pub overruns: u64,
    /// Ticks of 10 ms the voice thread was too late for.
    pub late_ticks: u64,
    /// Packets dropped between the network and the voice thread.
    pub dropped_packets: u64,
    /// Echo taken away.
    pub erle_db: Option<f32>,
}

/// How one participant is heard.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
struct ParticipantFigures {
    #[schemars(with = "String")]
    id: Identity,
    #[schemars(with = "String")]
    name: UserName,
    received_packets: u64,
    lost_packets: u64,
    late_packets: u64,
    repaired_packets: u64,
    jitter_ms: f32,
    concealed_ms: u64,
    buffer_ms: f32,
    kbps: f32,
    mos: Option<f32>,
}

/// Something is wrong with the sound of a call, or no longer.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct DiagnosisLine {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    diagnosis: &'static str,
    on: bool,
    message: String,
}

/// The sound of a call goes over TCP, as UDP does not get through, or over UDP again.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(super) struct TransportLine {
    #[schemars(with = "schema::Guid")]
    call_id: CallId,
    transport: Transport,
    message: &'static str,
}

impl TransportLine {
    pub(super) fn new(call_id: CallId, transport: Transport, forced: bool) -> Self {
        Self { call_id, transport, message: texts::quality::goes_over(transport, forced) }
    }
}

impl From<&Quality> for Figures {
    fn from(quality: &Quality) -> Self {
        let (outbound, device) = (quality.outbound.as_ref(), &quality.device);
        Self {
            transport: quality.transport,
            sent_packets: quality.sent_packets,
            received_packets: quality.received_packets,
            lost_packets: quality.lost_packets,
            late_packets: quality.late_packets,
            repaired_packets: quality.repaired_packets,
            rtt_ms: quality.rtt_ms.map(tenths),
            jitter_ms: tenths(quality.jitter_ms),
            concealed_ms: quality.concealed_ms,
            buffer_ms: tenths(quality.buffer_ms),
            kbps_in: tenths(quality.kbps_in),
            kbps_out: tenths(quality.kbps_out),
            mos_in: quality.mos_in.map(hundredths),
            mos_out: quality.mos_out.map(hundredths),
            sent_loss_percent: outbound.map(|outbound| tenths(outbound.loss_percent)),
            sent_lost_packets: outbound.map(|outbound| outbound.lost_packets),
            sent_jitter_ms: outbound.map(|outbound| tenths(outbound.jitter_ms)),
            underruns: device.underruns,
            overruns: device.overruns,
            late_ticks: device.late_ticks,
            dropped_packets: device.dropped_packets,
            erle_db: device.erle_db.map(tenths),
        }
    }
}

/// The line of the figures of a second; participants that the roster does not know are left out.
pub(super) fn quality(call_id: CallId, quality: &Quality, roster: Option<&Roster>) -> QualityLine {
    let figures = Figures::from(quality);
    let participant = |heard: &Heard| {
        let person = roster?.by_number(heard.number)?;
        Some(ParticipantFigures {
            id: person.identity.clone(),
            name: person.name.clone(),
            received_packets: heard.received_packets,
            lost_packets: heard.lost_packets,
            late_packets: heard.late_packets,
            repaired_packets: heard.repaired_packets,
            jitter_ms: tenths(heard.jitter_ms),
            concealed_ms: heard.concealed_ms,
            buffer_ms: tenths(heard.buffer_ms),
            kbps: tenths(heard.kbps),
            mos: heard.mos.map(hundredths),
        })
    };
    QualityLine { call_id, figures, participants: quality.heard.iter().filter_map(participant).collect() }
}

/// The lines from what was wrong before to what is wrong now: what is over first.
pub(super) fn diagnoses(call_id: CallId, before: &[Diagnosis], now: &[Diagnosis]) -> Vec<DiagnosisLine> {
    let line = |diagnosis: &Diagnosis, on| DiagnosisLine {
        call_id,
        diagnosis: word(*diagnosis),
        on,
        message: texts::diagnosis::sentence(*diagnosis),
    };
    let over = before.iter().filter(|one| !now.contains(one)).map(|one| line(one, false));
    let begun = now.iter().filter(|one| !before.contains(one)).map(|one| line(one, true));
    over.chain(begun).collect()
}

/// The word scripts know a diagnosis by.
fn word(diagnosis: Diagnosis) -> &'static str {
    match diagnosis {
        Diagnosis::DeviceGone(AudioDevice::Microphone) => "microphone_gone",
        Diagnosis::DeviceGone(AudioDevice::Speaker) => "speaker_gone",
        Diagnosis::DeviceGone(AudioDevice::Ringer) => "ringer_gone",
        Diagnosis::MicrophoneSilent { exact_zeros: true } => "microphone_all_zeros",
        Diagnosis::MicrophoneSilent { exact_zeros: false } => "microphone_silent",
        Diagnosis::SpeakingWhileMuted => "speaking_while_muted",
        Diagnosis::NetworkPoor => "network_poor",
        Diagnosis::TheyHearBadly => "they_hear_badly",
        Diagnosis::EchoSuspected => "echo_suspected",
        Diagnosis::SharedCard => "shared_card",
    }
}
