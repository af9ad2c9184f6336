//! What the voice thread tells, on its way to a listener that may be behind: nothing here waits, and nothing grows.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::VoiceEvent;
use crate::base::clock;

/// Events that wait for a listener that is behind; then the oldest is dropped.
const MOST: usize = 64;

/// How long the last events may wait for their listener when it all ends, and how often it is looked for.
const LAST_WORDS: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The events that wait.
pub(super) struct Outbox {
    events: Sender<VoiceEvent>,
    waiting: VecDeque<VoiceEvent>,
}

impl Outbox {
    pub(super) fn new(events: Sender<VoiceEvent>) -> Self {
        Self { events, waiting: VecDeque::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Tells it, now or as soon as there is room.
    pub(super) fn tell(&mut self, event: VoiceEvent) {
        self.waiting.push_back(event);
        self.post();
    }

    /// Tells it now or not at all: newer ones follow.
    pub(super) fn offer(&self, event: VoiceEvent) {
        let _ = self.events.try_send(event);
    }

    /// Hands over what waits, as far as there is room.
    pub(super) fn post(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(TrySendError::Full(event)) = self.events.try_send(event) {
                self.waiting.push_front(event);
                break;
            }
        }
        while self.waiting.len() > MOST {
            self.waiting.pop_front();
            tracing::warn!("nobody takes the events of the voice thread; one is dropped");
        }
    }

    /// It all ends: gives a listener that is behind a moment to take what waits.
    pub(super) fn finish(mut self) {
        let deadline = clock::now() + LAST_WORDS;
        while !self.waiting.is_empty() && !self.events.is_closed() && clock::now() < deadline {
            std::thread::sleep(LOOK_EVERY);
            self.post();
        }
    }
}
