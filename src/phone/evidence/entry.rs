//! What is remembered: one entry for each thing that happened.

use std::fmt::Write as _;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::control::explanation::Stage;
use crate::domain::call::{CallState, Direction};
use crate::domain::end_reason::EndReason;
use crate::domain::id::CallId;
use crate::domain::text::printable;
use crate::domain::time::UnixMillis;
use crate::domain::transport::Transport;
use crate::phone::event::Quality as Figures;

/// Something that happened. Written as one line of JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Counts up by one, from 1.
    pub seq: u64,
    /// When, since the phone started, by the monotonic clock; µs.
    pub at_us: u64,
    /// When, by the wall clock; ms since 1970.
    pub unix_ms: UnixMillis,
    /// The call it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<CallId>,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A signalling frame went out, or came in.
    Frame(Frame),
    /// The connection to the service.
    Link(LinkStep),
    /// A leg of the call.
    Leg {
        /// Which leg of this phone: counted up.
        leg: u64,
        /// What it did.
        step: LegStep,
    },
    /// The state of the call changed.
    State {
        /// Its state now.
        state: CallState,
        /// Whether sound flows.
        sound: Sound,
        /// Whether the microphone is off.
        muted: bool,
        /// Whom it is with.
        with: Box<str>,
    },
    /// The quality of a second.
    Quality(Box<Quality>),
    /// What is wrong with the sound now, in a few words each; nothing is an empty list.
    Diagnoses(Box<[Box<str>]>),
    /// The sound devices changed.
    Devices(Box<str>),
    /// The phone was told to do something.
    Command(Box<str>),
    /// It could not be done.
    Refused {
        /// What was asked.
        what: Box<str>,
        /// Why not.
        why: Box<str>,
    },
    /// The call is recorded, into this file.
    Recording(Box<str>),
    /// It rang here, and does no more, without having been answered here.
    Rang {
        /// Who called.
        from: Box<str>,
        /// Why it stopped.
        end: EndReason,
    },
    /// Something else happened to the call.
    Happened(Box<str>),
    /// Something a person should know.
    Warning(Box<str>),
    /// The call is over.
    Ended(Box<Ended>),
}

/// A signalling frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// Which way it went.
    pub way: Way,
    /// What kind it is.
    pub kind: Kind,
    /// The name of the request, response or notice; of a failure its code.
    pub name: Box<str>,
    /// The number of a request, and of the answer to it; of a notice its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// What it says, without what is secret.
    pub json: Json,
    /// What matters in it beside its name: its plain values, in words. Of one that was read from a file it is empty.
    #[serde(skip)]
    pub gist: Box<str>,
}

impl Frame {
    /// A frame that says this; what is secret was taken out of it.
    pub fn new(way: Way, kind: Kind, name: &str, id: Option<u64>, says: &serde_json::Value) -> Self {
        Self { way, kind, name: name.into(), id, json: Json::new(says), gist: gist(kind, name, says) }
    }
}

/// The longest gist, in characters.
const GIST: usize = 100;

fn gist(kind: Kind, name: &str, whole: &serde_json::Value) -> Box<str> {
    let mut out = String::new();
    let body = whole.get(kind.name()).unwrap_or(whole);
    gather(body.get(name).unwrap_or(body), &mut out);
    printable(&out, GIST).into()
}

/// The call's id is left out.
fn gather(value: &serde_json::Value, out: &mut String) {
    use serde_json::Value;
    let Value::Object(fields) = value else { return };
    for (name, field) in fields.iter().filter(|(name, _)| *name != "call_id") {
        if out.len() >= GIST {
            return;
        }
        let comma = if out.is_empty() { "" } else { ", " };
        let name = name.replace('_', " ");
        let _ = match field {
            Value::String(text) if text.starts_with("v=0") => write!(out, "{comma}{name}: SDP"),
            Value::String(text) => write!(out, "{comma}{name} {text}"),
            Value::Number(number) => write!(out, "{comma}{name} {number}"),
            Value::Bool(on) => write!(out, "{comma}{name} {on}"),
            Value::Array(rows) => write!(out, "{comma}{} {name}", rows.len()),
            Value::Object(_) => {
                gather(field, out);
                Ok(())
            }
            Value::Null => Ok(()),
        };
    }
}

/// Which way a frame went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From this phone to the service.
    Out,
    /// From the service to this phone.
    In,
}

/// The kinds of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "named as in the protocol")]
pub enum Kind {
    Hello,
    Welcome,
    Request,
    Response,
    Failure,
    Notice,
    /// None that is known.
    Unknown,
}

impl Kind {
    /// Its name, as it is filtered by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Welcome => "welcome",
            Self::Request => "request",
            Self::Response => "response",
            Self::Failure => "failure",
            Self::Notice => "notice",
            Self::Unknown => "unknown",
        }
    }
}

/// JSON, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(Box<str>);

impl Json {
    /// The text of a value.
    pub fn new(value: &serde_json::Value) -> Self {
        Self(value.to_string().into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The text over several lines, for reading.
    pub fn pretty(&self) -> String {
        let value: Result<serde_json::Value, _> = serde_json::from_str(&self.0);
        value.and_then(|value| serde_json::to_string_pretty(&value)).unwrap_or_else(|_| self.0.to_string())
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer).map_err(D::Error::custom)?;
        Ok(Self(raw.get().into()))
    }
}

/// A step of the connection to the service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkStep {
    /// It is being made.
    Began,
    /// A step was taken.
    Done {
        /// Which.
        stage: Stage,
        /// How long it took, µs.
        took_us: u64,
    },
    /// What was agreed on by TLS, and who vouches for the service.
    Secured {
        /// In words, without anything secret.
        facts: Box<str>,
    },
    /// A step failed.
    Failed {
        /// Which.
        stage: Stage,
        /// Why.
        why: Box<str>,
        /// Whether the machine there was reached, and said that nobody listens.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        nobody_listens: bool,
    },
    /// It is lost, or was not made, and is tried again.
    Down {
        /// Why.
        why: Box<str>,
        /// In how long it is tried again, ms.
        retry_ms: u64,
    },
    /// The service refuses this phone for good.
    Refused {
        /// Why.
        why: Box<str>,
    },
}

