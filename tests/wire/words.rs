//! The words inside messages: states, choices, outcomes, tones, and the numbers of end reasons.

use std::collections::BTreeMap;

use serde_json::Value;
use switchboard::domain::call::{CallState, Direction, ParticipantState};
use switchboard::domain::dtmf::Tone;
use switchboard::domain::end_reason::EndReason;
use switchboard::domain::presence::{PresenceChoice, PresenceState};
use switchboard::domain::record::Outcome;
use switchboard::protocol::notice::ClosingReason;

use crate::samples::read;

names! { CALL_STATE, call_state: CallState {
    CallState::None => "none", CallState::Connecting => "connecting", CallState::Ringing => "ringing",
    CallState::EarlyMedia => "earlyMedia", CallState::InLobby => "inLobby", CallState::Connected => "connected",
    CallState::LocalHold => "localHold", CallState::RemoteHold => "remoteHold",
    CallState::Disconnecting => "disconnecting", CallState::Disconnected => "disconnected",
}}

names! { PARTICIPANT_STATE, participant_state: ParticipantState {
    ParticipantState::Idle => "idle", ParticipantState::Connecting => "connecting",
    ParticipantState::Ringing => "ringing", ParticipantState::Connected => "connected",
    ParticipantState::Hold => "hold", ParticipantState::Reconnecting => "reconnecting",
    ParticipantState::Disconnected => "disconnected",
}}

names! { DIRECTION, direction: Direction { Direction::Incoming => "incoming", Direction::Outgoing => "outgoing" }}

names! { PRESENCE_STATE, presence_state: PresenceState {
    PresenceState::Online => "online", PresenceState::Away => "away", PresenceState::InCall => "in_call",
    PresenceState::Ringing => "ringing",
    PresenceState::DoNotDisturb => "do_not_disturb", PresenceState::Offline => "offline",
}}

names! { PRESENCE_CHOICE, presence_choice: PresenceChoice {
    PresenceChoice::Online => "online", PresenceChoice::Away => "away",
    PresenceChoice::DoNotDisturb => "do_not_disturb",
}}

names! { OUTCOME, outcome: Outcome {
    Outcome::Ongoing => "ongoing", Outcome::Answered => "answered", Outcome::Missed => "missed",
    Outcome::Declined => "declined", Outcome::Busy => "busy", Outcome::NoAnswer => "no_answer",
    Outcome::Cancelled => "cancelled", Outcome::Failed => "failed",
}}

names! { CLOSING_REASON, closing_reason: ClosingReason {
    ClosingReason::Stopping => "stopping", ClosingReason::TokenExpired => "token_expired",
    ClosingReason::Revoked => "revoked", ClosingReason::Replaced => "replaced", ClosingReason::TooSlow => "too_slow",
}}

#[test]
fn every_word_is_written_as_its_sample() {
    let words: BTreeMap<String, Vec<String>> = read("words");
    let mut check = Check { words };
    check.holds("call_state", CALL_STATE, call_state);
    check.holds("participant_state", PARTICIPANT_STATE, participant_state);
    check.holds("direction", DIRECTION, direction);
    check.holds("presence_state", PRESENCE_STATE, presence_state);
    check.holds("presence_choice", PRESENCE_CHOICE, presence_choice);
    check.holds("outcome", OUTCOME, outcome);
    check.holds("closing_reason", CLOSING_REASON, closing_reason);
    let tones: Vec<String> = (0..16).map(|event| Tone::from_event(event).unwrap().to_string()).collect();
    assert_eq!(check.words.remove("tone"), Some(tones));
    assert!(check.words.is_empty(), "samples of nothing: {:?}", check.words);
}

#[test]
fn every_end_reason_keeps_its_numbers() {
    let sample: Vec<Value> = read("end_reasons");
    let written: Vec<Value> = EndReason::ALL.iter().map(|reason| serde_json::to_value(reason).unwrap()).collect();
    for reason in &sample {
        assert!(written.contains(reason), "{reason} is not given any more");
    }
    for reason in &written {
        assert!(sample.contains(reason), "no sample of {reason}: add one");
    }
}

struct Check {
    words: BTreeMap<String, Vec<String>>,
}

impl Check {
    fn holds<T>(&mut self, name: &str, all: &[&str], word_of: impl Fn(&T) -> &'static str)
    where
        T: serde::Serialize + serde::de::DeserializeOwned,
    {
        let samples = self.words.remove(name).unwrap_or_default();
        assert_eq!(samples, all, "{name}");
        for word in samples {
            let value: T = serde_json::from_value(Value::from(word.as_str())).unwrap();
            assert_eq!(word_of(&value), word);
            assert_eq!(serde_json::to_value(&value).unwrap(), Value::from(word));
        }
    }
}
