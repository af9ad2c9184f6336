//! One media connection of this phone: a str0m peer on a UDP socket of its own, driven by one OS thread. Where UDP does not get
//! through, it goes over TCP.
//!
//! Packets of sound cross to and from the voice thread by lock-free queues; everything else (codec, jitter, devices) is there.
//! The offer names one sending section and [`RECEIVE_SLOTS`] receiving ones, so that joins and leaves cost no new SDP.

mod driver;
mod offer;
mod report;
mod tcp;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use mio::Waker;

pub(crate) use offer::{OfferedLeg, offer};

use crate::phone::event::{Outbound, Transport};
use crate::phone::evidence::entry::LegStep;

/// How many people can be heard at once; more are chosen from by the service.
pub const RECEIVE_SLOTS: usize = 4;

/// How a leg may reach the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Over UDP; where that brings nothing for a while, over TCP.
    UdpFirst,
    /// Over both at once: UDP is taken if it gets through.
    Both,
    /// Over UDP or not at all.
    Udp,
    /// Over TCP or not at all.
    Tcp,
}

/// Which leg an event is from: counted by the engine, so that late words of a replaced leg are told apart.
pub(crate) type LegTag = u64;

/// What a leg tells the engine.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum LegEvent {
    /// A step on the way to sound, for the evidence alone.
    Step(LegStep),
    /// Sound can flow.
    Up,
    /// Nothing arrives any more.
    Lost,
    /// Packets arrive again.
    Back,
    /// The connection can't be made, or broke for good.
    Failed(String),
    /// What its sound goes over, for a second at least; told when that is known, and whenever it changes.
    Over(Transport),
    /// What it measured itself; told once a second.
    Measured(Measured),
    /// What the service says it receives of this leg; told every few seconds.
    Reported(Outbound),
}

impl LegEvent {
    /// The step it is, as evidence remembers it; figures are none.
    pub(crate) fn step(&self) -> Option<LegStep> {
        match self {
            Self::Step(step) => Some(step.clone()),
            Self::Up => Some(LegStep::DtlsConnected),
            Self::Lost => Some(LegStep::Lost),
            Self::Back => Some(LegStep::Back),
            Self::Failed(why) => Some(LegStep::Failed(why.as_str().into())),
            Self::Over(Transport::Udp) => Some(LegStep::OverUdp),
            Self::Over(Transport::Tcp) => Some(LegStep::OverTcp),
            Self::Measured(_) | Self::Reported(_) => None,
        }
    }
}

/// What a leg measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Measured {
    /// Round trip to the service, by STUN (RFC 7675 consent checks), once there was one.
    pub(crate) rtt: Option<Duration>,
    /// Packets that found no room on their way to the voice thread or from it, so far.
    pub(crate) dropped_packets: u64,
}

/// Why a leg could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LegError {
    /// No UDP socket, or no way for it.
    #[error("no UDP for the sound: {0}")]
    Socket(#[from] io::Error),
    /// The service's answer is no SDP that fits the offer.
    #[error("the service's media answer can't be used: {0}")]
    Answer(String),
    /// str0m refused our own set-up.
    #[error("the media connection can't be set up: {0}")]
    Setup(String),
}

/// A running leg; dropping it closes the connection.
pub(crate) struct Leg {
    close: SyncSender<()>,
    waker: Arc<Waker>,
    /// The media section of each receive slot, in order.
    pub(crate) slots: Vec<String>,
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.close.try_send(()).ok();
        self.waker.wake().ok();
    }
}