/// What a leg does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegStep {
    /// It was started with the service's answer.
    Started,
    /// A way for datagrams is looked for.
    IceChecking,
    /// One was found.
    IceConnected,
    /// The keys are agreed on: sound can flow.
    DtlsConnected,
    /// Sound goes over UDP.
    OverUdp,
    /// Sound goes over TCP.
    OverTcp,
    /// The first packet of sound arrived.
    FirstIn,
    /// The first packet of sound left.
    FirstOut,
    /// Nothing arrives any more.
    Lost,
    /// Something arrives again.
    Back,
    /// It can't be made, or broke for good.
    Failed(Box<str>),
}

/// Whether sound flows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sound {
    /// Not up yet.
    Connecting,
    /// It flows.
    Flowing,
    /// It was cut.
    Lost,
}

/// The quality of a second; the figures are those of [`Figures`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the fields of `phone::event::Quality` and its parts")]
pub struct Quality {
    #[serde(default)]
    pub transport: Option<Transport>,
    pub rtt_ms: Option<f32>,
    pub jitter_ms: f32,
    pub sent_packets: u64,
    pub received_packets: u64,
    pub lost_packets: u64,
    pub late_packets: u64,
    pub repaired_packets: u64,
    pub concealed_ms: u64,
    pub buffer_ms: f32,
    pub kbps_in: f32,
    pub kbps_out: f32,
    pub mos_in: Option<f32>,
    pub mos_out: Option<f32>,
    pub out_loss_percent: Option<f32>,
    pub out_lost_packets: Option<u64>,
    pub out_jitter_ms: Option<f32>,
    pub overruns: u64,
    pub underruns: u64,
    pub late_ticks: u64,
    pub dropped_packets: u64,
    pub erle_db: Option<f32>,
}

impl From<&Figures> for Quality {
    fn from(figures: &Figures) -> Self {
        let (outbound, device) = (figures.outbound, figures.device);
        Self {
            transport: figures.transport,
            rtt_ms: figures.rtt_ms.map(finite),
            jitter_ms: finite(figures.jitter_ms),
            sent_packets: figures.sent_packets,
            received_packets: figures.received_packets,
            lost_packets: figures.lost_packets,
            late_packets: figures.late_packets,
            repaired_packets: figures.repaired_packets,
            concealed_ms: figures.concealed_ms,
            buffer_ms: finite(figures.buffer_ms),
            kbps_in: finite(figures.kbps_in),
            kbps_out: finite(figures.kbps_out),
            mos_in: figures.mos_in.map(finite),
            mos_out: figures.mos_out.map(finite),
            out_loss_percent: outbound.map(|there| finite(there.loss_percent)),
            out_lost_packets: outbound.map(|there| there.lost_packets),
            out_jitter_ms: outbound.map(|there| finite(there.jitter_ms)),
            overruns: device.overruns,
            underruns: device.underruns,
            late_ticks: device.late_ticks,
            dropped_packets: device.dropped_packets,
            erle_db: device.erle_db.map(finite),
        }
    }
}

/// Two digits after the point are more than the figures mean; what is no number counts as nothing, for JSON has none.
fn finite(value: f32) -> f32 {
    if value.is_finite() { (value * 100.0).round() / 100.0 } else { 0.0 }
}

/// A call that is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Who called whom.
    pub direction: Direction,
    /// Whom it was with.
    pub with: Box<str>,
    /// Why it ended.
    pub end: EndReason,
    /// How long it was connected, ms; absent when it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_ms: Option<u64>,
    /// How much of what arrived was louder than silence, ms.
    pub heard_ms: u64,
    /// The figures at its end.
    pub quality: Quality,
}

impl Entry {
    /// How much memory it takes beside its own size, in bytes.
    pub(super) fn heap(&self) -> usize {
        match &self.what {
            What::Frame(frame) => frame.name.len() + frame.json.0.len() + frame.gist.len(),
            What::Link(LinkStep::Failed { why, .. } | LinkStep::Down { why, .. } | LinkStep::Refused { why }) => {
                why.len()
            }
            What::Link(LinkStep::Secured { facts }) => facts.len(),
            What::Link(LinkStep::Began | LinkStep::Done { .. }) => 0,
            What::Leg { step: LegStep::Failed(why), .. } => why.len(),
            What::Leg { .. } => 0,
            What::State { with, .. } => with.len(),
            What::Quality(_) => size_of::<Quality>(),
            What::Diagnoses(all) => all.iter().map(|one| one.len() + size_of::<Box<str>>()).sum(),
            What::Devices(text)
            | What::Command(text)
            | What::Recording(text)
            | What::Happened(text)
            | What::Warning(text)
            | What::Rang { from: text, .. } => text.len(),
            What::Refused { what, why } => what.len() + why.len(),
            What::Ended(ended) => size_of::<Ended>() + ended.with.len(),
        }
    }
}
